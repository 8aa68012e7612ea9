// The mould of an event: what of it stands fast, as it comes and as it leaves, and where its words stand. An event that has
// none is read in full whenever it comes, which costs nothing but time.
import { Buffer } from 'node:buffer'
import type { EventReading, StreamEvent } from '#access/protocol.ts'
import type { Edit, Text } from '#access/text.ts'
import { type JsonNode, type JsonObject } from '#lib/json-node.ts'
import { jsonEvent } from './json-body.ts'
import { wordsOf } from './json-literal.ts'

export interface Moulding {
  /** Reads in full. */
  readonly read: (event: StreamEvent) => EventReading
  /**
   * Whether this event, read again at once with other words in the one text that goes on, would be read alike and leave
   * everything as it is: it begins nothing, counts nothing, and neither its words nor its free members say how it is read.
   */
  repeatable(event: JsonObject): boolean
  /** Members of the event whose values, strings or whole numbers, the reader does not look at. */
  readonly free: ReadonlySet<string>
  /** How a repeatable event is composed. */
  compose(json: Uint8Array, event: JsonObject): EventReading['compose']
}

/** A value that may be another one; `text` is the place in the event's list of texts that brings it. */
export interface Hole {
  readonly start: number
  readonly end: number
  readonly kind: 'string' | 'number'
  readonly going: boolean
  readonly text: number | undefined
}

export interface Mould {
  readonly name: string | undefined
  readonly reading: EventReading
  readonly holes: readonly Hole[]
  /** What stands before each hole, and behind the last: as it comes, and as it leaves. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Where each hole ends, in bytes. */
  readonly bytes: readonly number[]
  /** The texts, besides those of holes, that may stand behind one. */
  readonly behind: readonly number[]
}

/** Of an event, in UTF-16 units. */
export const LONGEST = 16 * 1024

const encoder = new TextEncoder()

/** Undefined where an event has none. */
export function mouldOf(event: StreamEvent, reading: EventReading, moulding: Moulding): Mould | undefined {
  const { data } = event
  const { texts, ended, made = [], usage, done } = reading
  if (done || usage || ended.length > 0 || made.length > 0 || data.length > LONGEST) return undefined
  const going = texts.findIndex(({ lane }) => lane !== undefined)
  const text = texts[going]
  if (text?.role !== 'text' || text.value === '' || texts.findLastIndex(({ lane }) => lane !== undefined) !== going)
    return undefined
  // The name that a member is given, should it be edited, is remembered: no two events may share that.
  if (texts.some(({ place }) => place.endsWith('/*'))) return undefined
  const json = encoder.encode(data)
  const root = jsonEvent(json)
  if (root.kind !== 'object' || !moulding.repeatable(root)) return undefined
  const inBytes = holesOf(root, texts, going, moulding.free)
  if (!inBytes) return undefined
  const holes = inBytes.map((hole) => ({ ...hole, start: indexIn(json, hole.start), end: indexIn(json, hole.end) }))
  const isRead = ({ text: at, start, end }: Hole): boolean =>
    at === undefined || wordsOf(data, start, end) === texts[at]?.value
  if (!holes.every(isRead)) return undefined
  const after = leavingAround(
    holes.map(({ start, end }) => data.slice(start, end)),
    inBytes,
    reading,
  )
  if (!after) return undefined
  const first = holes[0]?.text ?? -1
  const behind = [...texts.keys()].filter((at) => at > first && holes.every((hole) => hole.text !== at))
  return {
    name: event.event,
    reading,
    holes,
    before: around(data, holes),
    after,
    bytes: inBytes.map(({ end }) => end),
    behind,
  }
}

const indexIn = (json: Uint8Array, at: number): number =>
  Buffer.from(json.buffer, json.byteOffset, at).toString().length

function holesOf(
  root: JsonObject,
  texts: readonly Text[],
  going: number,
  free: ReadonlySet<string>,
): readonly Hole[] | undefined {
  const [span, ...more] = texts[going]?.edits([{ start: 0, end: 0, with: '' }]) ?? []
  if (!span || more.length > 0) return undefined
  const holes: Hole[] = [{ start: span.start, end: span.end, kind: 'string', going: true, text: going }]
  for (const { key, value } of root.members) {
    if (!free.has(key) || value.start === span.start || (value.kind !== 'string' && value.kind !== 'number')) continue
    const text = texts.findIndex(
      ({ place, role, lane }) => place === `/${key}` && role === 'text' && lane === undefined,
    )
    if (!isHole(value, text)) return undefined
    holes.push({
      start: value.start,
      end: value.end,
      kind: value.kind,
      going: false,
      text: text < 0 ? undefined : text,
    })
  }
  return holes.sort((one, other) => one.start - other.start)
}

/** A string is one of the texts, and a number none. */
const isHole = ({ kind }: JsonNode, text: number): boolean => (kind === 'string') === text >= 0

function around(whole: string, spans: readonly Pick<Edit, 'start' | 'end'>[]): readonly string[] {
  const fixed: string[] = []
  let from = 0
  for (const { start, end } of spans) {
    fixed.push(whole.slice(from, start))
    from = end
  }
  return [...fixed, whole.slice(from)]
}

/** What leaves around the holes, told from an event that has marks in them. */
function leavingAround(
  values: readonly string[],
  holes: readonly Hole[],
  reading: EventReading,
): readonly string[] | undefined {
  const plain = textOfBytes(reading.compose([]))
  const marks = holes.map(({ kind }, at) => (kind === 'string' ? `"hole ${at} of this event"` : `-${at}1009017e-17`))
  if (marks.some((mark) => plain.includes(mark))) return undefined
  const marked = textOfBytes(
    reading.compose(holes.map(({ start, end }, at) => ({ start, end, with: encoder.encode(marks[at] ?? '') }))),
  )
  const fixed: string[] = []
  let from = 0
  for (const mark of marks) {
    const at = marked.indexOf(mark, from)
    if (at < 0) return undefined
    fixed.push(marked.slice(from, at))
    from = at + mark.length
  }
  fixed.push(marked.slice(from))
  const again = fixed.map((each, at) => each + (values[at] ?? '')).join('')
  return again === plain ? fixed : undefined
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const textOfBytes = (bytes: Uint8Array): string => decoder.decode(bytes)
