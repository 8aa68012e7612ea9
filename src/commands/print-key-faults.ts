// Faults of keys that are to be made, on a terminal: where, which field, what; the fix beneath.
import type { Fault } from './key-fault.ts'
import { mark, plain } from './print-problems.ts'

export interface PlacedFault extends Fault {
  /** `keys.jsonl:3`; nothing on a command line. */
  readonly place?: string
}

/** Two lines a fault, in columns. */
export function faultLines(faults: readonly PlacedFault[], color: boolean): readonly string[] {
  const places = column(faults.map(({ place }) => place ?? ''))
  const fields = column(faults.map(({ field }) => field))
  return faults.flatMap(({ message, fix }, at) => {
    const head = `${places[at] ?? ''}${fields[at] ?? ''}`
    return [`${mark('error', color)} ${head}${plain(message)}`, `${' '.repeat(head.length + 2)}${plain(fix)}`]
  })
}

/** Nothing where all of them are empty. */
function column(texts: readonly string[]): readonly string[] {
  const shown = texts.map((text) => plain(text))
  const width = Math.max(0, ...shown.map(({ length }) => length))
  return shown.map((text) => (width === 0 ? '' : `${text.padEnd(width)}  `))
}
