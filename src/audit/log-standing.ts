// Figures of a log at one moment, and of two generations of one log together.

export interface LogStanding {
  /** Entries that were accepted since the log's birth. */
  readonly size: number
  /** Of them, those that no checkpoint covers yet. */
  readonly waiting: number
  readonly waitingBytes: number
  /** Decisions without an outcome. */
  readonly open: number
  readonly writable: boolean
  readonly failures: LogFailures
}

/** Since it was opened: entries that were refused unseen, and writes, syncs and integrations that failed. */
export interface LogFailures {
  readonly refused: number
  readonly write: number
  readonly sync: number
  readonly integrate: number
}

/** May anything be written now? `why` is in words for operators. */
export type Health = { readonly ok: true } | { readonly ok: false; readonly why: string }

export const NO_FAILURES: LogFailures = { refused: 0, write: 0, sync: 0, integrate: 0 }

export const sumOfFailures = (one: LogFailures, other: LogFailures): LogFailures => ({
  refused: one.refused + other.refused,
  write: one.write + other.write,
  sync: one.sync + other.sync,
  integrate: one.integrate + other.integrate,
})

/** The newer one takes entries; the older one still waits for outcomes. */
export const standingOfTwo = (newer: LogStanding, older: LogStanding): LogStanding => ({
  size: newer.size,
  waiting: newer.waiting + older.waiting,
  waitingBytes: newer.waitingBytes + older.waitingBytes,
  open: newer.open + older.open,
  writable: newer.writable && older.writable,
  failures: sumOfFailures(newer.failures, older.failures),
})
