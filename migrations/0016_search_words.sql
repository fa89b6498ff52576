-- A sentence of frequent letters that nobody wrote: phrases of threes cost what all of these letters cost.
-- So the index has words beside each other as well: each with the first two letters of the next one (f), and the
-- last two of each with the next one (l), in their order, for phrases of them. Words are what is between spaces.
DROP VIEW build_terms;
CREATE VIEW build_terms (id, place, terms) AS SELECT b.id, -b.number, b.facets || coalesce((WITH RECURSIVE
    places (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < length(b.search_text)),
    grams (n, size, gram) AS (SELECT n, size, 'g' || hex(substr(b.search_text, n, size)) FROM places,
      (SELECT 1 AS size UNION ALL SELECT 2 UNION ALL SELECT 3) WHERE n + size - 1 <= length(b.search_text))
  SELECT group_concat(gram, ' ' ORDER BY size, n) FROM (SELECT gram, size, min(n) AS n FROM grams WHERE size < 3
    GROUP BY gram UNION ALL SELECT gram, size, n FROM grams WHERE size = 3)), '') || coalesce((WITH RECURSIVE
    words (n, word, rest) AS (SELECT 0, '', b.search_text || ' ' UNION ALL
      SELECT n + 1, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM words WHERE rest <> ''),
    pairs (n, word, next) AS (SELECT n, word, lead(word) OVER (ORDER BY n) FROM words WHERE n > 0)
  SELECT ' ' || group_concat('f' || hex(word || ' ' || substr(next, 1, 2)), ' ' ORDER BY n)
      || ' ' || group_concat('l' || hex(substr(word, -2) || ' ' || next), ' ' ORDER BY n)
    FROM pairs WHERE next IS NOT NULL), '')
  FROM builds b;
INSERT INTO build_search (build_search) VALUES ('delete-all');
INSERT INTO build_search (rowid, terms) SELECT t.place, t.terms FROM builds b JOIN build_terms t ON t.id = b.id
  WHERE b.visibility = 'public';

DROP VIEW composition_terms;
CREATE VIEW composition_terms (id, place, terms) AS SELECT b.id, -b.number, b.facets || coalesce((WITH RECURSIVE
    places (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < length(b.search_text)),
    grams (n, size, gram) AS (SELECT n, size, 'g' || hex(substr(b.search_text, n, size)) FROM places,
      (SELECT 1 AS size UNION ALL SELECT 2 UNION ALL SELECT 3) WHERE n + size - 1 <= length(b.search_text))
  SELECT group_concat(gram, ' ' ORDER BY size, n) FROM (SELECT gram, size, min(n) AS n FROM grams WHERE size < 3
    GROUP BY gram UNION ALL SELECT gram, size, n FROM grams WHERE size = 3)), '') || coalesce((WITH RECURSIVE
    words (n, word, rest) AS (SELECT 0, '', b.search_text || ' ' UNION ALL
      SELECT n + 1, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM words WHERE rest <> ''),
    pairs (n, word, next) AS (SELECT n, word, lead(word) OVER (ORDER BY n) FROM words WHERE n > 0)
  SELECT ' ' || group_concat('f' || hex(word || ' ' || substr(next, 1, 2)), ' ' ORDER BY n)
      || ' ' || group_concat('l' || hex(substr(word, -2) || ' ' || next), ' ' ORDER BY n)
    FROM pairs WHERE next IS NOT NULL), '')
  FROM compositions b;
INSERT INTO composition_search (composition_search) VALUES ('delete-all');
INSERT INTO composition_search (rowid, terms) SELECT t.place, t.terms FROM compositions b JOIN composition_terms t ON t.id = b.id
  WHERE b.visibility = 'public';
