// As what each person who has a personal key was last proven by a token of their own, in `runtime.db`.
import type { Database } from 'bun:sqlite'
import { MOST_AHEAD_MS, type SignIns } from '#access/virtual-key.ts'
import { openRuntimeTable } from './runtime-store.ts'
import { parseSignIn, printSignIn } from './sign-in-row.ts'

/**
 * Everything here throws a Refusal `not_ready` when the file cannot be opened, read or written. Nothing is remembered beside
 * the file: what this worker noted says nothing of what another one noted since. A look costs microseconds.
 */
export function openSignIns(path: string): SignIns & { close(): void } {
  const table = openRuntimeTable(path, 'when people signed in last', prepare)
  const { find, put } = table.statements
  return {
    last(person) {
      if (!person.isWellFormed()) return undefined
      return table.keeping('read', () => {
        const row = find.get(person)
        return row === null ? undefined : parseSignIn(row.at, row.signed)
      })
    },
    note(person, signIn, now) {
      // SQLite would keep every half of a surrogate pair as the same character: two persons would be one.
      if (!person.isWellFormed()) return
      const { at } = signIn
      const signed = printSignIn(signIn)
      const kept = table.keeping('read', () => find.get(person))
      if (kept && kept.at === at && kept.signed === signed) return
      // Only spares the lock: the statement says the same again, in case another worker was faster.
      if (kept && kept.at > at && kept.at <= now + MOST_AHEAD_MS) return
      table.keeping('written', () => put.run(person, at, signed, now + MOST_AHEAD_MS))
    },
    close: () => table.close(),
  }
}

function prepare(database: Database) {
  return {
    find: database.prepare<{ at: number; signed: string }, [string]>(
      'SELECT at, signed FROM sign_ins WHERE person = ?',
    ),
    put: database.prepare(
      'INSERT INTO sign_ins VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = excluded.at, signed = excluded.signed WHERE excluded.at >= at OR at > ?4',
    ),
  }
}
