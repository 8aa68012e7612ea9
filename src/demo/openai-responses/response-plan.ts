// What the demo model answers to a request for a response: its items in their order, and why it stops.
// A tool that has answered since the last user text counts as called: an agent's loop ends, though its text still says `[[tool:…]]`.
import { createHash } from 'node:crypto'
import type { Directives } from '#demo/directives.ts'
import { ARGUMENT_CHARACTERS, characters, cut, words } from '#demo/pieces.ts'
import { exampleOf } from '#demo/schema-example.ts'
import { hostedItems } from './hosted-items.ts'
import { isNative, nativeItem } from './native-calls.ts'
import { callItem, messageItem, reasoningItem, type OutputItem } from './output-item.ts'
import { countInput, lastTurn, otherParts, textOf, type Item, type ResponseRequest } from './response-request.ts'

export interface ResponsePlan {
  readonly output: readonly OutputItem[]
  /** Its text was cut at `max_output_tokens`. */
  readonly incomplete: boolean
  readonly usage: Usage
  /** The key and the pieces of what a dropped whole answer is cut at. */
  readonly pieces: readonly [key: string, pieces: readonly string[]]
}

export interface Usage {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

export interface Asked {
  readonly request: ResponseRequest
  /** All that the model reads: earlier turns and this one. */
  readonly items: readonly Item[]
  readonly directives: Directives
  /** Makes the ids: the number of the call. */
  readonly mark: string
}

export function planResponse(asked: Asked): ResponsePlan {
  const { request, items, directives, mark } = asked
  const { results } = lastTurn(items)
  const idle = results.length > 0 || request.tool_choice === 'none'
  const hosted = idle ? { items: [], annotations: [] } : hostedItems({ request, items, query: directives.rest, mark })
  const wanted = wantedCalls(asked)
  const calls = wanted.map((call, index) => proposed(call, `${mark}_${index}`, directives.chunk))
  const refusal = directives.refuse === undefined ? null : cut(directives.refuse, directives.chunk)
  const silent = (calls.length > 0 || refusal !== null) && directives.say === undefined
  const whole = silent ? null : cut(answerText(asked), directives.chunk)
  const text = whole?.slice(0, request.max_output_tokens ?? whole.length) ?? null
  const incomplete = text !== null && whole !== null && text.length < whole.length
  const thoughts = thoughtsOf(request, directives)
  const said = text === null && refusal === null ? [] : [messageOf(asked, { text, refusal, incomplete, ...hosted })]
  const thinking = thoughts === null ? [] : [thinkingOf(asked, thoughts)]
  const thought = thoughts?.length ?? 0
  const pieces = [...(text ?? []), ...(refusal ?? []), ...calls.flatMap((call) => call.pieces)]
  return {
    output: [...thinking, ...hosted.items, ...said, ...calls.map(({ item }) => item)],
    incomplete,
    usage: usageOf(countInput(request.instructions, items), pieces.length + thought, thought),
    pieces: text ? ['text', text] : refusal ? ['refusal', refusal] : callPieces(wanted, calls),
  }
}

interface Proposed {
  readonly pieces: readonly string[]
  readonly item: OutputItem
}

function proposed({ kind, name, text }: Wanted, mark: string, chunk: number = ARGUMENT_CHARACTERS): Proposed {
  const pieces = characters(text, chunk)
  const native = kind === 'native' ? nativeItem({ name, text, mark, cut: (all) => characters(all, chunk) }) : undefined
  if (native) return { pieces, item: native }
  const id = `${kind === 'custom' ? 'ctc' : 'fc'}_${mark}`
  const called = { kind: kind === 'custom' ? kind : 'function', callId: `call_${mark}`, name, pieces } as const
  return { pieces, item: callItem(id, called) }
}

function callPieces(wanted: readonly Wanted[], calls: readonly Proposed[]) {
  return [wanted[0]?.kind === 'custom' ? 'input' : 'arguments', calls[0]?.pieces ?? []] as const
}

function usageOf(read: number, written: number, thought: number): Usage {
  return {
    input_tokens: read,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: written,
    output_tokens_details: { reasoning_tokens: thought },
    total_tokens: read + written,
  }
}

interface Said {
  readonly text: readonly string[] | null
  readonly refusal: readonly string[] | null
  readonly incomplete: boolean
  readonly annotations: readonly object[]
}

function messageOf({ request, mark }: Asked, { text, refusal, incomplete, annotations }: Said): OutputItem {
  const weighed = request.include?.includes('message.output_text.logprobs') === true
  const alternatives = weighed ? { alternatives: request.top_logprobs ?? 0 } : {}
  return messageItem(`msg_${mark}`, { text, refusal, incomplete, annotations, ...alternatives })
}

/** Null where nothing is to be thought: reasoning has to be asked for, or be put into its mouth. */
function thoughtsOf(request: ResponseRequest, directives: Directives): readonly string[] | null {
  const asked = request.reasoning !== null && request.reasoning !== undefined && request.reasoning['effort'] !== 'none'
  if (!asked && directives.think === undefined) return null
  return cut(directives.think ?? `The question has ${words(directives.rest).length} words.`, directives.chunk)
}

function thinkingOf({ request, directives, mark }: Asked, pieces: readonly string[]): OutputItem {
  const asked = request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null
  const shown = asked !== null ? 'summary' : directives.think === undefined ? 'nothing' : 'content'
  const hidden = request.include?.includes('reasoning.encrypted_content') === true
  return reasoningItem(`rs_${mark}`, { pieces, shown, encrypted: hidden ? encrypt(pieces.join('')) : null })
}

/** Opaque, and the same for the same words. */
export function encrypt(text: string): string {
  return createHash('sha512').update(`encrypted:${text}`).digest('base64')
}

function answerText({ request, items, directives }: Asked): string {
  if (directives.say !== undefined) return directives.say
  const { user, results } = lastTurn(items)
  const others = otherParts(user?.['content'])
  const received = others.length > 0 ? `Received: ${others.join(', ')}.` : ''
  const told = results.length > 0 ? results.map((each) => textOf(each['output'])).join('\n') : received
  const text = directives.rest === '' ? told : directives.rest
  switch (request.text?.format?.type) {
    case 'json_schema':
      return JSON.stringify(exampleOf(request.text.format.schema))
    case 'json_object':
      return JSON.stringify({ answer: text })
    default:
      return text
  }
}

interface Wanted {
  readonly kind: 'function' | 'custom' | 'native'
  readonly name: string
  readonly text: string
}

/** A directive's call is proposed whether or not the request declares it: models do that, and the gate has to cope. */
function wantedCalls({ request, items, directives }: Asked): readonly Wanted[] {
  if (lastTurn(items).results.length > 0) return []
  const kindOf = (name: string): Wanted['kind'] => {
    const declared = (type: string) => request.tools?.some((tool) => tool.type === type) === true
    if (isNative(name) && declared(name)) return 'native'
    return request.tools?.some((tool) => tool.type === 'custom' && tool.name === name) === true ? 'custom' : 'function'
  }
  const directed = directives.tools.map(({ name, arguments: text }): Wanted => ({ kind: kindOf(name), name, text }))
  const name = directed.length > 0 ? undefined : forcedName(request)
  if (name !== undefined) {
    const schema = request.tools?.find((tool) => tool.name === name)?.parameters
    const kind = kindOf(name)
    return [{ kind, name, text: kind === 'custom' ? directives.rest : JSON.stringify(exampleOf(schema)) }]
  }
  return request.parallel_tool_calls === false ? directed.slice(0, 1) : directed
}

/** The function or custom tool that `tool_choice` insists on. */
function forcedName({ tool_choice: choice, tools }: ResponseRequest): string | undefined {
  const callable = tools?.find((tool) => tool.type === 'function' || tool.type === 'custom')
  if (choice === 'required') return callable?.name
  if (typeof choice !== 'object' || choice === null) return undefined
  if (choice.type === 'allowed_tools') return choice.mode === 'required' ? choice.tools?.[0]?.name : undefined
  return choice.type === 'function' || choice.type === 'custom' ? (choice.name ?? undefined) : undefined
}
