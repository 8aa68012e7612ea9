// Threat: a provider writes a secret where nobody looks for one: a header, an error, an event's name, an id, half of a broken
// answer; the gate's own credential, too, which it was just shown. No part of it is written down, and none that can be
// recognised reaches the caller; nor does anything of what is not the caller's: accounts, machines, redirects, failures.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { type Canary, canary, found, LINES } from './canary-marks.ts'
import {
  type Bytes,
  type CanaryProvider,
  CHAT_ANSWER,
  MESSAGE_ANSWER,
  RESPONSE_ANSWER,
  startCanaryProvider,
  stream,
  whole,
} from './canary-provider.ts'
import { sinksOf, told } from './canary-sinks.ts'
import { worldWith } from './inspected-world.ts'
import { until } from './record.ts'

/** What the provider was just shown: a word, so that it fits wherever words do. */
const { core: GATES } = canary("the gate's own credential", 'unknown')

const KEEPS = `@id("keep") permit (principal, action in [Action::"store", Action::"use-stored"], resource);`

let provider: CanaryProvider
let rig: Rig
const planted: Canary[] = []
/** Ids are kept as they are, unless they can be recognised. */
const kept = new Set<Canary>()
const exchanges: string[] = []

beforeAll(async () => {
  provider = await startCanaryProvider()
  rig = await startRig({ files: { ...worldWith(KEEPS), 'provider-key': GATES }, provider: provider.url })
})
afterAll(async () => {
  await rig.stop()
  await provider.stop()
})

const HELLO = [{ role: 'user', content: 'Hi' }]
const ASKED = {
  chat: ['/v1/chat/completions', { model: 'clinic-small', messages: HELLO }],
  messages: ['/v1/messages', { model: 'claude-clinic', max_tokens: 9, messages: HELLO }],
  responses: ['/v1/responses', { model: 'clinic-small', input: 'Hi' }],
  stored: ['/v1/responses', { model: 'clinic-small', input: 'Hi', store: true }],
} as const

interface Place {
  readonly place: string
  readonly asked: keyof typeof ASKED
  readonly streamed: boolean
  readonly script: (text: string) => Bytes
  /** The caller may read what nobody recognises. */
  readonly passes: boolean
  readonly kept?: true
}

interface Planted {
  readonly asked?: keyof typeof ASKED
  readonly passes?: boolean
  readonly kept?: true
  readonly breaks?: true
}

const inWhole = (name: string, script: (text: string) => string, more: Planted = {}): Place => {
  const { asked = 'chat', passes = false, breaks, ...rest } = more
  const bytes = (text: string): Bytes => ({ text: script(text), ...(breaks ? { breaks } : {}) })
  return { place: `${name}, ${asked}`, asked, streamed: false, passes, script: bytes, ...rest }
}
const inStream = (name: string, script: (text: string) => string, more: Planted = {}): Place => ({
  ...inWhole(`${name}, streamed`, script, more),
  streamed: true,
})

const DONE = 'data: [DONE]\n\n'
const data = (event: object | string): string =>
  `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`
const piece = (delta: object, more: object = {}): string =>
  data({
    ...CHAT_ANSWER,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  })
const named = (event: { readonly type: string }): string => `event: ${event.type}\n${data(event)}`
const started = named({
  type: 'message_start',
  message: { ...MESSAGE_ANSWER, content: [], stop_reason: null },
} as never)

const PASSED = ['x-request-id', 'request-id', 'openai-version', 'openai-processing-ms', 'retry-after'] as const
const LIMITS = ['x-ratelimit-reset-tokens', 'anthropic-ratelimit-requests-reset'] as const
const KEPT_BACK = [
  'set-cookie',
  'server',
  'via',
  'www-authenticate',
  'location',
  'link',
  'etag',
  'x-sallyport-exchange',
  'x-sallyport-redacted',
  'openai-organization',
  'anthropic-organization-id',
  'cf-ray',
  'access-control-expose-headers',
  'content-language',
  'x-content-type-options',
] as const

