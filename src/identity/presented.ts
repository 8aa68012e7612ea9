// Takes the one credential out of a request's headers, for every route alike.
// Strict on purpose: Bun joins doubled headers with a comma, and whatever two parties could split differently is refused.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Presented } from '#access/authenticator.ts'
import { Refusal } from '#access/refusal.ts'

// Visible ASCII without the comma: a comma is a joined double. One space after the scheme (RFC 9110 §11.4), any case.
const BEARER = /^bearer ([!-+\--~]+)$/i
const VISIBLE = /^[!-+\--~]+$/

/**
 * The credential of `Authorization: Bearer` or `x-api-key`; undefined when there is neither. The same one in both is one
 * proof. Throws a Refusal `malformed_proof`, or `ambiguous_proof` when the two differ.
 */
export function presented(headers: Headers, source: string): Presented | undefined {
  const bearer = fromAuthorization(headers.get('authorization'))
  const key = fromApiKey(headers.get('x-api-key'))
  if (bearer !== undefined && key !== undefined && !sameSecret(bearer, key)) {
    throw new Refusal('ambiguous_proof', {
      message: 'Authorization and x-api-key hold two different credentials; send one of them, or the same in both.',
    })
  }
  const credential = bearer ?? key
  return credential === undefined ? undefined : { credential, source }
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

function fromApiKey(value: string | null): string | undefined {
  if (value === null) return undefined
  if (VISIBLE.test(value)) return value
  throw new Refusal('malformed_proof', {
    message: 'The x-api-key header must hold exactly one credential, without spaces or commas.',
    field: 'x-api-key',
  })
}

/** Hashed first: the comparison then takes the same time whatever the lengths. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
