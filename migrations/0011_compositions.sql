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
  -- By its id: its place in the search index.
  number INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX compositions_by_owner ON compositions (owner_id, id);
CREATE INDEX compositions_by_team ON compositions (team_id, id, visibility) WHERE team_id IS NOT NULL;
CREATE INDEX compositions_public ON compositions (id) WHERE visibility = 'public';

-- One row for everything that a list can be narrowed by.
CREATE TABLE composition_facets (
  facet TEXT NOT NULL CHECK (facet IN ('mode', 'tag', 'template')),
  value TEXT NOT NULL,
  composition_id TEXT NOT NULL REFERENCES compositions (id) ON DELETE CASCADE,
  PRIMARY KEY (facet, value, composition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX composition_facets_by_composition ON composition_facets (composition_id);

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
