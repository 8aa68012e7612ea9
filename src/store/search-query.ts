// Asks the search index: which entries of one log have all these words, in that time, newest or oldest first. Works in pages from the
// end that is asked for, so that the first answers cost the same however many there are.
import type { Database } from 'bun:sqlite'
import { bitsBetween, type Bits, CHUNK, intersect, offsetsIn, unpackBits } from './search-bits.ts'
import { exchangeKey, HASH_KEPT, MARK, MARKED, wordOf } from './search-index.ts'

export interface IndexQuery {
  readonly log: string
  /** All of them. */
  readonly words: readonly (readonly [field: string, text: string])[]
  readonly exchange?: string
  /** Milliseconds since the epoch: from, and up to and without. */
  readonly since?: number
  readonly until?: number
  /** Indices: from, and up to and without. */
  readonly from?: number
  readonly to?: number
  readonly order: 'newest' | 'oldest'
}

/** Where something should be found. The entry itself stands in the log, and says whether it is. */
export interface Candidate {
  readonly index: number
  readonly time: number
  /** The first 8 bytes of its leaf hash. */
  readonly hash: Buffer
}

export interface IndexQueries {
  /** Of an exchange, all; else those that have what was asked for. By index, in the order asked for. */
  candidates(query: IndexQuery): Generator<Candidate>
  /** What is marked of one entry; undefined where it is not indexed. */
  mark(log: string, index: number): Candidate | undefined
  /** Between which times the entries of one tile, 256 of them, are looked for; undefined where they are not. */
  span(log: string, tile: number): { readonly oldest: number; readonly newest: number } | undefined
  close(): void
}

/** Chunks looked at in one go. */
const PAGE = 32

interface Range {
  readonly log: number
  readonly from: number
  readonly to: number
}

export function indexQueries(database: Database): IndexQueries {
  const statements = prepare(database)

  /** Of one log; the bundle last asked for is kept. */
  const marksOf = (log: number) => {
    let held = -1
    let marks: Buffer | undefined
    return (index: number): Candidate | undefined => {
      const bundle = Math.floor(index / MARKED)
      if (bundle !== held) {
        const row = statements.marks.get(log, bundle)
        marks = row ? Buffer.from(row.marks) : undefined
        held = bundle
      }
      const at = MARK * (index % MARKED)
      if (!marks || at + MARK > marks.length) return undefined
      return { index, time: marks.readDoubleLE(at), hash: marks.subarray(at + MARK - HASH_KEPT, at + MARK) }
    }
  }

  /** Undefined where there can be nothing. */
  const rangeOf = ({ log: name, since, until, from = 0, to }: IndexQuery): Range | undefined => {
    const log = statements.log.get(name)
    if (!log) return undefined
    const range = { log: log.id, from, to: Math.min(to ?? log.next, log.next) }
    if (since === undefined && until === undefined) return range
    const span = statements.span.get(log.id, since ?? -1e300, until ?? 1e300)
    if (!span || span.first < 0) return undefined
    return {
      ...range,
      from: Math.max(range.from, span.first * MARKED),
      to: Math.min(range.to, (span.last + 1) * MARKED),
    }
  }

  /** The chunks in which all words stand, with the entries that have them. */
  function* chunksOf({ words, order }: IndexQuery, range: Range): Generator<{ chunk: number; bits: Bits }> {
    const ids: number[] = []
    for (const [field, text] of words) {
      const word = statements.word.get(field, wordOf(text))
      if (!word) return
      ids.push(word.id)
    }
    const [driver, ...others] = ids
    const lowest = Math.floor(range.from / CHUNK)
    const highest = Math.ceil(range.to / CHUNK) - 1
    if (driver === undefined) {
      for (let step = 0; step <= highest - lowest; step++) {
        yield { chunk: order === 'newest' ? highest - step : lowest + step, bits: bitsBetween(0, CHUNK) }
      }
      return
    }
    for (let low = lowest, high = highest; low <= high;) {
      const page = statements[order].all(driver, range.log, low, high)
      for (const { chunk, bits: packed } of page) {
        const bits = unpackBits(packed)
        const isIn = others.every((word) => {
          const other = statements.place.get(word, range.log, chunk)
          if (other) intersect(bits, unpackBits(other.bits))
          return other !== null
        })
        if (isIn) yield { chunk, bits }
      }
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      if (order === 'newest') high = last.chunk - 1
      else low = last.chunk + 1
    }
  }

  function* indicesOf(query: IndexQuery, range: Range): Generator<number> {
    if (query.exchange !== undefined) {
      const rows = statements.exchange.all(exchangeKey(query.exchange), range.log, range.from, range.to)
      const entries = rows.map(({ entry }) => entry)
      yield* query.order === 'newest' ? entries.toReversed() : entries
      return
    }
    for (const { chunk, bits } of chunksOf(query, range)) {
      const first = chunk * CHUNK
      intersect(bits, bitsBetween(range.from - first, range.to - first))
      const offsets = [...offsetsIn(bits)]
      for (const offset of query.order === 'newest' ? offsets.toReversed() : offsets) yield first + offset
    }
  }

  return {
    *candidates(query) {
      const range = rangeOf(query)
      if (!range) return
      const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = query
      const markOf = marksOf(range.log)
      for (const index of indicesOf(query, range)) {
        const mark = markOf(index)
        if (mark && mark.time >= since && mark.time < until) yield mark
      }
    },
    mark(name, index) {
      const log = statements.log.get(name)
      return log ? marksOf(log.id)(index) : undefined
    },
    span(name, tile) {
      const log = statements.log.get(name)
      return (log && statements.times.get(log.id, tile)) ?? undefined
    },
    close() {
      for (const statement of Object.values(statements)) statement.finalize()
    },
  }
}

function prepare(database: Database) {
  type Places = [word: number, log: number, low: number, high: number]
  const page = (order: 'ASC' | 'DESC') =>
    database.prepare<{ chunk: number; bits: Uint8Array }, Places>(
      `SELECT chunk, bits FROM places WHERE word = ? AND log = ? AND chunk BETWEEN ? AND ? ORDER BY chunk ${order} LIMIT ${PAGE}`,
    )
  return {
    log: database.prepare<{ id: number; next: number }, [string]>('SELECT id, next FROM logs WHERE name = ?'),
    word: database.prepare<{ id: number }, [string, string]>('SELECT id FROM words WHERE field = ? AND text = ?'),
    marks: database.prepare<{ marks: Uint8Array }, [number, number]>(
      'SELECT marks FROM marks WHERE log = ? AND bundle = ?',
    ),
    span: database.prepare<{ first: number; last: number }, [log: number, since: number, until: number]>(
      'SELECT ifnull(min(bundle), -1) AS first, ifnull(max(bundle), -1) AS last FROM marks WHERE log = ? AND newest >= ? AND oldest < ?',
    ),
    times: database.prepare<{ oldest: number; newest: number }, [log: number, bundle: number]>(
      'SELECT oldest, newest FROM marks WHERE log = ? AND bundle = ?',
    ),
    place: database.prepare<{ bits: Uint8Array }, [number, number, number]>(
      'SELECT bits FROM places WHERE word = ? AND log = ? AND chunk = ?',
    ),
    newest: page('DESC'),
    oldest: page('ASC'),
    exchange: database.prepare<{ entry: number }, [key: number, log: number, from: number, to: number]>(
      'SELECT entry FROM exchanges WHERE exchange = ? AND log = ? AND entry >= ? AND entry < ? ORDER BY entry',
    ),
  }
}
