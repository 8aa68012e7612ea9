// The error shape of OpenAI's API, as the demo provider answers it.

export interface OpenAiProblem {
  readonly status: number
  readonly message: string
  readonly param?: string
  readonly code?: string
}

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
}

const CODES: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  403: 'permission_denied',
  404: 'not_found',
  413: 'request_too_large',
  429: 'rate_limit_exceeded',
  500: 'server_error',
  503: 'overloaded',
}

export function openAiError(problem: OpenAiProblem, headers: Readonly<Record<string, string>> = {}): Response {
  const { status, message, param, code } = problem
  const type = TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
  const error = { message, type, param: param ?? null, code: code ?? CODES[status] ?? null }
  return Response.json({ error }, { status, headers: { ...headers, ...(status === 429 && { 'retry-after': '1' }) } })
}

/** The event with which a stream of chunks ends that was asked to fail in the middle. */
export function openAiStreamFailure(): string {
  const error = { message: 'The demo was asked to fail.', type: 'server_error', param: null, code: 'server_error' }
  return `data: ${JSON.stringify({ error })}\n\n`
}
