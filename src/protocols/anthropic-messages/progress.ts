// Where a stream stands: which blocks were begun, which are open, and which texts go on in them. A stream that is out of
// order is no answer: clients would put its pieces together in ways that nobody here looked at.
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { count } from '#protocols/openai-answer.ts'
import { itemsOf, textIn } from '#protocols/openai-chat/fields.ts'
import { invalid } from './answer-parts.ts'

export interface OpenBlock {
  readonly index: number
  readonly type: string
  /** Lanes that end with the block. */
  readonly lanes: Set<string>
  citations: number
}

export interface Progress {
  phase: 'before' | 'within' | 'ended'
  /** The index that the next block must have: clients count, and do not look at it. */
  next: number
  readonly open: Map<number, OpenBlock>
  /** Of tools that the provider runs, by name. */
  readonly calls: Map<string, number>
  /** As the provider counts them, by its names: the largest so far. */
  readonly tokens: Map<string, number>
}

export const begin = (): Progress => ({
  phase: 'before',
  next: 0,
  open: new Map(),
  calls: new Map(),
  tokens: new Map(),
})

// A provider opens one at a time; each takes memory until it is closed.
const MOST_OPEN = 64
const MOST_LANES = 64

export function startMessage(progress: Progress, event: JsonObject): JsonObject {
  const message = member(event, 'message')
  if (progress.phase !== 'before') throw invalid('begins twice')
  if (message?.kind !== 'object' || textIn(message, 'type') !== 'message') throw invalid('begins without a message')
  progress.phase = 'within'
  progress.next = itemsOf(member(message, 'content')).length
  return message
}

export function startBlock(progress: Progress, event: JsonObject): OpenBlock {
  within(progress)
  const content = member(event, 'content_block')
  const type = textIn(content, 'type')
  const index = count(event, 'index')
  if (type === undefined || index === undefined) throw invalid('begins a block that is none')
  if (index !== progress.next || progress.open.size >= MOST_OPEN) throw invalid('begins a block out of order')
  // Clients join them in their order, which is the order in which they were inspected.
  if (type === 'text' && [...progress.open.values()].some((each) => each.type === 'text')) {
    throw invalid('begins a text before the one before it was complete')
  }
  const block = { index, type, lanes: new Set<string>(), citations: 0 }
  progress.next++
  progress.open.set(index, block)
  return block
}

/** A block goes on by pieces of its own kind. Kinds that are not known here may be mixed with any other. */
const KINDS: ReadonlyMap<string, (type: string) => boolean> = new Map([
  ['text_delta', (type: string) => type === 'text'],
  ['citations_delta', (type: string) => type === 'text'],
  ['thinking_delta', (type: string) => type === 'thinking'],
  ['compaction_delta', (type: string) => type === 'compaction'],
  ['input_json_delta', (type: string) => type.endsWith('tool_use')],
])

export function openBlock(progress: Progress, event: JsonObject): OpenBlock {
  within(progress)
  const block = progress.open.get(count(event, 'index') ?? -1)
  if (!block) throw invalid('goes on with a block that is not open')
  return block
}

export function piece(block: OpenBlock, event: JsonObject): JsonNode {
  const delta = member(event, 'delta')
  const type = textIn(delta, 'type')
  if (delta === undefined || type === undefined) throw invalid('goes on with a piece that is none')
  const isKnown = [...KINDS.values()].some((fits) => fits(block.type))
  if (isKnown && KINDS.get(type)?.(block.type) === false) throw invalid('goes on with a piece of another kind')
  return delta
}

export function within({ phase }: Progress): void {
  if (phase !== 'within') throw invalid(phase === 'before' ? 'goes on before it began' : 'goes on behind its end')
}

export function enter(block: OpenBlock, lane: string): string {
  block.lanes.add(lane)
  if (block.lanes.size > MOST_LANES) throw invalid('has too many texts at once')
  return lane
}
