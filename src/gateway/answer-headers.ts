// Which of a provider's headers a caller may see. Everything else stays here: cookies, infrastructure, account names.
const PASSED = [
  'x-request-id',
  'openai-processing-ms',
  'openai-version',
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'request-id',
  'anthropic-ratelimit-requests-limit',
  'anthropic-ratelimit-requests-remaining',
  'anthropic-ratelimit-requests-reset',
  'anthropic-ratelimit-tokens-limit',
  'anthropic-ratelimit-tokens-remaining',
  'anthropic-ratelimit-tokens-reset',
  'anthropic-ratelimit-input-tokens-limit',
  'anthropic-ratelimit-input-tokens-remaining',
  'anthropic-ratelimit-input-tokens-reset',
  'anthropic-ratelimit-output-tokens-limit',
  'anthropic-ratelimit-output-tokens-remaining',
  'anthropic-ratelimit-output-tokens-reset',
] as const

const LONGEST = 256

/** `pass` says what is shown of a value of the provider's. */
export function answerHeaders(
  from: Headers,
  contentType: string,
  pass: (value: string, name: string) => string = asIs,
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': contentType, 'cache-control': 'no-store' }
  for (const name of PASSED) {
    const value = from.get(name)
    if (value !== null && value.length <= LONGEST) headers[name] = pass(value, name)
  }
  return headers
}

const asIs = (value: string): string => value
