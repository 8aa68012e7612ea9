// The lanes of one stream: texts that arrive in pieces, each judged as the one text that it is. A piece may leave when
// everything in it is settled; a JSON document is settled when it is complete.
import type { Match, Scanner } from '#access/inspector.ts'
import type { Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Redaction, Text } from '#access/text.ts'
import type { Inspection } from './inspection.ts'
import { redact } from '#protocols/texts.ts'
import { finished, judge, placeholder } from './judge-text.ts'

/** One piece of a lane, waiting. */
export interface LanePiece {
  readonly text: Text
  /** Whether nothing that is still to come can change it. */
  settled(): boolean
  /** What is to be taken out of it; whole once it is settled. */
  readonly redactions: readonly Redaction[]
  /** What was taken out of it, or of it and pieces behind it. */
  readonly notices: readonly Notice[]
}

export interface Lanes {
  /** Throws a Refusal `content_blocked`, or `provider_answer_invalid` for arguments that are too long to be held. */
  push(text: Text, lane: string): LanePiece
  /** Nothing more comes in this lane. */
  end(lane: string): void
  endAll(): void
}

interface Lane {
  push(piece: HeldPiece): void
  end(): void
}

interface HeldPiece extends LanePiece {
  readonly start: number
  readonly end: number
  readonly redactions: Redaction[]
  readonly notices: Notice[]
}

/** The most of one tool call's arguments that is held, in bytes. */
const MOST_ARGUMENTS = 256 * 1024
/** A wicked provider could open as many as it likes. */
const MOST_LANES = 4096

interface OpenLane {
  readonly lane: Lane
  readonly settledTo: { at: number }
  length: number
  /** The last characters, as they arrived. */
  tail: string
}

export function lanesOf(inspection: Inspection): Lanes {
  const open = new Map<string, OpenLane>()
  /** Of lanes that ended: should one go on all the same, a credential may stand across the gap. */
  const tails = new Map<string, string>()
  const { heldBack } = inspection.inspector

  const opened = (name: string, { role }: Text): OpenLane => {
    const known = open.get(name)
    if (known) return known
    if (open.size + tails.size >= MOST_LANES) throw tooMuch('has more parts than are read here')
    const settledTo = { at: 0 }
    const before = tails.get(name) ?? ''
    tails.delete(name)
    const lane = role === 'json' ? documentLane(inspection, settledTo) : textLane(inspection, settledTo, before)
    const made: OpenLane = { lane, length: 0, settledTo, tail: before }
    open.set(name, made)
    return made
  }

  const end = (name: string): void => {
    const known = open.get(name)
    // Gone from here first: what it still finds may throw.
    open.delete(name)
    if (known && known.tail !== '') tails.set(name, known.tail)
    known?.lane.end()
  }

  return {
    push(text, name) {
      const known = opened(name, text)
      const { settledTo } = known
      const start = known.length
      const stop = start + text.value.length
      known.length = stop
      if (text.role !== 'json') known.tail = (known.tail + text.value).slice(-heldBack)
      const piece: HeldPiece = {
        text,
        start,
        end: stop,
        redactions: [],
        notices: [],
        settled: () => settledTo.at >= stop,
      }
      inspection.cover(Buffer.byteLength(text.value))
      known.lane.push(piece)
      return piece
    },
    end,
    endAll() {
      for (const name of open.keys()) end(name)
    },
  }
}

const tooMuch = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })

/** `before` is what has left already of a lane that had ended: only what reaches out of it is anybody's finding now. */
function textLane(inspection: Inspection, settledTo: { at: number }, before: string): Lane {
  const scanner: Scanner = inspection.inspector.open()
  const shift = before.length
  if (shift > 0) scanner.push(before)
  /** Pieces in which something may still be found. */
  let waiting: HeldPiece[] = []
  /** Whether the match that goes on is being taken out. */
  let redacting = false

  const take = (matches: readonly Match[]): void => {
    for (const found of matches) {
      const match = { ...found, start: found.start - shift, end: found.end - shift }
      if (match.end <= 0) continue
      const touched = waiting.filter(({ start, end }) => match.start < end && start < match.end)
      const [first] = touched
      if (!first) continue
      const notice: Notice = { kind: match.kind, place: first.text.place }
      if (!match.continues) {
        // Should it be blocked: what stands before it may leave.
        settledTo.at = Math.max(settledTo.at, match.start)
        // Its beginning has left: the rest must not.
        redacting = inspection.takeMatch(notice, first.text.role !== 'signed' && match.start >= 0)
        if (redacting) first.notices.push(notice)
      }
      if (!redacting) continue
      for (const piece of touched) {
        piece.redactions.push({
          start: Math.max(match.start, piece.start) - piece.start,
          end: Math.min(match.end, piece.end) - piece.start,
          with: piece === first && !match.continues ? placeholder(match.kind) : '',
        })
      }
    }
  }
  return {
    push(piece) {
      waiting.push(piece)
      const { matches, settled } = scanner.push(piece.text.value)
      take(matches)
      settledTo.at = settled - shift
      waiting = waiting.filter(({ end }) => end > settled - shift)
    },
    end() {
      const { matches, settled } = scanner.finish()
      take(matches)
      settledTo.at = settled - shift
      waiting = []
    },
  }
}

function documentLane(inspection: Inspection, settledTo: { at: number }): Lane {
  const pieces: HeldPiece[] = []
  let bytes = 0
  return {
    push(piece) {
      pieces.push(piece)
      bytes += Buffer.byteLength(piece.text.value)
      if (bytes > MOST_ARGUMENTS) throw tooMuch(`holds a tool call's arguments of more than ${MOST_ARGUMENTS} bytes`)
    },
    end() {
      // What is empty has left already.
      const [first, ...rest] = pieces.filter(({ text }) => text.value !== '')
      if (!first) return
      const value = pieces.map(({ text }) => text.value).join('')
      const whole: Text = { ...first.text, value }
      const judged = finished(judge(whole, inspection.inspector))
      // Its bytes were counted as they came.
      const redactions = inspection.take({ ...judged, seen: 0, of: 0 }, first.text.place)
      if (redactions.length > 0) {
        first.redactions.push({ start: 0, end: first.text.value.length, with: redact(value, redactions) })
        first.notices.push(...judged.found)
        for (const { text, redactions: gone } of rest) gone.push({ start: 0, end: text.value.length, with: '' })
      }
      settledTo.at = value.length
    },
  }
}
