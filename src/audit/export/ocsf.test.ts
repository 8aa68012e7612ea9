// Against OCSF 1.8.0 (github.com/ocsf/ocsf-schema, tag 1.8.0): the required attributes, constraints and enumerations of the classes
// and objects that are used, written out from it.
import { describe, expect, test } from 'bun:test'
import { DECISION, EXCHANGE, logged, OTHERS, OUTCOME } from './entries.fixture.ts'
import { loggedEntry } from './logged.ts'
import { ocsfEvent } from './ocsf.ts'
import { openExchanges } from './open-exchanges.ts'

type Json = Record<string, unknown>

const BASE = ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid']

interface ClassRules {
  readonly required: readonly string[]
  readonly oneOf?: readonly string[]
  readonly activities: readonly number[]
}

const CLASSES: Readonly<Record<number, ClassRules>> = {
  0: { required: BASE, activities: [0, 99] },
  1008: {
    required: BASE,
    oneOf: ['log_file', 'log_name', 'log_provider', 'log_type', 'log_type_id'],
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99],
  },
  2004: { required: [...BASE, 'finding_info'], activities: [0, 1, 2, 3, 99] },
  3002: {
    required: [...BASE, 'user'],
    oneOf: ['service', 'dst_endpoint'],
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 99],
  },
  3003: { required: [...BASE, 'user'], oneOf: ['privileges', 'groups', 'iam_roles'], activities: [0, 1, 2, 3, 99] },
  3004: { required: [...BASE, 'entity'], activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99] },
  6003: { required: [...BASE, 'actor', 'api', 'src_endpoint'], activities: [0, 1, 2, 3, 4, 99] },
  6005: {
    required: [...BASE, 'actor', 'src_endpoint'],
    oneOf: ['database', 'databucket', 'table'],
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99],
  },
}

/** Of objects, by the attribute that holds them: what is required, and of what one must be there. */
const OBJECTS: Readonly<Record<string, { required?: readonly string[]; oneOf?: readonly string[] }>> = {
  metadata: { required: ['product', 'version'] },
  product: { oneOf: ['name', 'uid'] },
  actor: { oneOf: ['process', 'user', 'invoked_by', 'session', 'app_name', 'app_uid'] },
  user: { oneOf: ['account', 'name', 'uid'] },
  idp: { oneOf: ['name', 'uid'] },
  api: { required: ['operation'] },
  request: { required: ['uid'] },
  service: { oneOf: ['name', 'uid'] },
  src_endpoint: { oneOf: ['ip', 'uid', 'name', 'hostname', 'svc_name', 'instance_uid', 'interface_uid', 'domain'] },
  http_response: { required: ['code'] },
  resources: { oneOf: ['name', 'uid'] },
  policy: { oneOf: ['name', 'type', 'uid'] },
  ai_model: { required: ['ai_provider', 'name'] },
  message_context: { oneOf: ['application', 'service'] },
  trace: { required: ['uid'] },
  entity: { oneOf: ['name', 'uid', 'device', 'group', 'org', 'policy', 'user'] },
  entity_result: { oneOf: ['name', 'uid', 'device', 'group', 'org', 'policy', 'user'] },
  finding_info: { required: ['uid'] },
  analytic: { required: ['type_id'], oneOf: ['name', 'uid'] },
  databucket: { required: ['type_id'], oneOf: ['name', 'uid'] },
  query_info: { required: ['query_string'], oneOf: ['name', 'uid'] },
}

/** Attributes of the base event that come with a profile, which the event must then name. */
const OF_PROFILES: Readonly<Record<string, string>> = {
  action_id: 'security_control',
  disposition_id: 'security_control',
  authorizations: 'security_control',
  policy: 'security_control',
  ai_model: 'ai_operation',
  message_context: 'ai_operation',
  trace: 'trace',
}

function faults(event: Json): readonly string[] {
  const uid = event['class_uid'] as number
  const rules = CLASSES[uid]
  if (!rules) return [`no class ${uid}`]
  const found = rules.required.filter((name) => event[name] === undefined).map((name) => `${uid} lacks ${name}`)
  if (rules.oneOf && !rules.oneOf.some((name) => event[name] !== undefined)) found.push(`${uid} lacks one of`)
  if (!rules.activities.includes(event['activity_id'] as number)) found.push(`${uid} has no such activity`)
  if (event['category_uid'] !== Math.floor(uid / 1000)) found.push('category')
  if (event['type_uid'] !== uid * 100 + (event['activity_id'] as number)) found.push('type_uid')
  if (![0, 1, 2, 3, 4, 5, 6, 99].includes(event['severity_id'] as number)) found.push('severity')
  if (!Number.isSafeInteger(event['time'])) found.push('time')
  const profiles = ((event['metadata'] as Json)['profiles'] ?? []) as readonly string[]
  for (const [name, profile] of Object.entries(OF_PROFILES)) {
    if (event[name] !== undefined && !profiles.includes(profile)) found.push(`${name} without ${profile}`)
  }
  for (const [name, value] of Object.entries(event)) if (name !== 'unmapped') found.push(...inside(name, value))
  return found
}

