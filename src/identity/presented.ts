// Takes the one credential, and what stands beside it, out of a request's headers, for every route alike.
// Strict on purpose: Bun joins doubled headers with a comma, and whatever two parties could split differently is refused.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Presented } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'

// Visible ASCII without the comma: a comma is a joined double. One space after the scheme (RFC 9110 §11.4), any case.
const AUTHORIZATION = /^(bearer|dpop) ([!-+\--~]+)$/i
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
  const authorization = fromAuthorization(headers.get('authorization'))
  const key = fromHeader('x-api-key', headers)
  const userToken = fromHeader(USER_TOKEN, headers)
  const proof = fromHeader('dpop', headers)
  if (authorization && key !== undefined && !sameSecret(authorization.credential, key)) {
    throw new Refusal('ambiguous_proof', {
      message: 'Authorization and x-api-key hold two different credentials; send one of them, or the same in both.',
    })
  }
  const sent = authorization ?? (key === undefined ? undefined : { credential: key })
  if (sent) {
    return {
      ...sent,
      ...(userToken === undefined ? {} : { userToken }),
      ...(proof === undefined ? {} : { proof }),
      ...shown,
    }
  }
  if (userToken === undefined) return undefined
  throw new Refusal('unauthenticated', {
    message:
      "The x-sallyport-user-token header stands beside an application's key or token, never alone. " +
      'Your own token goes into "Authorization: Bearer …".',
    field: USER_TOKEN,
  })
}

function fromAuthorization(value: string | null): Pick<Presented, 'credential' | 'scheme'> | undefined {
  if (value === null) return undefined
  const [, scheme, credential] = AUTHORIZATION.exec(value) ?? []
  if (scheme !== undefined && credential !== undefined) {
    return { credential, ...(scheme.toLowerCase() === 'dpop' && { scheme: 'DPoP' }) }
  }
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