const HEADERS: readonly Place[] = [...PASSED, ...LIMITS, ...KEPT_BACK].flatMap((name) => {
  const more = { passes: !KEPT_BACK.some((each) => each === name) }
  return [
    inWhole(`the header ${name}`, (text) => whole({ headers: { [name]: text } }, CHAT_ANSWER), more),
    inWhole(
      `the header ${name} of an error`,
      (text) => whole({ status: 400, headers: { [name]: text } }, errorOf('no')),
      more,
    ),
    inWhole(`the header ${name}`, (text) => whole({ headers: { [name]: text } }, MESSAGE_ANSWER), {
      ...more,
      asked: 'messages',
    }),
    inStream(
      `the header ${name}`,
      (text) => stream(piece({ content: 'Hi' }) + DONE, { headers: { [name]: text } }),
      more,
    ),
  ]
})

const FRAMING: readonly Place[] = [
  inWhole('the words behind the status', (words) => whole({ words }, CHAT_ANSWER)),
  inStream('the words behind the status', (words) => stream(piece({ content: 'Hi' }) + DONE, { words })),
  inWhole('the words behind an error', (words) => whole({ status: 500, words }, errorOf('no'))),
  inWhole('the version', (text) => whole({}, CHAT_ANSWER).replace('HTTP/1.1', text)),
  inWhole('the type of the content', (text) => whole({ headers: { 'content-type': text } }, CHAT_ANSWER)),
  inWhole('a parameter of the type', (text) =>
    whole({ headers: { 'content-type': `application/json; charset="${text}"` } }, CHAT_ANSWER),
  ),
  inStream('the type of the content', (text) => stream(DONE, { headers: { 'content-type': text } })),
  inWhole('the coding', (text) => whole({ headers: { 'content-encoding': text } }, CHAT_ANSWER)),
  inWhole('the length', (text) => whole({ headers: { 'content-length': text } }, CHAT_ANSWER)),
  inWhole('the transfer coding', (text) => whole({ headers: { 'transfer-encoding': text } }, CHAT_ANSWER)),
  inWhole('a redirect', (text) =>
    whole({ status: 307, headers: { location: `https://elsewhere.example/${text}` } }, text),
  ),
  inStream('a redirect', (text) => whole({ status: 302, headers: { location: `/${text}` } }, text)),
  inWhole('what is no HTTP', (text) => `${text}\r\n\r\n`),
  inWhole('a broken connection', (text) => whole({}, { ...CHAT_ANSWER, text }).slice(0, -40), { breaks: true }),
  inStream('a broken connection', (text) => stream(piece({ content: 'Hi' }) + piece({ content: text }).slice(0, -12)), {
    breaks: true,
  }),
]

const errorOf = (text: string): object => ({
  error: { message: `It was ${text}.`, type: text, param: text, code: text, inner: text },
  request_id: text,
})
const anthropicErrorOf = (text: string): object => ({
  type: 'error',
  error: { type: text, message: `It was ${text}.`, details: { error_code: text, unsupported: [text] } },
  request_id: text,
})
const CALLERS = new Set([400, 409, 413, 422])

const ERRORS: readonly Place[] = [400, 401, 402, 403, 404, 407, 409, 413, 422, 429, 500, 502, 503, 529].flatMap(
  (status) => {
    const passes = CALLERS.has(status)
    return [
      inWhole(`an error ${status}`, (text) => whole({ status }, errorOf(text)), { passes }),
      inStream(`an error ${status}`, (text) => whole({ status }, errorOf(text)), { passes }),
      inWhole(`an error ${status}`, (text) => whole({ status }, anthropicErrorOf(text)), { passes, asked: 'messages' }),
      // A 404 there may be about what was to be gone on from.
      inWhole(`an error ${status}`, (text) => whole({ status }, errorOf(text)), {
        passes: passes || status === 404,
        asked: 'responses',
      }),
      inWhole(`a page ${status}`, (text) => whole({ status, headers: { 'content-type': 'text/html' } }, `<p>${text}`)),
      inWhole(`an odd error ${status}`, (text) => whole({ status }, { detail: text, error: text })),
    ]
  },
)

const without = (of: object, more: object): object => ({ ...of, ...more })
const choice = (message: object, more: object = {}): object =>
  without(CHAT_ANSWER, {
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: 'stop', ...more }],
  })

