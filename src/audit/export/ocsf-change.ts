// A change is Entity Management [3004]: an entity of the gate's, before and after. Births, seals and removals of logs are Event Log
// Activity [1008], where rules against tampering with logs look for them.
import type { ReadEntry } from '#audit/read.ts'
import { type Fields, present, textOf } from './logged.ts'
import type { Draft, Severity } from './ocsf-event.ts'
import { SUCCESS } from './ocsf-event.ts'

interface LogActivity {
  readonly activity: number
  readonly name: string
  readonly severity: Severity
}

const LOGS: Readonly<Record<string, LogActivity>> = {
  'log-birth': { activity: 6, name: 'Start', severity: 1 },
  'log-seal': { activity: 5, name: 'Rotate', severity: 1 },
  'log-removal': { activity: 2, name: 'Delete', severity: 3 },
}

/** Undefined where it is not shaped as a change. */
export function changeEvent(entry: ReadEntry): Draft | undefined {
  const what = textOf(entry['what'])
  const subject = textOf(entry['subject'])
  const by = textOf(entry['by'])
  if (what === undefined || subject === undefined || by === undefined) return undefined
  const told = present({
    ...SUCCESS,
    message: `${what} ${subject}, by ${by}`,
    actor: { user: { name: by } },
    status_detail: textOf(entry['why']),
  })
  const log = Object.hasOwn(LOGS, what) ? LOGS[what] : undefined
  if (log) {
    return {
      category: 1,
      uid: 1008,
      activity: log.activity,
      activityName: log.name,
      severity: log.severity,
      attributes: { ...told, log_name: subject, log_provider: 'sallyport' },
      mapped: ['subject', 'by', 'why'],
    }
  }
  return {
    category: 3,
    uid: 3004,
    ...activityOf(what, entry),
    severity: what === 'process' ? 3 : 1,
    attributes: {
      ...told,
      comment: textOf(entry['why']),
      entity: entityOf(what, subject, textOf(entry['before'])),
      entity_result: entityOf(what, subject, textOf(entry['after'])),
    },
    mapped: ['what', 'subject', 'by', 'why', 'before', 'after'],
  }
}

function activityOf(what: string, { before, after }: Fields): { activity: number; activityName: string } {
  if (what === 'bundle') return { activity: 10, activityName: 'Activate' }
  if (before === undefined && after !== undefined && what !== 'process') return { activity: 1, activityName: 'Create' }
  if (before !== undefined && after === undefined) return { activity: 4, activityName: 'Delete' }
  return { activity: 3, activityName: 'Update' }
}

const POLICY = 5
const OTHER = 99

/** A bundle is a policy by its hash; all else is called what the entry calls it. */
function entityOf(what: string, subject: string, value: string | undefined): Fields {
  if (what === 'bundle') {
    const policy = present({ name: subject, uid: value, version: value })
    return present({ name: subject, uid: value ?? subject, type: 'Policy', type_id: POLICY, policy, version: value })
  }
  return present({
    name: subject,
    uid: subject,
    type: what,
    type_id: OTHER,
    data: value === undefined ? undefined : { value },
  })
}
