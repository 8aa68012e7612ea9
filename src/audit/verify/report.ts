// What a verification found. Nothing in this folder shares code with the writer: a mistake there is not repeated here.

export type ProblemKind =
  | 'missing-log'
  | 'unreadable'
  | 'wrong-key'
  | 'bad-checkpoint'
  | 'wrong-root'
  | 'edited'
  | 'deleted'
  | 'inserted'
  | 'doubled'
  | 'reordered'
  | 'truncated'
  | 'rolled-back'
  | 'forked'
  | 'bad-tile'
  | 'bad-entry'
  | 'bad-journal'

export interface Problem {
  readonly kind: ProblemKind
  /** The entry it is about, where it is about one. */
  readonly index?: number
  readonly message: string
}

export interface Report {
  readonly log: string
  /** Entries that the checkpoint covers; 0 where there is no readable one. */
  readonly entries: number
  /** The root that the checkpoint signs, hex; empty where there is no readable one. */
  readonly root: string
  /** The verifier key that was used, `name+id+base64`; empty where there is none. */
  readonly key: string
  readonly ok: boolean
  readonly problems: readonly Problem[]
  /** Entries in the journal that no checkpoint covers yet. They are counted, not vouched for. */
  readonly waiting: number
  /** What no look at these files can tell. */
  readonly unknown: readonly string[]
  /** Until where witnesses vouch for it; empty without one. */
  readonly witnessed: readonly Vouched[]
}

export interface Vouched {
  /** The witness's key name. */
  readonly by: string
  readonly entries: number
  /** RFC 3339, to the second: as of then, this was all that the witness had seen. */
  readonly time: string
}

export const WITHOUT_WITNESS = [
  'Without a witness it cannot be told whether a log was cut short, or rolled back, together with its checkpoint,',
  'or whether somebody else was shown another history, signed with the same key.',
] as const

const MOST_PROBLEMS = 100

/** Collects problems, and beyond a hundred only counts them: a log damaged all over is still one page. */
export class Findings {
  readonly #problems: Problem[] = []
  #more = 0

  add(kind: ProblemKind, message: string, index?: number): void {
    if (this.#problems.length === MOST_PROBLEMS) this.#more += 1
    else this.#problems.push(index === undefined ? { kind, message } : { kind, index, message })
  }

  addAll(problems: readonly Problem[]): void {
    for (const { kind, message, index } of problems) this.add(kind, message, index)
  }

  has(kind: ProblemKind): boolean {
    return this.#problems.some((problem) => problem.kind === kind)
  }

  list(): readonly Problem[] {
    const last = this.#problems.at(-1)
    if (!last || this.#more === 0) return this.#problems
    return [...this.#problems, { kind: last.kind, message: `and ${this.#more} more problems` }]
  }
}
