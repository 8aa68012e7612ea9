// A chat completion as a stream of chunks. Choices take turns, piece by piece, so that a reader who mixes them up is found out.
import { logprobsOf } from '#demo/openai/openai-logprobs.ts'
import type { Part } from '#demo/paced-body.ts'
import { callId, type Envelope } from './chat-answer.ts'
import type { Call, Plan } from './chat-plan.ts'
import type { ChatRequest } from './chat-request.ts'

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
  const pieces = (key: 'reasoning_content' | 'content' | 'refusal', said: readonly string[] | null) =>
    textParts(event, indexes, { request, key, pieces: said ?? [] })
  yield* pieces('reasoning_content', plan.thoughts)
  yield* pieces('content', plan.text)
  yield* pieces('refusal', plan.refusal)
  for (const [position, call] of plan.calls.entries()) yield* callParts(event, indexes, { id, call, position })
  for (const index of indexes) {
    yield event('end', [{ index, delta: {}, logprobs: null, finish_reason: plan.finish }])
  }
  if (counted) yield { kind: 'end', text: print({ choices: [], usage: plan.usage }) }
  yield { kind: 'end', text: 'data: [DONE]\n\n' }
}

interface Spoken {
  readonly request: ChatRequest
  readonly key: 'reasoning_content' | 'content' | 'refusal'
  readonly pieces: readonly string[]
}

function* textParts(event: Event, indexes: readonly number[], { request, key, pieces }: Spoken): Generator<Part> {
  const weighed = request.logprobs === true && key !== 'reasoning_content'
  for (const piece of pieces) {
    const entries = weighed ? logprobsOf([piece], request.top_logprobs ?? 0) : null
    const logprobs = entries && { content: null, refusal: null, [key]: entries }
    for (const index of indexes) {
      yield event('piece', [{ index, delta: { [key]: piece }, logprobs, finish_reason: null }])
    }
  }
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
