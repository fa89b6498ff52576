-- The second factor, and the counting of guesses. Times are milliseconds since 1970 (UTC).

CREATE TABLE two_factor (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  -- What the authenticator app has too, under the master key (label: two-factor:USER_ID).
  sealed_secret BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  -- It counts at login from then on.
  confirmed_at INTEGER,
  -- Of the code that was used last: neither it nor one before it counts again.
  last_step INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256. The row goes when the code is used.
  hash BLOB NOT NULL,
  PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- Logins whose password was right and whose second factor is still to come.
CREATE TABLE challenges (
  -- SHA-256 of what the client has.
  hash BLOB PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- As the account had it then: another password since makes the challenge worth nothing.
  password_changed_at INTEGER NOT NULL,
  -- Where its codes are counted (guesses.place).
  place BLOB NOT NULL,
  -- 1: the password is disabled, so only a recovery code will do.
  recovery_only INTEGER NOT NULL CHECK (recovery_only IN (0, 1)),
  failures INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_by_user ON challenges (user_id);
CREATE INDEX challenges_by_end ON challenges (expires_at);

-- Attempts at a secret. They are counted before they are judged, so that those that come at once
-- do not all run.
CREATE TABLE guesses (
  -- HMAC of what is guessed at and whose it is: no address is kept, and one without an account
  -- counts like any other.
  subject BLOB NOT NULL,
  -- HMAC of where from; X'00' stands for all places that are not known.
  place BLOB NOT NULL,
  -- In a row, those still being judged among them.
  failures INTEGER NOT NULL,
  -- Until then nothing from there is heard.
  next_at INTEGER NOT NULL,
  -- When the account was last logged in to from there.
  known_at INTEGER,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (subject, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX guesses_by_update ON guesses (updated_at);
