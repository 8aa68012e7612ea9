// A lane read in given pieces, with what every caller may rely on checked at each of them.
import { expect } from 'bun:test'
import type { Inspector, Match } from '#access/inspector.ts'

/** Joined: a match that goes on is one with what came before. */
export function scanPieces(inspector: Inspector, pieces: readonly string[]): readonly Omit<Match, 'continues'>[] {
  const lane = inspector.open()
  const joined: { start: number; end: number; kind: string }[] = []
  let settled = 0
  let length = 0
  for (const step of [...pieces.map((piece) => ({ piece })), {}] as readonly { readonly piece?: string }[]) {
    const before = settled
    const result = step.piece === undefined ? lane.finish() : lane.push(step.piece)
    length += step.piece?.length ?? 0
    for (const { start, end, kind, continues } of result.matches) {
      const last = joined.at(-1)
      // What was settled before had no match to come.
      if (start < before || start < (last?.end ?? 0) || end <= start || end > length)
        throw new Error(`match ${start}-${end} after ${before} was settled and ${last?.end} covered, of ${length}`)
      if (continues && last?.end === start && last.kind === kind) last.end = end
      else joined.push({ start, end, kind })
    }
    ;({ settled } = result)
    if (settled < before || settled > length || length - settled > inspector.heldBack)
      throw new Error(`settled ${settled} of ${length} after ${before}`)
  }
  expect(settled).toBe(length)
  return joined
}

export const cutAt = (text: string, ...cuts: readonly number[]): readonly string[] => {
  const sorted = [...new Set([0, ...cuts.filter((cut) => cut > 0 && cut < text.length), text.length])].sort(
    (a, b) => a - b,
  )
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end))
}
