// Threat: what a caller sends, by mistake or to have it written down, ends in a log, the trail, an explanation, somebody
// else's hands. Wherever in a request a canary stands, no part of it appears anywhere, whether the request is served or refused.
// The one thing that is repeated is the name of the caller's own field at fault, to that caller, without what is known to be
// a credential; and the text of a prompt goes where it was sent.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchangeOf, type Person, type Rig, startRig } from '../rig.ts'
import { type Canary, canary, found, type Kind, LINES } from './canary-marks.ts'
import { type CanaryProvider, startCanaryProvider } from './canary-provider.ts'
import { sinksOf, told } from './canary-sinks.ts'
import { worldWith } from './inspected-world.ts'
import { callRaw, head } from './raw-caller.ts'
import { until } from './record.ts'

/** Policies that read what callers claim, and that come near: how they fail is recorded. */
const READS_CLAIMS = `
@id("keep")
permit (principal, action in [Action::"store", Action::"use-stored"], resource);
@id("reads-a-header")
forbid (principal, action == Action::"infer", resource == Model::"clinic-large")
when { context.claimed.headers has "x-purpose" && context.claimed.headers["x-purpose"] != "care" };
@id("reads-metadata")
forbid (principal, action == Action::"infer", resource == Model::"clinic-large")
when { context.claimed.metadata has ticket && !(context.claimed.metadata.ticket like "CARE-*") };
@id("compares")
permit (principal in Team::"billing", action == Action::"infer", resource == Model::"clinic-large")
when { context.claimed.headers has "x-purpose" && context.claimed.headers["x-purpose"] == "audit" }
when { context.claimed.metadata has ticket && context.claimed.metadata.ticket like "AUD-*" };
`

let provider: CanaryProvider
let rig: Rig
const planted: Canary[] = []
/** Those of a text that is on its way to the model, and that nobody could recognise. */
const mayLeave = new Set<Canary>()
const exchanges: string[] = []

beforeAll(async () => {
  provider = await startCanaryProvider()
  const { 'sallyport.yaml': yaml = '', ...files } = worldWith(READS_CLAIMS)
  rig = await startRig({
    files: { ...files, 'sallyport.yaml': `${yaml}body: { max: 64KiB }\n` },
    provider: provider.url,
  })
})
afterAll(async () => {
  await rig.stop()
  await provider.stop()
})

interface Place {
  readonly place: string
  /** All of these are planted, or one of all there are; and one that nobody could recognise. */
  readonly kinds?: readonly Kind[]
  readonly unknown?: false
  readonly recorded?: false
  /** Where what nobody recognises may go: to the model, or back to whoever sent it, as the name of their own field. */
  readonly passes?: 'to the provider' | 'to the caller'
  send(text: string): Promise<Response>
}

const place = (name: string, send: Place['send'], more: Partial<Place> = {}): Place => ({ place: name, send, ...more })

const HELLO = [{ role: 'user', content: 'Hi' }]
const CHAT = '/v1/chat/completions'
const chat = (body: object = {}): object => ({ model: 'clinic-small', messages: HELLO, ...body })
const messages = (body: object = {}): object => ({ model: 'claude-clinic', max_tokens: 9, messages: HELLO, ...body })
const as =
  (path: string, person: Person = 'alice') =>
  (body: object | string, headers: Readonly<Record<string, string>> = {}) =>
    rig.call(person, path, body, { headers })
const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  rig.call('alice', path, undefined, { headers })
const raw = async (lines: Parameters<typeof head>[0], body = ''): Promise<Response> =>
  (await callRaw(rig.url, head(lines) + body)).response

const PATHS: readonly Place[] = [
  place('a path', (text) => get(`/${encodeURIComponent(text)}`)),
  place('a path below /v1', (text) => get(`/v1/${encodeURIComponent(text)}`)),
  place('a path below /anthropic', (text) => get(`/anthropic/v1/${encodeURIComponent(text)}`)),
  place('a path of what is not served', (text) => get(`/v1/files/${encodeURIComponent(text)}`)),
  place("a model's name in the path", (text) => get(`/v1/models/${text}`)),
  place("a model's name in Anthropic's path", (text) => get(`/anthropic/v1/models/${text}`)),
  place("a response's id", (text) => get(`/v1/responses/${text}`)),
  place("an exchange's id", (text) => get(`/v1/exchanges/${text}`)),
  place('a query', (text) => as(`${CHAT}?key=${encodeURIComponent(text)}`)(chat())),
  place("a query's name", (text) => as(`${CHAT}?${encodeURIComponent(text)}=1`)(chat())),
  place('a query of health', (text) => get(`/healthz?key=${encodeURIComponent(text)}`), { recorded: false }),
  place('a query of models', (text) => get(`/v1/models?after=${encodeURIComponent(text)}`)),
  place('a page of models', (text) => get(`/anthropic/v1/models?after_id=${encodeURIComponent(text)}`)),
  place("a page's query", (text) => get(`/anthropic/v1/models?${encodeURIComponent(text)}=1`)),
]

