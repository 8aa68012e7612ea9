// Makes the principal from the claims of a token whose signature and validity held.
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Value } from '#access/value.ts'
import { type Claims, type ClaimValue } from './claims.ts'
import { teamsOf } from './groups.ts'
import type { AttributeSource, SettledIssuer } from './issuer.ts'
import { fillTemplate } from './template.ts'
import type { Validity } from './validity.ts'

const MOST_CHARACTERS = 256
// Control characters, halves of surrogate pairs, the two line separators, and what is not seen but changes what is (bidi
// overrides, zero-width characters): a name with one could look like another's wherever it is printed.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const LONG = { least: -(2n ** 63n), most: 2n ** 63n - 1n }

/** Throws a Refusal `unauthenticated` that names the claim at fault, or `groups_omitted`. */
export function makePrincipal(claims: Claims, issuer: SettledIssuer, validity: Validity): Principal {
  return {
    type: issuer.naming.type,
    id: nameOf(claims, issuer),
    groups: teamsOf(claims, issuer.groups),
    attributes: attributesOf(claims, issuer),
    proof: {
      method: 'jwt',
      issuer: issuer.name,
      issuedAt: Math.floor(validity.issuedAt),
      expiresAt: Math.floor(validity.expiresAt),
    },
  }
}

function nameOf(claims: Claims, issuer: SettledIssuer): string {
  const values = issuer.naming.claims.map((claim) => {
    const value = claims[claim]
    if (typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS && !UNPRINTABLE.test(value)) {
      return value
    }
    throw refused(`The token's claim ${claim} must be a string of 1 to 256 printable characters.`)
  })
  const name = fillTemplate(issuer.naming, values)
  if (name !== undefined) return name
  throw refused(
    `The token's claims ${issuer.naming.claims.join(', ')} hold a separator, so they name nobody for certain.`,
  )
}

/** A claim that is missing or null is an attribute that is missing: a policy that reads it errs, and an erring forbid denies. */
function attributesOf(claims: Claims, issuer: SettledIssuer): Principal['attributes'] {
  const attributes: Record<string, Value> = {}
  for (const source of issuer.attributes) {
    const claim = claims[source.claim]
    if (claim === undefined || claim === null) continue
    const value = attributeOf(claim, source.type)
    if (value === undefined) throw refused(`The token's claim ${source.claim} is not of the type ${source.type}.`)
    attributes[source.name] = value
  }
  return attributes
}

function attributeOf(claim: ClaimValue, type: AttributeSource['type']): Value | undefined {
  switch (type) {
    case 'string':
      return typeof claim === 'string' ? claim : undefined
    case 'boolean':
      return typeof claim === 'boolean' ? claim : undefined
    case 'long':
      return longOf(claim)
    case 'strings':
      return Array.isArray(claim) && claim.every((item) => typeof item === 'string') ? claim : undefined
  }
}

function longOf(claim: ClaimValue): bigint | undefined {
  if (typeof claim !== 'bigint' && !Number.isSafeInteger(claim)) return undefined
  const long = BigInt(claim as number | bigint)
  return long >= LONG.least && long <= LONG.most ? long : undefined
}

function refused(message: string): Refusal {
  return new Refusal('unauthenticated', { message })
}
