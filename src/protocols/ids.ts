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
const LAST: ReadonlySet<string> = new Set('dDsS\u017frR')

/** `id`, `container`, and what ends in `_id` or `_ids`, however it is cased or joined. */
export function isIdKey(key: string): boolean {
  // Most names end otherwise.
  if (!LAST.has(key.charAt(key.length - 1))) return false
  const end = key.slice(-END)
  return /^(?:ids?|containers?)$|[_-]ids?$/.test(foldKey(end)) || /[a-z0-9](?:Id|ID)s?$/.test(end)
}

// Of what is called and what comes of it: they tie items of one body together, and nobody holds anything under them.
const OF_CALLS: ReadonlySet<string> = new Set(['call_id', 'tool_call_id', 'tool_use_id'])
const NONE: ReadonlySet<string> = new Set()

/** Ids that a provider could hold something under, at any depth of what nobody here knows. Its own key counts, too. */
export function idsUnder(key: string, value: JsonNode, at: string): readonly NamedId[] {
  const walk: Walk = { steps: [], at, found: [], free: NONE, none: OF_CALLS }
  collect(value, isIdKey(key) && !OF_CALLS.has(key), walk)
  return walk.found
}

/** All ids of a body; what stands below keys that are people's choice is none. */
export function idsIn(body: JsonNode, free: ReadonlySet<string>): readonly NamedId[] {
  const walk: Walk = { steps: [], at: '', found: [], free, none: NONE }
  collect(body, false, walk)
  return walk.found
}

interface Walk {
  /** Grows and shrinks with the walk. */
  readonly steps: Step[]
  readonly at: string
  readonly found: NamedId[]
  readonly free: ReadonlySet<string>
  /** Keys that look like an id's, and are none. */
  readonly none: ReadonlySet<string>
}

/** `named`: whether a string here is an id. */
function collect(node: JsonNode, named: boolean, walk: Walk): void {
  if (node.kind === 'string') {
    if (!named) return
    const id = textOf(node)
    if (id.trim() !== '') walk.found.push({ id, field: fieldAt(walk.at, walk.steps) })
  } else if (node.kind === 'array') {
    for (let index = 0; index < node.items.length; index++) below(walk, index, node.items[index], named)
  } else if (node.kind === 'object') {
    for (const { key, value } of node.members) {
      if (!walk.free.has(key)) below(walk, key, value, isIdKey(key) && !walk.none.has(key))
    }
  }
}

function below(walk: Walk, step: Step, node: JsonNode | undefined, named: boolean): void {
  // Most strings are no ids, and most values no strings.
  if (!node || (node.kind === 'string' ? !named : node.kind !== 'object' && node.kind !== 'array')) return
  walk.steps.push(step)
  collect(node, named, walk)
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
  const all = idsIn(request, free)
  if (all.length === 0) return all
  const asked = new Set(acts.map(({ id }) => id))
  const mentions = new Map<string, NamedId>()
  for (const named of all) {
    if (!asked.has(named.id) && !mentions.has(named.id)) mentions.set(named.id, named)
  }
  if (mentions.size <= MOST_IDS) return [...mentions.values()]
  throw new Refusal('invalid_field', { message: `The body names more than ${MOST_IDS} ids.` })
}
