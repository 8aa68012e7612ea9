import { expect, test } from 'bun:test'
import type { DecisionEntry } from '#access/trail.ts'
import { printEntry } from './entry.ts'
import { decisionOf, exchangeId } from './test-log.ts'

const MARK = { id: '01KDYAK3SE0000000000000000', time: '2026-01-02T03:04:05.678Z', index: 3 }

const clause = (text: string) => ({ text, line: 1, holds: false })
const withNearest = (clauses: readonly string[]): DecisionEntry => ({
  ...decisionOf(exchangeId(1), 'deny'),
  grounds: {
    policies: [],
    erring: [],
    nearest: { id: 'p', effect: 'permit', file: 'a.cedar', line: 1, clauses: clauses.map(clause) },
  },
})

test('an entry that fits stands as it is, keys sorted, with what the trail adds', () => {
  expect(
    printEntry(
      { kind: 'outcome', exchange: 'x', status: 0, bytes: 0, ended: 'unknown', findings: [], checks: [] },
      MARK,
    ),
  ).toBe(
    '{"bytes":0,"checks":[],"ended":"unknown","exchange":"x","findings":[],"id":"01KDYAK3SE0000000000000000","index":3,"kind":"outcome","status":0,"time":"2026-01-02T03:04:05.678Z"}',
  )
})

test('of an entry too large only the nearest policy is cut where that is enough', () => {
  const entry = {
    ...withNearest(Array.from({ length: 300 }, () => 'c'.repeat(400))),
    unknown: Array.from({ length: 200 }, () => 'u'),
  }
  const text = printEntry(entry, MARK)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(32_768)
  const read = JSON.parse(text)
  expect(read.truncated).toEqual(['grounds'])
  expect(read.unknown).toHaveLength(200)
  expect(read.grounds.nearest.clauses[0].text).toStartWith('cccc')
})

test('whatever is too long, the decision and who it was about stay', () => {
  const long = '\u0000\u{1f600}'.repeat(700)
  const many = Array.from({ length: 300 }, (_, at) => `${at} ${long.slice(0, 60)}`)
  const finding = { inspector: long, kind: long, place: long, action: 'flag', coverage: { seen: 1, of: 2 } } as const
  const link = { type: 'User', id: long }
  const text = printEntry(
    {
      ...withNearest(many),
      principal: { ...link, groups: many, issuer: long, chain: Array.from({ length: 300 }, () => link) },
      also: many.map((id) => ({ action: id, resource: { type: 'Model', id } })),
      policies: many,
      targets: many,
      unknown: many,
      system: long,
      session: long,
      reason: long,
      protocol: long,
      request: long,
      findings: many.map(() => finding),
      checks: many.map((name) => ({ name, verdict: 'pass', us: 1 })),
    },
    MARK,
  )
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(32_768)
  const read = JSON.parse(text)
  expect(read.decision).toBe('deny')
  expect(read.action).toBe('infer')
  expect(read.exchange).toBe(exchangeId(1))
  expect(read.index).toBe(3)
  expect(read.principal.type).toBe('User')
  expect(read.truncated).toContain('findings')
})

test('an entry one byte over the limit is cut, and one at the limit is not', () => {
  const sized = (extra: number) => printEntry({ ...decisionOf(exchangeId(1)), system: 's'.repeat(extra) }, MARK)
  const rest = 32_768 - Buffer.byteLength(sized(0))
  expect(Buffer.byteLength(sized(rest))).toBe(32_768)
  expect(JSON.parse(sized(rest)).truncated).toBeUndefined()
  expect(JSON.parse(sized(rest + 1)).truncated).toEqual(['system'])
})
