// When a key begins and ends. Every key has an end, and none a far one.
import type { KeyFields, ReportFault } from './key-fault.ts'
import { readDuration, readMoment } from './moments.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export interface Life {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly personal: boolean
}

export function readTimes(fields: KeyFields, { now, personal }: Life, fault: ReportFault) {
  const moment = (field: 'not_before' | 'expires', text: string): number | undefined =>
    readMoment(text, now) ?? fault(field, 'is no time', 'Write 30d (from now), 2027-01-31 or 2027-01-31T12:00Z.')
  const days = personal ? 7 : 366
  const notBefore = fields.not_before === undefined ? now : moment('not_before', fields.not_before)
  const expires =
    fields.expires === undefined
      ? fault(
          'expires',
          'is missing: every key has an end',
          `Give one at most ${days} days from now: ${personal ? '7d' : '90d'}.`,
        )
      : moment('expires', fields.expires)
  if (expires !== undefined && expires > now + days * DAY)
    fault(
      'expires',
      `is more than ${days} days from now${personal ? ', the most for a personal key' : ''}`,
      'Give an earlier end.',
    )
  if (expires !== undefined && notBefore !== undefined && expires <= Math.max(now, notBefore))
    fault('expires', 'is over before the key could be used', 'Give a later end.')
  const unusedFor = readUnused(fields.unused_for, fault)
  if (unusedFor !== undefined && notBefore !== undefined && now + unusedFor <= notBefore)
    fault('unused_for', 'is over before the key could be used', 'Give a longer one.')
  return {
    created: now,
    notBefore: notBefore ?? now,
    expires: expires ?? now,
    ...(unusedFor === undefined ? {} : { unusedFor }),
  }
}

function readUnused(text: string | undefined, fault: ReportFault): number | undefined {
  if (text === undefined) return undefined
  const duration = readDuration(text)
  if (duration !== undefined && duration >= HOUR && duration <= 366 * DAY) return duration
  return fault('unused_for', 'is no duration from an hour to 366 days', 'Write it as 30d.')
}
