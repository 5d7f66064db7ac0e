-- One file per joined program. Rows of the program are tables of their own: the encoded entity in `body`, its home scope, the
-- sequence number of the version it is based on, and the columns that windows filter and sort by, taken from the entity
-- whenever it is written. What this device did and the hub has not confirmed yet is applied in place; `undo_image` holds what
-- was there before.

CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  program BLOB NOT NULL,
  device BLOB NOT NULL,
  member BLOB NOT NULL,
  -- Run of the hub that the cursor was reached in, as 64 bits; 0 before the first catch-up.
  epoch INTEGER NOT NULL DEFAULT 0,
  -- Everything up to this sequence number is here.
  cursor INTEGER NOT NULL DEFAULT 0,
  -- Where an interrupted catch-up goes on, CBOR.
  resume BLOB,
  -- Highest own mutation whose answer is here.
  answered INTEGER NOT NULL DEFAULT 0,
  -- End of the chain of own mutations.
  chain_n INTEGER NOT NULL DEFAULT 0,
  chain_hash BLOB NOT NULL,
  -- 1 while rows are fetched anew: all pending mutations run again when they are complete.
  rerun INTEGER NOT NULL DEFAULT 0,
  -- 1 while bytes of erased rows may still be in the log file.
  wipe INTEGER NOT NULL DEFAULT 0,
  -- Oldest version of the program that can read this file, as a migration number.
  readable_from INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE programs (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  body BLOB NOT NULL
) STRICT;
CREATE INDEX programs_scope ON programs (scope);

CREATE TABLE organizations (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  -- 0 vendor, 1 partner.
  side INTEGER NOT NULL DEFAULT -1,
  name TEXT NOT NULL DEFAULT '',
  -- Name in lower case.
  search TEXT NOT NULL DEFAULT '',
  body BLOB NOT NULL
) STRICT;
CREATE INDEX organizations_scope ON organizations (scope);
CREATE INDEX organizations_search ON organizations (search);

CREATE TABLE members (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  organization BLOB NOT NULL DEFAULT x'',
  name TEXT NOT NULL DEFAULT '',
  -- Name in lower case.
  search TEXT NOT NULL DEFAULT '',
  body BLOB NOT NULL
) STRICT;
CREATE INDEX members_scope ON members (scope);
CREATE INDEX members_organization ON members (organization, search);
CREATE INDEX members_search ON members (search);

