// From an entry to one event of the Open Cybersecurity Schema Framework 1.8.0. Which class each kind becomes, and why, stands in
// docs/streaming.md. Nothing is lost: what the schema has no attribute for is under `unmapped`, and a kind that this release does not
// know is a base event, so that no entry of a later release is missing from what it streams.
import { ulidTime } from '#lib/ulid.ts'
import { type Logged, present, textOf } from './logged.ts'
import { changeEvent } from './ocsf-change.ts'
import { decisionEvent } from './ocsf-decision.ts'
import { type Draft, type OcsfEvent, SEVERITY } from './ocsf-event.ts'
import { indicatorEvent } from './ocsf-indicator.ts'
import { outcomeEvent } from './ocsf-outcome.ts'
import { readEvent, secretEvent } from './ocsf-reading.ts'
import { sessionEvent, tokenEvent } from './ocsf-session.ts'
import type { OpenDecision } from './open-exchanges.ts'
import type { ReadEntry } from '#audit/read.ts'

const SCHEMA_VERSION = '1.8.0'

/** Total: whatever stands in the log becomes an event. `decision` is that of an outcome, where it is known. `release` is ours. */
export function ocsfEvent(logged: Logged, release: string, decision?: OpenDecision): OcsfEvent {
  const { log, index, entry, bytes } = logged
  const draft = (entry && draftOf(entry, decision)) ?? unknownEvent(entry)
  const { category, uid, activity, activityName, profiles = [], severity, attributes, mapped } = draft
  const time = timeOf(entry)
  return present({
    category_uid: category,
    class_uid: uid,
    activity_id: activity,
    activity_name: activityName,
    type_uid: uid * 100 + activity,
    severity_id: severity,
    severity: SEVERITY[severity],
    time,
    metadata: present({
      version: SCHEMA_VERSION,
      product: { name: 'Sallyport', vendor_name: 'Sallyport', version: release },
      // The entry's own id: what is told twice is known by it.
      uid: entry?.id ?? `${log}/${index}`,
      correlation_uid: textOf(entry?.['exchange']),
      event_code: entry?.kind,
      log_name: log,
      log_provider: 'sallyport',
      sequence: index,
      original_time: entry?.time,
      profiles: profiles.length > 0 ? profiles : undefined,
    }),
    ...attributes,
    unmapped: unmappedOf(entry, mapped, bytes),
  }) as OcsfEvent
}

/** Undefined for a kind that is not known, or that is not as it should be. */
function draftOf(entry: ReadEntry, decision: OpenDecision | undefined): Draft | undefined {
  switch (entry.kind) {
    case 'decision':
      return decisionEvent(entry)
    case 'outcome':
      return outcomeEvent(entry, decision)
    case 'change':
      return changeEvent(entry)
    case 'indicator':
      return indicatorEvent(entry)
    case 'secret':
      return secretEvent(entry)
    case 'read':
      return readEvent(entry)
    case 'session':
      return sessionEvent(entry)
    case 'token':
      return tokenEvent(entry)
    default:
      return undefined
  }
}

/** Base Event [0]: `Other`, with the kind as the source's own name for it. */
const unknownEvent = (entry: ReadEntry | undefined): Draft => ({
  category: 0,
  uid: 0,
  activity: 99,
  activityName: entry?.kind ?? 'unreadable',
  severity: entry ? 1 : 4,
  attributes: { message: entry ? `An entry of kind ${entry.kind}` : 'Bytes in the log that are no entry' },
  mapped: [],
})

/** Milliseconds since the epoch. An entry whose time cannot be read has that of its id, and required attributes are there in any case. */
function timeOf(entry: ReadEntry | undefined): number {
  const time = Date.parse(entry?.time ?? '')
  return Number.isNaN(time) ? (ulidTime(entry?.id ?? '') ?? 0) : time
}

const ENVELOPE: readonly string[] = ['id', 'time', 'index', 'kind', 'exchange']

function unmappedOf(
  entry: ReadEntry | undefined,
  mapped: readonly string[],
  bytes: Buffer,
): Readonly<Record<string, unknown>> | undefined {
  if (!entry) return { base64: bytes.toString('base64') }
  const told = new Set([...ENVELOPE, ...mapped])
  const rest = Object.entries(entry).filter(([name]) => !told.has(name))
  return rest.length > 0 ? Object.fromEntries(rest) : undefined
}
