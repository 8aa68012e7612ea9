// Threat: a model, or whatever it read, gives a credential away. Wherever it stands in an answer, and however a stream cuts
// it, the caller gets none of it, is told of it, and the record is the same for both ways of answering.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Scriptable, type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { WORLD } from './inspected-world.ts'
import { chat, LEAKS, messages, redacted, responses, secret } from './leaking-answers.ts'
import { AWS_KEY, eventsOf, expectNoPartOf, stringsAt } from './leaks.ts'

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

const CALLS = {
  'openai-chat': ['/v1/chat/completions', { model: 'clinic-small', messages: [{ role: 'user', content: 'Hi' }] }],
  'anthropic-messages': [
    '/v1/messages',
    { model: 'claude-clinic', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] },
  ],
  'openai-responses': ['/v1/responses', { model: 'clinic-small', input: 'Hi' }],
} as const

async function ask(script: Scriptable, stream: boolean, model?: string) {
  provider.script = script
  const [path, body] = CALLS[script.protocol]
  const response = await rig.call('alice', path, { ...body, stream, ...(model === undefined ? {} : { model }) })
  const text = await response.text()
  const { outcome } = await rig.settled(exchangeOf(response))
  return { response, text, outcome }
}

describe.each(LEAKS.map((leak) => [leak.where, leak.script.protocol, leak] as const))(
  '%s of %s',
  (_where, _protocol, leak) => {
    const { script, place, whole, pieces, reads } = leak

    test('a whole answer comes without it, and a header says so', async () => {
      const { response, text, outcome } = await ask(script, false)
      expect(response.status).toBe(200)
      expect(response.headers.get('x-sallyport-redacted')).toContain(`aws-access-key;in=answer;at="${place}"`)
      expectNoPartOf(AWS_KEY, text)
      expect(stringsAt(JSON.parse(text), whole).join('')).toContain(reads)
      expectNoPartOf(AWS_KEY, JSON.stringify(outcome))
    })

    test('a stream of single characters comes without it, and an event says so', async () => {
      const { response, text } = await ask(script, true)
      expect(response.status).toBe(200)
      const events = eventsOf(text)
      expect(events.flatMap((event) => stringsAt(event, /^\/sallyport\/redacted\/\d+\/(?:kind|place)$/))).toContain(
        place,
      )
      expectNoPartOf(AWS_KEY, text)
      if (pieces.source !== 'NEVER') {
        const joined = events.flatMap((event) => stringsAt(event, pieces)).join('')
        expect(joined.includes(reads) || joined === JSON.stringify({ note: reads })).toBe(true)
      }
      // As one text, too: none of it stands across events.
      expectNoPartOf(AWS_KEY, events.flatMap((event) => stringsAt(event, /./)).join(''), 8)
    })

    test('both ways have the same findings, and the same verdict', async () => {
      const findings = async (stream: boolean): Promise<unknown> => {
        const { outcome } = await ask(script, stream)
        const found = outcome['findings'] as readonly { kind: string; place: string; action: string }[]
        return found.map(({ kind, place: at, action }) => `${kind} ${at} ${action}`).sort()
      }
      const plain = await findings(false)
      expect(plain).toContain(`aws-access-key ${place} redact`)
      expect(await findings(true)).toEqual(plain)
    })
  },
)

test('a snapshot that repeats the text repeats it redacted', async () => {
  const { text } = await ask(responses({ type: 'message', text: secret }), true)
  const last = eventsOf(text).at(-1)
  expect(stringsAt(last, /^\/response\/output\/0\/content\/0\/text$/)).toEqual([redacted])
})

