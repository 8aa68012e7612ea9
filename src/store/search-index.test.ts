import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IndexedEntry, openSearchIndex, PositionMoved } from './search-index.ts'
import { type IndexQuery, indexQueries } from './search-query.ts'

const directory = mkdtempSync(join(tmpdir(), 'search-'))
afterAll(() => rmSync(directory, { recursive: true }))

let made = 0
const fresh = (): string => join(directory, `${made++}.db`)

const PEOPLE = ['alice', 'bob', 'carol']

/** Entry n of a log: who of three by turns; every seventh is denied; one in a thousand has a finding; a second apart. */
function entry(index: number): IndexedEntry {
  const words: [string, string][] = [
    ['kind', index % 2 === 0 ? 'decision' : 'outcome'],
    ['principal', PEOPLE[index % 3] ?? ''],
    ['decision', index % 7 === 0 ? 'deny' : 'allow'],
  ]
  if (index % 1000 === 999) words.push(['finding', 'aws-key'])
  const time = 1_700_000_000_000 + 1000 * index
  const exchange = `01KDYAK3SE${String(index >> 1).padStart(16, '0')}`
  return { index, time, hash: Buffer.alloc(32, index % 251), exchange, words }
}

const entries = (from: number, to: number): IndexedEntry[] =>
  Array.from({ length: to - from }, (_, at) => entry(from + at))

/** In steps that cut chunks and bundles anywhere. */
function filled(path: string, count: number) {
  const index = openSearchIndex(path)
  for (let at = 0; at < count; at += 777) index.add('gateway-0', entries(at, Math.min(count, at + 777)))
  return index
}

const COUNT = 10_000
const index = filled(fresh(), COUNT)
const queries = indexQueries(index.database)

const found = (query: Partial<IndexQuery>): number[] =>
  [...queries.candidates({ log: 'gateway-0', words: [], order: 'oldest', ...query })].map(({ index }) => index)

const ALL = Array.from({ length: COUNT }, (_, at) => at)

test.each([
  ['a word', [['principal', 'bob']], (n: number) => n % 3 === 1],
  [
    'two frequent words',
    [
      ['principal', 'alice'],
      ['decision', 'deny'],
    ],
    (n: number) => n % 21 === 0,
  ],
  [
    'words that never meet',
    [
      ['principal', 'alice'],
      ['principal', 'bob'],
    ],
    () => false,
  ],
  ['a rare word', [['finding', 'aws-key']], (n: number) => n % 1000 === 999],
  [
    'a rare and a frequent one',
    [
      ['kind', 'outcome'],
      ['finding', 'aws-key'],
    ],
    (n: number) => n % 1000 === 999,
  ],
  ['a word that nothing has', [['principal', 'mallory']], () => false],
  ['no word at all', [], () => true],
] as const)('%s: all that have it, and nothing else, in both orders', (_name, words, isMeant) => {
  const meant = ALL.filter(isMeant)
  expect(found({ words })).toEqual(meant)
  expect(found({ words, order: 'newest' })).toEqual(meant.toReversed())
})

test('a time is met to the millisecond, within a bundle and over many', () => {
  const start = 1_700_000_000_000
  expect(found({ since: start + 5_000, until: start + 8_000 })).toEqual([5, 6, 7])
  expect(found({ since: start + 4_999, until: start + 7_001 })).toEqual([5, 6, 7])
  expect(found({ since: start + 9_990_000, order: 'newest' })).toEqual([
    9999, 9998, 9997, 9996, 9995, 9994, 9993, 9992, 9991, 9990,
  ])
  expect(found({ until: start + 2_000 })).toEqual([0, 1])
  expect(found({ since: start + 10_000_000 })).toEqual([])
  expect(found({ words: [['finding', 'aws-key']], since: start + 1_999_000, until: start + 3_999_000 })).toEqual([
    1999, 2999,
  ])
})

test('a range of indices is kept to', () => {
  expect(found({ from: 4094, to: 4098 })).toEqual([4094, 4095, 4096, 4097])
  expect(found({ words: [['finding', 'aws-key']], from: 1000, to: 2999 })).toEqual([1999])
})

