// Holds the search index against one log, entry by entry, by asking it in every way that `audit show` does: whoever can write to the
// index can make an answer leave something out, and what is shown would not tell.
import { entryReader } from '#audit/follow/entry-at.ts'
import { termsOf, timeOf } from '#audit/follow/search-terms.ts'
import { parseEntry, type ReadEntry } from '#audit/read.ts'
import { leafHash } from '#audit/tree.ts'
import { MARKED } from '#store/search-index.ts'
import type { Candidate, IndexQueries } from '#store/search-query.ts'
import type { Io } from './io.ts'
import { plain } from './print-problems.ts'

const MOST_TOLD = 10
/** Whole tiles. */
const STEP = 16 * MARKED

interface Indexed {
  readonly log: string
  /** So many entries of it. */
  readonly next: number
}

interface Held {
  readonly at: number
  readonly bytes: Buffer | undefined
  readonly entry: ReadEntry | undefined
}

type Differs = (at: number, how: string) => void

/** Each entry's hash and time, and that it is found by its time, its exchange and each of its words. Resolves to how much differs. */
export async function checkIndexed(
  directory: string,
  { log, next }: Indexed,
  queries: IndexQueries,
  io: Pick<Io, 'out'>,
): Promise<number> {
  const reader = entryReader(directory)
  let differences = 0
  const differs: Differs = (at, how) => {
    differences += 1
    if (differences <= MOST_TOLD) io.out(plain(`${log} entry ${at}: ${how}`))
  }
  for (let from = 0; from < next; from += STEP) {
    const held: Held[] = []
    for (let at = from; at < Math.min(next, from + STEP); at++) {
      const bytes = await reader.at(at)
      held.push({ at, bytes, entry: bytes && parseEntry(bytes, at) })
    }
    checkMarks(held, { log, queries, differs })
    checkTimes(held, { log, queries, differs })
    checkExchanges(held, { log, queries, differs })
    checkWords(held, { log, queries, differs })
  }
  if (differences > MOST_TOLD) io.out(plain(`${log}: and ${differences - MOST_TOLD} more`))
  return differences
}

interface Against {
  readonly log: string
  readonly queries: IndexQueries
  readonly differs: Differs
}

const timeIn = ({ entry }: Held): number => (entry ? timeOf(entry) : 0)

function checkMarks(held: readonly Held[], { log, queries, differs }: Against): void {
  const marks = byIndex(queries.candidates({ log, words: [], ...rangeOf(held), order: 'oldest' }))
  for (const one of held) {
    const { at, bytes } = one
    const mark = marks.get(at)
    if (!bytes || !mark) differs(at, bytes ? 'it is not in the index' : 'the log does not hold it')
    else if (!leafHash(bytes).subarray(0, mark.hash.length).equals(mark.hash)) differs(at, 'it is not what was indexed')
    else if (mark.time !== timeIn(one)) differs(at, 'its time is another one in the index')
  }
}

function checkTimes(held: readonly Held[], { log, queries, differs }: Against): void {
  for (const [tile, members] of Map.groupBy(held, ({ at }) => Math.floor(at / MARKED))) {
    const times = members.map(timeIn)
    const span = queries.span(log, tile)
    if (span?.oldest === Math.min(...times) && span.newest === Math.max(...times)) continue
    differs(tile * MARKED, 'the index does not find it, and those of its tile, by time')
  }
}

function checkExchanges(held: readonly Held[], { log, queries, differs }: Against): void {
  for (const { at, entry } of held) {
    const exchange = entry?.['exchange']
    if (typeof exchange !== 'string') continue
    const found = queries.candidates({ log, words: [], exchange, from: at, to: at + 1, order: 'oldest' }).next()
    if (found.done === true) differs(at, 'the index does not find it by its exchange')
  }
}

function checkWords(held: readonly Held[], { log, queries, differs }: Against): void {
  /** By word, the entries that have it in the log. */
  const having = new Map<string, { word: readonly [string, string]; entries: number[] }>()
  for (const { at, entry } of held) {
    for (const word of entry ? termsOf(entry) : []) {
      const key = word.join(' ')
      const known = having.get(key)
      if (known) known.entries.push(at)
      else having.set(key, { word, entries: [at] })
    }
  }
  for (const { word, entries } of having.values()) {
    const found = byIndex(queries.candidates({ log, words: [word], ...rangeOf(held), order: 'oldest' }))
    for (const at of entries) if (!found.has(at)) differs(at, `the index does not find it by ${word[0]}`)
  }
}

const rangeOf = (held: readonly Held[]) => ({ from: held[0]?.at ?? 0, to: (held.at(-1)?.at ?? -1) + 1 })

const byIndex = (found: Iterable<Candidate>): ReadonlyMap<number, Candidate> =>
  new Map([...found].map((each) => [each.index, each]))
