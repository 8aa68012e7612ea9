// What every OCSF event here is made of, and the objects that several classes share. Names are the schema's own (1.8.0).
import { type Fields, fieldsOf, present, recordsOf, textOf, textsOf } from './logged.ts'

export type Severity = 1 | 2 | 3 | 4 | 5

export const SEVERITY: Readonly<Record<Severity, string>> = {
  1: 'Informational',
  2: 'Low',
  3: 'Medium',
  4: 'High',
  5: 'Critical',
}

export interface Draft {
  readonly category: number
  readonly uid: number
  readonly activity: number
  /** The source's own word, where the schema has none. */
  readonly activityName: string
  readonly severity: Severity
  readonly profiles?: readonly string[]
  readonly attributes: Fields
  /** Fields of the entry that stand whole among the attributes. */
  readonly mapped: readonly string[]
}

/** As JSON. */
export interface OcsfEvent extends Fields {
  readonly category_uid: number
  readonly class_uid: number
  readonly activity_id: number
  readonly type_uid: number
  readonly severity_id: Severity
  readonly time: number
  readonly metadata: Fields
}

const PERSON = 1
const SERVICE = 4

/**
 * Who acts. A person is the user; an application, agent or judge is the application, and the user is whom it acts for, where there is
 * one, else itself as a service.
 */
export function actorOf(principal: Fields | undefined, session?: string): Fields {
  const type = textOf(principal?.['type'])
  const id = textOf(principal?.['id'])
  const key = textOf(principal?.['key'])
  if (!principal || id === undefined) return { user: { name: 'Unknown', type_id: 0 } }
  const isPerson = type === 'User'
  const behind = isPerson ? undefined : recordsOf(principal['chain']).findLast((link) => link['type'] === 'User')
  const person = isPerson ? id : textOf(behind?.['id'])
  const groups = textsOf(principal['groups']).map((name) => ({ name }))
  const issuer = textOf(principal['issuer'])
  return present({
    user: present({
      uid: person ?? id,
      name: person ?? id,
      type_id: type === 'Anonymous' ? 0 : person === undefined ? SERVICE : PERSON,
      type: type === 'Anonymous' ? 'Unknown' : person === undefined ? 'Service' : 'User',
      groups: groups.length > 0 ? groups : undefined,
      credential_uid: key,
    }),
    ...(isPerson || type === 'Anonymous' ? {} : { app_name: id, app_uid: `${type ?? 'App'}::${id}` }),
    idp: issuer === undefined ? undefined : { name: issuer, uid: issuer },
    session: session === undefined ? undefined : { uid: session },
  })
}

/** Required by some classes, and not known of an entry of the gate's own doing: it says so. */
export function sourceOf(source: string | undefined, via?: string): Fields {
  if (source === undefined) return { name: 'Unknown' }
  return present({ ip: source, intermediate_ips: via === undefined ? undefined : [via] })
}

export function resourceOf(resource: unknown): Fields | undefined {
  const fields = fieldsOf(resource)
  const id = textOf(fields?.['id'])
  if (id === undefined) return undefined
  return present({ uid: id, name: id, type: textOf(fields?.['type']) })
}

export const SUCCESS = { status_id: 1, status: 'Success' } as const
export const FAILURE = { status_id: 2, status: 'Failure' } as const

/** `Other`, in the source's own word. */
export const otherStatus = (status: string) => ({ status_id: 99, status })
