-- What players make. Times are milliseconds since 1970 (UTC).

CREATE TABLE builds (
  -- A TypeID: its order is the order of creation, so pages are cut by it alone.
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'team', 'unlisted', 'public')),
  team_id TEXT,
  -- The answer to a client, rendered once when it is written and handed out unparsed.
  document TEXT NOT NULL,
  -- The reference tables that `document` was rendered with; another value means: render again.
  rendered_with TEXT NOT NULL,
  -- Lower case, for the `q` filter.
  search_text TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX builds_by_owner ON builds (owner_id, id);
CREATE INDEX builds_public ON builds (id) WHERE visibility = 'public';

-- One row for everything that a list can be narrowed by.
CREATE TABLE build_facets (
  facet TEXT NOT NULL CHECK (facet IN ('profession', 'specialization', 'role', 'tag', 'game_build')),
  value TEXT NOT NULL,
  build_id TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
  PRIMARY KEY (facet, value, build_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX build_facets_by_build ON build_facets (build_id);
