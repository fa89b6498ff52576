-- Compositions: squads as they are planned, their earlier versions, and the links that show them.
-- Times are milliseconds since 1970.

CREATE TABLE compositions (
  -- A TypeID: its order is the order of creation, so pages are cut by it alone.
  id TEXT PRIMARY KEY,
  -- Who made it. One without a team is theirs; one of a team is the team's.
  owner_id TEXT NOT NULL,
  team_id TEXT REFERENCES teams (id) ON DELETE CASCADE,
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'team', 'unlisted', 'public')),
  -- The answer to a client, rendered once when it is written and handed out unparsed.
  document TEXT NOT NULL,
  -- Lower case, for the `q` filter.
  search_text TEXT NOT NULL,
  -- What lists can be narrowed by, as src/lists.rs writes it.
  facets TEXT NOT NULL DEFAULT '',
  -- By its id: its place in the search index.
  number INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX compositions_number ON compositions (number);
CREATE INDEX compositions_public ON compositions (id) WHERE visibility = 'public';
-- All that narrows a list: of an account and of a team there are so few that they are looked through here,
-- without a look into the table.
CREATE INDEX compositions_by_owner ON compositions (owner_id, id, visibility, team_id, facets, search_text);
CREATE INDEX compositions_by_team ON compositions (team_id, id, visibility, facets, search_text) WHERE team_id IS NOT NULL;

-- For the count of tags.
CREATE TABLE composition_tags (
  tag TEXT NOT NULL,
  composition_id TEXT NOT NULL REFERENCES compositions (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, composition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX composition_tags_by_composition ON composition_tags (composition_id);

-- Every version, the one in force too.
CREATE TABLE composition_versions (
  composition_id TEXT NOT NULL REFERENCES compositions (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  -- created, changed or restored.
  change TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (composition_id, version)
) STRICT, WITHOUT ROWID;

-- A link is as good as its slug: 128 random bits.
CREATE TABLE share_links (
  slug TEXT PRIMARY KEY,
  composition_id TEXT NOT NULL REFERENCES compositions (id) ON DELETE CASCADE,
  id TEXT NOT NULL UNIQUE,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX share_links_composition ON share_links (composition_id, id);
