// Takes the one credential, and the user token beside it, out of a request's headers, for every route alike.
// Strict on purpose: Bun joins doubled headers with a comma, and whatever two parties could split differently is refused.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Presented } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'

// Visible ASCII without the comma: a comma is a joined double. One space after the scheme (RFC 9110 §11.4), any case.
const BEARER = /^bearer ([!-+\--~]+)$/i
const VISIBLE = /^[!-+\--~]+$/
const USER_TOKEN = 'x-sallyport-user-token'

/**
 * The credential of `Authorization: Bearer` or `x-api-key`; undefined when there is neither. The same one in both is one
 * proof. Throws a Refusal `malformed_proof`, `ambiguous_proof` when the two differ, or `unauthenticated` when a user token
 * stands alone.
 */
export function presented(headers: Headers, source: string): Presented | undefined {
  const bearer = fromAuthorization(headers.get('authorization'))
  const key = fromHeader('x-api-key', headers)
  const userToken = fromHeader(USER_TOKEN, headers)
  if (bearer !== undefined && key !== undefined && !sameSecret(bearer, key)) {
    throw new Refusal('ambiguous_proof', {
      message: 'Authorization and x-api-key hold two different credentials; send one of them, or the same in both.',
    })
  }
  const credential = bearer ?? key
  if (userToken === undefined) return credential === undefined ? undefined : { credential, source }
  if (credential !== undefined) return { credential, userToken, source }
  throw new Refusal('unauthenticated', {
    message:
      "The x-sallyport-user-token header stands beside an application's key or token, never alone. " +
      'Your own token goes into "Authorization: Bearer …".',
    field: USER_TOKEN,
  })
}

function fromAuthorization(value: string | null): string | undefined {
  if (value === null) return undefined
  const credential = BEARER.exec(value)?.[1]
  if (credential !== undefined) return credential
  throw new Refusal('malformed_proof', {
    message: 'The Authorization header must read "Bearer", one space, then one credential without spaces or commas.',
    field: 'authorization',
  })
}

function fromHeader(name: 'x-api-key' | typeof USER_TOKEN, headers: Headers): string | undefined {
  const value = headers.get(name)
  if (value === null) return undefined
  if (VISIBLE.test(value)) return value
  throw new Refusal('malformed_proof', {
    message: `The ${name} header must hold exactly one credential, without spaces or commas.`,
    field: name,
  })
}

/** Hashed first: the comparison then takes the same time whatever the lengths. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
