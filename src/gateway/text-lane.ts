// A text in pieces, judged as it comes. Matches are given by their place in the whole text, and put into the pieces that
// they touch: the placeholder where they begin, nothing where they go on.
import type { Match, Scanner } from '#access/inspector.ts'
import type { Notice } from '#access/protocol.ts'
import type { Inspection } from './inspection.ts'
import { type Judged, placeholder } from './judge-text.ts'
import { type HeldPiece, type Lane, takeOut, tell } from './lane.ts'
import type { Tail } from './seam.ts'

/** `before` is what has left already of a lane that had ended, or of the text before it: what reaches out of it is blocked. */
export function textLane(inspection: Inspection, settledTo: { at: number }, before: Tail): Lane {
  const scanner: Scanner = inspection.inspector.open()
  const shift = before.text.length
  /** A match that has left, and whose end has not been seen. */
  let carried = before.open
  if (shift > 0) {
    const last = scanner.push(before.text).matches.at(-1)
    if (last && last.end >= shift) carried = last.kind
  }
  /** Pieces in which something may still be found. */
  const waiting: HeldPiece[] = []
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
        if (redacting) tell(first, [notice])
      }
      if (!redacting) continue
      for (const piece of touched) {
        takeOut(piece, {
          start: Math.max(match.start, piece.start) - piece.start,
          end: Math.min(match.end, piece.end) - piece.start,
          with: piece === first && !match.continues ? placeholder(match.kind) : '',
        })
      }
    }
  }

  const settle = (settled: number): void => {
    const at = (settledTo.at = Math.max(settledTo.at, settled - shift))
    let gone = 0
    while (gone < waiting.length && (waiting[gone]?.end ?? 0) <= at) gone += 1
    if (gone === waiting.length) waiting.length = 0
    else if (gone > 0) waiting.splice(0, gone)
  }

  /** Of pieces that came and were not read yet; and what of that counts as seen. */
  let unread = ''
  let seen = ''

  const read = (): void => {
    if (unread === '') return
    const text = unread
    inspection.cover(Buffer.byteLength(seen), 'said')
    unread = seen = ''
    const { matches, settled } = scanner.push(text)
    if (matches.length > 0) take(matches)
    settle(settled)
  }

  return {
    push(piece) {
      waiting.push(piece)
      if (before.open !== undefined && carried === before.open && piece.start === 0) {
        // Its beginning is no longer remembered: what comes next can only be more of it.
        carried = undefined
        inspection.takeMatch({ kind: before.open, place: piece.text.place }, false)
      }
      const { role, value } = piece.text
      unread += value
      // Of base64 in pieces, the writing is read; what it stands for is not.
      if (role !== 'media') seen += value
      else inspection.take(unseen(value), piece.text.place)
    },
    read,
    inside(length) {
      const long = going !== undefined && going.end - going.start >= inspection.inspector.heldBack
      return long && going && going.end >= length ? { open: going.kind } : {}
    },
    end() {
      read()
      const { matches, settled } = scanner.finish()
      take(matches)
      settle(settled)
    },
  }
}

const unseen = (value: string): Judged => ({
  found: [],
  redactions: [],
  editable: true,
  seen: 0,
  of: Buffer.byteLength(value),
})
