-- Whose turn a deal is, whether it is open and how long it is protected are taken from the deal when it is written; the
-- store fills them for the deals that are here already.
DROP INDEX deals_sums;
DROP INDEX deals_by_activity;
DROP INDEX deals_by_close;
DROP INDEX deals_by_amount;
DROP INDEX deals_by_title;
ALTER TABLE deals DROP COLUMN court;
ALTER TABLE deals DROP COLUMN open;

-- As domain::court::turn decides: 0 vendor, 1 partner, 2 customer, 3 whoever owns the next step, NULL nobody.
ALTER TABLE deals ADD COLUMN turn INTEGER;
-- 1 for what is neither won, lost, rejected, duplicate nor withdrawn.
ALTER TABLE deals ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
-- Last day of its protection, days since 1970-01-01; NULL for what is not protected, or without an end.
ALTER TABLE deals ADD COLUMN protected_day INTEGER;
-- Who moves next: 0 vendor, 1 partner, 2 customer, NULL nobody.
ALTER TABLE deals ADD COLUMN court INTEGER GENERATED ALWAYS AS (
  CASE turn WHEN 3 THEN coalesce(next_side, 1) ELSE turn END
) VIRTUAL;

-- As before: sums read the first alone, or the one by title when words are looked for.
CREATE INDEX deals_sums ON deals (open, status, court, stage, partner, currency, amount_minor);
CREATE INDEX deals_by_activity ON deals (activity_at, open, status, stage, partner);
CREATE INDEX deals_by_close ON deals (close_day, open, status, stage, partner);
CREATE INDEX deals_by_amount ON deals (amount_minor, open, status, stage, partner);
CREATE INDEX deals_by_title ON deals (search, open, status, stage, partner, currency, amount_minor);
-- What the vendor owes.
CREATE INDEX deals_turn ON deals (created_at) WHERE turn = 0;
-- Protection that ends.
CREATE INDEX deals_protected ON deals (protected_day, partner) WHERE protected_day IS NOT NULL;

UPDATE meta SET readable_from = 7;
