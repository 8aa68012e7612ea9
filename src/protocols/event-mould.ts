// Nearly all events of a stream differ from the one before them in the words they bring, and in nothing else. Such an event
// is not read anew: where it fits the mould of the last one that was read, byte for byte but for those words, it says the
// same with other words. What does not fit, or follows anything that did not, is read in full.
import { Buffer } from 'node:buffer'
import type { EventReading, StreamEvent } from '#access/protocol.ts'
import type { Edit, Text } from '#access/text.ts'
import type { JsonObject } from '#lib/json-node.ts'
import { jsonEvent } from './json-body.ts'
import { afterNumber, afterString, wordsOf } from './json-literal.ts'
import { LONGEST, type Mould, type Moulding, mouldOf } from './make-mould.ts'
import { literal, redact } from './texts.ts'

/** Moulds that fit nothing cost more than they save: each makes it longer until the next. */
const MOST_WAIT = 63

export function moulded(moulding: Moulding): (event: StreamEvent) => EventReading {
  let mould: Mould | undefined
  let fitted = true
  let wait = 0
  let waited = 0
  return (event) => {
    const known = mould && cast(mould, event, moulding)
    if (known) {
      fitted = true
      return known
    }
    if (mould) wait = fitted ? 0 : Math.min(2 * wait + 1, MOST_WAIT)
    // Whatever is read now may change what is known of the next.
    mould = undefined
    const reading = moulding.read(event)
    if (waited++ < wait) return reading
    waited = 0
    fitted = false
    mould = mouldOf(event, reading, moulding)
    return reading
  }
}

function cast(mould: Mould, { data, event }: StreamEvent, moulding: Moulding): EventReading | undefined {
  const spans = event === mould.name && data.length <= LONGEST ? spansIn(mould, data) : undefined
  const texts = spans && textsIn(mould, data, spans)
  if (!spans || !texts) return undefined
  return {
    texts,
    ended: mould.reading.ended,
    done: false,
    goesOn: true,
    compose: composing(moulding, mould, data, spans),
  }
}

/** Where each hole's words begin and end; undefined where the event does not fit. */
function spansIn({ holes, before }: Mould, data: string): readonly number[] | undefined {
  const spans: number[] = []
  let at = 0
  for (let each = 0; each < holes.length; each += 1) {
    const fixed = before[each] ?? ''
    if (!data.startsWith(fixed, at)) return undefined
    at += fixed.length
    const end = holes[each]?.kind === 'number' ? afterNumber(data, at) : afterString(data, at)
    // What is empty goes on with nothing.
    if (end < 0 || (holes[each]?.going && end - at === 2)) return undefined
    spans.push(at, end)
    at = end
  }
  const last = before[holes.length] ?? ''
  return data.length - at === last.length && data.endsWith(last) ? spans : undefined
}

/** Undefined where words are none. */
function textsIn(mould: Mould, data: string, spans: readonly number[]): readonly Text[] | undefined {
  const { holes, reading } = mould
  const texts = reading.texts.slice()
  for (const each of mould.behind) {
    const text = texts[each]
    if (text) texts[each] = textBehind(text, mould, data, spans)
  }
  for (let each = 0; each < holes.length; each += 1) {
    const place = holes[each]?.text
    const like = place === undefined ? undefined : reading.texts[place]
    if (place === undefined || !like) continue
    const text = textAt(like, data, spans[2 * each] ?? 0, spans[2 * each + 1] ?? 0)
    if (!text) return undefined
    texts[place] = text
  }
  return texts
}

const composing =
  (moulding: Moulding, mould: Mould, data: string, spans: readonly number[]): EventReading['compose'] =>
  (edits, notices) => {
    if (edits.length === 0 && (notices === undefined || notices.length === 0)) return filled(mould, data, spans)
    const json = encoder.encode(data)
    return moulding.compose(json, jsonEvent(json) as JsonObject)(edits, notices)
  }

const encoder = new TextEncoder()

function filled({ after }: Mould, data: string, spans: readonly number[]): Uint8Array {
  let leaving = after[0] ?? ''
  for (let each = 1; each < after.length; each += 1) {
    leaving = `${leaving}${data.slice(spans[2 * each - 2], spans[2 * each - 1])}${after[each] ?? ''}`
  }
  return encoder.encode(leaving)
}

/** The same text with other words; undefined where these are none. */
function textAt({ place, role, label, lane, group }: Text, data: string, start: number, end: number): Text | undefined {
  const value = wordsOf(data, start, end)
  return value === undefined
    ? undefined
    : { place, value, role, label, lane, group, edits: editsAt(data, start, end, value) }
}

const editsAt =
  (data: string, start: number, end: number, value: string): Text['edits'] =>
  (redactions) => [literal(bytesBefore(data, start), bytesBefore(data, end), redact(value, redactions))]

/** The same text, behind others that are longer or shorter. */
function textBehind(like: Text, mould: Mould, data: string, spans: readonly number[]): Text {
  const { place, value, role, label, lane, group } = like
  const edits: Text['edits'] = (redactions) => moved(like.edits(redactions), mould, data, spans)
  return { place, value, role, label, lane, group, edits }
}

/** From where they are in the event that the mould was made of. */
function moved(edits: readonly Edit[], mould: Mould, data: string, spans: readonly number[]): readonly Edit[] {
  return edits.map(({ start, end, with: text }) => {
    const before = mould.bytes.filter((hole) => hole <= start).length
    const by = before === 0 ? 0 : bytesBefore(data, spans[2 * before - 1] ?? 0) - (mould.bytes[before - 1] ?? 0)
    return { start: start + by, end: end + by, with: text }
  })
}

const bytesBefore = (data: string, at: number): number => Buffer.byteLength(data.slice(0, at))
