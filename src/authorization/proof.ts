// The DPoP proof of a token request (RFC 9449 section 5): read and checked as the gateway checks those beside tokens, with the same
// nonces, since both stand under one origin and clients keep one nonce for each.
import type { ParameterizedContext } from 'koa'
import { isAddressOf } from '#identity/dpop.ts'
import type { DpopNonces } from '#identity/dpop-nonce.ts'
import { isSigned, ProofFault, type ReadProof, readProof, usedUntil, wrongAge } from '#identity/dpop-proof.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import type { AuthorizationParts } from './parts.ts'

type ProofParts = Pick<AuthorizationParts, 'onlyOnce' | 'clock' | 'nonces'>

/**
 * The thumbprint of the key; undefined where no proof came. The proof is used up. Throws OAuthRefusal `invalid_dpop_proof` or
 * `use_dpop_nonce`. `url`: of the endpoint, below the public origin.
 */
export function provenKey(page: ParameterizedContext, url: string, parts: ProofParts): string | undefined {
  const text = page.get('DPoP')
  if (text === '') return undefined
  const proof = readOr(text)
  const now = parts.clock.now()
  if (proof.htm !== page.method) throw wrong(`it is for another method (htm); this is ${page.method}`)
  if (!isAddressOf(proof.htu, url)) throw wrong(`it is for another address (htu); this is ${url}`)
  if (!isSigned(proof)) throw wrong('its signature is wrong')
  const when = wrongAge(proof, now)
  if (when !== undefined) throw wrong(`its iat is ${when}; here it is ${new Date(now).toISOString()}`)
  checkNonce(page, proof, parts.nonces)
  if (parts.onlyOnce.use(`token dpop ${proof.key.jkt} ${proof.jti}`, usedUntil(proof), now)) {
    return proof.key.jkt
  }
  throw new OAuthRefusal('invalid_dpop_proof', 'the DPoP proof was used before; make a fresh one for each request', {
    indicator: 'session-proof-replayed',
  })
}

function readOr(text: string): ReadProof {
  try {
    return readProof(text)
  } catch (error) {
    throw error instanceof ProofFault ? wrong(error.message) : error
  }
}

/** Every proof needs one. Where there is a newer one than it has, the answer brings that: it is told before anything else can go wrong. */
function checkNonce(page: ParameterizedContext, { nonce }: ReadProof, nonces: DpopNonces): void {
  const current = nonces.current()
  if (nonce !== current) page.set('dpop-nonce', current)
  if (nonce !== undefined && nonces.accepts(nonce)) return
  throw new OAuthRefusal(
    'use_dpop_nonce',
    'the DPoP proof needs the nonce that the header dpop-nonce of this answer holds',
  )
}

const wrong = (what: string): OAuthRefusal =>
  new OAuthRefusal('invalid_dpop_proof', `the DPoP proof cannot be taken: ${what}`)
