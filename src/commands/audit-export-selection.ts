// Which entries are exported: as options of the command line, and as the record of the reading says them.
import { fieldsOf, type Logged, recordsOf } from '#audit/export/logged.ts'
import { UsageError } from './io.ts'
import { readDuration, readMoment } from './moments.ts'

export const SELECTION_OPTIONS = {
  since: { type: 'string' },
  until: { type: 'string' },
  kind: { type: 'string', multiple: true },
  exchange: { type: 'string' },
  principal: { type: 'string' },
  resource: { type: 'string' },
  decision: { type: 'string' },
  session: { type: 'string' },
  finding: { type: 'string' },
} as const

export interface SelectionOptions {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly kind?: readonly string[] | undefined
  readonly exchange?: string | undefined
  readonly principal?: string | undefined
  readonly resource?: string | undefined
  readonly decision?: string | undefined
  readonly session?: string | undefined
  readonly finding?: string | undefined
}

export interface Chosen {
  holds(logged: Logged): boolean
  /** What was asked for, for the record. */
  readonly asked: Readonly<Record<string, string>>
}

/** `now` in milliseconds since the epoch. Throws UsageError for a time that is none. */
export function exportSelection(options: SelectionOptions, now: number): Chosen {
  const { since, until, kind, ...fields } = options
  const from = since === undefined ? undefined : momentOf('--since', since, now)
  const to = until === undefined ? undefined : momentOf('--until', until, now)
  const texts = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
  const isAll = from === undefined && to === undefined && kind === undefined && texts.length === 0
  const asked = {
    ...Object.fromEntries(texts),
    ...(from !== undefined && { since: new Date(from).toISOString() }),
    ...(to !== undefined && { until: new Date(to).toISOString() }),
    ...(kind !== undefined && { kind: kind.join(',') }),
  }
  const holds = (logged: Logged): boolean => {
    if (isAll) return true
    const { entry } = logged
    if (!entry) return false
    const time = Date.parse(entry.time)
    if ((from !== undefined && !(time >= from)) || (to !== undefined && !(time < to))) return false
    if (kind && !kind.includes(entry.kind)) return false
    return texts.every(([name, wanted]) => isOf(entry, name, wanted))
  }
  return { holds, asked }
}

/** A time, or a duration: so long ago. */
function momentOf(option: string, text: string, now: number): number {
  const ago = readDuration(text)
  const moment = ago === undefined ? readMoment(text, now) : now - ago
  if (moment === undefined)
    throw new UsageError(`${option} takes a time as 2026-11-21T09:31:00Z, a date, or 24h for so long ago`)
  return moment
}

function isOf(entry: Readonly<Record<string, unknown>>, name: string, wanted: string): boolean {
  switch (name) {
    case 'principal':
    case 'resource':
      return fieldsOf(entry[name])?.['id'] === wanted
    case 'finding':
      return recordsOf(entry['findings']).some(({ kind }) => kind === wanted)
    default:
      return entry[name] === wanted
  }
}
