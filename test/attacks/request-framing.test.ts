// Where a request ends must mean the same to everybody on its way, or a second one hides inside the first. Most of these
// Bun's server refuses by itself: they never reach the gate, so there is no record of them, and the provider sees nothing.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO_TEXT } from './hello.ts'
import { expectRefused, providerCount, until } from './record.ts'
import { callRaw, head } from './raw-caller.ts'

let rig: Rig
let lines: readonly string[] = []
beforeAll(async () => {
  rig = await startRig()
  lines = [`Authorization: Bearer ${await rig.issuer.mint('alice')}`, 'Content-Type: application/json']
})
afterAll(() => rig.stop())

const LENGTH = `Content-Length: ${HELLO_TEXT.length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const CHUNKS = `${HELLO_TEXT.length.toString(16)}\r\n${HELLO_TEXT}\r\n0\r\n\r\n`
const withLines = (...more: readonly string[]) => head({ lines: [...lines, ...more] })

test('a length alone, and chunks alone, are fine', async () => {
  expect((await callRaw(rig.url, withLines(LENGTH) + HELLO_TEXT)).status).toBe(200)
  expect((await callRaw(rig.url, withLines(CHUNKED) + CHUNKS)).status).toBe(200)
})

const refusedByBun: readonly (readonly [string, () => string])[] = [
  ['a length beside chunks', () => withLines(LENGTH, CHUNKED) + CHUNKS],
  ['chunks beside a length', () => withLines(CHUNKED, LENGTH) + CHUNKS],
  ['two different lengths', () => withLines(LENGTH, 'Content-Length: 3') + HELLO_TEXT],
  ['a list of lengths', () => withLines(`${LENGTH}, ${HELLO_TEXT.length}`) + HELLO_TEXT],
  ['a length that is no number', () => withLines(`Content-Length: +${HELLO_TEXT.length}`) + HELLO_TEXT],
  ['another transfer encoding', () => withLines('Transfer-Encoding: xchunked') + CHUNKS],
  ['two transfer encodings', () => withLines('Transfer-Encoding: gzip, chunked') + CHUNKS],
  ['lines that end in a bare LF', () => withLines(LENGTH).replaceAll('\r\n', '\n') + HELLO_TEXT],
  ['one line that ends in a bare LF', () => withLines('X-A: b\nX-C: d', LENGTH) + HELLO_TEXT],
  ['a bare CR in a header', () => withLines('X-A: b\rX-C: d', LENGTH) + HELLO_TEXT],
  ['a NUL in a header', () => withLines('X-A: b\0c', LENGTH) + HELLO_TEXT],
  ['a space before the colon', () => withLines('X-A : b', LENGTH) + HELLO_TEXT],
  ['a folded header', () => withLines('X-A: b\r\n c', LENGTH) + HELLO_TEXT],
  ['no Host', () => head({ host: null, lines: [...lines, LENGTH] }) + HELLO_TEXT],
]

test.each(refusedByBun)('%s is refused before the gate is asked', async (_name, request) => {
  const before = await providerCount(rig)
  const recorded = (await rig.entries()).length
  const { status, text } = await callRaw(rig.url, request())
  expect([400, 505]).toContain(status)
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(text.toLowerCase()).toContain('\r\nconnection: close')
  expect(await providerCount(rig)).toBe(before)
  expect((await rig.entries()).length).toBe(recorded)
})

test('a chunk of a size that cannot be ends the connection, and is recorded', async () => {
  const before = await providerCount(rig)
  for (const size of ['-1', 'ffffffffffffffff1', 'zz']) {
    const recorded = (await rig.entries()).length
    const { status } = await callRaw(rig.url, `${withLines(CHUNKED)}${size}\r\n${HELLO_TEXT}`)
    expect(status).toBe(400)
    await until('two entries', async () => (await rig.entries()).length === recorded + 2)
    expect((await rig.entries()).at(-1)).toMatchObject({ kind: 'outcome', ended: 'caller-gone', status: 0 })
  }
  expect(await providerCount(rig)).toBe(before)
})

test('the same length twice, and two hosts, are refused by the gate', async () => {
  const before = await providerCount(rig)
  const told = { status: 400, type: 'invalid_request_error', code: 'malformed_request' }
  const lengths = await callRaw(rig.url, withLines(LENGTH, LENGTH) + HELLO_TEXT)
  await expectRefused(rig, lengths.response, { ...told, param: 'content-length' })
  const hosts = await callRaw(rig.url, withLines('Host: other.example', LENGTH) + HELLO_TEXT)
  await expectRefused(rig, hosts.response, { ...told, param: 'host' })
  expect(await providerCount(rig)).toBe(before)
})

test('a second request behind the first is decided by itself, or not heard at all', async () => {
  const before = await providerCount(rig)
  const second = `${head({ lines: ['Content-Type: application/json', LENGTH] })}${HELLO_TEXT}`
  const { text } = await callRaw(rig.url, withLines(LENGTH) + HELLO_TEXT + second)
  // The second one has no token: whatever became of it, it did not ride on the first one's.
  expect((await providerCount(rig)) - before).toBeLessThanOrEqual(1)
  expect(text.split('HTTP/1.1 200').length).toBeLessThanOrEqual(2)
  const decided = (await rig.entries()).filter(({ kind }) => kind === 'decision')
  expect(decided.at(-1)).toBeDefined()
})

test('doubled credentials and doubled content types are refused', async () => {
  const auth = await callRaw(rig.url, withLines('Authorization: Bearer other', LENGTH) + HELLO_TEXT)
  const told = { status: 401, type: 'authentication_error', code: 'malformed_proof', param: 'authorization' }
  await expectRefused(rig, auth.response, told)
  const type = await callRaw(rig.url, withLines('Content-Type: text/plain', LENGTH) + HELLO_TEXT)
  expect(type.status).toBe(415)
  expect((await rig.settled(exchangeOf(type.response))).outcome).toMatchObject({ status: 415 })
})

test('a flood of headers is refused before the gate is asked, and the next caller is served', async () => {
  const before = await providerCount(rig)
  const wide = withLines(`X-Big: ${'a'.repeat(64 * 1024)}`, LENGTH) + HELLO_TEXT
  const many = withLines(...Array.from({ length: 1000 }, (_, index) => `X-${index}: a`), LENGTH) + HELLO_TEXT
  const endless = withLines(`X-Big: ${'a'.repeat(8 * 1024 * 1024)}`)
  for (const flood of [wide, many, endless]) {
    const { status, text } = await callRaw(rig.url, flood)
    expect(status === 431 || status === 0).toBe(true)
    expect(text).not.toContain('x-sallyport-exchange')
  }
  expect(await providerCount(rig)).toBe(before)
  expect((await callRaw(rig.url, withLines(LENGTH) + HELLO_TEXT)).status).toBe(200)
})
