// Decisions that wait for their outcome, so that the outcome can be told with who, what and from where. Bounded: the oldest goes first,
// and its outcome is then told without them.
import { type Fields, fieldsOf, type Logged, textOf } from './logged.ts'

/** What an outcome does not say itself. */
export interface OpenDecision {
  readonly log: string
  readonly fields: Fields
}

export interface OpenExchanges {
  /** Of an outcome: its decision, where it is known; it is not open any more then. MUST be called in the order of the log. */
  follow(logged: Logged): OpenDecision | undefined
  /** Decisions that were forgotten before their outcome came. */
  forgotten(): number
}

/** What the longest streams leave open on 8 busy workers. */
const MOST_OPEN = 65_536

/** The heaviest fields, and of no use to an outcome. */
const LEFT_OUT: ReadonlySet<string> = new Set(['grounds', 'findings', 'also', 'unknown', 'request', 'redacted'])

export function openExchanges(most: number = MOST_OPEN): OpenExchanges {
  const open = new Map<string, OpenDecision>()
  let forgotten = 0
  return {
    forgotten: () => forgotten,
    follow({ log, entry }) {
      const exchange = textOf(entry?.['exchange'])
      if (!entry || exchange === undefined) return undefined
      if (entry.kind === 'outcome') {
        const decision = open.get(exchange)
        open.delete(exchange)
        return decision
      }
      if (entry.kind !== 'decision' || !fieldsOf(entry['principal'])) return undefined
      const fields = Object.fromEntries(Object.entries(entry).filter(([name]) => !LEFT_OUT.has(name)))
      // A held request is decided again once somebody agreed: the later decision is the one that its outcome is of.
      open.delete(exchange)
      open.set(exchange, { log, fields })
      if (open.size > most) {
        open.delete(open.keys().next().value ?? '')
        forgotten++
      }
      return undefined
    },
  }
}
