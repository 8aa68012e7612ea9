// A whole chat completion, and where to cut it when the connection is to drop in the middle.
import { jsonParts } from '#demo/deliver.ts'
import { logprobsOf } from '#demo/openai/openai-logprobs.ts'
import type { Part } from '#demo/paced-body.ts'
import type { Call, Plan } from './chat-plan.ts'
import type { ChatRequest } from './chat-request.ts'

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
  const { text, refusal, thoughts, calls, finish, usage } = plan
  const { id, created, model, service_tier, system_fingerprint } = envelope
  const listed = (pieces: readonly string[] | null) => (pieces ? logprobsOf(pieces, request.top_logprobs ?? 0) : null)
  const wantsLogprobs = request.logprobs === true && (text ?? refusal) !== null
  const logprobs = wantsLogprobs ? { content: listed(text), refusal: listed(refusal) } : null
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) => ({
    index,
    message: {
      role: 'assistant',
      content: text === null ? null : text.join(''),
      ...(thoughts.length > 0 && { reasoning_content: thoughts.join('') }),
      refusal: refusal === null ? null : refusal.join(''),
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
export function wholeParts(json: string, { text, refusal, calls }: Plan): readonly Part[] {
  if (text) return jsonParts(json, 'content', text)
  if (refusal) return jsonParts(json, 'refusal', refusal)
  const [call] = calls
  return jsonParts(json, call?.kind === 'custom' ? 'input' : 'arguments', call?.pieces ?? [])
}
