// What the demo model answers to a request for a message: blocks in their order, and why it stops.
// A tool that has answered since the last user text counts as called: an agent's loop ends, though its text still says `[[tool:…]]`.
import type { Directives } from '#demo/directives.ts'
import { ARGUMENT_CHARACTERS, characters, cut, untilStop, words } from '#demo/pieces.ts'
import { exampleOf } from '#demo/schema-example.ts'
import { citationsOf } from './citations.ts'
import { hostedBlocks } from './hosted-tools.ts'
import { blocksOf, lastTurn, textOf, type MessagesRequest } from './messages-request.ts'
import type { PlannedBlock } from './planned-block.ts'
import { redactedOf, signatureOf } from './thinking-signature.ts'

export interface MessagePlan {
  readonly blocks: readonly PlannedBlock[]
  readonly stop: 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'refusal' | 'compaction'
  readonly sequence: string | null
  /** Why it refuses. */
  readonly refusal: string | null
  readonly written: number
  /** Of those, the pieces that were thought. */
  readonly thought: number
  /** The provider's own tools that were called, by name. */
  readonly hosted: readonly string[]
}

/** `mark` makes the ids: the number of the call. */
export function planMessage(request: MessagesRequest, directives: Directives, mark: string): MessagePlan {
  const { results } = lastTurn(request)
  if (request.compaction) return planCompaction(request)
  const thoughts = thinkingBlocks(request, directives)
  const hosted = results.length > 0 || request.tool_choice?.type === 'none'
  const acts = hosted ? [] : hostedBlocks(request, directives.rest, mark)
  const calls = wantedCalls(request, directives).map(({ name, text }, index): PlannedBlock => {
    const fields = { type: 'tool_use', id: `toolu_${mark}_${index}`, name, caller: { type: 'direct' } }
    return { kind: 'call', fields, pieces: characters(text, directives.chunk ?? ARGUMENT_CHARACTERS) }
  })
  const { refuse = null } = directives
  const silent = (calls.length > 0 || refuse !== null) && directives.say === undefined
  const stopped = untilStop(silent ? '' : answerText(request, directives), request.stop_sequences)
  const whole = cut(stopped.text, directives.chunk)
  const pieces = whole.slice(0, request.max_tokens)
  const text: readonly PlannedBlock[] = silent ? [] : [{ kind: 'text', pieces, citations: citationsOf(request) }]
  const blocks = [...thoughts, ...acts, ...text, ...calls]
  return {
    blocks,
    refusal: refuse,
    ...ending({ refuse, truncated: pieces.length < whole.length, mark: stopped.mark, called: calls.length > 0 }),
    written: sizeOf(blocks),
    thought: sizeOf(thoughts),
    hosted: acts.flatMap((block) =>
      block.kind === 'call' && 'name' in block.fields ? [String(block.fields.name)] : [],
    ),
  }
}

/** Asked to summarize, it says how much there was. */
function planCompaction({ messages }: MessagesRequest): MessagePlan {
  const blocks = [{ kind: 'compaction', pieces: [`A conversation of ${messages.length} messages.`] }] as const
  return { blocks, stop: 'compaction', sequence: null, refusal: null, hosted: [], written: sizeOf(blocks), thought: 0 }
}

interface Ending {
  readonly refuse: string | null
  readonly truncated: boolean
  readonly mark: string | undefined
  readonly called: boolean
}

function ending({ refuse, truncated, mark, called }: Ending): Pick<MessagePlan, 'stop' | 'sequence'> {
  if (refuse !== null) return { stop: 'refusal', sequence: null }
  if (truncated) return { stop: 'max_tokens', sequence: null }
  if (called) return { stop: 'tool_use', sequence: null }
  return mark === undefined ? { stop: 'end_turn', sequence: null } : { stop: 'stop_sequence', sequence: mark }
}

function sizeOf(blocks: readonly PlannedBlock[]): number {
  return blocks.reduce((sum, block) => sum + (block.kind === 'fixed' ? 0 : block.pieces.length), 0)
}

/** Thinking where the request asks for it or a directive says what is thought. */
function thinkingBlocks(request: MessagesRequest, directives: Directives): readonly PlannedBlock[] {
  const type = request.thinking?.type
  const asked = type === 'enabled' || type === 'adaptive' || directives.redactedThinking === true
  if (!asked && directives.think === undefined) return []
  const text = directives.think ?? `The question has ${words(directives.rest).length} words.`
  if (directives.redactedThinking === true) {
    return [{ kind: 'fixed', block: { type: 'redacted_thinking', data: redactedOf(text) } }]
  }
  const shown = request.thinking?.display === 'omitted' ? '' : text
  return [{ kind: 'thinking', pieces: cut(shown, directives.chunk), signature: signatureOf(shown) }]
}

function answerText(request: MessagesRequest, directives: Directives): string {
  if (directives.say !== undefined) return directives.say
  const format = request.output_config?.format ?? request.output_format
  return format ? JSON.stringify(exampleOf(format.schema)) : plainText(request, directives)
}

/** The user's text; of a user who wrote none, what tools answered, else what was sent instead. */
function plainText(request: MessagesRequest, directives: Directives): string {
  const { user, results } = lastTurn(request)
  if (directives.rest !== '') return directives.rest
  if (results.length > 0) return results.map((result) => textOf(result.content)).join('\n')
  const others = blocksOf(user?.content).flatMap(({ type }) =>
    type === 'text' || type === 'tool_result' ? [] : [type],
  )
  return others.length > 0 ? `Received: ${others.join(', ')}.` : ''
}

interface Wanted {
  readonly name: string
  /** JSON. */
  readonly text: string
}

/** A directive's call is proposed whether or not the request declares it: models do that, and the gate has to cope. */
function wantedCalls(request: MessagesRequest, directives: Directives): readonly Wanted[] {
  if (lastTurn(request).results.length > 0) return []
  const proposed = directives.tools.map((each) => ({ name: each.name, text: each.arguments }))
  const calls = proposed.length > 0 ? proposed : forcedCall(request)
  return request.tool_choice?.disable_parallel_tool_use === true ? calls.slice(0, 1) : calls
}

/** The call that `tool_choice` insists on, with the least input that its schema admits. */
function forcedCall({ tool_choice, tools = [] }: MessagesRequest): readonly Wanted[] {
  if (tool_choice?.type !== 'any' && tool_choice?.type !== 'tool') return []
  const tool = tools.find(({ name, input_schema }) =>
    tool_choice.type === 'tool' ? name === tool_choice.name : input_schema !== undefined,
  )
  const name = tool_choice.name ?? tool?.name
  return name === undefined ? [] : [{ name, text: JSON.stringify(exampleOf(tool?.input_schema)) }]
}
