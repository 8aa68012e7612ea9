// How much of each limit is taken, in `runtime.db`, for all workers: a look and what follows from it are one transaction.
import type { Database } from 'bun:sqlite'
import type { Shares } from '#access/limit.ts'
import { openRuntimeTable } from './runtime-store.ts'

/** With every new key as many are forgotten that nobody asks for any more: more go than come. */
const MOST_FORGOTTEN = 4
/** Clocks of workers that differ: whoever is behind may still ask. Milliseconds. */
const MARGIN = 60_000

/**
 * Everything here throws a Refusal `not_ready` when the file cannot be opened, read or written, and a RangeError for what is no
 * amount. `now`: milliseconds since the epoch. What is taken survives the process, not always the machine.
 */
export function openShares(path: string, now: () => number = Date.now): Shares & { close(): void } {
  const table = openRuntimeTable(path, 'how much of the limits is taken', prepare)
  const { database, statements } = table
  const { find, put, give } = statements

  const takenOf = (key: string): number => find.get(key)?.taken ?? 0
  const takenOfAll = (keys: readonly string[]): number => keys.reduce((sum, key) => sum + takenOf(key), 0)
  const forget = (): void => {
    const before = now() - MARGIN
    if ((statements.oldest.get()?.until ?? before) < before) statements.forget.run(before, MOST_FORGOTTEN)
  }
  const takeNow = database.transaction((key: string, { least, wanted, most, beside }: Named, until: number): number => {
    const kept = find.get(key)
    const amount = Math.min(wanted, most - (kept?.taken ?? 0) - takenOfAll(beside))
    if (amount <= 0 || amount < least) return 0
    put.run(key, amount, until)
    if (kept === null) forget()
    return amount
  }).immediate
  const addNow = database.transaction((key: string, amount: number, until: number): void => {
    const isNew = find.get(key) === null
    put.run(key, amount, until)
    if (isNew) forget()
  }).immediate
  return {
    take(key, amount, until) {
      const { least, wanted, most } = amount
      const named = nameOf(key)
      const beside = (amount.beside ?? []).map(nameOf)
      check(least, wanted, most, until)
      return table.keeping('written', () =>
        // Whoever asks where nothing is left keeps nobody else from writing.
        wanted === 0 || most - takenOf(named) < Math.max(least, 1) ? 0 : takeNow(named, { ...amount, beside }, until),
      )
    },
    give(key, amount) {
      check(amount)
      if (amount > 0) table.keeping('written', () => give.run(amount, nameOf(key)))
    },
    add(key, amount, until) {
      check(amount, until)
      if (amount > 0) table.keeping('written', () => addNow(nameOf(key), amount, until))
    },
    taken: (key) => table.keeping('read', () => takenOf(nameOf(key))),
    close: () => table.close(),
  }
}

interface Named {
  readonly least: number
  readonly wanted: number
  readonly most: number
  readonly beside: readonly string[]
}

/** SQLite would keep every half of a surrogate pair as the same character: two principals would share a limit. */
const nameOf = (key: string): string => (key.isWellFormed() ? `:${key}` : JSON.stringify(key))

function check(...amounts: readonly number[]): void {
  if (!amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0))
    throw new RangeError('an amount is a whole number, and not below zero')
}

function prepare(database: Database) {
  return {
    find: database.prepare<{ taken: number }, [string]>('SELECT taken FROM shares WHERE key = ?'),
    put: database.prepare<never, [string, number, number]>(`INSERT INTO shares VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET taken = taken + excluded.taken, until = max(until, excluded.until)`),
    give: database.prepare<never, [number, string]>('UPDATE shares SET taken = max(0, taken - ?) WHERE key = ?'),
    oldest: database.prepare<{ until: number }, []>('SELECT until FROM shares ORDER BY until LIMIT 1'),
    forget: database.prepare<never, [number, number]>(
      'DELETE FROM shares WHERE key IN (SELECT key FROM shares WHERE until < ?1 ORDER BY until LIMIT ?2)',
    ),
  }
}
