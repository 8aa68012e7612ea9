// What one evaluation can see: the request, and the three entities that it names, looked up once.
import type { EntityUid, RecordValue } from '#access/value.ts'
import { type EntityKey, entityKey, type EntityLookup, type EntityNode, NO_ANCESTORS } from './entity-set.ts'
import type { RuntimeValue } from './runtime-value.ts'

export interface CedarRequest {
  readonly principal: EntityUid
  readonly action: EntityUid
  readonly resource: EntityUid
  readonly context: RecordValue
  readonly entities: EntityLookup
}

/** One of the request's entities. `node` is undefined where nothing is known of it: then it has no attributes. */
export interface Subject {
  readonly uid: EntityUid
  readonly key: EntityKey
  readonly value: { readonly entity: EntityUid }
  readonly node: EntityNode | undefined
  readonly ancestors: ReadonlyMap<EntityKey, EntityUid>
}

export interface Frame {
  readonly principal: Subject
  readonly action: Subject
  readonly resource: Subject
  readonly context: RuntimeValue & { readonly record: RecordValue }
  readonly entities: EntityLookup
}

export function frameOf(request: CedarRequest): Frame {
  const { entities } = request
  return {
    principal: subject(request.principal, entities),
    action: subject(request.action, entities),
    resource: subject(request.resource, entities),
    context: { record: request.context },
    entities,
  }
}

function subject(uid: EntityUid, entities: EntityLookup): Subject {
  const key = entityKey(uid)
  const node = entities.find(key)
  return { uid, key, value: { entity: uid }, node, ancestors: node?.ancestors ?? NO_ANCESTORS }
}
