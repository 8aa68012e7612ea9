// A whole chat completion, and where to cut it when the connection is to drop in the middle.
import { logprobsOf } from './openai-logprobs.ts'
import type { Call, Plan } from './openai-plan.ts'
import type { ChatRequest } from './openai-request.ts'
import type { Part } from './paced-body.ts'

/** What is the same in every chunk and in the whole answer. */
export interface Envelope {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
  readonly service_tier: string
  readonly system_fingerprint: string
}

export function completion(envelope: Envelope, request: ChatRequest, plan: Plan): object {
  const { text, calls, finish, usage } = plan
  const { id, created, model, service_tier, system_fingerprint } = envelope
  const wantsLogprobs = request.logprobs === true && text !== null
  const logprobs = wantsLogprobs ? { content: logprobsOf(text, request.top_logprobs ?? 0), refusal: null } : null
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) => ({
    index,
    message: {
      role: 'assistant',
      content: text === null ? null : text.join(''),
      refusal: null,
      annotations: [],
      ...callFields(calls, `${id}_${index}`),
    },
    logprobs,
    finish_reason: finish,
  }))
  return { id, object: 'chat.completion', created, model, choices, usage, service_tier, system_fingerprint }
}

function callFields(calls: readonly Call[], prefix: string): object {
  const [first] = calls
  if (!first) return {}
  if (first.kind === 'legacy') return { function_call: { name: first.name, arguments: first.pieces.join('') } }
  return {
    tool_calls: calls.map(({ kind, name, pieces }, index) => {
      const id = callId(prefix, index)
      const text = pieces.join('')
      return kind === 'custom'
        ? { id, type: 'custom', custom: { name, input: text } }
        : { id, type: 'function', function: { name, arguments: text } }
    }),
  }
}

export function callId(prefix: string, index: number): string {
  return `call_${prefix.replace('chatcmpl-', '')}_${index}`
}

/** The answer's JSON, split at the pieces of its first text or call. */
export function wholeParts(json: string, plan: Plan): readonly Part[] {
  const [call] = plan.calls
  const key = plan.text !== null || !call ? 'content' : call.kind === 'custom' ? 'input' : 'arguments'
  const pieces = (plan.text ?? call?.pieces ?? []).map((piece) => JSON.stringify(piece).slice(1, -1))
  const text = pieces.join('')
  const start = json.indexOf(`"${key}":"${text}"`) + key.length + 4
  return [
    { kind: 'lead', text: json.slice(0, start) },
    ...pieces.map((piece): Part => ({ kind: 'piece', text: piece })),
    { kind: 'end', text: json.slice(start + text.length) },
  ]
}
