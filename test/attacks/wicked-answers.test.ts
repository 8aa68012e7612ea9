// A provider that hangs, lies or breaks gives the caller a plain no, in the caller's own protocol, and no text of its own.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, PROVIDER_SECRET } from '../rig.ts'
import { expectRefused, type Refused, until } from './record.ts'
import { startWickedRig, type WickedRig } from './wicked-rig.ts'
import type { MisdeedName } from '../doubles/wicked-answers.ts'

let world: WickedRig
beforeAll(async () => {
  world = await startWickedRig()
})
afterAll(() => world.stop())

const FAILED = {
  type: 'server_error',
  decision: 'allow',
  ended: 'upstream-failed',
  status: 502,
  code: 'provider_failed',
} as const satisfies Refused
const INVALID = { ...FAILED, code: 'provider_answer_invalid' } as const
const LATE = { ...FAILED, status: 504, code: 'provider_timeout' } as const

const misdeeds: readonly (readonly [MisdeedName, boolean, Refused])[] = [
  ['hang', false, LATE],
  ['hang', true, LATE],
  ['slow-headers', false, LATE],
  ['slow-headers', true, LATE],
  ['silent-stream', true, LATE],
  ['die-early', true, FAILED],
  ['die-unanswered', false, FAILED],
  ['die-unanswered', true, FAILED],
  ['html', false, INVALID],
  ['html', true, INVALID],
  ['html-502', false, FAILED],
  ['html-502', true, FAILED],
  ['wrong-shape', false, INVALID],
  ['not-json', false, INVALID],
  ['cut-json', false, FAILED],
  ['half-json', false, INVALID],
  ['duplicate-keys', false, INVALID],
  ['bad-utf8', false, INVALID],
  ['two-content-lengths', false, FAILED],
  ['gzip', false, INVALID],
  ['gzip', true, INVALID],
  ['redirect', false, INVALID],
  ['redirect', true, INVALID],
  ['redirect-to-metadata', false, INVALID],
  ['redirect-to-metadata', true, INVALID],
  ['gzip-bomb', false, INVALID],
  ['gzip-bomb', true, INVALID],
  ['hang-up', false, FAILED],
  ['hang-up', true, FAILED],
  ['error-200', false, FAILED],
  ['error-200', true, FAILED],
  ['header-flood', false, FAILED],
  ['no-newline', true, INVALID],
  ['wrong-kind', false, INVALID],
  ['wrong-kind', true, INVALID],
  ['huge', false, INVALID],
  ['hundred-gigabytes', false, INVALID],
]

test.each(misdeeds)('%s (streaming: %p) is a no with a status of its own', async (misdeed, streaming, told) => {
  const before = world.wicked.asked.length
  const response = await world.ask(misdeed, streaming)
  expect(response.headers.get('content-type')).toContain('application/json')
  const { message, outcome } = await expectRefused(world.rig, response, told)
  expect(message).not.toMatch(/overloaded|captive|wicked|html|127\.0\.0\.1|169\.254/i)
  expect(outcome['attempts']).toMatchObject([{ target: `harbor/${misdeed}` }])
  // Asked once: a request may not happen twice because its answer was bad.
  expect(world.wicked.asked.length).toBe(before + 1)
  await until('its connection is let go', () => mayBeKept.has(misdeed) || world.wicked.asked[before]?.closed === true)
})

// Those that ended their answer properly: such a connection may serve again.
const mayBeKept: ReadonlySet<string> = new Set([
  'html',
  'html-502',
  'wrong-shape',
  'not-json',
  'half-json',
  'error-200',
]).union(new Set(['duplicate-keys', 'bad-utf8', 'gzip', 'redirect', 'redirect-to-metadata', 'wrong-kind']))

test('a compressed answer is refused as such: what it would become is never unpacked', async () => {
  for (const misdeed of ['gzip', 'gzip-bomb'] as const) {
    for (const streaming of [false, true]) {
      const { message } = await expectRefused(world.rig, await world.ask(misdeed, streaming), INVALID)
      expect(message).toStartWith('The provider compressed its answer unasked.')
    }
  }
})

test('a redirect was not followed', () => {
  expect(world.wicked.trapped()).toBe(0)
})

test('an answer with more behind it is passed on whole, and the rest goes to nobody', async () => {
  const response = await world.ask('surplus-answer', false)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] })
  const next = await world.ask('chatty-headers', false)
  expect(await next.json()).toMatchObject({ model: 'chatty-headers', choices: [{ message: { content: 'Hello' } }] })
})

test("nothing of the provider's credential is in any entry or line of the log", async () => {
  const all = JSON.stringify([await world.rig.entries(), world.rig.log])
  expect(all).not.toContain(PROVIDER_SECRET)
  expect(all).not.toContain('overloaded')
})

test('the gate serves on after all this', async () => {
  const response = await world.ask('chatty-headers', false)
  expect(response.status).toBe(200)
  expect((await world.rig.settled(exchangeOf(response))).outcome).toMatchObject({ ended: 'complete' })
})
