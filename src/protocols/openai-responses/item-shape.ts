// Input items of the Responses API. A conversation comes back as it was given, so that most of these are items of answers.
import { REASONING_EFFORTS } from '#access/parameters.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { member, textOf } from '#lib/json-node.ts'
import {
  type Shape,
  anyObject,
  anything,
  arrayOf,
  boolean,
  either,
  mapOf,
  nullable,
  object,
  oneOf,
  tagged,
  text,
  unknownType,
  watched,
} from '#protocols/shape.ts'
import { part, textOrParts } from './part-shape.ts'
import { responseFormat } from './text-shape.ts'
import { shellEnvironment, tool } from './tool-shape.ts'

const optional = nullable(text)
export const effort = nullable(oneOf(...REASONING_EFFORTS))
const texts = arrayOf(text)
const caller = nullable(object({ 'type!': text, caller_id: text }))

const item = (fields: { readonly [name: string]: Shape }): Shape =>
  object({ type: optional, id: optional, status: optional, created_by: optional, ...fields })

const message = item({
  'role!': oneOf('user', 'assistant', 'system', 'developer'),
  'content!': textOrParts,
  phase: optional,
})

const call = { call_id: optional, name: optional, namespace: optional, caller, async: nullable(boolean) }
const output = either('a string, a part, or an array of parts', { string: text, array: arrayOf(part), object: part })

const safetyChecks = nullable(arrayOf(object({ 'id!': text, code: optional, message: optional })))

// What a model does on a screen: names of keys and places on it.
const screenAction = object({
  'type!': text,
  button: text,
  text,
  keys: nullable(texts),
  path: arrayOf(object({ 'x!': anything, 'y!': anything })),
  x: anything,
  y: anything,
  scroll_x: anything,
  scroll_y: anything,
})

const searchAction = object({
  'type!': text,
  query: optional,
  queries: nullable(texts),
  sources: nullable(arrayOf(object({ 'type!': text, url: optional, name: optional }))),
  url: optional,
  pattern: optional,
})

const shellOutput = object({
  'outcome!': object({ 'type!': text, exit_code: anything }),
  'stderr!': text,
  'stdout!': text,
  created_by: optional,
})

const listedTool = object({ 'name!': text, input_schema: anything, annotations: anything, description: optional })

const callError = nullable(
  either('a string or an object', {
    string: text,
    object: object({ type: text, code: anything, message: text, content: anything }),
  }),
)

const ITEMS: { readonly [type: string]: Shape } = {
  message,
  item_reference: object({ type: optional, 'id!': text }),
  function_call: item({ ...call, 'arguments!': text }),
  function_call_output: item({ ...call, 'output!': output }),
  custom_tool_call: item({ ...call, 'input!': text }),
  custom_tool_call_output: item({ ...call, 'output!': output }),
  reasoning: item({
    summary: nullable(arrayOf(part)),
    content: nullable(arrayOf(part)),
    encrypted_content: optional,
  }),
  compaction: item({ 'encrypted_content!': text }),
  compaction_trigger: item({}),
  configuration_update: item({
    reasoning: nullable(object({ effort })),
    text: nullable(object({ format: responseFormat })),
  }),
  additional_tools: item({ 'role!': text, 'tools!': arrayOf(tool) }),
  tool_search_call: item({ ...call, arguments: anything, execution: optional }),
  tool_search_output: item({ ...call, execution: optional, 'tools!': arrayOf(tool) }),
  file_search_call: item({
    queries: nullable(texts),
    results: nullable(
      arrayOf(
        object({
          attributes: nullable(anyObject),
          file_id: optional,
          filename: optional,
          score: anything,
          text: optional,
        }),
      ),
    ),
  }),
  web_search_call: item({ action: nullable(searchAction) }),
  computer_call: item({
    ...call,
    action: nullable(screenAction),
    actions: nullable(arrayOf(screenAction)),
    pending_safety_checks: safetyChecks,
  }),
  computer_call_output: item({ ...call, 'output!': output, acknowledged_safety_checks: safetyChecks }),
  image_generation_call: item({
    result: optional,
    ...Object.fromEntries(
      ['action', 'background', 'output_format', 'quality', 'revised_prompt', 'size'].map((name) => [name, optional]),
    ),
    error: nullable(anyObject),
    svg_usage: nullable(anyObject),
  }),
  code_interpreter_call: item({
    code: optional,
    container_id: optional,
    outputs: nullable(arrayOf(object({ 'type!': text, logs: text, url: text }))),
  }),
  local_shell_call: item({
    ...call,
    'action!': object({
      'type!': text,
      'command!': texts,
      env: nullable(mapOf(text, 1_024, 1_024)),
      timeout_ms: anything,
      user: optional,
      working_directory: optional,
    }),
  }),
  local_shell_call_output: item({ ...call, 'output!': text }),
  shell_call: item({
    ...call,
    'action!': object({ 'commands!': texts, max_output_length: anything, timeout_ms: anything }),
    environment: nullable(shellEnvironment),
  }),
  shell_call_output: item({ ...call, max_output_length: anything, 'output!': arrayOf(shellOutput) }),
  apply_patch_call: item({ ...call, 'operation!': object({ 'type!': text, path: text, diff: text }) }),
  apply_patch_call_output: item({ ...call, output: optional }),
  mcp_list_tools: item({ 'server_label!': text, 'tools!': arrayOf(listedTool), error: callError }),
  mcp_approval_request: item({ 'arguments!': text, 'name!': text, 'server_label!': text }),
  mcp_approval_response: item({ 'approval_request_id!': text, 'approve!': boolean, reason: optional }),
  mcp_call: item({
    'arguments!': text,
    'name!': text,
    'server_label!': text,
    approval_request_id: optional,
    error: callError,
    output: optional,
  }),
  program: item({ ...call, 'code!': text, fingerprint: text }),
  program_output: item({ ...call, 'result!': text }),
}

const unknownItem = unknownType({
  type: [],
  id: [],
  role: [],
  content: [],
  output: [],
  tools: [],
  encrypted_content: [],
  container_id: [],
  approval_request_id: [],
})

const byType = tagged('type', ITEMS, unknownItem)

/** Without a type, what has a role is a message, and what has none refers to an item that the provider holds. */
export function isReference(node: JsonNode): boolean {
  const type = member(node, 'type')
  if (type?.kind === 'string') return textOf(type) === 'item_reference'
  return !member(node, 'role')
}

/** One that is not known in full is obscure. */
export const inputItem: Shape = watched((node, at, notes) => {
  const type = member(node, 'type')
  if (node.kind === 'object' && (!type || type.kind === 'null')) {
    const shape = ITEMS[isReference(node) ? 'item_reference' : 'message']
    shape?.(node, at, notes)
  } else byType(node, at, notes)
})
