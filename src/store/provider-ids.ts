// Who caused which id that a provider made, in `runtime.db`. Several worker processes share the file, so what decides a
// claim is the primary key, in a transaction that takes the write lock at its beginning.
import { Database } from 'bun:sqlite'
import { chmodSync, closeSync, openSync } from 'node:fs'
import type { MadeBy, ProviderIds } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'

const SCHEMA = 1

/** Milliseconds. It blocks the whole process; a claim itself takes microseconds. */
const WAIT = 1000

const TABLE = `
  CREATE TABLE provider_ids (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    principal_type TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    session TEXT,
    model TEXT NOT NULL,
    at TEXT NOT NULL,
    exchange TEXT NOT NULL,
    PRIMARY KEY (provider, id)
  ) STRICT, WITHOUT ROWID`

interface Row {
  readonly principal_type: string
  readonly principal_id: string
  readonly session: string | null
  readonly model: string
  readonly at: string
  readonly exchange: string
}

/**
 * `path` is made where it is missing, mode 0600. Everything here throws a Refusal `not_ready` when the file cannot be opened, read
 * or written: whoever made an id is then nobody, and nothing goes on from it. A claim survives the process, not always the machine.
 */
export function openProviderIds(path: string): ProviderIds & { close(): void } {
  const { database, find, insert, remove } = open(path)
  const insertAll = database.transaction((provider: string, ids: readonly string[], by: MadeBy) => {
    const { principal, session, model, at, exchange } = by
    for (const id of ids) insert.run(provider, id, principal.type, principal.id, session ?? null, model, at, exchange)
  }).immediate
  return {
    claim(provider, ids, by) {
      // SQLite would keep every half of a surrogate pair as the same character: two ids would be one.
      if (![provider, ...ids].every((text) => text.isWellFormed())) throw new Refusal('not_ready', ILL_FORMED)
      keeping('written', () => {
        // A stream repeats its id in every event; only the first needs the write lock.
        const fresh = ids.filter((id) => find.get(provider, id) === null)
        if (fresh.length > 0) insertAll(provider, fresh, by)
      })
    },
    find(provider, id) {
      if (!provider.isWellFormed() || !id.isWellFormed()) return undefined
      const row = keeping('read', () => find.get(provider, id))
      return row === null ? undefined : madeBy(row)
    },
    forget(provider, id) {
      if (!provider.isWellFormed() || !id.isWellFormed()) return
      keeping('written', () => remove.run(provider, id))
    },
    close() {
      // A statement that is still there keeps the file open behind a closed database, and goes on answering.
      for (const statement of [find, insert, remove]) statement.finalize()
      database.close()
    },
  }
}

const ILL_FORMED = { message: 'An id that the provider made is no valid text, and cannot be kept.' }

function madeBy({ principal_type, principal_id, session, model, at, exchange }: Row): MadeBy {
  const principal = { type: principal_type, id: principal_id }
  return { principal, ...(session === null ? {} : { session }), model, at, exchange }
}

function open(path: string) {
  return keeping('opened', () => {
    // Made before SQLite sees it: the files that SQLite puts beside it take over its mode.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    const database = new Database(path, { readwrite: true, create: false })
    try {
      database.run(`PRAGMA busy_timeout = ${WAIT}`)
      untilFree(() => database.run('PRAGMA journal_mode = WAL'))
      // What the machine's end takes with it is nobody's afterwards, which denies.
      database.run('PRAGMA synchronous = NORMAL')
      // Takes the write lock even where there is nothing to make: a file that cannot be written is found at the start.
      database.transaction(() => bringUp(database)).immediate()
      return { database, ...statements(database) }
    } catch (error) {
      database.close()
      throw error
    }
  })
}

function statements(database: Database) {
  return {
    find: database.prepare<Row, [string, string]>(
      'SELECT principal_type, principal_id, session, model, at, exchange FROM provider_ids WHERE provider = ? AND id = ?',
    ),
    insert: database.prepare('INSERT INTO provider_ids VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    remove: database.prepare('DELETE FROM provider_ids WHERE provider = ? AND id = ?'),
  }
}

function bringUp(database: Database): void {
  const version = database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0
  if (version === SCHEMA) return
  if (version !== 0) {
    throw new Refusal('not_ready', {
      message: `The runtime store has schema ${version}, and this version of Sallyport knows ${SCHEMA}: run the version that wrote it.`,
    })
  }
  database.run(TABLE)
  database.run(`PRAGMA user_version = ${SCHEMA}`)
}

/** Going over to WAL answers "locked" at once when others do the same, whatever the timeout. */
function untilFree(work: () => void): void {
  for (let left = WAIT / 10; ; left--) {
    try {
      return work()
    } catch (error) {
      if (left === 0 || !(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error
      Bun.sleepSync(10)
    }
  }
}

function keeping<T>(doing: 'opened' | 'read' | 'written', work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw new Refusal('not_ready', {
      message: `The runtime store (which keeps who made the ids that providers give out) cannot be ${doing}.`,
      cause,
    })
  }
}
