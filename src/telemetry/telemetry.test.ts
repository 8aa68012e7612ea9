import { describe, expect, test } from 'bun:test'
import type { DecisionEntry, Entry, OutcomeEntry } from '#access/trail.ts'
import { accepted, DECISION, EXCHANGE, OUTCOME } from './entry.fixture.ts'
import { type Page, readPage } from './exposition.fixture.ts'
import { printPage } from './family.ts'
import { makeTelemetry } from './telemetry.ts'

const NAMES = { isModel: (name: string) => name === 'clinic-large', isProvider: (name: string) => name === 'harbor' }

function pageOf(...entries: readonly Entry[]): Page {
  const telemetry = makeTelemetry({ names: NAMES })
  for (const entry of entries) telemetry.observe(accepted(entry))
  return readPage(printPage(telemetry.families({ worker: 'gateway-0' })))
}

describe('figures of one allowed request', () => {
  const page = pageOf(DECISION, OUTCOME)

  test('one decision, one request, and what it came to', () => {
    const one = { worker: 'gateway-0', reason: 'none' }
    expect(page.value('sallyport_decisions_total', { ...one, effect: 'allow', action: 'infer' })).toBe(1)
    expect(page.value('sallyport_requests_total', { ...one, status: '200', ended: 'complete' })).toBe(1)
    expect(page.value('sallyport_answer_bytes_total')).toBe(358)
    expect(page.value('sallyport_tokens_total', { direction: 'input', model: 'clinic-large' })).toBe(10)
    expect(page.value('sallyport_tokens_total', { direction: 'output', model: 'clinic-large' })).toBe(20)
    expect(page.value('sallyport_attempts_total', { provider: 'harbor', status: '200' })).toBe(1)
    expect(page.value('sallyport_attempt_seconds_sum', { provider: 'harbor' })).toBe(0.0009)
    expect(page.value('sallyport_request_seconds_sum')).toBe(0.0012)
  })

  test('a check that decision and outcome both list is one check', () => {
    for (const step of ['identify', 'policy']) {
      expect(page.value('sallyport_step_seconds_count', { step })).toBe(1)
    }
    expect(page.value('sallyport_step_seconds_sum', { step: 'credentials' })).toBe(0.00002)
    expect(page.value('sallyport_verdicts_total', { direction: 'request', action: 'pass' })).toBe(1)
    expect(page.value('sallyport_verdicts_total', { direction: 'answer', action: 'pass' })).toBe(1)
  })

  test('an outcome that lists only what came after counts the same', () => {
    const brief: OutcomeEntry = { ...OUTCOME, checks: OUTCOME.checks.slice(3) }
    expect(pageOf(DECISION, brief).samples).toEqual(page.samples)
  })
})

test('what requests cost is counted by model, and what has no price is counted apart', () => {
  const usage = { input: 10, output: 20 }
  const page = pageOf(DECISION, { ...OUTCOME, usage, cost: 1_250_000 }, DECISION, {
    ...OUTCOME,
    usage,
    cost: 'unpriced',
  })
  expect(page.value('sallyport_spend_dollars_total', { model: 'clinic-large' })).toBe(1.25)
  expect(page.value('sallyport_unpriced_total', { model: 'clinic-large' })).toBe(1)
})

test('sessions and their tokens are counted by what became of them, and no text of a caller is a label', () => {
  const ID = '01KDYAK3SE0000000000000002'
  const page = pageOf(
    { kind: 'session', what: 'begin', session: ID },
    { kind: 'session', what: 'end', session: ID, why: 'revoked' },
    { kind: 'session', what: 'end', session: ID, why: 'because' },
    { kind: 'token', what: 'issued', grant: 'urn:ietf:params:oauth:grant-type:token-exchange', session: ID },
    { kind: 'token', what: 'refused', grant: 'sesame', reason: 'invalid_grant' },
    { kind: 'token', what: 'refused', reason: 'made up' },
  )
  const count = (name: string, labels: Readonly<Record<string, string>>) => page.value(name, labels)
  expect(count('sallyport_sessions_total', { event: 'begin', why: 'none' })).toBe(1)
  expect(count('sallyport_sessions_total', { event: 'end', why: 'revoked' })).toBe(1)
  expect(count('sallyport_sessions_total', { event: 'end', why: 'other' })).toBe(1)
  const tokens = 'sallyport_access_tokens_total'
  expect(count(tokens, { event: 'issued', grant: 'token-exchange', reason: 'none' })).toBe(1)
  expect(count(tokens, { event: 'refused', grant: 'other', reason: 'invalid_grant' })).toBe(1)
  expect(count(tokens, { event: 'refused', grant: 'none', reason: 'other' })).toBe(1)
})

