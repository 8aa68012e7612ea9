// A body that comes a byte at a time is given up on, in bounded time, however it dribbles.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Rig, startRig } from '../rig.ts'
import { HELLO, HELLO_TEXT } from './hello.ts'
import { expectRefused, providerCount } from './record.ts'
import { answerOn, dial, head } from './raw-caller.ts'

let rig: Rig
let lines: readonly string[] = []
beforeAll(async () => {
  rig = await startRig({ limits: { bodyIdle: 300, bodyTotal: 2_500 } })
  lines = [`Authorization: Bearer ${await rig.issuer.mint('alice')}`, 'Content-Type: application/json']
})
afterAll(() => rig.stop())

const LATE = { status: 408, type: 'invalid_request_error', code: 'request_timeout' } as const

/** Sends the head, then a byte of the body each `every` milliseconds; `none` sends none. */
async function dribble(framing: string, every: number | 'none') {
  const socket = await dial(rig.url)
  const began = performance.now()
  const heard = answerOn(socket)
  socket.write(head({ lines: [...lines, framing] }))
  let at = 0
  const chunked = framing.includes('chunked')
  const next = (): void => {
    const byte = HELLO_TEXT[at++ % HELLO_TEXT.length] ?? ' '
    socket.write(chunked ? `1\r\n${byte}\r\n` : byte)
  }
  const timer = every === 'none' ? undefined : setInterval(next, every)
  const { response } = await heard
  clearInterval(timer)
  return { response, took: performance.now() - began, sent: at }
}

test.each([
  ['Content-Length: 4000', 'none'],
  ['Transfer-Encoding: chunked', 'none'],
  ['Content-Length: 400000', 50],
  ['Transfer-Encoding: chunked', 50],
] as const)('%s, a byte each %p ms: 408, and the connection is closed', async (framing, every) => {
  const before = await providerCount(rig)
  const { response, took, sent } = await dribble(framing, every)
  expect(response.headers.get('connection')).toBe('close')
  await expectRefused(rig, response, LATE)
  // A byte in time keeps it alive, but not beyond the time for all of it.
  if (every === 'none') expect(took).toBeLessThan(2_000)
  else expect(took).toBeGreaterThan(2_000)
  expect(took).toBeLessThan(8_000)
  if (every !== 'none') expect(sent).toBeGreaterThan(5)
  expect(await providerCount(rig)).toBe(before)
})

test('a short body that is said to be has no more than one pause to arrive, whatever it does', async () => {
  const { response, took } = await dribble('Content-Length: 4000', 50)
  await expectRefused(rig, response, LATE)
  expect(response.headers.get('connection')).toBe('close')
  expect(took).toBeLessThan(2_000)
})

test('fifty slow callers do not delay the others', async () => {
  const slow = Array.from({ length: 50 }, () => dribble('Content-Length: 4000', 100))
  for (let turn = 0; turn < 5; turn++) {
    const began = performance.now()
    const response = await rig.ask('alice', HELLO)
    expect(response.status).toBe(200)
    await response.arrayBuffer()
    expect(performance.now() - began).toBeLessThan(1_000)
  }
  const statuses = (await Promise.all(slow)).map(({ response }) => response.status)
  expect(new Set(statuses)).toEqual(new Set([408]))
})
