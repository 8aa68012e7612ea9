// The lanes of one stream: texts that arrive in pieces, each judged as the one text that it is. A piece may leave when
// everything in it is settled; a JSON document is settled when it is complete.
import type { Text } from '#access/text.ts'
import { documentLane } from './document-lane.ts'
import type { Inspection } from './inspection.ts'
import { type HeldPiece, type Lane, type LanePiece, wrongAnswer } from './lane.ts'
import { growing, type GrowingTail, NO_TAIL, seamsOf, type Tail } from './seam.ts'
import { textLane } from './text-lane.ts'

export interface Lanes {
  /** Pieces that come one behind the other in a lane are read together. Throws a Refusal `content_blocked`, or `provider_answer_invalid` for arguments that are too long to be held. */
  push(text: Text, lane: string): LanePiece
  /** Reads what was pushed. MUST be called before anything is asked of a piece. Throws as `push` does. */
  read(): void
  /** A text that is complete in itself, and goes on what others of its group said. Throws as `push` does. */
  whole(text: Text, group: string): void
  /** Nothing more comes in this lane. */
  end(lane: string): void
  endAll(): void
}

/** A wicked provider could open as many as it likes. */
const MOST_LANES = 4096

interface OpenLane {
  readonly lane: Lane
  readonly settledTo: { at: number }
  readonly group: string | undefined
  length: number
  readonly tail: GrowingTail
}

export function lanesOf(inspection: Inspection): Lanes {
  const open = new Map<string, OpenLane>()
  /** Of lanes that ended: should one go on all the same, a credential may stand across the gap. */
  const tails = new Map<string, Tail>()
  const seams = seamsOf(inspection.inspector)
  /** The one lane that has pieces which were not read yet. */
  let unread: Lane | undefined

  const readAll = (): void => {
    const lane = unread
    unread = undefined
    lane?.read()
  }

  const bound = (): void => {
    if (open.size + tails.size + seams.size >= MOST_LANES) throw wrongAnswer('has more parts than are read here')
  }

  const opened = (name: string, { role, group }: Text): OpenLane => {
    const known = open.get(name)
    if (known) return known
    readAll()
    bound()
    const before = tails.get(name) ?? (group === undefined ? undefined : seams.tail(group))
    if (role === 'json' && tails.has(name)) throw wrongAnswer('goes on with arguments that were complete')
    const settledTo = { at: 0 }
    const tail = before ?? NO_TAIL
    const lane = role === 'json' ? documentLane(inspection, settledTo) : textLane(inspection, settledTo, tail)
    const made: OpenLane = { lane, length: 0, settledTo, group, tail: growing(tail, inspection.inspector) }
    open.set(name, made)
    return made
  }

  const end = (name: string): void => {
    const known = open.get(name)
    if (!known) return
    // Gone from here first: what it still finds may throw.
    open.delete(name)
    readAll()
    known.lane.end()
    const last = { ...known.tail.tail(), ...known.lane.inside(known.length) }
    tails.set(name, last)
    if (known.group !== undefined) seams.leave(known.group, last)
  }

  return {
    read: readAll,
    push(text, name) {
      const known = opened(name, text)
      const { settledTo, lane, tail } = known
      const start = known.length
      const stop = start + text.value.length
      known.length = stop
      if (text.role !== 'json') tail.add(text.value)
      const piece: HeldPiece = {
        text,
        start,
        end: stop,
        settledTo,
        redactions: undefined,
        notices: undefined,
      }
      // What is empty tells a scanner nothing, and thousands of it would cost as much as text.
      if (stop === start) return piece
      if (unread !== lane) readAll()
      unread = lane
      lane.push(piece)
      return piece
    },
    whole({ value, place }, group) {
      if (value === '') return
      readAll()
      bound()
      const kind = seams.cross(group, value)
      if (kind !== undefined) inspection.takeMatch({ kind, place }, false)
    },
    end,
    endAll() {
      for (const name of open.keys()) end(name)
    },
  }
}
