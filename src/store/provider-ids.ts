// Who caused which id that a provider made, in `runtime.db`. Several worker processes share the file, so what decides a
// claim is the primary key, in a transaction that takes the write lock at its beginning.
import type { Database } from 'bun:sqlite'
import type { MadeBy, ProviderIds } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'
import { openRuntimeTable } from './runtime-store.ts'

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
  const table = openRuntimeTable(path, 'who made the ids that providers give out', prepare)
  const { find, insert, remove } = table.statements
  const insertAll = table.database.transaction((provider: string, ids: readonly string[], by: MadeBy) => {
    const { principal, session, model, at, exchange } = by
    for (const id of ids) insert.run(provider, id, principal.type, principal.id, session ?? null, model, at, exchange)
  }).immediate
  return {
    claim(provider, ids, by) {
      // SQLite would keep every half of a surrogate pair as the same character: two ids would be one.
      if (![provider, ...ids].every((text) => text.isWellFormed())) throw new Refusal('not_ready', ILL_FORMED)
      table.keeping('written', () => {
        // A stream repeats its id in every event; only the first needs the write lock.
        const fresh = ids.filter((id) => find.get(provider, id) === null)
        if (fresh.length > 0) insertAll(provider, fresh, by)
      })
    },
    find(provider, id) {
      if (!provider.isWellFormed() || !id.isWellFormed()) return undefined
      const row = table.keeping('read', () => find.get(provider, id))
      return row === null ? undefined : madeBy(row)
    },
    forget(provider, id) {
      if (!provider.isWellFormed() || !id.isWellFormed()) return
      table.keeping('written', () => remove.run(provider, id))
    },
    close: () => table.close(),
  }
}

const ILL_FORMED = { message: 'An id that the provider made is no valid text, and cannot be kept.' }

function madeBy({ principal_type, principal_id, session, model, at, exchange }: Row): MadeBy {
  const principal = { type: principal_type, id: principal_id }
  return { principal, ...(session === null ? {} : { session }), model, at, exchange }
}

function prepare(database: Database) {
  return {
    find: database.prepare<Row, [string, string]>(
      'SELECT principal_type, principal_id, session, model, at, exchange FROM provider_ids WHERE provider = ? AND id = ?',
    ),
    insert: database.prepare('INSERT INTO provider_ids VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    remove: database.prepare('DELETE FROM provider_ids WHERE provider = ? AND id = ?'),
  }
}
