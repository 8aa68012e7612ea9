import { expect, test } from 'bun:test'
import { openExchanges } from './begun.ts'
import { DECISION, EXCHANGE, OUTCOME, TIME } from './entry.fixture.ts'
import { requestLine } from './request-line.ts'

function lineOf(decision = DECISION, outcome = OUTCOME): string {
  const open = openExchanges(10)
  open.begin(decision, TIME)
  return requestLine(outcome, open.end(outcome.exchange), TIME)
}

test('a line says who asked what, what was decided, and what came of it', () => {
  const trace = { id: '4bf92f3577b34da6a3ce929d0e0e4736', span: '1111111111111111', parent: '00f067aa0ba902b7' }
  const line = lineOf({ ...DECISION, trace, principal: { ...DECISION.principal, key: 'k1' } })
  expect(line.endsWith('\n')).toBe(true)
  expect(line.split('\n')).toHaveLength(2)
  expect(JSON.parse(line)).toEqual({
    time: '2026-11-21T12:00:00.250Z',
    level: 'info',
    exchange: EXCHANGE,
    principal: { type: 'User', id: 'alice' },
    key: 'k1',
    action: 'infer',
    model: 'clinic-large',
    decision: 'allow',
    source: '10.0.0.7',
    status: 200,
    ended: 'complete',
    target: 'harbor/harbor-large',
    attempts: 1,
    bytes: 358,
    tokens: { input: 10, output: 20 },
    us: 1200,
    findings: 0,
    bundle: '48633dd1d40f',
    trace: '4bf92f3577b34da6a3ce929d0e0e4736',
  })
})

test('a request without a decision that is known says what its outcome does', () => {
  const line = requestLine(
    { ...OUTCOME, status: 0, bytes: 0, ended: 'unknown', attempts: [], usage: {} },
    undefined,
    TIME,
  )
  expect(JSON.parse(line)).toMatchObject({ level: 'error', exchange: EXCHANGE, ended: 'unknown', status: 0 })
})

test.each([
  [200, 'complete', 'info'],
  [200, 'caller-gone', 'info'],
  [403, 'refused', 'warn'],
  [502, 'upstream-failed', 'warn'],
  [503, 'refused', 'error'],
  [500, 'refused', 'error'],
  [0, 'unknown', 'error'],
] as const)('status %d, ended %s, is of level %s', (status, ended, level) => {
  expect(JSON.parse(lineOf(DECISION, { ...OUTCOME, status, ended }))).toMatchObject({ level })
})

test('no character of a name ends the line, or is obeyed by a terminal', () => {
  const id = 'a\n{"level":"info"}\r\u001b[31m\u009b31m\u0085\u2028\u202e\u2066\ufeff\ud800é漢'
  const line = lineOf({ ...DECISION, principal: { ...DECISION.principal, id } })
  // oxlint-disable-next-line no-control-regex
  expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/)
  expect(line).toContain('é漢')
  expect((JSON.parse(line) as { principal: { id: string } }).principal.id).toBe(id)
})

test('a line is never longer than a pipe takes at once, whatever it is of', () => {
  const endless = '\u0001'.repeat(30_000)
  const line = lineOf({
    ...DECISION,
    principal: { ...DECISION.principal, id: endless },
    action: endless,
    resource: { type: 'Route', id: endless },
  })
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4_096)
  expect(JSON.parse(line)).toMatchObject({ exchange: EXCHANGE, status: 200 })
})

test('a line holds nothing that neither entry does, and of the entries no place, digest or group', () => {
  const line = lineOf({
    ...DECISION,
    request: 'digest-of-the-request',
    policies: ['a-policy'],
    findings: [
      { inspector: 'credentials', kind: 'jwt', place: '/canary', action: 'redact', coverage: { seen: 1, of: 1 } },
    ],
  })
  expect(JSON.parse(line)).toMatchObject({ findings: 1 })
  for (const left of ['digest-of-the-request', 'canary', 'clinicians', 'jwt']) expect(line).not.toContain(left)
})

test('of more open exchanges than are remembered, the oldest is forgotten', () => {
  const open = openExchanges(2)
  for (const exchange of ['a', 'b', 'c']) open.begin({ ...DECISION, exchange }, TIME)
  expect(open.size).toBe(2)
  expect([open.end('a'), open.end('b')?.action, open.end('b')]).toEqual([undefined, 'infer', undefined])
})
