// Inspects a stream on its way. Events leave in the order in which they came, each when all its texts are settled: a
// credential that is cut into any number of events leaves none of them whole. What waits is bounded; comments do not wait.
import type { EventReading, Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit, Text } from '#access/text.ts'
import { inOrder } from './in-order.ts'
import type { Inspection } from './inspection.ts'
import { finished, type Judged, judge } from './judge-text.ts'
import type { LanePiece } from './lane.ts'
import { lanesOf } from './lanes.ts'

export interface StreamInspection {
  /** What may leave now that this event has come, in order. After a failure what still waits is dropped. */
  take(event: EventReading): Leaving
}

export interface Leaving {
  readonly bytes: readonly Uint8Array[]
  /** Why the stream may not go on behind these bytes: a Refusal, or a bug. */
  readonly failure?: unknown
}

interface Waiting {
  readonly event: EventReading
  readonly pieces: readonly LanePiece[]
  readonly edits: readonly Edit[]
  readonly notices: readonly Notice[]
  readonly size: number
}

/** Of the texts of events that wait, in UTF-16 units and 64 for each event: its frame weighs, too. */
const MOST_WAITING = 4 * 1024 * 1024
const FRAME = 64

const LONGEST_KNOWN = 64
const MOST_KNOWN = 64

export function streamInspection(inspection: Inspection): StreamInspection {
  const lanes = lanesOf(inspection)
  const queue: Waiting[] = []
  let size = 0
  /** Short texts that were judged before and are clean: ids and names that stand in every event. */
  const clean = new Map<string, Judged>()

  const judgeWhole = (text: Text): Judged => {
    const known = text.role === 'text' && text.label === undefined && text.value.length <= LONGEST_KNOWN
    const before = known ? clean.get(text.value) : undefined
    if (before) return before
    const judged = finished(judge(text, inspection.inspector))
    if (known && judged.found.length === 0 && clean.size < MOST_KNOWN) clean.set(text.value, judged)
    return judged
  }

  const read = (event: EventReading): Waiting => {
    const pieces: LanePiece[] = []
    const edits: Edit[] = []
    const notices: Notice[] = []
    let weight = FRAME
    for (const text of event.texts) {
      weight += text.value.length
      if (text.lane !== undefined) pieces.push(lanes.push(text, text.lane))
      else {
        if (text.group !== undefined) lanes.whole(text, text.group)
        const judged = judgeWhole(text)
        const redactions = inspection.take(judged, text.place)
        if (redactions.length === 0) continue
        edits.push(...text.edits(redactions))
        notices.push(...judged.found)
      }
    }
    for (const lane of event.ended) lanes.end(lane)
    if (event.done) lanes.endAll()
    return { event, pieces, edits, notices, size: weight }
  }

  const add = (event: EventReading): void => {
    const waiting = read(event)
    queue.push(waiting)
    size += waiting.size
    if (size <= MOST_WAITING) return
    throw new Refusal('provider_answer_invalid', {
      message: "The provider's answer leaves open more than can be held back.",
    })
  }

  const leave = (): readonly Uint8Array[] => {
    const blocked = queue.findIndex(({ pieces }) => !pieces.every((piece) => piece.settled()))
    const leaving = queue.splice(0, blocked < 0 ? queue.length : blocked)
    for (const each of leaving) size -= each.size
    return leaving.map(composed)
  }

  return {
    take: (event) =>
      inspection.timed(() => {
        try {
          add(event)
        } catch (failure) {
          return { bytes: leave(), failure }
        }
        return { bytes: leave() }
      }),
  }
}

const MOST_NOTICES = 16

/** Each once, and no more than a header would hold: a notice is longer than what it tells of. */
function few(notices: readonly Notice[]): readonly Notice[] {
  if (notices.length < 2) return notices
  const seen = new Map(notices.map((notice) => [`${notice.kind} ${notice.place}`, notice]))
  const shown = [...seen.values()].slice(0, MOST_NOTICES)
  return seen.size > MOST_NOTICES ? [...shown, { kind: 'more', place: '' }] : shown
}

function composed({ event, pieces, edits, notices }: Waiting): Uint8Array {
  const all = [...edits]
  const told = [...notices]
  for (const { text, redactions, notices: ofPiece } of pieces) {
    if (redactions.length > 0) all.push(...text.edits(redactions))
    told.push(...ofPiece)
  }
  return event.compose(inOrder(all), few(told))
}
