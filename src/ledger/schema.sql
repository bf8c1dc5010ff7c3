-- The station's record store. Entries are only ever added; the triggers are a seat belt against our own
-- mistakes, not a defence against somebody with the file.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY,
    payload BLOB NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER event_dense BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event)
BEGIN SELECT raise(ABORT, 'an entry must take the next number'); END;

CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT raise(ABORT, 'an entry is never changed'); END;

CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT raise(ABORT, 'an entry is never removed'); END;

-- An operator's act and the entries it made: asked again, it answers with the same.
CREATE TABLE command (
    id    BLOB PRIMARY KEY,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The erasable part of a person's record.
CREATE TABLE person (
    id     TEXT PRIMARY KEY,
    salt   BLOB NOT NULL,
    record TEXT NOT NULL
) STRICT;

-- Headquarters' last receipt. The outbox is "entries above its number"; there is no second queue.
CREATE TABLE receipt (
    seq     INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL,
    raw     BLOB NOT NULL,
    wall_ms INTEGER NOT NULL
) STRICT;

-- The fold of the entries up to `seq`, so that starting is fast. May be deleted at any time.
CREATE TABLE snapshot (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    seq   INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    state BLOB NOT NULL
) STRICT;
