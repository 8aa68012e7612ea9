// A request that is over leaves nothing in memory, however it ended: whoever sends many could bring the worker down otherwise.
import { heapStats } from 'bun:jsc'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRig, type Rig } from '../rig.ts'

let rig: Rig
beforeAll(async () => void (rig = await startRig()))
afterAll(() => rig.stop())

const EACH = 200
/** Of connections that are kept, and of what else this process serves. */
const KEPT = 40

const says = (content: string, more: object = {}) => ({
  model: 'clinic-small',
  messages: [{ role: 'user', content }],
  ...more,
})

async function requestsInMemory(): Promise<number> {
  await sleep(50)
  Bun.gc(true)
  await sleep(50)
  Bun.gc(true)
  const { BunRequest = 0, Request: plain = 0 } = heapStats().objectTypeCounts
  return BunRequest + plain
}

async function hungUp(): Promise<void> {
  const leaving = new AbortController()
  const asked = rig.ask('alice', says('wait [[delay:300]]'), { signal: leaving.signal })
  await sleep(2)
  leaving.abort()
  await asked.catch(() => undefined)
}

async function heard(status: number, asking: Promise<Response>): Promise<void> {
  const response = await asking
  expect(response.status).toBe(status)
  await response.text()
}

test.each([
  ['answered', () => heard(200, rig.ask('alice', says('hello')))],
  ['a stream', () => heard(200, rig.ask('alice', says('one two three', { stream: true })))],
  ['a credential taken out', () => heard(200, rig.ask('alice', says('AKIAQ3EGUNUWH4H6ZBNM is my key')))],
  ['not allowed', () => heard(403, rig.ask('erin', says('hello')))],
  ['hung up', hungUp],
])(
  'requests that are over are forgotten: %s',
  async (_, send) => {
    await send()
    const before = await requestsInMemory()
    for (let at = 0; at < EACH; at += 20) await Promise.all(Array.from({ length: 20 }, send))
    expect((await requestsInMemory()) - before).toBeLessThan(KEPT)
  },
  30_000,
)
