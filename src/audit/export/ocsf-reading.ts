// Readings are Datastore Activity [6005]: of a secret by the gate, of a log by a person. A log that is exported is Event Log Activity
// [1008], whose `Export` means just that.
import type { ReadEntry } from '#audit/read.ts'
import { fieldsOf, present, textOf } from './logged.ts'
import { type Draft, FAILURE, SUCCESS } from './ocsf-event.ts'

/** Datastore type `Databucket`, and a databucket of another type than the cloud's. */
const DATABUCKET = 2
const OTHER = 99

/** The gate itself. */
const GATE = { app_name: 'sallyport', app_uid: 'sallyport' } as const
const HERE = { svc_name: 'sallyport' } as const

/** Undefined where it is not shaped as the reading of a secret. */
export function secretEvent(entry: ReadEntry): Draft | undefined {
  const what = textOf(entry['what'])
  const reference = textOf(entry['reference'])
  if (what === undefined || reference === undefined) return undefined
  const why = textOf(entry['why'])
  const isLost = what === 'lost'
  return {
    category: 6,
    uid: 6005,
    activity: what === 'read' || isLost ? 1 : OTHER,
    activityName: what === 'read' || isLost ? 'Read' : what,
    severity: isLost ? 3 : 1,
    attributes: present({
      ...(isLost ? FAILURE : SUCCESS),
      status_detail: why,
      message: `secret ${what}: ${reference}${why === undefined ? '' : ` (${why})`}`,
      actor: GATE,
      src_endpoint: HERE,
      type_id: DATABUCKET,
      databucket: { uid: reference, name: reference, type_id: OTHER, type: /^[a-z]+/.exec(reference)?.[0] ?? 'secret' },
    }),
    mapped: ['reference', 'why'],
  }
}

/** Undefined where it is not shaped as the reading of a log. */
export function readEvent(entry: ReadEntry): Draft | undefined {
  const what = textOf(entry['what'])
  const subject = textOf(entry['subject'])
  const by = textOf(entry['by'])
  if (what === undefined || subject === undefined || by === undefined) return undefined
  const told = {
    ...SUCCESS,
    message: `${by}: ${what} ${subject === '*' ? 'all logs' : subject}`,
    actor: { user: { name: by } },
    src_endpoint: HERE,
  }
  if (what === 'export') {
    return {
      category: 1,
      uid: 1008,
      activity: 3,
      activityName: 'Export',
      severity: 2,
      attributes: { ...told, log_name: subject, log_provider: 'sallyport' },
      mapped: ['what', 'subject', 'by'],
    }
  }
  return {
    category: 6,
    uid: 6005,
    activity: what === 'proof' ? 1 : 4,
    activityName: what === 'proof' ? 'Read' : 'Query',
    severity: 1,
    attributes: {
      ...told,
      type_id: DATABUCKET,
      databucket: { uid: subject, name: subject, type_id: OTHER, type: 'audit log' },
      query_info: { name: what, query_string: queryOf(fieldsOf(entry['selection']) ?? {}) },
    },
    mapped: ['subject', 'by', 'selection'],
  }
}

/** `kind=decision principal=alice`; `*` for everything. */
function queryOf(selection: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(selection).map(([name, value]) => `${name}=${String(value)}`)
  return parts.join(' ') || '*'
}
