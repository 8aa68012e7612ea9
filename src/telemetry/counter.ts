// A counter with up to three labels. Counting is three look-ups and an addition: no text is made until somebody asks.
import { type Family, type Labels, printLabels, printSample } from './family.ts'

export interface CounterShape {
  readonly name: string
  readonly help: string
  /** Names of the labels, three at most. */
  readonly labels: readonly string[]
  /** Series at most; what comes beyond is counted as `other`. */
  readonly most?: number
}

export interface Counter {
  /** Values in the order of the labels. MUST come from configuration or a closed set: never a caller's text. */
  add(count: number, first?: string, second?: string, third?: string): void
  family(own: Labels): Family
}

interface Cell {
  readonly values: readonly [string, string, string]
  count: number
}

const MOST = 1_000

export function makeCounter({ name, help, labels, most = MOST }: CounterShape): Counter {
  const cells: Cell[] = []
  const tree = new Map<string, Map<string, Map<string, Cell>>>()

  const find = (first: string, second: string, third: string): Cell | undefined =>
    tree.get(first)?.get(second)?.get(third)
  const place = (first: string, second: string, third: string): Cell => {
    const seconds = tree.get(first) ?? new Map<string, Map<string, Cell>>()
    const thirds = seconds.get(second) ?? new Map<string, Cell>()
    const cell: Cell = { values: [first, second, third], count: 0 }
    tree.set(first, seconds.set(second, thirds.set(third, cell)))
    cells.push(cell)
    return cell
  }
  const make = (first: string, second: string, third: string): Cell =>
    cells.length < most ? place(first, second, third) : (find(OTHER, OTHER, OTHER) ?? place(OTHER, OTHER, OTHER))
  // One without labels is there from the start: a rate over what appears out of nothing misses the first one.
  if (labels.length === 0) place('', '', '')

  return {
    add(count, first = '', second = '', third = '') {
      const cell = find(first, second, third) ?? make(first, second, third)
      cell.count += count
    },
    family(own) {
      const before = printLabels(own)
      const lines = cells.map(({ values, count }) => {
        const named = Object.fromEntries(labels.map((label, place) => [label, values[place] ?? '']))
        return printSample(name, [before, printLabels(named)].filter(Boolean).join(','), count)
      })
      return { name, help, type: 'counter', lines: lines.join('') }
    },
  }
}

export const OTHER = 'other'
