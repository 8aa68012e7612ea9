// `issuers:`: whose tokens count, and how they name a principal.
import type { AttributeConfig, IssuerConfig } from './config.ts'
import type { Surroundings } from './credential.ts'
import {
  booleanOf,
  type Entry,
  entriesOf,
  fault,
  type Field,
  fieldsOf,
  isName,
  listOf,
  textOf,
  wordOf,
} from './field.ts'
import { loginOf } from './login.ts'
import { templateOf, templateStart } from './principal-template.ts'
import { KEY_ATTRIBUTES } from '#policy/schema.ts'
import { addressOf, durationOf } from './units.ts'

// Signatures only: `none` and the HS family cannot be configured, since a public key is no shared secret.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

const OWN_ISSUER = 'sallyport'

const ISSUER_KEYS = {
  known: ['url', 'audience', 'algorithms', 'groups', 'as', 'types', 'skew', 'max-age', 'direct', 'attributes', 'login'],
  required: ['url', 'audience'],
} as const

export function readIssuers(field: Field, around: Surroundings): ReadonlyMap<string, IssuerConfig> {
  const issuers = new Map<string, IssuerConfig>()
  const fields = new Map<string, Field>()
  for (const entry of entriesOf(field, 'issuers')) {
    if (!isName(entry, 'an issuer') || !isFree(entry)) continue
    const issuer = readIssuer(entry, around)
    if (!issuer) continue
    refuseTwins(issuer, entry.field, [...issuers.values()])
    issuers.set(entry.name, issuer)
    fields.set(entry.name, entry.field)
  }
  refuseAttributeClashes(issuers, fields)
  return issuers
}

/** Keys are proven by the gate itself, under this name. */
function isFree({ name, at, field }: Entry): boolean {
  if (name !== OWN_ISSUER) return true
  fault(field, `is a name of the gate's own: ${OWN_ISSUER}`, 'Give the issuer another name.', at)
  return false
}

function readIssuer({ name, field }: Entry, around: Surroundings): IssuerConfig | undefined {
  const fields = fieldsOf(field, ISSUER_KEYS)
  if (!fields) return undefined
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const url = read('url', issuerUrlOf)
  const audience = read('audience', audienceOf)
  const algorithms = read('algorithms', (inside) => listOf(inside, 'algorithms', (item) => wordOf(item, ALGORITHMS)))
  const groups = read('groups', (inside) => textOf(inside, 'the name of a claim'))
  const as = fields.has('as') ? read('as', templateOf) : `User::${name}/{sub}`
  const types = read('types', (inside) => listOf(inside, 'token types', (item) => textOf(item, 'a token type')))
  const skew = read('skew', (inside) => durationOf(inside, 0, 300_000))
  const maxAge = read('max-age', (inside) => durationOf(inside, 1_000, 30 * 24 * 3_600_000))
  const direct = read('direct', booleanOf)
  const attributes = read('attributes', attributesOf)
  const login = read('login', (inside) => loginOf(inside, around))
  if (url === undefined || audience === undefined || as === undefined) return undefined
  if (direct === false) refuseIndirect(as, field)
  if (login) refuseLogin(as, field)
  return {
    name,
    url,
    audience,
    as,
    attributes: attributes ?? {},
    ...(algorithms && { algorithms }),
    ...(groups !== undefined && { groups }),
    ...(types && { types }),
    ...(skew !== undefined && { skewSeconds: skew / 1000 }),
    ...(maxAge !== undefined && { maxAgeSeconds: maxAge / 1000 }),
    ...(direct === false && { direct }),
    ...(login && { login }),
  }
}

function refuseLogin(as: string, field: Field): void {
  const [type = ''] = as.split('::', 1)
  if (type === 'User') return
  fault(field, `has \`login\`, but names ${type} principals`, 'Only people log in: remove it, or name them User::….')
}

