// Faults of keys that are to be made, on a terminal: where, which field, what; the fix beneath.
import type { Fault } from './key-fault.ts'
import { mark, plain } from './print-problems.ts'

export interface PlacedFault extends Fault {
  /** `keys.jsonl:3`; nothing on a command line. */
  readonly place?: string
}

/** Two lines a fault, in columns. */
export function faultLines(faults: readonly PlacedFault[], color: boolean): readonly string[] {
  const heads = faults.map(({ place, field }) => plain(place === undefined ? field : `${place}  ${field}`))
  const width = Math.max(0, ...heads.map((head) => head.length))
  return faults.flatMap(({ message, fix }, at) => [
    `${mark('error', color)} ${(heads[at] ?? '').padEnd(width)}  ${plain(message)}`,
    `${' '.repeat(width + 4)}${plain(fix)}`,
  ])
}
