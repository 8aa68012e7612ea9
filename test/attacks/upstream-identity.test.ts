// A backend is told who is behind each request, in a token that only it, and only once, can use. It is written and verified
// as docs/upstream-identity.md says: the page's own code is what runs here.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import type { SeenRequest } from '#demo/seen.ts'
import { CLINIC, CLINIC_YAML, exchangeOf, type Rig, says, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'
import { eventsOf, expectNoPartOf, forget, stringsAt } from './leaks.ts'

const AUDIENCE = 'https://models.internal'
const HEADER = 'x-sallyport-identity'

/** The provider of the clinic asks who it is; another name for it does not. */
const YAML = CLINIC_YAML.replace(
  'providers:\n',
  `providers:
  plain:
    kind: openai-compatible
    url: \${provider}/v1
    credential: file:provider-key
    private: true
`,
)
  .replace('    timeouts:', `    identity: { audience: ${AUDIENCE} }\n    timeouts:`)
  .replace('clinic-large: { system: clinic, use: [harbor/', 'clinic-large: { system: clinic, use: [plain/')
const FILES = { ...CLINIC, 'sallyport.yaml': YAML }

type Caller = (
  header: string,
  request: { method: string; url: string; body: Uint8Array; firstTime: (id: string) => boolean },
) => Promise<{ readonly who: string; readonly through?: unknown }>

/** The page's code, as it stands there, but for where the keys are fetched: the gate's public origin is not served here. */
async function documented(rig: Rig): Promise<Caller> {
  const page = await readFile(join(import.meta.dir, '../../docs/upstream-identity.md'), 'utf8')
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const fetched = code
    .replace("'/.well-known/jwks.json', gate", `'/.well-known/jwks.json', '${rig.url}'`)
    .replace("from 'jose'", `from '${import.meta.resolve('jose')}'`)
  expect(fetched).toContain(rig.url)
  const directory = await mkdtemp(join(tmpdir(), 'upstream-identity-'))
  await writeFile(join(directory, 'caller.mjs'), fetched)
  const loaded = (await import(join(directory, 'caller.mjs'))) as { readonly caller: Caller }
  await rm(directory, { recursive: true })
  return loaded.caller
}

let rig: Rig
let caller: Caller
beforeAll(async () => {
  rig = await startRig({ files: FILES })
  caller = await documented(rig)
})
afterAll(() => rig.stop())

async function lastSeen(): Promise<SeenRequest> {
  const seen = (await (await fetch(`${rig.provider}/seen`)).json()) as readonly SeenRequest[]
  const last = seen.at(-1)
  if (!last) throw new Error('the provider saw nothing')
  return last
}

/** What the backend makes of what it saw. */
function verified({ method, path, headers, body }: SeenRequest, firstTime: (id: string) => boolean = () => true) {
  const url = `${rig.provider}${path.split('?')[0]}`
  return caller(headers[HEADER] ?? '', { method, url, body: Buffer.from(body), firstTime })
}

const refusalOf = (verification: Promise<unknown>): Promise<string> =>
  verification.then(
    () => 'taken',
    (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
  )

describe('what the provider gets', () => {
  test('says who asks, and verifies as the page tells a backend to do it', async () => {
    const response = await rig.ask('alice', HELLO)
    expect(response.status).toBe(200)
    const seen = await lastSeen()
    expect(await verified(seen)).toEqual({ who: 'User::alice', through: undefined })
    expect(decodeJwt(seen.headers[HEADER] ?? '')).toEqual({
      iss: 'https://gate.example',
      aud: AUDIENCE,
      sub: 'User::alice',
      proof: 'jwt',
      iat: expect.any(Number),
      nbf: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      exchange: exchangeOf(response),
      htm: 'POST',
      htu: `${rig.provider}/v1/chat/completions`,
      content_digest: expect.stringMatching(/^sha-256=:.{44}:$/),
    })
  })

  test('says for whom an application asks', async () => {
    const { text } = await rig.keys.make({ users: ['harbor'] })
    const headers = { 'x-sallyport-user-token': await rig.issuer.mint('bob') }
    const response = await rig.callWith(text, '/v1/chat/completions', HELLO, { headers })
    expect(response.status).toBe(200)
    expect(await verified(await lastSeen())).toEqual({ who: 'User::bob', through: { sub: 'App::intake' } })
  })

  test('says how whoever calls was proven, so that a backend may ask for more than a key', async () => {
    const proofOf = async (credential: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
      expect((await rig.callWith(credential, '/v1/chat/completions', HELLO, { headers })).status).toBe(200)
      const { sub, proof } = decodeJwt((await lastSeen()).headers[HEADER] ?? '')
      return [sub, proof]
    }
    const alice = await rig.issuer.mint('alice')
    const app = await rig.keys.make({ users: ['harbor'] })
    const own = await rig.keys.make({ principal: { type: 'User', id: 'alice' } })
    await rig.keys.change(own.id, ({ team: _none, ...rest }) => rest)
    expect(await proofOf(alice)).toEqual(['User::alice', 'jwt'])
    expect(await proofOf(own.text)).toEqual(['User::alice', 'personal-key'])
    expect(await proofOf(app.text)).toEqual(['App::intake', 'key-and-network'])
    expect(await proofOf(app.text, { 'x-sallyport-user-token': alice })).toEqual(['User::alice', 'key-and-user-token'])
  })

  test('says that an application asks for itself', async () => {
    const { text } = await rig.keys.make()
    expect((await rig.callWith(text, '/v1/chat/completions', HELLO)).status).toBe(200)
    expect(await verified(await lastSeen())).toEqual({ who: 'App::intake', through: undefined })
  })

  test('is worth nothing a second time, with another body, or at another address', async () => {
    await (await rig.ask('alice', HELLO)).text()
    const seen = await lastSeen()
    const ids = new Set<string>()
    const firstTime = (id: string): boolean => !ids.has(id) && ids.add(id).has(id)
    expect((await verified(seen, firstTime)).who).toBe('User::alice')
    expect(await refusalOf(verified(seen, firstTime))).toBe('replay')
    expect(await refusalOf(verified({ ...seen, body: seen.body.replace('hello', 'hallo') }))).toBe('content_digest')
    expect(await refusalOf(verified({ ...seen, path: '/v1/embeddings' }))).toBe('htm, htu')
    expect(await refusalOf(verified({ ...seen, method: 'GET' }))).toBe('htm, htu')
    expect(await refusalOf(verified({ ...seen, headers: {} }))).toBe('Invalid Compact JWS')
  })

  test('is another token each time, for the same question, too', async () => {
    const ids = new Set<unknown>()
    for (let turn = 0; turn < 5; turn++) {
      await (await rig.ask('alice', HELLO)).text()
      ids.add(decodeJwt((await lastSeen()).headers[HEADER] ?? '').jti)
    }
    expect(ids.size).toBe(5)
  })

  test('is nothing where the provider does not ask', async () => {
    await forget(rig)
    expect((await rig.ask('alice', { ...HELLO, model: 'clinic-large' })).status).toBe(200)
    expect(Object.keys((await lastSeen()).headers)).not.toContain(HEADER)
  })
})

describe("a caller's own", () => {
  test('never passes, and is no proof', async () => {
    await (await rig.ask('alice', HELLO)).text()
    const stolen = (await lastSeen()).headers[HEADER] ?? ''
    const headers = { [HEADER]: stolen }
    await (await rig.ask('bob', HELLO, { headers })).text()
    const seen = await lastSeen()
    expect(seen.headers[HEADER]).not.toContain(stolen)
    expect((await verified(seen)).who).toBe('User::bob')
    await (await rig.ask('alice', { ...HELLO, model: 'clinic-large' }, { headers })).text()
    expect(JSON.stringify(await lastSeen())).not.toContain(stolen)
    expect((await rig.callWith(undefined, '/v1/chat/completions', HELLO, { headers })).status).toBe(401)
    expect((await rig.callWith(stolen, '/v1/chat/completions', HELLO)).status).toBe(401)
  })
})

test('of a token the trail holds its id alone, beside the attempt that it went with', async () => {
  const response = await rig.ask('alice', HELLO)
  const told = JSON.stringify([...response.headers]) + (await response.text())
  const token = (await lastSeen()).headers[HEADER] ?? ''
  const { outcome } = await rig.settled(exchangeOf(response))
  expect(outcome).toMatchObject({ attempts: [{ target: 'harbor/harbor-small', identities: [decodeJwt(token).jti] }] })
  const parts = token.split('.')
  expect(parts).toHaveLength(3)
  const written = JSON.stringify(await rig.entries()) + rig.log.join('\n')
  for (const part of parts) for (const text of [told, written]) expect(text).not.toContain(part)
})

test('a provider that says it back does not get it through to the caller', async () => {
  const said: string[] = []
  const echo = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const token = request.headers.get(HEADER) ?? 'none'
      said.push(token)
      const { stream } = (await request.json()) as { readonly stream?: boolean }
      const headers = { [HEADER]: token, 'x-echo': token }
      const about = { id: 'chatcmpl-1', created: 1, model: 'theirs' }
      if (stream !== true) {
        const message = { role: 'assistant', content: `You sent ${token} to me.`, refusal: null }
        const choices = [{ index: 0, message, finish_reason: 'stop', logprobs: null }]
        return Response.json({ ...about, object: 'chat.completion', choices }, { headers })
      }
      const events = Array.from(`You sent ${token} to me.`, (content) => {
        const choices = [{ index: 0, delta: { content }, finish_reason: null }]
        return `data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', choices })}\n\n`
      })
      const end = {
        ...about,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
      }
      const body = `${events.join('')}data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`
      return new Response(body, { headers: { ...headers, 'content-type': 'text/event-stream' } })
    },
  })
  const world = await startRig({ files: FILES, provider: `http://127.0.0.1:${echo.port}` })
  try {
    for (const stream of [false, true]) {
      const response = await world.ask('alice', { model: 'clinic-small', messages: says('hello'), stream })
      expect(response.status).toBe(200)
      const token = said.at(-1) ?? ''
      expect(JSON.stringify([...response.headers])).not.toContain(token)
      const body = await response.text()
      const documents = stream ? eventsOf(body) : [JSON.parse(body)]
      const text = documents.flatMap((document) => stringsAt(document, /content$/)).join('')
      expect(text).toMatch(/^You sent .* to me\.$/)
      expectNoPartOf(token.split('.')[2] ?? '', text, 12)
    }
    expect(said.map((token) => token.split('.').length)).toEqual([3, 3])
  } finally {
    await world.stop()
    await echo.stop(true)
  }
})

describe('the keys', () => {
  test('are published to everybody, without a private part, and making one is recorded', async () => {
    const response = await fetch(`${rig.url}/.well-known/jwks.json`)
    expect(response.status).toBe(200)
    const { keys } = (await response.json()) as { readonly keys: readonly Record<string, string>[] }
    expect(keys.map((key) => Object.keys(key).toSorted().join(' '))).toEqual(['alg crv kid kty use x'])
    const files = (await readdir(join(rig.home, 'keys'))).filter((name) => name.startsWith('identity-'))
    const name = new RegExp(`^identity-[0-9]{8}T[0-9]{6}Z-${keys[0]?.['kid']}\\.key$`)
    expect(files.map((file) => name.test(file))).toEqual([true])
    const changes = (await rig.entries()).filter((entry) => entry['what'] === 'signing-key')
    expect(changes).toMatchObject([{ kind: 'change', subject: keys[0]?.['kid'] }])
  })
})
