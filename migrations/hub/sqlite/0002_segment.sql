-- Segments made for devices that have nothing: which pieces make up what an organization sees, so that
-- they are made once and not for each device. Their bytes lie in `objects/segments/`, named by their
-- hash; a row whose file is gone is forgotten and made anew.

CREATE TABLE segment (
    program      BLOB    NOT NULL CHECK (length(program) = 16),
    organization BLOB    NOT NULL CHECK (length(organization) = 16),
    -- BLAKE3 of the bytes.
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    -- Place in the list.
    ord          INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    rows         INTEGER NOT NULL,
    -- What it holds of its scopes is as of this sequence number, or nothing of them has changed up to it.
    head         INTEGER NOT NULL,
    -- domain::ScopeId::to_bytes of each scope it has rows of, one after the other, each after its length
    -- in a byte. Whoever lacks one of them is not served.
    scopes       BLOB    NOT NULL,
    -- Hub time at which another took its place; it is served a little longer for devices on the way.
    retired_at   INTEGER,
    PRIMARY KEY (program, organization, hash)
) STRICT;
CREATE INDEX segment_hash ON segment (hash);
CREATE INDEX segment_retired ON segment (retired_at) WHERE retired_at IS NOT NULL;
