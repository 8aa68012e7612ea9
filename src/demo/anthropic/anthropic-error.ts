// The error shape of Anthropic's API, as the demo provider answers it; its own status 529 says that it is overloaded.

export interface AnthropicProblem {
  readonly status: number
  readonly message: string
  /** What a client's own reaction depends on, such as `error_code`. */
  readonly details?: object
}

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** `requestId` stands in the header and in the body. */
export function anthropicError({ status, message, details }: AnthropicProblem, requestId: string): Response {
  const type = TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  const headers = { 'request-id': requestId, ...(status === 429 && { 'retry-after': '1' }) }
  const error = { type, message, ...(details && { details }) }
  return Response.json({ type: 'error', error, request_id: requestId }, { status, headers })
}

/** The event with which a stream ends that was asked to fail in the middle. */
export function anthropicStreamFailure(requestId: string): string {
  const error = { type: 'overloaded_error', message: 'The demo was asked to fail.' }
  return `event: error\ndata: ${JSON.stringify({ type: 'error', error, request_id: requestId })}\n\n`
}
