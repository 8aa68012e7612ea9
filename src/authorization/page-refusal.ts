// What a part of the gate refused, or a bug, as an answer in OAuth's words.
import type { ParameterizedContext } from 'koa'
import { Refusal } from '#access/refusal.ts'
import type { AuthorizationParts } from './parts.ts'

export function refuse(
  page: ParameterizedContext,
  error: unknown,
  { report }: Pick<AuthorizationParts, 'report'>,
): void {
  const refusal = error instanceof Refusal ? error : undefined
  // Messages of foreseen errors name no secret. What nobody foresaw may quote anything: its kind alone is told.
  if (!refusal)
    report(`a request to the authorization server failed: ${error instanceof Error ? error.name : 'unknown'}`)
  page.status = refusal?.status ?? 500
  const { retryAfter, message } = refusal?.detail ?? {}
  if (retryAfter !== undefined) page.set('retry-after', String(retryAfter))
  const isOurs = page.status >= 500 || page.status === 429
  page.body = {
    error: page.status === 500 ? 'server_error' : isOurs ? 'temporarily_unavailable' : 'invalid_request',
    error_description: message ?? 'something went wrong inside the gate',
  }
}
