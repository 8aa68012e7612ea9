// What is particular to the file: the contract is in test/contracts/sessions.test.ts.
import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Session } from '#access/session.ts'
import type { Value } from '#access/value.ts'
import { openProviderIds } from './provider-ids.ts'
import { parseSession, printSession } from './session-row.ts'
import { openSessions } from './sessions.ts'

const NOW = 1_795_000_000_000
const DAY = 86_400_000

const opened: { close(): void }[] = []
afterAll(() => {
  for (const each of opened) each.close()
})

const freshFile = (): string => join(mkdtempSync(join(tmpdir(), 'sessions-')), 'runtime.db')

function fresh(path = freshFile()) {
  const sessions = openSessions(path)
  const database = new Database(path)
  opened.push(database, sessions)
  return { path, sessions, database }
}

const ALICE: Principal = {
  type: 'User',
  id: 'harbor/alice',
  groups: [],
  attributes: {},
  proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1, expiresAt: 2 },
}

const session = (id: string, others: Partial<Session> = {}): Session => ({
  id,
  kind: 'declared',
  tier: 2,
  principal: ALICE,
  binding: { by: 'nothing' },
  bounds: { expires: NOW + DAY, idle: DAY, tokens: 100, calls: 100, clean: 0, outOfScope: 1, misuse: 1 },
  began: NOW,
  rules: 'f00d',
  ...others,
})

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'long', '\uD800', '', 'toString', '-0', '1'),
)
const name = fc.array(text, { maxLength: 3 })
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.boolean(),
    text,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.record({ entity: fc.record({ type: text, id: text }) }),
    fc.record({
      extension: fc.record({ fn: fc.constantFrom('ip', 'decimal', 'datetime', 'duration'), arg: text }),
    }),
    fc.record({ record: fc.dictionary(text, tie('value'), { maxKeys: 3 }) }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}))

const joined = <Needed, Extra>([needed, extra]: readonly [Needed, Extra]): Needed & Extra => ({ ...needed, ...extra })

const task = fc
  .tuple(
    fc.record({ type: text, models: name, actions: name, tools: name }),
    fc.record({ domain: text }, { noNullPrototype: true, requiredKeys: [] }),
    fc.constantFrom('text', 'text-and-changes'),
  )
  .map(([needed, extra, output]) => Object.assign({ output }, needed, extra))
const grant = fc
  .tuple(text, name, name)
  .map(([of, models, actions]) => ({ of, models: new Set(models), actions: new Set(actions) }))
const reference = fc
  .tuple(
    fc.record({
      id: text,
      root: text,
      kind: fc.constantFrom('declared', 'implicit'),
      tier: fc.constantFrom(1, 2, 3),
      trust: fc.constantFrom('initial', 'standard', 'elevated'),
      bound: fc.constantFrom('key', 'network', 'nothing'),
    }),
    fc.record({ task }, { noNullPrototype: true, requiredKeys: [] }),
  )
  .map(joined)
const proof = fc
  .tuple(
    fc.record({
      method: fc.constantFrom(
        'jwt',
        'key-and-network',
        'key-and-user-token',
        'personal-key',
        'client-assertion',
        'session',
      ),
      issuer: text,
      issuedAt: fc.nat(),
      expiresAt: fc.nat(),
    }),
    fc.record({ key: text }, { noNullPrototype: true, requiredKeys: [] }),
  )
  .map(joined)
const link = fc
  .tuple(
    fc.record({
      type: fc.constantFrom('User', 'App', 'Agent', 'Judge'),
      id: text,
      groups: name,
      attributes: fc.dictionary(text, value, { maxKeys: 4 }),
      proof,
    }),
    fc.record(
      { session: reference, grants: fc.array(grant, { maxLength: 2 }) },
      { noNullPrototype: true, requiredKeys: [] },
    ),
  )
  .map(joined)
const principal = fc
  .array(link, { minLength: 1, maxLength: 4 })
  .map(
    (links) =>
      links.reduce<Principal | undefined>(
        (onBehalfOf, one) => ({ ...one, ...(onBehalfOf && { onBehalfOf }) }),
        undefined,
      ) as Principal,
  )
const anySession = fc
  .tuple(
    principal,
    fc.record({ parent: text, client: text, task, conversation: text }, { noNullPrototype: true, requiredKeys: [] }),
    fc.oneof(
      fc.record({ by: fc.constant('key'), jkt: text }),
      fc.record({ by: fc.constant('network'), networks: name }),
      fc.constant({ by: 'nothing' }),
    ),
  )
  .map(([principal, extra, binding]) => session('01A', { principal, ...extra, binding }))

