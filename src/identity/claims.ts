// JSON objects that came from outside (token headers and payloads, issuers' documents) as plain values.
// Strict: a duplicate key is refused, since two readers could each see another `aud`.
import { readJson } from '#lib/json.ts'
import { type JsonNode, type JsonNumber, numberOf, textOf } from '#lib/json-node.ts'

/** Without a prototype, so that a claim named `constructor` is only there when it was sent. */
export interface Claims {
  readonly [name: string]: ClaimValue | undefined
}

/** Whole numbers beyond 2^53 - 1 are bigint, so that none is rounded. */
export type ClaimValue = string | number | bigint | boolean | null | readonly ClaimValue[] | Claims

const MOST_DEPTH = 32

/** Throws an Error when the bytes are not exactly one JSON object that every parser reads alike. */
export function readClaims(bytes: Uint8Array): Claims {
  const value = plain(readJson(bytes, { maxDepth: MOST_DEPTH }))
  if (!isClaims(value)) throw new Error('not a JSON object')
  return value
}

export function isClaims(value: ClaimValue | undefined): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The list when the value is one string or a list of nothing but strings. */
export function stringsOf(value: ClaimValue | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) return undefined
  return value.every((item) => typeof item === 'string') ? value : undefined
}

function plain(node: JsonNode): ClaimValue {
  switch (node.kind) {
    case 'object': {
      const claims: Record<string, ClaimValue> = Object.create(null)
      for (const { key, value } of node.members) claims[key] = plain(value)
      return claims
    }
    case 'array':
      return node.items.map(plain)
    case 'string':
      return textOf(node)
    case 'number':
      return wholeOrNear(node)
    case 'boolean':
      return node.value
    case 'null':
      return null
  }
}

function wholeOrNear(node: JsonNumber): number | bigint {
  const text = textOf(node)
  return numberOf(node) ?? (/^-?\d+$/.test(text) ? BigInt(text) : Number(text))
}
