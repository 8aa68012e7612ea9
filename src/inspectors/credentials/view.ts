// The text as verifiers read it: without the characters that nobody sees, with full-width letters as plain ones, and with
// escapes as what they stand for, so that none hides a credential. It remembers where each character stood. Plain ASCII
// passes as it is.
import { holdsMarked, isAscii } from './codes.ts'
import { LONGEST_ESCAPE, readEscape } from './escapes.ts'
import { CHANGED, isLead, isWide, unseen, WIDER } from './unseen.ts'

/** At most so many units wait for what follows: two escapes may be one unseen character. */
export const LONGEST_WAIT = 2 * LONGEST_ESCAPE

export interface View {
  /** Adds a piece; what may become an escape or an unseen character at its end waits for the next one. */
  append(piece: string): void
  /** Reads the last piece again: it holds controls. Without this call they stay. */
  dropControls(): void
  /** What was waiting has become certain: nothing follows. */
  finish(): void
  /** All that is kept, from `first` on. */
  text(): string
  /** Forgets the first `count` characters of what is kept. */
  drop(count: number): void
  /** The offset in the original of a kept character, by its index; of the end, that of what has come. */
  original(index: number): number
  /** The offset in the original right behind a kept character. */
  behind(index: number): number
  /** Whether every kept character stands next to the one before it. */
  plain(): boolean
  /** Up to where, from an index on, kept characters surely stand next to each other, and none was escaped. */
  plainUpTo(from: number): number
  /** The last index in `from..to` where a kept character was escaped, or follows one that was or something unseen; or -1. */
  gap(from: number, to: number): number
  /** Whether a kept character was escaped. */
  escaped(index: number): boolean
  /**
   * Where `units` unseen characters stand between those of something that began, by `startOf`, at most `within` kept ones
   * before: its start, and the index before which that came to be. Each is told once.
   */
  dense(units: number, within: number, startOf: (index: number) => number): { start: number; end: number } | undefined
  /** The index of the first kept character that stands at or behind this offset of the original. */
  indexOf(offset: number): number
}

const BACKSLASH = 92

export function createView(): View {
  let kept = ''
  let waiting = ''
  let total = 0
  // From index `at[i]` of the kept text on, a character stands `by[i]` further on in the original. Of that, the character
  // before it takes `wide[i]`, for it was escaped.
  const at = [0]
  const by = [0]
  const wide = [0]
  let last = { piece: '', kept: 0, total: 0, gaps: 1, by: 0 }
  let near = 0
  // Of `dense`: the next gap to look at, the first that is not yet told, and the last before its window.
  let gap = 0
  let untold = 0
  let window = 0

  const shift = (index: number, delta: number, width: number): void => {
    if (at.at(-1) === index) by[by.length - 1] = delta
    else if (by.at(-1) !== delta) {
      at.push(index)
      by.push(delta)
      wide.push(width)
    }
  }
  const gapUpTo = (index: number): number => lastUpTo(at.length, index, (each) => at[each] ?? 0)
  const shiftOf = (index: number): number => by[gapUpTo(index)] ?? 0

  /** `next`: the next unit to look at. */
  const add = (all: string, next: (from: number) => number): void => {
    let result = ''
    let from = 0
    let end = all.length
    for (let index = next(0); index < end; index = next(index)) {
      const step = shown(all, index)
      if (step === 'more') end = index
      else if (typeof step === 'number') index += step
      else {
        result += all.slice(from, index) + step.letter
        index = from = index + step.length
        const length = kept.length + result.length
        if (step.length > step.letter.length)
          shift(length, total + from - length, step.letter === '' ? 0 : step.length - 1)
      }
    }
    waiting = all.slice(end)
    kept += from === 0 && end === all.length ? all : result + all.slice(from, end)
    total += end
  }

  return {
    append(piece) {
      const all = waiting + piece
      last = { piece: all, kept: kept.length, total, gaps: at.length, by: by.at(-1) ?? 0 }
      waiting = ''
      if (isAscii(all) ? all.includes(DELETE) : holdsMarked(all, CHANGED)) add(all, nextOf(all))
      else if (all.includes('\\')) add(all, nextBackslash(all))
      else {
        kept += all
        total += all.length
      }
    },
    dropControls() {
      kept = kept.slice(0, last.kept)
      total = last.total
      at.length = by.length = wide.length = last.gaps
      by[last.gaps - 1] = last.by
      add(last.piece, nextOf(last.piece))
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
      wide.splice(0, first)
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
    plainUpTo(from) {
      // Asked for one place after the other.
      if (!((at[near] ?? from + 1) <= from && (at[near + 1] ?? from + 1) > from)) near = gapUpTo(from)
      return (at[near + 1] ?? kept.length + 1) - 1
    },
    original(index) {
      if (index >= kept.length) return total
      return index + shiftOf(index)
    },
    behind(index) {
      const each = gapUpTo(index + 1)
      const width = at[each] === index + 1 ? (wide[each] ?? 0) : 0
      return index + shiftOf(index) + 1 + width
    },
    gap(from, to) {
      let each = gapUpTo(to + 1)
      if (each > 0 && at[each] === to + 1) {
        if ((wide[each] ?? 0) > 0) return to
        each -= 1
      }
      const index = each > 0 ? (at[each] ?? 0) : -1
      return index >= from ? index : -1
    },
    escaped(index) {
      const each = gapUpTo(index + 1)
      return at[each] === index + 1 && (wide[each] ?? 0) > 0
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

/** Of ASCII, the one control that is no code below 32. */
export const DELETE = '\x7f'

/** Behind a backslash: nothing that the view shows. */
const PASSES = Uint8Array.from({ length: 128 }, (_, code) =>
  code > 0 && 'ux/\\'.includes(String.fromCharCode(code)) ? 0 : 1,
)

const nextBackslash =
  (text: string) =>
  (from: number): number => {
    let index = text.indexOf('\\', from)
    // Most are line ends and quotes.
    while (index >= 0 && PASSES[text.charCodeAt(index + 1)] === 1) index = text.indexOf('\\', index + 2)
    return index < 0 ? text.length : index
  }

const nextOf =
  (text: string) =>
  (from: number): number => {
    let index = from
    while (index < text.length && CHANGED[text.charCodeAt(index)] === 0) index += 1
    return index
  }

interface Shown {
  /** Nothing for what is unseen. */
  readonly letter: string
  /** Units of the original. */
  readonly length: number
}

/** What the view shows instead of what begins here; a number tells how many units pass as they are. */
function shown(text: string, at: number): Shown | number | 'more' {
  const code = text.charCodeAt(at)
  if (code !== BACKSLASH) {
    if (isLead(code) && at + 1 === text.length) return 'more'
    const units = unseen(code, text.charCodeAt(at + 1))
    if (units > 0) return { letter: '', length: units }
    return isWide(code) ? { letter: String.fromCharCode(code - WIDER), length: 1 } : 1
  }
  const escape = readEscape(text, at)
  if (typeof escape !== 'object') return escape
  const { length } = escape
  if (isWide(escape.code)) return { letter: String.fromCharCode(escape.code - WIDER), length }
  if (isLead(escape.code)) {
    const behind = at + length
    const next = behind === text.length ? 'more' : text.charCodeAt(behind) === BACKSLASH ? readEscape(text, behind) : 0
    if (next === 'more') return 'more'
    const whole = typeof next === 'object' && unseen(escape.code, next.code) === 2
    return whole ? { letter: '', length: length + next.length } : length
  }
  if (unseen(escape.code, 0) === 1) return { letter: '', length }
  return escape.code < 0x80 ? { letter: String.fromCharCode(escape.code), length } : length
}
