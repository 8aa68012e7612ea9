// What of a chat completions request would make the provider act or remember: each is an access of its own.
import type { Act } from '#access/protocol.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { actsOfObscure, OF_PART, OF_TOOL } from '#protocols/obscure-acts.ts'
import { refersElsewhere } from '#protocols/schema-references.ts'
import type { Obscure } from '#protocols/shape.ts'
import { isTrue, itemsOf, type Part, partsIn, textIn } from './fields.ts'
import { mediaOf } from './media.ts'

/** `obscure` is what nobody here knows in full. */
export function actsOf(request: JsonNode, obscure: readonly Obscure[]): readonly Act[] {
  const acts: Act[] = []
  let at = 0
  for (const message of itemsOf(member(request, 'messages'))) addActsOfMessage(acts, message, at++)
  for (const part of partsIn(request)) addActsOfPart(acts, part)
  for (const each of obscure) acts.push(...actsOfObscure(each, isTool(each.at) ? OF_TOOL : OF_PART))
  at = 0
  for (const tool of itemsOf(member(request, 'tools'))) addActsOfTool(acts, tool, at++)
  addActsOfSchemas(acts, request)
  addActsOfBody(acts, request)
  return acts
}

/** Functions whose names begin so are the provider's own, with some providers. */
function addActsOfTool(acts: Act[], tool: JsonNode, index: number): void {
  const isBuiltIn = textIn(member(tool, 'function'), 'name')?.startsWith('$') === true
  if (isBuiltIn) acts.push({ action: 'use-hosted-tool', field: `tools[${index}].function.name` })
}

const isTool = (at: string): boolean => /^(?:tools|functions)\[|^(?:tool_choice|function_call)/.test(at)

/** An earlier answer's audio is kept by the provider. */
function addActsOfMessage(acts: Act[], message: JsonNode, index: number): void {
  const id = textIn(member(message, 'audio'), 'id')
  if (id !== undefined) acts.push({ action: 'use-file', field: `messages[${index}].audio.id`, id })
}

function addActsOfPart(acts: Act[], { at, node }: Part): void {
  for (const { act, holder, name, node: value } of mediaOf(node)) {
    if (!act) continue
    const field = `${at}.${holder}.${name}`
    acts.push(act === 'use-file' ? { action: act, field, id: textOf(value) } : { action: act, field })
  }
  if (isKeptLong(member(node, 'prompt_cache_breakpoint'))) {
    acts.push({ action: 'store', field: `${at}.prompt_cache_breakpoint.ttl` })
  }
}

// What every caching provider does for a while; longer is keeping.
const USUAL_CACHE = '30m'

function isKeptLong(cache: JsonNode | undefined): boolean {
  const ttl = textIn(cache, 'ttl')
  return ttl !== undefined && ttl !== USUAL_CACHE
}

function addActsOfSchemas(acts: Act[], request: JsonNode): void {
  let at = 0
  for (const tool of itemsOf(member(request, 'tools'))) {
    const field = `tools[${at++}].function.parameters`
    addActsOfSchema(acts, field, member(member(tool, 'function'), 'parameters'))
  }
  at = 0
  for (const declared of itemsOf(member(request, 'functions'))) {
    addActsOfSchema(acts, `functions[${at++}].parameters`, member(declared, 'parameters'))
  }
  const format = member(member(request, 'response_format'), 'json_schema')
  addActsOfSchema(acts, 'response_format.json_schema.schema', member(format, 'schema'))
}

function addActsOfSchema(acts: Act[], field: string, schema: JsonNode | undefined): void {
  if (schema && refersElsewhere(schema)) acts.push({ action: 'fetch-url', field })
}

function addActsOfBody(acts: Act[], request: JsonNode): void {
  if (isTrue(member(request, 'store'))) acts.push({ action: 'store', field: 'store' })
  // What is said aloud is kept by its id until a time that the answer names. Any case: some parsers ignore it.
  if (itemsOf(member(request, 'modalities')).some(isAudio)) acts.push({ action: 'store', field: 'modalities' })
  const retention = textIn(request, 'prompt_cache_retention')
  if (retention !== undefined && retention !== 'in_memory') {
    acts.push({ action: 'store', field: 'prompt_cache_retention' })
  }
  if (isKeptLong(member(request, 'prompt_cache_options'))) {
    acts.push({ action: 'store', field: 'prompt_cache_options.ttl' })
  }
  // A voice by its id is one that the provider was given before.
  const voice = textIn(member(member(request, 'audio'), 'voice'), 'id')
  if (voice !== undefined) acts.push({ action: 'use-file', field: 'audio.voice', id: voice })
  const search = member(request, 'web_search_options')
  if (search && search.kind !== 'null') acts.push({ action: 'web-search', field: 'web_search_options' })
}

const isAudio = (each: JsonNode): boolean => each.kind === 'string' && textOf(each).toLowerCase() === 'audio'
