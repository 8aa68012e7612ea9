// Inspects a stream on its way. Events leave in the order in which they came, each when all its texts are settled: a
// credential that is cut into any number of events leaves none of them whole. What waits is bounded; comments do not wait.
import type { EventReading, Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit, Text } from '#access/text.ts'
import { inOrder } from './in-order.ts'
import type { Inspection } from './inspection.ts'
import { cleanBytes, finished, type Judged, judge } from './judge-text.ts'
import { isSettled, type LanePiece } from './lane.ts'
import { lanesOf } from './lanes.ts'

export interface StreamInspection {
  /** What may leave now that this event has come, in order. After a failure what still waits is dropped. */
  take(event: EventReading): Leaving
  /** The same of an event that only goes on with a text, later: `leave` MUST be called before anything waits. Throws a failure. */
  hold(event: EventReading): void
  leave(): Leaving
}

export interface Leaving {
  readonly bytes: readonly Uint8Array[]
  /** Why the stream may not go on behind these bytes: a Refusal, or a bug. */
  readonly failure?: unknown
}

interface Waiting {
  readonly event: EventReading
  readonly pieces: readonly LanePiece[]
  /** Of texts that are complete in themselves. */
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
  /** Short texts that were judged before and are clean, with their bytes: ids and names that stand in every event. */
  const clean = new Map<string, number>()

  /** Undefined where there is nothing in it. */
  const judgeWhole = (text: Text): Judged | undefined => {
    const { value, role, label } = text
    const short = role === 'text' && label === undefined && value.length <= LONGEST_KNOWN
    const known = short ? clean.get(value) : undefined
    const bytes = known ?? cleanBytes(text, inspection.inspector)
    if (bytes === undefined) return finished(judge(text, inspection.inspector))
    inspection.cover(bytes)
    if (short && known === undefined && clean.size < MOST_KNOWN) clean.set(value, bytes)
    return undefined
  }

  const read = (event: EventReading): Waiting => {
    const pieces: LanePiece[] = []
    let edits: Edit[] | undefined
    let notices: Notice[] | undefined
    let weight = FRAME
    for (const text of event.texts) {
      weight += text.value.length
      if (text.lane !== undefined) pieces.push(lanes.push(text, text.lane))
      else {
        if (text.group !== undefined) lanes.whole(text, text.group)
        const judged = judgeWhole(text)
        if (judged === undefined) continue
        lanes.read()
        const redactions = inspection.take(judged, text.place)
        if (redactions.length === 0) continue
        ;(edits ??= []).push(...text.edits(redactions))
        ;(notices ??= []).push(...judged.found)
      }
    }
    for (const lane of event.ended) lanes.end(lane)
    if (event.done) lanes.endAll()
    return { event, pieces, edits: edits ?? NONE, notices: notices ?? NONE, size: weight }
  }

  const hold = (event: EventReading): void => {
    const waiting = read(event)
    queue.push(waiting)
    size += waiting.size
    if (size > MOST_WAITING) bound()
  }

  const bound = (): void => {
    lanes.read()
    const settled = queue.slice(0, settledCount()).reduce((sum, each) => sum + each.size, 0)
    if (size - settled <= MOST_WAITING) return
    throw new Refusal('provider_answer_invalid', {
      message: "The provider's answer leaves open more than can be held back.",
    })
  }

  const settledCount = (): number => {
    let count = 0
    for (const { pieces } of queue) {
      if (!pieces.every(isSettled)) break
      count += 1
    }
    return count
  }

  const leaving = (): readonly Uint8Array[] => {
    const count = settledCount()
    if (count === 0) return NONE
    const gone = queue.splice(0, count)
    for (const each of gone) size -= each.size
    return gone.map(composed)
  }

  const left = (event: EventReading | undefined): Leaving => {
    try {
      if (event) hold(event)
      lanes.read()
    } catch (failure) {
      return { bytes: leaving(), failure }
    }
    return queue.length === 0 ? NOTHING_LEAVES : { bytes: leaving() }
  }

  /** With this event, where there is one. */
  const leave = (event?: EventReading): Leaving => {
    const began = performance.now()
    try {
      return left(event)
    } finally {
      inspection.spend(performance.now() - began)
    }
  }

  return { take: leave, hold, leave: () => leave() }
}

const NONE: readonly never[] = []
const NOTHING_LEAVES: Leaving = { bytes: NONE }

const isUntouched = ({ redactions, notices }: LanePiece): boolean => redactions === undefined && notices === undefined

const MOST_NOTICES = 16

/** Each once, and no more than a header would hold: a notice is longer than what it tells of. */
function few(notices: readonly Notice[]): readonly Notice[] {
  if (notices.length < 2) return notices
  const seen = new Map(notices.map((notice) => [`${notice.kind} ${notice.place}`, notice]))
  const shown = [...seen.values()].slice(0, MOST_NOTICES)
  return seen.size > MOST_NOTICES ? [...shown, { kind: 'more', place: '' }] : shown
}

function composed({ event, pieces, edits, notices }: Waiting): Uint8Array {
  if (edits.length === 0 && pieces.every(isUntouched)) return event.compose(NONE)
  const all = [...edits]
  const told = [...notices]
  for (const { text, redactions = NONE, notices: ofPiece = NONE } of pieces) {
    if (redactions.length > 0) all.push(...text.edits(redactions))
    told.push(...ofPiece)
  }
  return event.compose(inOrder(all), few(told))
}
