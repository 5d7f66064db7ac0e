-- How access ends: by the hub's word, and by the calendar.

-- Scopes that were taken away from this device and not given again. Nothing of them is left but this.
CREATE TABLE revoked (
  scope BLOB PRIMARY KEY NOT NULL,
  -- 1 once the person has been told.
  told INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Scopes that were granted when all rows had to be fetched anew: those that do not come again were taken away meanwhile.
CREATE TABLE held (
  scope BLOB PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

-- The lease as the hub gave it last: its time, the days, this device's clock at that moment, and the milliseconds that have
-- passed since as far as they were counted. NULL before the first.
ALTER TABLE meta ADD COLUMN lease_given_at INTEGER;
ALTER TABLE meta ADD COLUMN lease_days INTEGER;
ALTER TABLE meta ADD COLUMN lease_clock INTEGER;
ALTER TABLE meta ADD COLUMN lease_passed INTEGER;
