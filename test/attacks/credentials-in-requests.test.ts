// Threat: a credential leaves with a prompt. Wherever it stands in a request, it does not reach the provider; who sent it
// is told kind and place; and the record holds neither.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { WORLD } from './inspected-world.ts'
import { AWS_KEY, base64, expectNoPartOf, forget, seenBy } from './leaks.ts'
import { CHAT, messages, OTHERS, responses, secret, turn } from './places-of-a-secret.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: WORLD })
})
afterAll(() => rig.stop())

describe.each([
  ...CHAT.map(([where, body, place]) => [where, '/v1/chat/completions', body, place] as const),
  ...OTHERS,
])('in %s of %s', (_where, path, body, place) => {
  test('it is taken out, told and recorded, and the provider never sees it', async () => {
    await forget(rig)
    const response = await rig.call('alice', path, body)
    const told = response.headers.get('x-sallyport-redacted')
    expect([response.status, told]).toEqual([200, `aws-access-key;in=request;at="${place}"`])
    const answer = await response.text()

    const seen = await seenBy(rig)
    expect(seen).toContain('[redacted: aws-access-key]')
    expectNoPartOf(AWS_KEY, seen)
    expectNoPartOf(AWS_KEY, answer)

    const { decision, outcome } = await rig.settled(exchangeOf(response))
    expect(decision['findings']).toMatchObject([
      { inspector: 'credentials', kind: 'aws-access-key', place, action: 'redact' },
    ])
    expect(decision['redacted']).toMatch(/^[0-9a-f]{64}$/)
    expectNoPartOf(AWS_KEY, JSON.stringify([decision, outcome]))
  })
})

const BLOCKED: readonly (readonly [where: string, path: string, body: object])[] = [
  [
    'a text file in base64',
    '/v1/chat/completions',
    turn([
      { type: 'file', file: { filename: 'a.txt', file_data: `data:text/plain;base64,${base64(secret)}` } },
      { type: 'text', text: 'Hi' },
    ]),
  ],
  [
    'a signed block of thinking',
    '/v1/messages',
    messages({
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: secret, signature: base64('signed by the provider') },
            { type: 'text', text: 'x' },
          ],
        },
        { role: 'user', content: 'Go on' },
      ],
    }),
  ],
]

const halves = [AWS_KEY.slice(0, 11), AWS_KEY.slice(11)] as const

test.each([
  ['/v1/chat/completions', turn(halves.map((text) => ({ type: 'text', text })))],
  [
    '/v1/responses',
    responses({ input: [{ role: 'user', content: halves.map((text) => ({ type: 'input_text', text })) }] }),
  ],
  ['/v1/messages', messages({ messages: [{ role: 'user', content: halves.map((text) => ({ type: 'text', text })) }] })],
])('across two parts of one message of %s it is blocked: nothing is sent', async (path, body) => {
  await forget(rig)
  const response = await rig.call('alice', path, body)
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('content_blocked')])
  expect(await seenBy(rig)).toBe('[]')
})

test.each(BLOCKED)('in %s it cannot be taken out: nothing is sent', async (_where, path, body) => {
  await forget(rig)
  const response = await rig.call('alice', path, body)
  const text = await response.text()
  expect([response.status, text]).toEqual([403, expect.stringContaining('content_blocked')])
  expect(await seenBy(rig)).toBe('[]')
  expectNoPartOf(AWS_KEY, text)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision).toMatchObject({ decision: 'deny', reason: 'content_blocked', findings: [{ action: 'block' }] })
})

test('where the bundle blocks, the same request is refused, and nothing is sent', async () => {
  await forget(rig)
  const response = await rig.call('alice', '/v1/chat/completions', { ...turn(secret), model: 'clinic-records' })
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ error: { code: 'content_blocked', param: '/messages/0/content' } })
  expect(await seenBy(rig)).toBe('[]')
})

test('a wish that policy denies anyway is not inspected', async () => {
  const response = await rig.call('bob', '/v1/chat/completions', { ...turn(secret), model: 'clinic-large' })
  expect(response.status).toBe(403)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision['findings']).toEqual([])
  expect(decision['checks']).toContainEqual({ name: 'credentials', verdict: 'not-run', us: 0, direction: 'request' })
})

test('policy decides about what was found: it sees the findings, and the text without them', async () => {
  const asked = { ...turn(secret), model: 'clinic-clean' }
  const response = await rig.call('alice', '/v1/chat/completions', asked)
  expect(response.status).toBe(403)
  expect(await response.text()).toContain('No credentials here.')
  const clean = await rig.call('alice', '/v1/chat/completions', { ...turn('Hi'), model: 'clinic-clean' })
  expect(clean.status).toBe(200)
})

test('what could not be read is indeterminate, and policy decides', async () => {
  const image = {
    type: 'image_url',
    image_url: { url: `data:image/png;base64,${Buffer.from([0x89, 0x50, 0xff]).toString('base64')}` },
  }
  const allowed = await rig.call('alice', '/v1/chat/completions', turn([image]))
  expect(allowed.status).toBe(200)
  const { decision } = await rig.settled(exchangeOf(allowed))
  expect(decision['findings']).toMatchObject([{ kind: 'unreadable', place: '/messages/0/content/0/image_url/url' }])
  const denied = await rig.call('alice', '/v1/chat/completions', { ...turn([image]), model: 'clinic-clean' })
  expect(denied.status).toBe(403)
})

test.each([
  ['a header', { headers: { 'x-sallyport-inspect': 'off' } }, {}],
  ['a field', {}, { inspectors: { credentials: 'off' }, safety: { credentials: false } }],
])('%s of the caller switches nothing off', async (_what, init, more) => {
  await forget(rig)
  const response = await rig.call('alice', '/v1/chat/completions', { ...turn(secret), ...more }, init)
  expect(response.headers.get('x-sallyport-redacted')).toContain('aws-access-key')
  expectNoPartOf(AWS_KEY, await seenBy(rig))
})
