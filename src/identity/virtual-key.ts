// Identity by virtual key. A key never authenticates alone: beside it stands a network of its own, or a user's token.
// Nothing is remembered between requests: what was revoked, rotated or expired is so at the very next one. And nothing
// about a key is told before its secret was right: an unknown id, a wrong secret and nonsense are answered alike.
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import type { KeyUses, SignIns, VirtualKey, VirtualKeys } from '#access/virtual-key.ts'
import type { Clock } from '#lib/clock.ts'
import type { Guesses } from './guesses.ts'
import { appOf, personOf, type ProvenKey } from './key-principal.ts'
import { matchingSecrets } from './key-secret.ts'
import { checkStanding, refused, refusedKey } from './key-standing.ts'
import { isShapedLikeKey, type KeyText, readKey } from './key-text.ts'
import { NOT_MINE } from './not-mine.ts'
import { proveUser } from './user-token.ts'

export interface KeyParts {
  readonly keys: VirtualKeys
  readonly uses: KeyUses
  readonly signIns: SignIns
  /** Proves user tokens; of JWTs alone, so that no key stands for a person beside another key. */
  readonly users: Authenticator
  /** Names of the teams of the bundle in force. */
  readonly teams: ReadonlySet<string>
  /** `signInRules` of the bundle in force. */
  readonly rules: string
  readonly clock: Pick<Clock, 'now'>
  /** One for the life of the process: a reload must not forget who guessed. */
  readonly guesses: Guesses
}

/** Text that is no key at all; looked up like any other, so that it takes as long. */
const NO_KEY: KeyText = { id: '', secret: '' }

export function makeKeyAuthenticator(parts: KeyParts): Authenticator {
  return {
    identify: (presented) => (isShapedLikeKey(presented.credential) ? identifyByKey(parts, presented) : NOT_MINE),
  }
}

async function identifyByKey(parts: KeyParts, presented: Presented): Promise<Principal> {
  const { guesses, uses, clock, users } = parts
  const { credential, source, userToken } = presented
  guesses.admit(source, credential)
  let proven = prove(parts, presented)
  if (!proven) {
    guesses.wrong(source, credential)
    throw unknown()
  }
  let user: Principal | undefined
  if (userToken !== undefined) {
    user = await proveUser(users, userToken, source)
    // An issuer's keys may have taken seconds to arrive: what was revoked meanwhile is revoked.
    proven = prove(parts, presented)
    if (!proven) throw unknown()
    refuseForeignUser(proven.key, user)
  }
  const principal = principalOf(parts, proven, user)
  guesses.right(source, credential)
  uses.note(proven.key.id, { at: clock.now(), source })
  return principal
}

/** Undefined where the id is unknown or the secret wrong; throws a Refusal where it is right and may not be used so. */
function prove({ keys, uses, clock }: KeyParts, { credential, source, userToken }: Presented): ProvenKey | undefined {
  const text = readKey(credential)
  const key = text && keys.find(text.id)
  const matching = matchingSecrets(key, text ?? NO_KEY)
  if (!key || matching.length === 0) return undefined
  const lastUse = key.unusedFor === undefined ? undefined : uses.last(key.id)
  const secret = checkStanding({ key, matching, lastUse, source, now: clock.now() })
  checkCompany(key, userToken !== undefined)
  return { key, secret }
}

/** What must stand beside this key, and what must not. */
function checkCompany(key: VirtualKey, hasUserToken: boolean): void {
  const { id, principal, networks, users } = key
  const isPersonal = principal.type === 'User'
  if (hasUserToken && (isPersonal || users.length === 0)) {
    throw refused(`Key ${id} takes no user token; leave x-sallyport-user-token out.`, 'key-with-another-user', id)
  }
  if (hasUserToken || (networks.length > 0 && (!isPersonal || users.length === 0))) return
  if (users.length > 0 && !isPersonal) {
    throw refusedKey(`Key ${id} is no proof by itself: send the user's own token beside it, as x-sallyport-user-token.`)
  }
  throw refusedKey(`Key ${id} was made without anything to prove itself beside; ask its owner for one with networks.`)
}

function refuseForeignUser(key: VirtualKey, user: Principal): void {
  if (key.users.includes(user.proof.issuer)) return
  throw refused(
    `Key ${key.id} takes user tokens of ${key.users.join(', ')} only; send one of those as x-sallyport-user-token.`,
    'key-with-another-user',
    key.id,
  )
}

function principalOf(
  { teams, signIns, rules, clock }: KeyParts,
  proven: ProvenKey,
  user: Principal | undefined,
): Principal {
  const { type, id } = proven.key.principal
  switch (type) {
    case 'App':
      return appOf(proven, teams, user)
    case 'User':
      return personOf(proven, signIns.last(id), rules, clock.now())
  }
}

const unknown = () => refusedKey('No such key; send it exactly as it was shown when it was made.')
