-- The one small file of a device: which programs it has joined, and its settings. Everything else is in
-- the programs' own files.

CREATE TABLE joined (
  program BLOB PRIMARY KEY NOT NULL,
  -- Base address of the program's hub, without a trailing slash.
  hub TEXT NOT NULL,
  device BLOB NOT NULL,
  member BLOB NOT NULL,
  -- Milliseconds since 1970, this device's clock.
  joined_at INTEGER NOT NULL,
  -- 1 once the program's own file was written; until then joining was interrupted.
  written INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE setting (
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT;
