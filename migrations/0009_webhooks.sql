-- Webhooks: endpoints, the events they are told of (written with the change they tell of), and how
-- each delivery went. Times are milliseconds since 1970.

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  team_id TEXT,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  -- A JSON array of names, or ["*"].
  event_types TEXT NOT NULL,
  -- Attempts a minute, at most.
  rate_limit INTEGER,
  -- Custom headers, as sealed JSON.
  sealed_headers BLOB,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  disabled_at INTEGER,
  -- owner, gone or failing.
  disabled_reason TEXT,
  -- How it has been doing. Whoever it has not answered well yet waits in the slow lane.
  is_proven INTEGER NOT NULL DEFAULT 0,
  -- Failed attempts in a row, and since when.
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  paused_until INTEGER NOT NULL DEFAULT 0,
  -- When its rate is used up no more: the theoretical arrival time of GCRA, in microseconds since 1970.
  next_slot_us INTEGER NOT NULL DEFAULT 0,
  -- For when it was last asked to be woken; 0: it has been.
  wake_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_user ON webhooks (user_id, id);

CREATE TABLE webhook_secrets (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  sealed_secret BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  -- It signs until then; NULL for the newest.
  expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_secrets_webhook ON webhook_secrets (webhook_id, id);

CREATE TABLE webhook_events (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  team_id TEXT,
  type TEXT NOT NULL,
  -- The bytes that are sent and signed. They never change.
  payload TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  -- When its deliveries were written; NULL: not yet.
  fanned_out_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_events_user ON webhook_events (user_id);
CREATE INDEX webhook_events_waiting ON webhook_events (id) WHERE fanned_out_at IS NULL;

CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'held', 'delivered', 'dead')),
  -- Why it is dead: exhausted, gone or lost.
  reason TEXT,
  -- Attempts in the log.
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Failures since it began, or was begun again: its place in the schedule.
  step INTEGER NOT NULL DEFAULT 0,
  -- Claims since the last attempt in the log: what was claimed and never told of again was lost.
  claims INTEGER NOT NULL DEFAULT 0,
  -- Who is making an attempt.
  claim TEXT,
  -- While it is claimed: when the claim lapses.
  next_attempt_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (webhook_id, event_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE state = 'pending';

CREATE TABLE webhook_attempts (
  delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
  -- From 1.
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  -- NULL: nothing came back.
  status INTEGER,
  error TEXT,
  -- The beginning of the answer's body.
  response TEXT NOT NULL,
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

-- What the dead-letter queue brought: messages only wake, so nothing is lost with them.
CREATE TABLE webhook_dead_letters (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_dead_letters_at ON webhook_dead_letters (at);
