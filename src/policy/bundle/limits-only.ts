// `only:` of a limit: whom and what it counts. Sorted, so that two of one meaning are one.
import type { Limit } from '#access/limit.ts'
import type { ModelConfig, SystemConfig, Tier } from './config.ts'
import { fault, type Field, fieldsOf, integerOf, type Known, listOf, textOf } from './field.ts'
import { namesIn } from './named.ts'
import { quote } from './problem.ts'

export interface LimitGround {
  readonly teams: Known<readonly string[]>
  readonly systems: Known<SystemConfig>
  readonly models: Known<ModelConfig>
}

export type Only = NonNullable<Limit['only']>

export function onlyOf(field: Field, ground: LimitGround): Only | undefined {
  const fields = fieldsOf(field, { known: ['teams', 'models', 'environments', 'tiers'] })
  if (!fields) return undefined
  if (fields.size === 0 && field.node.kind === 'map' && field.node.entries.length === 0) {
    return fault(field, 'names nothing', 'Name teams, models, environments or tiers, or remove it.')
  }
  const read = <T>(key: string, reader: (inside: Field) => readonly T[] | undefined): readonly T[] | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)?.toSorted()
  }
  const teams = read('teams', (inside) => namesIn(inside, 'team', ground.teams))
  const models = read('models', (inside) => namesIn(inside, 'model', ground.models))
  const environments = read('environments', (inside) => listOf(inside, 'environments', environmentOf))
  const tiers = read('tiers', (inside) => listOf(inside, 'tiers', (item) => tierOf(item, ground)))
  const sound = [teams, models, environments, tiers].filter((list) => list !== undefined)
  if (sound.length < fields.size) return undefined
  const only: Only = {
    ...(teams && { teams }),
    ...(models && { models }),
    ...(environments && { environments }),
    ...(tiers && { tiers: [...new Set(tiers)] }),
  }
  if (models && tiers && ![...ground.models.sound.values()].some((model) => countedBy(only, model))) {
    return fault(field, 'can never count: none of its models is of its tiers', 'Leave out one of the two.')
  }
  return only
}

/** Whether a limit counts what is asked of this model. */
export const countedBy = (only: Only | undefined, { name, system }: ModelConfig): boolean =>
  (only?.models?.includes(name) ?? true) && (only?.tiers?.includes(system.tier) ?? true)

/** As keys and applications have one. Which there are is in no bundle. */
function environmentOf(field: Field): string | undefined {
  const text = textOf(field, 'an environment such as production')
  if (text === undefined || text === text.trim()) return text
  return fault(field, `has spaces at its ends: ${quote(text)}`, 'Write it as the key or the application has it.')
}

function tierOf(field: Field, { systems }: LimitGround): Tier | undefined {
  const tier = integerOf(field, 1, 3)
  if (tier !== 1 && tier !== 2 && tier !== 3) return undefined
  const isKnown = systems.sound.size === systems.declared.length
  if (!isKnown || [...systems.sound.values()].some((system) => system.tier === tier)) return tier
  return fault(field, `can never count: no system is of tier ${tier}`, 'Remove it.')
}
