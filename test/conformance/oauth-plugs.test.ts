// What strangers may have the authorization server do: fetch documents of clients, register programs, try codes of devices. The real
// server on loopback, with the network that documents come from in this process.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { devicePlug } from '#authorization/device-plug.ts'
import { documentsPlug } from '#authorization/documents-plug.ts'
import { listenAuthorization } from '#authorization/listen.ts'
import { loginPlug } from '#authorization/login-plug.ts'
import type { PluggedParts } from '#authorization/plug.ts'
import { authorizationServer } from '#authorization/provider.ts'
import { registrationPlug } from '#authorization/registration-plug.ts'
import { forge, makeKey } from '#identity/forge.fixture.ts'
import { ulid } from '#lib/ulid.ts'
import type { Config } from '#policy/bundle/config.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

const ID = 'https://client.example/client.json'
const REDIRECT = 'https://client.example/callback'

let world: AuthorizationWorld
const pages = new Map<string, () => Response>()
const asked: string[] = []
const lines: string[] = []

beforeAll(async () => {
  world = await startAuthorization()
})
beforeEach(() => {
  pages.clear()
  asked.length = 0
  lines.length = 0
})
afterAll(() => world.stop())

interface Server {
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
  readonly stop: () => Promise<void>
}

/** A new one for each test: what it remembers of documents and of places is its own. */
async function serve(
  clients: Partial<Config['sessions']['clients']> = {},
  others: Partial<PluggedParts> = {},
): Promise<Server> {
  const config = withLogin(world.bundle.config, clients)
  const nobody = { identify: async () => undefined }
  const away = async (): Promise<Response> => {
    throw new Error('the provider is away')
  }
  const parts: PluggedParts = {
    ...world.parts,
    report: (line) => void lines.push(line),
    fetch: async (url) => {
      const address = url instanceof Request ? url.url : url.toString()
      asked.push(address)
      return pages.get(address)?.() ?? new Response(null, { status: 404 })
    },
    plugs: [
      loginPlug({ fetch: away, fetchJson: away, secretOf: async () => undefined }),
      devicePlug,
      documentsPlug,
      registrationPlug,
    ],
    ...others,
  }
  const active = { config, rules: 'of the test', tokens: nobody, indirect: new Set<string>(), keys: nobody }
  const server = authorizationServer(parts, active)
  const door = await listenAuthorization({ port: 0 }, () => server)
  return {
    ask(path, init = {}) {
      const headers = new Headers(init.headers)
      headers.set('accept', 'text/html')
      headers.set('x-sallyport-exchange', ulid(Date.now(), world.parts.random))
      headers.set('x-sallyport-source', headers.get('x-from') ?? '192.0.2.1')
      return fetch(`http://127.0.0.1:${door.port}${path}`, { ...init, headers, redirect: 'manual' })
    },
    stop: () => door.stop(500),
  }
}

function withLogin(config: Config, clients: Partial<Config['sessions']['clients']>): Config {
  const issuers = new Map(config.issuers)
  const harbor = issuers.get('harbor')
  if (!harbor) throw new Error('no issuer')
  issuers.set('harbor', { ...harbor, login: { client: 'gate', scopes: ['openid'] } })
  const { sessions } = config
  return { ...config, issuers, sessions: { ...sessions, clients: { ...sessions.clients, ...clients } } }
}

async function withServer(
  clients: Partial<Config['sessions']['clients']>,
  work: (server: Server) => Promise<void>,
  others: Partial<PluggedParts> = {},
): Promise<void> {
  const server = await serve(clients, others)
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}

function authorize(more: Readonly<Record<string, string>> = {}): string {
  const params = {
    client_id: ID,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...more,
  }
  return `/oauth/authorize?${new URLSearchParams(params).toString()}`
}

const document = (more: Readonly<Record<string, unknown>> = {}, init: ResponseInit = {}): void => {
  const body = JSON.stringify({ client_id: ID, client_name: 'A client', redirect_uris: [REDIRECT], ...more })
  pages.set(ID, () => new Response(body, init))
}

const loginOf = (answer: Response): string | undefined =>
  /\/oauth\/login\/[\w-]+$/.exec(answer.headers.get('location') ?? '')?.[0]

