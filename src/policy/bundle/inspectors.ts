// `inspectors:`: what is done about what they find, by tier and direction. None can be switched off, by anybody: the least
// is to flag.
import type { Config, InspectorAction, PerTier } from './config.ts'
import { type Field, fieldsOf, wordOf } from './field.ts'

const ACTIONS = ['flag', 'redact', 'block'] as const

/** Tier 3 acts irreversibly: what would have to be cut out of it does not happen at all. */
const USUAL: PerTier = { 1: 'redact', 2: 'redact', 3: 'block' }

const LATER = ['personal-data', 'injection', 'contract', 'judge', 'behaviour'] as const

export function readInspectors(field: Field | undefined): Config['inspectors'] {
  const credentials = field && fieldsOf(field, { known: ['credentials'], later: LATER })?.get('credentials')
  const directions = credentials && fieldsOf(credentials, { known: ['request', 'answer'] })
  return {
    credentials: { request: perTierOf(directions?.get('request')), answer: perTierOf(directions?.get('answer')) },
  }
}

/** One word for all tiers, or a word for some of them. */
function perTierOf(field: Field | undefined): PerTier {
  if (!field) return USUAL
  if (field.node.kind !== 'map') {
    const action = actionOf(field)
    return action ? { 1: action, 2: action, 3: action } : USUAL
  }
  const tiers = fieldsOf(field, { known: ['tier-1', 'tier-2', 'tier-3'] })
  const at = (tier: 1 | 2 | 3): InspectorAction => {
    const inside = tiers?.get(`tier-${tier}`)
    return (inside && actionOf(inside)) ?? USUAL[tier]
  }
  return { 1: at(1), 2: at(2), 3: at(3) }
}

const actionOf = (field: Field): InspectorAction | undefined => wordOf(field, ACTIONS)
