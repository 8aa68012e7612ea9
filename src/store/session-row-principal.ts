// A principal with its chain as JSON that gives back exactly what it was made of: longs, which JSON has no numbers for, sets of
// names, and records whose members may be called anything (`__proto__`), which are lists of pairs here.
import { z } from 'zod'
import type { Grant } from '#access/grant.ts'
import type { Principal } from '#access/principal.ts'
import type { RecordValue, Value } from '#access/value.ts'

export const TASK = z
  .strictObject({
    type: z.string(),
    domain: z.string().exactOptional(),
    models: z.array(z.string()),
    actions: z.array(z.string()),
    tools: z.array(z.string()),
    output: z.enum(['text', 'text-and-changes']),
  })
  .readonly()

export const TIER = z.union([z.literal(1), z.literal(2), z.literal(3)])

type Printed =
  | boolean
  | string
  | { readonly long: string }
  | { readonly entity: { readonly type: string; readonly id: string } }
  | { readonly extension: { readonly fn: 'ip' | 'decimal' | 'datetime' | 'duration'; readonly arg: string } }
  | { readonly record: readonly (readonly [string, Printed])[] }
  | readonly Printed[]

const VALUE: z.ZodType<Printed> = z.lazy(() =>
  z.union([
    z.boolean(),
    z.string(),
    z.strictObject({ long: z.string().regex(/^-?\d{1,19}$/) }),
    z.strictObject({ entity: z.strictObject({ type: z.string(), id: z.string() }) }),
    z.strictObject({
      extension: z.strictObject({ fn: z.enum(['ip', 'decimal', 'datetime', 'duration']), arg: z.string() }),
    }),
    z.strictObject({ record: PAIRS }),
    z.array(VALUE),
  ]),
)
const PAIRS = z.array(z.tuple([z.string(), VALUE]))

const LINK = z.strictObject({
  type: z.enum(['User', 'App', 'Agent', 'Judge']),
  id: z.string(),
  groups: z.array(z.string()),
  attributes: PAIRS,
  proof: z
    .strictObject({
      method: z.enum(['jwt', 'key-and-network', 'key-and-user-token', 'personal-key', 'client-assertion', 'session']),
      issuer: z.string(),
      key: z.string().exactOptional(),
      issuedAt: z.number(),
      expiresAt: z.number(),
    })
    .readonly(),
  session: z
    .strictObject({
      id: z.string(),
      root: z.string(),
      kind: z.enum(['declared', 'implicit']),
      tier: TIER,
      trust: z.enum(['initial', 'standard', 'elevated']),
      bound: z.enum(['key', 'network', 'nothing']),
      task: TASK.exactOptional(),
    })
    .readonly()
    .exactOptional(),
  grants: z
    .array(z.strictObject({ of: z.string(), models: z.array(z.string()), actions: z.array(z.string()) }))
    .exactOptional(),
})

/** The actor first. */
export const CHAIN = z.array(LINK).min(1)
type PrintedLink = z.infer<typeof LINK>

/** Throws for what is no value of Cedar's. */
export function printChain(principal: Principal): readonly PrintedLink[] {
  const links: PrintedLink[] = []
  for (let link: Principal | undefined = principal; link; link = link.onBehalfOf) links.push(printLink(link))
  return CHAIN.parse(links)
}

function printLink(link: Principal): PrintedLink {
  const { type, id, groups, attributes, proof, session, grants } = link
  return {
    type,
    id,
    groups: [...groups],
    attributes: printPairs(attributes),
    proof,
    ...(session === undefined ? {} : { session: session as NonNullable<PrintedLink['session']> }),
    ...(grants === undefined ? {} : { grants: grants.map(printGrant) }),
  }
}

const printGrant = ({ of, models, actions }: Grant) => ({ of, models: [...models], actions: [...actions] })

const printPairs = (record: RecordValue): [string, Printed][] =>
  Object.entries(record).map(([name, value]) => [name, printValue(value)])

function printValue(value: Value): Printed {
  if (typeof value === 'bigint') return { long: String(value) }
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(printValue)
  return 'record' in value ? { record: printPairs(value.record) } : (value as Exclude<typeof value, readonly Value[]>)
}

export function parseChain(links: z.infer<typeof CHAIN>): Principal {
  let principal: Principal | undefined
  for (const link of links.toReversed()) principal = parseLink(link, principal)
  if (!principal) throw new Error('a chain without links')
  return principal
}

function parseLink({ attributes, grants, ...rest }: PrintedLink, onBehalfOf: Principal | undefined): Principal {
  return {
    ...rest,
    attributes: parsePairs(attributes),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(grants === undefined ? {} : { grants: grants.map(parseGrant) }),
  }
}

const parseGrant = ({ of, models, actions }: { of: string; models: string[]; actions: string[] }): Grant => ({
  of,
  models: new Set(models),
  actions: new Set(actions),
})

const parsePairs = (pairs: readonly (readonly [string, Printed])[]): RecordValue =>
  Object.fromEntries(pairs.map(([name, value]) => [name, parseValue(value)]))

function parseValue(value: Printed): Value {
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(parseValue)
  const single = value as Exclude<typeof value, readonly Printed[]>
  if ('long' in single) return BigInt(single.long)
  return 'record' in single ? { record: parsePairs(single.record) } : single
}
