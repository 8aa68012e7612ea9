// The entities that policy may ask about, with every ancestor worked out beforehand.
// A request's own few entities lie as a second layer above the bundle's: the upper layer wins, whole entity by whole entity.
import type { Entity, EntityUid, RecordValue } from '#access/value.ts'

/** An EntityUid as one string, equal exactly for equal uids. Made only by `entityKey`. */
export type EntityKey = string & { readonly entityKey: unique symbol }

export interface EntityNode {
  readonly uid: EntityUid
  readonly attributes: RecordValue
  readonly tags: RecordValue | undefined
  /** Everything that holds it, directly or not, without itself. */
  readonly ancestors: ReadonlyMap<EntityKey, EntityUid>
}

export interface EntityLookup {
  readonly find: (key: EntityKey) => EntityNode | undefined
}

/** Refuses a type name holding a quote, with which two different uids could share a key. */
export function entityKey({ type, id }: EntityUid): EntityKey {
  const ofType = made.get(type)
  const known = ofType?.get(id)
  if (known !== undefined) return known
  if (type.includes('"')) throw new TypeError('an entity type holds a quote')
  const key = `${type}"${id}` as EntityKey
  remember(type, id, key)
  return key
}

// Names come back: making a key anew, and hashing it, costs more than finding it. Bounded, since callers make names up.
const MOST_MADE = 10_000
const made = new Map<string, Map<string, EntityKey>>()
let count = 0

function remember(type: string, id: string, key: EntityKey): void {
  if (count === MOST_MADE) {
    made.clear()
    count = 0
  }
  const ofType = made.get(type) ?? new Map<string, EntityKey>()
  made.set(type, ofType)
  ofType.set(id, key)
  count += 1
}

/**
 * Entities may name parents of the same layer or of the one beneath, but an entity beneath never gains ancestors from
 * above. Throws on a cycle and on two entities of one name in one layer.
 */
export function entitySet(entities: readonly Entity[], beneath?: EntityLookup): EntityLookup {
  const [only, second] = entities
  if (only !== undefined && second === undefined && beneath !== undefined) return layerOfOne(only, beneath)
  const raw = new Map<EntityKey, Entity>()
  for (const entity of entities) {
    const key = entityKey(entity.uid)
    if (raw.has(key)) throw new TypeError(`the entity ${key} stands twice`)
    raw.set(key, entity)
  }
  const nodes = new Map<EntityKey, EntityNode>()
  for (const [key, entity] of raw) nodes.set(key, nodeOf(entity, key, raw, beneath))
  if (beneath === undefined) return { find: (key) => nodes.get(key) }
  return { find: (key) => nodes.get(key) ?? beneath.find(key) }
}

/** Nearly every request adds its caller alone. */
function layerOfOne(entity: Entity, beneath: EntityLookup): EntityLookup {
  const only = entityKey(entity.uid)
  const node = nodeOf(entity, only, NO_ENTITIES, beneath)
  return { find: (key) => (key === only ? node : beneath.find(key)) }
}

const NO_ENTITIES: ReadonlyMap<EntityKey, Entity> = new Map()

function nodeOf(
  { uid, attributes, tags, parents }: Entity,
  key: EntityKey,
  raw: ReadonlyMap<EntityKey, Entity>,
  beneath: EntityLookup | undefined,
): EntityNode {
  const ancestors = parents.length === 0 ? NO_ANCESTORS : ancestorsOf(parents, raw, beneath)
  if (ancestors.has(key)) throw new TypeError(`the entity ${key} is its own ancestor`)
  return { uid, attributes, tags, ancestors }
}

export const NO_ANCESTORS: ReadonlyMap<EntityKey, EntityUid> = new Map()

function ancestorsOf(
  parents: readonly EntityUid[],
  raw: ReadonlyMap<EntityKey, Entity>,
  beneath: EntityLookup | undefined,
): ReadonlyMap<EntityKey, EntityUid> {
  const found = new Map<EntityKey, EntityUid>()
  const open = [...parents]
  // Grows while it is walked: the nearest holders come first.
  for (const uid of open) {
    const key = entityKey(uid)
    if (found.has(key)) continue
    found.set(key, uid)
    const here = raw.size === 0 ? undefined : raw.get(key)
    if (here !== undefined) {
      open.push(...here.parents)
      continue
    }
    const above = beneath?.find(key)?.ancestors
    if (above !== undefined && above.size > 0) for (const [higher, ancestor] of above) found.set(higher, ancestor)
  }
  return found
}
