-- Where people are named, so that their deletion and their export find them; and whose team an entry
-- of the audit log is about. Times are milliseconds since 1970.

-- Who an entry of a roster was until they left the team: its name is theirs.
ALTER TABLE team_players ADD COLUMN former_user_id TEXT;
CREATE INDEX team_players_former ON team_players (former_user_id, id) WHERE former_user_id IS NOT NULL;

CREATE INDEX composition_versions_by_user ON composition_versions (changed_by, composition_id);
CREATE INDEX share_links_by_user ON share_links (created_by, composition_id);

ALTER TABLE audit_log ADD COLUMN team TEXT GENERATED ALWAYS AS
  (iif(substr(entry ->> '$.target', 1, 5) = 'team_', entry ->> '$.target', entry ->> '$.detail.team_id')) VIRTUAL;
CREATE INDEX audit_log_by_team ON audit_log (team, seq) WHERE team IS NOT NULL;
