// A JSON document in pieces, such as a tool call's arguments: judged when it is complete, and held until then.
import type { Text } from '#access/text.ts'
import { redact } from '#protocols/texts.ts'
import type { Inspection } from './inspection.ts'
import { finished, judge } from './judge-text.ts'
import { type HeldPiece, type Lane, takeOut, tell, wrongAnswer } from './lane.ts'

/** The most that is held of one, in bytes. */
const MOST_ARGUMENTS = 256 * 1024

export function documentLane(inspection: Inspection, settledTo: { at: number }): Lane {
  const pieces: HeldPiece[] = []
  let bytes = 0
  return {
    push(piece) {
      pieces.push(piece)
      const length = Buffer.byteLength(piece.text.value)
      inspection.cover(length, 'said')
      bytes += length
      if (bytes > MOST_ARGUMENTS)
        throw wrongAnswer(`holds a tool call's arguments of more than ${MOST_ARGUMENTS} bytes`)
    },
    read: () => undefined,
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
        takeOut(first, { start: 0, end: first.text.value.length, with: redact(value, redactions) })
        tell(first, judged.found)
        for (const piece of rest) takeOut(piece, { start: 0, end: piece.text.value.length, with: '' })
      }
      settledTo.at = value.length
    },
  }
}
