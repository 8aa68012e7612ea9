// Proof of possession (RFC 9449): whoever shows a token that is bound to a key signs this very request with it. Checked in the order
// of section 4.3, the cheap before the dear, and used up last: a proof that is refused for anything else is not used up by it.
import { hash, timingSafeEqual } from 'node:crypto'
import type { Sign } from '#access/refusal.ts'
import type { OnlyOnce } from '#access/session.ts'
import type { Clock } from '#lib/clock.ts'
import type { DpopNonces } from './dpop-nonce.ts'
import { ProofFault, type ReadProof, readProof, usedUntil, wrongAge } from './dpop-proof.ts'
import { type ProofKeys, proofKeys } from './proof-keys.ts'

export interface ProofFor {
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt: string
  /** SHA-256 of the token, base64url. */
  readonly ath: string
  readonly request: { readonly method: string; readonly url: string }
  readonly needsNonce: boolean
  /** It was taken before, for this very request: neither its age nor its use is asked again. */
  readonly again: boolean
}

export interface RefusedProof {
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce'
  /** For whoever sent it. */
  readonly message: string
  /** Absent where it may be an honest caller's slip: a clock that is wrong, a nonce that is missing or old. */
  readonly sign?: Extract<Sign['indicator'], 'session-proof-foreign' | 'session-proof-replayed'>
}

export interface Dpop {
  /** Undefined where the proof holds; it is used up then. Throws a Refusal `not_ready` where that cannot be written. */
  check(proof: string, expected: ProofFor): RefusedProof | undefined
}

export interface DpopParts {
  readonly onlyOnce: OnlyOnce
  readonly nonces: Pick<DpopNonces, 'accepts'>
  readonly clock: Pick<Clock, 'now'>
}

export function makeDpop({ onlyOnce, nonces, clock }: DpopParts): Dpop {
  const keys = proofKeys()
  return {
    check(text, expected) {
      const read = readOr(text, keys.keyIn)
      if (read instanceof ProofFault) return foreign(`The DPoP proof cannot be taken: ${read.message}.`)
      const now = clock.now()
      const wrong = foreignTo(read, expected) ?? (keys.signed(read) ? undefined : foreign(UNSIGNED))
      if (wrong || expected.again) return wrong
      return (
        agedOut(read, now) ??
        nonceFault(read, expected, nonces) ??
        (use(read, onlyOnce, now)
          ? undefined
          : { error: 'invalid_dpop_proof', message: USED, sign: 'session-proof-replayed' })
      )
    },
  }
}

const UNSIGNED = "The DPoP proof's signature is wrong."
const WITHOUT_TOKEN = 'The DPoP proof cannot be taken: its ath must be a string of 1 to 64 characters.'
const USED = 'The DPoP proof was used before; make a fresh one for each request.'

const foreign = (message: string): RefusedProof => ({
  error: 'invalid_dpop_proof',
  message,
  sign: 'session-proof-foreign',
})

function readOr(text: string, keyIn: ProofKeys['keyIn']): ReadProof | ProofFault {
  try {
    return readProof(text, keyIn)
  } catch (error) {
    if (error instanceof ProofFault) return error
    throw error
  }
}

function foreignTo(proof: ReadProof, { jkt, ath, request }: ProofFor): RefusedProof | undefined {
  if (!isSame(proof.key.jkt, jkt))
    return foreign('The DPoP proof is made with another key than the one that the token is bound to.')
  if (proof.ath === undefined) return foreign(WITHOUT_TOKEN)
  if (!isSame(proof.ath, ath)) return foreign('The DPoP proof is for another token (ath).')
  if (proof.htm !== request.method)
    return foreign(`The DPoP proof is for another method (htm); this is ${request.method}.`)
  if (!isAddressOf(proof.htu, request.url)) {
    return foreign(`The DPoP proof is for another address (htu); this is ${request.url}.`)
  }
  return undefined
}

const ADDRESS = /^(https?:\/\/[^/?#\\@\s]+)([^?#]*)/i

/** Query and fragment are left aside (section 4.3); scheme, host and port are compared as addresses, the path as it stands. */
export function isAddressOf(htu: string, url: string): boolean {
  if (htu === url) return true
  const [, theirs = '', path = ''] = ADDRESS.exec(htu) ?? []
  if (!URL.canParse(theirs)) return false
  return `${new URL(theirs).origin}${path === '' ? '/' : path}` === url
}

function agedOut(proof: ReadProof, now: number): RefusedProof | undefined {
  const when = wrongAge(proof, now)
  if (when === undefined) return undefined
  return {
    error: 'invalid_dpop_proof',
    message: `The DPoP proof was made ${when} (iat); here it is ${new Date(now).toISOString()}. Is a clock wrong?`,
  }
}

function nonceFault({ nonce }: ReadProof, { needsNonce }: ProofFor, nonces: DpopParts['nonces']) {
  const isMissing = nonce === undefined ? needsNonce : !nonces.accepts(nonce)
  if (!isMissing) return undefined
  return {
    error: 'use_dpop_nonce',
    message: 'The DPoP proof needs the nonce that the header dpop-nonce of this answer holds.',
  } as const
}

/** Of one key: another's proof with the same `jti` is another proof. */
function use(proof: ReadProof, onlyOnce: OnlyOnce, now: number): boolean {
  const { key, jti } = proof
  return onlyOnce.use(`dpop ${hash('sha256', `${key.jkt} ${jti}`, 'base64url')}`, usedUntil(proof), now)
}

function isSame(left: string, right: string): boolean {
  const [ours, theirs] = [Buffer.from(left), Buffer.from(right)]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs)
}
