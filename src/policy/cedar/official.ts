// The official parser, and the two things it must be kept from: a deeply nested policy overflows its stack and leaves
// the whole WebAssembly instance broken, and its JSON form rounds integers above 2^53 (the caller sees another limit
// than the author wrote). So depth is bounded here, and long integers travel as small stand-ins.
import { policyToJson, templateToJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { PolicyJson } from './policy-json.ts'
import { nesting, type Token } from './token.ts'

export type Official =
  | { readonly json: PolicyJson; readonly error?: undefined }
  /** `at`: where in the text, in UTF-8 bytes, where the parser says. */
  | { readonly json?: undefined; readonly error: string; readonly at?: number | undefined }

const DEEPEST = 64
/** Operators in a row without `&&`, `||` or a comma between them. */
const LONGEST_CHAIN = 200
const MOST_CONJUNCTS = 1000

/** Why a statement is not handed to the parser, or undefined. */
export function tooDeep(tokens: readonly Token[]): string | undefined {
  let [depth, chain, conjuncts] = [0, 0, 0]
  for (const token of tokens) {
    depth += nesting(token)
    const joint = token.text === '&&' || token.text === '||'
    if (joint) conjuncts += 1
    if (joint || token.text === ',' || token.text === ';') chain = 0
    else if (token.text === 'if' || ['.', '+', '-', '*', '!', '['].includes(token.text)) chain += 1
    if (depth > DEEPEST) return `brackets are nested deeper than ${DEEPEST}`
    if (chain > LONGEST_CHAIN) return `more than ${LONGEST_CHAIN} operators in a row`
    if (conjuncts > MOST_CONJUNCTS) return `more than ${MOST_CONJUNCTS} conditions in one policy`
  }
  return undefined
}

/** Parses one statement. `text` is what the tokens stand in, from the first one on. */
export function parseOfficial(text: string, tokens: readonly Token[]): Official {
  const deep = tooDeep(tokens)
  if (deep !== undefined) return { error: deep }
  const isTemplate = tokens.some(({ kind, text: word }) => kind === 'word' && word.startsWith('?'))
  const parse = isTemplate ? templateToJson : policyToJson
  const plain = parse(text)
  if (plain.type === 'failure') {
    const [first] = plain.errors
    const help = first?.help === null || first?.help === undefined ? '' : ` (${first.help})`
    return { error: `${first?.message ?? 'not a Cedar policy'}${help}`, at: first?.sourceLocations?.[0]?.start }
  }
  const long = tokens.filter(({ kind, text: digits }) => kind === 'number' && digits.length > 15)
  if (long.length === 0) return { json: withLongs(plain.json, new Map()) }
  const { replaced, originals } = standIn(text, tokens, long)
  const again = parse(replaced)
  if (again.type === 'failure') return { error: 'the integers of this policy cannot be read exactly' }
  return { json: withLongs(again.json, originals) }
}

function standIn(
  text: string,
  tokens: readonly Token[],
  long: readonly Token[],
): { readonly replaced: string; readonly originals: ReadonlyMap<number, bigint> } {
  const taken = new Set(tokens.filter(({ kind }) => kind === 'number').map((token) => Number(token.text)))
  const offset = tokens[0]?.start ?? 0
  const originals = new Map<number, bigint>()
  let replaced = ''
  let at = 0
  let next = 900_000_000_000_000
  for (const { start, end, text: digits } of long) {
    while (taken.has(next)) next -= 1
    replaced += text.slice(at, start - offset) + String(next)
    at = end - offset
    originals.set(next, BigInt(digits))
    next -= 1
  }
  return { replaced: replaced + text.slice(at), originals }
}

/** In the JSON form, a number is a long literal and nothing else. */
function withLongs(json: unknown, originals: ReadonlyMap<number, bigint>): PolicyJson {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'number') {
      const magnitude = originals.get(Math.abs(value)) ?? BigInt(Math.abs(value))
      return value < 0 ? -magnitude : magnitude
    }
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    // `fromEntries` defines, where an assignment to `__proto__` would not.
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, walk(field)]))
  }
  return walk(json) as PolicyJson
}
