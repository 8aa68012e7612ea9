// Whatever two readers of a body could understand differently is refused by name, and what is no such body too.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { CLINIC, CLINIC_YAML, exchangeOf, type Rig, says, startRig } from '../rig.ts'
import { HELLO, HELLO_TEXT } from './hello.ts'
import { expectRefused, providerCount, type Refused } from './record.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const BAD = { status: 400, type: 'invalid_request_error' } as const
const MALFORMED = { ...BAD, code: 'malformed_request' } as const
const field = (param: string) => ({ ...BAD, code: 'invalid_field', param })
const MEDIA = { ...BAD, status: 415, code: 'unsupported_media_type' } as const

const messages = JSON.stringify(says('hello'))
const nested = (depth: number): string =>
  `{"model":"clinic-small","messages":${messages},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))

const bodies: readonly (readonly [string, string | Uint8Array, Refused])[] = [
  ['nothing', '', MALFORMED],
  ['no JSON', 'hello', MALFORMED],
  ['half a body', HELLO_TEXT.slice(0, 40), MALFORMED],
  ['something behind the body', `${HELLO_TEXT}{}`, MALFORMED],
  ['a comment', HELLO_TEXT.replace('{', '{/*x*/'), MALFORMED],
  ['a trailing comma', HELLO_TEXT.replace(/\}$/, ',}'), MALFORMED],
  ['NaN', HELLO_TEXT.replace(/\}$/, ',"temperature":NaN}'), MALFORMED],
  ['depth of 1,000', nested(1_000), MALFORMED],
  ['depth of a million', nested(1_000_000), MALFORMED],
  ['a deep schema', HELLO_TEXT.replace(/\}$/, `,"tools":${'[{"a":'.repeat(500)}1${'}]'.repeat(500)}}`), MALFORMED],
  ['the model twice', HELLO_TEXT.replace('{', '{"model":"clinic-large",'), MALFORMED],
  ['the model twice, once in escapes', HELLO_TEXT.replace('{', '{"\\u006dodel":"clinic-large",'), MALFORMED],
  ['a key twice, deep inside', HELLO_TEXT.replace('"role"', '"role":"system","role"'), MALFORMED],
  ['__proto__ twice', HELLO_TEXT.replace('{', '{"__proto__":1,"__proto__":2,'), MALFORMED],
  ['"Model" beside "model"', HELLO_TEXT.replace('{', '{"Model":"clinic-large",'), field('Model')],
  ['"MODEL" alone', HELLO_TEXT.replace('"model"', '"MODEL"'), field('MODEL')],
  ['"ſtream", which folds to "stream"', HELLO_TEXT.replace('{', '{"ſtream":true,'), field('ſtream')],
  ['"Role" in a message', HELLO_TEXT.replace('"role"', '"Role":"system","role"'), field('messages[0].Role')],
  ['invalid UTF-8', bytes(HELLO_TEXT.slice(0, -4), 0xff, HELLO_TEXT.slice(-4)), MALFORMED],
  ['UTF-8 in too many bytes', bytes(HELLO_TEXT.slice(0, -4), 0xc0, 0xaf, HELLO_TEXT.slice(-4)), MALFORMED],
  ['a lone surrogate', HELLO_TEXT.replace('hello', '\\ud800'), MALFORMED],
  ['UTF-16', Buffer.from(HELLO_TEXT, 'utf16le'), MALFORMED],
  ['a byte order mark', bytes(0xef, 0xbb, 0xbf, HELLO_TEXT), MALFORMED],
  ['a control character in a string', HELLO_TEXT.replace('hello', 'a\u0001b'), MALFORMED],
  ['stream: "true"', HELLO_TEXT.replace(/\}$/, ',"stream":"true"}'), field('stream')],
  ['stream: 1', HELLO_TEXT.replace(/\}$/, ',"stream":1}'), field('stream')],
  ['a number too large for anybody', HELLO_TEXT.replace(/\}$/, ',"seed":1e999}'), MALFORMED],
  ['an array', `[${HELLO_TEXT}]`, { ...BAD, code: 'invalid_field', param: null }],
  ['a string', JSON.stringify(HELLO_TEXT), { ...BAD, code: 'invalid_field', param: null }],
  ['no model', `{"messages":${messages}}`, field('model')],
  ['a model that is no string', `{"model":["clinic-small"],"messages":${messages}}`, field('model')],
  ['no messages', '{"model":"clinic-small"}', field('messages')],
  ['a role that is none', HELLO_TEXT.replace('"user"', '"root"'), field('messages[0].role')],
]

test.each(bodies)('%s', async (_name, body, told) => {
  const before = await providerCount(rig)
  const response = await rig.ask('alice', '', { body: body as string })
  const { message } = await expectRefused(rig, response, told)
  expect(message).not.toContain('hello')
  expect(await providerCount(rig)).toBe(before)
})

test('a model that nobody has', async () => {
  const told = { ...BAD, status: 404, code: 'model_not_found', param: 'model' } as const
  for (const model of [
    'no-such-model',
    'clinic-small ',
    'CLINIC-SMALL',
    '',
    '__proto__',
    'constructor',
    'harbor/harbor-small',
  ]) {
    const { message } = await expectRefused(rig, await rig.ask('alice', { ...HELLO, model }), told)
    if (model !== '') expect(message).not.toContain(`${model} `)
  }
})

test.each([
  ['no content type', { 'content-type': '' }],
  ['text', { 'content-type': 'text/plain' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['many parts', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['another character set', { 'content-type': 'application/json; charset=utf-16' }],
  ['two types', { 'content-type': 'application/json, text/plain' }],
  ['JSON of another kind', { 'content-type': 'application/json-patch+json' }],
  ['gzip', { 'content-encoding': 'gzip' }],
  ['brotli', { 'content-encoding': 'br' }],
  ['identity and gzip', { 'content-encoding': 'identity, gzip' }],
] as const)('%s is not read', async (_name, headers: Readonly<Record<string, string>>) => {
  const before = await providerCount(rig)
  const zipped = headers['content-encoding'] === 'gzip'
  const body = zipped ? gzipSync(HELLO_TEXT) : HELLO_TEXT
  const response = await rig.ask('alice', '', { headers, body: body as string })
  await expectRefused(rig, response, MEDIA)
  expect(await providerCount(rig)).toBe(before)
})

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
  '%s is read',
  async (type) => {
    expect((await rig.ask('alice', HELLO, { headers: { 'content-type': type } })).status).toBe(200)
  },
)

test('above tier 1, an unknown field is refused by name; in tier 1 it passes, recorded', async () => {
  const told = { ...BAD, code: 'unknown_field', param: 'top_k' } as const
  await expectRefused(rig, await rig.ask('alice', { ...HELLO, model: 'clinic-records', top_k: 5 }), told)
  const passed = await rig.ask('alice', { ...HELLO, top_k: 5 })
  expect(passed.status).toBe(200)
  expect((await rig.settled(exchangeOf(passed))).decision).toMatchObject({ unknown: ['top_k'] })
})

test('the name of an unknown field is recorded only where it could not be a secret', async () => {
  const [mask, long, other] = ['x_', 'a'.repeat(40), '(other)']
  const names = [
    mask,
    long,
    `${long}a`,
    'sk_live_4eC39',
    'Bearer',
    'ann@harbor.example',
    '+442079460958',
    'a[1234567]',
    'a..b',
  ]
  const passed = await rig.ask('alice', { ...HELLO, ...Object.fromEntries(names.map((name) => [name, 1])) })
  expect(passed.status).toBe(200)
  expect((await rig.settled(exchangeOf(passed))).decision).toMatchObject({
    unknown: [mask, long, other, other, other, other, other, other, other],
  })
})

test('fields that are admitted hide none that is not, however many they are', async () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `mark${index}`)
  const yaml = CLINIC_YAML.replace('private: true', `private: true\n    accept: [${names(40).join(', ')}]`)
  const strict = await startRig({ files: { ...CLINIC, 'sallyport.yaml': yaml } })
  const marked = (count: number) => Object.fromEntries(names(count).map((name) => [name, 1]))
  const request = { model: 'clinic-records', messages: [{ role: 'user', content: 'hello' }], ...marked(20) }
  expect((await strict.ask('alice', request)).status).toBe(200)
  const before = await providerCount(strict)
  const hidden = await strict.ask('alice', { ...request, ...marked(40), top_k: 5 })
  await expectRefused(strict, hidden, { ...BAD, code: 'unknown_field', param: '…' })
  expect(await providerCount(strict)).toBe(before)
  await strict.stop()
})
