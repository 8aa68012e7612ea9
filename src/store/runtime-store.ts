// `runtime.db`: what the data plane remembers. Several worker processes share it, each with a handle of its own for each
// thing that it keeps there.
import type { Database } from 'bun:sqlite'
import { openStore, refusing, type StoreKind } from './open-store.ts'
import { SESSION_TABLES } from './runtime-schema.ts'

const PROVIDER_IDS = `
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

const KEY_USES = `
  CREATE TABLE key_uses (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`

const OLD_SIGN_INS = `
  CREATE TABLE sign_ins (
    person TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    groups TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`

// What was kept before does not say by which bundle, or of which token: everybody signs in once more.
const SIGN_INS = [
  'DROP TABLE sign_ins',
  `
  CREATE TABLE sign_ins (
    person TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    signed TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
]

const RUNTIME: StoreKind = {
  name: 'The runtime store',
  migrations: [[PROVIDER_IDS], [KEY_USES, OLD_SIGN_INS], SIGN_INS, SESSION_TABLES],
  // What the machine's end takes with it is nobody's afterwards, which denies. What must outlive it is written `durably`.
  synchronous: 'NORMAL',
}

/** One of the things that it keeps. Whatever goes wrong is a Refusal `not_ready` that says what is kept there. */
export interface RuntimeTable<Statements> {
  readonly database: Database
  readonly statements: Statements
  readonly keeping: <T>(doing: 'read' | 'written', work: () => T) => T
  /** What this writes, and what anybody wrote before it, survives the machine. It syncs. MUST NOT be called in a transaction. */
  readonly durably: <T>(work: () => T) => T
  close(): void
}

/** `keeps` completes "which keeps …". */
export function openRuntimeTable<Statements extends Readonly<Record<string, { finalize(): void }>>>(
  path: string,
  keeps: string,
  prepare: (database: Database) => Statements,
): RuntimeTable<Statements> {
  const store = `${RUNTIME.name} (which keeps ${keeps})`
  const { database, statements } = refusing(store, 'opened', () => {
    const opened = openStore(path, RUNTIME)
    try {
      return { database: opened, statements: prepare(opened) }
    } catch (error) {
      opened.close()
      throw error
    }
  })
  return {
    database,
    statements,
    keeping: (doing, work) => refusing(store, doing, work),
    durably: (work) =>
      refusing(store, 'written', () => {
        database.run('PRAGMA synchronous = FULL')
        try {
          return work()
        } finally {
          database.run('PRAGMA synchronous = NORMAL')
        }
      }),
    close() {
      // A statement that is still there keeps the file open behind a closed database, and goes on answering.
      for (const statement of Object.values(statements)) statement.finalize()
      database.close()
    },
  }
}
