-- What a person decided about refusals and overwritten fields, so that it can be taken back.

-- Refusals that were discarded, with what was parked behind each, for 30 days.
CREATE TABLE discarded (
  -- As it was in `refusal`.
  id INTEGER NOT NULL,
  -- 0 the refused mutation; from 1 those parked behind it, in order.
  ord INTEGER NOT NULL,
  n INTEGER NOT NULL,
  name TEXT NOT NULL,
  lane BLOB NOT NULL,
  payload BLOB NOT NULL,
  at INTEGER NOT NULL,
  rule INTEGER NOT NULL DEFAULT 0,
  message TEXT NOT NULL DEFAULT '',
  evidence BLOB NOT NULL DEFAULT x'80',
  refused_at INTEGER NOT NULL DEFAULT 0,
  restored INTEGER NOT NULL DEFAULT 0,
  -- Milliseconds since 1970, this device's clock.
  discarded_at INTEGER NOT NULL,
  PRIMARY KEY (id, ord)
) STRICT;

-- Rows of `field_history` that overwrote something unseen, and with whose outcome the person is content.
CREATE TABLE settled (
  id BLOB PRIMARY KEY NOT NULL,
  -- Milliseconds since 1970, this device's clock.
  at INTEGER NOT NULL
) STRICT;

-- 1 when whoever changed the field had not seen what was there before.
ALTER TABLE field_history ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX field_history_unseen ON field_history (at) WHERE unseen = 1;
