-- A first catch-up by segments that is under way: what of it is in, so that a restart does not fetch it
-- again. Empty at all other times.

CREATE TABLE bootstrap (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- With all segments in, everything up to this sequence number is here.
  head INTEGER NOT NULL
) STRICT;

-- Segments whose rows are all here, by hash.
CREATE TABLE segment_in (
  hash BLOB PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