/** Of a response that is hers. */
const STORED: readonly Place[] = [
  place('an item to go on after', (text) => get(`/v1/responses/resp_1/input_items?after=${text}`), {
    kinds: ['aws', 'github', 'gitlab', 'anthropic'],
    passes: 'to the provider',
  }),
  place('a value of a stored query', (text) => get(`/v1/responses/resp_1?include[]=${encodeURIComponent(text)}`)),
  place('a name in a stored query', (text) => get(`/v1/responses/resp_1?${encodeURIComponent(text)}=1`), {
    kinds: LINES,
    passes: 'to the caller',
  }),
]

const header = (name: string, before = '', more: Partial<Place> = {}): Place =>
  place(`the header ${name}`, (text) => as(CHAT)(chat(), { [name]: before + text }), more)

const HEADERS: readonly Place[] = [
  place('a wrong proof', (text) => as(CHAT)(chat(), { authorization: `Bearer ${text}` })),
  place('a proof of another scheme', (text) => as(CHAT)(chat(), { authorization: `Basic ${text}` })),
  place('a proof that cannot be read', (text) => as(CHAT)(chat(), { authorization: `Bearer ${text}, ${text}` })),
  place('a wrong key', (text) => as(CHAT)(chat(), { authorization: '', 'x-api-key': text })),
  place('a second proof', (text) => as(CHAT)(chat(), { 'x-api-key': text })),
  header('cookie', 'session='),
  header('user-agent', 'client/'),
  header('x-request-id'),
  header('x-purpose'),
  place('a claim that a policy reads', (text) => as(CHAT)(chat({ model: 'clinic-large' }), { 'x-purpose': text })),
  place('a claim that comes near', (text) => as(CHAT, 'bob')(chat({ model: 'clinic-large' }), { 'x-purpose': text })),
  place('a claim that is too long', (text) => as(CHAT)(chat(), { 'x-purpose': `${text} `.repeat(60) })),
  header('content-type', 'application/json; profile='),
  header('content-encoding'),
  header('accept'),
  header('accept-language'),
  header('idempotency-key'),
  header('openai-organization'),
  header('openai-project'),
  header('openai-beta'),
  header('origin', 'https://'),
  header('referer', 'https://example.org/'),
  header('traceparent'),
  header('x-forwarded-for'),
  header('upgrade'),
  header('x-stainless-lang'),
  place('a header of no name', (text) => as(CHAT)(chat(), { [`x-${text.replaceAll(/[^\w-]/g, '')}`]: '1' })),
  place('the host', (text) =>
    raw({ host: text, lines: ['content-type: application/json', 'content-length: 2', 'connection: close'] }, '{}'),
  ),
  place('the method', (text) => raw({ method: text, lines: ['connection: close'] })),
  place('the version of HTTP', (text) => raw({ version: text, lines: ['connection: close'] })),
  place('a version of the API', (text) => as('/v1/messages')(messages(), { 'anthropic-version': text })),
  place('an opt-in', (text) => as('/v1/messages')(messages(), { 'anthropic-beta': text }), {
    kinds: ['aws', 'jwt'],
    unknown: false,
  }),
  place('an opt-in that nobody knows', (text) => as('/v1/messages')(messages(), { 'anthropic-beta': text }), {
    kinds: ['gitlab'],
    passes: 'to the provider',
  }),
  place('a beta of nobody', (text) => as('/v1/messages')(messages(), { 'anthropic-workspace-id': text })),
]

/** Every route's own prompt. */
const ROUTES: readonly (readonly [path: string, body: (text: string) => object])[] = [
  [CHAT, (text) => chat({ messages: [{ role: 'user', content: text }] })],
  ['/v1/responses', (input) => ({ model: 'clinic-small', input })],
  ['/v1/responses/input_tokens', (input) => ({ model: 'clinic-small', input })],
  ['/v1/responses/compact', (input) => ({ model: 'clinic-small', input })],
  ['/v1/completions', (prompt) => ({ model: 'clinic-small', prompt })],
  ['/v1/embeddings', (input) => ({ model: 'clinic-embed', input })],
  ['/v1/moderations', (input) => ({ model: 'clinic-small', input })],
  ['/v1/messages', (text) => messages({ messages: [{ role: 'user', content: text }] })],
  ['/v1/messages/count_tokens', (text) => ({ model: 'claude-clinic', messages: [{ role: 'user', content: text }] })],
  ['/anthropic/v1/messages', (text) => messages({ messages: [{ role: 'user', content: text }] })],
]

