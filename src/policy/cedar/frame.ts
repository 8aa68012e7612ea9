// What one evaluation can see: the request, and the three entities that it names, looked up once.
import type { EntityUid, RecordValue } from '#access/value.ts'
import { entityKey, type EntityLookup, type EntityNode, findEntity, strangerOf } from './entity-set.ts'
import type { RuntimeValue } from './runtime-value.ts'

export interface CedarRequest {
  readonly principal: EntityUid
  readonly action: EntityUid
  readonly resource: EntityUid
  readonly context: RecordValue
  readonly entities: EntityLookup
}

/** One of the request's entities. */
export type Subject = EntityNode

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
  const { only } = entities
  // Mostly the caller, whose layer was made of this very uid.
  if (only?.uid === uid) return only
  const key = entityKey(uid)
  return findEntity(entities, key) ?? strangerOf(uid, key)
}
