// What is kept of a sign-in beside its time, as one JSON text: attributes hold longs, which JSON has no numbers for.
import { z } from 'zod'
import type { SignIn } from '#access/virtual-key.ts'

const LONG = z.strictObject({ long: z.string().regex(/^-?\d{1,19}$/) })

const ROW = z.strictObject({
  issuer: z.string(),
  groups: z.array(z.string()),
  // A list of pairs: an attribute may be called `__proto__`, which is no member of an object like any other.
  attributes: z.array(z.tuple([z.string(), z.union([z.boolean(), z.string(), z.array(z.string()), LONG])])),
  rules: z.string(),
})

/** The same text for the same sign-in. Throws for attributes of a kind that no token makes. */
export function printSignIn({ issuer, groups, attributes, rules }: SignIn): string {
  const pairs = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1))
  const printed = pairs.map(([name, value]) => [name, typeof value === 'bigint' ? { long: String(value) } : value])
  return JSON.stringify(ROW.parse({ issuer, groups, attributes: printed, rules }))
}

/** Throws for what is no sign-in. */
export function parseSignIn(at: number, row: string): SignIn {
  const { attributes, ...rest } = ROW.parse(JSON.parse(row))
  const values = attributes.map(([name, value]) => [
    name,
    typeof value === 'object' && 'long' in value ? BigInt(value.long) : value,
  ])
  return { at, ...rest, attributes: Object.fromEntries(values) }
}
