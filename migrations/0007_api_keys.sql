-- API keys. Times are milliseconds since 1970 (UTC).

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the key: 256 random bits need no slower hash.
  hash BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- Separated by blanks.
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- To the minute.
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_user ON api_keys (user_id, id);
CREATE INDEX api_keys_by_end ON api_keys (expires_at);