const BROKEN: readonly (readonly [how: string, broken: (text: string) => string])[] = [
  ['cut off within it', (text) => `{"model":"clinic-small","messages":[{"role":"user","content":"${text}`],
  ['a comma too many behind it', (text) => `{"model":"${text}",}`],
  ['a wrong escape behind it', (text) => `{"model":"${text}\\x"}`],
  ['no quotes around it', (text) => `{"model":${text}}`],
  ['bytes behind the end', (text) => `{"model":"clinic-small"}${text}`],
  ['nothing but it', (text) => text],
]

const ofRoute = ([path, body]: (typeof ROUTES)[number]): readonly Place[] => [
  place(`the prompt of ${path}`, (text) => as(path)(body(`It is ${text} now`)), { passes: 'to the provider' }),
  place(`a prompt of ${path} that is denied`, (text) => as(path, 'erin')(body(`It is ${text} now`))),
  place(`a field that nobody knows of ${path}`, (text) => as(path)({ ...body('Hi'), novelty: text }), {
    passes: 'to the provider',
  }),
  place(`the name of a field of ${path}`, (text) => as(path)({ ...body('Hi'), [text]: 1 }), {
    passes: 'to the provider',
  }),
  place(`the model of ${path}`, (text) => as(path)({ ...body('Hi'), model: text })),
  ...BROKEN.map(([how, broken]) =>
    place(`${how}, to ${path}`, (text) => as(path)(broken(JSON.stringify(text).slice(1, -1)))),
  ),
  place(`a body of ${path} that is too large`, (text) => as(path)(body(`${text} ${'x'.repeat(70_000)} ${text}`))),
  place(`a body of ${path} of another type`, (text) => as(path)(body(text), { 'content-type': 'text/plain' })),
  place(`a body of ${path} in another coding`, (text) => as(path)(body(text), { 'content-encoding': 'gzip' })),
  place(`a prompt of ${path} from nobody`, (text) => as(path)(body(text), { authorization: '' })),
]

const BODIES: readonly Place[] = [
  ...ROUTES.flatMap(ofRoute),
  place('a key that stands twice', (text) => as(CHAT)(`{"${text}":1,"${text}":2}`), {
    kinds: LINES,
    passes: 'to the caller',
  }),
  place('a key around what is broken', (text) => as(CHAT)(`{"${text}":{"a":}}`), {
    kinds: LINES,
    passes: 'to the caller',
  }),
  place('a field of tier 3', (text) => as(CHAT)(chat({ model: 'clinic-records', novelty: text }))),
  place('the name of a field of tier 3', (text) => as(CHAT)(chat({ model: 'clinic-records', [text]: 1 })), {
    kinds: LINES,
    passes: 'to the caller',
  }),
  place(
    'the prompt of tier 3, which blocks',
    (text) => as(CHAT)(chat({ model: 'clinic-records', messages: [{ role: 'user', content: `It is ${text} now` }] })),
    { passes: 'to the provider' },
  ),
  place('the claimed ticket', (text) => as(CHAT)(chat({ metadata: { ticket: text } })), { passes: 'to the provider' }),
  place('a claimed ticket that a policy reads', (text) =>
    as(CHAT)(chat({ model: 'clinic-large', metadata: { ticket: text } })),
  ),
  place('a claimed ticket that comes near', (text) =>
    as(CHAT, 'bob')(chat({ model: 'clinic-large', metadata: { ticket: text } })),
  ),
  place('the user', (user) => as(CHAT)(chat({ user }))),
  place('the safety identifier', (text) => as(CHAT)(chat({ safety_identifier: text }))),
  place("the user of Anthropic's", (text) => as('/v1/messages')(messages({ metadata: { user_id: text } }))),
  place('a number that is none', (text) => as(CHAT)(chat({ temperature: text }))),
  place('a role that is none', (role) => as(CHAT)(chat({ messages: [{ role, content: 'Hi' }] }))),
  place('a part that is none', (type) => as(CHAT)(chat({ messages: [{ role: 'user', content: [{ type }] }] }))),
  place('messages that are none', (text) => as(CHAT)(chat({ messages: text }))),
  place("Anthropic's messages that are none", (text) => as('/v1/messages')(messages({ messages: text }))),
  place("Anthropic's role that is none", (role) =>
    as('/v1/messages')(messages({ messages: [{ role, content: 'Hi' }] })),
  ),
  place(
    'a signature of thinking',
    (signature) =>
      as('/v1/messages')(
        messages({
          messages: [
            ...HELLO,
            {
              role: 'assistant',
              content: [
                { type: 'thinking', thinking: 'So.', signature },
                { type: 'text', text: 'Hi' },
              ],
            },
            ...HELLO,
          ],
        }),
      ),
    { kinds: ['aws', 'github', 'gitlab'], passes: 'to the provider' },
  ),
  place(
    'encrypted reasoning',
    (text) =>
      as('/v1/responses')({
        model: 'clinic-small',
        input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: text }, ...HELLO],
      }),
    { kinds: ['aws', 'github', 'gitlab'], passes: 'to the provider' },
  ),
  place('the name of a tool', (name) => as(CHAT)(chat({ tools: [{ type: 'function', function: { name } }] })), {
    passes: 'to the provider',
  }),
  place('the kind of a tool', (type) => as('/v1/responses')({ model: 'clinic-small', input: 'Hi', tools: [{ type }] })),
  place('a server of tools', (text) =>
    as('/v1/responses')({
      model: 'clinic-small',
      input: 'Hi',
      tools: [{ type: 'mcp', server_label: 'x', server_url: `https://${text}.example`, authorization: text }],
    }),
  ),
  place('an address to fetch', (text) =>
    as(CHAT)(
      chat({
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `https://a.example/${text}` } }] }],
      }),
    ),
  ),
  place('a response to go on from', (text) =>
    as('/v1/responses')({ model: 'clinic-small', input: 'Hi', previous_response_id: text }),
  ),
  place('a stored prompt', (id) => as('/v1/responses')({ model: 'clinic-small', prompt: { id } })),
]

