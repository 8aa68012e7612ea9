// Where ids stand, by the names of their fields: a provider that knows a field which nobody here knows could use what it
// names, and no list of such fields is ever complete.
import type { Act } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { foldKey } from '#lib/json-keys.ts'
import { type JsonNode, textOf } from '#lib/json-node.ts'
import { type Step, shownKey } from '#lib/json-path.ts'

export interface NamedId {
  readonly id: string
  readonly field: string
}

// Longer than any name that ends so; of a longer key only its end is looked at.
const END = 12

/** `id`, `container`, and what ends in `_id` or `_ids`, however it is cased or joined. */
export function isIdKey(key: string): boolean {
  const end = key.slice(-END)
  return /^(?:ids?|containers?)$|[_-]ids?$/.test(foldKey(end)) || /[a-z0-9](?:Id|ID)s?$/.test(end)
}

/** Ids at any depth of a value, whose key counts, too. What stands below keys that are people's choice is none. */
export function idsUnder(key: string, value: JsonNode, at: string, free?: ReadonlySet<string>): readonly NamedId[] {
  const found: NamedId[] = []
  collect({ node: value, named: isIdKey(key), steps: [], at, found, free: free ?? NONE })
  return found
}

const NONE: ReadonlySet<string> = new Set()

export const idsIn = (node: JsonNode, at: string, free?: ReadonlySet<string>): readonly NamedId[] =>
  idsUnder('', node, at, free)

interface Walk {
  readonly node: JsonNode
  /** Whether strings here are ids. */
  readonly named: boolean
  /** Grows and shrinks with the walk. */
  readonly steps: Step[]
  readonly at: string
  readonly found: NamedId[]
  readonly free: ReadonlySet<string>
}

function collect(walk: Walk): void {
  const { node, named, steps, found, free } = walk
  if (node.kind === 'string' && named) {
    const id = textOf(node)
    if (id.trim() !== '') found.push({ id, field: fieldAt(walk.at, steps) })
  }
  if (node.kind === 'array') node.items.forEach((item, index) => below(walk, index, item, named))
  if (node.kind !== 'object') return
  for (const { key, value } of node.members) if (!free.has(key)) below(walk, key, value, isIdKey(key))
}

function below(walk: Walk, step: Step, node: JsonNode, named: boolean): void {
  if (node.kind === 'null' || node.kind === 'number' || node.kind === 'boolean') return
  walk.steps.push(step)
  collect({ ...walk, node, named })
  walk.steps.pop()
}

const fieldAt = (at: string, steps: readonly Step[]): string =>
  steps.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`
    return path === '' ? shownKey(step) : `${path}.${shownKey(step)}`
  }, at)

// No conversation has as many, and each is looked up.
const MOST_IDS = 10_000

/**
 * What a body names besides what its acts do, each once. Throws a Refusal for more than any conversation has.
 */
export function mentionsIn(request: JsonNode, acts: readonly Act[], free: ReadonlySet<string>): readonly NamedId[] {
  const asked = new Set(acts.map(({ id }) => id))
  const mentions = new Map<string, NamedId>()
  for (const named of idsIn(request, '', free)) {
    if (!asked.has(named.id) && !mentions.has(named.id)) mentions.set(named.id, named)
  }
  if (mentions.size <= MOST_IDS) return [...mentions.values()]
  throw new Refusal('invalid_field', { message: `The body names more than ${MOST_IDS} ids.` })
}
