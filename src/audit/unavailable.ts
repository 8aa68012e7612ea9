// What an append is refused with: callers learn that nothing was done, operators why.
import { Refusal } from '#access/refusal.ts'

export function unavailable(why: string, cause?: unknown): Refusal {
  return new Refusal('audit_unavailable', {
    message: 'The audit trail cannot be written, so nothing was done.',
    retryAfter: 1,
    cause: new Error(why, { cause }),
  })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
