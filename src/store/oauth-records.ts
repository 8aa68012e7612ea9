// What the authorization server remembers, in `runtime.db`: `of(model)` is an adapter of `oidc-provider`. Nothing in it can be used by
// whoever only reads the file: see oauth-records-seal.ts. What was consumed stays so, whoever writes the record again.
import type { Database } from 'bun:sqlite'
import { Refusal } from '#access/refusal.ts'
import { digestOf, seal, unseal } from './oauth-records-seal.ts'
import { openRuntimeTable, type RuntimeTable } from './runtime-store.ts'

/** With every record as many are forgotten whose time is over: more go than come. */
const MOST_FORGOTTEN = 4

type Payload = Readonly<Record<string, unknown>>

/** Everything rejects with a Refusal `not_ready` where the file cannot be read or written. */
export interface OAuthRecordsOf {
  /** `seconds`: for how long; for ever, where it is not said. */
  upsert(id: string, payload: Payload, seconds?: number): Promise<void>
  /** With `consumed`, seconds since the epoch, where it was. */
  find(id: string): Promise<Record<string, unknown> | undefined>
  findByUid(uid: string): Promise<Record<string, unknown> | undefined>
  findByUserCode(userCode: string): Promise<Record<string, unknown> | undefined>
  /** Of several at once, one: the others are refused (`unauthenticated`), as is whoever asks for what is not there. */
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

/**
 * Throws a Refusal `not_ready` where the file cannot be opened. `now`: milliseconds since the epoch. What was used up or revoked is so
 * after a power cut; a record that the cut took with it is nobody's afterwards.
 */
export function openOAuthRecords(
  path: string,
  now: () => number = Date.now,
): { of(model: string): OAuthRecordsOf; close(): void } {
  const table = openRuntimeTable(path, 'what the authorization server remembers', prepare)
  return { of: (model) => recordsOf(table, model, now), close: () => table.close() }
}

type Statements = ReturnType<typeof prepare>

function recordsOf(
  { statements, keeping, durably }: RuntimeTable<Statements>,
  model: string,
  now: () => number,
): OAuthRecordsOf {
  const digest = (what: string, secret: string): Uint8Array => digestOf(model, what, secret)
  const open = (row: Row | null, id: string): Record<string, unknown> | undefined => {
    if (row === null || (row.until !== null && row.until <= now())) return undefined
    const payload = JSON.parse(unseal(model, 'id', id, row.sealed)) as Record<string, unknown>
    return row.consumed === null ? payload : { ...payload, consumed: row.consumed }
  }
  const byId = (id: string) => open(statements.find.get(model, digest('id', id)), id)
  const byOther = (what: 'uid' | 'userCode', secret: string): Record<string, unknown> | undefined => {
    const row = statements[what].get(model, digest(what, secret))
    return row === null ? undefined : byId(unseal(model, what, secret, row.id))
  }
  return {
    upsert: async (id, payload, seconds) => {
      const { uid, userCode, grantId, consumed } = payload
      const at = now()
      keeping('written', () => {
        statements.put.run({
          $model: model,
          $id: digest('id', id),
          $until: seconds === undefined ? null : at + seconds * 1000,
          $consumed: typeof consumed === 'number' ? consumed : null,
          $granted: typeof grantId === 'string' ? digest('grant', grantId) : null,
          $uid: typeof uid === 'string' ? digest('uid', uid) : null,
          $byUid: typeof uid === 'string' ? seal(model, 'uid', uid, id) : null,
          $userCode: typeof userCode === 'string' ? digest('userCode', userCode) : null,
          $byUserCode: typeof userCode === 'string' ? seal(model, 'userCode', userCode, id) : null,
          $sealed: seal(model, 'id', id, JSON.stringify(payload)),
        })
        if ((statements.oldest.get()?.until ?? at) < at) statements.forget.run(at, MOST_FORGOTTEN)
      })
    },
    find: async (id) => keeping('read', () => byId(id)),
    findByUid: async (uid) => keeping('read', () => byOther('uid', uid)),
    findByUserCode: async (userCode) => keeping('read', () => byOther('userCode', userCode)),
    consume: async (id) => {
      const at = now()
      const { changes } = durably(() => statements.consume.run(Math.floor(at / 1000), model, digest('id', id), at))
      if (changes === 0) throw new Refusal('unauthenticated', { message: 'It was used before.' })
    },
    destroy: async (id) => void durably(() => statements.remove.run(model, digest('id', id))),
    revokeByGrantId: async (grantId) => void durably(() => statements.removeGrant.run(model, digest('grant', grantId))),
  }
}

interface Row {
  readonly until: number | null
  readonly consumed: number | null
  readonly sealed: Uint8Array
}

function prepare(database: Database) {
  return {
    find: database.prepare<Row, [string, Uint8Array]>(
      'SELECT until, consumed, sealed FROM oauth_records WHERE model = ? AND id = ?',
    ),
    uid: database.prepare<{ id: Uint8Array }, [string, Uint8Array]>(
      'SELECT by_uid AS id FROM oauth_records WHERE model = ? AND uid = ? ORDER BY rowid DESC LIMIT 1',
    ),
    userCode: database.prepare<{ id: Uint8Array }, [string, Uint8Array]>(
      'SELECT by_user_code AS id FROM oauth_records WHERE model = ? AND user_code = ? ORDER BY rowid DESC LIMIT 1',
    ),
    put: database.prepare(`INSERT INTO oauth_records
      (model, id, until, consumed, granted, uid, by_uid, user_code, by_user_code, sealed)
      VALUES ($model, $id, $until, $consumed, $granted, $uid, $byUid, $userCode, $byUserCode, $sealed)
      ON CONFLICT DO UPDATE SET until = excluded.until, consumed = coalesce(consumed, excluded.consumed),
        granted = excluded.granted, uid = excluded.uid, by_uid = excluded.by_uid, user_code = excluded.user_code,
        by_user_code = excluded.by_user_code, sealed = excluded.sealed`),
    consume: database.prepare<never, [number, string, Uint8Array, number]>(`UPDATE oauth_records SET consumed = ?1
      WHERE model = ?2 AND id = ?3 AND consumed IS NULL AND (until IS NULL OR until > ?4)`),
    remove: database.prepare<never, [string, Uint8Array]>('DELETE FROM oauth_records WHERE model = ? AND id = ?'),
    removeGrant: database.prepare<never, [string, Uint8Array]>(
      'DELETE FROM oauth_records WHERE model = ? AND granted = ?',
    ),
    oldest: database.prepare<{ until: number }, []>(
      'SELECT until FROM oauth_records WHERE until IS NOT NULL ORDER BY until LIMIT 1',
    ),
    forget: database.prepare<never, [number, number]>(`DELETE FROM oauth_records WHERE rowid IN
      (SELECT rowid FROM oauth_records WHERE until IS NOT NULL AND until < ?1 ORDER BY until LIMIT ?2)`),
  }
}