function inside(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => inside(name, each))
  if (typeof value !== 'object' || value === null) return []
  const members = value as Json
  const rules = OBJECTS[name] ?? {}
  const lacks = (rules.required ?? []).filter((each) => members[each] === undefined).map((each) => `${name}.${each}`)
  if (rules.oneOf && !rules.oneOf.some((each) => members[each] !== undefined)) lacks.push(`${name}: one of`)
  return [...lacks, ...Object.entries(members).flatMap(([key, member]) => (key === 'data' ? [] : inside(key, member)))]
}

const eventOf = (fields: object): Json => ocsfEvent(logged(fields), '1.2.3')

/** As a reader of the log would tell it: after its decision. */
function outcomeAfter(decision: object, outcome: object): Json {
  const exchanges = openExchanges()
  exchanges.follow(logged(decision))
  const end = logged(outcome, 8)
  return ocsfEvent(end, '1.2.3', exchanges.follow(end))
}

const AGENT = {
  type: 'Agent',
  id: 'triage',
  groups: [],
  chain: [
    { type: 'Agent', id: 'triage' },
    { type: 'User', id: 'bob' },
  ],
}

describe('every event has what its class requires', () => {
  const entries: readonly object[] = [
    DECISION,
    { ...DECISION, decision: 'deny', reason: 'not_permitted', policies: [], targets: undefined, source: undefined },
    { ...DECISION, decision: 'ask' },
    { ...DECISION, decision: 'defer' },
    { ...DECISION, principal: AGENT, trace: { id: '1'.repeat(32), span: '2'.repeat(16), parent: '3'.repeat(16) } },
    { ...DECISION, principal: { type: 'Anonymous', id: 'anonymous', chain: [] } },
    OUTCOME,
    { ...OUTCOME, status: 0, ended: 'unknown', attempts: undefined, usage: undefined },
    ...OTHERS,
    { kind: 'hold', anything: { at: 'all' } },
    { kind: 'decision', principal: 'not an object' },
    { kind: 'outcome' },
    { kind: 'change', what: 7 },
    { kind: 'indicator' },
    { kind: 'secret' },
    { kind: 'read' },
    { kind: 'session' },
    { kind: 'session', what: 'end', session: 's-1' },
    { kind: 'session', what: 'constructor', session: 's-1' },
    { kind: 'token' },
    { kind: 'constructor', what: '__proto__' },
    { kind: 'change', what: 'toString', subject: 'x', by: 'y' },
    { kind: 'indicator', indicator: 'constructor' },
    { ...DECISION, action: 'constructor' },
    { ...DECISION, time: 'yesterday' },
  ]
  test.each(entries.map((entry, at) => [at, entry] as const))('entry %i', (_, entry) => {
    expect(faults(eventOf(entry))).toEqual([])
  })

  test('an outcome after its decision', () => {
    expect(faults(outcomeAfter(DECISION, OUTCOME))).toEqual([])
  })

  test('bytes that are no entry', () => {
    const event: Json = ocsfEvent(loggedEntry('gateway-0', 3, Buffer.from('{"kind":')), '1.2.3')
    expect(faults(event)).toEqual([])
    expect(event['class_uid']).toBe(0)
    expect(event['unmapped']).toEqual({ base64: 'eyJraW5kIjo=' })
  })
})

test('a decision is API Activity with who, what, from where, and why', () => {
  expect(eventOf(DECISION)).toEqual({
    category_uid: 6,
    class_uid: 6003,
    activity_id: 99,
    activity_name: 'infer',
    type_uid: 600399,
    severity_id: 1,
    severity: 'Informational',
    time: 1767323045678,
    metadata: {
      version: '1.8.0',
      product: { name: 'Sallyport', vendor_name: 'Sallyport', version: '1.2.3' },
      uid: '01KDYAK3SE0000000000000001',
      correlation_uid: EXCHANGE,
      event_code: 'decision',
      log_name: 'gateway-0',
      log_provider: 'sallyport',
      sequence: 7,
      original_time: '2026-01-02T03:04:05.678Z',
      profiles: ['security_control', 'ai_operation'],
    },
    status_id: 1,
    status: 'Success',
    action_id: 1,
    action: 'Allowed',
    disposition_id: 1,
    disposition: 'Allowed',
    message: 'allow: User alice, infer Model clinic-small',
    actor: {
      user: { uid: 'alice', name: 'alice', type_id: 1, type: 'User', groups: [{ name: 'clinicians' }] },
      idp: { name: 'harbor', uid: 'harbor' },
      session: { uid: 's-1' },
    },
    api: { operation: 'infer', service: { name: 'openai-chat' }, request: { uid: EXCHANGE } },
    src_endpoint: { ip: '10.0.0.1', intermediate_ips: ['10.0.0.2'] },
    resources: [{ uid: 'clinic-small', name: 'clinic-small', type: 'Model' }],
    authorizations: [
      { decision: 'allow', policy: { uid: 'clinicians-infer', name: 'clinicians-infer', is_applied: true } },
    ],
    policy: {
      uid: '0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f',
      name: 'bundle',
      version: '0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f',
    },
    ai_model: { ai_provider: 'harbor', name: 'family/large' },
    unmapped: {
      principal: DECISION.principal,
      targets: ['harbor/family/large', 'spare/large'],
      findings: [],
      checks: DECISION.checks,
    },
  })
})

