// Threat: a secret that the gate itself holds comes back: a provider echoes our credential in an error, or a model is brought
// to print it. It is found as it is, and in every writing in which such things are carried.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { PROVIDER_SECRET, type Rig, startRig } from '../rig.ts'
import { WORLD } from './inspected-world.ts'

let provider: Scripted
let rig: Rig
beforeAll(async () => {
  provider = startScripted()
  rig = await startRig({ files: WORLD, provider: provider.url })
})
afterAll(async () => {
  await rig.stop()
  await provider.stop()
})

const HELLO = { model: 'clinic-small', messages: [{ role: 'user', content: 'Hi' }] }

const WRITINGS: readonly (readonly [name: string, written: string])[] = [
  ['as it is', PROVIDER_SECRET],
  ['in base64', Buffer.from(PROVIDER_SECRET).toString('base64')],
  ['in base64, one byte on', Buffer.from(`x${PROVIDER_SECRET}y`).toString('base64')],
  ['in base64, two bytes on', Buffer.from(`xx${PROVIDER_SECRET}yy`).toString('base64')],
  ['in base64 for URLs', Buffer.from(`Bearer ${PROVIDER_SECRET}`).toString('base64url')],
  ['in hex', Buffer.from(PROVIDER_SECRET).toString('hex')],
  ['in hex, in capitals', Buffer.from(PROVIDER_SECRET).toString('hex').toUpperCase()],
  ['percent-encoded', PROVIDER_SECRET.replaceAll('-', '%2D')],
  ['percent-encoded, every byte', [...Buffer.from(PROVIDER_SECRET)].map((byte) => `%${byte.toString(16)}`).join('')],
]

describe.each(WRITINGS)('%s', (_name, written) => {
  test.each([false, true])('it does not come back (stream: %p)', async (stream) => {
    provider.script = { protocol: 'openai-chat', choices: [{ content: `Here: ${written}.` }] }
    const response = await rig.ask('alice', { ...HELLO, stream })
    const text = await response.text()
    expect(text).toContain('[redacted: gate-secret]')
    // Nor any half of it.
    expect(text).not.toContain(written.slice(0, Math.floor(written.length / 2)))
    expect(text).not.toContain(written.slice(Math.floor(written.length / 2), -4))
  })

  test('it does not come back in an error', async () => {
    provider.script = {
      protocol: 'any',
      status: 400,
      body: { error: { message: `Bad key ${written}`, type: 'invalid_request_error' } },
    }
    const text = await (await rig.ask('alice', HELLO)).text()
    expect(text).toContain('[redacted: gate-secret]')
    expect(text).not.toContain(written.slice(0, Math.floor(written.length / 2)))
  })

  test('it does not leave in a prompt', async () => {
    provider.script = { protocol: 'openai-chat', choices: [{ content: 'Hi' }] }
    const response = await rig.ask('alice', {
      ...HELLO,
      messages: [{ role: 'user', content: `Use ${written} for it` }],
    })
    expect(response.headers.get('x-sallyport-redacted')).toContain('gate-secret;in=request')
  })
})

test("the gate's own keys are held back, too", async () => {
  const keys = join(rig.home, 'keys')
  let tried = 0
  for (const name of await readdir(keys)) {
    const bytes = await readFile(join(keys, name))
    const printable = /^[\x20-\x7e\r\n]+$/.test(bytes.toString('latin1'))
    const written = printable ? bytes.toString().trim() : bytes.toString('hex')
    provider.script = { protocol: 'openai-chat', choices: [{ content: `Key: ${written}` }] }
    const text = await (await rig.ask('alice', HELLO)).text()
    expect([name, text.includes(written)]).toEqual([name, false])
    expect(text).toContain('[redacted: ')
    tried++
  }
  expect(tried).toBeGreaterThan(1)
})
