-- Logins that are renewed, what administrators are, and the audit log.

ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'administrator'));
-- Set by too many wrong guesses in a row: a stranger's guesses then find nothing.
ALTER TABLE users ADD COLUMN password_disabled_at INTEGER;

-- Logins from before this migration cannot be renewed: they have no family. There is no instance with users yet.
DROP TABLE sessions;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the part that all refresh tokens of this login share: who has it had one of them.
  family_hash BLOB NOT NULL,
  -- SHA-256 of the refresh token in force, and of the one before it.
  refresh_hash BLOB NOT NULL,
  previous_hash BLOB,
  -- The token in force, readable only to whoever has the one before it.
  successor BLOB,
  -- How often the login was renewed; moves by compare-and-set.
  counter INTEGER NOT NULL DEFAULT 0,
  -- When the password was last given or changed with this login.
  authenticated_at INTEGER NOT NULL,
  -- How (RFC 8176), separated by blanks: pwd, otp.
  amr TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  refreshed_at INTEGER NOT NULL,
  -- What the client said of itself, for its owner to recognize.
  user_agent TEXT,
  -- Idle end: moves with each refresh.
  refresh_expires_at INTEGER NOT NULL,
  -- Absolute end: never moves.
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id, id);
-- For the removal of what has ended.
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY,
  -- JSON; what is hashed, and what the columns below are read from.
  entry TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  at TEXT NOT NULL GENERATED ALWAYS AS (entry ->> '$.at') VIRTUAL,
  action TEXT NOT NULL GENERATED ALWAYS AS (entry ->> '$.action') VIRTUAL,
  actor TEXT NOT NULL GENERATED ALWAYS AS (entry ->> '$.actor') VIRTUAL,
  target TEXT NOT NULL GENERATED ALWAYS AS (entry ->> '$.target') VIRTUAL
) STRICT;

CREATE INDEX audit_log_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_by_target ON audit_log (target, seq);
CREATE INDEX audit_log_by_action ON audit_log (action, seq);