test('an exchange gives all its entries', () => {
  expect(found({ exchange: '01KDYAK3SE0000000000000021' })).toContain(42)
  expect(found({ exchange: '01KDYAK3SE0000000000000021' })).toContain(43)
  expect(found({ exchange: '01KDYAK3SF0000000000000021' })).toEqual([])
})

test('a candidate has its time and the beginning of its hash', () => {
  const [first] = queries.candidates({ log: 'gateway-0', words: [], from: 300, to: 301, order: 'oldest' })
  expect(first).toEqual({ index: 300, time: 1_700_000_300_000, hash: Buffer.alloc(8, 49) })
  expect(queries.mark('gateway-0', 300)).toEqual(first)
  expect(queries.mark('gateway-0', COUNT)).toBeUndefined()
  expect(queries.mark('nowhere', 0)).toBeUndefined()
})

test('a log is added to at its position only, by whoever', () => {
  const path = fresh()
  const one = filled(path, 100)
  const two = openSearchIndex(path)
  two.add('gateway-0', entries(100, 110))
  expect(() => one.add('gateway-0', entries(100, 105))).toThrow(PositionMoved)
  one.add('gateway-0', entries(110, 111))
  expect(two.positions()).toEqual(new Map([['gateway-0', { next: 111, last: Buffer.alloc(32, 110) }]]))
  const ask = indexQueries(two.database)
  expect([...ask.candidates({ log: 'gateway-0', words: [['decision', 'deny']], order: 'oldest' })]).toHaveLength(16)
  ask.close()
  one.close()
  two.close()
})

test('what was thrown away or wound back is gone, and is indexed anew, by a process that began before, too', () => {
  const path = fresh()
  const one = filled(path, 9000)
  const two = openSearchIndex(path)
  expect(two.rewind('gateway-0', 8500)).toBe(8192)
  one.add('gateway-0', entries(8192, 9000))
  const ask = indexQueries(one.database)
  const deny = (): number =>
    [...ask.candidates({ log: 'gateway-0', words: [['decision', 'deny']], order: 'newest' })].length
  expect(deny()).toBe(1286)
  two.clear()
  expect(one.positions()).toEqual(new Map())
  expect(deny()).toBe(0)
  // Ids of words that the other one has thrown away are not used.
  one.add('gateway-0', entries(0, 70))
  expect(deny()).toBe(10)
  ask.close()
  one.close()
  two.close()
})

test('texts of any length and making are words', () => {
  const path = fresh()
  const index = openSearchIndex(path)
  const long = 'x'.repeat(100_000)
  const odd = ['', 'a\u0000b', "'; DROP TABLE logs; --", long, `${long}y`]
  index.add(
    'gateway-0',
    odd.map((text, at) => ({ index: at, time: at, hash: Buffer.alloc(32), words: [['principal', text]] })),
  )
  const ask = indexQueries(index.database)
  for (const [at, text] of odd.entries()) {
    const found = [...ask.candidates({ log: 'gateway-0', words: [['principal', text]], order: 'oldest' })]
    expect(found.map(({ index }) => index)).toEqual([at])
  }
  ask.close()
  index.close()
  expect(statSync(path).size).toBeLessThan(200_000)
})

test('of a log that is dropped nothing is left, not the names it held; what others hold stays, and it can come again', () => {
  const index = openSearchIndex(fresh())
  const named = (at: number, who: string): IndexedEntry => ({ ...entry(at), words: [['principal', who]] })
  index.add('gateway-0', [named(0, 'alice'), named(1, 'bob')])
  index.add('gateway-1', [named(0, 'alice')])
  index.drop('gateway-0')
  expect([...index.positions().keys()]).toEqual(['gateway-1'])
  const count = (table: string) => index.database.query(`SELECT count(*) AS n FROM ${table}`).get()
  expect(['places', 'marks', 'exchanges', 'words'].map(count)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }])
  index.add('gateway-0', [named(0, 'bob'), named(1, 'alice')])
  const ask = indexQueries(index.database)
  const places = (log: string, who: string) =>
    [...ask.candidates({ log, words: [['principal', who]], order: 'oldest' })].map(({ index: at }) => at)
  expect([places('gateway-0', 'alice'), places('gateway-0', 'bob'), places('gateway-1', 'alice')]).toEqual([
    [1],
    [0],
    [0],
  ])
  ask.close()
  index.close()
})