const GROUPS = { PATHS, STORED, HEADERS, BODIES }

describe.each(Object.entries(GROUPS))('%s', (_name, places) => {
  beforeAll(async () => {
    if (places === STORED) await as('/v1/responses')({ model: 'clinic-small', input: 'Hi', store: true })
  })

  test.each(places.map((each, turn) => [each.place, each, turn] as const))('%s', async (_place, each, turn) => {
    const kinds = each.kinds ?? [LINES[turn % LINES.length] ?? 'aws']
    const marks = kinds.map((kind) => canary(each.place, kind))
    if (each.unknown !== false) marks.push(canary(each.place, 'unknown'))
    for (const mark of marks) {
      planted.push(mark)
      const response = await each.send(mark.text)
      if (each.recorded !== false && response.headers.has('x-sallyport-exchange')) exchanges.push(exchangeOf(response))
      const answer = new Map([['what the caller is told', await told(response)]])
      if (mark.kind !== 'unknown' || each.passes !== 'to the caller') expect(found([mark], answer)).toEqual([])
      if (mark.kind === 'unknown' && each.passes === 'to the provider') mayLeave.add(mark)
    }
  })
})

test('a credential in an opt-in cannot be taken out: it is refused, told and recorded', async () => {
  const mark = canary('an opt-in that is told', 'gitlab')
  const response = await as('/v1/messages')(messages(), { 'anthropic-beta': mark.text })
  expect(await response.json()).toMatchObject({ error: { code: 'content_blocked' } })
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision['findings']).toMatchObject([
    { kind: 'gitlab-token', place: '/headers/anthropic-beta', action: 'block' },
  ])
})

test('nothing that was planted is written down, and no credential left', async () => {
  expect(planted.length).toBeGreaterThan(300)
  await until('all of it is recorded', async () => {
    const closed = new Set((await rig.entries()).flatMap((each) => (each.kind === 'outcome' ? [each['exchange']] : [])))
    return exchanges.every((exchange) => closed.has(exchange))
  })
  // Explanations are made of what `audit show --json` shows whole: some of them will do.
  const sinks = await sinksOf(
    rig,
    exchanges.filter((_, index) => index % 20 === 0),
  )
  expect(found(planted, sinks)).toEqual([])
  const asked = new Map([['the provider', provider.asked.join('\n')]])
  expect(
    found(
      planted.filter((mark) => !mayLeave.has(mark)),
      asked,
    ),
  ).toEqual([])
})

test('what is written down would be found: the same search finds a name of the record and the text of a prompt', async () => {
  const group = canary('a group', 'unknown')
  const prompt = canary('a prompt that passes', 'unknown')
  const person = await rig.issuer.mint('alice', { groups: ['clinicians', group.text] })
  await rig.ask('alice', chat({ messages: [{ role: 'user', content: prompt.text }] }), {
    headers: { authorization: `Bearer ${person}` },
  })
  expect(found([prompt], new Map([['the provider', provider.asked.join('\n')]]))).toHaveLength(1)
  const record = { place: 'the record', kind: 'unknown', text: '', core: 'clinicians-use-every-model' } as const
  expect(found([record], await sinksOf(rig, [])).length).toBeGreaterThan(2)
  // A directory may hold anything: what no team is made of is not written down.
  expect(found([group], await sinksOf(rig, []))).toEqual([])
})
