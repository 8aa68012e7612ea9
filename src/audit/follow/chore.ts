// What is done about the logs beside writing them: indexing, copying, streaming, having them witnessed. Each reads what is on the
// disk, at its own pace and with a position of its own, so that none of it can hold up a writer, and any of it can be away for a while.

/** A thing that is done again and again. Its owner calls `turn` until told to stop, never twice at a time. */
export interface Chore {
  /** For lines and metrics: `index`, `copy:offsite`, `stream:siem`, `witness:audit-team`. */
  readonly name: string
  /**
   * Does what there is to do now, in bounded steps; resolves to whether more is waiting. Rejects where it could not; then it is tried again,
   * from where it stands, after a pause. A turn that goes on for minutes counts as a failure, and its signal is aborted.
   */
  turn(signal: AbortSignal): Promise<'more' | 'done'>
  standing(): ChoreStanding
  close(): Promise<void>
}

export interface ChoreStanding {
  /** Entries (or, of copies, files) that wait for it, as of its last turn. */
  readonly behind: number
  /** Entries that it passed over because it was too far behind, since the process started. */
  readonly dropped: number
  /** Entries that were refused for good by whom they were for, since the process started. */
  readonly refused?: number
  /** Some of its work is done no more, or cannot be, until somebody looks; it was said. The rest goes on. */
  readonly stuck?: boolean
}
