import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeLock } from './lock.ts'

const freshPath = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'lock-')), 'gateway-0.lock')

test('a lock that is held cannot be taken again, and can once it is released', async () => {
  const path = await freshPath()
  const first = takeLock(path)
  expect(first).toBeDefined()
  expect(takeLock(path)).toBeUndefined()
  first?.release()
  const second = takeLock(path)
  expect(second).toBeDefined()
  second?.release()
})

test('a lock whose holder was killed with -9 is free again', async () => {
  const path = await freshPath()
  const source = `
    const { takeLock } = await import(${JSON.stringify(join(import.meta.dir, 'lock.ts'))})
    if (!takeLock(${JSON.stringify(path)})) throw new Error('not taken')
    console.log('held')
    setInterval(() => {}, 1000)
  `
  const holder = Bun.spawn([process.execPath, '-e', source], { stdout: 'pipe' })
  const reader = holder.stdout.getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('held')
  expect(takeLock(path)).toBeUndefined()
  holder.kill('SIGKILL')
  await holder.exited
  const taken = takeLock(path)
  expect(taken).toBeDefined()
  taken?.release()
})

test('a lock is held until it is released, though nobody remembers it', async () => {
  const path = await freshPath()
  expect(takeLock(path)).toBeDefined()
  for (let turn = 0; turn < 5; turn++) {
    Bun.gc(true)
    await Bun.sleep(1)
  }
  expect(takeLock(path)).toBeUndefined()
})

test('where it cannot be taken for want of a disk, that is said of which lock', () => {
  expect(() => takeLock('/nowhere/at/all/gateway-0.lock')).toThrow(
    /^the lock \/nowhere\/at\/all\/gateway-0\.lock cannot be taken: /,
  )
})
