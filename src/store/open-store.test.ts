import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from './open-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-store-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const KIND = { name: 'The store', migrations: [['CREATE TABLE t (x INTEGER)']], synchronous: 'NORMAL' } as const

/** Locks on this file, as the kernel lists them: `8: POSIX  ADVISORY  READ 4711 fe:00:12345 …`. */
const locksOn = (path: string): readonly string[] => {
  const { ino } = statSync(path)
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `))
}

// Without its lock, whoever opens and closes the file elsewhere (sqlite3 at a command line) takes its log away under it.
test.skipIf(process.platform !== 'linux')('a second handle on a file takes nothing from the lock of the first', () => {
  const path = join(directory, 'shared.db')
  const first = openStore(path, KIND)
  first.run('INSERT INTO t VALUES (1)')
  const alone = locksOn(path)
  expect(alone).toHaveLength(1)
  const second = openStore(path, KIND)
  expect(locksOn(path)).toHaveLength(1)
  second.close()
  expect(locksOn(path)).toHaveLength(1)
  first.close()
  expect(locksOn(path)).toEqual([])
})

test('the file is for its owner alone, whoever made it', () => {
  const path = join(directory, 'mode.db')
  openStore(path, KIND).close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})
