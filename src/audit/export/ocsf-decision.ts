// A decision is API Activity [6003]: somebody calls an operation on a resource, and a control allows it or not. The profile
// `security_control` says what the control did, `ai_operation` which model, `trace` in whose trace.
import type { ReadEntry } from '#audit/read.ts'
import { type Fields, fieldsOf, present, recordsOf, textOf, textsOf } from './logged.ts'
import {
  actorOf,
  type Draft,
  FAILURE,
  otherStatus,
  resourceOf,
  type Severity,
  sourceOf,
  SUCCESS,
} from './ocsf-event.ts'

/** The schema knows create, read, update and delete. An inference is none of them: `Other`, with its own name. */
const ACTIVITIES: Readonly<Record<string, number>> = { ingest: 1, spawn: 1, retrieve: 2, read: 2 }

export const activityOf = (action: string): number =>
  Object.hasOwn(ACTIVITIES, action) ? (ACTIVITIES[action] ?? 99) : 99

/** Undefined where it is not shaped as a decision. */
export function decisionEvent(entry: ReadEntry): Draft | undefined {
  const principal = fieldsOf(entry['principal'])
  const action = textOf(entry['action'])
  const resource = resourceOf(entry['resource'])
  const decision = textOf(entry['decision'])
  if (!principal || action === undefined || !resource || decision === undefined) return undefined
  const also = recordsOf(entry['also']).flatMap((access) => resourceOf(access['resource']) ?? [])
  const reason = textOf(entry['reason'])
  const model = modelOf(entry)
  const trace = textOf(fieldsOf(entry['trace'])?.['id'])
  return {
    category: 6,
    uid: 6003,
    activity: activityOf(action),
    activityName: action,
    severity: severityOf(entry, decision),
    profiles: ['security_control', ...(model ? ['ai_operation'] : []), ...(trace === undefined ? [] : ['trace'])],
    attributes: {
      ...verdictOf(entry, decision),
      ...present({
        status_code: reason,
        message: messageOf({ principal, action, resource, decision, reason }),
        actor: actorOf(principal, textOf(entry['session'])),
        api: apiOf(entry, action),
        src_endpoint: sourceOf(textOf(entry['source']), textOf(entry['via'])),
        resources: [resource, ...also],
        authorizations: authorizationsOf(entry, decision),
        policy: bundleOf(entry),
        ai_model: model,
        trace: trace === undefined ? undefined : { uid: trace },
      }),
    },
    // Of principal, also and trace a part is told nowhere else: the chain and the method, the actions, the spans.
    mapped: ['action', 'resource', 'source', 'via', 'session', 'decision', 'reason', 'protocol', 'policies', 'bundle'],
  }
}

/** The call, of a decision or (with what was answered) of its outcome. */
export function apiOf(decision: Fields, action: string, code?: number): Fields {
  const protocol = textOf(decision['protocol'])
  const exchange = textOf(decision['exchange'])
  return present({
    operation: action,
    service: protocol === undefined ? undefined : { name: protocol },
    request: exchange === undefined ? undefined : { uid: exchange },
    response: code === undefined ? undefined : { code },
  })
}

/** That of the first target: the model that is asked for first. */
export function modelOf({ targets }: Fields): Fields | undefined {
  const [provider, name] = splitTarget(textsOf(targets)[0])
  return provider === undefined || name === undefined ? undefined : { ai_provider: provider, name }
}

/** `provider/model`; a model's name may hold slashes. */
export function splitTarget(target: string | undefined): readonly [string, string] | readonly [] {
  const slash = target?.indexOf('/') ?? -1
  return target === undefined || slash <= 0 || slash === target.length - 1
    ? []
    : [target.slice(0, slash), target.slice(slash + 1)]
}

function bundleOf({ bundle }: Fields): Fields | undefined {
  const hash = textOf(bundle)
  return hash === undefined ? undefined : { uid: hash, name: 'bundle', version: hash }
}

function authorizationsOf(entry: Fields, decision: string): readonly Fields[] {
  const policies = textsOf(entry['policies'])
  if (policies.length === 0) return [{ decision }]
  return policies.map((id) => ({ decision, policy: { uid: id, name: id, is_applied: true } }))
}

/** What the control did: `action_id` and `disposition_id` of the profile `security_control`. */
function verdictOf(entry: Fields, decision: string): Fields {
  if (decision === 'deny')
    return { ...FAILURE, action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' }
  if (decision === 'ask') {
    return { ...otherStatus('Ask'), action_id: 99, action: 'Ask', disposition_id: 14, disposition: 'Delayed' }
  }
  if (decision !== 'allow') return { ...otherStatus(decision), action_id: 99, action: decision, disposition_id: 0 }
  return wasRedacted(entry)
    ? { ...SUCCESS, action_id: 4, action: 'Modified', disposition_id: 11, disposition: 'Corrected' }
    : { ...SUCCESS, action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' }
}

const wasRedacted = (entry: Fields): boolean =>
  recordsOf(entry['findings']).some(({ action }) => action === 'redact') || textOf(entry['redacted']) !== undefined

function severityOf(entry: Fields, decision: string): Severity {
  if (textOf(entry['indicator']) !== undefined) return 3
  if (recordsOf(entry['findings']).some(({ action }) => action === 'block' || action === 'redact')) return 3
  return decision === 'deny' ? 2 : 1
}

interface Told {
  readonly principal: Fields
  readonly action: string
  readonly resource: Fields
  readonly decision: string
  readonly reason: string | undefined
}

function messageOf({ principal, action, resource, decision, reason }: Told): string {
  const who = [textOf(principal['type']), textOf(principal['id'])].filter(Boolean).join(' ')
  const what = [action, textOf(resource['type']), textOf(resource['uid'])].filter(Boolean).join(' ')
  return `${decision}: ${who}, ${what}${reason === undefined ? '' : ` (${reason})`}`
}