test('a message counts for the strongest thing that an inspector did to it', () => {
  const found = (action: 'flag' | 'redact' | 'block', kind = 'aws-key') =>
    ({ inspector: 'credentials', kind, place: '/messages/0', action, coverage: { seen: 9, of: 9 } }) as const
  const check = { name: 'credentials', verdict: 'fail', us: 12, direction: 'request', found: 3 } as const
  const page = pageOf(
    { ...DECISION, checks: [check], findings: [found('flag'), found('redact'), found('redact', 'jwt')] },
    { ...DECISION, checks: [check], findings: [found('block'), found('redact')] },
    { ...DECISION, checks: [{ ...check, verdict: 'indeterminate' }], findings: [found('flag', 'unreadable')] },
    { ...DECISION, checks: [{ ...check, verdict: 'not-run', us: 0 }], findings: [] },
  )
  const verdicts = page.samples
    .filter(({ name }) => name === 'sallyport_verdicts_total')
    .map(({ labels, value }) => `${labels['inspector']} ${labels['direction']} ${labels['action']} ${value}`)
  expect(verdicts).toEqual([
    'credentials request redact 1',
    'credentials request block 1',
    'credentials request indeterminate 1',
    'credentials request not-run 1',
  ])
  expect(page.value('sallyport_findings_total', { kind: 'aws-key', action: 'redact' })).toBe(2)
  expect(page.value('sallyport_step_seconds_count', { step: 'credentials' })).toBe(3)
})

test('a denial and a refusal say why, and a sign is counted', () => {
  const page = pageOf(
    { ...DECISION, decision: 'deny', reason: 'not_permitted' },
    { ...OUTCOME, status: 403, ended: 'refused', reason: 'not_permitted', usage: {}, attempts: [] },
    { kind: 'indicator', indicator: 'key-guessing', source: '10.0.0.9' },
  )
  expect(page.value('sallyport_decisions_total', { effect: 'deny', reason: 'not_permitted' })).toBe(1)
  expect(page.value('sallyport_requests_total', { status: '403', ended: 'refused', reason: 'not_permitted' })).toBe(1)
  expect(page.value('sallyport_indicators_total', { indicator: 'key-guessing' })).toBe(1)
  expect(page.sum('sallyport_entries_total')).toBe(3)
})

test('what is in no closed set and not in the bundle is `other`: no label holds a text of a caller', () => {
  const odd = 'canary-0123456789'
  const page = pageOf(
    {
      ...DECISION,
      principal: { ...DECISION.principal, id: odd, key: odd },
      source: odd,
      action: odd,
      resource: { type: 'Model', id: odd },
      decision: 'deny',
      reason: odd,
      checks: [{ name: `${odd} odd`, verdict: 'pass', us: 1 }],
      findings: [
        { inspector: 'credentials', kind: `Odd ${odd}`, place: odd, action: 'flag', coverage: { seen: 1, of: 1 } },
      ],
    },
    { ...OUTCOME, status: 7, reason: odd, attempts: [{ target: `${odd}/x`, status: 9_999, us: 1, error: odd }] },
    { kind: 'indicator', indicator: odd, subject: odd },
  )
  expect(JSON.stringify(page.samples)).not.toContain('canary')
  expect(page.value('sallyport_decisions_total', { action: 'other', reason: 'other' })).toBe(1)
  expect(page.value('sallyport_requests_total', { status: 'other', reason: 'other' })).toBe(1)
  expect(page.value('sallyport_tokens_total', { direction: 'input', model: 'other' })).toBe(10)
  expect(page.value('sallyport_attempts_total', { provider: 'other', status: 'other' })).toBe(1)
})

test('however many different requests there are, there are no more series', () => {
  const telemetry = makeTelemetry({ names: NAMES })
  const count = () => readPage(printPage(telemetry.families({}))).samples.length
  const serve = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const exchange = `exchange-${at}`
      const decision: DecisionEntry = { ...DECISION, exchange, action: `act-${at}`, reason: `reason-${at}` }
      telemetry.observe(accepted({ ...decision, resource: { type: 'Model', id: `model-${at}` } }))
      telemetry.observe(accepted({ ...OUTCOME, exchange, attempts: [{ target: `p-${at}/m`, status: at, us: 1 }] }))
    }
  }
  serve(600, 700)
  const before = count()
  serve(700, 5_000)
  expect(count()).toBe(before)
})

test('a line is told once, when the outcome stands, also where the decision is not known', () => {
  const lines: string[] = []
  const telemetry = makeTelemetry({ names: NAMES, line: (line) => lines.push(line) })
  telemetry.observe(accepted(DECISION))
  expect(lines).toEqual([])
  telemetry.observe(accepted(OUTCOME))
  telemetry.observe(accepted({ ...OUTCOME, exchange: 'left by another', status: 0, bytes: 0, ended: 'unknown' }))
  expect(lines.map((line) => (JSON.parse(line) as { exchange: string }).exchange)).toEqual([
    EXCHANGE,
    'left by another',
  ])
})
