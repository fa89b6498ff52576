-- An endpoint that lets us wait gets nothing more until then, or until it answers, in milliseconds since 1970.
ALTER TABLE webhooks ADD COLUMN hung_until INTEGER NOT NULL DEFAULT 0;
