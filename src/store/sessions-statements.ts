// What is asked of the tables of sessions. A session and those it came from are one lineage: a call in it is a call in each of them.
import type { Database } from 'bun:sqlite'
import type { SessionRow } from './session-row.ts'

export type SessionStatements = ReturnType<typeof prepareSessions>

/** A look at one session of a lineage. */
export interface Standing {
  readonly id: string
  readonly expires: number
  readonly idle: number
  readonly most_tokens: number
  readonly most_calls: number
  readonly used_at: number
  readonly calls: number
  readonly tokens: number
  readonly ended_why: string | null
}

/** What is asked for, null where anything is; then how many. */
type ListTerms = [
  open: number | null,
  client: string | null,
  principal: string | null,
  before: string | null,
  kind: string | null,
  began: number | null,
  most: number,
]

/** How often one of a lineage was struck, and its bounds; 0: none. */
interface Struck {
  readonly id: string
  readonly ended_why: string | null
  readonly outOfScope: number
  readonly misuse: number
  readonly mostOutOfScope: number
  readonly mostMisuse: number
}

const LINEAGE = `
  WITH RECURSIVE lineage (id) AS (
    SELECT ?1 UNION SELECT parent FROM sessions JOIN lineage USING (id) WHERE parent IS NOT NULL
  )`

const STATE = `
  SELECT declared, root, trust, used_at, calls, tokens, tool_calls, clean, out_of_scope, misuse, flags,
    (SELECT json_group_array(label) FROM session_labels WHERE root = sessions.root) AS labels,
    ended_at, ended_why, ended_by
  FROM sessions`

export function prepareSessions(database: Database) {
  return {
    ...prepareCounts(database),
    ...prepareEnds(database),
    find: database.prepare<SessionRow, [string]>(`${STATE} WHERE id = ?`),
    conversation: database.prepare<SessionRow, [Uint8Array]>(`${STATE} WHERE conversation = ? AND ended_at IS NULL`),
    begunBy: database.prepare<{ many: number }, [string, string, number]>(
      'SELECT count(*) AS many FROM (SELECT 1 FROM session_links WHERE principal = ? AND session > ? LIMIT ?)',
    ),
    list: database.prepare<SessionRow, ListTerms>(`${STATE}
      WHERE (?1 IS NULL OR (ended_at IS NULL) = ?1) AND (?2 IS NULL OR client = ?2)
        AND (?3 IS NULL OR id IN (SELECT session FROM session_links WHERE principal = ?3))
        AND (?4 IS NULL OR id < ?4) AND (?5 IS NULL OR declared ->> '$.kind' = ?5)
        AND (?6 IS NULL OR declared ->> '$.began' >= ?6)
      ORDER BY id DESC LIMIT ?7`),
    above: database.prepare<{ root: string; depth: number; ended_why: string | null }, [string]>(
      'SELECT root, depth, ended_why FROM sessions WHERE id = ?',
    ),
    insert: database.prepare(`INSERT INTO sessions
      (id, parent, root, depth, client, conversation, expires, idle, most_tokens, most_calls, needs_clean, trust,
        used_at, due, declared)
      VALUES ($id, $parent, $root, $depth, $client, $conversation, $expires, $idle, $tokens, $calls, $clean, $trust,
        $began, $due, $declared)`),
    link: database.prepare<never, [string, string]>('INSERT INTO session_links VALUES (?, ?)'),
    labels: database.prepare<{ label: string }, [string]>(
      'SELECT label FROM session_labels WHERE root = (SELECT root FROM sessions WHERE id = ?)',
    ),
    label: database.prepare<never, [string, string]>(`
      INSERT INTO session_labels SELECT root, ?2 FROM sessions WHERE id = ?1 ON CONFLICT DO NOTHING`),
    revoke: database.prepare<never, [string, number]>(
      'INSERT INTO revoked_tokens VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)',
    ),
    isRevoked: database.prepare<{ until: number }, [string]>('SELECT until FROM revoked_tokens WHERE jti = ?'),
  }
}

