-- Finding things by what is written in them. The index is derived: it can be made anew from the rows at any time.

-- Which words occur where. It keeps no text. The words come from domain::search, parted by spaces, with words of a sign of
-- their own for what is filtered by; crates/store/src/find.rs writes them. A rowid is the minute of the row (since 2020), a
-- number within that minute and the kind of the row, so that newest first is the order of the index itself.
CREATE VIRTUAL TABLE find USING fts5(words, content='', columnsize=0, prefix='2 3', tokenize='ascii');
-- What is taken out leaves no bytes behind.
INSERT INTO find (find, rank) VALUES ('secure-delete', 1);

CREATE TABLE find_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- domain::search::VERSION of what is indexed. Of another one, everything is indexed anew.
  version INTEGER NOT NULL
) STRICT;
INSERT INTO find_state (id, version) VALUES (1, 0);

-- The rowid in `find`; NULL while the row is not indexed yet, -1 when there is nothing to index.
ALTER TABLE messages ADD COLUMN doc INTEGER;
CREATE INDEX messages_doc ON messages (doc);
ALTER TABLE deals ADD COLUMN doc INTEGER;
CREATE INDEX deals_doc ON deals (doc);
ALTER TABLE accounts ADD COLUMN doc INTEGER;
CREATE INDEX accounts_doc ON accounts (doc);
ALTER TABLE organizations ADD COLUMN doc INTEGER;
CREATE INDEX organizations_doc ON organizations (doc);
ALTER TABLE members ADD COLUMN doc INTEGER;
CREATE INDEX members_doc ON members (doc);
ALTER TABLE milestones ADD COLUMN doc INTEGER;
CREATE INDEX milestones_doc ON milestones (doc);

-- A program that does not know the index would change rows under it.
UPDATE meta SET readable_from = 5;
