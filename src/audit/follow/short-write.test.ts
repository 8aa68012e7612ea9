// What a disk that takes a part of a write means for whoever reads along: entries that were seen stand, in their places, and
// those whose callers were refused are never told.
import { afterAll, expect, test } from 'bun:test'
import { on } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Entry } from '#access/trail.ts'
import { decisionOf, exchangeId, hastyFiles, makeHome, openTestLog, removeHomes } from '#audit/test-log.ts'
import { followLog } from './follow-log.ts'

afterAll(removeHomes)

type Told = readonly (readonly [index: number, exchange: string])[]

async function followerThread(directory: string) {
  const shared = new SharedArrayBuffer(4)
  const turn = new Int32Array(shared)
  const workerData = { directory, shared }
  const thread = new Worker(new URL('short-write.fixture.ts', import.meta.url), { workerData })
  const said = on(thread, 'message')
  await said.next()
  return {
    /** This thread waits meanwhile, as a writer would that is not scheduled. */
    read(): void {
      Atomics.store(turn, 0, 1)
      while (Atomics.load(turn, 0) === 1) Atomics.wait(turn, 0, 1, 5_000)
    },
    async told(): Promise<Told> {
      Atomics.store(turn, 0, 9)
      const [told] = (await said.next()).value as [Told]
      await thread.terminate()
      return told
    },
  }
}

test.each([
  ['as long as those before', 0],
  ['longer than those before', 37],
])(
  'a follower that reads amid a write that the disk cuts short, of entries %s, is told what stands',
  async (_, more) => {
    const home = await makeHome()
    const disk = { full: false, took: false }
    const reader: { read(): void } = { read: () => undefined }
    const log = await openTestLog(home, {
      files: {
        ...hastyFiles,
        write(file, bytes, from) {
          if (!disk.full) return hastyFiles.write(file, bytes, from)
          if (disk.took) throw new Error('ENOSPC')
          disk.took = true
          return hastyFiles.write(file, bytes.subarray(0, Math.floor(bytes.length * 0.55)), from)
        },
        truncate(file, length) {
          reader.read()
          hastyFiles.truncate(file, length)
        },
      },
    })
    const follower = await followerThread(join(home.audit, 'gateway-0'))
    reader.read = () => follower.read()
    const entryOf = (at: number): Entry => ({ ...decisionOf(exchangeId(at)), action: 'infer'.padEnd(5 + more, 'x') })
    const add = (first: number, count: number) =>
      Promise.allSettled(Array.from({ length: count }, (__, at) => log.append(entryOf(first + at), 'process')))
    await add(1, 2)
    follower.read()
    disk.full = true
    const short = await add(3, 10)
    disk.full = false
    expect(short.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled' as const),
      ...Array.from({ length: 5 }, () => 'rejected' as const),
    ])
    expect(short.flatMap((each) => (each.status === 'fulfilled' ? [each.value.index] : []))).toEqual([3, 4, 5, 6, 7])
    await add(20, 30)
    follower.read()
    await log.integrate()
    await add(50, 5)
    follower.read()
    const told = await follower.told()
    await log.close()
    const stand = [1, 2, 3, 4, 5, 6, 7, ...Array.from({ length: 35 }, (__, at) => 20 + at)]
    expect(told.slice(1)).toEqual(stand.map((at, index) => [index + 1, exchangeId(at)] as const))
  },
)

test('entries that are written once more after a sync that failed are not told twice', async () => {
  const home = await makeHome()
  let failing = false
  let amid = (): Promise<void> => Promise.resolve()
  const log = await openTestLog(home, {
    files: {
      ...hastyFiles,
      sync: () => (failing ? Promise.reject(new Error('EIO')) : Promise.resolve()),
      async syncDirectory(path) {
        if (!failing || !path.endsWith('journal')) return
        failing = false
        await amid()
      },
    },
  })
  const follower = followLog(join(home.audit, 'gateway-0'))
  const told: number[] = []
  const drain = async (): Promise<void> => {
    for (let entries = await follower.read(4096); entries.length > 0; entries = await follower.read(4096)) {
      told.push(...entries.map(({ index }) => index))
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, at) => log.append(decisionOf(exchangeId(at + 1)), 'process')))
  await drain()
  failing = true
  amid = drain
  await log.integrate()
  expect(failing).toBe(false)
  await log.append(decisionOf(exchangeId(50)), 'process')
  await drain()
  expect(told).toEqual(Array.from({ length: 22 }, (_, at) => at))
  await follower.close()
  await log.close()
})
