// For tests only: a key that is right in every way, and an authenticator beside a store in which all can be wrong.
import { createHash } from 'node:crypto'
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal, type Sign } from '#access/refusal.ts'
import type { KeyUse, SignIn, VirtualKey } from '#access/virtual-key.ts'
import { NOW } from './forge.fixture.ts'
import { makeGuesses } from './guesses.ts'
import { makeKeyAuthenticator } from './virtual-key.ts'

export const DAY = 86_400_000
export const ID = 'k7'
export const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF0123456789'
export const CREDENTIAL = `sp_${ID}_${SECRET}`

export const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** Of an application, taken from 192.0.2.0/24. */
export const GOOD_KEY: VirtualKey = {
  id: ID,
  principal: { type: 'App', id: 'intake' },
  owner: 'owner@example.com',
  team: 'intake',
  environment: 'production',
  use: 'letters',
  models: ['small'],
  actions: ['infer'],
  networks: ['192.0.2.0/24'],
  users: [],
  created: NOW - 2 * DAY,
  notBefore: NOW - 2 * DAY,
  expires: NOW + DAY,
  secrets: [{ sha256: sha256(SECRET) }],
}

export const RULES = 'the rules in force'

/** Of okta/alice, as the bundle in force reads it. */
export const signedIn = (at: number): SignIn => ({
  at,
  issuer: 'okta',
  groups: ['clinicians'],
  attributes: { ward: 'north', level: 3n },
  rules: RULES,
})

export const PERSONAL: Partial<VirtualKey> = { principal: { type: 'User', id: 'okta/alice' } }

export const personOf = (issuer: string, type: Principal['type'] = 'User'): Principal => ({
  type,
  id: `${issuer}/alice`,
  groups: ['clinicians'],
  attributes: {},
  proof: { method: 'jwt', issuer, issuedAt: 1, expiresAt: 2 },
})

export interface KeyScene {
  readonly authenticator: Authenticator
  readonly keys: Map<string, VirtualKey>
  readonly uses: Map<string, KeyUse>
  readonly signIns: Map<string, SignIn>
  /** Ids that were looked up, in order. */
  readonly found: string[]
  readonly time: { now: number; monotonic: number }
  /** Whose token each is; a Refusal is thrown. */
  readonly tokens: Map<string, Principal | Refusal>
  /** Runs while a user token is proven. */
  meanwhile: () => void
}

/** `key`: how it differs from the good one. */
export function keyScene(key: Partial<VirtualKey> = {}): KeyScene {
  const keys = new Map([[ID, { ...GOOD_KEY, ...key }]])
  const uses = new Map<string, KeyUse>()
  const signIns = new Map<string, SignIn>()
  const tokens = new Map<string, Principal | Refusal>([
    ['of-okta', personOf('okta')],
    ['of-entra', personOf('entra')],
    ['of-an-app', personOf('okta', 'App')],
    ['expired', new Refusal('unauthenticated', { message: 'The token expired.' })],
  ])
  const found: string[] = []
  const time = { now: NOW, monotonic: 0 }
  const clock = { now: () => time.now, monotonic: () => time.monotonic }
  const scene: KeyScene = {
    keys,
    uses,
    signIns,
    found,
    time,
    tokens,
    meanwhile: () => undefined,
    authenticator: makeKeyAuthenticator({
      keys: {
        find(id) {
          found.push(id)
          return keys.get(id)
        },
        hasPersonal: () => false,
      },
      uses: { last: (id) => uses.get(id), note: (id, use) => void uses.set(id, use) },
      signIns: { last: (person) => signIns.get(person), note: (person, signIn) => void signIns.set(person, signIn) },
      users: {
        async identify({ credential }) {
          const known = tokens.get(credential)
          scene.meanwhile()
          if (known instanceof Refusal) throw known
          return known
        },
      },
      teams: new Set(['intake', 'clinicians']),
      rules: RULES,
      clock,
      guesses: makeGuesses({ clock, random: (bytes) => new Uint8Array(bytes) }),
    }),
  }
  return scene
}

export const HERE = '192.0.2.7'

export const show = (scene: KeyScene, presented: Partial<Presented> = {}): Promise<Principal | undefined> =>
  scene.authenticator.identify({ credential: CREDENTIAL, source: HERE, ...presented })

/** How it is refused: `reason: message`, and of what it is a sign. */
export async function refusalTo(
  scene: KeyScene,
  presented: Partial<Presented> = {},
): Promise<readonly [string, Sign?]> {
  try {
    await show(scene, presented)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { indicator } = error.detail
    return [`${error.reason}: ${error.message}`, ...(indicator ? ([indicator] as const) : ([] as const))]
  }
  return ['no refusal']
}
