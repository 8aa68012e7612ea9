// One access as the question that is put to Cedar about one link of its chain.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { EntityUid, RecordValue, Value } from '#access/value.ts'
import { type EntityLookup, entitySet } from '#policy/cedar/entity-set.ts'
import type { CedarRequest } from '#policy/cedar/frame.ts'
import { actionUid, principalEntity } from '#policy/entities.ts'

/** `entities` are the bundle's own; `link` is one of the access's principal and those on whose behalf it acts. */
export function linkRequest(entities: EntityLookup, access: Access, link: Principal): CedarRequest {
  const { uid, layer } = layerOf(entities, link)
  return {
    principal: uid,
    action: actionUid(access.action),
    resource: access.resource,
    context: contextOf(access, link),
    // One link's own entity only: another link's teams are no business of the question about this one.
    entities: access.entities ? entitySet([principalEntity(link), ...access.entities], entities) : layer,
  }
}

interface Layer {
  readonly uid: EntityUid
  readonly layer: EntityLookup
}

/** Of each principal above each bundle's entities: a proof that is remembered hands out the same one again and again. */
const layers = new WeakMap<EntityLookup, WeakMap<Principal, Layer>>()

function layerOf(entities: EntityLookup, link: Principal): Layer {
  let known = layers.get(entities)
  if (known === undefined) layers.set(entities, (known = new WeakMap()))
  const before = known.get(link)
  if (before !== undefined) return before
  const entity = principalEntity(link)
  const made = { uid: entity.uid, layer: entitySet([entity], entities) }
  known.set(link, made)
  return made
}

/** Who stands where is said here and nowhere else, whatever the context already holds. */
function contextOf({ context, principal }: Access, link: Principal): RecordValue {
  if (link === principal && link.onBehalfOf === undefined) return aloneIn(context)
  const isActor = link === principal
  const name = isActor ? 'actor' : link.onBehalfOf === undefined ? 'origin' : 'delegate'
  const given: Record<string, Value> = { ...context, link: name, direct: false }
  if (isActor) return given
  given['via'] = actorFor(link, principal).id
  if ('identity' in context) given['identity'] = identityOf(link, context['now'])
  return given
}

/** Who is alone is the origin: nobody called it, and it calls nobody. Most contexts say so already. */
function aloneIn(context: RecordValue): RecordValue {
  return context['link'] === 'origin' && context['direct'] === true
    ? context
    : { ...context, link: 'origin', direct: true }
}

/** The link that acts on this one's behalf. */
function actorFor(link: Principal, principal: Principal): Principal {
  let through = principal
  while (through.onBehalfOf && through.onBehalfOf !== link) through = through.onBehalfOf
  return through
}

function identityOf({ proof }: Principal, now: Value | undefined): Value {
  const moment = typeof now === 'object' && 'extension' in now ? Date.parse(now.extension.arg) : Number.NaN
  const age = Math.floor(moment / 1000) - proof.issuedAt
  // Without a moment the age is left out: a policy that reads it then errs, which permits nothing and denies if it forbids.
  const known = Number.isSafeInteger(age) ? { age_seconds: BigInt(Math.max(0, age)) } : {}
  return { record: { issuer: proof.issuer, method: proof.method, ...known } }
}
