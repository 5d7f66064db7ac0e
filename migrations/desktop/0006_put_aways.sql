-- Rows of the list of the day that were put away.
CREATE TABLE put_aways (
  id BLOB PRIMARY KEY NOT NULL,
  scope BLOB NOT NULL,
  seq INTEGER NOT NULL,
  -- 0 not any more, 1 done, 2 later.
  put INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX put_aways_scope ON put_aways (scope);
CREATE INDEX put_aways_put ON put_aways (put, at);

-- What was finished today.
CREATE INDEX milestones_done ON milestones (done_at) WHERE done_at IS NOT NULL;
