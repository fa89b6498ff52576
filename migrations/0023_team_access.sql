-- What a member has made goes on only while they stand: what was made with an API key names it, a removal keeps
-- codes from before it closed, and a ban all codes. Times are milliseconds since 1970.

-- The key that it was made with; NULL: with a login.
ALTER TABLE share_links ADD COLUMN api_key_id TEXT;
ALTER TABLE team_invitations ADD COLUMN api_key_id TEXT;
-- The composition's team, which it stays in.
ALTER TABLE share_links ADD COLUMN team_id TEXT;
UPDATE share_links SET team_id = (SELECT c.team_id FROM compositions c WHERE c.id = composition_id);
CREATE INDEX share_links_by_team ON share_links (team_id, id) WHERE team_id IS NOT NULL;
CREATE INDEX share_links_by_key ON share_links (api_key_id) WHERE api_key_id IS NOT NULL;
CREATE INDEX team_invitations_by_key ON team_invitations (api_key_id) WHERE api_key_id IS NOT NULL;
-- However a key goes: revoked, purged, or with its account.
CREATE TRIGGER api_key_ends AFTER DELETE ON api_keys
BEGIN
  DELETE FROM share_links WHERE api_key_id = old.id;
  DELETE FROM team_invitations WHERE api_key_id = old.id;
END;

-- Whom an invitation does not let in any more: those who were removed, or lost the role that it gives, after it
-- was made.
CREATE TABLE team_invitation_exclusions (
  invitation_id TEXT NOT NULL REFERENCES team_invitations (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  PRIMARY KEY (invitation_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_invitation_exclusions_user ON team_invitation_exclusions (user_id);

CREATE TABLE team_bans (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  -- As they were called then; NULL: they were not in the team.
  display_name TEXT,
  banned_at INTEGER NOT NULL,
  PRIMARY KEY (team_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_bans_user ON team_bans (user_id, team_id);

-- By the rules from now on.
UPDATE builds SET team_id = NULL, version = version + 1,
  visibility = iif(visibility = 'team', 'private', visibility),
  document = json_set(document, '$.team_id', NULL,
    '$.visibility', iif(visibility = 'team', 'private', visibility))
  WHERE team_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM team_members m
    WHERE m.team_id = builds.team_id AND m.user_id = builds.owner_id);
DELETE FROM share_links WHERE NOT EXISTS (SELECT 1 FROM compositions c WHERE c.id = composition_id
  AND (c.team_id IS NULL AND c.owner_id = share_links.created_by OR EXISTS (SELECT 1 FROM team_members m
    WHERE m.team_id = c.team_id AND m.user_id = share_links.created_by AND m.role IN ('leader', 'officer'))));
