// Steps of a login, as cases take them.
import { createHash } from 'node:crypto'
import * as openid from 'openid-client'
import { type Browser, makeBrowser, type Seen } from './browser.ts'
import { REDIRECT } from './bundle.ts'
import type { World } from './world.ts'

/** RFC 7636 section 4.1. */
export const VERIFIER = 'a-verifier-of-the-conformance-run-0123456789abcdef'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

export const isClient = (url: string): boolean => url.startsWith('http://127.0.0.1:9/')

/** A request of `helper`, but for what is said otherwise; undefined leaves a parameter out. */
export function authorizationUrl({ origin }: World, params: Readonly<Record<string, string | undefined>>): string {
  const all = {
    client_id: 'helper',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'infer',
    state: 'state-1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...params,
  }
  const url = new URL('/oauth/authorize', origin)
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}

/** As `openid-client` asks. */
export async function beginCode(
  config: openid.Configuration,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; readonly verifier: string; readonly state: string }> {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'infer',
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  })
  return { url: url.href, verifier, state }
}

/** Until the client is reached. */
export async function logIn(browser: Browser, url: string): Promise<Seen> {
  const seen = await browser.open(url)
  if (isClient(seen.url)) return seen
  throw new Error(`the browser stands at ${seen.url}: ${seen.status} ${seen.text.replaceAll(/\s+/g, ' ').slice(-500)}`)
}

export const loggedIn = (world: World, params: Readonly<Record<string, string | undefined>> = {}): Promise<Seen> =>
  logIn(makeBrowser(isClient), authorizationUrl(world, params))

export function codeOf({ url }: Seen): string {
  const code = new URL(url).searchParams.get('code')
  if (code !== null) return code
  throw new Error(`no code: ${url}`)
}
