// Who was proven at a login, until the code or device code that came of it is exchanged. The library knows an account by a handle
// that says nothing and that nobody can guess; the person behind it is found here, as they were proven then, and only while a bundle is
// in force by which they would be proven alike: their issuer might be gone, or their teams others.
import { z } from 'zod'
import type { Principal } from '#access/principal.ts'
import type { OAuthRecords } from './records.ts'

export interface Logins {
  /** The handle: `accountId` in the library's words. */
  keep(person: Principal): Promise<string>
  find(handle: string): Promise<Principal | undefined>
}

export interface LoginsOptions {
  readonly records: OAuthRecords
  readonly random: (bytes: number) => Uint8Array
  /** `signInRules` of the bundle in force. */
  readonly rules: string
}

const MODEL = 'Login'
/** Longer than a device code lives, and the page before it. */
const SECONDS = 1800

const LONG = z.strictObject({ long: z.string().regex(/^-?\d{1,19}$/) })

const PERSON = z.strictObject({
  rules: z.string(),
  id: z.string(),
  groups: z.array(z.string()),
  // A list of pairs: an attribute may be called `__proto__`, which is no member of an object like any other.
  attributes: z.array(z.tuple([z.string(), z.union([z.boolean(), z.string(), z.array(z.string()), LONG])])),
  proof: z.strictObject({ issuer: z.string(), issuedAt: z.number(), expiresAt: z.number() }),
})

export function makeLogins({ records, random, rules }: LoginsOptions): Logins {
  const kept = records.of(MODEL)
  return {
    async keep(person) {
      const handle = Buffer.from(random(24)).toString('base64url')
      await kept.upsert(handle, print(person, rules), SECONDS)
      return handle
    },
    async find(handle) {
      const record = await kept.find(handle)
      return record && record['rules'] === rules ? parse(record) : undefined
    },
  }
}

function print({ type, id, groups, attributes, proof, onBehalfOf }: Principal, rules: string): Record<string, unknown> {
  if (type !== 'User' || onBehalfOf) throw new Error('only a person logs in')
  const pairs = Object.entries(attributes).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? { long: String(value) } : value,
  ])
  const { issuer, issuedAt, expiresAt } = proof
  return PERSON.parse({ rules, id, groups, attributes: pairs, proof: { issuer, issuedAt, expiresAt } })
}

function parse(record: unknown): Principal {
  const { id, groups, attributes, proof } = PERSON.parse(record)
  const values = attributes.map(([name, value]) => [
    name,
    typeof value === 'object' && 'long' in value ? BigInt(value.long) : value,
  ])
  return { type: 'User', id, groups, attributes: Object.fromEntries(values), proof: { method: 'jwt', ...proof } }
}
