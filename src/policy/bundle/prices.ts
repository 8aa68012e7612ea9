// `price:` of a model: US dollars for a million tokens, and for a call of a tool. What has no price is `unpriced`, never
// free; 0 is a price, too: of a model on a machine of one's own.
import { HOSTED_TOOLS, OTHER_TOOLS } from '#access/hosted-tools.ts'
import type { Price } from '#access/limit.ts'
import { entriesOf, type Entry, fault, type Field, fieldsOf } from './field.ts'
import { nearest } from './nearest.ts'
import { quote } from './problem.ts'

const KEYS = {
  known: ['input', 'output', 'cached', 'cache-write', 'reasoning', 'tools'],
  required: ['input', 'output'],
} as const

/** Undefined where anything in it is wrong. */
export function priceOf(field: Field): Price | undefined {
  const fields = fieldsOf(field, KEYS)
  if (!fields) return undefined
  const given = [...fields].filter(([key]) => key !== 'tools').map(([key, inside]) => [key, dollarsOf(inside)] as const)
  const price = new Map(given)
  const toolsField = fields.get('tools')
  const tools = toolsField && toolsOf(toolsField)
  const [input, output] = [price.get('input'), price.get('output')]
  const isSound = given.every(([, amount]) => amount !== undefined) && (!toolsField || tools)
  if (input === undefined || output === undefined || !isSound) return undefined
  const [cached, cacheWrite, reasoning] = [price.get('cached'), price.get('cache-write'), price.get('reasoning')]
  return {
    input,
    output,
    ...(cached !== undefined && { cached }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...(reasoning !== undefined && { reasoning }),
    ...(tools && { tools }),
  }
}

function toolsOf(field: Field): ReadonlyMap<string, number> | undefined {
  const tools = new Map<string, number>()
  const entries = entriesOf(field, 'tools')
  for (const entry of entries) {
    const amount = isCounted(entry) ? dollarsOf(entry.field) : undefined
    if (amount !== undefined) tools.set(entry.name, amount)
  }
  return field.node.kind === 'map' && tools.size === entries.length ? tools : undefined
}

const COUNTED: readonly string[] = [...HOSTED_TOOLS, OTHER_TOOLS]

/** Under any other name no call is ever counted: the price would be one that nobody pays. */
function isCounted({ name, at, field }: Entry): boolean {
  if (COUNTED.includes(name)) return true
  const close = nearest(name, COUNTED)
  const fix = close === undefined ? `Any tool that is not known here is \`${OTHER_TOOLS}\`.` : `Did you mean ${close}?`
  fault(field, 'is not a tool that is counted by that name', fix, at)
  return false
}

const MOST_DOLLARS = 1_000_000

/** As exact as spend is counted: to a millionth. */
function dollarsOf(field: Field): number | undefined {
  const { node } = field
  const text = node.kind === 'number' ? node.source : node.kind === 'text' ? node.text : ''
  if (node.kind === 'number' && /^(?:0|[1-9][0-9]*)(?:\.[0-9]{1,6})?$/.test(text) && node.value <= MOST_DOLLARS) {
    return node.value
  }
  return fault(
    field,
    `must be US dollars from 0 to ${MOST_DOLLARS}${text === '' ? '' : `, but is ${quote(text)}`}`,
    'Write a plain number with at most six decimals, without a currency: 0.25.',
  )
}
