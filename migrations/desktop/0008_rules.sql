-- Versions of the rules of engagement.
CREATE TABLE rules (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX rules_scope ON rules (scope);

-- By what the same company is found under another domain; taken from the row when it is written, and filled by the
-- store for those that are here already. Both ends of the legal name (domain::company::name_key), and DUNS number.
ALTER TABLE accounts ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN duns TEXT NOT NULL DEFAULT '';
CREATE INDEX accounts_name_key ON accounts (name_key) WHERE name_key <> '';
CREATE INDEX accounts_duns ON accounts (duns) WHERE duns <> '';
ALTER TABLE deals ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE deals ADD COLUMN duns TEXT NOT NULL DEFAULT '';
-- Domain of the address of a contact.
ALTER TABLE deals ADD COLUMN email TEXT NOT NULL DEFAULT '';
CREATE INDEX deals_name_key ON deals (name_key) WHERE name_key <> '';
CREATE INDEX deals_duns ON deals (duns) WHERE duns <> '';
CREATE INDEX deals_email ON deals (email) WHERE email <> '';

-- What an older version wrote would be found by none of these.
UPDATE meta SET readable_from = 8;
