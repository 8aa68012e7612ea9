// The lanes of one stream: texts that arrive in pieces, each judged as the one text that it is. A piece may leave when
// everything in it is settled; a JSON document is settled when it is complete.
import type { Match, Scanner } from '#access/inspector.ts'
import type { Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Redaction, Text } from '#access/text.ts'
import type { Inspection } from './inspection.ts'
import { redact } from '#protocols/texts.ts'
import { finished, judge, placeholder } from './judge-text.ts'
import { behind, NO_TAIL, type Tail } from './seam.ts'

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
  /** Behind its end: the match that reaches it, if there is one, and it is behind than what is remembered of it. */
  inside(length: number): Pick<Tail, 'open'>
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
  readonly group: string | undefined
  length: number
  tail: Tail
}

export function lanesOf(inspection: Inspection): Lanes {
  const open = new Map<string, OpenLane>()
  /** By lane and by group: should it go on behind its end, a credential may stand across the gap. */
  const tails = new Map<string, Tail>()

  const opened = (name: string, { role, group }: Text): OpenLane => {
    const known = open.get(name)
    if (known) return known
    if (open.size + tails.size >= MOST_LANES) throw wrongAnswer('has more parts than are read here')
    const before = tails.get(name) ?? (group === undefined ? undefined : tails.get(groupKey(group)))
    if (role === 'json' && tails.has(name)) throw wrongAnswer('goes on with arguments that were complete')
    const settledTo = { at: 0 }
    const tail = before ?? NO_TAIL
    const lane = role === 'json' ? documentLane(inspection, settledTo) : textLane(inspection, settledTo, tail)
    const made: OpenLane = { lane, length: 0, settledTo, group, tail }
    open.set(name, made)
    return made
  }

  const end = (name: string): void => {
    const known = open.get(name)
    if (!known) return
    // Gone from here first: what it still finds may throw.
    open.delete(name)
    known.lane.end()
    const last = { ...known.tail, ...known.lane.inside(known.length) }
    tails.set(name, last)
    if (known.group !== undefined) tails.set(groupKey(known.group), last)
  }

  return {
    push(text, name) {
      const known = opened(name, text)
      const { settledTo } = known
      const start = known.length
      const stop = start + text.value.length
      known.length = stop
      if (text.role !== 'json') known.tail = behind(known.tail, text.value, inspection.inspector)
      const piece: HeldPiece = {
        text,
        start,
        end: stop,
        redactions: [],
        notices: [],
        settled: () => settledTo.at >= stop,
      }
      cover(text, inspection)
      // What is empty tells a scanner nothing, and thousands of it would cost as much as text.
      if (stop > start) known.lane.push(piece)
      return piece
    },
    end,
    endAll() {
      for (const name of open.keys()) end(name)
    },
  }
}

const groupKey = (group: string): string => `group ${group}`

/** Of base64 in pieces, the writing is read; what it stands for is not. */
function cover({ role, value, place }: Text, inspection: Inspection): void {
  const bytes = Buffer.byteLength(value)
  if (role === 'media') inspection.take({ found: [], redactions: [], editable: true, seen: 0, of: bytes }, place)
  else inspection.cover(bytes)
}

const wrongAnswer = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })

/** `before` is what has left already of a lane that had ended, or of the text before it: what reaches out of it is blocked. */
function textLane(inspection: Inspection, settledTo: { at: number }, before: Tail): Lane {
  const scanner: Scanner = inspection.inspector.open()
  const shift = before.text.length
  /** A match that has left, and whose end has not been seen. */
  let carried = before.open
  if (shift > 0) {
    const last = scanner.push(before.text).matches.at(-1)
    if (last && last.end >= shift) carried = last.kind
  }
  /** Pieces in which something may still be found; those before `from` are settled. */
  let waiting: HeldPiece[] = []
  /** The match that goes on: whether it is being taken out, and how long it is so far. */
  let redacting = false
  let going: { readonly kind: string; readonly start: number; end: number } | undefined

  const take = (matches: readonly Match[]): void => {
    for (const found of matches) {
      const match = { ...found, start: found.start - shift, end: found.end - shift }
      if (match.end <= 0) continue
      if (match.continues && going) going.end = match.end
      else going = { kind: match.kind, start: match.start, end: match.end }
      const touched = waiting.filter(({ start, end }) => match.start < end && start < match.end)
      const [first] = touched
      if (!first) continue
      const notice: Notice = { kind: match.kind, place: first.text.place }
      const isCarried = match.start < 0 || (match.continues && carried !== undefined)
      if (!match.continues || isCarried) {
        carried = undefined
        // Should it be blocked: what stands before it may leave.
        settledTo.at = Math.max(settledTo.at, match.start)
        const { role } = first.text
        // Its beginning has left: the rest must not.
        redacting = inspection.takeMatch(notice, role !== 'signed' && role !== 'media' && !isCarried)
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

  const settle = (settled: number): void => {
    settledTo.at = Math.max(settledTo.at, settled - shift)
    const from = waiting.findIndex(({ end }) => end > settledTo.at)
    if (from !== 0) waiting = from < 0 ? [] : waiting.slice(from)
  }

  return {
    push(piece) {
      waiting.push(piece)
      if (before.open !== undefined && carried === before.open && piece.start === 0) {
        // Of a match that is behind than what is remembered, every character is the next one.
        carried = undefined
        inspection.takeMatch({ kind: before.open, place: piece.text.place }, false)
      }
      const { matches, settled } = scanner.push(piece.text.value)
      take(matches)
      settle(settled)
    },
    inside(length) {
      const long = going !== undefined && going.end - going.start >= inspection.inspector.heldBack
      return long && going && going.end >= length ? { open: going.kind } : {}
    },
    end() {
      const { matches, settled } = scanner.finish()
      take(matches)
      settle(settled)
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
      if (bytes > MOST_ARGUMENTS)
        throw wrongAnswer(`holds a tool call's arguments of more than ${MOST_ARGUMENTS} bytes`)
    },
    inside: () => ({}),
    end() {
      const [first, ...rest] = pieces
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
