// What is particular to the file: the contract is in test/contracts/shares.test.ts.
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { openShares } from './shares.ts'

const freshFile = (): string => join(mkdtempSync(join(tmpdir(), 'shares-')), 'runtime.db')

test('what nobody asks for any more is forgotten a minute later, four for each new key', () => {
  const path = freshFile()
  let now = 0
  const shares = openShares(path, () => now)
  const database = new Database(path)
  const count = (): unknown => database.query('SELECT count(*) AS n FROM shares').get()
  for (let n = 0; n < 10; n++) shares.add(`minute ${n}`, 1, 1000)
  now = 61_000
  shares.take('next', { least: 1, wanted: 1, most: 5 }, 120_000)
  expect(count()).toEqual({ n: 11 })
  now = 61_001
  shares.add('after', 1, 120_000)
  expect(count()).toEqual({ n: 8 })
  shares.add('after', 1, 120_000)
  expect(count()).toEqual({ n: 8 })
  database.close()
  shares.close()
})

test('a key that is asked for longer than was said at first is kept for longer', () => {
  const path = freshFile()
  let now = 0
  const shares = openShares(path, () => now)
  shares.add('k', 5, 1000)
  shares.add('k', 5, 500_000)
  shares.add('k', 5, 1000)
  now = 400_000
  shares.add('other', 1, 500_000)
  expect(shares.taken('k')).toBe(15)
  shares.close()
})

test('where it cannot be written down, nothing is taken', () => {
  const shares = openShares(freshFile())
  shares.close()
  expect(() => shares.take('k', { least: 1, wanted: 1, most: 5 }, 1000)).toThrow(Refusal)
  expect(() => shares.taken('k')).toThrow(Refusal)
  expect(() => shares.give('k', 1)).toThrow(Refusal)
})