describe('a client that is described by a document', () => {
  test('is taken: whoever uses it goes on to log in', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      const answer = await ask(authorize())
      expect([answer.status, loginOf(answer) !== undefined]).toEqual([303, true])
    })
  })

  test('is no application, whatever key its document names: it waits as strangers do, and for room in the log', async () => {
    const key = makeKey('client')
    let rooms = 0
    const room = async () => void (rooms += 1)
    await withServer(
      {},
      async ({ ask }) => {
        document({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
        const statuses: Record<number, number> = {}
        for (let each = 0; each < 32; each++) {
          const now = Math.floor(Date.now() / 1000)
          const claims = { iss: ID, sub: ID, aud: 'https://gate.example', jti: `own ${each}`, iat: now, exp: now + 60 }
          const body = new URLSearchParams({
            grant_type: 'authorization_code',
            code: 'x',
            code_verifier: 'x'.repeat(43),
            redirect_uri: REDIRECT,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: forge(key, claims),
          })
          const headers = { 'x-from': '192.0.2.61' }
          const { status } = await ask('/oauth/token', { method: 'POST', body, headers })
          statuses[status] = (statuses[status] ?? 0) + 1
        }
        // What it may try, and what is written of that, is what anybody may.
        expect([statuses, rooms]).toEqual([{ 400: 30, 429: 2 }, 30])
      },
      { room },
    )
  })

  test('may be sent to any port of loopback, where its document has one', async () => {
    await withServer({}, async ({ ask }) => {
      document({ redirect_uris: ['http://127.0.0.1/callback'] })
      const answer = await ask(authorize({ redirect_uri: 'http://127.0.0.1:53017/callback' }))
      expect(loginOf(answer)).toBeDefined()
    })
  })

  test('is fetched once for a while, not each time', async () => {
    await withServer({}, async ({ ask }) => {
      document({}, { headers: { 'cache-control': 'no-store' } })
      await ask(authorize())
      await ask(authorize())
      expect(asked).toEqual([ID])
    })
  })

  test('is refused, and nobody is sent anywhere, where its document is wrong', async () => {
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      { client_id: 'https://client.example/another.json' },
      { client_secret: 'hello' },
      { token_endpoint_auth_method: 'client_secret_basic' },
      { redirect_uris: ['https://client.example/another'] },
      { redirect_uris: [] },
      { redirect_uris: [REDIRECT, 'http://elsewhere.example/callback'] },
      { redirect_uris: [REDIRECT, 'javascript:alert(1)'] },
    ]
    for (const more of wrong) {
      await withServer({}, async ({ ask }) => {
        document(more)
        const answer = await ask(authorize())
        expect([more, answer.status >= 400, answer.headers.has('location')]).toEqual([more, true, false])
      })
    }
  })

  test('is refused where its address redirects, fails, or answers no JSON', async () => {
    const answers = [
      () => new Response(null, { status: 302, headers: { location: 'https://client.example/other.json' } }),
      () => new Response('no', { status: 500 }),
      () => new Response('<html>'),
      () =>
        new Response(`{"client_id":"${ID}","redirect_uris":["${REDIRECT}"],"redirect_uris":["https://evil.example"]}`),
    ]
    for (const each of answers) {
      await withServer({}, async ({ ask }) => {
        pages.set(ID, each)
        const answer = await ask(authorize())
        // Twice: the library looks again for where it might send the refusal.
        expect([answer.status >= 400, new Set(asked)]).toEqual([true, new Set([ID])])
        asked.length = 0
      })
    }
  })

  test('that asks for another grant than those of people who log in gets none', async () => {
    await withServer({}, async ({ ask }) => {
      document({ grant_types: ['client_credentials'] })
      const answer = await ask(authorize())
      expect(answer.headers.get('location')).toStartWith(`${REDIRECT}?error=invalid_request`)
    })
  })

  test('is not even looked at where the bundle takes none', async () => {
    await withServer({ documents: false }, async ({ ask }) => {
      document()
      expect((await ask(authorize())).status).toBe(400)
      expect(asked).toEqual([])
    })
  })

  test('is fetched for nobody who names one after another', async () => {
    await withServer({}, async ({ ask }) => {
      for (let each = 0; each < 40; each++) await ask(authorize({ client_id: `https://client.example/${each}` }))
      expect(asked.length).toBe(30)
      document()
      expect(loginOf(await ask(authorize(), { headers: { 'x-from': '198.51.100.7' } }))).toBeDefined()
    })
  })
})

describe('keys that a document names', () => {
  test('are fetched as often as documents are, and no more: each is work for an address that a stranger chose', async () => {
    await withServer({}, async ({ ask }) => {
      const keys = 'https://client.example/keys.json'
      document({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: keys })
      pages.set(keys, () => Response.json({ keys: [] }))
      for (let each = 0; each < 20; each++) await ask(authorize({ client_id: `https://client.example/${each}` }))
      expect(asked).toHaveLength(30)
      asked.length = 0
      const from = '198.51.100.9'
      expect(loginOf(await ask(authorize(), { headers: { 'x-from': from } }))).toBeDefined()
      expect(asked).toEqual([ID])
      for (let each = 0; each < 12; each++)
        await ask(authorize({ client_id: `https://client.example/${each}` }), { headers: { 'x-from': from } })
      for (let each = 0; each < 20; each++) {
        const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
        const claims = { iss: ID, sub: ID, aud: 'https://gate.example', jti: `${each}`, exp: 4_000_000_000 }
        const body = new URLSearchParams({
          grant_type: 'refresh_token',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: `${part({ alg: 'ES256', kid: `${each}` })}.${part(claims)}.${'A'.repeat(86)}`,
        })
        const answer = await ask('/oauth/token', { method: 'POST', body, headers: { 'x-from': from } })
        expect(answer.status).toBe(401)
      }
      expect(asked).toContain(keys)
      expect(asked).toHaveLength(30)
    })
  })
})

