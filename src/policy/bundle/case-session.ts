// The session of a case: what of it matters, and the rest as a session of its model's tier begins. One that the gate never
// makes (tier 3 without a key, a task that nobody declared) is an error: a case about it would prove nothing.
import type { SessionRef } from '#access/task.ts'
import type { SessionContext } from '#policy/schema.ts'
import type { Config, Tier } from './config.ts'
import { fault, type Field, fieldsOf, integerOf, listOf, textOf, wordOf } from './field.ts'
import { suggest } from './nearest.ts'
import { quote } from './problem.ts'

const KINDS = ['declared', 'implicit'] as const
const TRUSTS = ['initial', 'standard', 'elevated'] as const
const BINDINGS = ['key', 'network', 'nothing'] as const

const KEYS = {
  known: ['kind', 'tier', 'trust', 'bound', 'labels', 'task', 'domain', 'calls', 'tokens', 'age_seconds'],
} as const

/** `tier` is that of what the case asks for. Undefined where anything is wrong. */
export function sessionOf(field: Field, config: Config, tier: Tier): SessionContext | undefined {
  const fields = fieldsOf(field, KEYS)
  if (!fields) return undefined
  let sound = true
  const read = <T>(key: string, usual: T, reader: (inside: Field) => T | undefined): T => {
    const inside = fields.get(key)
    const value = inside ? reader(inside) : usual
    if (inside && value === undefined) sound = false
    return value ?? usual
  }
  const kind = read<SessionRef['kind']>('kind', 'declared', (inside) => wordOf(inside, KINDS))
  const of = read<Tier>('tier', kind === 'implicit' ? 1 : tier, tierOf)
  const trust = read<SessionRef['trust']>('trust', of === 3 ? 'initial' : 'standard', (inside) =>
    wordOf(inside, TRUSTS),
  )
  const bound = read<SessionRef['bound']>('bound', of === 1 ? 'nothing' : 'key', (inside) => wordOf(inside, BINDINGS))
  const labels = read<readonly string[]>('labels', [], (inside) => labelsOf(inside, config))
  const text = (key: string, usual?: string): string | undefined => read(key, usual, (inside) => textOf(inside))
  // As a session is called whose task nobody declared.
  const task = text('task', kind === 'declared' ? 'undeclared' : undefined)
  const domain = text('domain')
  const long = (key: string, usual: number): bigint =>
    BigInt(read(key, usual, (inside) => integerOf(inside, 0, Number.MAX_SAFE_INTEGER)))
  const record = {
    kind,
    tier: BigInt(of),
    trust,
    bound,
    labels,
    ...(task !== undefined && { task }),
    ...(domain !== undefined && { domain }),
    calls: long('calls', 0),
    tokens: long('tokens', 0),
    age_seconds: long('age_seconds', 60),
  }
  return sound && isMade(field, record) ? { record } : undefined
}

function isMade(field: Field, { kind, tier, bound, task, domain }: SessionContext['record']): boolean {
  const refuse = (message: string, fix: string): false => {
    fault(field, message, fix)
    return false
  }
  if (kind === 'implicit' && (tier !== 1n || bound !== 'nothing' || task !== undefined || domain !== undefined)) {
    return refuse(
      'is none that the gate begins: an implicit one is of tier 1, without task and binding',
      'Remove them.',
    )
  }
  if (tier === 3n && bound !== 'key')
    return refuse('is none that the gate begins: in tier 3 it is bound to a key', 'Write `bound: key`.')
  if (tier === 2n && bound === 'nothing') {
    return refuse('is none that the gate begins: in tier 2 it is bound', 'Write `bound: key` or `bound: network`.')
  }
  return true
}

function tierOf(field: Field): Tier | undefined {
  const tier = integerOf(field, 1, 3)
  return tier === 1 || tier === 2 || tier === 3 ? tier : undefined
}

/** Of systems, and of what inspectors find. */
export const labelsIn = ({ systems }: Pick<Config, 'systems'>): readonly string[] => [
  ...new Set([...[...systems.values()].flatMap(({ labels }) => labels), 'credentials']),
]

function labelsOf(field: Field, config: Config): readonly string[] | undefined {
  if (field.node.kind === 'list' && field.node.items.length === 0) return []
  const known = labelsIn(config)
  return listOf(field, 'labels', (item) => {
    const text = textOf(item, 'a label')
    if (text === undefined || known.includes(text)) return text
    return fault(item, `names a label that no session gets: ${quote(text)}`, suggest(text, known))
  })
}

/** How far the one who asks is trusted in it; its id is of no matter. */
export const refOf = ({ record }: SessionContext): SessionRef => ({
  id: 'case',
  root: 'case',
  kind: record.kind,
  tier: record.tier === 3n ? 3 : record.tier === 2n ? 2 : 1,
  trust: record.trust,
  bound: record.bound,
})
