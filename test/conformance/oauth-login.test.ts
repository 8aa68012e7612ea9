import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { IssuerConfig } from '#policy/bundle/config.ts'
import { type Login, type LoginBegun, makeLogin } from '#authorization/login.ts'
import type { LoginFetch } from '#authorization/login-fetch.ts'
import { makeLoginPeople } from '#authorization/login-people.ts'
import { type LoginProvider, loginProvider } from '../doubles/login-provider.ts'

const PUBLIC = 'https://ai.example'
let provider: LoginProvider
let login: Login
let secret: string | undefined

const direct: LoginFetch = (url, { method, headers, body, signal }) =>
  fetch(url, { method, headers, body: body as string, redirect: 'manual', ...(signal && { signal }) })

beforeAll(async () => {
  provider = await loginProvider(`${PUBLIC}/oauth/login/callback/okta`)
  const issuer: IssuerConfig = {
    name: 'okta',
    url: provider.url,
    // Access tokens of this issuer are for the gateway; ID tokens are for its client.
    audience: ['https://ai.example'],
    types: ['at+jwt'],
    as: 'User::okta/{sub}',
    groups: 'groups',
    attributes: { department: { claim: 'department', type: 'string' } },
    login: { client: provider.client.id, scopes: ['profile'] },
  }
  const silent: IssuerConfig = { ...issuer, name: 'ci', url: 'https://ci.example', as: 'App::ci/{sub}' }
  const { login: _, ...withoutLogin } = silent
  const issuers = new Map([
    ['okta', issuer],
    ['ci', withoutLogin],
  ])
  const clock = { now: () => Date.now() }
  const people = makeLoginPeople(
    { issuers, teams: new Map([['clinicians', ['okta:doctors']]]) },
    { fetchJson: (url, signal) => fetch(url, { signal, redirect: 'manual' }), clock, report: () => undefined },
  )
  login = makeLogin({ public: PUBLIC, issuers }, { fetch: direct, people, clock, secretOf: async () => secret })
})
beforeEach(() => {
  secret = provider.client.secret
  provider.next = { sub: 'alice', groups: ['doctors', 'others'], claims: { department: 'surgery' } }
})
afterAll(() => provider.stop())

/** A browser, as far as the provider is concerned: to where it is sent back. */
async function follow(url: string): Promise<URL> {
  const jar = new Map<string, string>()
  let at = url
  for (let step = 0; step < 10 && !at.startsWith(PUBLIC); step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    at = new URL(answer.headers.get('location') ?? '/', at).href
  }
  return new URL(at)
}

async function refused(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Refusal) return error
  throw new Error(`not refused: ${String(error)}`)
}

const there = async (): Promise<{ readonly begun: LoginBegun; readonly query: string }> => {
  const { url, begun } = await login.begin('okta', { again: false })
  const { search } = await follow(url)
  return { begun, query: search.slice(1) }
}

describe('a login', () => {
  test('names the person as the data plane would: by template, teams and attributes', async () => {
    const { begun, query } = await there()
    const person = await login.finish(begun, query)
    expect(person).toMatchObject({
      type: 'User',
      id: 'okta/alice',
      groups: ['clinicians'],
      attributes: { department: 'surgery' },
      proof: { method: 'jwt', issuer: 'okta' },
    })
  })

  test('asks with PKCE, state and nonce, and for a fresh login where that is wanted', async () => {
    const { url } = await login.begin('okta', { again: true })
    const asked = new URL(url).searchParams
    expect(asked.get('code_challenge_method')).toBe('S256')
    expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    expect(asked.get('state')).toMatch(/^[\w-]{43}$/)
    expect(asked.get('nonce')).toMatch(/^[\w-]{43}$/)
    expect(asked.get('redirect_uri')).toBe('https://ai.example/oauth/login/callback/okta')
    expect(asked.get('scope')).toBe('openid profile')
    expect(asked.get('prompt')).toBe('login')
  })

  test('of another state, nonce or verifier than it began with is refused', async () => {
    for (const other of ['state', 'nonce', 'verifier']) {
      const { begun, query } = await there()
      const refusal = await refused(login.finish({ ...begun, [other]: 'x'.repeat(43) }, query))
      expect([other, refusal.reason]).toEqual([other, 'unauthenticated'])
    }
  })

  test('cannot be finished twice with one code', async () => {
    const { begun, query } = await there()
    await login.finish(begun, query)
    expect((await refused(login.finish(begun, query))).reason).toBe('unauthenticated')
  })

  test('that another issuer claims to have answered is refused (RFC 9207)', async () => {
    const { begun, query } = await there()
    const forged = new URLSearchParams(query)
    forged.set('iss', 'https://evil.example')
    expect((await refused(login.finish(begun, forged.toString()))).reason).toBe('unauthenticated')
  })

  test('that the provider declined says so, without its words', async () => {
    provider.next = undefined
    const { begun, query } = await there()
    const refusal = await refused(login.finish(begun, query))
    expect(refusal.reason).toBe('not_permitted')
    expect(refusal.message).toBe('The login at okta was declined.')
  })

  test('with a wrong secret of the gate proves nobody, and a new secret is used at once', async () => {
    secret = 'another-secret'
    const wrong = await there()
    expect((await refused(login.finish(wrong.begun, wrong.query))).reason).toBe('unauthenticated')
    secret = provider.client.secret
    const right = await there()
    expect((await login.finish(right.begun, right.query)).id).toBe('okta/alice')
  })

  test('is at issuers that the bundle gives a login only', async () => {
    expect(login.issuers.map(({ name }) => name)).toEqual(['okta'])
    expect((await refused(login.begin('ci', { again: false }))).reason).toBe('not_found')
    expect((await refused(login.begin('nobody', { again: false }))).reason).toBe('not_found')
  })
})
