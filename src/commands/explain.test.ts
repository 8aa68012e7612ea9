import { expect, test } from 'bun:test'
import { explanation } from './explain.ts'
import { painter } from './paint.ts'
import type { RecordedDecision } from './recorded-exchange.ts'

const SESSION = '01KDYAK3SE0000000000000002'

const DECISION: RecordedDecision = {
  kind: 'decision',
  time: '2026-01-02T03:04:05.678Z',
  exchange: '01KDYAK3SE0000000000000001',
  principal: { type: 'Anonymous', id: 'anonymous', chain: [] },
  action: 'infer',
  resource: { type: 'Route', id: 'chat completions' },
  decision: 'deny',
  source: '192.0.2.7',
  policies: [],
  bundle: 'b'.repeat(64),
  findings: [],
  checks: [],
}

const explained = (differs: Partial<RecordedDecision>): readonly string[] =>
  explanation(
    { log: 'gateway-0', index: 7, signed: true, decision: { ...DECISION, ...differs } },
    new Map(),
    painter(false),
  )

test('of a token whose session has ended it is said which session that was', () => {
  expect(explained({ reason: 'session_ended', session: SESSION }).slice(1, 4)).toEqual([
    ' who     nobody: a token of a session that is over   from 192.0.2.7',
    ` session ${SESSION}   whose: sallyport session show`,
    ' why     refused before policy was asked: session_ended',
  ])
})

test('who proved nothing is nobody, and who was not looked at was not asked', () => {
  expect(explained({ reason: 'unauthenticated' })[1]).toBe(' who     nobody: no credential that holds   from 192.0.2.7')
  expect(explained({ reason: 'proof_required' })[1]).toBe(' who     nobody: no credential that holds   from 192.0.2.7')
  expect(explained({ reason: 'not_found' })[1]).toBe(' who     not asked   from 192.0.2.7')
  expect(explained({ reason: 'unauthenticated', session: SESSION }).slice(1, 3)).toEqual([
    ' who     nobody: no credential that holds   from 192.0.2.7',
    ` session ${SESSION}   whose: sallyport session show`,
  ])
})

test('no line is wider than a terminal, however many checks there were', () => {
  const checks = ['identify', 'understand', 'credentials', 'policy', 'personal-numbers', 'limits'].map((name) => ({
    name,
    verdict: 'pass' as const,
    us: 123_456,
    direction: 'answer' as const,
    coverage: { seen: 1, of: 1 },
  }))
  const lines = explained({ checks })
  expect(lines.filter((line) => line.length > 100)).toEqual([])
  const told = lines.slice(lines.findIndex((line) => line.startsWith(' checks  ')))
  expect(told.slice(0, 2)).toEqual([
    ' checks  identify (answer) ✓ 123456 µs   understand (answer) ✓ 123456 µs',
    '         credentials (answer) ✓ 123456 µs   policy (answer) ✓ 123456 µs',
  ])
})
