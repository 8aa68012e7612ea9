// Threat: a code that is used twice, or that was made under a bundle that is in force no more. Codes are made here as the library
// makes them once somebody has logged in.
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { Provider } from 'oidc-provider'
import type { Logins } from '#authorization/logins.ts'
import type { MakePlug } from '#authorization/plug.ts'
import { type Answer, noOf, token } from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, ORIGIN, startAuthorization } from '../doubles/authorization-server.ts'

const REDIRECT = 'http://127.0.0.1:9/callback'
const VERIFIER = 'a-verifier-of-this-test-0123456789-abcdefghijkl'

let world: AuthorizationWorld
let provider: Provider | undefined
let logins: Logins | undefined

const peek: MakePlug = (_parts, _active, kept) => {
  logins = kept
  return {
    async answer(_page, library) {
      provider = library
      return false
    },
  }
}

const withLogin = (yaml: string): string =>
  yaml
    .replace('as: "User::{sub}" }', 'as: "User::{sub}", login: { client: gate } }')
    .replace('keys: file:helper.json,', `keys: file:helper.json, redirect: ["${REDIRECT}"],`)

async function inForce(edit: (yaml: string) => string = (yaml) => yaml): Promise<void> {
  await world.reload((yaml) => edit(withLogin(yaml)))
  await world.ask('/oauth/authorize')
}

beforeAll(async () => {
  world = await startAuthorization()
  const plugs = world.parts.plugs as MakePlug[]
  plugs.push(peek)
})
beforeEach(() => inForce())
afterAll(() => world.stop())

/** Of alice, for `helper`. */
async function code(): Promise<string> {
  const client = await provider?.Client.find('helper')
  if (!provider || !logins || !client) throw new Error('there is no server yet')
  const proof = { method: 'jwt', issuer: 'harbor', issuedAt: 1, expiresAt: 2 } as const
  const accountId = await logins.keep({ type: 'User', id: 'alice', groups: ['clinicians'], attributes: {}, proof })
  const grant = new provider.Grant({ accountId, clientId: 'helper' })
  grant.addResourceScope(ORIGIN, 'infer')
  const made = new provider.AuthorizationCode({
    accountId,
    client,
    grantId: await grant.save(),
    redirectUri: REDIRECT,
    codeChallenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    codeChallengeMethod: 'S256',
    gty: 'authorization_code',
    scope: 'infer',
  })
  return made.save()
}

const redeem = (text: string): Promise<Answer> =>
  token(
    world,
    { grant_type: 'authorization_code', code: text, code_verifier: VERIFIER, redirect_uri: REDIRECT },
    { by: 'helper' },
  )

const stateOf = (answer: Answer) => world.parts.sessions.find(String(answer.claims['sid']))

test('a code begins one session', async () => {
  const answer = await redeem(await code())
  expect(answer.claims).toMatchObject({ sub: 'User::alice', act: { sub: 'App::helper' }, scope: 'infer' })
  expect(stateOf(answer)?.ended).toBeUndefined()
})

test('who logged in under another bundle logs in again: their teams might be others now', async () => {
  const text = await code()
  await inForce((yaml) => yaml.replace('clinicians: [harbor:clinicians]', 'clinicians: [harbor:doctors]'))
  expect(noOf(await redeem(text))).toBe('400 invalid_grant: the login has expired: log in again')
})

test('what could never be granted is refused before anybody logs in', async () => {
  const task = { type: 'sallyport_task', task: 'x', models: ['desk-small'] }
  const twice = '[{"type":"sallyport_task","task":"x","models":["desk-small"],"models":["desk-large"]}]'
  const told = async (more: Readonly<Record<string, string>>): Promise<string> => {
    const asked = { client_id: 'helper', response_type: 'code', redirect_uri: REDIRECT, state: 's', ...more }
    const challenge = createHash('sha256').update(VERIFIER).digest('base64url')
    const query = new URLSearchParams({ ...asked, code_challenge: challenge, code_challenge_method: 'S256' })
    const answer = await world.ask(`/oauth/authorize?${query.toString()}`)
    const { pathname, searchParams } = new URL(answer.headers.get('location') ?? '', ORIGIN)
    return searchParams.get('error') ?? pathname.replace(/[^/]+$/, '')
  }
  expect(await told({ scope: 'infer', authorization_details: JSON.stringify([task]) })).toBe('/oauth/interaction/')
  expect(await told({ scope: 'infer openid offline_access' })).toBe('/oauth/interaction/')
  for (const [error, more] of [
    ['invalid_scope', { scope: 'infer store' }],
    ['invalid_target', { authorization_details: JSON.stringify([{ ...task, models: ['no-such-model'] }]) }],
    ['invalid_target', { authorization_details: JSON.stringify([{ ...task, models: ['records-small'] }]) }],
    ['invalid_authorization_details', { authorization_details: '[]' }],
    ['invalid_authorization_details', { authorization_details: twice }],
  ] as const) {
    expect([JSON.stringify(more), await told(more)]).toEqual([JSON.stringify(more), error])
  }
})

test('an application’s redirects are exact: another port on the same machine is another program', async () => {
  const asked = { client_id: 'helper', response_type: 'code', scope: 'infer', code_challenge_method: 'S256' }
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url')
  const statuses: number[] = []
  for (const redirect of [REDIRECT, REDIRECT.replace(':9/', ':10/')]) {
    const query = new URLSearchParams({ ...asked, redirect_uri: redirect, code_challenge: challenge })
    statuses.push((await world.ask(`/oauth/authorize?${query.toString()}`)).status)
  }
  expect(statuses).toEqual([303, 400])
})

test('used again, it ends what came of it', async () => {
  const text = await code()
  const first = await redeem(text)
  expect(noOf(await redeem(text))).toBe('400 invalid_grant: the code was used before; what came of it has ended')
  expect(stateOf(first)?.ended?.why).toBe('revoked')
})

test('used while its first use is under way, it leaves nobody a session: which of the two is the thief is not known', async () => {
  const open = () => world.parts.sessions.list({ open: true, most: 1000 }).length
  const before = open()
  const text = await code()
  const { promise, resolve } = Promise.withResolvers<void>()
  world.broken.held = promise
  const first = redeem(text)
  while (open() === before) await Bun.sleep(1)
  const told = '400 invalid_grant: the code was used before; what came of it has ended'
  expect(noOf(await redeem(text))).toBe(told)
  world.broken.held = undefined
  resolve()
  expect(noOf(await first)).toBe(told)
  expect(open()).toBe(before)
})
