// `price:` of a model: US dollars for a million tokens, and for a call of a tool. What has no price is `unpriced`, never
// free; 0 is a price, too: of a model on a machine of one's own.
import type { Price } from '#access/limit.ts'
import { entriesOf, fault, type Field, fieldsOf, isName } from './field.ts'
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
    const amount = isName(entry, 'a tool') ? dollarsOf(entry.field) : undefined
    if (amount !== undefined) tools.set(entry.name, amount)
  }
  return field.node.kind === 'map' && tools.size === entries.length ? tools : undefined
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
