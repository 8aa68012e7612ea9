// The text as verifiers read it: without the characters that nobody sees, and with full-width letters as plain ones, so
// that neither hides a credential. It remembers where each character stood. Plain ASCII passes as it is.
import { holdsMarked, isAscii } from './codes.ts'

export interface View {
  /** Adds a piece; a surrogate at its end that may make an unseen character waits for the next one. */
  append(piece: string): void
  /** What was waiting has become certain: nothing follows. */
  finish(): void
  /** All that is kept, from `first` on. */
  text(): string
  /** Forgets the first `count` characters of what is kept. */
  drop(count: number): void
  /** The offset in the original of a kept character, by its index; of the end, that of what has come. */
  original(index: number): number
  /** Whether every kept character stands next to the one before it. */
  plain(): boolean
  /**
   * Where `units` unseen characters stand between those of something that began, by `startOf`, at most `within` kept ones
   * before: its start, and the index before which that came to be. Each is told once.
   */
  dense(units: number, within: number, startOf: (index: number) => number): { start: number; end: number } | undefined
  /** The index of the first kept character that stands at or behind this offset of the original. */
  indexOf(offset: number): number
}

/** The lead surrogate of tag characters and of the variation selectors beyond the first sixteen. */
const LEAD = 0xdb40

export function createView(): View {
  let kept = ''
  let waiting = ''
  let total = 0
  // From index `at[i]` of the kept text on, a character stands `by[i]` further on in the original.
  const at = [0]
  const by = [0]
  // Of `dense`: the next gap to look at, the first that is not yet told, and the last before its window.
  let gap = 0
  let untold = 0
  let window = 0

  const shift = (index: number, delta: number): void => {
    if (at.at(-1) === index) by[by.length - 1] = delta
    else if (by.at(-1) !== delta) {
      at.push(index)
      by.push(delta)
    }
  }
  const shiftOf = (index: number): number => by[lastUpTo(at.length, index, (each) => at[each] ?? 0)] ?? 0
  const add = (piece: string): void => {
    let result = ''
    let from = 0
    for (let index = 0; index < piece.length; index += 1) {
      const code = piece.charCodeAt(index)
      if (code < 0xad) continue
      const wide = isWide(code)
      const units = unseen(code, piece.charCodeAt(index + 1))
      if (!wide && units === 0) continue
      result += piece.slice(from, index)
      if (wide) result += String.fromCharCode(code - 0xfee0)
      from = index + (wide ? 1 : units)
      index = from - 1
      if (!wide) shift(kept.length + result.length, total + from - kept.length - result.length)
    }
    kept += from === 0 ? piece : result + piece.slice(from)
    total += piece.length
  }

  return {
    append(piece) {
      const all = waiting + piece
      waiting = ''
      if (isAscii(all) || !holdsMarked(all, CHANGED)) {
        kept += all
        total += all.length
        return
      }
      if (all.charCodeAt(all.length - 1) === LEAD) waiting = all.slice(-1)
      add(waiting === '' ? all : all.slice(0, -1))
    },
    finish() {
      kept += waiting
      total += waiting.length
      waiting = ''
    },
    text: () => kept,
    drop(count) {
      kept = kept.slice(count)
      let first = 0
      while (first + 1 < at.length && (at[first + 1] ?? 0) <= count) first += 1
      at.splice(0, first)
      by.splice(0, first)
      for (let index = 0; index < at.length; index += 1) {
        at[index] = Math.max(0, (at[index] ?? 0) - count)
        by[index] = (by[index] ?? 0) + count
      }
      gap = Math.max(0, gap - first)
      untold = Math.max(0, untold - first)
      window = Math.max(0, window - first)
    },
    dense(units, within, startOf) {
      for (; gap < at.length; gap += 1) {
        const end = at[gap] ?? 0
        while (window + 1 < gap && (at[window + 1] ?? 0) <= end - within) window += 1
        const unseenBefore = by[gap] ?? 0
        if (unseenBefore - (by[window] ?? 0) < units) continue
        const start = startOf(end)
        if (start >= end || unseenBefore - shiftOf(start) < units) continue
        gap += 1
        untold = gap
        return { start, end }
      }
      // The last one may still grow.
      gap = Math.max(untold, at.length - 1)
      return undefined
    },
    plain: () => at.length === 1,
    original(index) {
      if (index >= kept.length) return total
      return index + shiftOf(index)
    },
    indexOf(offset) {
      const last = lastUpTo(at.length, offset, (each) => (at[each] ?? 0) + (by[each] ?? 0))
      const index = Math.max(at[last] ?? 0, offset - (by[last] ?? 0))
      return Math.min(index, at[last + 1] ?? kept.length)
    },
  }
}

/** The last of `count` rising values that is not beyond `wanted`; the first where all are. */
function lastUpTo(count: number, wanted: number, value: (each: number) => number): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (value(middle) <= wanted) low = middle
    else high = middle - 1
  }
  return low
}

/** How many units of an unseen character begin here: zero width, direction marks, soft hyphen, selectors, tags. */
function unseen(code: number, next: number): number {
  if (code === 0xad || code === 0x180e || code === 0xfeff || code === 0x34f || code === 0x61c) return 1
  if (code >= 0x200b && code <= 0x206f)
    return code <= 0x200f || (code >= 0x202a && code <= 0x202e) || code >= 0x2060 ? 1 : 0
  if (code >= 0xfe00 && code <= 0xfe0f) return 1
  if (code !== LEAD) return 0
  return (next >= 0xdc00 && next <= 0xdc7f) || (next >= 0xdd00 && next <= 0xddef) ? 2 : 0
}

const isWide = (code: number): boolean => code >= 0xff01 && code <= 0xff5e

/** What a view may change, by the unit; all else passes as it is. */
const CHANGED = Uint8Array.from({ length: 0x10000 }, (_, code) =>
  isWide(code) || code === LEAD || unseen(code, 0) > 0 ? 1 : 0,
)
