// The first entry of a log: which key signs it, which the record of its birth in the control log must agree with.
import type { ChangeEntry } from '#access/trail.ts'

export const birthEntry = (log: string, verifierKey: string): ChangeEntry => ({
  kind: 'change',
  what: 'log-birth',
  subject: log,
  by: 'sallyport',
  why: 'a new log',
  after: verifierKey,
})
