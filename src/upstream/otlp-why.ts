// Why a collector was not reached, for the operator: words of our own and codes of the runtime, since a message may quote an address.
import { Refusal } from '#access/refusal.ts'
import { failureCode } from './failure-code.ts'
import { MissingSecret } from './secret-place.ts'

export function whyNot(error: unknown): string {
  if (!(error instanceof Refusal)) return `the connection failed (${failureCode(error)})`
  if (error.reason === 'audit_unavailable') return "the reading of its credential can't be recorded"
  if (error.cause instanceof MissingSecret) return `its credential cannot be read (${error.cause.message})`
  // What the dialer says is its own words: which address, and why not.
  return error.cause instanceof Error ? error.cause.message : error.reason
}
