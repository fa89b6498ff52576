-- Guesses that are being judged are no failures: who comes meanwhile waits for their turn.

-- Attempts that were let in and not judged yet. After half a minute they count as failures.
ALTER TABLE guesses ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;

-- A password that strangers have guessed at too often is not judged at all for a while, so no
-- challenge is made for recovery codes alone any more.
ALTER TABLE challenges DROP COLUMN recovery_only;
