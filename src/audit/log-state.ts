// What a log is made of when it is opened: what stays the same about it, and where the last writer left it.
import type { Observe } from '#access/trail.ts'
import type { Clock } from '#lib/clock.ts'
import type { Frame } from './frame.ts'
import type { Published } from './publish.ts'

export interface LogNature {
  readonly log: string
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  readonly interval: number
  readonly observe?: Observe
}

export interface Recovered {
  /** Entries that stood in the journal and in no checkpoint. */
  readonly entries: number
  /** Decisions that were closed as unknown. */
  readonly open: number
  /** Bytes of a write that was cut off; nobody had a receipt for it. */
  readonly torn: number
}

export interface LogState {
  readonly published: Published
  readonly waiting: readonly Frame[]
  readonly open: ReadonlySet<string>
  readonly recovered: Recovered
}
