-- What lists are narrowed by: facets, and text (`q`).
-- Among what is public by an index of terms: each facet, and each one, two and three letters that stand side by
-- side. Triggers keep it true, whatever changes a build or a composition. Terms are hexadecimal, so that the
-- tokenizer has nothing to fold or to split. A row is numbered by its id (src/ids.rs, `number`), downwards: newest
-- first is the order in which the index is fastest, and a page is a range.
-- Of an account and of a team there are few: the index that finds them has all that narrows them.

-- As src/lists.rs writes it: ' k' and hexadecimal facet=value for each, and a space.
ALTER TABLE builds ADD COLUMN facets TEXT NOT NULL DEFAULT '';
UPDATE builds SET facets = coalesce((SELECT group_concat(' k' || lower(hex(facet || '=' || value)), '') || ' '
  FROM build_facets WHERE build_id = builds.id), '');
-- What is left in rows is what is counted: tags, and builds that were made for an earlier game.
DELETE FROM build_facets WHERE facet NOT IN ('tag', 'game_build');

ALTER TABLE builds ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
-- Below any number that is made of an id.
UPDATE builds SET number = r.n FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM builds) r WHERE r.id = builds.id;
CREATE UNIQUE INDEX builds_number ON builds (number);

DROP INDEX builds_by_owner;
CREATE INDEX builds_by_owner ON builds (owner_id, id, visibility, team_id, facets, search_text);
CREATE INDEX builds_by_team ON builds (team_id, id, facets, search_text) WHERE team_id IS NOT NULL;

CREATE VIRTUAL TABLE build_search USING fts5(terms, content = '', contentless_delete = 1, tokenize = 'ascii');
-- The letters of a text: singles and pairs once each, threes in their order, for phrases of them.
CREATE VIEW build_terms (id, place, terms) AS SELECT b.id, -b.number, b.facets || coalesce((WITH RECURSIVE
    places (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < length(b.search_text)),
    grams (n, size, gram) AS (SELECT n, size, 'g' || hex(substr(b.search_text, n, size)) FROM places,
      (SELECT 1 AS size UNION ALL SELECT 2 UNION ALL SELECT 3) WHERE n + size - 1 <= length(b.search_text))
  SELECT group_concat(gram, ' ' ORDER BY size, n) FROM (SELECT gram, size, min(n) AS n FROM grams WHERE size < 3
    GROUP BY gram UNION ALL SELECT gram, size, n FROM grams WHERE size = 3)), '')
  FROM builds b;
INSERT INTO build_search (rowid, terms) SELECT t.place, t.terms FROM builds b JOIN build_terms t ON t.id = b.id
  WHERE b.visibility = 'public';

CREATE TRIGGER build_search_insert AFTER INSERT ON builds WHEN new.visibility = 'public'
BEGIN
  INSERT INTO build_search (rowid, terms) SELECT place, terms FROM build_terms WHERE id = new.id;
END;
CREATE TRIGGER build_search_delete AFTER DELETE ON builds WHEN old.visibility = 'public'
BEGIN
  DELETE FROM build_search WHERE rowid = -old.number;
END;
CREATE TRIGGER build_search_update AFTER UPDATE OF visibility, search_text, facets ON builds
WHEN (old.visibility = 'public') <> (new.visibility = 'public') OR new.visibility = 'public'
  AND (old.search_text <> new.search_text OR old.facets <> new.facets)
BEGIN
  DELETE FROM build_search WHERE rowid = -old.number;
  INSERT INTO build_search (rowid, terms) SELECT place, terms FROM build_terms
    WHERE id = new.id AND new.visibility = 'public';
END;

CREATE VIRTUAL TABLE composition_search USING fts5(terms, content = '', contentless_delete = 1, tokenize = 'ascii');
CREATE VIEW composition_terms (id, place, terms) AS SELECT b.id, -b.number, b.facets || coalesce((WITH RECURSIVE
    places (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < length(b.search_text)),
    grams (n, size, gram) AS (SELECT n, size, 'g' || hex(substr(b.search_text, n, size)) FROM places,
      (SELECT 1 AS size UNION ALL SELECT 2 UNION ALL SELECT 3) WHERE n + size - 1 <= length(b.search_text))
  SELECT group_concat(gram, ' ' ORDER BY size, n) FROM (SELECT gram, size, min(n) AS n FROM grams WHERE size < 3
    GROUP BY gram UNION ALL SELECT gram, size, n FROM grams WHERE size = 3)), '')
  FROM compositions b;

CREATE TRIGGER composition_search_insert AFTER INSERT ON compositions WHEN new.visibility = 'public'
BEGIN
  INSERT INTO composition_search (rowid, terms) SELECT place, terms FROM composition_terms WHERE id = new.id;
END;
CREATE TRIGGER composition_search_delete AFTER DELETE ON compositions WHEN old.visibility = 'public'
BEGIN
  DELETE FROM composition_search WHERE rowid = -old.number;
END;
CREATE TRIGGER composition_search_update AFTER UPDATE OF visibility, search_text, facets ON compositions
WHEN (old.visibility = 'public') <> (new.visibility = 'public') OR new.visibility = 'public'
  AND (old.search_text <> new.search_text OR old.facets <> new.facets)
BEGIN
  DELETE FROM composition_search WHERE rowid = -old.number;
  INSERT INTO composition_search (rowid, terms) SELECT place, terms FROM composition_terms
    WHERE id = new.id AND new.visibility = 'public';
END;
