import { expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { openRuntimeTable } from './runtime-store.ts'

test('what is written durably is synced with the rest before it, and what comes after it is not, whatever went wrong', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'runtime-store-')), 'runtime.db')
  const table = openRuntimeTable(path, 'what a test keeps', (database) => ({
    level: database.prepare<{ synchronous: number }, []>('PRAGMA synchronous'),
  }))
  const level = (): number | undefined => table.statements.level.get()?.synchronous
  const [NORMAL, FULL] = [1, 2]
  expect(level()).toBe(NORMAL)
  expect(table.durably(level)).toBe(FULL)
  expect(level()).toBe(NORMAL)
  const fails = (): never => {
    throw new Error('the disk is gone')
  }
  expect(() => table.durably(fails)).toThrow(
    new Refusal('not_ready', { message: 'The runtime store (which keeps what a test keeps) cannot be written.' }),
  )
  expect(level()).toBe(NORMAL)
  table.close()
})
