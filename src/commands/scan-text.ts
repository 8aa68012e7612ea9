// One text on its way through an inspector: offsets become lines and columns, and lines that carry `sallyport:allow` are
// known. What is kept grows with findings, never with the text.
import type { Inspector, Scanned } from '#access/inspector.ts'

/** From 1; columns in UTF-16 units; the end is the place after the last character. */
export interface Place {
  readonly kind: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

export interface ScannedText {
  readonly found: readonly Place[]
  /** How many findings stand on a line that allows them. */
  readonly allowed: number
}

export interface OpenText {
  push(piece: string): void
  /** MUST be called once, and nothing after it. */
  finish(): ScannedText
}

export function openText(inspector: Inspector): OpenText {
  const scanner = inspector.open()
  const lines = lineIndex()
  const marks = markSearch()
  const allowing = new Set<number>()
  const found: Place[] = []
  const take = ({ matches, settled }: Scanned): void => {
    for (const { start, end, kind, continues } of matches) {
      const [from, to] = [lines.at(start), lines.at(end)]
      const before = continues ? found.pop() : undefined
      const begin = before ?? { kind, line: from.line, column: from.column }
      found.push({ ...begin, endLine: to.line, endColumn: to.column })
    }
    lines.forgetBefore(settled)
  }
  const allow = (offsets: readonly number[]): void => {
    for (const offset of offsets) allowing.add(lines.at(offset).line)
  }
  return {
    push(piece) {
      lines.push(piece)
      allow(marks.push(piece))
      take(scanner.push(piece))
    },
    finish() {
      allow(marks.finish())
      take(scanner.finish())
      const reported = found.filter((place) => !allows(allowing, place))
      return { found: reported, allowed: found.length - reported.length }
    },
  }
}

/** Any line that a finding stands on may allow it: a key of many lines has no room in its first. */
function allows(allowing: ReadonlySet<number>, { line, endLine, endColumn }: Place): boolean {
  // What ends with a line feed does not stand on the line behind it.
  const last = endColumn === 1 ? endLine - 1 : endLine
  for (let each = line; each <= last; each++) if (allowing.has(each)) return true
  return false
}

/** Where lines begin, as far back as somebody may still ask. */
function lineIndex() {
  let length = 0
  let firstLine = 1
  let starts = [0]
  const indexOf = (offset: number): number => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
  return {
    push(piece: string): void {
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) starts.push(length + at + 1)
      length += piece.length
    },
    at(offset: number): { readonly line: number; readonly column: number } {
      const index = indexOf(offset)
      return { line: firstLine + index, column: offset - (starts[index] ?? 0) + 1 }
    },
    forgetBefore(offset: number): void {
      const index = indexOf(offset)
      if (index === 0) return
      starts = starts.slice(index)
      firstLine += index
    },
  }
}

const MARK = 'sallyport:allow'

/** Offsets of the mark as a word of its own (`sallyport:allowed` is none), however the text is cut. */
function markSearch() {
  let tail = ''
  let start = 0
  const search = (last: boolean): readonly number[] => {
    const offsets: number[] = []
    for (let at = tail.indexOf(MARK); at >= 0; at = tail.indexOf(MARK, at + 1)) {
      const next = tail[at + MARK.length]
      if (next === undefined ? last : !/[\w-]/.test(next)) offsets.push(start + at)
    }
    return offsets
  }
  return {
    push(piece: string): readonly number[] {
      tail += piece
      const offsets = search(false)
      // A mark that ends with the piece is looked at again, with what follows.
      const kept = tail.slice(-MARK.length)
      start += tail.length - kept.length
      tail = kept
      return offsets
    },
    finish: (): readonly number[] => search(true),
  }
}
