// An indicator is a Detection Finding [2004]: something was seen that may be an attack, and somebody should look.
import type { ReadEntry } from '#audit/read.ts'
import { fieldsOf, present, textOf } from './logged.ts'
import { actorOf, type Draft, type Severity, sourceOf } from './ocsf-event.ts'

/** The first word of an indicator; some go on with what they are about. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  'log-key-changed': 5,
  'log-without-key': 5,
  'key-guessing': 4,
  'egress-refused': 3,
  'session-out-of-scope': 3,
  burst: 2,
  'archive-dropped': 3,
  'archive-failing': 3,
  'archive-recovered': 1,
}

/** Analytic type `Rule`. */
const RULE = 1

/** Undefined where it is not shaped as an indicator. */
export function indicatorEvent(entry: ReadEntry): Draft | undefined {
  const indicator = textOf(entry['indicator'])
  if (indicator === undefined) return undefined
  const name = /^[\w-]+/.exec(indicator)?.[0] ?? indicator
  const principal = fieldsOf(entry['principal'])
  const source = textOf(entry['source'])
  const subject = textOf(entry['subject'])
  const evidence = present({
    actor: principal && actorOf(principal),
    src_endpoint: source === undefined ? undefined : sourceOf(source),
  })
  return {
    category: 2,
    uid: 2004,
    activity: 1,
    activityName: 'Create',
    severity: Object.hasOwn(SEVERITIES, name) ? (SEVERITIES[name] ?? 4) : 4,
    profiles: ['security_control'],
    attributes: present({
      finding_info: {
        uid: entry.id,
        title: indicator,
        types: [name],
        analytic: { uid: name, name, type_id: RULE, type: 'Rule' },
      },
      message: indicator + (subject === undefined ? '' : `: ${subject}`),
      status_id: 1,
      status: 'New',
      is_alert: true,
      action_id: 3,
      action: 'Observed',
      disposition_id: 15,
      disposition: 'Detected',
      evidences: Object.keys(evidence).length > 0 ? [evidence] : undefined,
      resources: subject === undefined ? undefined : [{ uid: subject, name: subject }],
    }),
    mapped: ['indicator', 'source', 'subject'],
  }
}