function prepareCounts(database: Database) {
  return {
    lineage: database.prepare<Standing, [string]>(`${LINEAGE}
      SELECT id, expires, idle, most_tokens, most_calls, used_at, calls, tokens, ended_why
      FROM sessions JOIN lineage USING (id) ORDER BY depth DESC`),
    // All of the lineage or none of it: what stops one of them is looked for once, before the first is changed.
    call: database.prepare<never, [string, number]>(`${LINEAGE}
      UPDATE sessions SET calls = calls + 1, used_at = max(used_at, ?2)
      WHERE id IN lineage AND NOT EXISTS (
        SELECT 1 FROM lineage LEFT JOIN sessions AS each USING (id)
        WHERE each.id IS NULL OR each.ended_at IS NOT NULL OR each.calls >= each.most_calls
          OR each.tokens >= each.most_tokens OR each.expires <= ?2 OR each.used_at + each.idle <= ?2)`),
    settle: database.prepare<never, [string, number, number, number, number]>(`${LINEAGE}
      UPDATE sessions SET tokens = tokens + ?2, tool_calls = tool_calls + ?3, flags = flags + ?4,
        clean = CASE WHEN id = ?1 THEN clean + ?5 ELSE clean END,
        trust = CASE WHEN id = ?1 AND trust = 'initial' AND ?5 AND clean + 1 >= needs_clean
          THEN 'standard' ELSE trust END
      WHERE id IN lineage`),
    // All of one origin: whatever was found in one of them, the others could have been told.
    unclean: database.prepare<never, [string]>(`
      WITH RECURSIVE family (id) AS (SELECT root FROM sessions WHERE id = ?1 UNION
        SELECT child.id FROM sessions AS child JOIN family ON child.parent = family.id)
      UPDATE sessions SET clean = 0 WHERE id IN family AND clean > 0`),
    tally: database.prepare<never, [string, number, number, number, number, number]>(`
      UPDATE sessions SET calls = calls + ?2, used_at = max(used_at, ?3), tokens = tokens + ?4,
        tool_calls = tool_calls + ?5, flags = flags + ?6 WHERE id = ?1`),
    strike: database.prepare<never, [string, number, number]>(`${LINEAGE}
      UPDATE sessions SET out_of_scope = out_of_scope + ?2, misuse = misuse + ?3 WHERE id IN lineage`),
    struck: database.prepare<Struck, [string]>(`${LINEAGE}
      SELECT id, ended_why, out_of_scope AS outOfScope, misuse,
        declared ->> '$.bounds.outOfScope' AS mostOutOfScope, declared ->> '$.bounds.misuse' AS mostMisuse
      FROM sessions JOIN lineage USING (id) ORDER BY depth DESC`),
    elevate: database.prepare<never, [string]>(
      "UPDATE sessions SET trust = 'elevated' WHERE id = ? AND ended_at IS NULL",
    ),
  }
}

interface Due {
  readonly id: string
  readonly expires: number
  readonly idle: number
  readonly used_at: number
}

function prepareEnds(database: Database) {
  return {
    end: database.prepare<{ id: string }, [string, number, string, string]>(`
      WITH RECURSIVE below (id) AS (SELECT ?1 UNION SELECT child.id FROM sessions AS child JOIN below ON child.parent = below.id)
      UPDATE sessions SET ended_at = ?2, ended_by = ?4, ended_why = CASE id WHEN ?1 THEN ?3 ELSE 'parent-ended' END
      WHERE id IN below AND ended_at IS NULL RETURNING id`),
    mark: database.prepare<never, [string, number]>('INSERT INTO session_ends (session, at) VALUES (?, ?)'),
    endedSince: database.prepare<{ mark: number; session: string }, [number, number]>(
      'SELECT mark, session FROM session_ends WHERE mark > ? ORDER BY mark LIMIT ?',
    ),
    lastMark: database.prepare<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'session_ends'"),
    due: database.prepare<Due, [number, number]>(
      'SELECT id, expires, idle, used_at FROM sessions WHERE ended_at IS NULL AND due <= ? ORDER BY due LIMIT ?',
    ),
    postpone: database.prepare<never, [number, string]>('UPDATE sessions SET due = ? WHERE id = ?'),
    unrecorded: database.prepare<SessionRow, [number]>(
      `${STATE} WHERE ended_at IS NOT NULL AND recorded = 0 ORDER BY ended_at LIMIT ?`,
    ),
    recorded: database.prepare<never, [string]>(
      'UPDATE sessions SET recorded = 1 WHERE id = ? AND ended_at IS NOT NULL',
    ),
  }
}
