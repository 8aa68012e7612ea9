// What may be used once (the id of a proof, of an assertion), in `runtime.db`. What decides is the primary key: of any number of
// workers at once, one is first. Kept by digest: a key may be long, and holds what others wrote.
import type { Database } from 'bun:sqlite'
import { hash } from 'node:crypto'
import type { OnlyOnce } from '#access/session.ts'
import { openRuntimeTable } from './runtime-store.ts'

/** Every so many uses, four times as many are forgotten that could not be used anyway: the table does not grow. */
const USES = 16
const MOST_FORGOTTEN = 4 * USES

/**
 * Everything here throws a Refusal `not_ready` when the file cannot be opened, read or written. A use survives the process; what
 * was used just before the machine stopped could be used again until its time is over.
 */
export function openOnlyOnce(path: string): OnlyOnce & { close(): void } {
  const table = openRuntimeTable(path, 'what was used once', prepare)
  const { find, insert, forget } = table.statements
  let uses = 0
  return {
    use: (key, until, now) =>
      table.keeping('written', () => {
        const digest = hash('sha256', JSON.stringify(key), 'buffer')
        // Whoever repeats keeps nobody else from writing.
        if (find.get(digest) !== null) return false
        const first = insert.run(digest, until).changes === 1
        if (++uses % USES === 0) forget.run(now, MOST_FORGOTTEN)
        return first
      }),
    close: () => table.close(),
  }
}

function prepare(database: Database) {
  return {
    find: database.prepare<{ until: number }, [Uint8Array]>('SELECT until FROM only_once WHERE key = ?'),
    insert: database.prepare<never, [Uint8Array, number]>('INSERT INTO only_once VALUES (?, ?) ON CONFLICT DO NOTHING'),
    forget: database.prepare<never, [number, number]>(
      'DELETE FROM only_once WHERE key IN (SELECT key FROM only_once WHERE until < ?1 ORDER BY until LIMIT ?2)',
    ),
  }
}
