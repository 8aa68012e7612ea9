// Which decisions have no outcome yet. A record that nobody will close is closed here as `unknown`: the oldest where too
// many are open, and those whose outcome could not be written, or whose decision was not synced as asked.
import type { Entry, OutcomeEntry } from '#access/trail.ts'

/** Decisions without an outcome. With more, the oldest is closed as unknown, so that memory stays bounded. */
export const MOST_OPEN = 100_000

export class OpenDecisions {
  readonly #open: Set<string>
  /** Of those that are open: whoever would have closed them has been refused. */
  readonly #given = new Set<string>()
  /** Closed as unknown; the newest of them. */
  readonly #lapsed = new Set<string>()

  constructor(open: Iterable<string>) {
    this.#open = new Set(open)
  }

  /** Exchanges, the oldest first. */
  get open(): ReadonlySet<string> {
    return this.#open
  }

  /** An entry was written. */
  note(entry: Entry): void {
    if (entry.kind === 'decision') {
      this.#open.add(entry.exchange)
      this.#lapsed.delete(entry.exchange)
    }
    if (entry.kind !== 'outcome') return
    this.#open.delete(entry.exchange)
    this.#given.delete(entry.exchange)
    if (entry.ended !== 'unknown') return
    this.#lapsed.add(entry.exchange)
    if (this.#lapsed.size > MOST_OPEN) drop(this.#lapsed)
  }

  /** An entry was not written, or not as asked. Its caller may try another, or may not: the record is closed in the end. */
  missed(entry: Entry): void {
    const closes = entry.kind === 'outcome' || entry.kind === 'decision'
    if (closes && this.#open.has(entry.exchange)) this.#given.add(entry.exchange)
  }

  /** An outcome that comes too late: another one stands. */
  isLate(entry: Entry): boolean {
    return entry.kind === 'outcome' && this.#lapsed.has(entry.exchange)
  }

  /** The oldest, where too many are open. */
  get oneTooMany(): string | undefined {
    return this.#open.size > MOST_OPEN ? this.#open.values().next().value : undefined
  }

  /** Those that nobody else will close. */
  get abandoned(): readonly string[] {
    return [...this.#given]
  }
}

function drop(set: Set<string>): void {
  for (const oldest of set) {
    set.delete(oldest)
    return
  }
}

export function unknownOutcome(exchange: string): OutcomeEntry {
  return { kind: 'outcome', exchange, status: 0, bytes: 0, ended: 'unknown', findings: [], checks: [] }
}
