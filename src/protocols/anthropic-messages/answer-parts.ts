// What whole answers and the events of a stream have in common: their names of the model, their counts, and the ids of what
// the provider now holds.
import type { Usage } from '#access/usage.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit } from '#access/text.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { addCall, hostedName } from '#protocols/hosted-tools.ts'
import { present, used } from '#protocols/openai-answer.ts'
import { itemsOf, textIn } from '#protocols/openai-chat/fields.ts'
import { replaced } from './edits.ts'

export const invalid = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })

/** An error inside of an answer that began well, whatever stands beside it. */
export function refuseFailure(answer: JsonObject): void {
  const error = member(answer, 'error')
  if (textIn(answer, 'type') !== 'error' && (error === undefined || error.kind === 'null')) return
  throw new Refusal('provider_failed', { message: 'The provider reported an error in its answer.' })
}

/** The name of the model, also where each step of an answer is counted. */
export function renamed(message: JsonNode | undefined, model: string): readonly Edit[] {
  const json = JSON.stringify(model)
  const name = member(message, 'model')
  return [...(name ? [replaced(name, json)] : []), ...renamedSteps(message, json)]
}

export function renamedSteps(holder: JsonNode | undefined, json: string): readonly Edit[] {
  return itemsOf(member(member(holder, 'usage'), 'iterations')).flatMap((step) => {
    const name = member(step, 'model')
    return name?.kind === 'string' ? [replaced(name, json)] : []
  })
}

/** What was counted so far: by the provider, and by us, of its own tools, the calls that were seen. */
export interface Counted {
  readonly calls: ReadonlyMap<string, number>
  readonly tokens: Map<string, number>
}

/**
 * Input is all that was read: what a cache gave, and what was put into one, are counted apart by the provider. A stream counts
 * more than once, and not all of it each time: the largest of each stands.
 */
export function usageOf(holder: JsonNode | undefined, { calls, tokens }: Counted): { readonly usage?: Usage } {
  const usage = member(holder, 'usage')
  if (usage?.kind !== 'object') return {}
  const largest = (name: string): number | undefined => {
    const [told, before] = [used(usage, name), tokens.get(name)]
    if (told === undefined || (before !== undefined && before >= told)) return before
    tokens.set(name, told)
    return told
  }
  const input = largest('input_tokens')
  const cached = largest('cache_read_input_tokens')
  const cacheWrite = largest('cache_creation_input_tokens')
  const output = largest('output_tokens')
  const read = input === undefined ? undefined : input + (cached ?? 0) + (cacheWrite ?? 0)
  const tools = toolsOf(member(usage, 'server_tool_use'), calls)
  return { usage: { ...present({ input: read, output, cached, cacheWrite }), ...(tools && { tools }) } }
}

const TOLD = '_requests'

/** What the provider counts, and of the tools that it does not count, the calls that were seen. */
function toolsOf(told: JsonNode | undefined, calls: ReadonlyMap<string, number>): Usage['tools'] {
  const counted = new Map(calls)
  for (const { key } of told?.kind === 'object' ? told.members : []) {
    const times = key.endsWith(TOLD) ? (used(told, key) ?? 0) : 0
    if (times > 0) counted.set(hostedName(key.slice(0, -TOLD.length)), times)
  }
  return counted.size > 0 ? Object.fromEntries(counted) : undefined
}

/** A block that calls a tool which the provider runs. */
export function noteCall(block: JsonNode | undefined, calls: Map<string, number>): boolean {
  const type = textIn(block, 'type')
  if (type !== 'server_tool_use' && type !== 'mcp_tool_use') return false
  addCall(calls, type === 'mcp_tool_use' ? 'mcp' : (textIn(block, 'name') ?? ''))
  return true
}

/** Of a message: its own id, under which threads go on, its container's, and its files'. */
export function madeBy(message: JsonNode | undefined): readonly string[] {
  const id = textIn(message, 'id')
  const container = textIn(member(message, 'container'), 'id')
  const files = itemsOf(member(message, 'content')).flatMap(filesOf)
  return [...new Set([id, container, ...files].filter((each) => each !== undefined))]
}

/** Files that code wrote. Those that a citation names were there before. */
export function filesOf(block: JsonNode): readonly string[] {
  const results = member(member(block, 'content'), 'content')
  return [block, ...itemsOf(results)].flatMap((node) => {
    const type = textIn(node, 'type') ?? ''
    const file = type === 'container_upload' || type.endsWith('_output') ? textIn(node, 'file_id') : undefined
    return file === undefined ? [] : [file]
  })
}
