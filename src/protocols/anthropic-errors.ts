// Anthropic's error shape, which its official client turns into typed errors by status.
import type { Reason, Refusal } from '#access/refusal.ts'
import { anthropicLimitHeaders, reachedHeaders } from './limit-headers.ts'

export interface AnthropicError {
  readonly type: 'error'
  readonly error: {
    readonly type: string
    readonly message: string
    readonly code: Reason
    readonly details?: { readonly error_code: string; readonly unsupported?: readonly string[] }
  }
  readonly request_id: string
}

export function anthropicError(refusal: Refusal, exchange: string): AnthropicError {
  return {
    type: 'error',
    error: {
      type: typeOf(refusal.status),
      message: messageOf(refusal, exchange),
      code: refusal.reason,
      ...detailsOf(refusal),
    },
    request_id: exchange,
  }
}

// The official client's tool runner asks the provider to keep the conversation, and does without where it is told the first
// of these. Told the second, it begins the thread again with all that was said.
const NO_THREADS = { error_code: 'thread_unsupported_request', unsupported: ['thread'] } as const
const NO_SUCH_THREAD = { error_code: 'thread_not_found' } as const

function detailsOf({ reason, detail: { field } }: Refusal): Pick<AnthropicError['error'], 'details'> {
  if (field !== 'thread' && field?.startsWith('thread.') !== true) return {}
  return { details: reason === 'not_found' ? NO_SUCH_THREAD : NO_THREADS }
}

function messageOf({ reason, detail: { message, field } }: Refusal, exchange: string): string {
  if (reason === 'not_permitted') return `${message.replace(/\.$/, '')}. Why: sallyport explain ${exchange}`
  const where = field === undefined || message.includes(field) ? '' : `field \`${field}\`, `
  return `${message} (${where}exchange ${exchange})`
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 404) return 'not_found_error'
  if (status === 413) return 'request_too_large'
  if (status === 429) return 'rate_limit_error'
  if (status === 503) return 'overloaded_error'
  if (status === 504) return 'timeout_error'
  return status >= 500 ? 'api_error' : 'invalid_request_error'
}

/** The official client shows the header's id, not the body's. */
export function anthropicRefusal(refusal: Refusal, exchange: string): Response {
  return Response.json(anthropicError(refusal, exchange), {
    status: refusal.status,
    headers: { 'request-id': exchange, ...reachedHeaders(refusal, anthropicLimitHeaders) },
  })
}

const encoder = new TextEncoder()

/** In a stream: the client throws on an `error` event, and without `message_stop` nothing looks complete. */
export function anthropicInterruption(refusal: Refusal, exchange: string): Uint8Array {
  return encoder.encode(`event: error\ndata: ${JSON.stringify(anthropicError(refusal, exchange))}\n\n`)
}
