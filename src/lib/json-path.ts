// The way from a document's top to a value in it, and how people (`messages[2].role`) and records (`/messages/2/role`) name it.
import type { JsonNode } from './json-node.ts'

/** A key of an object or an index of an array. */
export type Step = string | number

// A key can be megabytes long, and ends up in answers and logs. It can be a credential, too, which whoever inspects those
// would not recognise with its end cut off: of a long one only so much is shown as is no secret of anybody's.
const LONGEST_KEY = 64
const BEGINNING = 8

/** The whole key, or the beginning of a long one. */
export const shownKey = (key: string): string =>
  key.length > LONGEST_KEY ? `${key.slice(0, BEGINNING).toWellFormed()}…` : key

/** `messages[2].role`; keys that are not plain words are quoted, long ones cut. Empty for the top. */
export function printPath(steps: readonly Step[]): string {
  let path = ''
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`
    else if (step.length > LONGEST_KEY || !/^[A-Za-z_$][\w$-]*$/.test(step)) path += `[${printKey(step)}]`
    else path += path === '' ? step : `.${step}`
  }
  return path
}

/** A key in quotes, cut where it is long. */
export const printKey = (key: string): string => JSON.stringify(shownKey(key))

/** A JSON pointer (RFC 6901), uncut. Empty for the top. */
export function printPointer(steps: readonly Step[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The steps from `root` to a node of its tree; undefined where the node stands outside it. */
export function stepsTo(root: JsonNode, node: JsonNode): readonly Step[] | undefined {
  const steps: Step[] = []
  for (let at = root; at !== node;) {
    const next = childAround(at, node.start)
    if (next === undefined) return undefined
    steps.push(next.step)
    at = next.node
  }
  return steps
}

/** `messages[2].role` of a node in the tree below `root`. */
export function pathOf(root: JsonNode, node: JsonNode): string {
  return printPath(stepsTo(root, node) ?? [])
}

function childAround(node: JsonNode, offset: number): { readonly step: Step; readonly node: JsonNode } | undefined {
  if (node.kind === 'array') {
    const index = node.items.findIndex((item) => item.start <= offset && offset < item.end)
    const item = node.items[index]
    return item && { step: index, node: item }
  }
  if (node.kind !== 'object') return undefined
  const found = node.members.find(({ value }) => value.start <= offset && offset < value.end)
  return found && { step: found.key, node: found.value }
}
