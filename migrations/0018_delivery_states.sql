-- A webhook's deliveries in one state, latest event first: nobody looks through thousands that have arrived.
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook_id, state, event_id) WHERE state <> 'pending';
