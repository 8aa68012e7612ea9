// Who a key stands for, once it has proven itself beside a network or a user's token.
import type { Grant } from '#access/grant.ts'
import type { Principal, Proof, ProofMethod } from '#access/principal.ts'
import { MOST_AHEAD_MS, type SignIn, type VirtualKey } from '#access/virtual-key.ts'
import { refusedKey } from './key-standing.ts'
import type { StoredSecret } from './key-secret.ts'

export interface ProvenKey {
  readonly key: VirtualKey
  readonly secret: StoredSecret
}

/** An application; a team that the bundle in force does not have is none. `teams` are that bundle's. */
export function appOf({ key, secret }: ProvenKey, teams: ReadonlySet<string>, user: Principal | undefined): Principal {
  const { principal, team, environment, use } = key
  return {
    type: 'App',
    id: principal.id,
    groups: team !== undefined && teams.has(team) ? [team] : [],
    attributes: { environment, use },
    proof: proofOf({ key, secret }, user ? 'key-and-user-token' : 'key-and-network'),
    grants: [grantOf(key)],
    ...(user ? { onBehalfOf: user } : {}),
  }
}

const MOST_AGE_MS = 24 * 3600 * 1000

/**
 * A person, in the teams and with the attributes that their own token last told. Who has left gets no token any more, so their
 * keys die with it; a sign-in from the future is a clock that was set back, and proves nothing. One under other `rules` than
 * the bundle's in force was read as that bundle would not read it.
 */
export function personOf(proven: ProvenKey, last: SignIn | undefined, rules: string, now: number): Principal {
  const { key } = proven
  const isFresh = last !== undefined && last.at <= now + MOST_AHEAD_MS && now - last.at < MOST_AGE_MS
  if (!isFresh || last.rules !== rules) {
    throw refusedKey(
      `Key ${key.id} works for 24 hours after you signed in: sign in once with your own token, then the key works again.`,
    )
  }
  return {
    type: 'User',
    id: key.principal.id,
    groups: last.groups,
    attributes: last.attributes,
    proof: proofOf(proven, 'personal-key'),
    grants: [grantOf(key)],
  }
}

/** In whole seconds. A secret that is being replaced was made nobody knows when: at the earliest with the key. */
function proofOf({ key, secret }: ProvenKey, method: ProofMethod): Proof {
  const made = secret === key.secrets[0] ? (key.rotated ?? key.created) : key.created
  return {
    method,
    issuer: 'sallyport',
    key: key.id,
    issuedAt: Math.floor(made / 1000),
    expiresAt: Math.floor(Math.min(key.expires, secret.until ?? Infinity) / 1000),
  }
}

const grantOf = ({ id, models, actions }: VirtualKey): Grant => ({
  of: `key ${id}`,
  models: new Set(models),
  actions: new Set(actions),
})
