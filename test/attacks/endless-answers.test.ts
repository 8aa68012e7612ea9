// A gigabyte of answer never lies in the gate's memory: a plain one is cut off at its bound, a stream is drawn no faster
// than the caller reads.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { exchangeOf } from '../rig.ts'
import { until } from './record.ts'
import { startWickedRig, type WickedRig } from './wicked-rig.ts'

let world: WickedRig
beforeAll(async () => {
  world = await startWickedRig()
})
afterAll(() => world.stop())

const MEBIBYTE = 1024 * 1024
const memory = (): number => process.memoryUsage.rss() / MEBIBYTE

/** The most memory held while the work went on, above what there was before, in MiB. Gate, provider and caller together. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  Bun.gc(true)
  const before = memory()
  let most = before
  const watching = setInterval(() => (most = Math.max(most, memory())), 20)
  await work()
  clearInterval(watching)
  return Math.max(most, memory()) - before
}

const closed = (): boolean => world.wicked.asked.at(-1)?.closed === true

test('a stream that never ends passes in bounded memory', async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'endless-stream.ts')], { stderr: 'ignore' })
  const grown = Number(await new Response(child.stdout).text())
  expect(await child.exited).toBe(0)
  expect(grown).toBeGreaterThan(1)
  expect(grown).toBeLessThan(200)
}, 60_000)

test('a stream that never ends does when the caller has enough', async () => {
  const leaving = new AbortController()
  const response = await world.ask('huge', true, { signal: leaving.signal })
  const reader = response.body!.getReader()
  for (let read = 0; read < 96 * MEBIBYTE;) read += (await reader.read()).value?.length ?? Number.POSITIVE_INFINITY
  leaving.abort()
  await until('the provider is let go', closed)
  const { outcome } = await world.rig.settled(exchangeOf(response))
  expect(outcome).toMatchObject({ ended: 'caller-gone', status: 200 })
  expect(outcome['bytes']).toBeGreaterThan(90 * MEBIBYTE)
}, 30_000)

test('a plain answer that never ends is cut off at 64 MiB', async () => {
  const grown = await growthDuring(async () => {
    const response = await world.ask('huge', false)
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('provider_answer_invalid')
  })
  // The bound, twice: its chunks, and what the runtime had already read.
  expect(grown).toBeLessThan(300)
  await until('the provider is let go', closed)
}, 30_000)

test('an answer that says it will be 100 GB is cut off there, too, and a compressed one is not read at all', async () => {
  const grown = await growthDuring(async () => {
    for (const misdeed of ['hundred-gigabytes', 'gzip-bomb'] as const) {
      const response = await world.ask(misdeed, false)
      expect(response.status).toBe(502)
      expect(await response.text()).toContain('provider_answer_invalid')
      await until('the provider is let go', closed)
    }
  })
  expect(grown).toBeLessThan(300)
}, 30_000)

test('an event that never ends is cut off at 4 MiB', async () => {
  const grown = await growthDuring(async () => {
    const response = await world.ask('no-newline', true)
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('provider_answer_invalid')
  })
  expect(grown).toBeLessThan(100)
  await until('the provider is let go', closed)
})
