// A body that two readers could understand differently, or that is none, is refused alike on every route that takes one:
// by its field, in the caller's own shape, recorded, with nothing sent.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { goodText, type SendRoute, SENDS } from './every-protocol.ts'
import { expectNos, type Told } from './every-protocol-record.ts'
import { type EveryWorld, expectServed, send, startEveryWorld } from './every-protocol-world.ts'

let world: EveryWorld
beforeAll(async () => {
  world = await startEveryWorld()
})
afterAll(() => world.stop())

const MALFORMED = { status: 400, code: 'malformed_request' } as const
const MEDIA = { status: 415, code: 'unsupported_media_type' } as const
const NO_MODEL = { status: 404, code: 'model_not_found', field: 'model' } as const
const field = (name: string | undefined): Told => ({ status: 400, code: 'invalid_field', field: name })

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))
const cut = (text: string, put: number): Uint8Array => bytes(text.slice(0, -4), put, text.slice(-4))
const deep = '['.repeat(5_000) + ']'.repeat(5_000)
const front = (text: string, more: string): string => text.replace('{', `{${more},`)
const behind = (text: string, more: string): string => text.replace(/\}$/, `,${more}}`)

type Make = (good: string, route: SendRoute) => string | Uint8Array
type Expect = Told | ((route: SendRoute) => Told)

/** Where nothing streams it is no field at all. */
const notStream = ({ streams }: SendRoute): Told => ({
  status: 400,
  code: streams ? 'invalid_field' : 'unknown_field',
  field: 'stream',
})
/** Whose input may be left out: it may stand in an earlier response. There a number stands in its place. */
const optional: ReadonlySet<string> = new Set(['/v1/responses', '/v1/responses/input_tokens', '/v1/responses/compact'])

const bodies: readonly (readonly [string, Make, Expect])[] = [
  ['nothing', () => '', MALFORMED],
  ['[]', () => '[]', field(undefined)],
  ['null', () => 'null', field(undefined)],
  ['"x"', () => '"x"', field(undefined)],
  ['a body in an array', (good) => `[${good}]`, field(undefined)],
  ['half a body', (good) => good.slice(0, good.length / 2), MALFORMED],
  ['something behind the body', (good) => `${good}{}`, MALFORMED],
  ['a zero byte behind the body', (good) => bytes(good, 0), MALFORMED],
  ['a byte order mark', (good) => bytes(0xef, 0xbb, 0xbf, good), MALFORMED],
  ['UTF-16', (good) => Buffer.from(good, 'utf16le'), MALFORMED],
  ['invalid UTF-8', (good) => cut(good, 0xff), MALFORMED],
  ['UTF-8 in too many bytes', (good) => bytes(good.slice(0, -4), 0xc0, 0xaf, good.slice(-4)), MALFORMED],
  ['a lone surrogate', (good) => good.replace('hello', '\\ud800'), MALFORMED],
  ['NaN', (good) => behind(good, '"temperature":NaN'), MALFORMED],
  ['Infinity', (good) => behind(good, '"temperature":-Infinity'), MALFORMED],
  ['a number too large for anybody', (good) => behind(good, '"seed":1e999'), MALFORMED],
  ['JSON that is 5,000 deep', (good) => behind(good, `"x":${deep}`), MALFORMED],
  ['what is said, 5,000 deep', (_, { model, says }) => `{"model":"${model}","${says}":${deep}}`, MALFORMED],
  ['the model twice', (good, { elsewhere }) => front(good, `"model":"${elsewhere}"`), MALFORMED],
  ['the model twice, once in escapes', (good) => front(good, '"\\u006dodel":"clinic-large"'), MALFORMED],
  ['what is said twice', (good, { says }) => front(good, `"${says}":"x"`), MALFORMED],
  ['"Model" beside "model"', (good) => front(good, '"Model":"clinic-large"'), field('Model')],
  ['"MODEL" alone', (good) => good.replace('"model"', '"MODEL"'), field('MODEL')],
  [
    'what is said in another case, too',
    (good, { says }) => front(good, `"${says.toUpperCase()}":"x"`),
    ({ says }) => field(says.toUpperCase()),
  ],
  [
    'nothing said',
    (_, { model, says, path }) => (optional.has(path) ? `{"model":"${model}","${says}":7}` : `{"model":"${model}"}`),
    ({ says }) => field(says),
  ],
  ['a number said', (_, { model, says }) => `{"model":"${model}","${says}":7}`, ({ says }) => field(says)],
  ['no model', (good) => good.replace(/"model":"[^"]+",/, ''), field('model')],
  ['a model in an array', (good) => good.replace(/"model":("[^"]+")/, '"model":[$1]'), field('model')],
  ['a model that is null', (good) => good.replace(/"model":"[^"]+"/, '"model":null'), field('model')],
  ['an unknown model', (good) => good.replace(/"model":"[^"]+"/, '"model":"no-such-model"'), NO_MODEL],
  ['an empty name of a model', (good) => good.replace(/"model":"[^"]+"/, '"model":""'), NO_MODEL],
  ['__proto__ as the model', (good) => good.replace(/"model":"[^"]+"/, '"model":"__proto__"'), NO_MODEL],
  ['constructor as the model', (good) => good.replace(/"model":"[^"]+"/, '"model":"constructor"'), NO_MODEL],
  [
    "the provider's name of the model",
    (good) => good.replace(/"model":"[^"]+"/, '"model":"harbor/harbor-small"'),
    NO_MODEL,
  ],
  [
    'a model of another protocol',
    (good, { elsewhere }) => good.replace(/"model":"[^"]+"/, `"model":"${elsewhere}"`),
    field('model'),
  ],
  ['stream: "true"', (good) => behind(good, '"stream":"true"'), notStream],
  ['stream: 1', (good) => behind(good, '"stream":1'), notStream],
  ['stream: null in other letters', (good) => behind(good, '"Stream":null'), field('Stream')],
]

const toldOf = (told: Expect, route: SendRoute): Told => (typeof told === 'function' ? told(route) : told)

test.each(bodies)('%s is refused on every route', async (_name, make, told) => {
  const before = world.provider.asked()
  const answers = await Promise.all(
    SENDS.map(async (route) => ({
      name: route.path,
      shape: route.shape,
      response: await send(world, route, { body: make(goodText(route), route) }),
      told: toldOf(told, route),
    })),
  )
  await expectNos(world, answers)
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
})

test.each([
  ['no content type', { 'content-type': '' }],
  ['text', { 'content-type': 'text/plain' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['another character set', { 'content-type': 'application/json; charset=utf-16' }],
  ['two types', { 'content-type': 'application/json, text/plain' }],
  ['gzip', { 'content-encoding': 'gzip' }],
  ['brotli', { 'content-encoding': 'br' }],
] as const)('%s is not read on any route', async (_name, headers) => {
  const before = world.provider.asked()
  const answers = await Promise.all(
    SENDS.map(async (route) => {
      const zipped = 'content-encoding' in headers && headers['content-encoding'] === 'gzip'
      const body = zipped ? Bun.gzipSync(goodText(route)) : Buffer.from(goodText(route))
      return {
        name: route.path,
        shape: route.shape,
        response: await send(world, route, { body, headers }),
        told: MEDIA,
      }
    }),
  )
  await expectNos(world, answers)
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
})
