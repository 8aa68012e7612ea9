// A session begins and ends as Authentication [3002], Logon and Logoff; its tokens are activities of the same class, by our own names,
// since those of the schema mean Kerberos. Trust that a session earned or was given is Authorize Session [3003], a label Entity
// Management [3004].
import type { ReadEntry } from '#audit/read.ts'
import { type Fields, fieldsOf, present, textOf, textsOf } from './logged.ts'
import { actorOf, type Draft, FAILURE, type Severity, sourceOf, SUCCESS } from './ocsf-event.ts'

const AUTHENTICATION = 3002
const OTHER = 99
const GATE = { name: 'sallyport' } as const

/** Undefined where it is not shaped as an entry of a session. */
export function sessionEvent(entry: ReadEntry): Draft | undefined {
  const what = textOf(entry['what'])
  const session = textOf(entry['session'])
  if (what === undefined || session === undefined) return undefined
  switch (what) {
    case 'begin':
      return authentication(entry, { activity: 1, name: 'Logon', severity: 1, attributes: begun(entry, session) })
    case 'end':
      return authentication(entry, { activity: 2, name: 'Logoff', ...ended(entry, session) })
    case 'trust':
      return trusted(entry, session)
    case 'label':
      return labelled(entry, session)
    default:
      return undefined
  }
}

/** Undefined where it is not shaped as an entry of a token. */
export function tokenEvent(entry: ReadEntry): Draft | undefined {
  const what = textOf(entry['what'])
  if (what === undefined) return undefined
  const session = textOf(entry['session'])
  const reason = textOf(entry['reason'])
  const isRefused = what === 'refused'
  const source = textOf(entry['source'])
  return authentication(entry, {
    activity: OTHER,
    name: `Token ${what}`,
    severity: textOf(entry['indicator']) === undefined ? (isRefused ? 2 : 1) : 3,
    attributes: {
      ...(isRefused ? FAILURE : SUCCESS),
      ...present({
        status_code: reason,
        message: `token ${what}${reason === undefined ? '' : ` (${reason})`}`,
        actor: actorFor(entry, session),
        src_endpoint: source === undefined ? undefined : sourceOf(source),
        session: session === undefined ? undefined : { uid: session, issuer: GATE.name },
      }),
    },
    mapped: ['session', 'reason', 'source'],
  })
}

interface Part {
  readonly activity: number
  readonly name: string
  readonly severity: Severity
  readonly attributes: Fields
  readonly mapped?: readonly string[]
}

function authentication(entry: ReadEntry, { activity, name, severity, attributes, mapped }: Part): Draft {
  return {
    category: 3,
    uid: AUTHENTICATION,
    activity,
    activityName: name,
    severity,
    attributes: { ...attributes, user: userOf(entry), service: GATE },
    // Of the principal a part is told nowhere else: the chain, the method.
    mapped: ['what', ...(mapped ?? ['session', 'expires', 'why', 'by'])],
  }
}

const userOf = (entry: ReadEntry): Fields => actorOf(fieldsOf(entry['principal']))['user'] as Fields

function actorFor(entry: ReadEntry, session?: string): Fields | undefined {
  const principal = fieldsOf(entry['principal'])
  return principal && actorOf(principal, session)
}

function begun(entry: ReadEntry, session: string): Fields {
  const expires = Date.parse(textOf(entry['expires']) ?? '')
  return {
    ...SUCCESS,
    ...present({
      message: `session ${session} begins`,
      actor: actorFor(entry, session),
      is_new_logon: true,
      session: present({
        uid: session,
        issuer: GATE.name,
        expiration_time: Number.isNaN(expires) ? undefined : expires,
      }),
    }),
  }
}

/** Why somebody should look at it. */
const SUSPECT: ReadonlySet<string> = new Set(['misuse', 'refresh-reused', 'out-of-scope'])

function ended(entry: ReadEntry, session: string): Pick<Part, 'severity' | 'attributes'> {
  const why = textOf(entry['why'])
  const by = textOf(entry['by'])
  return {
    severity: SUSPECT.has(why ?? '') ? 3 : 1,
    attributes: {
      ...SUCCESS,
      ...present({
        message: `session ${session} ends${why === undefined ? '' : `: ${why}`}`,
        status_detail: why,
        actor: by === undefined ? undefined : { user: { name: by } },
        session: present({ uid: session, issuer: GATE.name, expiration_reason: why }),
      }),
    },
  }
}

function trusted(entry: ReadEntry, session: string): Draft {
  const trust = textOf(entry['trust']) ?? 'unknown'
  const by = textOf(entry['by'])
  return {
    category: 3,
    uid: 3003,
    activity: 1,
    activityName: 'Assign Privileges',
    severity: trust === 'elevated' ? 3 : 1,
    attributes: present({
      ...SUCCESS,
      message: `session ${session} is trusted: ${trust}`,
      status_detail: textOf(entry['why']),
      user: userOf(entry),
      actor: by === undefined ? undefined : { user: { name: by } },
      session: { uid: session, issuer: GATE.name },
      privileges: [trust],
    }),
    mapped: ['what', 'session', 'trust', 'why', 'by'],
  }
}

function labelled(entry: ReadEntry, session: string): Draft {
  const labels = textsOf(entry['labels'])
  return {
    category: 3,
    uid: 3004,
    activity: 3,
    activityName: 'Update',
    severity: 1,
    attributes: present({
      ...SUCCESS,
      message: `session ${session} has seen: ${labels.join(', ')}`,
      actor: actorFor(entry, session),
      entity: { name: session, uid: session, type: 'session', type_id: OTHER },
      entity_result: { name: session, uid: session, type: 'session', type_id: OTHER, data: { labels } },
    }),
    mapped: ['what', 'session', 'labels'],
  }
}
