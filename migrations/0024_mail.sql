-- Proof of addresses, ways back into an account, and mails on their way. Times are milliseconds since 1970 (UTC).

-- When the owner of the account has shown that they read what is sent to its address. Nobody had, before this.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;
-- Another address, which takes the place of the one above once it is proved.
ALTER TABLE users ADD COLUMN pending_email TEXT;

-- When the factor is taken away, because the owner of the address has asked for it.
ALTER TABLE two_factor ADD COLUMN removal_at INTEGER;
CREATE INDEX two_factor_by_removal ON two_factor (removal_at) WHERE removal_at IS NOT NULL;

-- What links in mails stand for.
CREATE TABLE email_links (
  -- SHA-256 of the token: 256 random bits need no slower hash.
  hash BLOB PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'register', 'reset', 'undo', 'remove_factor')),
  -- NULL: the account is made when the link is used (register).
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  -- The address that the link was sent to, or that it puts back (undo).
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  -- Of an account that is still to be made.
  new_id TEXT,
  display_name TEXT,
  password_hash TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CHECK ((purpose = 'register') = (user_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX email_links_by_user ON email_links (user_id, purpose) WHERE user_id IS NOT NULL;
CREATE INDEX email_links_by_address ON email_links (email_key);
CREATE INDEX email_links_by_end ON email_links (expires_at);

-- Mails that are not sent yet. A row is written in the batch of the change that it tells of, and goes when it is sent.
CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  -- The account that it is about, if there is one.
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  recipient TEXT NOT NULL,
  -- What it says, as JSON under the master key (label: mail:ID): it may carry the token of a link.
  sealed_content BLOB NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  -- Not before this. Whoever takes the row moves it on, so that nobody else sends the same.
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- It says nothing of use any more.
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_by_time ON mails (next_at);
CREATE INDEX mails_by_user ON mails (user_id) WHERE user_id IS NOT NULL;

-- How much an address has got lately.
CREATE TABLE mails_sent (
  -- HMAC of the address.
  address BLOB NOT NULL,
  -- 1: anyone may have asked for it; 0: it tells the owner of the account what was done.
  by_anyone INTEGER NOT NULL CHECK (by_anyone IN (0, 1)),
  at INTEGER NOT NULL,
  -- The mail, of which nothing else is kept.
  mail TEXT NOT NULL,
  PRIMARY KEY (address, by_anyone, at, mail)
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_sent_by_time ON mails_sent (at);
