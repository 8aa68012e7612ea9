// What a provider answers is untrusted: it is read as strictly as a request, and leaves with the caller's model name in it.
import type { Passed, StreamEvent, Usage } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { type Edit, splice } from '#lib/splice.ts'
import { jsonAnswer } from '#protocols/json-body.ts'
import { jsonBytes } from './read-request.ts'

export function readAnswer(body: Uint8Array, model: string): { readonly bytes: Uint8Array; readonly usage?: Usage } {
  const answer = completion(jsonAnswer(body), 'message')
  return { bytes: splice(body, renamed(answer, model)), ...usageOf(answer) }
}

const encoder = new TextEncoder()
const DATA = encoder.encode('data: ')
const END_OF_EVENT = encoder.encode('\n\n')
const DONE: Uint8Array = encoder.encode('data: [DONE]\n\n')
const LF = 0x0a
const SPACE = 0x20
const NOTHING = new Uint8Array(0)

export function readStream(model: string): (event: StreamEvent) => Passed {
  return (event) => {
    if (event.data === '') return { bytes: NOTHING, done: false }
    if (event.data === '[DONE]') return { bytes: DONE, done: true }
    const json = encoder.encode(event.data)
    const chunk = completion(jsonAnswer(json), 'delta')
    return { bytes: framed(oneLine(splice(json, renamed(chunk, model)))), ...usageOf(chunk), done: false }
  }
}

/** Several `data:` lines as one. In JSON that was read strictly, a line feed can only stand between two tokens. */
const oneLine = (json: Uint8Array): Uint8Array =>
  json.includes(LF) ? json.map((byte) => (byte === LF ? SPACE : byte)) : json

function framed(json: Uint8Array): Uint8Array {
  const event = new Uint8Array(DATA.length + json.length + END_OF_EVENT.length)
  event.set(DATA)
  event.set(json, DATA.length)
  event.set(END_OF_EVENT, DATA.length + json.length)
  return event
}

/** Requires `choices`, each with its `message` or `delta`; an error inside a 200 is a failure, whatever stands beside it. */
function completion(answer: JsonNode, part: 'message' | 'delta'): JsonObject {
  if (answer.kind !== 'object') throw invalid('is not a JSON object')
  const error = member(answer, 'error')
  if (error && error.kind !== 'null') {
    throw new Refusal('provider_failed', { message: 'The provider reported an error in its answer.' })
  }
  const choices = member(answer, 'choices')
  if (choices?.kind !== 'array') throw invalid('has no `choices`')
  for (const choice of choices.items) {
    const piece = member(choice, part)
    if (piece?.kind !== 'object') throw invalid(`has a choice without \`${part}\``)
  }
  return answer
}

const invalid = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })

function renamed(answer: JsonObject, model: string): readonly Edit[] {
  const name = member(answer, 'model')
  return name ? [{ start: name.start, end: name.end, with: jsonBytes(model) }] : []
}

function usageOf(answer: JsonObject): { readonly usage?: Usage } {
  const usage = member(answer, 'usage')
  if (usage?.kind !== 'object') return {}
  const input = count(usage, 'prompt_tokens')
  const output = count(usage, 'completion_tokens')
  return { usage: { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) } }
}

function count(usage: JsonObject, key: string): number | undefined {
  const node = member(usage, key)
  const value = node?.kind === 'number' ? Number(textOf(node)) : Number.NaN
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
