-- The life of a signing key. What a key may do follows from these times alone, so that a cron which
-- comes late, twice or not at all changes nothing about keys that are there.

-- A key from before this migration is sealed in another form. There is no instance with users yet:
-- the first key is made anew.
DROP TABLE signing_keys;
CREATE TABLE signing_keys (
  -- RFC 7638 thumbprint of the public half.
  kid TEXT PRIMARY KEY,
  -- Counts up: of two that make the same key at once, one fails.
  generation INTEGER NOT NULL UNIQUE,
  public_key BLOB NOT NULL,
  -- The private half, sealed with the label `signing-key:KID`; NULL once it signs no more.
  sealed_private_key BLOB,
  -- Published from here on.
  created_at INTEGER NOT NULL,
  -- Signs from here on.
  activates_at INTEGER NOT NULL,
  -- Signs no more, only verifies. NULL: no successor is published yet.
  retires_at INTEGER,
  -- Verifies no more; the row may go. NULL as above.
  removed_at INTEGER,
  -- Taken back in an emergency: neither signs nor verifies.
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
