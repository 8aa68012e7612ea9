// The tables of sessions and of what belongs to them in `runtime.db`. Times are milliseconds since the epoch.

/** What was declared stands in `declared`; what the bounds of a call are compared with, and all that counts, in columns. */
const SESSIONS = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    parent TEXT,
    root TEXT NOT NULL,
    depth INTEGER NOT NULL,
    client TEXT,
    conversation BLOB,
    expires INTEGER NOT NULL,
    idle INTEGER NOT NULL,
    most_tokens INTEGER NOT NULL,
    most_calls INTEGER NOT NULL,
    needs_clean INTEGER NOT NULL,
    trust TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    calls INTEGER NOT NULL DEFAULT 0,
    tokens INTEGER NOT NULL DEFAULT 0,
    tool_calls INTEGER NOT NULL DEFAULT 0,
    clean INTEGER NOT NULL DEFAULT 0,
    out_of_scope INTEGER NOT NULL DEFAULT 0,
    misuse INTEGER NOT NULL DEFAULT 0,
    flags INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    ended_at INTEGER,
    ended_why TEXT,
    ended_by TEXT,
    recorded INTEGER NOT NULL DEFAULT 0,
    declared TEXT NOT NULL
  ) STRICT`

// Marks are never used twice, whatever is pruned: AUTOINCREMENT.
const SESSION_ENDS = `
  CREATE TABLE session_ends (
    mark INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT`

const SESSION_LABELS = `
  CREATE TABLE session_labels (
    root TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (root, label)
  ) STRICT, WITHOUT ROWID`

const SESSION_LINKS = `
  CREATE TABLE session_links (
    principal TEXT NOT NULL,
    session TEXT NOT NULL,
    PRIMARY KEY (principal, session)
  ) STRICT, WITHOUT ROWID`

const REVOKED_TOKENS = `
  CREATE TABLE revoked_tokens (
    jti TEXT PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`

const ONLY_ONCE = `
  CREATE TABLE only_once (
    key BLOB PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`

const SHARES = `
  CREATE TABLE shares (
    key TEXT PRIMARY KEY,
    taken INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`

/** Every BLOB but sealed, by_uid and by_user_code is a digest: see oauth-records-seal.ts. */
const OAUTH_RECORDS = `
  CREATE TABLE oauth_records (
    model TEXT NOT NULL,
    id BLOB NOT NULL,
    until INTEGER,
    consumed INTEGER,
    granted BLOB,
    uid BLOB,
    by_uid BLOB,
    user_code BLOB,
    by_user_code BLOB,
    sealed BLOB NOT NULL,
    PRIMARY KEY (model, id)
  ) STRICT`

export const SESSION_TABLES: readonly string[] = [
  SESSIONS,
  'CREATE INDEX sessions_parent ON sessions (parent) WHERE parent IS NOT NULL',
  'CREATE UNIQUE INDEX sessions_conversation ON sessions (conversation) WHERE conversation IS NOT NULL AND ended_at IS NULL',
  'CREATE INDEX sessions_due ON sessions (due) WHERE ended_at IS NULL',
  'CREATE INDEX sessions_unrecorded ON sessions (ended_at) WHERE ended_at IS NOT NULL AND recorded = 0',
  'CREATE INDEX sessions_old ON sessions (ended_at) WHERE parent IS NULL AND recorded = 1',
  SESSION_ENDS,
  SESSION_LABELS,
  SESSION_LINKS,
  'CREATE INDEX session_links_session ON session_links (session)',
  REVOKED_TOKENS,
  'CREATE INDEX revoked_tokens_until ON revoked_tokens (until)',
  ONLY_ONCE,
  'CREATE INDEX only_once_until ON only_once (until)',
  SHARES,
  'CREATE INDEX shares_until ON shares (until)',
  OAUTH_RECORDS,
  'CREATE INDEX oauth_records_until ON oauth_records (until) WHERE until IS NOT NULL',
  'CREATE INDEX oauth_records_grant ON oauth_records (model, granted) WHERE granted IS NOT NULL',
  'CREATE INDEX oauth_records_uid ON oauth_records (model, uid) WHERE uid IS NOT NULL',
  'CREATE INDEX oauth_records_user_code ON oauth_records (model, user_code) WHERE user_code IS NOT NULL',
]
