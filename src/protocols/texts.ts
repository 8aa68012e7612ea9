// Every string of a JSON document as a text for inspectors, keys included: what a protocol does not know is inspected, too.
// A protocol only adds what it knows of some places: their role, their lane in a stream, and where people choose names.
import type { Edit, Redaction, Text, TextRole } from '#access/text.ts'
import { type JsonMember, type JsonNode, type JsonObject, type JsonString, textOf } from '#lib/json-node.ts'
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
  const found: Text[] = []
  collect(root, undefined, { steps: [], free: false, rules, found })
  return found
}

interface At {
  /** Grows and shrinks with the walk: whoever keeps it must copy it. */
  readonly steps: Step[]
  readonly free: boolean
  readonly rules: Rules
  readonly label?: string
  readonly found: Text[]
}

function collect(node: JsonNode, parent: JsonNode | undefined, at: At): void {
  if (node.kind === 'string') {
    at.found.push(stringText(node, parent, at))
    return
  }
  if (node.kind !== 'object' && node.kind !== 'array') return
  const together = at.rules.together?.(node, at.steps)
  if (together) {
    for (const text of together) at.found.push(text)
    return
  }
  if (node.kind === 'array') {
    for (let index = 0; index < node.items.length; index++) below(node.items[index], node, at, index)
    return
  }
  let naming: Naming | undefined
  for (const member of node.members) {
    if (!MEMBER_NAMES.has(member.key)) at.found.push(keyText(member, printPlace(at.steps), (naming ??= namesOf(node))))
    below(member.value, node, at, member.key)
  }
}

function below(node: JsonNode | undefined, parent: JsonNode, at: At, step: Step): void {
  // Most values are numbers, true, false or null: nothing to look at.
  if (!node || (node.kind !== 'string' && node.kind !== 'object' && node.kind !== 'array')) return
  at.steps.push(step)
  const free = at.free || at.rules.free(at.steps)
  const label = free && typeof step === 'string' ? step : at.label
  const here = free === at.free && label === at.label ? at : { ...at, free, ...(label === undefined ? {} : { label }) }
  collect(node, parent, here)
  at.steps.pop()
}

function stringText(node: JsonString, parent: JsonNode | undefined, at: At): Text {
  const known = parent ? at.rules.known(at.steps, parent) : undefined
  const value = textOf(node)
  const place = known?.place
  const steps = place === undefined ? [...at.steps] : at.steps
  return {
    // Few places are ever asked for.
    get place() {
      return place ?? printPlace(steps)
    },
    value,
    role: known?.role ?? 'text',
    ...(known?.lane === undefined ? {} : { lane: known.lane }),
    ...(known?.group === undefined ? {} : { group: known.group }),
    ...(at.free && at.label !== undefined ? { label: at.label } : {}),
    edits: (redactions) => [literal(node.start, node.end, redact(value, redactions))],
  }
}

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
  return steps.map((step) => `/${typeof step === 'number' || isName(step) ? step : '*'}`).join('')
}

// Words of letters, each of a word's length: secrets, and numbers of people and cards, are seldom that.
const isName = (step: string): boolean =>
  step.length <= 40 && /^[a-z]{1,16}(?:[_-][a-z]{1,16}|[A-Z][a-z]{1,16}){0,4}$/.test(step)
