//! The tables of headquarters' database and how an older one becomes a newer one.

/// "ArHQ": tells this database from any other SQLite file.
pub const APPLICATION_ID: i32 = 0x4172_4851;

/// Step n brings a database from version n to n + 1. A step is never changed once released. Entry bytes are never
/// touched by any.
pub const MIGRATIONS: &[&str] = &[FIRST, CUSTODY];

/// The triggers are a seat belt against our own mistakes, not a defence against somebody who can write the file (I3).
const FIRST: &str = r"
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE station (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    added_ms INTEGER NOT NULL
) STRICT;

-- A key is good from after the log's size `first_position` up to `last_position`, where it was closed.
CREATE TABLE station_key (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    station INTEGER NOT NULL REFERENCES station (number),
    first_position INTEGER NOT NULL,
    last_position INTEGER
) STRICT;
CREATE INDEX station_key_of ON station_key (station);

-- What was taken, in order. One row for each batch that brought something new.
CREATE TABLE receipt_log (
    position INTEGER PRIMARY KEY CHECK (position > 0),
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    station INTEGER NOT NULL REFERENCES station (number),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    entry BLOB NOT NULL CHECK (length(entry) = 32),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    received_ms INTEGER NOT NULL,
    road TEXT NOT NULL CHECK (road IN ('https', 'usb')),
    receipt BLOB NOT NULL
) STRICT;

-- A hash is unique within its station: no station can occupy another's.
CREATE TABLE event (
    station INTEGER NOT NULL REFERENCES station (number),
    branch INTEGER NOT NULL CHECK (branch > 0),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    payload BLOB NOT NULL,
    position INTEGER NOT NULL REFERENCES receipt_log (position),
    UNIQUE (station, branch, seq),
    UNIQUE (station, hash)
) STRICT;

-- The last entry of each history. Branch 1 begins at nothing; any other leaves `base_branch` behind `base_seq`.
-- May be worked out again from `event` and `fork`. `practice` is what the history's first entry says: 0 live, 1 exercise.
CREATE TABLE head (
    station INTEGER NOT NULL REFERENCES station (number),
    branch INTEGER NOT NULL,
    base_branch INTEGER,
    base_seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    practice INTEGER CHECK (practice IN (0, 1)),
    PRIMARY KEY (station, branch)
) STRICT;

-- `point` is the last common entry (number 0 for none), `other` the entry held first behind it.
CREATE TABLE fork (
    station INTEGER NOT NULL REFERENCES station (number),
    branch INTEGER NOT NULL,
    point_epoch INTEGER NOT NULL,
    point_seq INTEGER NOT NULL,
    point_hash BLOB NOT NULL CHECK (length(point_hash) = 32),
    other_epoch INTEGER NOT NULL,
    other_hash BLOB NOT NULL CHECK (length(other_hash) = 32),
    new_hash BLOB NOT NULL CHECK (length(new_hash) = 32),
    first_seen_ms INTEGER NOT NULL,
    PRIMARY KEY (station, branch)
) STRICT;

-- Batches signed by a closed key: not lost, not believed.
CREATE TABLE quarantine (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    station INTEGER NOT NULL REFERENCES station (number),
    envelope BLOB NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_of ON quarantine (station);

CREATE TRIGGER event_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER event_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER event_insert BEFORE INSERT ON event
WHEN CASE NEW.seq
    WHEN 1 THEN NEW.prev <> zeroblob(32)
    ELSE NOT EXISTS (
        SELECT 1 FROM event WHERE station = NEW.station AND hash = NEW.prev AND seq = NEW.seq - 1)
    END
BEGIN SELECT RAISE(ABORT, 'an entry is stored only behind its predecessor'); END;

CREATE TRIGGER receipt_log_update BEFORE UPDATE ON receipt_log
BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
CREATE TRIGGER receipt_log_delete BEFORE DELETE ON receipt_log
BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
CREATE TRIGGER receipt_log_insert BEFORE INSERT ON receipt_log
WHEN NEW.position <> (SELECT ifnull(max(position), 0) + 1 FROM receipt_log)
BEGIN SELECT RAISE(ABORT, 'the log has no gaps'); END;

CREATE TRIGGER fork_update BEFORE UPDATE ON fork
BEGIN SELECT RAISE(ABORT, 'a fork is never changed'); END;
CREATE TRIGGER fork_delete BEFORE DELETE ON fork
BEGIN SELECT RAISE(ABORT, 'a fork is never deleted'); END;

CREATE TRIGGER quarantine_update BEFORE UPDATE ON quarantine
BEGIN SELECT RAISE(ABORT, 'a batch in quarantine is never changed'); END;
CREATE TRIGGER quarantine_delete BEFORE DELETE ON quarantine
BEGIN SELECT RAISE(ABORT, 'a batch in quarantine is never deleted'); END;

CREATE TRIGGER station_update BEFORE UPDATE ON station
BEGIN SELECT RAISE(ABORT, 'a station is never changed'); END;
CREATE TRIGGER station_delete BEFORE DELETE ON station
BEGIN SELECT RAISE(ABORT, 'a station is never deleted'); END;
CREATE TRIGGER station_key_delete BEFORE DELETE ON station_key
BEGIN SELECT RAISE(ABORT, 'a key is closed, never deleted'); END;
CREATE TRIGGER station_key_update BEFORE UPDATE ON station_key
WHEN OLD.last_position IS NOT NULL OR NEW.last_position IS NULL
    OR NEW.key <> OLD.key OR NEW.station <> OLD.station OR NEW.first_position <> OLD.first_position
BEGIN SELECT RAISE(ABORT, 'a key can only be closed, and once'); END;
";

/// What `custody` works out from the entries, and how far it has come. May be emptied and worked out again.
const CUSTODY: &str = r"
CREATE INDEX event_position ON event (position);

CREATE TABLE custody_upto (position INTEGER NOT NULL) STRICT;
INSERT INTO custody_upto (position) VALUES (0);

CREATE TABLE weapon_known (
    station INTEGER NOT NULL REFERENCES station (number),
    weapon TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (station, weapon)
) STRICT;

CREATE TABLE custody (
    station INTEGER NOT NULL REFERENCES station (number),
    weapon TEXT NOT NULL,
    identity TEXT NOT NULL,
    person TEXT,
    seq INTEGER NOT NULL,
    issued_ms INTEGER NOT NULL,
    PRIMARY KEY (station, weapon)
) STRICT;
CREATE INDEX custody_of ON custody (identity);

CREATE TABLE custody_dispute (
    station INTEGER NOT NULL REFERENCES station (number),
    seq INTEGER NOT NULL,
    other_station INTEGER NOT NULL REFERENCES station (number),
    other_seq INTEGER NOT NULL,
    identity TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (station, seq, other_station, other_seq)
) STRICT;
";
