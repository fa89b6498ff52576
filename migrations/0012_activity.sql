-- What has changed last, of a user and of a team: for the dashboard.
CREATE INDEX builds_by_change ON builds (owner_id, document ->> '$.updated_at');
CREATE INDEX builds_of_team_by_change ON builds (team_id, document ->> '$.updated_at') WHERE team_id IS NOT NULL;
CREATE INDEX compositions_by_change ON compositions (owner_id, document ->> '$.updated_at');
CREATE INDEX compositions_of_team_by_change ON compositions (team_id, document ->> '$.updated_at') WHERE team_id IS NOT NULL;
CREATE INDEX team_members_by_joining ON team_members (team_id, joined_at);
