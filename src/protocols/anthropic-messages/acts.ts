// What of a messages request would make the provider act or remember: each is an access of its own.
import type { Act, ActAction } from '#access/protocol.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { itemsOf, type Part, textIn } from '#protocols/openai-chat/fields.ts'
import { actsOfObscure, OF_PART, OF_TOOL } from '#protocols/obscure-acts.ts'
import { refersElsewhere } from '#protocols/schema-references.ts'
import type { Obscure } from '#protocols/shape.ts'
import { actsOfTool } from './tool-acts.ts'

export interface Asked {
  readonly request: JsonNode
  readonly blocks: readonly Part[]
  readonly tools: readonly Part[]
  /** Blocks and tools that nobody here knows in full: what they are could do anything. */
  readonly obscure: readonly Obscure[]
}

export function actsOf({ request, blocks, tools, obscure }: Asked): readonly Act[] {
  return [
    ...blocks.flatMap(actsOfBlock),
    ...tools.flatMap(actsOfTool),
    ...obscure.flatMap((each) => actsOfObscure(each, isTool(each.at) ? OF_TOOL : OF_PART)),
    ...schemasOf(request, [...tools, ...blocks.flatMap(listedTools)]).flatMap(({ at, node }) =>
      refersElsewhere(node) ? [act('fetch-url', at)] : [],
    ),
    ...itemsOf(member(request, 'mcp_servers')).map((_, index) => act('use-mcp', `mcp_servers[${index}]`)),
    ...actsOfContainer(member(request, 'container')),
    ...actsOfThread(request),
  ]
}

const act = (action: ActAction, field: string, id?: string): Act => ({
  action,
  field,
  ...(id === undefined ? {} : { id }),
})

/**
 * A URL or file stands in a block's source; a file alone, where it is to be put into a container. The files and addresses
 * of earlier results are what they were found under, and are not looked at again.
 */
function actsOfBlock({ at, node }: Part): readonly Act[] {
  const acts: Act[] = []
  const source = member(node, 'source')
  if (member(source, 'url')) acts.push(act('fetch-url', `${at}.source.url`))
  if (member(source, 'file_id')) acts.push(act('use-file', `${at}.source.file_id`, textIn(source, 'file_id')))
  if (textIn(node, 'type') === 'container_upload') acts.push(act('use-file', `${at}.file_id`, textIn(node, 'file_id')))
  return acts
}

const isTool = (at: string): boolean => /^tools\[\d+\]$|^tool_choice$|\.definition$/.test(at)

function actsOfContainer(container: JsonNode | undefined): readonly Act[] {
  if (container === undefined || container.kind === 'null') return []
  if (container.kind === 'string') return [act('run-code', 'container', textOf(container))]
  const id = textIn(container, 'id')
  const skills = itemsOf(member(container, 'skills')).map((skill, index) => {
    // A custom skill is one that the provider was given before; the others are everybody's, and named by a word.
    const id = textIn(skill, 'skill_id')
    const isEverybodys = textIn(skill, 'type') === 'anthropic' && /^[a-z]{1,32}$/.test(id ?? '')
    return act('use-hosted-tool', `container.skills[${index}]`, isEverybodys ? undefined : id)
  })
  return [id === undefined ? act('run-code', 'container') : act('run-code', 'container.id', id), ...skills]
}

function actsOfThread(request: JsonNode): readonly Act[] {
  const acts: Act[] = []
  const thread = member(request, 'thread')
  if (thread && thread.kind !== 'null') {
    acts.push(act('store', 'thread'))
    const previous = textIn(thread, 'previous_message_id')
    if (previous !== undefined) acts.push(act('use-stored', 'thread.previous_message_id', previous))
  }
  // To compare the next request with this one, the provider keeps a fingerprint of it under the answer's id.
  const diagnostics = member(request, 'diagnostics')
  if (diagnostics && diagnostics.kind !== 'null') {
    acts.push(act('store', 'diagnostics'))
    const previous = textIn(diagnostics, 'previous_message_id')
    if (previous !== undefined) acts.push(act('use-stored', 'diagnostics.previous_message_id', previous))
  }
  return acts
}

/** What an MCP server was found to have. */
const listedTools = ({ at, node }: Part): readonly Part[] =>
  textIn(node, 'type') === 'mcp_tool_listing'
    ? itemsOf(member(node, 'tools')).map((tool, index) => ({ at: `${at}.tools[${index}]`, node: tool }))
    : []

function schemasOf(request: JsonNode, tools: readonly Part[]): readonly Part[] {
  const ofTools = tools.map(({ at, node }) => ({ at: `${at}.input_schema`, schema: member(node, 'input_schema') }))
  const ofOutput = [
    { at: 'output_config.format.schema', schema: member(member(member(request, 'output_config'), 'format'), 'schema') },
    { at: 'output_format.schema', schema: member(member(request, 'output_format'), 'schema') },
  ]
  return [...ofTools, ...ofOutput].flatMap(({ at, schema }) => (schema ? [{ at, node: schema }] : []))
}
