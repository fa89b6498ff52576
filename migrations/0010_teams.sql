-- Teams: who is in them, how one gets in, and the roster. Times are milliseconds since 1970.
-- No column refers to users (id): content is to live in a database of its own.

CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- The guild's tag in the game, such as RED; may be empty.
  tag TEXT NOT NULL,
  description TEXT NOT NULL,
  -- JSON: scores that the team sees otherwise than the default, by specialization and function.
  scores TEXT NOT NULL DEFAULT '{}',
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team_members (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('leader', 'officer', 'member')),
  -- As the user was called when they joined, or last changed their name.
  display_name TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (team_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_user ON team_members (user_id, team_id);

CREATE TABLE team_invitations (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  -- SHA-256 of the code in the link.
  code_hash BLOB NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('officer', 'member')),
  created_by TEXT NOT NULL,
  max_uses INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0 CHECK (uses <= max_uses),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX team_invitations_team ON team_invitations (team_id, id);
CREATE INDEX team_invitations_end ON team_invitations (expires_at);

-- The roster.
CREATE TABLE team_players (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  -- A member of the team, or NULL: only a name.
  user_id TEXT,
  name TEXT NOT NULL,
  -- The name in lower case, for the `q` filter.
  search_name TEXT NOT NULL,
  -- The answer to a client, rendered once when it is written.
  document TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX team_players_team ON team_players (team_id, id);
CREATE UNIQUE INDEX team_players_member ON team_players (user_id, team_id) WHERE user_id IS NOT NULL;

-- What a team shares: its webhooks (its builds: 0013).
CREATE INDEX webhooks_team ON webhooks (team_id, id) WHERE team_id IS NOT NULL;