const WHOLE: readonly Place[] = [
  ...(
    [
      ['the id', (id) => without(CHAT_ANSWER, { id })],
      ['the kind', (object) => without(CHAT_ANSWER, { object })],
      ['the fingerprint', (system_fingerprint) => without(CHAT_ANSWER, { system_fingerprint })],
      ['the tier of service', (service_tier) => without(CHAT_ANSWER, { service_tier })],
      [
        'a word in the usage',
        (text) => without(CHAT_ANSWER, { usage: { prompt_tokens: text, completion_tokens: 1, why: text } }),
      ],
      ['a field that nobody knows', (text) => without(CHAT_ANSWER, { novelty: { [text]: [text] } })],
      ['the reason to stop', (finish_reason) => choice({}, { finish_reason })],
      ['the role', (role) => choice({ role })],
      ['the text', (content) => choice({ content: `It is ${content} now` })],
      ['the refusal', (refusal) => choice({ refusal: `It is ${refusal} now` })],
      [
        "a tool's call",
        (text) =>
          choice({
            tool_calls: [
              { id: text, type: 'function', function: { name: text, arguments: JSON.stringify({ [text]: text }) } },
            ],
          }),
      ],
      [
        'a citation',
        (text) =>
          choice({
            annotations: [{ type: 'url_citation', url_citation: { url: `https://a.example/${text}`, title: text } }],
          }),
      ],
    ] as const satisfies readonly (readonly [string, (text: string) => object])[]
  ).map(([name, body]) => inWhole(name, (text) => whole({}, body(text)), { passes: true })),
  inWhole('the model', (model) => whole({}, { ...CHAT_ANSWER, model })),
  inWhole('the model', (model) => whole({}, { ...MESSAGE_ANSWER, model }), { asked: 'messages' }),
  inWhole('the model', (model) => whole({}, { ...RESPONSE_ANSWER, model }), { asked: 'responses' }),
  inWhole('the id', (id) => whole({}, { ...MESSAGE_ANSWER, id }), { asked: 'messages', passes: true }),
  // Storing is its default, and is permitted here.
  inWhole('the id', (id) => whole({}, { ...RESPONSE_ANSWER, id }), { asked: 'responses', passes: true, kept: true }),
  inWhole('the id of what is kept', (id) => whole({}, { ...RESPONSE_ANSWER, id }), {
    asked: 'stored',
    passes: true,
    kept: true,
  }),
  inWhole(
    'the id of an item that is kept',
    (id) => whole({}, { ...RESPONSE_ANSWER, output: [{ ...RESPONSE_ANSWER.output[0], id }] }),
    { asked: 'stored', passes: true, kept: true },
  ),
  inWhole('an error in a success', (text) => whole({}, errorOf(text))),
  inWhole('an error in a success', (text) => whole({}, anthropicErrorOf(text)), { asked: 'messages' }),
  inWhole(
    'an error in a success',
    (text) => whole({}, { ...RESPONSE_ANSWER, status: 'failed', error: { code: text, message: text } }),
    {
      asked: 'responses',
      passes: true,
    },
  ),
  inWhole('JSON that breaks off', (text) => whole({}, JSON.stringify({ ...CHAT_ANSWER, text }).slice(0, -9))),
  inWhole('JSON with a key twice', (text) => whole({}, `{"${text}":1,"${text}":2}`)),
  inWhole('JSON of another shape', (text) => whole({}, { hello: text, [text]: 1 })),
  inWhole('JSON of another shape', (text) => whole({}, { hello: text, [text]: 1 }), { asked: 'messages' }),
  inWhole('JSON of another shape', (text) => whole({}, { hello: text, [text]: 1 }), { asked: 'responses' }),
  inWhole('no JSON', (text) => whole({}, text)),
]

