-- What is found by words (0016) is looked at once more, and rows are large: the texts by their numbers.
CREATE INDEX builds_text ON builds (number, visibility, search_text);
CREATE INDEX compositions_text ON compositions (number, visibility, search_text);
