import { expect, test } from 'bun:test'
import { CORPUS, measureAgreement, readLines } from './corpus.ts'

const lines = readLines(CORPUS)

/** Every twelfth policy set: all of them take about ten seconds, and `npm run bench -- policy` measures them. */
const SHARE = 12

test.skipIf(lines === undefined)(
  'the official corpus is answered as it says: decisions, reasons and erring policies (skipped without ../shared/data)',
  () => {
    const part = (lines ?? []).filter((_, at) => at % SHARE === 0)
    const { agree, of, excluded, reasons, differing } = measureAgreement(part)
    console.log(`official corpus, every ${SHARE}th policy set: ${agree} of ${of} agree, ${excluded} excluded`, reasons)
    expect(differing).toEqual([])
    expect(agree).toBe(of)
    expect(excluded).toBeLessThanOrEqual((of + excluded) / 100)
    expect(of).toBeGreaterThan(1000)
  },
  30_000,
)

const ROW = JSON.stringify({
  id: 'x',
  policies: 'permit (principal, action, resource) when { context.n == 9007199254740993 };',
  entities: [],
  requests: ['allow', 'deny'].map((decision) => ({
    principal: { type: 'U', id: 'u' },
    action: { type: 'Action', id: 'a' },
    resource: { type: 'R', id: 'r' },
    context: { n: 0 },
    decision,
    reason: decision === 'allow' ? ['policy0'] : [],
    errors: [],
  })),
}).replaceAll('"n":0', '"n":9007199254740993')

test('a row is read with its exact longs, and an answer that differs is counted and shown', () => {
  const { agree, of, excluded, differing } = measureAgreement([ROW])
  expect({ agree, of, excluded }).toEqual({ agree: 1, of: 2, excluded: 0 })
  expect(differing).toEqual([
    'x request 1: {"decision":"allow","reason":["policy0"],"errors":[]}, not {"decision":"deny","reason":[],"errors":[]}',
  ])
})

test('a row is excluded by a property, and counted by its reason', () => {
  const deep = ROW.replace('context.n ==', `${'('.repeat(70)}context.n${')'.repeat(70)} ==`)
  const surrogate = ROW.replace('"id":"u"', String.raw`"id":"\ud800"`)
  expect(measureAgreement([deep, surrogate])).toMatchObject({
    of: 0,
    excluded: 4,
    reasons: { 'policies nested deeper than the official parser is trusted with': 2, 'surrogate characters': 2 },
  })
})
