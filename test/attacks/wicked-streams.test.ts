// A stream that broke must never look complete: it ends with the protocol's error, without `[DONE]`, and the official
// client throws instead of returning half an answer.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import OpenAI, { APIError } from 'openai'
import { exchangeOf, says } from '../rig.ts'
import { until } from './record.ts'
import { startWickedRig, type WickedRig } from './wicked-rig.ts'
import type { MisdeedName } from '../doubles/wicked-answers.ts'

let world: WickedRig
beforeAll(async () => {
  world = await startWickedRig()
})
afterAll(() => world.stop())

const broken: readonly (readonly [MisdeedName, string, readonly string[]])[] = [
  ['die-midstream', 'provider_failed', ['Hel, ', 'lo. ']],
  ['end-midstream', 'provider_failed', ['Hel, ', 'lo. ']],
  ['garbage-midstream', 'provider_answer_invalid', ['Hel, ']],
  ['error-midstream', 'provider_failed', ['Hel, ']],
]

test.each(broken)('%s is interrupted', async (misdeed, code, told) => {
  const response = await world.ask(misdeed, true)
  expect(response.status).toBe(200)
  const exchange = exchangeOf(response)
  const events = (await response.text()).split('\n\n').filter((event) => event !== '')
  expect(events.slice(0, -1).map((event) => JSON.parse(event.slice(6)).choices[0].delta.content)).toEqual([...told])
  const last = JSON.parse(events.at(-1)?.slice(6) ?? '')
  expect(last).toEqual({ error: { message: expect.any(String), type: 'server_error', param: null, code } })
  expect(last.error.message).toContain(exchange)
  expect(events.join('')).not.toContain('[DONE]')
  expect(events.join('')).not.toContain('overloaded')
  const { decision, outcome } = await world.rig.settled(exchange)
  expect(decision).toMatchObject({ decision: 'allow' })
  expect(outcome).toMatchObject({ status: 200, ended: 'upstream-failed', reason: code })
})

test.each(broken)('the official client throws at %s', async (model) => {
  const client = new OpenAI({
    baseURL: `${world.rig.url}/v1`,
    apiKey: await world.rig.issuer.mint('alice'),
    maxRetries: 0,
  })
  const stream = await client.chat.completions.create({ model, messages: [...says('hello')] as never, stream: true })
  const read = async (): Promise<void> => {
    for await (const chunk of stream) void chunk
  }
  expect(read()).rejects.toBeInstanceOf(APIError)
})

test('what is silent in mid-stream is interrupted within its idle time', async () => {
  const response = await world.ask('stall-midstream', true)
  expect(response.status).toBe(200)
  const began = performance.now()
  const text = await response.text()
  expect(performance.now() - began).toBeLessThan(3_000)
  expect(text).toContain('"Hel, "')
  expect(text).toContain('"provider_timeout"')
  expect(text).not.toContain('[DONE]')
  const { outcome } = await world.rig.settled(exchangeOf(response))
  expect(outcome).toMatchObject({ ended: 'upstream-failed', reason: 'provider_timeout' })
  await until(
    'the provider is let go',
    () => world.wicked.asked.findLast((a) => a.misdeed === 'stall-midstream')?.closed === true,
  )
})
