// Log-probabilities repeat a text token by token: what is found in the joined tokens is taken out of each that it touches.
// The alternatives are read, too, rank by rank: where the model chose another token, the likeliest ones are still there.
import type { Edit, Redaction, Text } from '#access/text.ts'
import { type JsonArray, type JsonNode, type JsonObject, type JsonString, member, textOf } from '#lib/json-node.ts'
import { packedBytes } from './json-number-lists.ts'
import { ALL_FREE, keyText, literal, namesOf, redact, textsOf } from './texts.ts'

export interface TokensAt {
  readonly place: string
  /** In a stream, of the tokens; those of each rank have one of their own below it. */
  readonly lane?: string
}

/** All strings of an array of `{token, bytes, logprob, top_logprobs}`, and what its bytes spell. */
export function* tokenTexts({ items }: JsonArray, at: TokensAt): Generator<Text, void> {
  const tokens: Spot[] = []
  const ranks: Spot[][] = []
  const spelled = spelling()
  const otherwise: Spelling[] = []
  for (const item of items) {
    const token = member(item, 'token')
    if (token?.kind === 'string') tokens.push(spotOf(token, (shown) => withToken(item, token, shown)))
    const bytes = member(item, 'bytes')
    spelled.add(bytes, () => (bytes ? [emptied(bytes)] : []))
    const top = member(item, 'top_logprobs')
    if (top?.kind !== 'array') continue
    for (const [rank, each] of top.items.entries()) {
      const other = member(each, 'token')
      if (other?.kind === 'string') (ranks[rank] ??= []).push(spotOf(other, () => [emptied(top)]))
      ;(otherwise[rank] ??= spelling()).add(member(each, 'bytes'), () => [emptied(top)])
    }
  }
  yield* columns(tokens, ranks, at)
  yield* spelledBy([[tokens, spelled, 'bytes']], at)
  yield* spelledBy(
    otherwise.map((each, rank) => [ranks[rank] ?? [], each, `${rank}/bytes`]),
    at,
  )
  for (const item of items) yield* others(item, at.place)
}

type Column = readonly [tokens: readonly Spot[], spelling: Spelling, lane: string]

/** Bytes can spell what their tokens do not. Where they spell the same, that was read. */
function* spelledBy(columnsOf: readonly Column[], at: TokensAt): Generator<Text, void> {
  for (const [tokens, { spots }, lane] of columnsOf) {
    // In a stream they may go on from what differed, or be gone on from.
    if (at.lane !== undefined && spots.length > 0) yield joined(spots, { place: at.place, lane: `${at.lane}/${lane}` })
    else if (valueOf(spots) !== '' && valueOf(spots) !== valueOf(tokens)) yield joined(spots, { place: at.place })
  }
}

interface Spelling {
  readonly spots: readonly Spot[]
  add(bytes: JsonNode | undefined, edits: Spot['edits']): void
}

/** UTF-8 in which a character may begin with the bytes of one token and end with those of the next: there it stands. */
function spelling(): Spelling {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const spots: Spot[] = []
  return {
    spots,
    add(node, edits) {
      const bytes = packedBytes(node)
      if (bytes) spots.push({ value: decoder.decode(bytes, { stream: true }), edits })
    },
  }
}

/** The form of older completions: `{tokens, token_logprobs, top_logprobs, text_offset}`. Undefined for anything else. */
export function olderTokenTexts(node: JsonNode, at: TokensAt): Iterable<Text> | undefined {
  const tokens = member(node, 'tokens')
  return node.kind === 'object' && tokens?.kind === 'array' ? olderTexts(node, tokens, at) : undefined
}

function* olderTexts(node: JsonObject, tokens: JsonArray, at: TokensAt): Generator<Text, void> {
  const top = member(node, 'top_logprobs')
  const alternatives = top?.kind === 'array' ? top.items : []
  const spots: Spot[] = []
  const ranks: Spot[][] = []
  for (const [index, token] of tokens.items.entries()) {
    const others = alternatives[index]
    const gone = others?.kind === 'object' ? [{ start: others.start, end: others.end, with: NO_MEMBERS }] : []
    const edits = (shown: string) => [literal(token.start, token.end, shown), ...gone]
    if (token.kind === 'string') spots.push({ value: textOf(token), edits })
  }
  for (const each of alternatives) {
    if (each.kind !== 'object') continue
    const gone: Edit = { start: each.start, end: each.end, with: NO_MEMBERS }
    for (const [rank, { key }] of each.members.entries()) (ranks[rank] ??= []).push({ value: key, edits: () => [gone] })
  }
  yield* columns(spots, ranks, at)
  const naming = namesOf(node)
  for (const each of node.members) {
    if (each.value === tokens || (each.value === top && top?.kind === 'array')) continue
    if (!KNOWN_OLDER.has(each.key)) yield keyText(each, at.place, naming)
    yield* moved(each.value, at.place)
  }
  for (const each of tokens.items) if (each.kind !== 'string') yield* moved(each, at.place)
  for (const each of alternatives) yield* each.kind === 'object' ? valuesOf(each, at.place) : moved(each, at.place)
}

