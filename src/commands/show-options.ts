// What `audit show` is asked for: options to a search, and to what the record of the reading says of it.
import { type Search, type Term, TERM_FIELDS } from '#audit/follow/search-terms.ts'
import { UsageError } from './io.ts'
import { readDuration, readMoment } from './moments.ts'
import { readOptions } from './options.ts'

export interface ShowOptions {
  /** Undefined: all logs. */
  readonly log?: string
  readonly search: Search
  readonly order: 'newest' | 'oldest'
  readonly from: number
  readonly most: number
  readonly json: boolean
  /** The logs alone are believed, however long it takes. */
  readonly noIndex: boolean
  /** As it was asked for. */
  readonly selection: Readonly<Record<string, string>>
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

/** Throws UsageError. `now` in milliseconds since the epoch. */
export function showOptions(args: readonly string[], now: number): ShowOptions {
  const { values, positionals } = readOptions({
    args: [...args],
    options: {
      json: flag,
      'no-index': flag,
      newest: flag,
      oldest: flag,
      kind: text,
      principal: text,
      action: text,
      resource: text,
      decision: text,
      reason: text,
      finding: text,
      session: text,
      exchange: text,
      since: text,
      until: text,
      from: text,
      most: text,
    },
    allowPositionals: true,
  })
  const [log] = positionals
  if (positionals.length > 1 || (log !== undefined && !/^[a-z][a-z0-9-]{0,62}$/.test(log)))
    throw new UsageError('audit show takes the name of one log')
  if (values.newest && values.oldest) throw new UsageError('--newest and --oldest exclude each other')
  if (values.from !== undefined && log === undefined)
    throw new UsageError('--from is an index in one log: name the log, too')
  const terms = TERM_FIELDS.flatMap((field): Term[] => (values[field] === undefined ? [] : [[field, values[field]]]))
  const since = momentOf('--since', values.since, now)
  const until = momentOf('--until', values.until, now)
  const asked = Object.entries(values).filter(([name]) => name !== 'json')
  // One log is read as a book is; of all of them, what happened last is what is asked about.
  const isNewest = values.newest ?? (log === undefined && values.oldest !== true)
  return {
    ...(log === undefined ? {} : { log }),
    search: {
      terms,
      ...(values.exchange === undefined ? {} : { exchange: values.exchange }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    },
    order: isNewest ? 'newest' : 'oldest',
    from: wholeNumber(values.from, '--from', 0),
    most: wholeNumber(values.most, '--most', log === undefined ? 100 : 1000),
    json: values.json === true,
    noIndex: values['no-index'] === true,
    selection: Object.fromEntries(asked.map(([name, value]) => [name, String(value)])),
  }
}

/** A duration is one ago. */
function momentOf(name: string, value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const ago = readDuration(value)
  const moment = ago === undefined ? readMoment(value, now) : now - ago
  if (moment === undefined) throw new UsageError(`${name} takes 2h (ago), 2026-01-31 or 2026-01-31T12:00Z`)
  return moment
}

function wholeNumber(value: string | undefined, name: string, fallback: number): number {
  if (value === undefined) return fallback
  if (/^\d{1,12}$/.test(value)) return Number(value)
  throw new UsageError(`${name} takes a whole number`)
}
