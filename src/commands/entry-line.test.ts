import { expect, test } from 'bun:test'
import { entryLines } from './entry-line.ts'

const AT = { index: 7, id: '01KDYAK3SE0000000000000001', time: '2026-01-02T03:04:05.678Z' }
const SESSION = '01KDYAK3SE0000000000000002'
const principal = { type: 'App', id: 'intake', chain: [{ type: 'App', id: 'intake' }] }

const line = (kind: string, fields: object): string =>
  (entryLines({ ...AT, kind, ...fields }, {})[0] ?? '').replace('     7  2026-01-02T03:04:05.678Z  ', '')

test('a session is shown as it begins, is labelled, is raised and ends', () => {
  expect(line('session', { what: 'begin', session: SESSION, principal, client: 'intake', tier: 2 })).toBe(
    `session   begin ${SESSION}  intake`,
  )
  expect(line('session', { what: 'label', session: SESSION, labels: ['clinical', 'credentials'] })).toBe(
    `session   label ${SESSION}  clinical, credentials`,
  )
  expect(line('session', { what: 'trust', session: SESSION, trust: 'elevated', why: 'ticket 7', by: 'alice' })).toBe(
    `session   trust ${SESSION}  elevated  ticket 7`,
  )
  expect(line('session', { what: 'end', session: SESSION, principal, why: 'expired', by: 'gate', calls: 3 })).toBe(
    `session   end ${SESSION}  intake  expired  3 calls`,
  )
  expect(line('session', { what: 'end', session: SESSION, why: 'ended', by: 'alice', calls: 3 })).toBe(
    `session   end ${SESSION}  ended  alice  3 calls`,
  )
})

test('whoever stands behind an application is named, and a client beside it where it is another', () => {
  const chain = [
    { type: 'App', id: 'desk' },
    { type: 'User', id: 'ids/ann' },
  ]
  const forAnn = { type: 'App', id: 'desk', chain }
  const begin = { what: 'begin', session: SESSION, principal: forAnn }
  expect(line('session', { ...begin, client: 'desk' })).toBe(`session   begin ${SESSION}  desk for ids/ann`)
  expect(line('session', { ...begin, client: 'other' })).toBe(`session   begin ${SESSION}  desk for ids/ann  other`)
  expect(line('session', { what: 'end', session: SESSION, principal: forAnn, why: 'idle', by: 'gate', calls: 1 })).toBe(
    `session   end ${SESSION}  desk for ids/ann  idle  1 call`,
  )
  expect(line('token', { what: 'issued', grant: 'a:refresh_token', principal: forAnn, client: 'desk' })).toBe(
    'token     issued  refresh_token  desk for ids/ann',
  )
  const asked = { decision: 'deny', action: 'infer', resource: { type: 'Model', id: 'small' }, reason: 'not_permitted' }
  expect(line('decision', { ...asked, principal: forAnn })).toBe(
    'decision  deny  desk for ids/ann → infer → small  not_permitted',
  )
  expect(line('decision', { ...asked, principal: { type: 'User', id: 'ann' } })).toBe(
    'decision  deny  ann → infer → small  not_permitted',
  )
})

test('a token is shown with how it was asked for, and why it was refused', () => {
  const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
  expect(line('token', { what: 'issued', grant, principal, client: 'cli', session: SESSION })).toBe(
    `token     issued  token-exchange  intake  cli  ${SESSION}`,
  )
  expect(line('token', { what: 'refused', grant: 'client_credentials', client: 'cli', reason: 'invalid_scope' })).toBe(
    'token     refused  client_credentials  cli  invalid_scope',
  )
})

test('no text of an entry steers the terminal', () => {
  expect(line('session', { what: 'end', session: '\u001B[31m', why: 'a\nb', by: 'gate' })).toBe(
    'session   end \uFFFD[31m  a b',
  )
})
