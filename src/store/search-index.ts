// `index.db`: where in the logs something stands. A projection: it holds words, times, and the beginning of each entry's hash, never an
// entry, and can be deleted at any time. Rows and the position up to which a log is indexed change in one transaction, so that several
// processes may add to it, and what it does not hold yet is known to the entry.
import type { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { ulidTime } from '#lib/ulid.ts'
import { openStore, type StoreKind } from './open-store.ts'
import { CHUNK, packBits, packOffsets, setBit, unpackBits } from './search-bits.ts'

/** Entries to a row of marks: as many as a tile holds. */
export const MARKED = 256
/** Bytes of a mark: the time as a float64, the first 8 bytes of the leaf hash. */
export const MARK = 16
export const HASH_KEPT = 8

const INDEX: StoreKind = {
  name: 'The search index',
  migrations: [
    [
      'CREATE TABLE epoch (only INTEGER PRIMARY KEY CHECK (only = 0), count INTEGER NOT NULL) STRICT',
      'INSERT INTO epoch VALUES (0, 0)',
      // `last` is the leaf hash of the entry before `next`: tells whether the log is still the one that was indexed.
      'CREATE TABLE logs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL, last BLOB) STRICT',
      'CREATE TABLE words (id INTEGER PRIMARY KEY, field TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (field, text)) STRICT',
      // Which entries of a chunk have the word: see search-bits.
      'CREATE TABLE places (word INTEGER, log INTEGER, chunk INTEGER, bits BLOB NOT NULL, PRIMARY KEY (word, log, chunk)) STRICT, WITHOUT ROWID',
      'CREATE TABLE marks (log INTEGER, bundle INTEGER, oldest REAL NOT NULL, newest REAL NOT NULL, marks BLOB NOT NULL, PRIMARY KEY (log, bundle)) STRICT',
      'CREATE TABLE exchanges (exchange INTEGER, log INTEGER, entry INTEGER, PRIMARY KEY (exchange, log, entry)) STRICT, WITHOUT ROWID',
    ],
  ],
  synchronous: 'NORMAL',
}

/** One entry, as it is found. */
export interface IndexedEntry {
  readonly index: number
  /** Milliseconds since the epoch. */
  readonly time: number
  /** RFC 6962 leaf hash. */
  readonly hash: Buffer
  readonly exchange?: string
  readonly words: readonly (readonly [field: string, text: string])[]
}

export interface IndexPosition {
  /** The index of the first entry that is not indexed. */
  readonly next: number
  /** The leaf hash of the last one that is. */
  readonly last?: Buffer
}

/** Another process has added to this log, or thrown rows away: ask for its position again. */
export class PositionMoved extends Error {
  override readonly name = 'PositionMoved'
}

export interface SearchIndex {
  readonly database: Database
  positions(): ReadonlyMap<string, IndexPosition>
  /** Consecutive entries of one log, the first at its position. Throws PositionMoved where that is elsewhere by now. */
  add(log: string, entries: readonly IndexedEntry[]): void
  /** Forgets entries of a log from about `index` on; gives the position that it then has. */
  rewind(log: string, index: number): number
  /** Forgets a log that is gone, and what nothing but its entries named. */
  drop(log: string): void
  /** Throws everything away. */
  clear(): void
  close(): void
}

/** What a text is kept and looked up as: its beginning and a hash, where it is long. */
export function wordOf(text: string): string {
  return text.length <= 256 ? text : `${text.slice(0, 200)} ${createHash('sha256').update(text).digest('hex')}`
}

/** Sorts as the exchanges do, and fits a double; two may share one. */
export function exchangeKey(exchange: string): number {
  const time = ulidTime(exchange)
  if (time === undefined) return createHash('sha256').update(exchange).digest().readUIntBE(0, 6)
  return time * 32 + (exchange.charCodeAt(25) & 31)
}

export function openSearchIndex(path: string): SearchIndex {
  return indexOver(openStore(path, INDEX))
}

/** Words whose ids are remembered. */
const MOST_REMEMBERED = 100_000

function withOffsets(packed: Uint8Array, offsets: readonly number[]): Uint8Array {
  const bits = unpackBits(packed)
  for (const offset of offsets) setBit(bits, offset)
  return packBits(bits)
}

function indexOver(database: Database): SearchIndex {
  const statements = prepare(database)
  /** By field, then by text. */
  const remembered = new Map<string, Map<string, number>>()
  let count = 0
  let epoch = -1

  const forget = (): void => {
    remembered.clear()
    count = 0
  }

  const wordId = (field: string, text: string): number => {
    const known = remembered.get(field)?.get(text)
    if (known !== undefined) return known
    const word = wordOf(text)
    const id = (statements.findWord.get(field, word) ?? statements.addWord.get(field, word))?.id ?? -1
    if (++count > MOST_REMEMBERED) forget()
    let texts = remembered.get(field)
    if (!texts) remembered.set(field, (texts = new Map()))
    texts.set(text, id)
    return id
  }

  const addPlaces = (log: number, entries: readonly IndexedEntry[]): void => {
    const chunks = new Map<number, Map<number, number[]>>()
    for (const { index, words } of entries) {
      const chunk = Math.floor(index / CHUNK)
      let offsets = chunks.get(chunk)
      if (!offsets) chunks.set(chunk, (offsets = new Map()))
      for (const [field, text] of words) {
        const id = wordId(field, text)
        const list = offsets.get(id)
        if (list) list.push(index % CHUNK)
        else offsets.set(id, [index % CHUNK])
      }
    }
    const first = entries[0]?.index ?? 0
    for (const [chunk, words] of chunks) {
      // Of a chunk that begins here there is nothing yet.
      const isBegun = first > chunk * CHUNK
      for (const [word, offsets] of words) {
        const before = isBegun ? statements.findPlace.get(word, log, chunk)?.bits : undefined
        statements.putPlace.run(word, log, chunk, before ? withOffsets(before, offsets) : packOffsets(offsets))
      }
    }
  }

  const addMarks = (log: number, entries: readonly IndexedEntry[]): void => {
    const bundles = Map.groupBy(entries, ({ index }) => Math.floor(index / MARKED))
    for (const [bundle, members] of bundles) {
      const before = statements.findMarks.get(log, bundle)
      const made = Buffer.alloc(MARK * members.length)
      for (const [at, { time, hash }] of members.entries()) {
        made.writeDoubleLE(time, MARK * at)
        made.set(hash.subarray(0, HASH_KEPT), MARK * at + 8)
      }
      const marks = before ? Buffer.concat([before.marks, made]) : made
      const times = members.map(({ time }) => time)
      const oldest = Math.min(before?.oldest ?? Number.POSITIVE_INFINITY, ...times)
      const newest = Math.max(before?.newest ?? Number.NEGATIVE_INFINITY, ...times)
      statements.putMarks.run(log, bundle, oldest, newest, marks)
    }
  }

  const change = <T>(work: () => T): T => {
    const changed = database.transaction(() => {
      const now = statements.epoch.get()?.count ?? 0
      if (now !== epoch) forget()
      epoch = now
      return work()
    })
    try {
      return changed.immediate()
    } catch (error) {
      // Ids of words that were not kept after all.
      forget()
      throw error
    }
  }

  return {
    database,
    positions: () =>
      new Map(
        statements.logs.all().map(({ name, next, last }) => [name, { next, ...(last && { last: Buffer.from(last) }) }]),
      ),
    add(name, entries) {
      const [first] = entries
      const last = entries.at(-1)
      if (!first || !last) return
      change(() => {
        statements.addLog.run(name)
        const log = statements.findLog.get(name)
        if (log?.next !== first.index) throw new PositionMoved(`${name} is indexed up to ${log?.next}`)
        addPlaces(log.id, entries)
        addMarks(log.id, entries)
        for (const { exchange, index } of entries) {
          if (exchange !== undefined) statements.putExchange.run(exchangeKey(exchange), log.id, index)
        }
        statements.moveLog.run(last.index + 1, last.hash, log.id)
      })
    },
    rewind: (name, index) =>
      change(() => {
        const log = statements.findLog.get(name)
        if (!log) return 0
        const next = Math.min(log.next, Math.floor(index / CHUNK) * CHUNK)
        database.run('DELETE FROM places WHERE log = ? AND chunk >= ?', [log.id, next / CHUNK])
        database.run('DELETE FROM marks WHERE log = ? AND bundle >= ?', [log.id, next / MARKED])
        database.run('DELETE FROM exchanges WHERE log = ? AND entry >= ?', [log.id, next])
        statements.moveLog.run(next, null, log.id)
        return next
      }),
    drop: (name) =>
      change(() => {
        const log = statements.findLog.get(name)
        if (!log) return
        for (const table of ['places', 'marks', 'exchanges'])
          database.run(`DELETE FROM ${table} WHERE log = ?`, [log.id])
        database.run('DELETE FROM logs WHERE id = ?', [log.id])
        database.run('DELETE FROM words WHERE NOT EXISTS (SELECT 1 FROM places WHERE word = words.id)')
        // Others remember ids of words.
        database.run('UPDATE epoch SET count = count + 1')
      }),
    clear: () =>
      change(() => {
        for (const table of ['places', 'marks', 'exchanges', 'words', 'logs']) database.run(`DELETE FROM ${table}`)
        database.run('UPDATE epoch SET count = count + 1')
      }),
    close() {
      for (const statement of Object.values(statements)) statement.finalize()
      database.close()
    },
  }
}

function prepare(database: Database) {
  return {
    epoch: database.prepare<{ count: number }, []>('SELECT count FROM epoch'),
    logs: database.prepare<{ name: string; next: number; last: Uint8Array | null }, []>(
      'SELECT name, next, last FROM logs',
    ),
    addLog: database.prepare('INSERT INTO logs (name, next) VALUES (?, 0) ON CONFLICT DO NOTHING'),
    findLog: database.prepare<{ id: number; next: number }, [string]>('SELECT id, next FROM logs WHERE name = ?'),
    moveLog: database.prepare('UPDATE logs SET next = ?, last = ? WHERE id = ?'),
    addWord: database.prepare<{ id: number }, [string, string]>(
      'INSERT INTO words (field, text) VALUES (?, ?) RETURNING id',
    ),
    findWord: database.prepare<{ id: number }, [string, string]>('SELECT id FROM words WHERE field = ? AND text = ?'),
    findPlace: database.prepare<{ bits: Uint8Array }, [number, number, number]>(
      'SELECT bits FROM places WHERE word = ? AND log = ? AND chunk = ?',
    ),
    putPlace: database.prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)'),
    findMarks: database.prepare<{ oldest: number; newest: number; marks: Uint8Array }, [number, number]>(
      'SELECT oldest, newest, marks FROM marks WHERE log = ? AND bundle = ?',
    ),
    putMarks: database.prepare('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)'),
    putExchange: database.prepare('INSERT OR REPLACE INTO exchanges VALUES (?, ?, ?)'),
  }
}
