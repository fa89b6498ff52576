-- Answers kept for the Idempotency-Key header are found by the login or API key that they were given to, no
-- longer by the account; those with tokens are given again only while the tokens are the newest of their login.
ALTER TABLE idempotency_records ADD COLUMN session_id TEXT;
-- SHA-256 of the refresh token in the answer.
ALTER TABLE idempotency_records ADD COLUMN refresh_hash BLOB;
-- What is kept so far is not bound to its tokens.
DELETE FROM idempotency_records;
