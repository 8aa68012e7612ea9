// "Did you mean": the known word closest to one that is not known, by edits (a swap of neighbours counts once).

/** The closest of the first thousand of `known`, or undefined where none is close enough to be worth saying. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly word: string; readonly edits: number } | undefined
  let left = MOST_CANDIDATES
  for (const candidate of known) {
    if (left-- === 0) break
    const most = Math.max(1, Math.floor(Math.min(LONGEST, Math.max(word.length, candidate.length)) / 3))
    // Each character more or less is an edit.
    if (Math.abs(word.length - candidate.length) > most) continue
    const edits = distance(fold(word), fold(candidate))
    if (edits <= most && (!best || edits < best.edits)) best = { word: candidate, edits }
  }
  return best?.word
}

/** `Did you mean "tier"? ` or the whole choice where nothing is near. */
export function suggest(word: string, known: readonly string[]): string {
  const close = nearest(word, known)
  if (close !== undefined) return `Did you mean ${close}?`
  if (known.length === 0) return 'None is defined yet.'
  const shown = known.slice(0, MOST_SHOWN).join(', ')
  return `Known: ${shown}${known.length > MOST_SHOWN ? ', …' : ''}.`
}

const MOST_SHOWN = 12
const LONGEST = 64
const MOST_CANDIDATES = 1000

const fold = (word: string): string => word.slice(0, LONGEST).toLowerCase().replaceAll('_', '-')

function distance(left: string, right: string): number {
  let before: readonly number[] = []
  let previous: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      let least = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (swapped) least = Math.min(least, (before[column - 2] ?? 0) + 1)
      current.push(least)
    }
    before = previous
    previous = current
  }
  return previous[right.length] ?? 0
}
