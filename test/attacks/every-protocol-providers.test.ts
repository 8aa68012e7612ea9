// A provider that hangs, lies or breaks before anything of its answer has left: on every route the caller is told a plain
// no, in the caller's own shape and our words, within the provider's bounds; it was asked once, and is let go.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { goodText, type SendRoute, SENDS, STREAMING } from './every-protocol.ts'
import type { Trick } from './every-protocol-provider.ts'
import { type Answered, expectNos, type Told } from './every-protocol-record.ts'
import { bearer, type EveryWorld, expectServed, send, startEveryWorld, trickName } from './every-protocol-world.ts'

const AT_PROVIDER = { decision: 'allow', ended: 'upstream-failed' } as const
const FAILED = { ...AT_PROVIDER, status: 502, code: 'provider_failed' } as const
const INVALID = { ...AT_PROVIDER, status: 502, code: 'provider_answer_invalid' } as const
const LATE = { ...AT_PROVIDER, status: 504, code: 'provider_timeout' } as const

type Way = readonly [trick: Trick, told: Told]

const plain: readonly Way[] = [
  ['html', INVALID],
  ['html-502', FAILED],
  ['not-json', INVALID],
  ['wrong-shape', INVALID],
  ['dies', FAILED],
  ['ends-early', INVALID],
  ['bad-utf8', INVALID],
  ['two-content-lengths', FAILED],
  ['gzip', INVALID],
  ['gzip-bomb', INVALID],
  ['redirect', INVALID],
  ['redirect-to-metadata', INVALID],
  ['hang-up', FAILED],
  ['die-unanswered', FAILED],
  ['header-flood', FAILED],
  ['no-newline', INVALID],
  ['says-error', FAILED],
  ['speaks-another', INVALID],
]

const streaming: readonly Way[] = [
  ['html', INVALID],
  ['html-502', FAILED],
  ['not-json', INVALID],
  ['gzip', INVALID],
  ['gzip-bomb', INVALID],
  ['redirect', INVALID],
  ['redirect-to-metadata', INVALID],
  ['hang-up', FAILED],
  ['die-unanswered', FAILED],
  ['die-early', FAILED],
  ['header-flood', FAILED],
  ['no-newline', INVALID],
  ['hundred-gigabytes', INVALID],
  ['says-error', FAILED],
  ['speaks-another', INVALID],
]

const slow = [
  ['hang', SENDS, false],
  ['stalls', SENDS, false],
  ['slow-headers', SENDS, false],
  ['hang', STREAMING, true],
  ['slow-headers', STREAMING, true],
  ['silent-stream', STREAMING, true],
] as const

const tricks: readonly Trick[] = [
  ...new Set([...plain, ...streaming].map(([trick]) => trick)),
  'hang',
  'stalls',
  'slow-headers',
  'silent-stream',
]

let world: EveryWorld
beforeAll(async () => {
  world = await startEveryWorld({ tricks, timeouts: '{ first-byte: 800ms, idle: 800ms }' })
})
afterAll(async () => {
  expect(world.provider.trapped()).toBe(0)
  await world.stop()
})

async function ask(route: SendRoute, trick: Trick, told: Told, stream: boolean): Promise<Answered> {
  const model = trickName(trick, route)
  const body = goodText(route, stream ? { model, stream } : { model })
  return { name: `${route.path} ${trick}`, shape: route.shape, told, response: await send(world, route, { body }) }
}

async function expectTold(routes: readonly SendRoute[], [trick, told]: Way, stream: boolean): Promise<void> {
  const before = world.provider.asked()
  await expectNos(world, await Promise.all(routes.map((route) => ask(route, trick, told, stream))))
  // Once each: a request may not happen twice because its answer was bad.
  expect(world.provider.asked()).toBe(before + routes.length)
  await expectServed(world)
}

test.each(plain)('%s, in place of a whole answer', (trick, told) => expectTold(SENDS, [trick, told], false))

test.each(streaming)('%s, in place of a stream', (trick, told) => expectTold(STREAMING, [trick, told], true))

test('100 GB are announced, and cut off at their bound', async () => {
  // One after the other: each holds as much as a whole answer may have.
  for (const route of SENDS) await expectNos(world, [await ask(route, 'hundred-gigabytes', INVALID, false)])
  await expectServed(world)
}, 20_000)

test('what hangs, whole or streamed, is given up on in its time, however many hang at once', async () => {
  const began = performance.now()
  const asking = slow.flatMap(([trick, routes, stream]) => routes.map((route) => ask(route, trick, LATE, stream)))
  const answers = await Promise.all(asking)
  expect(performance.now() - began).toBeLessThan(6_000)
  await expectNos(world, answers)
  await expectServed(world)
}, 15_000)

const kept = [
  ...['html', 'not-json', 'wrong-shape', 'ends-early', 'bad-utf8', 'gzip', 'gzip-bomb', 'redirect'].map(
    (trick) => [trick as Trick, INVALID] as const,
  ),
  ...['redirect-to-metadata', 'speaks-another'].map((trick) => [trick as Trick, INVALID] as const),
  ...['html-502', 'dies', 'hang-up', 'die-unanswered', 'says-error'].map((trick) => [trick as Trick, FAILED] as const),
  ...['hang', 'stalls'].map((trick) => [trick as Trick, LATE] as const),
]

test('the same of what a provider keeps: read, listed, cancelled or deleted', async () => {
  const { rig, token, provider } = world
  const answers = kept.map(async ([trick, told]): Promise<readonly Answered[]> => {
    const body = { model: `later.${trick}`, input: 'keep this', store: true }
    const made = await rig.callWith(token, '/v1/responses', body)
    const { id } = (await made.json()) as { readonly id: string }
    const asked = [
      ['GET', ''],
      ['GET', '/input_items'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const
    return Promise.all(
      asked.map(async ([method, below]): Promise<Answered> => {
        const response = await fetch(`${rig.url}/v1/responses/${id}${below}`, { method, headers: bearer(token) })
        return { name: `${method} ${below} ${trick}`, shape: 'openai', response, told }
      }),
    )
  })
  const before = provider.asked('POST')
  const all = (await Promise.all(answers)).flat()
  await expectNos(world, all)
  // Made and cancelled once. What may happen twice (RFC 9110 §9.2.2: GET, DELETE) Bun itself sends again where a connection
  // that it had kept turns out to be closed; a POST never.
  expect(provider.asked('POST')).toBe(before + 2 * kept.length)
  await expectServed(world)
}, 15_000)