describe('a program that registers itself', () => {
  const register = (server: Server, from: string): Promise<Response> =>
    server.ask('/oauth/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-from': from },
      body: JSON.stringify({ client_name: 'A program', redirect_uris: ['http://127.0.0.1/cb'] }),
    })

  test('may do so thirty times at once from one place, and others still may', async () => {
    await withServer({ registration: ['A program'] }, async (server) => {
      const statuses: number[] = []
      for (let each = 0; each < 32; each++) statuses.push((await register(server, '192.0.2.1')).status)
      expect(statuses.slice(0, 30).every((status) => status === 201)).toBe(true)
      expect(statuses.slice(30)).toEqual([429, 429])
      expect((await register(server, '198.51.100.7')).status).toBe(201)
    })
  })

  test('finds nothing to do so where the bundle names none', async () => {
    await withServer({ registration: [] }, async (server) => {
      expect((await register(server, '192.0.2.1')).status).toBe(404)
    })
  })
})

describe('codes of devices', () => {
  test('cannot be tried out: thirty wrong ones, and their place has to wait', async () => {
    await withServer({}, async ({ ask }) => {
      let cookie = ''
      const statuses: number[] = []
      for (let each = 0; each < 31; each++) {
        const form = await ask('/oauth/device', { headers: { cookie } })
        cookie = cookiesOf(form)
        const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(await form.text()) ?? []
        const body = new URLSearchParams({ xsrf, user_code: 'BBBB-BBBB' })
        const answer = await ask('/oauth/device', { method: 'POST', body, headers: { cookie } })
        cookie = cookiesOf(answer) || cookie
        statuses.push(answer.status)
      }
      expect([statuses.slice(0, 30).every((status) => status === 200), statuses[30]]).toEqual([true, 429])
    })
  })
})

const cookiesOf = ({ headers }: Response): string =>
  headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

describe('a path', () => {
  test('that is spelled otherwise than it stands in the metadata is served by nobody, in the words of OAuth', async () => {
    await withServer({ registration: ['A program'] }, async ({ ask }) => {
      document()
      const names = 'token authorize device device_authorization introspect jwks register revoke'.split(' ')
      const spelled = names.flatMap((name) => [`/oauth/${name.toUpperCase()}`, `/oauth/${name}/`, `/OAuth/${name}`])
      const others = [
        authorize().replace('authorize', 'Authorize'),
        '/oauth/Device?user_code=BCDF-GHJK',
        '/session/end/confirm',
        '/oauth/nothing',
        '/oauth/login/',
      ]
      for (const path of [...spelled, ...others]) {
        for (const method of ['GET', 'POST']) {
          const answer = await ask(path, { method })
          expect([path, method, answer.status]).toEqual([path, method, 404])
          expect(await answer.json()).toEqual({ error: 'invalid_request', error_description: 'nothing is served here' })
        }
      }
      expect(asked).toEqual([])
    })
  })

  test('that is one answers the methods that it has, and says which', async () => {
    await withServer({}, async ({ ask }) => {
      const answer = await ask('/oauth/token')
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
      expect(await answer.json()).toEqual({ error: 'invalid_request', error_description: 'only POST is served here' })
      expect((await ask('/oauth/jwks', { method: 'HEAD' })).status).toBe(200)
      expect((await ask('/oauth/authorize', { method: 'POST' })).headers.get('allow')).toBe('GET')
    })
  })

  test('that the bundle serves nothing at is told so in the words of OAuth', async () => {
    await withServer({ registration: [] }, async ({ ask }) => {
      const answer = await ask('/oauth/register', { method: 'POST' })
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { error: 'invalid_request', error_description: 'nothing is served here' },
      ])
    })
  })
})

