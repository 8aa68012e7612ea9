// A chat completion as a stream of chunks. Choices take turns, piece by piece, so that a reader who mixes them up is found out.
import { callId, type Envelope } from './openai-answer.ts'
import { logprobsOf, type TokenLogprob } from './openai-logprobs.ts'
import type { Call, Plan } from './openai-plan.ts'
import type { ChatRequest } from './openai-request.ts'
import type { Part } from './paced-body.ts'

type Event = (kind: Part['kind'], choices: readonly object[]) => Part

export function* chunkParts(envelope: Envelope, request: ChatRequest, plan: Plan): Generator<Part> {
  const { id, created, model, service_tier, system_fingerprint } = envelope
  const counted = request.stream_options?.include_usage === true
  const common = { id, object: 'chat.completion.chunk', created, model, service_tier, system_fingerprint }
  const print = (chunk: object) => `data: ${JSON.stringify({ ...common, ...chunk })}\n\n`
  const event: Event = (kind, choices) => ({ kind, text: print({ choices, ...(counted && { usage: null }) }) })
  const indexes = Array.from({ length: request.n ?? 1 }, (_, index) => index)

  for (const index of indexes) {
    const delta = { role: 'assistant', content: plan.text === null ? null : '', refusal: null }
    yield event('lead', [{ index, delta, logprobs: null, finish_reason: null }])
  }
  yield* textParts(event, indexes, { request, plan })
  for (const [position, call] of plan.calls.entries()) yield* callParts(event, indexes, { id, call, position })
  for (const index of indexes) {
    yield event('end', [{ index, delta: {}, logprobs: null, finish_reason: plan.finish }])
  }
  if (counted) yield { kind: 'end', text: print({ choices: [], usage: plan.usage }) }
  yield { kind: 'end', text: 'data: [DONE]\n\n' }
}

interface Spoken {
  readonly request: ChatRequest
  readonly plan: Plan
}

function* textParts(event: Event, indexes: readonly number[], { request, plan }: Spoken): Generator<Part> {
  for (const content of plan.text ?? []) {
    const logprobs = request.logprobs === true ? pieceLogprobs(content, request.top_logprobs ?? 0) : null
    for (const index of indexes) {
      yield event('piece', [{ index, delta: { content }, logprobs, finish_reason: null }])
    }
  }
}

function pieceLogprobs(piece: string, alternatives: number): { content: readonly TokenLogprob[]; refusal: null } {
  return { content: logprobsOf([piece], alternatives), refusal: null }
}

interface Called {
  readonly id: string
  readonly call: Call
  readonly position: number
}

/** The call's name comes first and is no piece; its arguments follow in pieces. */
function* callParts(event: Event, indexes: readonly number[], { id, call, position }: Called): Generator<Part> {
  const { kind, name, pieces } = call
  const choice = (index: number, delta: object) => ({ index, delta, logprobs: null, finish_reason: null })
  for (const index of indexes) {
    const opening = { index: position, id: callId(`${id}_${index}`, position) }
    yield event('lead', [choice(index, opened(kind, name, opening))])
  }
  for (const piece of pieces) {
    for (const index of indexes) yield event('piece', [choice(index, continued(kind, piece, position))])
  }
}

function opened(kind: Call['kind'], name: string, opening: { readonly index: number; readonly id: string }): object {
  switch (kind) {
    case 'legacy':
      return { function_call: { name, arguments: '' } }
    case 'custom':
      return { tool_calls: [{ ...opening, type: 'custom', custom: { name, input: '' } }] }
    case 'function':
      return { tool_calls: [{ ...opening, type: 'function', function: { name, arguments: '' } }] }
  }
}

function continued(kind: Call['kind'], piece: string, index: number): object {
  switch (kind) {
    case 'legacy':
      return { function_call: { arguments: piece } }
    case 'custom':
      return { tool_calls: [{ index, custom: { input: piece } }] }
    case 'function':
      return { tool_calls: [{ index, function: { arguments: piece } }] }
  }
}
