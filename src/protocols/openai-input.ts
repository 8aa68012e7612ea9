// What is read by a model that does not converse: a text, several, or the numbers of its tokens. Nobody here can read those:
// they are a text that is sealed.
import type { Text } from '#access/text.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { itemsOf } from './openai-chat/fields.ts'
import { arrayOf, either, integer, type Shape, text } from './shape.ts'
import { type Rules, textsOf } from './texts.ts'

const token = integer(0, 2 ** 31 - 1)
const tokens = arrayOf(token, 1)
const listsOfTokens = arrayOf(tokens, 1)
const texts = arrayOf(text, 1)

const list: Shape = (node, at, notes) => {
  const [first] = itemsOf(node)
  const shape = first?.kind === 'number' ? tokens : first?.kind === 'array' ? listsOfTokens : texts
  shape(node, at, notes)
}

/** A string, or an array of strings, of tokens, or of arrays of tokens: of one kind throughout. */
export const input: Shape = either('a string, or an array of strings or of tokens', { string: text, array: list })

/** How much it is to read, as an estimate: bytes over four, or its tokens. */
export function tokensOfInput(node: JsonNode | undefined): number {
  if (!node) return 0
  if (!isOfTokens(node)) return Math.ceil((node.end - node.start) / 4)
  return itemsOf(node).reduce((sum, item) => sum + (item.kind === 'array' ? item.items.length : 1), 0)
}

/** How many inputs of their own it brings. */
export function inputsIn(node: JsonNode | undefined): number {
  const items = itemsOf(node)
  return items.length > 0 && items[0]?.kind !== 'number' ? items.length : 1
}

/** Every string of a request whose field `name` is such an input. Names of fields that nobody knows are people's choice. */
export function inputTexts(request: JsonObject, name: string, known: ReadonlySet<Step>): Iterable<Text> {
  const rules: Rules = {
    known: () => undefined,
    free: (steps) => steps.length === 1 && !known.has(steps[0] ?? ''),
    together: (node, steps) =>
      steps.length === 1 && steps[0] === name && isOfTokens(node) ? [sealed(node, name)] : undefined,
  }
  return textsOf(request, rules)
}

function isOfTokens(node: JsonNode): boolean {
  const [first] = itemsOf(node)
  return first?.kind === 'number' || first?.kind === 'array'
}

function sealed(node: JsonNode, name: string): Text {
  const [first] = itemsOf(node)
  const number = first?.kind === 'array' ? first.items[0] : first
  const source = number?.kind === 'number' ? number.source.toString('latin1', node.start, node.end) : ''
  return { place: `/${name}`, value: source, role: 'sealed', edits: () => [] }
}

/** The pseudonym in place of whatever a request says of its caller. */
export const pseudonymFields = (request: JsonObject, user: string): Readonly<Record<string, string>> =>
  Object.fromEntries(['user', 'safety_identifier'].filter((name) => member(request, name)).map((name) => [name, user]))
