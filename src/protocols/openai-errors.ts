// OpenAI's error shape, which its official client turns into typed errors by status.
import type { Reason, Refusal } from '#access/refusal.ts'
import { openAiLimitHeaders, reachedHeaders } from './limit-headers.ts'

export interface OpenAiError {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: Reason
  }
}

export function openAiError(refusal: Refusal, exchange: string): OpenAiError {
  return {
    error: {
      message: messageOf(refusal, exchange),
      type: typeOf(refusal.status),
      param: refusal.detail.field ?? null,
      code: refusal.reason,
    },
  }
}

function messageOf(refusal: Refusal, exchange: string): string {
  if (refusal.reason !== 'not_permitted') return `${refusal.detail.message} (exchange ${exchange})`
  const told = refusal.detail.message.replace(/\.$/, '')
  return `${told}. Why: sallyport explain ${exchange}`
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

export function openAiRefusal(refusal: Refusal, exchange: string): Response {
  const headers = reachedHeaders(refusal, openAiLimitHeaders)
  return Response.json(openAiError(refusal, exchange), { status: refusal.status, headers })
}

const encoder = new TextEncoder()

/** In a stream: the client throws on an `error` member, and without `[DONE]` nothing looks complete. */
export function openAiInterruption(refusal: Refusal, exchange: string): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(openAiError(refusal, exchange))}\n\n`)
}