describe('an authorization request', () => {
  test.each(['form_post', 'fragment', 'web_message', 'jwt', 'FORM_POST'])(
    'for an answer in any other way than a query is refused there: %s',
    async (mode) => {
      await withServer({}, async ({ ask }) => {
        document()
        const answer = await ask(authorize({ response_mode: mode, state: 'state-1' }))
        const told = new URL(answer.headers.get('location') ?? 'https://nowhere.example')
        expect([answer.status, told.origin + told.pathname, told.hash]).toEqual([303, REDIRECT, ''])
        expect([told.searchParams.get('error'), told.searchParams.get('state')]).toEqual([
          'unsupported_response_mode',
          'state-1',
        ])
        expect(loginOf(await ask(authorize({ response_mode: 'query' })))).toBeDefined()
      })
    },
  )

  test('that fails otherwise is answered in a query, too, and by no page of the library', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      const answer = await ask(authorize({ response_mode: 'form_post', code_challenge: '' }))
      expect(answer.headers.get('location')).toStartWith(`${REDIRECT}?error=`)
      const twice = await ask(`${authorize({ response_mode: 'form_post' })}&response_mode=form_post`)
      expect(twice.headers.get('location')).toStartWith(`${REDIRECT}?error=`)
    })
  })

  test('that cannot be answered at the client is told on a page, in words of ours, under its exchange', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      const { status, text } = await shown(ask(authorize({ redirect_uri: 'https://evil.example/cb' })))
      expect(status).toBe(400)
      expect(text).toContain('The address that the answer should go to is none of the program’s own.')
      expect(text).toContain('(invalid_redirect_uri)')
      expect(text).not.toContain('did not match')
      expect(text).toMatch(/Exchange <code>[0-9A-HJKMNP-TV-Z]{26}<\/code>/)
      expect(lines.join('\n')).toContain('invalid_redirect_uri')
      const unknown = await shown(ask(authorize({ client_id: 'nobody' })))
      expect(unknown.text).toContain('The program that sent you here is not known.')
      const over = await shown(ask('/oauth/authorize/made-up-0123456789'))
      expect(over.text).toContain('(invalid_request)')
    })
  })
})

const shown = async (answering: Promise<Response>): Promise<{ readonly status: number; readonly text: string }> => {
  const answer = await answering
  return { status: answer.status, text: (await answer.text()).replaceAll(/\s+/g, ' ') }
}

describe('logins', () => {
  test('that do not begin at a client are counted, too: each page for a code leaves a row', async () => {
    await withServer({}, async ({ ask }) => {
      const statuses: number[] = []
      for (let each = 0; each < 62; each++) {
        statuses.push((await ask('/oauth/device')).status, (await ask('/oauth/device/made-up-0123456789')).status)
      }
      expect(statuses.slice(0, 120)).not.toContain(429)
      expect(statuses.slice(120)).toEqual([429, 429, 429, 429])
      expect((await ask('/oauth/device', { headers: { 'x-from': '198.51.100.7' } })).status).toBe(200)
    })
  })

  test('that nobody began are no news for whoever operates the gate', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      for (let each = 0; each < 5; each++) {
        expect((await ask(`/oauth/login/made-up-012345678${each}`)).status).toBe(401)
        expect((await ask('/oauth/login/callback/harbor?state=x')).status).toBe(401)
      }
      expect(lines.filter((line) => line.startsWith('login: '))).toEqual([])
      const begun = await ask(authorize())
      for (let each = 0; each < 5; each++) await ask(loginOf(begun) ?? '', { headers: { cookie: cookiesOf(begun) } })
      expect(lines.filter((line) => line.startsWith('login: '))).toHaveLength(1)
    })
  })

  test('are begun from one place only so often, and others go on', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      const statuses: number[] = []
      for (let each = 0; each < 130; each++) statuses.push((await ask(authorize())).status)
      expect(statuses.slice(0, 120).every((status) => status === 303)).toBe(true)
      expect(statuses.slice(120).every((status) => status === 429)).toBe(true)
      const device = await ask('/oauth/device_authorization', { method: 'POST', body: new URLSearchParams({ x: 'y' }) })
      expect(device.status).toBe(429)
      expect((await ask(authorize(), { headers: { 'x-from': '198.51.100.7' } })).status).toBe(303)
    })
  })
})

describe('an issuer that is away', () => {
  test('is told on a page, without what went wrong, which the operator reads', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      const begun = await ask(authorize())
      const answer = await ask(loginOf(begun) ?? '', { headers: { cookie: cookiesOf(begun) } })
      const text = await answer.text()
      expect(answer.status).toBe(503)
      expect(text).toContain('The login of harbor cannot be reached.')
      expect(text).not.toContain('is away')
      expect(lines.join('\n')).toContain('The login of harbor cannot be reached.')
    })
  })

  test('is no way to a login of another browser', async () => {
    await withServer({}, async ({ ask }) => {
      document()
      const begun = await ask(authorize())
      expect((await ask(loginOf(begun) ?? '')).status).toBe(401)
      const other = await ask(authorize())
      expect((await ask(loginOf(other) ?? '', { headers: { cookie: cookiesOf(begun) } })).status).toBe(404)
      expect((await ask('/oauth/login/made-up-0123456789')).status).toBe(401)
      expect((await ask('/oauth/login/%2e%2e/x')).status).toBe(404)
    })
  })
})
