// `systems:`: what models belong to. The tier says how much harm they can do: 1 assists, 2 acts reversibly, 3 irreversibly.
import type { SystemConfig } from './config.ts'
import { type Entry, entriesOf, fault, type Field, fieldsOf, integerOf, isName, listOf, textOf } from './field.ts'
import { quote } from './problem.ts'

export function readSystems(field: Field): ReadonlyMap<string, SystemConfig> {
  const systems = new Map<string, SystemConfig>()
  for (const entry of entriesOf(field, 'systems')) {
    const system = isName(entry, 'a system') ? readSystem(entry) : undefined
    if (system) systems.set(entry.name, system)
  }
  return systems
}

function readSystem({ name, field }: Entry): SystemConfig | undefined {
  const fields = fieldsOf(field, { known: ['tier', 'owner', 'labels'], required: ['tier', 'owner'] })
  const tierField = fields?.get('tier')
  const ownerField = fields?.get('owner')
  const tier = tierField && integerOf(tierField, 1, 3)
  const owner = ownerField && textOf(ownerField, 'who answers for it, such as an address')
  const labelsField = fields?.get('labels')
  const labels = labelsField ? listOf(labelsField, 'labels', labelOf) : []
  if (owner === undefined || !labels || (tier !== 1 && tier !== 2 && tier !== 3)) return undefined
  return { name, tier, owner, labels: labels.toSorted() }
}

/** As policies compare it, with what inspectors call their findings. */
function labelOf(field: Field): string | undefined {
  const text = textOf(field, 'a kind of data, such as clinical')
  if (text === undefined || /^[a-z0-9][a-z0-9-]{0,63}$/.test(text)) return text
  return fault(field, `is not a label: ${quote(text)}`, 'Use lower-case letters, digits and dash: clinical.')
}
