// The keys as their owner changes them. A change is recorded before it is in force: what stands in `control.db` stands in
// the trail. Killed between the two, the trail tells of a change that is not in force; whoever asked for it was told nothing.
import type { Database } from 'bun:sqlite'
import { Refusal } from '#access/refusal.ts'
import type { ChangeEntry, Trail } from '#access/trail.ts'
import type { VirtualKey } from '#access/virtual-key.ts'
import { canonicalJson } from '#lib/canonical-json.ts'
import { CONTROL, CONTROL_STORE } from './control-store.ts'
import { keyDifference, keyRecord } from './key-record.ts'
import { digestOf, parseKeyRow, printKeyRow } from './key-row.ts'
import { openStore, refusing } from './open-store.ts'
import { sortKeys } from './virtual-keys.ts'

export interface KeyChange {
  /** As it shall be. One whose id is not held is new. */
  readonly key: VirtualKey
  readonly why: string
}

export interface KeyRegister {
  /**
   * `plan` is told the keys as they are and answers what becomes of them: all of it, or, where it throws or anything
   * fails, none. Nobody else changes keys meanwhile. Rejects with a Refusal `not_permitted` once the control plane has
   * operators, `audit_unavailable` when the trail cannot be written, `not_ready` when the store cannot.
   */
  change(plan: (keys: readonly VirtualKey[]) => readonly KeyChange[]): Promise<readonly VirtualKey[]>
  close(): void
}

export interface RegisterOptions {
  readonly trail: Trail
  /** Who changes the keys, for the trail. */
  readonly by: string
}

/** `path` is made where it is missing, mode 0600. Throws a Refusal `not_ready` where it cannot be opened. */
export function openKeyRegister(path: string, { trail, by }: RegisterOptions): KeyRegister {
  const { database, ...statements } = open(path)
  const { all, put, operators } = statements
  const written = <T>(work: () => T): T => refusing(CONTROL_STORE, 'written', work)

  /** What is recorded of changes that then were none. Best effort: where the trail itself failed, it may fail again. */
  const takeBack = (recorded: readonly ChangeEntry[]): Promise<void> =>
    recordAll(trail, recorded.toReversed().map(undoing), () => undefined).catch(() => undefined)
  const change = async (plan: Parameters<KeyRegister['change']>[0]): Promise<readonly VirtualKey[]> => {
    const recorded: ChangeEntry[] = []
    written(() => database.run('BEGIN IMMEDIATE'))
    try {
      if (written(() => operators.get()) !== null) throw new Refusal('not_permitted', { message: OPERATED })
      const keys = written(() => all.all().map(({ key }) => parseKeyRow(key)))
      const held = new Map(keys.map((key) => [key.id, key]))
      const changes = plan(sortKeys(keys))
      // Written first, so that what cannot be kept is not recorded; in force only with the commit.
      for (const { key } of changes) {
        const person = key.principal.type === 'User' ? key.principal.id : null
        written(() => put.run(digestOf(key.id), person, printKeyRow(key)))
      }
      const entries = changes.map(({ key, why }) => entryOf(held.get(key.id), key, { by, why }))
      await recordAll(trail, entries, (entry) => recorded.push(entry))
      written(() => database.run('COMMIT'))
      return changes.map(({ key }) => key)
    } catch (error) {
      if (database.inTransaction) database.run('ROLLBACK')
      await takeBack(recorded)
      throw error
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    change(plan) {
      // One after the other: two at once would share a transaction.
      const next = last.then(() => change(plan))
      last = next.catch(() => undefined)
      return next
    },
    close() {
      for (const statement of Object.values(statements)) statement.finalize()
      database.close()
    },
  }
}

const OPERATED =
  'The control plane has operators, and keys are changed there: use its console or API. This tool still lists and shows them.'

/**
 * One sync for all: that of the last entry covers whatever was written to the same log before it. A log whose earlier sync
 * failed takes no more, or has signed and synced what it held by then, so a sync that failed on the way is not passed over.
 * Rejects at the first entry that does not stand; none counts before all do.
 */
async function recordAll(trail: Trail, entries: readonly ChangeEntry[], note: (entry: ChangeEntry) => void) {
  for (const [at, entry] of entries.entries()) {
    await trail.append(entry, at === entries.length - 1 ? 'machine' : 'process')
    note(entry)
  }
}

function undoing({ before, after, ...entry }: ChangeEntry): ChangeEntry {
  const values = {
    ...(after === undefined ? {} : { before: after }),
    ...(before === undefined ? {} : { after: before }),
  }
  return { ...entry, why: 'taken back: it could not be kept', ...values }
}

/** A new key whole, of a change what differs: so that nothing of it is ever cut to fit an entry. */
function entryOf(
  before: VirtualKey | undefined,
  after: VirtualKey,
  { by, why }: { readonly by: string; readonly why: string },
): ChangeEntry {
  return {
    kind: 'change',
    what: 'key',
    subject: after.id,
    by,
    why,
    ...(before === undefined ? { after: canonicalJson(keyRecord(after)) } : keyDifference(before, after)),
  }
}

function open(path: string) {
  return refusing(CONTROL_STORE, 'opened', () => {
    const database: Database = openStore(path, CONTROL)
    try {
      return {
        database,
        all: database.prepare<{ key: string }, []>('SELECT key FROM keys'),
        put: database.prepare(
          'INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET person = excluded.person, key = excluded.key',
        ),
        operators: database.prepare<{ id: string }, []>('SELECT id FROM operators LIMIT 1'),
      }
    } catch (error) {
      database.close()
      throw error
    }
  })
}
