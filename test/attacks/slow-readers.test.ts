// A caller who reads a byte a second costs a connection and a piece of memory, never an answer's worth; others are served.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { says } from '../rig.ts'
import { until } from './record.ts'
import { dial, head } from './raw-caller.ts'
import { PATIENT, startWickedRig, type WickedRig } from './wicked-rig.ts'

let world: WickedRig
let hasty: WickedRig
beforeAll(async () => {
  world = await startWickedRig({}, PATIENT)
  hasty = await startWickedRig({ limits: { unread: 700 } }, PATIENT)
})
afterAll(async () => {
  await world.stop()
  await hasty.stop()
})

const MEBIBYTE = 1024 * 1024

/** A raw connection on which the stream was asked for, and nothing is read. */
async function askUnread({ rig }: WickedRig, model: string): Promise<Socket> {
  const body = JSON.stringify({ model, messages: says('hello'), stream: true })
  const lines = [
    `Authorization: Bearer ${await rig.issuer.mint('alice')}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  const socket = await dial(rig.url)
  socket.pause()
  socket.write(head({ lines }) + body)
  return socket
}

test('four slow readers of a gigabyte each: memory stays bounded, and others are served', async () => {
  Bun.gc(true)
  const before = process.memoryUsage.rss()
  const sockets = await Promise.all(Array.from({ length: 4 }, () => askUnread(world, 'huge')))
  let heard = 0
  for (const socket of sockets) socket.on('data', (bytes) => (heard += bytes.length))
  for (const socket of sockets) socket.pause()
  for (let turn = 0; turn < 3; turn++) {
    const began = performance.now()
    const response = await world.ask('chatty-headers', false)
    expect(response.status).toBe(200)
    await response.arrayBuffer()
    expect(performance.now() - began).toBeLessThan(2_000)
    await Bun.sleep(500)
    // A breath of reading, then nothing again.
    for (const socket of sockets) socket.once('data', () => socket.pause()).resume()
  }
  expect(heard).toBeGreaterThan(0)
  const grown = (process.memoryUsage.rss() - before) / MEBIBYTE
  expect(grown).toBeLessThan(350)
  for (const socket of sockets) socket.destroy()
  await until('every provider is let go', () =>
    world.wicked.asked.every(({ misdeed, closed }) => misdeed !== 'huge' || closed),
  )
  await until('every outcome stands', async () => {
    const outcomes = (await world.rig.entries()).filter(({ kind }) => kind === 'outcome')
    return outcomes.filter((entry) => entry['ended'] === 'caller-gone').length === 4
  })
}, 20_000)

test('who leaves a stream unread for too long is cut off, recorded as gone, and the provider is let go', async () => {
  const socket = await askUnread(hasty, 'huge')
  await until('the provider is let go', () => hasty.wicked.asked.at(-1)?.closed === true)
  await until('the outcome stands', async () => {
    const last = (await hasty.rig.entries()).at(-1)
    return last?.kind === 'outcome' && last['ended'] === 'caller-gone'
  })
  let tail = ''
  socket.on('data', (bytes) => (tail = (tail + bytes.toString('latin1')).slice(-200)))
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  await ended
  expect(tail).not.toContain('[DONE]')
  expect(tail).not.toEndWith('\r\n0\r\n\r\n')
}, 20_000)

test('a provider that is slow is not taken for a caller who does not read', async () => {
  const response = await hasty.ask('stall-midstream', true)
  const reader = response.body!.getReader()
  const first = await reader.read()
  expect(new TextDecoder().decode(first.value)).toContain('Hel')
  await Bun.sleep(1_500)
  expect(hasty.wicked.asked.at(-1)).toMatchObject({ misdeed: 'stall-midstream', closed: false })
  await reader.cancel()
})
