// What an inspector says of one whole text, by its role. A JSON document in a string is judged value by value, with the
// names that stand beside them; base64 is judged by the bytes it stands for. It works in steps, so that others get a turn.
import { isCiphertext } from '#protocols/ciphertext.ts'
import type { Inspector, Match } from '#access/inspector.ts'
import type { Edit, Redaction, Text } from '#access/text.ts'
import { JsonError } from '#lib/json-error.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { ALL_FREE, textsOf } from '#protocols/texts.ts'
import { contentOf, decoded } from './data-url.ts'
import { inOrder } from './in-order.ts'

export interface Judged {
  readonly found: readonly { readonly kind: string; readonly place: string }[]
  /** What would take it out of the text's value. Empty where `editable` is false. */
  readonly redactions: readonly Redaction[]
  readonly editable: boolean
  /** Bytes of UTF-8. */
  readonly seen: number
  readonly of: number
}

/** Texts up to here are looked at in one go, which is a millisecond or two: a longer one is judged in steps. */
const SHORT_TURN = 256 * 1024

/**
 * How many bytes of UTF-8 a text has that an inspector surely finds nothing in; undefined where it must be judged. It is what
 * most texts come to, and costs a fraction of judging them.
 */
export function cleanBytes({ role, value, label }: Text, inspector: Inspector): number | undefined {
  if (role !== 'text' && role !== 'signed' && role !== 'numbers') return undefined
  if (value.length > SHORT_TURN || !inspector.isClean(inContext(value, label))) return undefined
  return Buffer.byteLength(value)
}

/** A name and its value are how secrets are written down most often: `"password": "…"`. */
const inContext = (value: string, label: string | undefined): string =>
  label === undefined || value === '' ? value : `${contextOf(label)}${value}"`

const contextOf = (label: string): string => `${JSON.stringify(label.slice(0, LONGEST_LABEL))}: "`

/** Yields now and then; its result does not depend on that. */
export type Steps<T> = Generator<void, T, void>

export function* judge(text: Text, inspector: Inspector): Steps<Judged> {
  switch (text.role) {
    case 'sealed':
      return yield* judgeSealed(text, inspector)
    case 'media':
      return yield* judgeMedia(text, inspector)
    case 'json': {
      const document = documentOf(text.value)
      return document ? yield* judgeDocument(text, document, inspector) : yield* judgeCharacters(text, inspector)
    }
    case 'signed':
    case 'numbers':
    case 'text':
      return yield* judgeCharacters(text, inspector)
  }
}

/** All at once. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

export const placeholder = (kind: string): string => `[redacted: ${kind}]`

const NOTHING: Judged = { found: [], redactions: [], editable: true, seen: 0, of: 0 }
const LONGEST_LABEL = 128

function* judgeCharacters(text: Text, inspector: Inspector): Steps<Judged> {
  const { value, place, role, label } = text
  const bytes = Buffer.byteLength(value)
  if (value === '') return NOTHING
  const context = label === undefined ? 0 : contextOf(label).length
  const matches = (yield* scan(inContext(value, label), inspector))
    .map((match) => shifted(match, context, value.length))
    .filter(({ start, end }) => end > start)
  const editable = role !== 'signed'
  return {
    found: matches.map(({ kind }) => ({ kind, place })),
    redactions: editable ? matches.map(({ start, end, kind }) => ({ start, end, with: placeholder(kind) })) : [],
    editable,
    seen: bytes,
    of: bytes,
  }
}

/** Nobody here can read it; but what stands there in the open, in place of what is encrypted, is found. */
function* judgeSealed(text: Text, inspector: Inspector): Steps<Judged> {
  const unread = { ...NOTHING, of: Buffer.byteLength(text.value) }
  if (isCiphertext(text.value)) return unread
  const { found } = yield* judgeCharacters({ ...text, role: 'signed' }, inspector)
  return found.length === 0 ? unread : { ...unread, found, editable: false }
}

const shifted = (match: Match, by: number, length: number): Match => ({
  ...match,
  start: Math.max(0, match.start - by),
  end: Math.min(length, match.end - by),
})

const STEP = 64 * 1024

function* scan(value: string, inspector: Inspector): Steps<readonly Match[]> {
  const scanner = inspector.open()
  const matches: Match[] = []
  const take = (more: readonly Match[]): void => {
    for (const match of more) {
      const last = matches.at(-1)
      if (match.continues && last) matches[matches.length - 1] = { ...last, end: match.end }
      else matches.push(match)
    }
  }
  for (let at = 0; at < value.length; at += STEP) {
    take(scanner.push(value.length <= STEP ? value : value.slice(at, at + STEP)).matches)
    yield
  }
  take(scanner.finish().matches)
  return matches
}

interface Document {
  readonly root: JsonNode
  readonly bytes: Uint8Array
}

/** What has more is judged as it is written: a tree of it would take more memory than the whole request. */
const MOST_INNER_VALUES = 50_000

function documentOf(value: string): Document | undefined {
  if (!/^\s*[[{"]/.test(value)) return undefined
  const bytes = new TextEncoder().encode(value)
  try {
    return { root: readJson(bytes, { maxValues: MOST_INNER_VALUES }), bytes }
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

function* judgeDocument(text: Text, { root, bytes }: Document, inspector: Inspector): Steps<Judged> {
  const found: Judged['found'][number][] = []
  const edits: Edit[] = []
  for (const inner of textsOf(root, ALL_FREE)) {
    const judged = yield* judge(inner, inspector)
    found.push(...judged.found.map(({ kind, place }) => ({ kind, place: text.place + place })))
    if (judged.redactions.length > 0) edits.push(...inner.edits(judged.redactions))
  }
  const redacted = (): Redaction => ({
    start: 0,
    end: text.value.length,
    with: new TextDecoder().decode(splice(bytes, inOrder(edits))),
  })
  return {
    found,
    redactions: edits.length > 0 ? [redacted()] : [],
    editable: true,
    seen: bytes.length,
    of: bytes.length,
  }
}

// A picture's pixels are read by nobody here; but whatever text stands in the file is found, and in the writing itself.
function* judgeMedia(text: Text, inspector: Inspector): Steps<Judged> {
  const of = Buffer.byteLength(text.value)
  const { bytes, charset } = contentOf(text.value)
  const content = decoded(bytes, charset)
  const matches = [
    ...(yield* scan(text.value, inspector)),
    ...(yield* scan(content ?? bytes.toString('latin1'), inspector)),
  ]
  return {
    found: matches.map(({ kind }) => ({ kind, place: text.place })),
    redactions: [],
    editable: matches.length === 0,
    seen: content === undefined ? 0 : of,
    of,
  }
}
