import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { Judged } from './judge-text.ts'
import { type InspectionRules, inspectionOf } from './inspection.ts'
import { markedSecrets } from './inspector.fixture.ts'

const rules = (action: InspectionRules['action'], direction: InspectionRules['direction'] = 'request') => ({
  inspector: markedSecrets,
  direction,
  action,
})

const found = (...places: readonly string[]): Judged => ({
  found: places.map((place) => ({ kind: 'marked-secret', place })),
  redactions: places.map((_, index) => ({ start: index, end: index + 1, with: '[redacted: marked-secret]' })),
  editable: true,
  seen: 10,
  of: 10,
})

const CLEAN: Judged = { found: [], redactions: [], editable: true, seen: 5, of: 5 }
const SEALED: Judged = { found: [], redactions: [], editable: true, seen: 0, of: 40 }

test('a clean message passes, with all of it seen', () => {
  const inspection = inspectionOf(rules('redact'))
  expect(inspection.take(CLEAN, '/a')).toEqual([])
  expect(inspection.facts()).toEqual([])
  expect(inspection.findings()).toEqual([])
  expect(inspection.check()).toMatchObject({
    name: 'marked',
    verdict: 'pass',
    direction: 'request',
    coverage: { seen: 5, of: 5 },
  })
})

test('what was found is a fact by name and by kind, and a finding with its place and what was done', () => {
  const inspection = inspectionOf(rules('redact'))
  expect(inspection.take(found('/a', '/b'), '/a')).toHaveLength(2)
  expect(inspection.facts()).toEqual(['marked', 'marked:marked-secret'])
  expect(inspection.findings()).toEqual([
    { inspector: 'marked', kind: 'marked-secret', place: '/a', action: 'redact', coverage: { seen: 10, of: 10 } },
    { inspector: 'marked', kind: 'marked-secret', place: '/b', action: 'redact', coverage: { seen: 10, of: 10 } },
  ])
  expect(inspection.redacted()).toMatchObject([{ place: '/a' }, { place: '/b' }])
  expect(inspection.check().verdict).toBe('fail')
})

test('what could not be read is indeterminate: a fact for policy, and never a pass', () => {
  const inspection = inspectionOf(rules('redact'))
  inspection.take(SEALED, '/thinking')
  expect(inspection.facts()).toEqual(['marked:indeterminate'])
  expect(inspection.check()).toMatchObject({ verdict: 'indeterminate', coverage: { seen: 0, of: 40 } })
  expect(inspection.findings()).toMatchObject([{ kind: 'unreadable', place: '/thinking', action: 'flag' }])
  expect(inspection.redacted()).toEqual([])
})

test.each([
  ['block', true],
  ['redact', false],
] as const)('%s, editable %p: it may not pass, and stands in the findings', (action, editable) => {
  const inspection = inspectionOf(rules(action))
  const run = () => inspection.take({ ...found('/a'), editable }, '/a')
  expect(run).toThrow(Refusal)
  expect(inspection.findings()).toMatchObject([{ place: '/a', action: 'block' }])
})

test('what is only flagged is not changed', () => {
  const inspection = inspectionOf(rules('flag'))
  expect(inspection.take(found('/a'), '/a')).toEqual([])
  expect(inspection.findings()).toMatchObject([{ action: 'flag' }])
})

test('many pictures in front leave no credential behind them unlisted', () => {
  const inspection = inspectionOf(rules('redact'))
  for (let place = 0; place < 500; place++) inspection.take(SEALED, `/${place}`)
  inspection.take(found('/last'), '/last')
  expect(inspection.redacted()).toMatchObject([{ kind: 'marked-secret', place: '/last' }])
  expect(inspection.findings().filter(({ kind }) => kind === 'unreadable')).toHaveLength(16)
  expect(inspection.facts()).toEqual(['marked', 'marked:marked-secret', 'marked:indeterminate'])
})

test('a place that is nested deep is cut: entries of the trail are bounded', () => {
  const inspection = inspectionOf(rules('flag'))
  inspection.take(found(`/${'deeper/'.repeat(500)}`), '/')
  expect(inspection.findings()[0]?.place).toHaveLength(201)
})

test('of a thousand findings sixty-four are listed, and the facts are complete', () => {
  const inspection = inspectionOf(rules('redact'))
  for (let place = 0; place < 1_000; place++) inspection.take(found(`/${place}`), `/${place}`)
  expect(inspection.findings()).toHaveLength(64)
  expect(inspection.facts()).toEqual(['marked', 'marked:marked-secret'])
})
