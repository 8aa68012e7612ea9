// What is particular to the file: the contract is in test/contracts/sessions-ends.test.ts.
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { openOnlyOnce } from './only-once.ts'

const freshFile = (): string => join(mkdtempSync(join(tmpdir(), 'only-once-')), 'runtime.db')

test('what could not be used anyway is forgotten, four for each use, and nothing before its time', () => {
  const path = freshFile()
  const once = openOnlyOnce(path)
  const database = new Database(path)
  const count = (): unknown => database.query('SELECT count(*) AS n FROM only_once').get()
  for (let n = 0; n < 10; n++) once.use(`early ${n}`, 1000, 500)
  expect(once.use('one', 2000, 1000)).toBe(true)
  expect(count()).toEqual({ n: 11 })
  expect(once.use('other', 2000, 1001)).toBe(true)
  expect(count()).toEqual({ n: 8 })
  expect(once.use('one', 2000, 1001)).toBe(false)
  expect(count()).toEqual({ n: 8 })
  database.close()
  once.close()
})

test('the file does not say what was used', () => {
  const path = freshFile()
  const once = openOnlyOnce(path)
  once.use('a proof of somebody', 2000, 1000)
  const database = new Database(path)
  expect(database.query('SELECT length(key) AS length, until FROM only_once').all()).toEqual([
    { length: 32, until: 2000 },
  ])
  database.close()
  once.close()
})

test('where it cannot be written down, nothing was used', () => {
  const once = openOnlyOnce(freshFile())
  once.close()
  expect(() => once.use('k', 2000, 1000)).toThrow(Refusal)
})