/** Nobody but a person ever stands behind an application: of anyone else, such tokens would be taken nowhere. */
function refuseIndirect(as: string, field: Field): void {
  const [type = ''] = as.split('::', 1)
  if (type === 'User') return
  const fix = 'Only people stand behind an application: remove `direct`, or name them User::….'
  fault(field, `is not \`direct\`, but names ${type} principals`, fix)
}

/** The text as it is written: `iss` is compared character by character, so a slash at the end counts. */
function issuerUrlOf(field: Field): string | undefined {
  const url = addressOf(field, {
    plain: false,
    plainHint: 'Use https; http is for an issuer on this machine (127.0.0.1).',
  })
  return url && field.node.kind === 'text' ? field.node.text : undefined
}

function audienceOf(field: Field): readonly string[] | undefined {
  if (field.node.kind === 'list') return listOf(field, 'audiences', (item) => textOf(item, 'an audience'))
  const one = textOf(field, 'an audience, or a list of them')
  return one === undefined ? undefined : [one]
}

const ATTRIBUTE_TYPES = ['string', 'long', 'boolean', 'strings'] as const

/** `department: dept` is a string of the claim `dept`; `{ claim, type }` says the type. */
function attributesOf(field: Field): Readonly<Record<string, AttributeConfig>> {
  const attributes: [string, AttributeConfig][] = []
  for (const entry of entriesOf(field, 'attributes')) {
    if (!isName(entry, 'an attribute', /^[A-Za-z_][A-Za-z0-9_]{0,63}$/)) continue
    const attribute = attributeOf(entry.field)
    if (attribute) attributes.push([entry.name, attribute])
  }
  return Object.fromEntries(attributes)
}

function attributeOf(field: Field): AttributeConfig | undefined {
  if (field.node.kind !== 'map') {
    const claim = textOf(field, 'the name of a claim, or { claim, type }')
    return claim === undefined ? undefined : { claim, type: 'string' }
  }
  const fields = fieldsOf(field, { known: ['claim', 'type'], required: ['claim'] })
  const claimField = fields?.get('claim')
  const typeField = fields?.get('type')
  const claim = claimField && textOf(claimField, 'the name of a claim')
  const type = typeField ? wordOf(typeField, ATTRIBUTE_TYPES) : 'string'
  return claim === undefined || type === undefined ? undefined : { claim, type }
}

/** Two issuers that could make the same principal: whoever runs one of them could be anyone of the other. */
function refuseTwins(issuer: IssuerConfig, field: Field, earlier: readonly IssuerConfig[]): void {
  for (const other of earlier) {
    if (other.url === issuer.url) {
      fault(field, `has the same url as issuer ${other.name}`, 'Keep one of the two; its `audience` may be a list.')
    }
    const [mine, theirs] = [templateStart(issuer.as), templateStart(other.as)]
    if (mine.startsWith(theirs) || theirs.startsWith(mine)) {
      fault(
        field,
        `could name the same principal as issuer ${other.name}: ${issuer.as} and ${other.as}`,
        'Let the text before the first {claim} differ: as: "User::NAME/{sub}".',
      )
    }
  }
}

/** One attribute has one type in policy, whichever issuer it came from. */
function refuseAttributeClashes(issuers: ReadonlyMap<string, IssuerConfig>, fields: ReadonlyMap<string, Field>): void {
  const seen = new Map<string, readonly [issuer: string, type: string]>(
    KEY_ATTRIBUTES.map((name) => [name, [OWN_ISSUER, 'string']]),
  )
  for (const [name, issuer] of issuers) {
    for (const [attribute, { type }] of Object.entries(issuer.attributes)) {
      const [other, otherType] = seen.get(attribute) ?? [name, type]
      const field = fields.get(name)
      if (field && otherType !== type) {
        fault(
          field,
          `makes the attribute ${attribute} a ${type}, issuer ${other} a ${otherType}`,
          'Give it the same type, or two names.',
        )
      }
      seen.set(attribute, [other, otherType])
    }
  }
}
