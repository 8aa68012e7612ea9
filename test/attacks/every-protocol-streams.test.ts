// A stream that broke never looks complete, in any protocol: it ends with that protocol's error and without its mark of a
// good end, the official client throws, and the record says who failed.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk'
import OpenAI, { APIError as OpenAiError } from 'openai'
import { exchangeOf } from '../rig.ts'
import { goodText, PLANT, type SendRoute, STREAMING } from './every-protocol.ts'
import { PROVIDERS_WORDS } from './every-protocol-provider.ts'
import { type EveryWorld, expectServed, send, startEveryWorld, trickName } from './every-protocol-world.ts'

let world: EveryWorld
beforeAll(async () => {
  const tricks = ['dies', 'ends-early', 'garbles', 'fails', 'stalls'] as const
  world = await startEveryWorld({ tricks, timeouts: '{ first-byte: 5s, idle: 800ms }' })
})
afterAll(() => world.stop())

const broken = [
  ['dies', 'provider_failed'],
  ['ends-early', 'provider_failed'],
  ['garbles', 'provider_answer_invalid'],
  ['fails', 'provider_failed'],
  ['stalls', 'provider_timeout'],
] as const
type Broken = (typeof broken)[number][0]

const streamed = (route: SendRoute, trick: Broken): string =>
  goodText(route, { model: trickName(trick, route), stream: true })

/** What says that all is there. */
const ENDS = /\[DONE\]|message_stop|response\.completed|"finish_reason":"|"stop_reason":"/

/** The last event of a stream, field by field. */
function lastOf({ path, shape }: SendRoute, code: string, exchange: string): readonly [event: string, told: object] {
  const message = expect.stringContaining(exchange)
  if (shape === 'anthropic') {
    const type = code === 'provider_timeout' ? 'timeout_error' : 'api_error'
    return ['error', { type: 'error', error: { type, message, code }, request_id: exchange }]
  }
  if (path === '/v1/responses') return ['error', { type: 'error', code, message, param: null, sequence_number: 0 }]
  return ['', { error: { message, type: 'server_error', param: null, code } }]
}

async function expectInterrupted(route: SendRoute, trick: Broken, code: string): Promise<void> {
  const response = await send(world, route, { body: streamed(route, trick) })
  const exchange = exchangeOf(response)
  expect([route.path, response.status]).toEqual([route.path, 200])
  const text = await response.text()
  expect(text).toContain('hello ')
  expect(text).not.toMatch(ENDS)
  expect(text).not.toContain(PROVIDERS_WORDS)
  const last = text.split('\n\n').at(-2) ?? ''
  const event = /^event: (.*)\n/.exec(last)?.[1] ?? ''
  const told: unknown = JSON.parse(/^data: (.*)$/m.exec(last)?.[1] ?? 'null')
  expect([route.path, event, told]).toEqual([route.path, ...lastOf(route, code, exchange)] as never)
  await expectRecorded(exchange, code)
}

async function expectRecorded(exchange: string, code: string): Promise<void> {
  const { decision, outcome } = await world.rig.settled(exchange)
  expect(decision).toMatchObject({ decision: 'allow' })
  expect(outcome).toMatchObject({ status: 200, ended: 'upstream-failed', reason: code })
  const entries = (await world.rig.entries()).filter((entry) => entry['exchange'] === exchange)
  expect(entries.map(({ kind }) => kind)).toEqual(['decision', 'outcome'])
  expect(JSON.stringify(entries)).not.toContain(PLANT)
  expect(JSON.stringify(entries)).not.toContain(PROVIDERS_WORDS)
}

test.each(broken)('%s: the stream is interrupted in every protocol', async (trick, code) => {
  const began = performance.now()
  await Promise.all(STREAMING.map((route) => expectInterrupted(route, trick, code)))
  expect(performance.now() - began).toBeLessThan(5_000)
  await expectServed(world)
})

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event
}

/** With the official client of the route's protocol, unmodified. */
async function readByClient(route: SendRoute, trick: Broken): Promise<void> {
  const { token: apiKey, rig } = world
  const body = JSON.parse(streamed(route, trick)) as never
  const openai = new OpenAI({ baseURL: `${rig.url}/v1`, apiKey, maxRetries: 0 })
  const stem = route.path.replace('/v1/messages', '')
  const anthropic = new Anthropic({ baseURL: `${rig.url}${stem}`, apiKey, maxRetries: 0 })
  switch (route.path) {
    case '/v1/chat/completions':
      return drain((await openai.chat.completions.create(body)) as never)
    case '/v1/responses':
      return drain((await openai.responses.create(body)) as never)
    case '/v1/completions':
      return drain((await openai.completions.create(body)) as never)
    default:
      return drain((await anthropic.messages.create(body)) as never)
  }
}

test.each(broken)('%s: the official clients throw', async (trick) => {
  const thrown = await Promise.all(
    STREAMING.map(async (route) => {
      const error: unknown = await readByClient(route, trick).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      return [route.path, error instanceof OpenAiError || error instanceof AnthropicError]
    }),
  )
  expect(thrown).toEqual(STREAMING.map(({ path }) => [path, true]))
})

test('a good stream is complete for every client', async () => {
  const read = STREAMING.map(async (route) => {
    const response = await send(world, route, { body: goodText(route, { stream: true }) })
    return [route.path, response.status, ENDS.test(await response.text())]
  })
  expect(await Promise.all(read)).toEqual(STREAMING.map(({ path }) => [path, 200, true]))
})
