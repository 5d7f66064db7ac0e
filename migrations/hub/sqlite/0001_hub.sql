-- What a hub keeps. One file holds all programs of a hub; every key begins with the program, and only
-- `src/storage` of crates/hub reads or writes here.

CREATE TABLE program (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- The present run of the hub: new at every start, so that a device can tell whether its cursor
    -- belongs to this history or to one that was lost with the disk.
    epoch      INTEGER NOT NULL,
    -- Last sequence number given out. Grows without gaps, and only if nobody else moved it meanwhile.
    head       INTEGER NOT NULL CHECK (head >= 0),
    created_at INTEGER NOT NULL,
    -- Tombstones up to this sequence number were removed: older cursors start over.
    horizon    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Earlier runs of the hub, and the sequence number at which each ended.
CREATE TABLE run (
    program  BLOB    NOT NULL CHECK (length(program) = 16),
    epoch    INTEGER NOT NULL,
    head     INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (program, epoch)
) STRICT, WITHOUT ROWID;

-- Latest version of every row. With a rowid: bodies are too long for a table that is its own index.
CREATE TABLE row (
    program BLOB    NOT NULL CHECK (length(program) = 16),
    -- domain::Table::number
    tbl     INTEGER NOT NULL,
    id      BLOB    NOT NULL CHECK (length(id) = 16),
    -- domain::ScopeId::to_bytes; sorts as scopes do. Never changes.
    scope   BLOB    NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq > 0),
    -- NULL: deleted. The tombstone stays for 180 days, so that devices learn of it.
    body    BLOB,
    -- Hub time; NULL while the row lives.
    deleted_at INTEGER,
    PRIMARY KEY (program, tbl, id)
) STRICT;

-- Both cover what a page needs to choose its rows without touching a body.
CREATE INDEX row_scope ON row (program, scope, seq, tbl, id);
CREATE INDEX row_seq ON row (program, seq, tbl, id, scope);
CREATE INDEX row_deleted ON row (program, deleted_at) WHERE deleted_at IS NOT NULL;

-- Keys under which live rows are found besides their id (domain::row::lookups_of).
CREATE TABLE lookup (
    program BLOB    NOT NULL CHECK (length(program) = 16),
    key     TEXT    NOT NULL,
    tbl     INTEGER NOT NULL,
    id      BLOB    NOT NULL CHECK (length(id) = 16),
    PRIMARY KEY (program, key, tbl, id)
) STRICT, WITHOUT ROWID;

-- The end of every device's chain.
CREATE TABLE chain (
    program BLOB    NOT NULL CHECK (length(program) = 16),
    device  BLOB    NOT NULL CHECK (length(device) = 16),
    n       INTEGER NOT NULL CHECK (n > 0),
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (program, device)
) STRICT, WITHOUT ROWID;

-- The last 4096 answers to every device, to be given again when it did not hear them. An answer is
-- written once: a second one for the same mutation fails the transaction.
CREATE TABLE answer (
    program BLOB    NOT NULL CHECK (length(program) = 16),
    device  BLOB    NOT NULL CHECK (length(device) = 16),
    n       INTEGER NOT NULL CHECK (n > 0),
    seq     INTEGER NOT NULL,
    -- CBOR of domain::Refusal; NULL: applied.
    refusal BLOB,
    at      INTEGER NOT NULL,
    PRIMARY KEY (program, device, n)
) STRICT, WITHOUT ROWID;

-- Invitations of the hub itself: each founds one program. The token is never stored.
CREATE TABLE founding (
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
