// A body over the limit is refused before it is read whole, and the rest of it is not swallowed.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { CLINIC, CLINIC_YAML, type Rig, says, startRig } from '../rig.ts'
import { expectRefused, providerCount } from './record.ts'
import { answerOn, callRaw, dial, head, type RawAnswer } from './raw-caller.ts'

const KIBIBYTE = 1024
const MEBIBYTE = KIBIBYTE * KIBIBYTE
const TOO_LARGE = { status: 413, type: 'invalid_request_error', code: 'body_too_large' } as const

let rig: Rig
let lines: readonly string[] = []
beforeAll(async () => {
  rig = await startRig({ files: { ...CLINIC, 'sallyport.yaml': `${CLINIC_YAML}body: { max: 16KiB }\n` } })
  lines = [`Authorization: Bearer ${await rig.issuer.mint('alice')}`, 'Content-Type: application/json']
})
afterAll(() => rig.stop())

/** A right request of so many bytes. */
function bodyOf(bytes: number): string {
  const empty = JSON.stringify({ model: 'clinic-small', messages: says('') })
  return JSON.stringify({ model: 'clinic-small', messages: says('a'.repeat(bytes - empty.length)) })
}

/** Writes until the other side has had enough; answers how many bytes that took, and what it said. */
async function pour(socket: Socket, piece: Uint8Array, most: number): Promise<RawAnswer & { readonly taken: number }> {
  const heard = answerOn(socket)
  let taken = 0
  // answerOn destroys the socket when it has the whole answer.
  while (!socket.destroyed && taken < most) {
    taken += piece.length
    if (!socket.write(piece)) await Promise.race([new Promise((done) => socket.once('drain', done)), heard])
    else await new Promise((done) => setImmediate(done))
  }
  return { ...(await heard), taken }
}

test('a body of exactly the limit passes, one byte more does not', async () => {
  expect((await rig.ask('alice', bodyOf(16 * KIBIBYTE))).status).toBe(200)
  const before = await providerCount(rig)
  const response = await rig.ask('alice', bodyOf(16 * KIBIBYTE + 1))
  expect((await expectRefused(rig, response, TOO_LARGE)).message).toContain('16384')
  expect(await providerCount(rig)).toBe(before)
})

test('one that says so is refused before any of it is sent, and the connection is closed', async () => {
  const before = await providerCount(rig)
  const { response } = await callRaw(rig.url, head({ lines: [...lines, `Content-Length: ${10 * MEBIBYTE}`] }))
  expect(response.headers.get('connection')).toBe('close')
  await expectRefused(rig, response, TOO_LARGE)
  expect(await providerCount(rig)).toBe(before)
})

test.each(['9007199254740990', '18446744073709551616', '99999999999999999999999'])(
  'a length of %s bytes is not counted past its end',
  async (length) => {
    const { response, status } = await callRaw(rig.url, head({ lines: [...lines, `Content-Length: ${length}`] }))
    // What does not fit a number Bun refuses by itself, without a record.
    if (length.length > 16) expect([status, response.headers.get('x-sallyport-exchange')]).toEqual([400, null])
    else await expectRefused(rig, response, TOO_LARGE)
  },
)

test('one in chunks is refused while it is counted, and the connection is closed', async () => {
  const before = await providerCount(rig)
  const socket = await dial(rig.url)
  socket.write(head({ lines: [...lines, 'Transfer-Encoding: chunked'] }))
  const data = 'a'.repeat(4 * KIBIBYTE)
  const { response, taken } = await pour(socket, Buffer.from(`1000\r\n${data}\r\n`), 1024 * MEBIBYTE)
  expect(response.headers.get('connection')).toBe('close')
  await expectRefused(rig, response, TOO_LARGE)
  expect(taken).toBeLessThan(64 * MEBIBYTE)
  expect(await providerCount(rig)).toBe(before)
})

test('a body that is refused unread is not swallowed: whoever has no token cannot keep the gate busy', async () => {
  for (const more of [`Content-Length: ${1024 * MEBIBYTE}`, 'Transfer-Encoding: chunked']) {
    const socket = await dial(rig.url)
    socket.write(head({ lines: ['Content-Type: application/json', more] }))
    const piece = `1000\r\n${'a'.repeat(4 * KIBIBYTE)}\r\n`
    const { response, taken } = await pour(socket, Buffer.from(piece), 1024 * MEBIBYTE)
    expect(response.headers.get('connection')).toBe('close')
    await expectRefused(rig, response, { status: 401, type: 'authentication_error', code: 'unauthenticated' })
    expect(taken).toBeLessThan(64 * MEBIBYTE)
  }
})

test.each([
  ['GET /healthz', 200],
  ['GET /readyz', 200],
  ['GET /.well-known/jwks.json', 200],
  ['POST /healthz', 200],
  ['GET /v1/models', 200],
  ['GET /v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FAV', 404],
] as const)('a body behind %s, which takes none, is not swallowed either', async (asked, status) => {
  const socket = await dial(rig.url)
  const [authorization] = lines
  socket.write(`${asked} HTTP/1.1\r\nHost: gate\r\n${authorization}\r\nContent-Length: ${1024 * MEBIBYTE}\r\n\r\n`)
  const { response, taken } = await pour(socket, Buffer.from('a'.repeat(4 * KIBIBYTE)), 1024 * MEBIBYTE)
  expect(response.status).toBe(status)
  expect(response.headers.get('connection')).toBe('close')
  expect(taken).toBeLessThan(64 * MEBIBYTE)
})

test('a small body that is refused costs no connection', async () => {
  const { response } = await callRaw(rig.url, `${head({ lines: ['Content-Length: 2'] })}{}`)
  expect(response.status).toBe(401)
  expect(response.headers.get('connection')).toBeNull()
})

test('the next caller is served', async () => {
  expect((await rig.ask('alice', bodyOf(1_000))).status).toBe(200)
})
