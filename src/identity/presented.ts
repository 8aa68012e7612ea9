// Takes the one credential, and what stands beside it, out of a request's headers, for every route alike.
// Strict on purpose: Bun joins doubled headers with a comma, and whatever two parties could split differently is refused.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Presented } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'

// Visible ASCII without the comma: a comma is a joined double. One space after the scheme (RFC 9110 §11.4), any case.
const AUTHORIZATION = /^(?:bearer|dpop) [!-+\--~]+$/i
const DPOP = /^dpop /i
const VISIBLE = /^[!-+\--~]+$/
const USER_TOKEN = 'x-sallyport-user-token'

/** Where the credential was shown, and for what: everything of a request but its headers. */
export type Shown = Pick<Presented, 'source' | 'request' | 'again'>

/**
 * The credential of `Authorization` or `x-api-key`; undefined when there is neither. The same one in both is one proof.
 * Throws a Refusal `malformed_proof`, `ambiguous_proof` when the two differ, or `unauthenticated` when a user token stands
 * alone.
 */
export function presented(headers: Headers, shown: Shown): Presented | undefined {
  const authorization = headers.get('authorization')
  const bearer = authorization === null ? undefined : fromAuthorization(authorization)
  const key = fromHeader('x-api-key', headers)
  const userToken = fromHeader(USER_TOKEN, headers)
  const proof = fromHeader('dpop', headers)
  if (bearer !== undefined && key !== undefined && !sameSecret(bearer, key)) {
    throw new Refusal('ambiguous_proof', {
      message: 'Authorization and x-api-key hold two different credentials; send one of them, or the same in both.',
    })
  }
  const credential = bearer ?? key
  if (credential !== undefined) {
    const found: { -readonly [Name in keyof Presented]: Presented[Name] } = { credential, ...shown }
    if (authorization !== null && DPOP.test(authorization)) found.scheme = 'DPoP'
    if (userToken !== undefined) found.userToken = userToken
    if (proof !== undefined) found.proof = proof
    return found
  }
  if (userToken === undefined) return undefined
  throw new Refusal('unauthenticated', {
    message:
      "The x-sallyport-user-token header stands beside an application's key or token, never alone. " +
      'Your own token goes into "Authorization: Bearer …".',
    field: USER_TOKEN,
  })
}

function fromAuthorization(value: string): string {
  if (AUTHORIZATION.test(value)) return value.slice(value.indexOf(' ') + 1)
  throw new Refusal('malformed_proof', {
    message:
      'The Authorization header must read "Bearer" or "DPoP", one space, then one credential without spaces or commas.',
    field: 'authorization',
  })
}

function fromHeader(name: 'x-api-key' | 'dpop' | typeof USER_TOKEN, headers: Headers): string | undefined {
  const value = headers.get(name)
  if (value === null) return undefined
  if (VISIBLE.test(value)) return value
  throw new Refusal('malformed_proof', {
    message: `The ${name} header must hold exactly one ${name === 'dpop' ? 'proof' : 'credential'}, without spaces or commas.`,
    field: name,
  })
}

/** Hashed first: the comparison then takes the same time whatever the lengths. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
