-- Accounts, logins and signing keys. Times are milliseconds since 1970 (UTC).
-- Never joined with content tables in one statement: they will live in different databases.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  -- As the user wrote it, for showing and sending.
  email TEXT NOT NULL,
  -- In NFC and lower case: what makes an address the same address.
  email_key TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  -- A PHC string.
  password_hash TEXT NOT NULL,
  -- Tokens of logins older than this are void.
  password_changed_at INTEGER NOT NULL,
  disabled_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the refresh token in force.
  refresh_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  -- Idle end: moves with each refresh.
  refresh_expires_at INTEGER NOT NULL,
  -- Absolute end: never moves.
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

CREATE TABLE signing_keys (
  -- RFC 7638 thumbprint of the public half.
  kid TEXT PRIMARY KEY,
  public_key BLOB NOT NULL,
  -- The private half under the master key (XChaCha20-Poly1305, nonce first, kid as associated data).
  sealed_private_key BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
