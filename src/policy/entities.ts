// What policy can ask about: the bundle's own systems, models, providers and teams, built once; and the entities of one
// request, its principals first. A principal's teams come from its proof alone.
import type { Principal } from '#access/principal.ts'
import type { Entity, EntityUid } from '#access/value.ts'
import type { Config } from '#policy/bundle/config.ts'
import { ACTIONS } from '#policy/schema.ts'

const ACTION_UIDS: ReadonlyMap<string, EntityUid> = new Map(ACTIONS.map((id) => [id, { type: 'Action', id }]))

export function actionUid(id: string): EntityUid {
  return ACTION_UIDS.get(id) ?? { type: 'Action', id }
}

/** The same in every bundle. Nothing is to be known of an action; but what is known is found, and all else made anew for each request. */
export const actionEntities: readonly Entity[] = [...ACTION_UIDS.values()].map((uid) => ({
  uid,
  attributes: {},
  parents: [],
}))

export function bundleEntities(config: Config): readonly Entity[] {
  const entities: Entity[] = [{ uid: { type: 'Catalog', id: 'models' }, attributes: {}, parents: [] }]
  for (const id of config.teams.keys()) entities.push({ uid: { type: 'Team', id }, attributes: {}, parents: [] })
  for (const id of config.providers.keys())
    entities.push({ uid: { type: 'Provider', id }, attributes: {}, parents: [] })
  for (const { name, tier, owner } of config.systems.values()) {
    entities.push({ uid: { type: 'System', id: name }, attributes: { tier: BigInt(tier), owner }, parents: [] })
  }
  for (const { name, system } of config.models.values()) {
    const uid = { type: 'System', id: system.name }
    const attributes = { system: { entity: uid }, tier: BigInt(system.tier), owner: system.owner }
    entities.push({ uid: { type: 'Model', id: name }, attributes, parents: [uid] })
  }
  return entities
}

export function principalEntity({ type, id, attributes, groups }: Principal): Entity {
  return { uid: { type, id }, attributes, parents: groups.map((team) => ({ type: 'Team', id: team })) }
}
