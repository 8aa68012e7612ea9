// Opens a SQLite file as every store needs it: for its owner alone, in WAL, and of a schema that this version knows.
import { Database } from 'bun:sqlite'
import { chmodSync, closeSync, openSync } from 'node:fs'
import { Refusal } from '#access/refusal.ts'

/** Milliseconds for which a lock is waited for. It blocks the whole process; a write itself takes microseconds. */
const WAIT = 1000

export interface StoreKind {
  /** As a refusal names it: `The runtime store`. */
  readonly name: string
  /** What makes schema n + 1 of schema n: the statements at index n. An empty file has schema 0. */
  readonly migrations: readonly (readonly string[])[]
  /** FULL: a commit survives the machine. NORMAL: it survives the process. */
  readonly synchronous: 'NORMAL' | 'FULL'
}

/**
 * `path` is made where it is missing, mode 0600. Throws a Refusal `not_ready` for a schema that this version does not know,
 * and SQLite's own errors for what cannot be opened: see `refusing`.
 */
export function openStore(path: string, kind: StoreKind): Database {
  makeFile(path)
  const database = new Database(path, { readwrite: true, create: false })
  try {
    database.run(`PRAGMA busy_timeout = ${WAIT}`)
    untilFree(() => database.run('PRAGMA journal_mode = WAL'))
    database.run(`PRAGMA synchronous = ${kind.synchronous}`)
    // Takes the write lock even where there is nothing to make: a file that cannot be written is found at the start.
    database.transaction(() => bringUp(database, kind)).immediate()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Made before SQLite sees it: the files that SQLite puts beside it take over its mode. One that is there is never opened here: whoever
 * closes a file gives back every lock that their process has on it (POSIX), also those of SQLite, and whichever other process closes
 * its last handle then takes itself for the last of all and removes the log into which this one goes on writing.
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  chmodSync(path, 0o600)
}

/** For whoever only asks: nothing is made or changed. Undefined while whoever makes the file has not made its schema. */
export function openStoreReadOnly(path: string, kind: StoreKind): Database | undefined {
  const database = new Database(path, { readonly: true })
  try {
    database.run(`PRAGMA busy_timeout = ${WAIT}`)
    const version = untilFree(() => versionOf(database))
    if (version === kind.migrations.length) return database
    if (version !== 0) throw unknownSchema(kind, version)
    database.close()
    return undefined
  } catch (error) {
    database.close()
    throw error
  }
}

function bringUp(database: Database, kind: StoreKind): void {
  const version = versionOf(database)
  const known = kind.migrations.length
  if (version === known) return
  if (version < 0 || version > known) throw unknownSchema(kind, version)
  for (const statement of kind.migrations.slice(version).flat()) database.run(statement)
  database.run(`PRAGMA user_version = ${known}`)
}

function versionOf(database: Database): number {
  const statement = database.prepare<{ user_version: number }, []>('PRAGMA user_version')
  try {
    return statement.get()?.user_version ?? 0
  } finally {
    // A statement that is still there would keep the file open behind a closed database.
    statement.finalize()
  }
}

function unknownSchema({ name, migrations }: StoreKind, version: number): Refusal {
  return new Refusal('not_ready', {
    message: `${name} has schema ${version}, and this version of Sallyport knows ${migrations.length}: run the version that wrote it.`,
  })
}

/** Going over to WAL answers "locked" at once when others do the same, whatever the timeout. */
function untilFree<T>(work: () => T): T {
  for (let left = WAIT / 10; ; left--) {
    try {
      return work()
    } catch (error) {
      if (left === 0 || !(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error
      Bun.sleepSync(10)
    }
  }
}

/** Whatever goes wrong in `work` is a Refusal `not_ready` that names the store, never its content or path. */
export function refusing<T>(store: string, doing: 'opened' | 'read' | 'written', work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw new Refusal('not_ready', { message: `${store} cannot be ${doing}.`, cause })
  }
}
