// When each virtual key was used last, and from where, in `runtime.db`.
import type { Database } from 'bun:sqlite'
import { type KeyUse, type KeyUses, MOST_AHEAD_MS } from '#access/virtual-key.ts'
import { makeMinutes } from './minutes.ts'
import { openRuntimeTable } from './runtime-store.ts'

/**
 * Everything here throws a Refusal `not_ready` when the file cannot be opened, read or written. A use counts for a minute;
 * of what several workers note, the latest stays, unless a wrong clock noted it.
 */
export function openKeyUses(path: string): KeyUses & { close(): void } {
  const table = openRuntimeTable(path, 'when keys were used last', prepare)
  const { find, put } = table.statements
  const minutes = makeMinutes()
  return {
    last: (id) => (id.isWellFormed() ? (table.keeping('read', () => find.get(id)) ?? undefined) : undefined),
    note(id, { at, source }) {
      if (!id.isWellFormed() || minutes.has(id, '', at)) return
      table.keeping('written', () => put.run(id, at, source, at + MOST_AHEAD_MS))
      minutes.add(id, '', at)
    },
    close: () => table.close(),
  }
}

function prepare(database: Database) {
  return {
    find: database.prepare<KeyUse, [string]>('SELECT at, source FROM key_uses WHERE id = ?'),
    put: database.prepare(
      'INSERT INTO key_uses VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = excluded.at, source = excluded.source WHERE excluded.at > at OR at > ?4',
    ),
  }
}
