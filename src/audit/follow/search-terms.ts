// What an entry can be found by. One place says it for the index and for whoever reads the log without one, so that both give the same.
import type { ReadEntry } from '#audit/read.ts'

/**
 * `principal`: who did it, each link of the chain, and the id of the key. `action`: what was done. `resource`: to what, or what it is
 * about. `reason`: why not, why a session ended, or what it is a sign of. `finding`: kinds of what was found. `session`: in which, or below
 * which.
 */
export const TERM_FIELDS = [
  'kind',
  'principal',
  'action',
  'resource',
  'decision',
  'reason',
  'finding',
  'session',
] as const

export type TermField = (typeof TERM_FIELDS)[number]
export type Term = readonly [field: TermField, text: string]

export interface Search {
  /** All of them. */
  readonly terms: readonly Term[]
  readonly exchange?: string
  /** Milliseconds since the epoch: from, and up to and without. */
  readonly since?: number
  readonly until?: number
}

/** Each once. Nothing is believed of an entry's shape. */
export function termsOf(entry: ReadEntry): readonly Term[] {
  const terms: Term[] = []
  const add = (field: TermField, value: unknown): void => {
    if (typeof value !== 'string' || value === '') return
    // They are few: looking through them costs less than a set of texts made for it.
    if (!terms.some(([name, text]) => name === field && text === value)) terms.push([field, value])
  }
  add('kind', entry.kind)
  add('decision', entry['decision'])
  add('session', entry['session'])
  for (const reason of [entry['reason'], entry['indicator']]) add('reason', reason)
  for (const subject of [entry['subject'], entry['reference']]) add('resource', subject)
  add('principal', entry['by'])
  add('action', entry['what'])
  addSession(entry, add)
  for (const access of [entry, ...membersOf(entry['also'])]) {
    add('action', access['action'])
    add('resource', recordOf(access['resource'])['id'])
  }
  const principal = recordOf(entry['principal'])
  for (const { id } of [principal, ...membersOf(principal['chain'])]) add('principal', id)
  add('principal', principal['key'])
  for (const { kind } of membersOf(entry['findings'])) add('finding', kind)
  return terms
}

/** A session is found by itself, by the one that it is below, and by its client; what its token was used for wrongly names it, too. */
function addSession(entry: ReadEntry, add: (field: TermField, value: unknown) => void): void {
  const { kind, subject, indicator, what } = entry
  const isSign = kind === 'indicator' && typeof indicator === 'string' && /^(?:session-|refresh-)/.test(indicator)
  if (isSign || (kind === 'change' && what === 'session')) add('session', subject)
  if (kind !== 'session' && kind !== 'token') return
  add('session', entry['parent'])
  add('principal', entry['client'])
  add('action', entry['grant'])
  add('resource', entry['token'])
  if (what === 'end') add('reason', entry['why'])
}

export function matches(entry: ReadEntry, { terms, exchange, since, until }: Search): boolean {
  if (exchange !== undefined && entry['exchange'] !== exchange) return false
  const time = since === undefined && until === undefined ? 0 : timeOf(entry)
  if (since !== undefined && !(time >= since)) return false
  if (until !== undefined && !(time < until)) return false
  if (terms.length === 0) return true
  const has = termsOf(entry)
  return terms.every(([field, text]) => has.some(([name, value]) => name === field && value === text))
}

/** Milliseconds since the epoch; 0 where the entry holds none that can be read. */
export function timeOf({ time }: ReadEntry): number {
  const milliseconds = Date.parse(time)
  return Number.isNaN(milliseconds) ? 0 : milliseconds
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

const membersOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(recordOf) : []
