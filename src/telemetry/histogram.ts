// How long things take: counts by upper bound, with at most one label. Kept in whole microseconds, shown in seconds.
import { OTHER } from './counter.ts'
import { type Family, type Labels, printLabels, printSample } from './family.ts'

export interface HistogramShape {
  readonly name: string
  readonly help: string
  /** The name of the label, where there is one. */
  readonly label?: string
  /** Upper bounds in microseconds, ascending. */
  readonly bounds: readonly number[]
  /** Values of the label at most; what comes beyond is counted as `other`. */
  readonly most?: number
}

export interface Histogram {
  /** The value MUST come from configuration or a closed set. */
  observe(us: number, value?: string): void
  family(own: Labels): Family
}

interface Cell {
  readonly value: string
  /** By the first bound that is not below; the last is for what exceeds all. */
  readonly counts: Float64Array
  sum: number
}

const MOST = 128

export function makeHistogram({ name, help, label, bounds, most = MOST }: HistogramShape): Histogram {
  const cells = new Map<string, Cell>()
  const place = (value: string): Cell => {
    const cell = { value, counts: new Float64Array(bounds.length + 1), sum: 0 }
    cells.set(value, cell)
    return cell
  }
  const make = (value: string): Cell => (cells.size < most ? place(value) : (cells.get(OTHER) ?? place(OTHER)))
  const limits = [...bounds.map((us) => String(us / 1_000_000)), '+Inf']

  return {
    observe(us, value = '') {
      // A clock that stepped back, or nonsense: one such value would spoil the sum for ever.
      if (!(us >= 0 && us < Number.MAX_SAFE_INTEGER)) return
      const cell = cells.get(value) ?? make(value)
      let slot = 0
      while (slot < bounds.length && us > (bounds[slot] ?? 0)) slot++
      cell.counts[slot] = (cell.counts[slot] ?? 0) + 1
      cell.sum += us
    },
    family(own) {
      let lines = ''
      for (const { value, counts, sum } of cells.values()) {
        const labels = printLabels(label === undefined ? own : { ...own, [label]: value })
        let total = 0
        for (const [slot, limit] of limits.entries()) {
          total += counts[slot] ?? 0
          lines += printSample(`${name}_bucket`, [labels, `le="${limit}"`].filter(Boolean).join(','), total)
        }
        lines += printSample(`${name}_sum`, labels, sum / 1_000_000)
        lines += printSample(`${name}_count`, labels, total)
      }
      return { name, help, type: 'histogram', lines }
    },
  }
}
