// Every string of a JSON document as a text for inspectors, keys included: what a protocol does not know is inspected, too.
// A protocol only adds what it knows of some places: their role, their lane in a stream, and where people choose names.
import type { Edit, Redaction, Text, TextRole } from '#access/text.ts'
import {
  type JsonArray,
  type JsonMember,
  type JsonNode,
  type JsonObject,
  type JsonString,
  textOf,
} from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { MEMBER_NAMES } from './member-names.ts'

export interface Known {
  readonly role?: TextRole
  readonly lane?: string
  readonly group?: string
  /** Where it stands in the whole answer, when that is not where it stands in this document. */
  readonly place?: string
}

export interface Rules {
  /** What is known of the string at these steps; `parent` is the object or array that holds it. */
  known(steps: readonly Step[], parent: JsonNode): Known | undefined
  /** Whether names at and below these steps are people's choice (a tool's input, metadata): there they label their values. */
  free(steps: readonly Step[]): boolean
  /** Texts that several strings make together, such as the tokens of log-probabilities; those strings are then left out. */
  together?(node: JsonNode, steps: readonly Step[]): Iterable<Text> | undefined
}

/** Nothing is known of it: every name is somebody's choice. */
export const ALL_FREE: Rules = { known: () => undefined, free: () => true }

/** In the document's order. Names that protocols have anyway are left out: there is nothing in them to find. */
export function textsOf(root: JsonNode, rules: Rules): readonly Text[] {
  if (root.kind === 'string') {
    const value = textOf(root)
    return [{ place: '', value, role: 'text', edits: editsOf(root, value) }]
  }
  const walk: Walk = { steps: [], rules, found: [] }
  if (isCompound(root)) collect({ node: root, place: '', free: false, label: undefined }, walk)
  return walk.found
}

interface Walk {
  /** Grows and shrinks with the walk: whoever keeps it must copy it. */
  readonly steps: Step[]
  readonly rules: Rules
  readonly found: Text[]
}

/** What holds values, and where it stands itself. */
interface Holder {
  readonly node: JsonObject | JsonArray
  readonly place: string
  /** Whether names here are people's choice, and the last of those. */
  readonly free: boolean
  readonly label: string | undefined
}

function collect(holder: Holder, walk: Walk): void {
  const { node, place } = holder
  const together = walk.rules.together?.(node, walk.steps)
  if (together) {
    for (const text of together) walk.found.push(text)
    return
  }
  if (node.kind === 'array') {
    const { items } = node
    for (let index = 0; index < items.length; index++) below(items[index], index, holder, walk)
    return
  }
  let naming: Naming | undefined
  for (const member of node.members) {
    if (!MEMBER_NAMES.has(member.key)) walk.found.push(keyText(member, place, (naming ??= namesOf(node))))
    below(member.value, member.key, holder, walk)
  }
}

function below(node: JsonNode | undefined, step: Step, holder: Holder, walk: Walk): void {
  // Most values are numbers, true, false or null: nothing to look at.
  if (!node || (node.kind !== 'string' && !isCompound(node))) return
  const { steps, rules } = walk
  steps.push(step)
  const free = holder.free || rules.free(steps)
  const label = free && typeof step === 'string' ? step : holder.label
  if (node.kind === 'string') {
    const known = rules.known(steps, holder.node)
    const place = known?.place ?? placeIn(holder, step)
    const value = textOf(node)
    walk.found.push({
      place,
      value,
      role: known?.role ?? 'text',
      lane: known?.lane,
      group: known?.group,
      label: free ? label : undefined,
      edits: editsOf(node, value),
    })
  } else collect({ node, place: placeIn(holder, step), free, label }, walk)
  steps.pop()
}

const isCompound = (node: JsonNode): node is JsonObject | JsonArray => node.kind === 'object' || node.kind === 'array'

const placeIn = ({ place }: Holder, step: Step): string => `${place}/${shownStep(step)}`

/** Holds nothing but these two: bodies have thousands of strings. */
const editsOf =
  (node: JsonString, value: string): Text['edits'] =>
  (redactions) => [literal(node.start, node.end, redact(value, redactions))]

/** What a member is called when something was taken out of its name. */
export type Naming = (member: JsonMember, redacted: string) => string

/** No two members of one object come to have one name: strict readers refuse that, and others lose a value. */
export function namesOf({ members }: JsonObject): Naming {
  let taken: Set<string> | undefined
  const given = new Map<number, string>()
  const lasts = new Map<string, number>()
  return ({ keyStart }, redacted) => {
    taken ??= new Set(members.map(({ key }) => key))
    const before = given.get(keyStart)
    if (before !== undefined) return before
    let name = redacted
    let count = lasts.get(redacted) ?? 1
    while (taken.has(name)) name = `${redacted} ${++count}`
    lasts.set(redacted, count)
    taken.add(name)
    given.set(keyStart, name)
    return name
  }
}

/** The name of a member, as a text at a place below `holder`. */
export function keyText(member: JsonMember, holder: string, naming: Naming): Text {
  const { key, keyStart, keyEnd } = member
  return {
    // Itself in question, and so not shown.
    place: `${holder}/*`,
    value: key,
    role: 'text',
    edits: (redactions) => [literal(keyStart, keyEnd, naming(member, redact(key, redactions)))],
  }
}

const encoder = new TextEncoder()

/** A string literal in place of what stands there. */
export const literal = (start: number, end: number, value: string): Edit => ({
  start,
  end,
  with: encoder.encode(JSON.stringify(value)),
})

/** The text with its redactions, which are in order and do not overlap. */
export function redact(value: string, redactions: readonly Redaction[]): string {
  let result = ''
  let from = 0
  for (const { start, end, with: placeholder } of redactions) {
    result += value.slice(from, start) + placeholder
    from = end
  }
  return result + value.slice(from)
}

/** A JSON pointer (RFC 6901). A key that is not a plain name shows as `*`: it could be anything, a secret too. */
export function printPlace(steps: readonly Step[]): string {
  return steps.map((step) => `/${shownStep(step)}`).join('')
}

const shownStep = (step: Step): Step => (typeof step === 'number' || SHOWN.has(step) || isName(step) ? step : '*')

// Words of letters, each of a word's length: secrets, and numbers of people and cards, are seldom that.
const isName = (step: string): boolean =>
  step.length <= 40 && /^[a-z]{1,16}(?:[_-][a-z]{1,16}|[A-Z][a-z]{1,16}){0,4}$/.test(step)

const SHOWN: ReadonlySet<string> = new Set([...MEMBER_NAMES].filter(isName))
