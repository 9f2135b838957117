-- The state database: a projection of the evidence log and nothing else. It can be deleted;
-- opening the case makes it again. Numbers named `entry` are log indices.

CREATE TABLE entries (
    entry     INTEGER PRIMARY KEY,
    id        TEXT NOT NULL,      -- the entry's own random id, 32 hex digits
    kind      TEXT NOT NULL,
    actor     TEXT,               -- key name of the actor who signed
    authority TEXT,               -- id of the authority it was done under
    at        INTEGER,            -- microseconds since 1970, as the actor's machine had it
    reason    TEXT,
    about     TEXT,               -- the one id it is about
    detail    TEXT NOT NULL       -- what was done, a JSON object; {} where the payload is erased
) STRICT;

CREATE TABLE actors (
    key_name TEXT PRIMARY KEY,
    key      TEXT NOT NULL,
    name     TEXT NOT NULL,
    entry    INTEGER NOT NULL
) STRICT;

CREATE TABLE authorities (
    id    TEXT PRIMARY KEY,
    entry INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    text  TEXT NOT NULL
) STRICT;

CREATE TABLE deliveries (
    entry     INTEGER PRIMARY KEY,
    source    TEXT NOT NULL,
    sender    TEXT NOT NULL,
    authority TEXT NOT NULL,
    custody   TEXT NOT NULL,
    received  INTEGER NOT NULL,
    exhibits  INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,
    repeated  INTEGER NOT NULL
) STRICT;

CREATE TABLE exhibits (
    id       TEXT PRIMARY KEY,
    source   TEXT NOT NULL,
    path     BLOB NOT NULL,       -- delivered path, bytes as found
    digest   TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    delivery INTEGER NOT NULL     -- the first delivery that brought it
) STRICT, WITHOUT ROWID;
CREATE INDEX exhibits_by_path ON exhibits (path);

CREATE TABLE deliveries_of_exhibits (
    exhibit  TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    PRIMARY KEY (exhibit, delivery)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    entry    INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL,
    plan     TEXT NOT NULL,
    parsers  TEXT NOT NULL,       -- JSON array
    lines    TEXT NOT NULL,       -- digest of the payload with the lines
    totals   TEXT NOT NULL        -- JSON object
) STRICT;

CREATE TABLE readings (
    exhibit   TEXT NOT NULL,
    receipt   INTEGER NOT NULL,
    line      INTEGER NOT NULL,   -- place of the exhibit's line in the receipt's set
    reading   TEXT NOT NULL,
    tree_root TEXT NOT NULL,
    leaves    INTEGER NOT NULL,
    ledger    TEXT NOT NULL,      -- the receipt line, JSON
    PRIMARY KEY (exhibit, receipt)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    number   INTEGER PRIMARY KEY,
    entry    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    files    TEXT NOT NULL,
    roots    TEXT NOT NULL,       -- JSON object
    inputs   TEXT NOT NULL,       -- JSON array
    part     INTEGER NOT NULL,    -- which part of its inputs it adds, from 1
    parts    INTEGER NOT NULL     -- of how many
) STRICT;

CREATE TABLE mappings (
    entry INTEGER PRIMARY KEY,
    name  TEXT NOT NULL,
    text  TEXT NOT NULL
) STRICT;

CREATE TABLE decisions (
    entry    INTEGER PRIMARY KEY,
    what     TEXT NOT NULL,
    subjects TEXT NOT NULL,       -- JSON array
    settings TEXT NOT NULL        -- JSON object
) STRICT;

CREATE TABLE notes (
    entry    INTEGER PRIMARY KEY,
    subject  TEXT NOT NULL,
    snapshot INTEGER,
    text     TEXT NOT NULL
) STRICT;

CREATE TABLE records_of_notes (
    record TEXT NOT NULL,
    entry  INTEGER NOT NULL,
    PRIMARY KEY (record, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_by_subject ON notes (subject);

-- One row: which log, and how far it has been followed.
CREATE TABLE followed (
    only     INTEGER PRIMARY KEY CHECK (only = 0),
    case_id  TEXT NOT NULL,
    size     INTEGER NOT NULL,    -- entries applied
    last     TEXT NOT NULL        -- leaf hash of the last of them; empty for none
) STRICT;