describe('signed thinking', () => {
  const thought = (thinking: string) =>
    messages({ type: 'thinking', thinking, signature: 'c2lnbmVk' }, { type: 'text', text: 'Hi' })

  test('without a credential passes unchanged', async () => {
    const { text } = await ask(thought('I think so.'), false)
    expect(JSON.parse(text)).toMatchObject({
      content: [{ thinking: 'I think so.', signature: 'c2lnbmVk' }, { text: 'Hi' }],
    })
  })

  test('with one is blocked, never edited, whole or streamed', async () => {
    const plain = await ask(thought(secret), false)
    expect(plain.response.status).toBe(403)
    expect(plain.text).toContain('content_blocked')
    const { text, outcome } = await ask(thought(secret), true)
    expect(text).toContain('event: error')
    expect(text).not.toContain('message_stop')
    for (const each of [plain.text, text]) expectNoPartOf(AWS_KEY, each)
    expect(outcome).toMatchObject({ ended: 'refused', reason: 'content_blocked' })
  })
})

test.each([
  [
    'openai-responses',
    responses({ type: 'message', text: AWS_KEY.slice(0, 11) }, { type: 'message', text: AWS_KEY.slice(11) }),
  ],
  [
    'anthropic-messages',
    messages({ type: 'text', text: AWS_KEY.slice(0, 11) }, { type: 'text', text: AWS_KEY.slice(11) }),
  ],
] as const)(
  'across two texts of %s that clients put together it is blocked, whole or streamed',
  async (_name, script) => {
    const plain = await ask(script, false)
    expect(plain.response.status).toBe(403)
    const streamed = await ask(script, true)
    expect(streamed.text).toContain('event: error')
    for (const { text, outcome } of [plain, streamed]) {
      expect(text).not.toContain(AWS_KEY.slice(11))
      expect(outcome).toMatchObject({
        reason: 'content_blocked',
        findings: [{ kind: 'aws-access-key', action: 'block' }],
      })
    }
  },
)

test('encrypted reasoning is indeterminate', async () => {
  const encrypted_content = Buffer.alloc(96, 7).toString('base64')
  const { outcome } = await ask(responses({ type: 'reasoning', summary: 'So.', encrypted_content }), false)
  expect(outcome['findings']).toMatchObject([
    { kind: 'unreadable', place: '/output/0/encrypted_content', action: 'flag' },
  ])
})

test.each([false, true])('in an error of the provider (stream: %p)', async (stream) => {
  provider.script = {
    protocol: 'any',
    status: 400,
    body: { error: { message: secret, type: 'invalid_request_error', param: AWS_KEY, code: null } },
  }
  const response = await rig.call('alice', '/v1/chat/completions', {
    model: 'clinic-small',
    stream,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  const text = await response.text()
  expect(response.status).toBe(400)
  expect(text).toContain(redacted)
  expectNoPartOf(AWS_KEY, text)
  const { outcome } = await rig.settled(exchangeOf(response))
  expectNoPartOf(AWS_KEY, JSON.stringify(outcome))
})

describe('where the bundle blocks', () => {
  test('a whole answer is refused', async () => {
    const { response, text } = await ask(chat({ content: secret }), false, 'clinic-records')
    expect(response.status).toBe(403)
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'content_blocked' } })
    expectNoPartOf(AWS_KEY, text)
  })

  test('a stream ends before it, with an error', async () => {
    const { text, outcome } = await ask(chat({ content: secret }), true, 'clinic-records')
    const events = eventsOf(text)
    expect(events.flatMap((event) => stringsAt(event, /delta\/content$/)).join('')).toBe('It is ')
    expect(events.at(-1)).toMatchObject({ error: { code: 'content_blocked' } })
    expect(text).not.toContain('[DONE]')
    expect(outcome['findings']).toMatchObject([{ kind: 'aws-access-key', action: 'block' }])
  })
})

test('a stream that breaks off in the middle of a credential gives none of it away', async () => {
  const half = AWS_KEY.slice(0, 14)
  const broken = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () =>
      new Response(`data: {"choices":[{"index":0,"delta":{"content":"It is ${half}"}}]}\n\n`, {
        headers: { 'content-type': 'text/event-stream' },
      }),
  })
  const other = await startRig({ files: WORLD, provider: `http://127.0.0.1:${broken.port}` })
  const response = await other.ask('alice', {
    model: 'clinic-small',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expectNoPartOf(half, await response.text())
  await other.stop()
  await broken.stop(true)
})
