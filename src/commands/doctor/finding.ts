// What the doctor says of one thing, and the three things that every check is given.
import type { Look } from '#upstream/look.ts'

export interface Finding {
  readonly check: string
  /** Of what: the name of an issuer, a path, a port. */
  readonly subject: string
  readonly verdict: 'ok' | 'warn' | 'wrong' | 'not-known'
  /** Never a secret. */
  readonly said: string
  /** What to do: a sentence. */
  readonly fix?: string
}

export interface Around {
  readonly look: Look
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** For each look at the network, in milliseconds. */
export const PATIENCE_MS = 5_000

export const ok = (check: string, subject: string, said: string): Finding => ({ check, subject, verdict: 'ok', said })

/** A verdict that wants something done; what is not known may have no remedy. */
const finding =
  (verdict: Finding['verdict']) =>
  (check: string, subject: string, said: string, fix?: string): Finding => ({
    check,
    subject,
    verdict,
    said,
    ...(fix !== undefined && { fix }),
  })

export const warn: (check: string, subject: string, said: string, fix: string) => Finding = finding('warn')
export const wrong: (check: string, subject: string, said: string, fix: string) => Finding = finding('wrong')
export const notKnown: (check: string, subject: string, said: string, fix?: string) => Finding = finding('not-known')

export const count = (amount: number, one: string, many = `${one}s`): string => `${amount} ${amount === 1 ? one : many}`
