// The keys as the data plane reads them: every question reads its row anew, so that what was revoked is revoked in the very
// next answer of every worker. The file may come later than the gateway; one that was exchanged is noticed.
import type { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import type { VirtualKey, VirtualKeys } from '#access/virtual-key.ts'
import { CONTROL, CONTROL_STORE } from './control-store.ts'
import { digestOf, parseKeyRow } from './key-row.ts'
import { openStoreReadOnly, refusing } from './open-store.ts'

export interface VirtualKeyStore extends VirtualKeys {
  /** In the order of their creation. */
  all(): readonly VirtualKey[]
  close(): void
}

/** Parsed rows, by the text of the row: what is remembered is never older than what was just read. */
const MOST_PARSED = 4096

/**
 * Where there is no file, no key is found, and those of a file that comes are found from then on. Everything here throws a
 * Refusal `not_ready` when the file is there, or was, and cannot be read.
 */
export function openVirtualKeys(path: string): VirtualKeyStore {
  let current: Opened | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let closed = false
  const parsed = new Map<string, VirtualKey>()

  const isInUse = ({ key }: Row): boolean => parse(key).revoked === undefined
  const parse = (row: string): VirtualKey => {
    const known = parsed.get(row)
    if (known) return known
    if (parsed.size >= MOST_PARSED) parsed.clear()
    const key = parseKeyRow(row)
    parsed.set(row, key)
    return key
  }
  const opened = (lookedFor: number): Opened | undefined => {
    if (closed) throw new Error('it is closed')
    const at = performance.now()
    if (at - lookedAt < lookedFor) return current
    lookedAt = Number.NEGATIVE_INFINITY
    const place = statSync(path, { throwIfNoEntry: false })
    if (place === undefined && current === undefined) {
      lookedAt = at
      return undefined
    }
    if (place === undefined) throw new Error('it was there, and is gone')
    // Another file under the same name: the old one would go on saying what was true once.
    if (current && (current.inode !== place.ino || current.device !== place.dev)) {
      finalize(current)
      current = undefined
    }
    current ??= open(path, { inode: place.ino, device: place.dev })
    lookedAt = at
    return current
  }
  /** What is changed in the file is seen at once; that another one has taken its place, after so many milliseconds. */
  const reading = <T>(work: (from: Opened) => T, none: T, lookedFor = 0): T =>
    refusing(CONTROL_STORE, 'read', () => {
      const from = opened(lookedFor)
      return from ? work(from) : none
    })
  return {
    find(id) {
      // SQLite and the digest would both read every half of a surrogate pair as the same character.
      if (!id.isWellFormed()) return undefined
      return reading<VirtualKey | undefined>(({ find }) => {
        const row = find.get(digestOf(id))
        const key = row === null ? undefined : parse(row.key)
        if (key && key.id !== id) throw new Error('a row holds the key of another')
        return key
      }, undefined)
    },
    hasPersonal(person) {
      if (!person.isWellFormed()) return false
      // Asked for every request of a person, and no more than whether to note their sign-in.
      return reading(({ personal }) => personal.all(person).some(isInUse), false, REPLACED_MS)
    },
    all: () => reading<readonly VirtualKey[]>((from) => sortKeys(from.all.all().map(({ key }) => parse(key))), []),
    close() {
      closed = true
      if (current) finalize(current)
      current = undefined
    },
  }
}

/** Milliseconds. */
const REPLACED_MS = 50

export const sortKeys = (keys: readonly VirtualKey[]): readonly VirtualKey[] =>
  [...keys].sort((one, other) => one.created - other.created || (one.id < other.id ? -1 : 1))

interface Opened extends ReturnType<typeof statements> {
  readonly database: Database
  readonly inode: number
  readonly device: number
}

interface Row {
  readonly key: string
}

function open(path: string, place: { readonly inode: number; readonly device: number }): Opened | undefined {
  const database = openStoreReadOnly(path, CONTROL)
  if (!database) return undefined
  try {
    return { database, ...statements(database), ...place }
  } catch (error) {
    database.close()
    throw error
  }
}

function statements(database: Database) {
  return {
    find: database.prepare<Row, [Uint8Array]>('SELECT key FROM keys WHERE digest = ?'),
    personal: database.prepare<Row, [string]>('SELECT key FROM keys WHERE person = ?'),
    all: database.prepare<Row, []>('SELECT key FROM keys'),
  }
}

function finalize({ database, find, personal, all }: Opened): void {
  for (const statement of [find, personal, all]) statement.finalize()
  database.close()
}
