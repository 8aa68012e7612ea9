// `systems:`: what models belong to. The tier says how much harm they can do: 1 assists, 2 acts reversibly, 3 irreversibly.
import type { SystemConfig } from './config.ts'
import { type Entry, entriesOf, type Field, fieldsOf, integerOf, isName, textOf } from './field.ts'

export function readSystems(field: Field): ReadonlyMap<string, SystemConfig> {
  const systems = new Map<string, SystemConfig>()
  for (const entry of entriesOf(field, 'systems')) {
    const system = isName(entry, 'a system') ? readSystem(entry) : undefined
    if (system) systems.set(entry.name, system)
  }
  return systems
}

function readSystem({ name, field }: Entry): SystemConfig | undefined {
  const fields = fieldsOf(field, { known: ['tier', 'owner'], required: ['tier', 'owner'] })
  const tierField = fields?.get('tier')
  const ownerField = fields?.get('owner')
  const tier = tierField && integerOf(tierField, 1, 3)
  const owner = ownerField && textOf(ownerField, 'who answers for it, such as an address')
  if (owner === undefined || (tier !== 1 && tier !== 2 && tier !== 3)) return undefined
  return { name, tier, owner, labels: [] }
}
