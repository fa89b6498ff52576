-- Substring search (`q`) among what is public: three letters and more are looked up, not looked for.
-- A row is numbered by its id (ids.rs, `number`), so that matches come newest first and a page of them
-- is a range. Triggers keep it true, whatever changes a build or a composition.

ALTER TABLE builds ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
-- Below any number that is made of an id.
UPDATE builds SET number = (SELECT count(*) FROM builds b WHERE b.id <= builds.id);

CREATE VIRTUAL TABLE build_search USING fts5(text, id UNINDEXED, tokenize = 'trigram case_sensitive 1');
INSERT INTO build_search (rowid, text, id) SELECT number, search_text, id FROM builds WHERE visibility = 'public';

CREATE TRIGGER build_search_insert AFTER INSERT ON builds WHEN new.visibility = 'public'
BEGIN
  INSERT INTO build_search (rowid, text, id) VALUES (new.number, new.search_text, new.id);
END;
CREATE TRIGGER build_search_delete AFTER DELETE ON builds WHEN old.visibility = 'public'
BEGIN
  DELETE FROM build_search WHERE rowid = old.number;
END;
CREATE TRIGGER build_search_update AFTER UPDATE OF visibility, search_text ON builds
WHEN old.visibility = 'public' OR new.visibility = 'public'
BEGIN
  DELETE FROM build_search WHERE rowid = old.number;
  INSERT INTO build_search (rowid, text, id) SELECT new.number, new.search_text, new.id WHERE new.visibility = 'public';
END;

CREATE VIRTUAL TABLE composition_search USING fts5(text, id UNINDEXED, tokenize = 'trigram case_sensitive 1');
CREATE TRIGGER composition_search_insert AFTER INSERT ON compositions WHEN new.visibility = 'public'
BEGIN
  INSERT INTO composition_search (rowid, text, id) VALUES (new.number, new.search_text, new.id);
END;
CREATE TRIGGER composition_search_delete AFTER DELETE ON compositions WHEN old.visibility = 'public'
BEGIN
  DELETE FROM composition_search WHERE rowid = old.number;
END;
CREATE TRIGGER composition_search_update AFTER UPDATE OF visibility, search_text ON compositions
WHEN old.visibility = 'public' OR new.visibility = 'public'
BEGIN
  DELETE FROM composition_search WHERE rowid = old.number;
  INSERT INTO composition_search (rowid, text, id) SELECT new.number, new.search_text, new.id WHERE new.visibility = 'public';
END;
