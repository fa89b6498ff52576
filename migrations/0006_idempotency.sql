-- Answers kept for the Idempotency-Key header. Times are milliseconds since 1970 (UTC).

CREATE TABLE idempotency_records (
  -- HMAC of caller, route and key, under a key derived from the master key.
  id BLOB NOT NULL PRIMARY KEY,
  -- The caller, where there is an account: its deletion takes its records along.
  user_id TEXT,
  -- HMAC of what was sent: a body may hold a password.
  fingerprint BLOB NOT NULL,
  -- 128 random bits of the attempt that may write the answer.
  holder BLOB NOT NULL,
  -- Sealed under the master key: it may hold tokens. NULL while the attempt runs.
  answer BLOB,
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX idempotency_records_by_end ON idempotency_records (expires_at);
CREATE INDEX idempotency_records_by_user ON idempotency_records (user_id) WHERE user_id IS NOT NULL;