function* valuesOf({ members }: JsonObject, place: string): Generator<Text, void> {
  for (const { value } of members) if (value.kind !== 'number') yield* moved(value, place)
}

const KNOWN_OLDER: ReadonlySet<string> = new Set(['token_logprobs', 'text_offset', 'top_logprobs'])

function* columns(
  tokens: readonly Spot[],
  ranks: readonly (readonly Spot[] | undefined)[],
  at: TokensAt,
): Generator<Text, void> {
  if (tokens.length > 0) yield joined(tokens, at)
  for (const [rank, spots] of ranks.entries()) {
    const lane = at.lane === undefined ? {} : { lane: `${at.lane}/${rank}` }
    if (spots && spots.length > 0) yield joined(spots, { place: at.place, ...lane })
  }
}

/** One token in a text of many. */
export interface Spot {
  readonly value: string
  /** What takes it out, and what else would tell it; `redacted` is what is left. */
  edits(redacted: string): readonly Edit[]
}

export const spotOf = (token: JsonString, edits: Spot['edits']): Spot => ({ value: textOf(token), edits })

const EMPTY = new TextEncoder().encode('[]')
const NO_MEMBERS = new TextEncoder().encode('{}')

const emptied = ({ start, end }: JsonNode): Edit => ({ start, end, with: EMPTY })

/** The token's bytes, and what might have stood in its place, would still tell it. */
const withToken = (item: JsonNode, token: JsonString, shown: string): readonly Edit[] => [
  literal(token.start, token.end, shown),
  ...['bytes', 'top_logprobs'].flatMap((name) => {
    const node = member(item, name)
    return node?.kind === 'array' || (node?.kind === 'string' && name === 'bytes') ? [emptied(node)] : []
  }),
]

const valueOf = (spots: readonly Spot[]): string => spots.map(({ value }) => value).join('')

/** Several strings as one text. */
export function joined(spots: readonly Spot[], at: TokensAt): Text {
  return {
    ...at,
    value: valueOf(spots),
    role: 'text',
    edits: (redactions) => editsOf(spots, redactions).sort((left, right) => left.start - right.start),
  }
}

function editsOf(spots: readonly Spot[], redactions: readonly Redaction[]): Edit[] {
  const edits: Edit[] = []
  let start = 0
  let first = 0
  for (const spot of spots) {
    const end = start + spot.value.length
    const touching: Redaction[] = []
    while ((redactions[first]?.end ?? Number.POSITIVE_INFINITY) <= start) first++
    for (let next = first; ; next++) {
      const redaction = redactions[next]
      if (!redaction || redaction.start >= end) break
      touching.push(clipped(redaction, start, end))
    }
    if (touching.length > 0) edits.push(...spot.edits(redact(spot.value, touching)))
    start = end
  }
  return edits
}

/** What of a redaction falls between two places, told from the first. What is put in stands where it begins. */
const clipped = (redaction: Redaction, start: number, end: number): Redaction => ({
  start: Math.max(redaction.start, start) - start,
  end: Math.min(redaction.end, end) - start,
  with: redaction.start >= start ? redaction.with : '',
})

/** Whatever else a provider may have written there. */
function* others(item: JsonNode, place: string): Generator<Text, void> {
  if (item.kind !== 'object') {
    yield* moved(item, place)
    return
  }
  const naming = namesOf(item)
  for (const each of item.members) {
    const { key, value } = each
    if ((key === 'token' || key === 'bytes') && value.kind === 'string') continue
    if (key === 'top_logprobs' && value.kind === 'array') {
      for (const alternative of value.items) yield* others(alternative, place)
      continue
    }
    if (!KNOWN.has(key)) yield keyText(each, place, naming)
    if (value.kind !== 'number') yield* moved(value, place)
  }
}

const KNOWN: ReadonlySet<string> = new Set(['token', 'logprob', 'bytes', 'top_logprobs'])

function* moved(node: JsonNode, place: string): Generator<Text, void> {
  for (const text of textsOf(node, ALL_FREE)) yield { ...text, place: place + text.place }
}
