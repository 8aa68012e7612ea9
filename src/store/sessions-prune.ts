// What nobody asks for any more, taken away a little at a time: whoever sweeps waits for it, and so does every worker that writes.
import type { Database } from 'bun:sqlite'

/** A little more than what is asked for sessions of the last month. */
const KEPT_MS = 30 * 86_400_000
/** Of each kind in one sweep. */
const MOST = 100

export type PruneStatements = ReturnType<typeof preparePrune>

export function preparePrune(database: Database) {
  return {
    // A family goes as a whole, once its eldest ended so long ago and no end in it waits for the log.
    oldFamilies: database.prepare<{ id: string }, [number, number]>(`
      SELECT id FROM sessions AS eldest WHERE parent IS NULL AND recorded = 1 AND ended_at < ?1
        AND NOT EXISTS (${familyOf('eldest.id')} SELECT 1 FROM sessions JOIN family USING (id) WHERE recorded = 0)
      ORDER BY ended_at LIMIT ?2`),
    removeLinks: database.prepare<never, [string]>(
      `${familyOf('?1')} DELETE FROM session_links WHERE session IN family`,
    ),
    removeFamily: database.prepare<never, [string]>(`${familyOf('?1')} DELETE FROM sessions WHERE id IN family`),
    removeLabels: database.prepare<never, [string]>('DELETE FROM session_labels WHERE root = ?'),
    removeEnds: database.prepare<never, [number, number]>(
      'DELETE FROM session_ends WHERE mark IN (SELECT mark FROM session_ends ORDER BY mark LIMIT ?2) AND at < ?1',
    ),
    oldEnd: database.prepare<{ at: number }, []>('SELECT at FROM session_ends ORDER BY mark LIMIT 1'),
    oldToken: database.prepare<{ until: number }, []>('SELECT until FROM revoked_tokens ORDER BY until LIMIT 1'),
    removeTokens: database.prepare<never, [number, number]>(
      'DELETE FROM revoked_tokens WHERE jti IN (SELECT jti FROM revoked_tokens WHERE until < ?1 ORDER BY until LIMIT ?2)',
    ),
  }
}

const familyOf = (eldest: string): string => `
  WITH RECURSIVE family (id) AS (SELECT ${eldest} UNION
    SELECT child.id FROM sessions AS child JOIN family ON child.parent = family.id)`

/** Looks first: where there is nothing to take away, nobody is kept from writing. */
export function pruneSessions(database: Database, statements: PruneStatements, now: number): void {
  const before = now - KEPT_MS
  const { oldFamilies, oldEnd, oldToken, removeLinks, removeFamily, removeLabels } = statements
  const families = oldFamilies.all(before, MOST)
  if (families.length > 0) {
    database
      .transaction(() => {
        for (const { id } of families) {
          removeLinks.run(id)
          removeFamily.run(id)
          removeLabels.run(id)
        }
      })
      .immediate()
  }
  if ((oldEnd.get()?.at ?? now) < before) statements.removeEnds.run(before, MOST)
  if ((oldToken.get()?.until ?? now) < now) statements.removeTokens.run(now, MOST)
}
