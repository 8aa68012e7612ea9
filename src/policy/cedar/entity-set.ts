// The entities that policy may ask about, with every ancestor worked out beforehand.
// A request's own few entities lie as a second layer above the bundle's: the upper layer wins, whole entity by whole entity.
import type { Entity, EntityUid, RecordValue } from '#access/value.ts'

/** An EntityUid as one string, equal exactly for equal uids. Made only by `entityKey`. */
export type EntityKey = string & { readonly entityKey: unique symbol }

export interface EntityNode {
  readonly uid: EntityUid
  readonly key: EntityKey
  /** The uid as a policy sees it. */
  readonly value: { readonly entity: EntityUid }
  /** Undefined where nothing is known of it: that is no entity without attributes, but none at all. */
  readonly attributes: RecordValue | undefined
  readonly tags: RecordValue | undefined
  /** Everything that holds it, directly or not, without itself. */
  readonly ancestors: ReadonlyMap<EntityKey, EntityUid>
}

/** A layer, as plain fields: one is made for nearly every request. Asked by `findEntity`. */
export interface EntityLookup {
  /** Of a layer of one. */
  readonly only: EntityNode | undefined
  readonly nodes: ReadonlyMap<EntityKey, EntityNode>
  readonly beneath: EntityLookup | undefined
}

export function findEntity(lookup: EntityLookup, key: EntityKey): EntityNode | undefined {
  for (let layer: EntityLookup | undefined = lookup; layer !== undefined; layer = layer.beneath) {
    const { only } = layer
    if (only?.key === key) return only
    const node = layer.nodes.get(key)
    if (node !== undefined) return node
  }
  return undefined
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
  return { only: undefined, nodes, beneath }
}

/** Nearly every request adds its caller alone. */
function layerOfOne(entity: Entity, beneath: EntityLookup): EntityLookup {
  return { only: nodeOf(entity, entityKey(entity.uid), NO_ENTITIES, beneath), nodes: NO_NODES, beneath }
}

const NO_ENTITIES: ReadonlyMap<EntityKey, Entity> = new Map()
const NO_NODES: ReadonlyMap<EntityKey, EntityNode> = new Map()

function nodeOf(
  { uid, attributes, tags, parents }: Entity,
  key: EntityKey,
  raw: ReadonlyMap<EntityKey, Entity>,
  beneath: EntityLookup | undefined,
): EntityNode {
  const ancestors = parents.length === 0 ? NO_ANCESTORS : ancestorsOf(parents, raw, beneath)
  if (ancestors.has(key)) throw new TypeError(`the entity ${key} is its own ancestor`)
  return { uid, key, value: { entity: uid }, attributes, tags, ancestors }
}

/** What is asked about and is nowhere. */
export function strangerOf(uid: EntityUid, key: EntityKey): EntityNode {
  return { uid, key, value: { entity: uid }, attributes: undefined, tags: undefined, ancestors: NO_ANCESTORS }
}

export const NO_ANCESTORS: ReadonlyMap<EntityKey, EntityUid> = new Map()

function ancestorsOf(
  parents: readonly EntityUid[],
  raw: ReadonlyMap<EntityKey, Entity>,
  beneath: EntityLookup | undefined,
): ReadonlyMap<EntityKey, EntityUid> {
  const found = new Map<EntityKey, EntityUid>()
  if (raw.size === 0) {
    for (const uid of parents) addHolder(found, uid, beneath)
    return found
  }
  const open = [...parents]
  // Grows while it is walked: the nearest holders come first.
  for (const uid of open) {
    const key = entityKey(uid)
    const here = raw.get(key)
    if (here === undefined) addHolder(found, uid, beneath)
    else if (!found.has(key)) {
      found.set(key, uid)
      open.push(...here.parents)
    }
  }
  return found
}

/** One that does not stand in the layer itself, and what holds it. */
function addHolder(found: Map<EntityKey, EntityUid>, uid: EntityUid, beneath: EntityLookup | undefined): void {
  const key = entityKey(uid)
  if (found.has(key)) return
  found.set(key, uid)
  const above = beneath && findEntity(beneath, key)?.ancestors
  if (above !== undefined && above.size > 0) for (const [higher, ancestor] of above) found.set(higher, ancestor)
}
