// Threat: a credential leaves with a prompt. Wherever it stands in a request, it does not reach the provider; who sent it
// is told kind and place; and the record holds neither.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { WORLD } from './inspected-world.ts'
import { AWS_KEY, base64, expectNoPartOf, forget, seenBy } from './leaks.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: WORLD })
})
afterAll(() => rig.stop())

const call = (args: string) => ({ id: 'call_1', type: 'function', function: { name: 'look_up', arguments: args } })
const answered = (args: string) => [
  { role: 'user', content: 'Look it up.' },
  { role: 'assistant', content: null, tool_calls: [call(args)] },
  { role: 'tool', tool_call_id: 'call_1', content: 'done' },
]
const chat = (body: object) => ({
  model: 'clinic-small',
  messages: [{ role: 'user', content: 'Good morning' }],
  ...body,
})
const messages = (body: object) => ({
  model: 'claude-clinic',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Good morning' }],
  ...body,
})
const responses = (body: object) => ({ model: 'clinic-small', input: 'Good morning', ...body })

const turn = (content: unknown, role = 'user') => chat({ messages: [{ role, content }] })
const secret = `the key is ${AWS_KEY}, keep it`

const CHAT: readonly (readonly [where: string, body: object, place: string])[] = [
  [
    'the system prompt',
    chat({
      messages: [
        { role: 'system', content: secret },
        { role: 'user', content: 'Hi' },
      ],
    }),
    '/messages/0/content',
  ],
  ['the developer prompt', turn(secret, 'developer'), '/messages/0/content'],
  [
    'an earlier turn',
    chat({
      messages: [
        { role: 'user', content: secret },
        { role: 'assistant', content: 'Noted.' },
        { role: 'user', content: 'Hi' },
      ],
    }),
    '/messages/0/content',
  ],
  [
    "the model's earlier answer",
    chat({
      messages: [
        { role: 'assistant', content: secret },
        { role: 'user', content: 'Hi' },
      ],
    }),
    '/messages/0/content',
  ],
  ['the last turn', turn(secret), '/messages/0/content'],
  [
    'a content part',
    turn([
      { type: 'text', text: 'Hi' },
      { type: 'text', text: secret },
    ]),
    '/messages/0/content/1/text',
  ],
  [
    'an argument of a tool call',
    chat({ messages: answered(JSON.stringify({ note: secret })) }),
    '/messages/1/tool_calls/0/function/arguments/note',
  ],
  [
    'an argument that JSON escaped twice',
    chat({ messages: answered(`{"note":"${AWS_KEY.replace('K', '\\u004b')}"}`) }),
    '/messages/1/tool_calls/0/function/arguments/note',
  ],
  [
    'the name of an argument',
    chat({ messages: answered(JSON.stringify({ [AWS_KEY]: 1 })) }),
    '/messages/1/tool_calls/0/function/arguments/*',
  ],
  [
    'arguments that are no JSON',
    chat({ messages: answered(`{"note": ${AWS_KEY}`) }),
    '/messages/1/tool_calls/0/function/arguments',
  ],
  [
    'the result of a tool',
    chat({ messages: [...answered('{}').slice(0, 2), { role: 'tool', tool_call_id: 'call_1', content: secret }] }),
    '/messages/2/content',
  ],
  [
    "a tool's description",
    chat({
      tools: [{ type: 'function', function: { name: 'f', description: secret, parameters: { type: 'object' } } }],
    }),
    '/tools/0/function/description',
  ],
  [
    "a tool's schema",
    chat({
      tools: [
        {
          type: 'function',
          function: { name: 'f', parameters: { type: 'object', properties: { a: { enum: [AWS_KEY] } } } },
        },
      ],
    }),
    '/tools/0/function/parameters/properties/a/enum/0',
  ],
  ['a stop sequence', chat({ stop: [AWS_KEY] }), '/stop/0'],
  ['metadata', chat({ metadata: { ticket: AWS_KEY } }), '/metadata/ticket'],
  ['a field that nobody knows', chat({ novelty: { deep: [secret] } }), '/novelty/deep/0'],
  ['the name of a field that nobody knows', chat({ [AWS_KEY]: true }), '/*'],
  ['a participant', chat({ messages: [{ role: 'user', name: AWS_KEY, content: 'Hi' }] }), '/messages/0/name'],
  ['zero-width characters between its own', turn(Array.from(AWS_KEY).join('\u200b')), '/messages/0/content'],
  [
    'full-width letters',
    turn(Array.from(AWS_KEY, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)).join('')),
    '/messages/0/content',
  ],
]

const OTHERS: readonly (readonly [where: string, path: string, body: object, place: string])[] = [
  ['instructions', '/v1/responses', responses({ instructions: secret }), '/instructions'],
  ['the input', '/v1/responses', responses({ input: secret }), '/input'],
  [
    'an input item',
    '/v1/responses',
    responses({ input: [{ role: 'user', content: [{ type: 'input_text', text: secret }] }] }),
    '/input/0/content/0/text',
  ],
  [
    "a function's arguments",
    '/v1/responses',
    responses({
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: JSON.stringify({ note: secret }) },
        { type: 'function_call_output', call_id: 'c', output: 'x' },
      ],
    }),
    '/input/1/arguments/note',
  ],
  [
    "a function's output",
    '/v1/responses',
    responses({
      input: [
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: secret },
      ],
    }),
    '/input/1/output',
  ],
  ['a prompt', '/v1/completions', { model: 'clinic-small', prompt: ['Hi', secret] }, '/prompt/1'],
  ['a text to embed', '/v1/embeddings', { model: 'clinic-embed', input: [secret] }, '/input/0'],
  ['a text to moderate', '/v1/moderations', { model: 'clinic-small', input: secret }, '/input'],
  ['the system prompt', '/v1/messages', messages({ system: secret }), '/system'],
  ['a system block', '/v1/messages', messages({ system: [{ type: 'text', text: secret }] }), '/system/0/text'],
  ['a turn', '/v1/messages', messages({ messages: [{ role: 'user', content: secret }] }), '/messages/0/content'],
  [
    'a turn',
    '/anthropic/v1/messages',
    messages({ messages: [{ role: 'user', content: secret }] }),
    '/messages/0/content',
  ],
  [
    "a tool's input",
    '/v1/messages',
    messages({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { note: secret } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
      ],
    }),
    '/messages/1/content/0/input/note',
  ],
  [
    "a tool's result",
    '/v1/messages',
    messages({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: secret }] }],
        },
      ],
    }),
    '/messages/2/content/0/content/0/text',
  ],
  [
    'a document',
    '/v1/messages',
    messages({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: secret } },
            { type: 'text', text: 'Hi' },
          ],
        },
      ],
    }),
    '/messages/0/content/0/source/data',
  ],
  [
    'a turn to count',
    '/v1/messages/count_tokens',
    { model: 'claude-clinic', messages: [{ role: 'user', content: secret }] },
    '/messages/0/content',
  ],
]

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
