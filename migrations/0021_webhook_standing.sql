-- Webhooks end with what let them be made, and prove their URL before anything is sent there.

-- The API key that made an endpoint; NULL: a login did.
ALTER TABLE webhooks ADD COLUMN api_key_id TEXT;
CREATE INDEX webhooks_key ON webhooks (api_key_id) WHERE api_key_id IS NOT NULL;

-- The scope that a key needs to be told of an event; '' for events that need none. What was written
-- before is told to no endpoint of a key: none of them was made by one, as far as anyone knows.
ALTER TABLE webhook_events ADD COLUMN scope TEXT NOT NULL DEFAULT 'unknown';

-- `is_proven` now says one thing only: a ping to the URL was answered with 2xx. (Who hangs or fails is in
-- hung_until and failures.) Whatever has taken an event before has proved itself.
UPDATE webhooks SET is_proven = 1 WHERE is_proven = 0 AND EXISTS (
  SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = webhooks.id AND d.state = 'delivered'
);
