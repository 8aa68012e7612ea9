// One access as the questions that are put to Cedar: one for each link of its chain, the actor first.
import type { Access } from '#access/access.ts'
import { chainOf, type Principal } from '#access/principal.ts'
import type { RecordValue, Value } from '#access/value.ts'
import { type EntityLookup, entitySet } from '#policy/cedar/entity-set.ts'
import type { CedarRequest } from '#policy/cedar/frame.ts'
import { principalEntity } from '#policy/entities.ts'

/** `entities` are the bundle's own. Made one by one: the first denial ends a chain. */
export function* linkRequests(entities: EntityLookup, access: Access): Generator<CedarRequest, undefined> {
  const chain = chainOf(access.principal)
  for (const [place, link] of chain.entries()) yield requestOf(entities, access, { link, place, chain })
}

interface Place {
  readonly link: Principal
  /** 0 is the actor; the last is the origin. */
  readonly place: number
  readonly chain: readonly Principal[]
}

function requestOf(entities: EntityLookup, access: Access, at: Place): CedarRequest {
  const { link } = at
  return {
    principal: { type: link.type, id: link.id },
    action: { type: 'Action', id: access.action },
    resource: access.resource,
    context: contextOf(access.context, at),
    // One link's own entity only: another link's teams are no business of the question about this one.
    entities: entitySet([principalEntity(link), ...(access.entities ?? [])], entities),
  }
}

/** Who stands where is said here and nowhere else, whatever the context already holds. */
function contextOf(context: RecordValue, { link, place, chain }: Place): RecordValue {
  // Who is alone is the origin: nobody called it, and it calls nobody.
  if (chain.length === 1) return { ...context, link: 'origin', direct: true }
  const name = place === chain.length - 1 ? 'origin' : place === 0 ? 'actor' : 'delegate'
  const through = chain[place - 1]
  const given: Record<string, Value> = { ...context, link: name, direct: false }
  if (through) given['via'] = through.id
  if (place > 0 && 'identity' in context) given['identity'] = identityOf(link, context['now'])
  return given
}

function identityOf({ proof }: Principal, now: Value | undefined): Value {
  const moment = typeof now === 'object' && 'extension' in now ? Date.parse(now.extension.arg) : Number.NaN
  const age = Math.floor(moment / 1000) - proof.issuedAt
  // Without a moment the age is left out: a policy that reads it then errs, which permits nothing and denies if it forbids.
  const known = Number.isSafeInteger(age) ? { age_seconds: BigInt(Math.max(0, age)) } : {}
  return { record: { issuer: proof.issuer, method: proof.method, ...known } }
}
