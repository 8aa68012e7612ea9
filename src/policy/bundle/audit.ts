// `audit:`: how the logs are kept. Its defaults are the longest that LOG-08 asks of what each kind of log holds.
import type { Keeping, RetentionClass } from '#access/keeping.ts'
import { readCopies, readStreams, readWitnesses } from './audit-places.ts'
import type { Surroundings } from './credential.ts'
import { type Field, fieldsOf, warn } from './field.ts'
import { DAY, periodOf, YEAR } from './units.ts'

const DEFAULTS: Keeping = {
  retention: { exchanges: 3 * YEAR, changes: 3 * YEAR, reads: YEAR },
  rotate: 30 * DAY,
  copies: [],
  streams: [],
  witnesses: [],
}

/** The table of LOG-08: the longest of what stands in one log. A gateway's holds the bundles that it took, too. */
const LEAST: Readonly<Record<RetentionClass, { readonly years: number; readonly of: string }>> = {
  exchanges: { years: 3, of: 'access control changes, such as a new bundle, and 2 years of injection attempts' },
  changes: { years: 3, of: 'access control changes' },
  reads: { years: 1, of: 'who read the logs' },
}

export function readAudit(field: Field | undefined, around: Surroundings): Keeping {
  const fields = field && fieldsOf(field, { known: ['retention', 'rotate', 'copies', 'streams', 'witnesses'] })
  if (!fields) return DEFAULTS
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  return {
    retention: read('retention', retentionOf) ?? DEFAULTS.retention,
    // A log has a key and an entry in the control log: more of them than one an hour would be all that these hold.
    rotate: read('rotate', (inside) => periodOf(inside, HOUR, YEAR)) ?? DEFAULTS.rotate,
    copies: read('copies', (inside) => readCopies(inside, around)) ?? [],
    streams: read('streams', (inside) => readStreams(inside, around)) ?? [],
    witnesses: read('witnesses', readWitnesses) ?? [],
  }
}

const HOUR = 3_600_000

function retentionOf(field: Field): Keeping['retention'] | undefined {
  const fields = fieldsOf(field, { known: ['exchanges', 'changes', 'reads'] })
  if (!fields) return undefined
  const read = (kind: RetentionClass): number => {
    const inside = fields.get(kind)
    const time = inside && periodOf(inside, DAY, 100 * YEAR)
    if (inside && time !== undefined) warnOfLess(inside, kind, time)
    return time ?? DEFAULTS.retention[kind]
  }
  return { exchanges: read('exchanges'), changes: read('changes'), reads: read('reads') }
}

/** It may be meant: a law that asks for less is no fault of the bundle. */
function warnOfLess(field: Field, kind: RetentionClass, time: number): void {
  const { years, of } = LEAST[kind]
  if (time >= years * YEAR) return
  const named = years === 1 ? '1 year' : `${years} years`
  warn(field, `is less than the ${named} that LOG-08 asks of ${of}`, `Write ${years}y or more, unless less is meant.`)
}
