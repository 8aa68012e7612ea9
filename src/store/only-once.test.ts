// What is particular to the file: the contract is in test/contracts/sessions-ends.test.ts.
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { openOnlyOnce } from './only-once.ts'

const freshFile = (): string => join(mkdtempSync(join(tmpdir(), 'only-once-')), 'runtime.db')

test('what could not be used anyway is forgotten, 64 with every sixteenth use, and nothing before its time', () => {
  const path = freshFile()
  const once = openOnlyOnce(path)
  const database = new Database(path)
  const count = (): unknown => database.query('SELECT count(*) AS n FROM only_once').get()
  const use = (name: string, times: number, until: number, now: number): void => {
    for (let at = 0; at < times; at++) expect(once.use(`${name} ${at}`, until, now)).toBe(true)
  }
  use('early', 96, 1000, 500)
  use('late', 15, 2000, 1000)
  expect(count()).toEqual({ n: 111 })
  use('one', 1, 2000, 1001)
  expect(count()).toEqual({ n: 112 - 64 })
  expect(once.use('late 0', 2000, 1001)).toBe(false)
  use('more', 16, 2000, 1001)
  expect(count()).toEqual({ n: 15 + 1 + 16 })
  use('last', 32, 3000, 1999)
  expect(count()).toEqual({ n: 15 + 1 + 16 + 32 })
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
