-- What administrators look for.

-- Whether there is another administrator is asked in each write that takes one away.
CREATE INDEX users_administrators ON users (id) WHERE role = 'administrator' AND disabled_at IS NULL;

-- The rows of the audit log since, or until, a moment.
CREATE INDEX audit_log_by_time ON audit_log (at, seq);
