// From what a caller hands over to the line that stands in the log: canonical JSON, at most 32 KiB.
// A larger entry is cut, never dropped: long lists to their first members, long texts to their beginning, at first
// only in `grounds.nearest`. Every field stays, scalars stay whole, and `truncated` names the fields that were cut.
import type { Entry } from '#access/trail.ts'
import { canonicalJson } from '#lib/canonical-json.ts'

export const MOST_ENTRY_BYTES = 32 * 1024

/** What the trail adds to an entry. */
export interface Mark {
  readonly id: string
  readonly time: string
  readonly index: number
}

interface Cut {
  /** Members kept of a list. */
  readonly list: number
  /** UTF-16 code units kept of a text. */
  readonly text: number
}

const NEAREST_CUTS: readonly Cut[] = [
  { list: 32, text: 512 },
  { list: 4, text: 256 },
]

/** Tried in order until the entry fits; the last fits whatever the vocabulary can hold. */
const CUTS: readonly Cut[] = [
  { list: 128, text: 2048 },
  { list: 32, text: 512 },
  { list: 8, text: 256 },
  { list: 2, text: 128 },
  { list: 1, text: 64 },
]

export function printEntry(entry: Entry, mark: Mark): string {
  const text = canonicalJson({ ...entry, ...mark })
  // A UTF-16 code unit takes at most 3 bytes.
  if (text.length * 3 <= MOST_ENTRY_BYTES || Buffer.byteLength(text) <= MOST_ENTRY_BYTES) return text
  return printShortened(entry, mark)
}

function printShortened(entry: Entry, mark: Mark): string {
  const shorterNearest = NEAREST_CUTS.map((cut) => withNearestCut(entry, cut))
  const shorterWhole = CUTS.map((cut) => mapFields(shorterNearest.at(-1) ?? entry, (value) => shorten(value, cut)))
  for (const shorter of [...shorterNearest, ...shorterWhole]) {
    const text = canonicalJson({ ...shorter, ...mark, truncated: changedFields(entry, shorter) })
    if (Buffer.byteLength(text) <= MOST_ENTRY_BYTES) return text
  }
  throw new Error('an audit entry holds more than the vocabulary allows')
}

function withNearestCut(entry: Entry, cut: Cut): object {
  if (!('grounds' in entry) || !entry.grounds?.nearest) return entry
  return { ...entry, grounds: { ...entry.grounds, nearest: shorten(entry.grounds.nearest, cut) } }
}

function mapFields(value: object, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, map(member)]))
}

function shorten(value: unknown, cut: Cut): unknown {
  if (typeof value === 'string') return value.length > cut.text ? beginning(value, cut.text) : value
  if (Array.isArray(value)) return value.slice(0, cut.list).map((member) => shorten(member, cut))
  return typeof value === 'object' && value !== null ? mapFields(value, (member) => shorten(member, cut)) : value
}

/** Ends in an ellipsis, and never in half of a surrogate pair. */
function beginning(text: string, length: number): string {
  const cut = text.slice(0, length)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}\u2026`
}

function changedFields(before: object, after: object): readonly string[] {
  const old = new Map<string, unknown>(Object.entries(before))
  return Object.entries(after)
    .filter(([key, value]) => canonicalJson(value) !== canonicalJson(old.get(key)))
    .map(([key]) => key)
}