const STREAMS: readonly Place[] = [
  inStream('a comment', (text) => stream(`: ${text}\n\n${piece({ content: 'Hi' })}${DONE}`)),
  inStream('a comment beside an event', (text) => stream(`: ${text}\n${piece({ content: 'Hi' })}${DONE}`)),
  inStream("an event's name", (text) => stream(`event: ${text}\n${piece({ content: 'Hi' })}${DONE}`)),
  inStream("an event's id", (text) => stream(`id: ${text}\n${piece({ content: 'Hi' })}${DONE}`)),
  inStream('a time to wait', (text) => stream(`retry: ${text}\n${piece({ content: 'Hi' })}${DONE}`)),
  inStream('a line that nobody knows', (text) => stream(`${text}: x\n${piece({ content: 'Hi' })}${DONE}`)),
  inStream('behind the end', (text) => stream(`${piece({ content: 'Hi' })}${DONE}${piece({ content: text })}`)),
  inStream('what is no JSON', (text) => stream(piece({ content: 'Hi' }) + data(text))),
  inStream('JSON that breaks off', (text) => stream(piece({ content: 'Hi' }) + data(`{"${text}":"${text}`))),
  inStream('the model', (model) => stream(piece({ content: 'Hi' }, { model }) + DONE)),
  inStream('the id', (id) => stream(piece({ content: 'Hi' }, { id }) + DONE), { passes: true }),
  inStream('the text', (text) => stream(piece({ content: `It is ${text} now` }) + DONE), { passes: true }),
  inStream('text without an end', (text) => stream(piece({ content: `It is ${text}` })), { passes: true }),
  inStream('a field that nobody knows', (text) => stream(piece({ content: 'Hi', [text]: text }) + DONE), {
    passes: true,
  }),
  inStream('the usage', (text) => stream(piece({ content: 'Hi' }, { usage: { prompt_tokens: text } }) + DONE), {
    passes: true,
  }),
  inStream('an error in the middle', (text) => stream(piece({ content: 'Hi' }) + data(errorOf(text)))),
  inStream('an error in the beginning', (text) => stream(data(errorOf(text)))),
  inStream("an event's name", (text) => stream(`${started}event: ${text}\n${data({ type: 'ping' })}`), {
    asked: 'messages',
  }),
  inStream("an event's type", (type) => stream(started + named({ type })), { asked: 'messages' }),
  inStream('an error', (text) => stream(started + named(anthropicErrorOf(text) as never)), { asked: 'messages' }),
  inStream(
    'a block that nobody knows',
    (text) =>
      stream(
        started +
          named({ type: 'content_block_start', index: 0, content_block: { type: text, [text]: text } } as never),
      ),
    { asked: 'messages', passes: true },
  ),
  inStream(
    'the id',
    (id) =>
      stream(named({ type: 'message_start', message: { ...MESSAGE_ANSWER, id, model: id, content: [] } } as never)),
    { asked: 'messages', passes: true },
  ),
  inStream(
    "an event's name",
    (text) =>
      stream(`event: ${text}\n${data({ type: 'response.created', sequence_number: 0, response: RESPONSE_ANSWER })}`),
    { asked: 'responses' },
  ),
  inStream("an event's type", (type) => stream(named({ type, sequence_number: 0 } as never)), {
    asked: 'responses',
    passes: true,
  }),
  inStream(
    'an error',
    (text) => stream(named({ type: 'error', sequence_number: 0, code: text, message: text, param: text } as never)),
    { asked: 'responses' },
  ),
  inStream(
    'the id of what is kept',
    (id) =>
      stream(
        named({
          type: 'response.created',
          sequence_number: 0,
          response: { ...RESPONSE_ANSWER, id, output: [] },
        } as never) +
          named({ type: 'response.completed', sequence_number: 1, response: { ...RESPONSE_ANSWER, id } } as never),
      ),
    { asked: 'stored', passes: true, kept: true },
  ),
]

const GROUPS = { HEADERS, FRAMING, ERRORS, WHOLE, STREAMS }

describe.each(Object.entries(GROUPS))('%s', (_name, places) => {
  test.each(places.map((each, turn) => [each.place, each, turn] as const))('%s', async (_place, each, turn) => {
    const [path, body] = ASKED[each.asked]
    const marks = [
      canary(each.place, LINES[turn % LINES.length] ?? 'aws'),
      canary(each.place, 'unknown'),
      { place: each.place, kind: 'gate', text: GATES, core: GATES } as const,
    ]
    for (const mark of marks) {
      planted.push(mark)
      if (each.kept && mark.kind === 'unknown') kept.add(mark)
      provider.script = each.script(mark.text)
      const response = await rig.call('alice', path, { ...body, stream: each.streamed })
      exchanges.push(exchangeOf(response))
      const answer = new Map([['what the caller is told', await told(response)]])
      if (mark.kind !== 'unknown' || !each.passes) expect(found([mark], answer)).toEqual([])
    }
  })
})