describe('a row', () => {
  test('gives back exactly the session that it was made of', () => {
    fc.assert(
      fc.property(anySession, (made) => {
        expect(parseSession(printSession(made))).toStrictEqual(made)
      }),
      { numRuns: 100 },
    )
  })

  test('keeps longs that no double holds, and members called __proto__', () => {
    const attributes = JSON.parse('{"__proto__": "x"}') as Record<string, Value>
    attributes['level'] = 9_007_199_254_740_993n
    const { principal } = parseSession(printSession(session('01A', { principal: { ...ALICE, attributes } })))
    expect(Object.keys(principal.attributes)).toEqual(['__proto__', 'level'])
    expect(principal.attributes['level']).toBe(9_007_199_254_740_993n)
  })

  test.each([
    ['a fraction of a second', { bounds: { ...session('x').bounds, expires: 0.5 } }],
    ['no end', { bounds: { ...session('x').bounds, expires: Infinity } }],
    ['a tier of 4', { tier: 4 }],
    ['an attribute that is a number', { principal: { ...ALICE, attributes: { age: 5 } } }],
    ['something nobody knows', { colour: 'blue' }],
  ])('is not made of a session with %s', (_, wrong) => {
    const { sessions } = fresh()
    expect(() => sessions.begin(session('01A', wrong as Partial<Session>))).toThrow(Refusal)
    expect(sessions.find('01A')).toBeUndefined()
  })

  test('that holds what no session is, or the session of another, is refused', () => {
    const { sessions, database } = fresh()
    sessions.begin(session('01A'))
    sessions.begin(session('01B'))
    database.run("UPDATE sessions SET declared = (SELECT declared FROM sessions WHERE id = '01B') WHERE id = '01A'")
    expect(() => sessions.find('01A')).toThrow('which keeps the sessions) cannot be read')
    database.run("UPDATE sessions SET declared = '{}' WHERE id = '01A'")
    expect(() => sessions.find('01A')).toThrow('which keeps the sessions) cannot be read')
    database.run("UPDATE sessions SET trust = 'absolute' WHERE id = '01B'")
    expect(() => sessions.find('01B')).toThrow('which keeps the sessions) cannot be read')
  })
})

describe('the file', () => {
  test('of an earlier version is brought up, with what stands in it', () => {
    const path = freshFile()
    const earlier = new Database(path, { create: true })
    earlier.run(`CREATE TABLE provider_ids (provider TEXT NOT NULL, id TEXT NOT NULL, principal_type TEXT NOT NULL,
      principal_id TEXT NOT NULL, session TEXT, model TEXT NOT NULL, at TEXT NOT NULL, exchange TEXT NOT NULL,
      PRIMARY KEY (provider, id)) STRICT, WITHOUT ROWID`)
    earlier.run("INSERT INTO provider_ids VALUES ('openai', 'resp_1', 'User', 'alice', NULL, 'm', 'then', '01X')")
    earlier.run('PRAGMA user_version = 3')
    earlier.close()
    const { sessions } = fresh(path)
    sessions.begin(session('01A'))
    expect(sessions.find('01A')?.session).toEqual(session('01A'))
    const ids = openProviderIds(path)
    opened.push(ids)
    expect(ids.find('openai', 'resp_1')?.principal.id).toBe('alice')
  })

  test('is its owner’s alone', () => {
    const { path } = fresh()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('that is none is refused, and what was closed answers nothing', () => {
    const path = freshFile()
    writeFileSync(path, 'no database, however long it is. '.repeat(200))
    chmodSync(path, 0o600)
    expect(() => openSessions(path)).toThrow('The runtime store (which keeps the sessions) cannot be opened.')
    const sessions = openSessions(freshFile())
    sessions.close()
    expect(() => sessions.find('01A')).toThrow(Refusal)
    expect(() => sessions.call('01A', NOW)).toThrow(Refusal)
    expect(() => sessions.end('01A', { at: NOW, why: 'ended', by: 'eve' })).toThrow(Refusal)
    expect(() => sessions.isRevoked('token')).toThrow(Refusal)
  })
})

test('ids that are no valid text are not kept as another', () => {
  const { sessions } = fresh()
  for (const wrong of [
    session('\uD800'),
    session('01A', { client: '\uD800' }),
    session('01A', { principal: { ...ALICE, id: '\uD800' } }),
  ])
    expect(() => sessions.begin(wrong)).toThrow(Refusal)
  sessions.begin(session('01A'))
  expect(() => sessions.label('01A', ['\uD800'])).toThrow(Refusal)
})

test('what is over is forgotten a hundred at a time', () => {
  const { sessions, database } = fresh()
  const count = (table: string): unknown => database.query(`SELECT count(*) AS n FROM ${table}`).get()
  for (let n = 0; n < 150; n++) sessions.begin(session(`01A${n}`))
  database.run(`UPDATE sessions SET ended_at = ${NOW}, ended_why = 'ended', ended_by = 'eve', recorded = 1`)
  database.run("INSERT INTO session_labels SELECT id, 'health' FROM sessions")
  database.run('INSERT INTO session_ends (session, at) SELECT id, ended_at FROM sessions')
  database.run('INSERT INTO revoked_tokens SELECT id, ended_at FROM sessions')
  const tables = ['sessions', 'session_labels', 'session_links', 'session_ends', 'revoked_tokens']
  sessions.sweep(NOW + 31 * DAY)
  expect(tables.map(count)).toEqual(tables.map(() => ({ n: 50 })))
  sessions.sweep(NOW + 31 * DAY)
  expect(tables.map(count)).toEqual(tables.map(() => ({ n: 0 })))
})

test('a thousand ends are told at a time, and none is left out', () => {
  const { sessions, database } = fresh()
  database.run(`WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)
    INSERT INTO session_ends (session, at) SELECT 's' || n, 0 FROM n`)
  const first = sessions.endedSince(0)
  const second = sessions.endedSince(first.mark)
  const third = sessions.endedSince(second.mark)
  expect([first.ids.length, second.ids.length, third.ids.length]).toEqual([1000, 1000, 500])
  expect([first.ids[0], second.ids[0], third.ids[499]]).toEqual(['s1', 's1001', 's2500'])
})