test('denied, asked, and redacted are told apart', () => {
  const redacted = { inspector: 'credentials', kind: 'aws', place: '/messages/0', action: 'redact', coverage: {} }
  const verdict = (fields: object): readonly unknown[] => {
    const event = eventOf({ ...DECISION, ...fields })
    return ['status', 'status_id', 'action_id', 'disposition', 'severity', 'status_code'].map((name) => event[name])
  }
  expect(verdict({ decision: 'deny', reason: 'not_permitted' })).toEqual([
    'Failure',
    2,
    2,
    'Blocked',
    'Low',
    'not_permitted',
  ])
  expect(verdict({ decision: 'ask' })).toEqual(['Ask', 99, 99, 'Delayed', 'Informational', undefined])
  expect(verdict({ findings: [redacted] })).toEqual(['Success', 1, 4, 'Corrected', 'Medium', undefined])
})

test('an agent is the application, and whom it acts for is the user', () => {
  expect(eventOf({ ...DECISION, principal: AGENT })['actor']).toEqual({
    user: { uid: 'bob', name: 'bob', type_id: 1, type: 'User' },
    app_name: 'triage',
    app_uid: 'Agent::triage',
    session: { uid: 's-1' },
  })
})

test('an outcome is told with the caller of its decision, and without one says that it is unknown', () => {
  const told = outcomeAfter(DECISION, OUTCOME)
  expect(told['actor']).toEqual({
    user: { uid: 'alice', name: 'alice', type_id: 1, type: 'User', groups: [{ name: 'clinicians' }] },
    idp: { name: 'harbor', uid: 'harbor' },
    session: { uid: 's-1' },
  })
  expect(told['http_response']).toEqual({ code: 200, body_length: 512 })
  expect(told['ai_model']).toEqual({ ai_provider: 'spare', name: 'large' })
  const alone = eventOf(OUTCOME)
  expect(alone['actor']).toEqual({ user: { name: 'Unknown', type_id: 0 } })
  expect(alone['api']).toEqual({ operation: 'unknown', request: { uid: EXCHANGE }, response: { code: 200 } })
  expect((alone['metadata'] as Json)['correlation_uid']).toBe(EXCHANGE)
})

test('each kind has its class', () => {
  expect(OTHERS.map((entry) => eventOf(entry)['type_uid'])).toEqual([
    100806, 100805, 100802, 300410, 300401, 300403, 200401, 200401, 600501, 600501, 600504, 600501, 100803, 300201,
    300202, 300301, 300403, 300299, 300299,
  ])
})

test('a session is told with its id, its end with why and by whom, and neither loses what else stands there', () => {
  const [begin, end, trust, , issued, refused] = OTHERS.slice(-6).map(eventOf)
  expect(begin).toMatchObject({
    activity_name: 'Logon',
    user: { uid: 'intake', type: 'Service' },
    actor: { app_uid: 'App::intake', session: { uid: 's-2' } },
    session: { uid: 's-2', issuer: 'sallyport', expiration_time: 1767324845678 },
    unmapped: { parent: 's-1', client: 'intake', tier: 3, bound: 'key', trust: 'initial' },
  })
  expect(end).toMatchObject({
    activity_name: 'Logoff',
    severity: 'Medium',
    session: { uid: 's-2', expiration_reason: 'misuse' },
    actor: { user: { name: 'gate' } },
    unmapped: { labels: ['clinical', 'credentials'], duration: 61_000, calls: 4, tokens: 420, flags: 1 },
  })
  expect(trust).toMatchObject({ privileges: ['elevated'], status_detail: 'ticket 7', severity: 'Medium' })
  expect(issued).toMatchObject({ activity_name: 'Token issued', status: 'Success', unmapped: { token: 'jti-1' } })
  expect(refused).toMatchObject({ status: 'Failure', status_code: 'invalid_grant', severity: 'Medium' })
})

test('what the schema has no attribute for is unmapped, and nothing of an unknown kind is lost', () => {
  const event = eventOf({ kind: 'hold', exchange: EXCHANGE, approvers: ['finance'], state: { granted: true } })
  expect(event['class_uid']).toBe(0)
  expect(event['activity_name']).toBe('hold')
  expect(event['unmapped']).toEqual({ approvers: ['finance'], state: { granted: true } })
})

test('of an outcome whose decision was pushed out, nothing is made up', () => {
  const exchanges = openExchanges(1)
  exchanges.follow(logged(DECISION))
  exchanges.follow(logged({ ...DECISION, exchange: '01KDYAK3SE0000000000000010' }))
  expect(exchanges.follow(logged(OUTCOME))).toBeUndefined()
  expect(exchanges.forgotten()).toBe(1)
})