test('nothing of what was answered is written down', async () => {
  expect(planted.length).toBeGreaterThan(500)
  await until('all of it is recorded', async () => {
    const closed = new Set((await rig.entries()).flatMap((each) => (each.kind === 'outcome' ? [each['exchange']] : [])))
    return exchanges.every((exchange) => closed.has(exchange))
  })
  const sinks = await sinksOf(
    rig,
    exchanges.filter((_, index) => index % 40 === 0),
  )
  expect(
    found(
      planted.filter((mark) => !kept.has(mark)),
      sinks,
    ),
  ).toEqual([])
  const elsewhere = new Map([...sinks].filter(([where]) => !where.startsWith('runtime.db')))
  expect(found([...kept], elsewhere)).toEqual([])
})

describe('where the bundle blocks', () => {
  const mark = canary('a header of tier 3', 'github')

  test.each([false, true])('an answer with a credential in a header is refused (stream: %p)', async (streamed) => {
    const headers = { 'x-request-id': mark.text }
    provider.script = streamed
      ? { text: stream(piece({ content: 'Hi' }) + DONE, { headers }) }
      : { text: whole({ headers }, CHAT_ANSWER) }
    const response = await rig.ask('alice', { model: 'clinic-records', stream: streamed, messages: HELLO })
    expect(response.status).toBe(403)
    const answer = await told(response)
    expect(answer).toContain('content_blocked')
    expect(found([mark], new Map([['what the caller is told', answer]]))).toEqual([])
    const { outcome } = await rig.settled(exchangeOf(response))
    expect(outcome).toMatchObject({
      ended: 'refused',
      findings: [{ kind: 'github-token', place: '/headers/x-request-id', action: 'block' }],
    })
  })
})

test('a credential in a header is told and recorded like any other', async () => {
  const mark = canary('a header that is told', 'aws')
  provider.script = { text: whole({ headers: { 'x-request-id': `req_${mark.text}` } }, CHAT_ANSWER) }
  const response = await rig.ask('alice', { model: 'clinic-small', messages: HELLO })
  expect(response.headers.get('x-sallyport-redacted')).toBe('aws-access-key;in=answer;at="/headers/x-request-id"')
  expect(response.headers.get('x-request-id')).toBe('req_[redacted: aws-access-key]')
  const { outcome } = await rig.settled(exchangeOf(response))
  expect(outcome['findings']).toMatchObject([
    { kind: 'aws-access-key', place: '/headers/x-request-id', action: 'redact' },
  ])
})

describe('what is encrypted for the provider alone', () => {
  const answers: readonly (readonly [place: string, content: (text: string) => object])[] = [
    ['a block', (text) => ({ type: 'redacted_thinking', data: text })],
    ['a signature', (text) => ({ type: 'thinking', thinking: 'So.', signature: text })],
  ]

  test.each(answers)('%s that looks encrypted is passed as it is, and recorded as unread', async (place, content) => {
    const mark = canary(place, 'anthropic')
    provider.script = { text: whole({}, { ...MESSAGE_ANSWER, content: [content(mark.core)] }) }
    const response = await rig.call('alice', ...ASKED.messages)
    expect(await told(response)).toContain(mark.core)
    const { outcome } = await rig.settled(exchangeOf(response))
    expect(outcome['findings']).toMatchObject([{ kind: 'unreadable', action: 'flag' }])
    expect(found([mark], await sinksOf(rig, []))).toEqual([])
  })

  test.each(answers)('%s that is a credential in the open is blocked', async (place, content) => {
    for (const mark of [
      canary(place, 'aws'),
      canary(place, 'github'),
      { place, kind: 'gate', text: GATES, core: GATES } as const,
    ]) {
      const block = content(mark.text)
      const { type, ...rest } = block as { type: string; signature?: string }
      const delta = { type: 'signature_delta', signature: rest.signature }
      const frames = [
        named({
          type: 'content_block_start',
          index: 0,
          content_block: rest.signature ? { type, thinking: '', signature: '' } : block,
        } as never),
        rest.signature ? named({ type: 'content_block_delta', index: 0, delta } as never) : '',
        named({ type: 'content_block_stop', index: 0 } as never),
      ]
      for (const streamed of [false, true]) {
        provider.script = {
          text: streamed ? stream(started + frames.join('')) : whole({}, { ...MESSAGE_ANSWER, content: [block] }),
        }
        const [path, body] = ASKED.messages
        const answer = await told(await rig.call('alice', path, { ...body, stream: streamed }))
        expect(answer).toContain('content_blocked')
        expect(found([mark], new Map([['what the caller is told', answer]]))).toEqual([])
      }
    }
  })
})
