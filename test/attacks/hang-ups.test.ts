// A caller who hangs up, whenever that is, stops the provider's work at once and is still recorded.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, says } from '../rig.ts'
import { until } from './record.ts'
import { dial, head } from './raw-caller.ts'
import { PATIENT, startWickedRig, type WickedRig } from './wicked-rig.ts'
import type { MisdeedName } from '../doubles/wicked-answers.ts'

let world: WickedRig
beforeAll(async () => {
  world = await startWickedRig({}, PATIENT)
})
afterAll(() => world.stop())

const outcomes = async () => (await world.rig.entries()).filter(({ kind }) => kind === 'outcome')

/** Milliseconds from the caller's leaving to the close of the provider's connection. */
async function timeToStop(misdeed: MisdeedName, streaming: boolean, firstRead: boolean): Promise<number> {
  const before = world.wicked.asked.length
  const recorded = (await outcomes()).length
  const leaving = new AbortController()
  const asked = world.ask(misdeed, streaming, { signal: leaving.signal })
  asked.catch(() => undefined)
  await until('the provider was asked', () => world.wicked.asked.length > before)
  if (firstRead) await (await asked).body!.getReader().read()
  const left = performance.now()
  leaving.abort()
  while (world.wicked.asked[before]?.closed !== true) await Bun.sleep(1)
  const took = performance.now() - left
  await asked.catch(() => undefined)
  await until('one more outcome', async () => (await outcomes()).length === recorded + 1)
  expect((await outcomes()).at(-1)).toMatchObject({ ended: 'caller-gone', status: firstRead ? 200 : 0 })
  expect((await outcomes()).at(-1)).not.toHaveProperty('reason')
  return took
}

test.each([
  ['before the answer', 'hang', false, false],
  ['before the answer of a stream', 'hang', true, false],
  ['before the first event', 'silent-stream', true, false],
  ['in the middle of a stream', 'stall-midstream', true, true],
  ['in the middle of a flood', 'huge', true, true],
] as const)('%s: the provider is stopped within 100 ms', async (_when, misdeed, streaming, firstRead) => {
  const times: number[] = []
  for (let turn = 0; turn < 5; turn++) times.push(await timeToStop(misdeed, streaming, firstRead))
  // The best of five: this machine does other things, too.
  expect(Math.min(...times)).toBeLessThan(100)
})

test('during the upload: nothing reaches the provider, and who it was is recorded', async () => {
  const before = world.wicked.asked.length
  const recorded = (await world.rig.entries()).length
  const lines = [`Authorization: Bearer ${await world.rig.issuer.mint('alice')}`, 'Content-Type: application/json']
  for (const more of ['Content-Length: 100000', 'Transfer-Encoding: chunked']) {
    const socket = await dial(world.rig.url)
    socket.write(`${head({ lines: [...lines, more] })}${more.includes('chunked') ? '10\r\n' : ''}{"model":"hang","m`)
    await Bun.sleep(50)
    socket.destroy()
  }
  await until('four entries', async () => (await world.rig.entries()).length === recorded + 4)
  const entries = (await world.rig.entries()).slice(recorded)
  for (const entry of entries) {
    if (entry.kind === 'decision') {
      expect(entry).toMatchObject({ decision: 'deny', reason: 'malformed_request', principal: { id: 'alice' } })
    } else expect(entry).toMatchObject({ kind: 'outcome', ended: 'caller-gone', status: 0 })
  }
  expect(world.wicked.asked.length).toBe(before)
})

test('right behind the request, and by the hundred: each is decided once and closed once', async () => {
  const recorded = (await world.rig.entries()).length
  const body = JSON.stringify({ model: 'hang', messages: says('hello') })
  const lines = [
    `Authorization: Bearer ${await world.rig.issuer.mint('alice')}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async (_, turn) => {
      const socket = await dial(world.rig.url)
      socket.write(head({ lines }) + body)
      setTimeout(() => socket.destroy(), turn % 10)
      return socket
    }),
  )
  await until('all are gone', () => sockets.every(({ destroyed }) => destroyed))
  await until('every provider is let go', () =>
    world.wicked.asked.every(({ closed, misdeed }) => closed || misdeed !== 'hang'),
  )
  const since = async () => (await world.rig.entries()).slice(recorded)
  await until('each record is closed', async () => {
    const entries = await since()
    return entries.length % 2 === 0 && entries.filter(({ kind }) => kind === 'decision').length === entries.length / 2
  })
  await Bun.sleep(50)
  const kinds = new Map<unknown, string[]>()
  for (const entry of await since()) kinds.set(entry['exchange'], [...(kinds.get(entry['exchange']) ?? []), entry.kind])
  expect(kinds.size).toBeGreaterThan(0)
  expect([...kinds.values()].every((list) => list.join() === 'decision,outcome')).toBe(true)
  expect((await since()).every((entry) => entry.kind !== 'outcome' || entry['ended'] === 'caller-gone')).toBe(true)
})

test('after a complete answer, leaving changes nothing', async () => {
  const response = await world.ask('chatty-headers', false)
  const exchange = exchangeOf(response)
  await response.arrayBuffer()
  const { outcome } = await world.rig.settled(exchange)
  expect(outcome).toMatchObject({ ended: 'complete', status: 200 })
  expect(world.rig.log.filter((line) => !line.startsWith('bundle'))).toEqual([])
})
