// When each person who has a personal key was last proven by a token of their own, and in which teams, in `runtime.db`.
import type { Database } from 'bun:sqlite'
import type { SignIns } from '#access/virtual-key.ts'
import { makeMinutes } from './minutes.ts'
import { openRuntimeTable } from './runtime-store.ts'

/**
 * Everything here throws a Refusal `not_ready` when the file cannot be opened, read or written. Other teams than the last
 * time are written at once: whoever has left one must not act in it for another minute.
 */
export function openSignIns(path: string): SignIns & { close(): void } {
  const table = openRuntimeTable(path, 'when people signed in last', prepare)
  const { find, put } = table.statements
  const minutes = makeMinutes()
  return {
    last(person) {
      if (!person.isWellFormed()) return undefined
      return table.keeping('read', () => {
        const row = find.get(person)
        return row === null ? undefined : { at: row.at, groups: groupsOf(row.groups) }
      })
    },
    note(person, { at, groups }) {
      // SQLite would keep every half of a surrogate pair as the same character: two persons would be one.
      if (!person.isWellFormed()) return
      const text = JSON.stringify(groups)
      if (minutes.has(person, text, at)) return
      table.keeping('written', () => put.run(person, at, text))
      minutes.add(person, text, at)
    },
    close: () => table.close(),
  }
}

function groupsOf(text: string): readonly string[] {
  const groups: unknown = JSON.parse(text)
  if (Array.isArray(groups) && groups.every((group) => typeof group === 'string')) return groups
  throw new TypeError('the groups of a sign-in are no list of names')
}

function prepare(database: Database) {
  return {
    find: database.prepare<{ at: number; groups: string }, [string]>(
      'SELECT at, groups FROM sign_ins WHERE person = ?',
    ),
    put: database.prepare(
      'INSERT INTO sign_ins VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, groups = excluded.groups WHERE excluded.at >= at',
    ),
  }
}
