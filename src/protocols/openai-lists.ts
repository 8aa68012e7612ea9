// The lists of objects in the pieces of a choice, such as its tool calls. Clients put an object together by its `index`:
// some by that number, some by how many came before. Where the two would differ, nothing goes on.
import { type JsonArray, type JsonNode, member, textOf } from '#lib/json-node.ts'
import { printPointer, type Step } from '#lib/json-path.ts'
import { invalidAnswer } from './openai-answer.ts'

/** Of one event: the same steps, with each position in such a list as the index that its object has in the whole answer. */
export type Indexed = (steps: readonly Step[]) => readonly Step[]

export interface Lists {
  /** Reads the lists in the `delta` of a choice. Throws a Refusal for objects that clients would not put together alike. */
  read(choice: number, delta: JsonNode): Indexed
}

const MOST_LISTS = 4096
const MOST_OBJECTS = 1024

export function lists(): Lists {
  /** By list: the indexes of its objects, in the order in which they came. */
  const known = new Map<string, number[]>()

  const indexesOf = (list: JsonArray, name: string, isCalls: boolean): readonly number[] => {
    const before = known.get(name)
    const slots = before ?? []
    if (!before) known.set(name, slots)
    if (known.size > MOST_LISTS) throw invalidAnswer('has more lists than are read here')
    return list.items.map((item, position) => {
      if (item.kind !== 'object') return position
      const given = indexOf(item)
      if (given === undefined && before && isCalls) throw invalidAnswer('goes on with a tool call without its `index`')
      const index = given ?? position
      if (isCalls && index > slots.length) throw invalidAnswer('begins a tool call out of order')
      // The first event's list stands as it came.
      if (!before) slots[position] = index
      else if (given !== undefined) enter(slots, index)
      return index
    })
  }

  return {
    read(choice, delta) {
      const found: Found = { below: new Map() }
      const walk = (node: JsonNode, at: Step[], whole: Step[]): void => {
        if (node.kind === 'object') {
          for (const { key, value } of node.members) {
            if (value.kind === 'object' || value.kind === 'array') within(value, [at, key], [whole, key])
          }
        }
        if (node.kind !== 'array') return
        let indexes: readonly number[] = []
        if (node.items.some(({ kind }) => kind === 'object')) {
          const isCalls = whole.length === 1 && whole[0] === 'tool_calls'
          indexes = indexesOf(node, `${choice}${printPointer(whole)}`, isCalls)
          keep(found, at, indexes)
        }
        for (const [position, item] of node.items.entries()) {
          if (item.kind === 'object' || item.kind === 'array') {
            within(item, [at, position], [whole, indexes[position] ?? position])
          }
        }
      }
      const within = (node: JsonNode, [at, step]: [Step[], Step], [whole, wholeStep]: [Step[], Step]): void => {
        at.push(step)
        whole.push(wholeStep)
        walk(node, at, whole)
        at.pop()
        whole.pop()
      }
      walk(delta, [], [])
      return (steps) => (found.below.size === 0 ? steps : indexed(steps, found))
    },
  }
}

/** The lists of one event, by the steps to them. */
interface Found {
  indexes?: readonly number[]
  readonly below: Map<Step, Found>
}

function keep(found: Found, steps: readonly Step[], indexes: readonly number[]): void {
  let at = found
  for (const step of steps) {
    const next = at.below.get(step) ?? { below: new Map() }
    at.below.set(step, next)
    at = next
  }
  at.indexes = indexes
}

function indexed(steps: readonly Step[], found: Found): readonly Step[] {
  let at: Found | undefined = found
  return steps.map((step) => {
    const whole = typeof step === 'number' ? at?.indexes?.[step] : undefined
    at = at?.below.get(step)
    return whole ?? step
  })
}

/** Clients that count take the object at this place for the one that has this index. */
function enter(slots: number[], index: number): void {
  if (index >= slots.length) slots.push(index)
  else if (slots[index] !== index) throw invalidAnswer('goes on with a list out of order')
}

function indexOf(item: JsonNode): number | undefined {
  const found = member(item, 'index')
  if (!found || found.kind === 'null') return undefined
  const index = found.kind === 'number' ? Number(textOf(found)) : Number.NaN
  if (!(Number.isInteger(index) && index >= 0 && index < MOST_OBJECTS)) throw invalidAnswer('has a wrong `index`')
  return index
}
