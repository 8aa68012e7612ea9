// What every Shares promises, on each of them; and that of several processes none takes what another has.
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Shares } from '#access/limit.ts'
import { openShares } from '#store/shares.ts'
import { memoryShares } from '../doubles/memory-shares.ts'
import { processesOf } from '../doubles/processes-of.ts'

const opened: { close(): void }[] = []
afterAll(() => {
  for (const each of opened) each.close()
})

const freshFile = (): string => join(mkdtempSync(join(tmpdir(), 'shares-')), 'runtime.db')

function remembered<T extends { close(): void }>(store: T): T {
  opened.push(store)
  return store
}

const STORES: readonly (readonly [string, () => Shares])[] = [
  ['SQLite', () => remembered(openShares(freshFile(), () => 1_795_000_000_000))],
  ['memory', memoryShares],
]
const UNTIL = 1_795_000_060_000

describe.each(STORES)('%s', (_, make) => {
  test('of what nobody took, nothing is taken', () => {
    expect(make().taken('tokens/alice')).toBe(0)
  })

  test('as much as is wanted is taken, then what is left, then nothing', () => {
    const shares = make()
    const ask = (): number => shares.take('tokens/alice', { least: 1, wanted: 40, most: 100 }, UNTIL)
    expect([ask(), ask(), ask(), ask()]).toEqual([40, 40, 20, 0])
    expect(shares.taken('tokens/alice')).toBe(100)
  })

  test('less than the least is not taken, and stays for whoever needs less', () => {
    const shares = make()
    expect(shares.take('k', { least: 10, wanted: 95, most: 100 }, UNTIL)).toBe(95)
    expect(shares.take('k', { least: 6, wanted: 10, most: 100 }, UNTIL)).toBe(0)
    expect(shares.take('k', { least: 5, wanted: 10, most: 100 }, UNTIL)).toBe(5)
  })

  test('nothing wanted, or nothing to be had, takes nothing', () => {
    const shares = make()
    expect(shares.take('k', { least: 0, wanted: 0, most: 100 }, UNTIL)).toBe(0)
    expect(shares.take('k', { least: 0, wanted: 5, most: 0 }, UNTIL)).toBe(0)
    expect(shares.taken('k')).toBe(0)
  })

  test('keys are apart, whatever they are called', () => {
    const shares = make()
    const keys = ['a', 'A', 'a ', '', 'a\u0000', '\uD800', '\uD801', '\uFFFD', '"\\ud800"', ':a']
    keys.forEach((key, place) => void shares.take(key, { least: 1, wanted: place + 1, most: 100 }, UNTIL))
    expect(keys.map((key) => shares.taken(key))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('what is taken under other keys beside it counts, and is not theirs', () => {
    const shares = make()
    const ask = (key: string, ...beside: readonly string[]): number =>
      shares.take(key, { least: 1, wanted: 60, most: 100, beside }, UNTIL)
    expect([ask('1', '2', '3'), ask('2', '1', '3'), ask('3', '1', '2')]).toEqual([60, 40, 0])
    expect(['1', '2', '3'].map((key) => shares.taken(key))).toEqual([60, 40, 0])
    shares.give('1', 10)
    expect(ask('3', '1', '2')).toBe(10)
    expect(ask('4', '3')).toBe(60)
  })

  test('what is given back can be taken again, and more than was taken is never given', () => {
    const shares = make()
    shares.take('k', { least: 1, wanted: 100, most: 100 }, UNTIL)
    shares.give('k', 30)
    expect(shares.take('k', { least: 1, wanted: 100, most: 100 }, UNTIL)).toBe(30)
    shares.give('k', 1000)
    expect(shares.taken('k')).toBe(0)
    shares.give('other', 5)
    expect(shares.taken('other')).toBe(0)
  })

  test('what is added counts beyond the bound, and then nothing can be taken', () => {
    const shares = make()
    shares.add('k', 90, UNTIL)
    shares.add('k', 60, UNTIL)
    expect(shares.taken('k')).toBe(150)
    expect(shares.take('k', { least: 1, wanted: 1, most: 100 }, UNTIL)).toBe(0)
    shares.give('k', 60)
    expect(shares.take('k', { least: 1, wanted: 20, most: 100 }, UNTIL)).toBe(10)
  })

  test('a bound that the bundle has lowered counts at once, and a raised one too', () => {
    const shares = make()
    shares.take('k', { least: 1, wanted: 50, most: 100 }, UNTIL)
    expect(shares.take('k', { least: 1, wanted: 1, most: 50 }, UNTIL)).toBe(0)
    expect(shares.take('k', { least: 1, wanted: 1, most: 51 }, UNTIL)).toBe(1)
  })

  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('%d is no amount', (wrong) => {
    const shares = make()
    shares.add('k', 10, UNTIL)
    expect(() => shares.take('k', { least: 0, wanted: wrong, most: 100 }, UNTIL)).toThrow(RangeError)
    expect(() => shares.take('k', { least: wrong, wanted: 1, most: 100 }, UNTIL)).toThrow(RangeError)
    expect(() => shares.give('k', wrong)).toThrow(RangeError)
    expect(() => shares.add('k', wrong, UNTIL)).toThrow(RangeError)
    expect(shares.taken('k')).toBe(10)
  })
})

test('four processes that take at once get exactly what there is', async () => {
  const path = freshFile()
  const said = await processesOf(
    4,
    `
    const { openShares } = await import('#store/shares.ts')
    const shares = openShares(${JSON.stringify(path)})
    await start()
    let got = 0
    for (let turn = 0; turn < 400; turn++) got += shares.take('k', { least: 1, wanted: 1 + turn % 3, most: 1000 }, 9e15)
    say(got)
  `,
  )
  expect(said.reduce((sum, got) => sum + got, 0)).toBe(1000)
  expect(remembered(openShares(path)).taken('k')).toBe(1000)
}, 20_000)

test('four processes that take and give back lose nothing, and make nothing', async () => {
  const path = freshFile()
  await processesOf(
    4,
    `
    const { openShares } = await import('#store/shares.ts')
    const shares = openShares(${JSON.stringify(path)})
    await start()
    for (let turn = 0; turn < 200; turn++) {
      const got = shares.take('k', { least: 1, wanted: 7, most: 20 }, 9e15)
      if (shares.taken('k') > 20) throw new Error('more than there is')
      shares.give('k', got)
      shares.add('spend', 3, 9e15)
    }
    say(0)
  `,
  )
  const shares = remembered(openShares(path))
  expect(shares.taken('k')).toBe(0)
  expect(shares.taken('spend')).toBe(2400)
}, 20_000)