CREATE TABLE devices (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  member BLOB NOT NULL DEFAULT x'',
  joined_at INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX devices_scope ON devices (scope);

CREATE TABLE invitations (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  organization BLOB NOT NULL DEFAULT x'',
  created_at INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX invitations_scope ON invitations (scope);
CREATE INDEX invitations_created ON invitations (created_at);

CREATE TABLE grants (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  -- The scope that is granted.
  granted BLOB NOT NULL DEFAULT x'',
  organization BLOB NOT NULL DEFAULT x'',
  body BLOB NOT NULL
) STRICT;
CREATE INDEX grants_scope ON grants (scope);

CREATE TABLE accounts (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  domain TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  industry TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '',
  -- Name, then domain, in lower case, one line each: sorts by name.
  search TEXT NOT NULL DEFAULT '',
  body BLOB NOT NULL
) STRICT;
CREATE INDEX accounts_scope ON accounts (scope);
CREATE INDEX accounts_search ON accounts (search);
CREATE INDEX accounts_domain ON accounts (domain) WHERE domain <> '';

CREATE TABLE deals (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  -- Given by the hub.
  number INTEGER,
  title TEXT NOT NULL DEFAULT '',
  partner BLOB NOT NULL DEFAULT x'',
  customer TEXT NOT NULL DEFAULT '',
  -- Registrable domain of the customer.
  domain TEXT NOT NULL DEFAULT '',
  product TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  amount_minor INTEGER NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT '',
  -- domain::entity::Stage and Status; -1 when a newer version wrote the deal.
  stage INTEGER NOT NULL DEFAULT -1,
  status INTEGER NOT NULL DEFAULT -1,
  -- Days since 1970-01-01.
  close_day INTEGER NOT NULL DEFAULT 0,
  -- Milliseconds since 1970.
  created_at INTEGER NOT NULL DEFAULT 0,
  -- Title, customer and number in lower case, one line each: sorts by title.
  search TEXT NOT NULL DEFAULT '',

  -- What the rows of its room and plan say, kept up by `deals.rs` after every write to them.
  -- The last message: highest position, waiting ones after all others. 0 and NULL without any.
  last_position INTEGER NOT NULL DEFAULT 0,
  last_author BLOB,
  -- Latest of the deal's creation and its last message.
  activity_at INTEGER NOT NULL DEFAULT 0,
  -- The open milestone that is due first, and the side that owns it (domain::entity::OwnerSide).
  next_milestone BLOB,
  next_side INTEGER,

  -- Who moves next, as domain::court decides: 0 vendor, 1 partner, 2 customer, NULL nobody.
  court INTEGER GENERATED ALWAYS AS (
    CASE
      WHEN status = 0 OR (status = 1 AND number IS NULL) THEN 1
      WHEN status IN (1, 2) THEN 0
      WHEN status = 3 AND stage BETWEEN 0 AND 4 THEN coalesce(next_side, 1)
    END
  ) VIRTUAL,
  -- 1 for what is neither won, lost, rejected, duplicate nor withdrawn.
  open INTEGER GENERATED ALWAYS AS (status BETWEEN 0 AND 3 AND stage BETWEEN 0 AND 4) VIRTUAL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX deals_scope ON deals (scope);
CREATE INDEX deals_domain ON deals (domain) WHERE domain <> '';
-- Sums read this index alone, or the one by title when words are looked for.
CREATE INDEX deals_sums ON deals (open, status, court, stage, partner, currency, amount_minor);
-- One per order of the list, each with the columns that filter it, except the court: it moves too often.
CREATE INDEX deals_by_activity ON deals (activity_at, open, status, stage, partner);
CREATE INDEX deals_by_close ON deals (close_day, open, status, stage, partner);
CREATE INDEX deals_by_amount ON deals (amount_minor, open, status, stage, partner);
CREATE INDEX deals_by_title ON deals (search, open, status, stage, partner, currency, amount_minor);
-- Rooms with something to read.
CREATE INDEX deals_talk ON deals (activity_at, last_position, last_author, id) WHERE last_position > 0;

CREATE TABLE messages (
  id BLOB PRIMARY KEY NOT NULL,
  -- Always the scope of the deal, so that one index serves the room and its erasure.
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  deal BLOB NOT NULL DEFAULT x'',
  author BLOB NOT NULL DEFAULT x'',
  -- Given by the hub. 2^62 while it waits, so that waiting messages come after all others.
  position INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX messages_room ON messages (scope, position, id, author, at);

CREATE TABLE read_marks (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  deal BLOB NOT NULL DEFAULT x'',
  position INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX read_marks_scope ON read_marks (scope);
CREATE INDEX read_marks_deal ON read_marks (deal, position);

CREATE TABLE action_plans (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  go_live INTEGER,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX action_plans_scope ON action_plans (scope);

CREATE TABLE milestones (
  id BLOB PRIMARY KEY NOT NULL,
  -- Always the scope of the deal.
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  deal BLOB NOT NULL DEFAULT x'',
  -- domain::entity::OwnerSide.
  owner_side INTEGER NOT NULL DEFAULT -1,
  -- Days since 1970-01-01.
  due INTEGER,
  done_at INTEGER,
  title TEXT NOT NULL DEFAULT '',
  body BLOB NOT NULL
) STRICT;
CREATE INDEX milestones_plan ON milestones (scope, done_at, due, id, owner_side);
CREATE INDEX milestones_open ON milestones (owner_side, due, id, deal) WHERE done_at IS NULL;

CREATE TABLE field_history (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  deal BLOB NOT NULL DEFAULT x'',
  field INTEGER NOT NULL DEFAULT -1,
  at INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX field_history_deal ON field_history (scope, at);

-- Keys under which rows are found besides their id (domain::row::lookups_of).
CREATE TABLE lookup (
  key TEXT NOT NULL,
  tbl INTEGER NOT NULL,
  id BLOB NOT NULL,
  PRIMARY KEY (key, tbl, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookup_row ON lookup (tbl, id);

-- Rows of tables that only a newer version knows, until this program is updated.
CREATE TABLE newer (
  -- Number of the table.
  tbl INTEGER NOT NULL,
  id BLOB NOT NULL,
  -- As it travels: CBOR of domain::ScopeId.
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (tbl, id)
) STRICT;
CREATE INDEX newer_scope ON newer (scope);

-- Own mutations on their way to the hub, in order. A row leaves only when its effect has come back from the hub, or when it
-- was refused and moved to `refusal` or `parked`.
CREATE TABLE outbox (
  -- Number in the chain of this device: never reused.
  n INTEGER PRIMARY KEY,
  lane BLOB NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  payload BLOB NOT NULL,
  signature BLOB NOT NULL,
  -- 0 waits for its answer. 2 accepted as `seq`, whose rows are not here yet. 3 parked behind a refusal: still sent, because
  -- the chain must not have a hole, but without effect and hope. 4 void: as 3, without a payload. Whether it was sent (1) is
  -- a matter of the connection and not stored.
  state INTEGER NOT NULL DEFAULT 0,
  seq INTEGER,
  -- Hub time of the answer.
  answered_at INTEGER,
  -- 1 when the hub had answered it before it was restored from a backup, 2 when it was made again from a refusal of such a one.
  restored INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_open ON outbox (state, n);
CREATE INDEX outbox_lane ON outbox (lane);

-- Own mutations that were answered in the last 30 days, as they were sent: for a hub that was restored from a backup.
CREATE TABLE journal (
  n INTEGER PRIMARY KEY,
  lane BLOB NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- NULL: void. It was refused, or its scope was taken away; what follows continues its hash in `chain`.
  payload BLOB,
  signature BLOB NOT NULL,
  -- Hub time.
  answered_at INTEGER NOT NULL
) STRICT;

-- Hashes of the chain, for finding where two histories part. Pruned to the last ones.
CREATE TABLE chain (
  n INTEGER PRIMARY KEY,
  hash BLOB NOT NULL
) STRICT;

-- Rows that the pending mutation `n` read or wrote; table 255 stands for lookup keys, by hash.
CREATE TABLE touched (
  tbl INTEGER NOT NULL,
  id BLOB NOT NULL,
  n INTEGER NOT NULL,
  -- 0 read, 1 changed or deleted a row that was there, 2 created it.
  wrote INTEGER NOT NULL,
  PRIMARY KEY (tbl, id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX touched_by ON touched (n, wrote);

-- What was there before the pending mutation `n` changed or deleted it. What it created had nothing before.
CREATE TABLE undo_image (
  n INTEGER NOT NULL,
  tbl INTEGER NOT NULL,
  id BLOB NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (n, tbl, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX undo_image_scope ON undo_image (scope);

-- Mutations the hub refused, until the person decides.
CREATE TABLE refusal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  n INTEGER NOT NULL,
  name TEXT NOT NULL,
  lane BLOB NOT NULL,
  payload BLOB NOT NULL,
  at INTEGER NOT NULL,
  -- domain::Rule.
  rule INTEGER NOT NULL,
  message TEXT NOT NULL,
  -- Label and value pairs, CBOR.
  evidence BLOB NOT NULL,
  refused_at INTEGER NOT NULL,
  -- As in `outbox`.
  restored INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX refusal_lane ON refusal (lane);

-- Mutations that make no sense without a refused one, in order.
CREATE TABLE parked (
  refusal_id INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  n INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL,
  lane BLOB NOT NULL,
  payload BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (refusal_id, ord)
) STRICT;
CREATE INDEX parked_lane ON parked (lane);
