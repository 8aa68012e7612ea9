// The real processes with an application that may begin sessions, and a provider whose streams go on until somebody hangs up.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { type Program, type Sandbox, sandbox } from './sandbox.ts'

export interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A stream that is open. */
export interface OpenStream {
  /** What came of it in the end. */
  readonly ended: Promise<string>
  isOver(): boolean
}

export interface SessionPlace {
  readonly place: Sandbox
  readonly program: Program
  /** Streams that the provider has open just now. */
  streams(): number
  /** POST to `/oauth/…` as the application. Rejects where nobody answers. */
  oauth(path: 'token' | 'revoke', fields: Readonly<Record<string, string>>): Promise<Answered>
  /** The token of a session of the application alone; more fields make it another grant. */
  begin(): Promise<string>
  /** One below the session of this token. */
  beginBelow(token: string): Promise<Answered>
  /** The status of a short call with this token, over a connection of its own. */
  ask(token: string): Promise<number>
  /** Resolves once its first piece is there. */
  open(token: string): Promise<OpenStream>
  /** Entries about sessions and tokens, in the order of the log. */
  entries(): Promise<readonly ReadEntry[]>
  /** The process of this command: `authorization`, `gateway --worker 1`. */
  pid(command: string): Promise<number | undefined>
  stop(): Promise<void>
}

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS = 'urn:ietf:params:oauth:token-type:access_token'

const yaml = (origin: string, provider: string): string => `public: ${origin}
issuers: {}
teams: {}
systems:
  desk: { tier: 1, owner: desk@harbor.example }
providers:
  harbor: { kind: openai-compatible, url: "${provider}/v1", credential: file:provider-key, private: true }
models:
  small: { system: desk, use: [harbor/small] }
applications:
  desk:
    environment: test
    use: ends of sessions
    keys: file:desk.json
    models: [small]
    actions: [infer]
`

const PIECE = `data: ${JSON.stringify({
  id: 'chatcmpl-e',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'small',
  choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }],
})}\n\n`

const WHOLE = {
  id: 'chatcmpl-e',
  object: 'chat.completion',
  created: 1,
  model: 'small',
  choices: [{ index: 0, message: { role: 'assistant', content: 'word' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
}

/** Streams a piece at once, and another every 50 ms until its caller hangs up. */
function endlessProvider() {
  let open = 0
  const streaming = (): Response => {
    let timer: ReturnType<typeof setInterval> | undefined
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        open += 1
        const send = (): void => controller.enqueue(new TextEncoder().encode(PIECE))
        send()
        timer = setInterval(send, 50)
      },
      cancel() {
        open -= 1
        clearInterval(timer)
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => ((await request.text()).includes('"stream":true') ? streaming() : Response.json(WHOLE)),
  })
  return { url: `http://127.0.0.1:${server.port}`, open: () => open, stop: () => server.stop(true) }
}

export async function sessionPlace(): Promise<SessionPlace> {
  const place = await sandbox()
  const origin = `http://127.0.0.1:${place.port}`
  const provider = endlessProvider()
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'ES256' }]
  const files = {
    'sallyport.yaml': yaml(origin, provider.url),
    'policies/all.cedar': '@id("everybody")\npermit (principal, action == Action::"infer", resource);\n',
    'provider-key': 'a-provider-credential-0123456789\n',
    'desk.json': JSON.stringify({ keys }),
  }
  const bundle = join(place.cwd, 'bundle')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(bundle, path)), { recursive: true })
    await writeFile(join(bundle, path), text, { mode: 0o600 })
  }
  const program = place.start(['start', '--bundle', bundle, '--log', 'off'], { SALLYPORT_WORKERS: '2' })
  await program.says(/^Sallyport is ready/m)

  const assertion = (): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({ iss: 'desk', sub: 'desk', aud: origin, iat: now, exp: now + 60, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(privateKey)
  }
  const oauth: SessionPlace['oauth'] = async (path, fields) => {
    const proof = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(),
    }
    const body = new URLSearchParams({ ...fields, ...proof })
    const headers = { connection: 'close' }
    const answer = await fetch(`${origin}/oauth/${path}`, { method: 'POST', body, headers, keepalive: false })
    const text = await answer.text()
    return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as Answered['body']) : {} }
  }
  const call = (token: string, stream: boolean): Promise<Response> =>
    fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      keepalive: false,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({
        model: 'small',
        messages: [{ role: 'user', content: 'hello' }],
        ...(stream && { stream }),
      }),
    })
  return {
    place,
    program,
    streams: provider.open,
    oauth,
    async begin() {
      const { status, body } = await oauth('token', { grant_type: 'client_credentials' })
      if (status !== 200) throw new Error(`no session begins: ${status} ${JSON.stringify(body)}\n${program.output()}`)
      return String(body['access_token'])
    },
    beginBelow: (token) => oauth('token', { grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS }),
    async ask(token) {
      const answer = await call(token, false)
      await answer.text()
      return answer.status
    },
    open: async (token) => openStream(await call(token, true)),
    entries: () =>
      Array.fromAsync(readEntries(join(place.home, 'audit', 'authorization'))).then((all) =>
        all.filter(({ kind }) => kind === 'session' || kind === 'token'),
      ),
    async pid(command) {
      const members = await program.members()
      return [...members].find(([, line]) => line.includes(`main.ts ${command}`))?.[0]
    },
    async stop() {
      await place.remove()
      await provider.stop()
    },
  }
}

async function openStream(answer: Response): Promise<OpenStream> {
  const reader = answer.body?.getReader()
  if (answer.status !== 200 || !reader) throw new Error(`no stream: ${answer.status} ${await answer.text()}`)
  let text = new TextDecoder().decode((await reader.read()).value)
  let over = false
  const toItsEnd = async (): Promise<string> => {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return text
        text = (text + new TextDecoder().decode(value)).slice(-2_000)
      }
    } catch {
      return `${text}(the connection broke)`
    } finally {
      over = true
    }
  }
  return { ended: toItsEnd(), isOver: () => over }
}

export const sessionOf = (token: string): string => {
  const [, payload = ''] = token.split('.')
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string }).sid
}
