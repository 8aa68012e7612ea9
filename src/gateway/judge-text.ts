// What an inspector says of one whole text, by its role. A JSON document in a string is judged value by value, with the
// names that stand beside them; base64 is judged by the bytes it stands for. It works in steps, so that others get a turn.
import { isUtf8 } from 'node:buffer'
import type { Inspector, Match } from '#access/inspector.ts'
import type { Edit, Redaction, Text } from '#access/text.ts'
import { JsonError } from '#lib/json-error.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { ALL_FREE, textsOf } from '#protocols/texts.ts'
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
  // A name and its value are how secrets are written down most often: `"password": "…"`.
  const context = label === undefined ? '' : `${JSON.stringify(label.slice(0, LONGEST_LABEL))}: "`
  const matches = (yield* scan(context === '' ? value : `${context}${value}"`, inspector))
    .map((match) => shifted(match, context.length, value.length))
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

// In base64 or its variant for URLs. Long credentials look like it, too; and in what is encrypted there are look-alikes.
const isCiphertext = (value: string): boolean => value.length >= 64 && /^[A-Za-z0-9+/_=-]*$/.test(value)

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
  const content = textOf(bytes, charset)
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

/** Undefined where it is no text that can be read here. */
function textOf(bytes: Buffer, charset: string): string | undefined {
  if (/^utf-?16(?:le)?$/.test(charset)) return bytes.toString('utf16le')
  if (charset === 'utf-16be') {
    const swapped = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    swapped.swap16()
    return swapped.toString('utf16le')
  }
  // Text of two bytes a character is UTF-8 with a NUL behind every letter.
  if (!PLAIN_CHARSETS.has(charset) || !isUtf8(bytes) || bytes.includes(0)) return undefined
  return bytes.toString('utf8')
}

const PLAIN_CHARSETS: ReadonlySet<string> = new Set(['', 'utf-8', 'utf8', 'us-ascii', 'ascii'])

interface Content {
  readonly bytes: Buffer
  /** In lower case; empty where none is named. */
  readonly charset: string
}

/** Of base64, alone or in a `data:` URL (RFC 2397), read as leniently as browsers do (WHATWG Fetch, section 6). */
function contentOf(value: string): Content {
  if (!/^\s*data:/i.test(value)) return { bytes: Buffer.from(value, 'base64'), charset: '' }
  const comma = value.indexOf(',')
  const head = (comma < 0 ? value : value.slice(0, comma)).toLowerCase()
  const content = comma < 0 ? Buffer.alloc(0) : percentDecoded(value.slice(comma + 1))
  const charset = /;\s*charset\s*=\s*"?([a-z0-9_-]{1,40})/.exec(head)?.[1] ?? ''
  const isBase64 = /;\s*base64\s*$/.test(head)
  return { bytes: isBase64 ? Buffer.from(content.toString('latin1'), 'base64') : content, charset }
}

/** What is no escape stands for itself. */
function percentDecoded(text: string): Buffer {
  if (!text.includes('%')) return Buffer.from(text)
  const bytes = Buffer.from(text)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at] === 0x25 ? Number.parseInt(bytes.toString('latin1', at + 1, at + 3), 16) : Number.NaN
    const escaped = bytes[at] === 0x25 && /^[0-9a-f]{2}$/i.test(bytes.toString('latin1', at + 1, at + 3))
    bytes[length++] = escaped ? code : (bytes[at] ?? 0)
    if (escaped) at += 2
  }
  return bytes.subarray(0, length)
}
