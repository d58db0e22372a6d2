-- Pictures of the feed (PROTOCOL.md, "The feed"). Everything here is made from its entries alone, so that it
-- can be thrown away and made again; `progress` says how far it is. Times are UTC milliseconds.

CREATE TABLE progress (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seen INTEGER NOT NULL, -- the number of the last entry that is in
    mark TEXT NOT NULL     -- what that entry was: another one there now means another ledger
) STRICT;
INSERT INTO progress VALUES (1, 0, '');

-- Crossings per minute and per hour, by the time of the edge: what an edge tells late goes where it belongs.
-- What was inside at some time is the sum of all changes up to it.
CREATE TABLE minute (
    place     TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,
    entered   INTEGER NOT NULL DEFAULT 0,
    left      INTEGER NOT NULL DEFAULT 0,
    corrected INTEGER NOT NULL DEFAULT 0, -- by people, signed
    PRIMARY KEY (place, at_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (
    place        TEXT NOT NULL,
    at_ms        INTEGER NOT NULL,
    lane         TEXT NOT NULL, -- '': corrections
    entered      INTEGER NOT NULL DEFAULT 0,
    left         INTEGER NOT NULL DEFAULT 0,
    corrected    INTEGER NOT NULL DEFAULT 0,
    denied       INTEGER NOT NULL DEFAULT 0, -- turned away at an entry
    unauthorised INTEGER NOT NULL DEFAULT 0, -- of those that entered or left
    PRIMARY KEY (place, at_ms, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE stay (
    session     TEXT PRIMARY KEY,
    place       TEXT NOT NULL,
    plate       TEXT,
    state       TEXT NOT NULL,
    start_ms    INTEGER,
    end_ms      INTEGER,
    entry_lane  TEXT NOT NULL,
    exit_lane   TEXT NOT NULL,
    exit_basis  TEXT NOT NULL,
    exit_movement TEXT NOT NULL,
    tariff      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    paid_minor  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX stay_by_plate ON stay (plate, place, start_ms) WHERE plate IS NOT NULL;
CREATE INDEX stay_by_end ON stay (place, end_ms) WHERE end_ms IS NOT NULL;

-- Money that came in, and (below zero) what was paid back.
CREATE TABLE receipt (
    key          TEXT PRIMARY KEY,
    place        TEXT NOT NULL,
    session      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    at_ms        INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_by_time ON receipt (place, at_ms);

CREATE TABLE debt (
    session      TEXT PRIMARY KEY,
    place        TEXT NOT NULL,
    plate        TEXT,
    state        TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    paid_minor   INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    reason       TEXT NOT NULL,
    created_ms   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX debt_open ON debt (place, created_ms) WHERE state = 'open';

-- What happened in each trace (PROTOCOL.md, "Traces"), for the newest entries of the feed. No plates.
CREATE TABLE step (
    cursor      INTEGER PRIMARY KEY,
    movement    TEXT NOT NULL,
    place       TEXT NOT NULL,
    type        TEXT NOT NULL,
    time_ms     INTEGER NOT NULL, -- by the clock of whose fact it is
    received_ms INTEGER NOT NULL, -- by ours
    trace       TEXT NOT NULL,    -- traceparent; '' where only the movement is known
    text        TEXT NOT NULL     -- its members in short
) STRICT;
CREATE INDEX step_by_movement ON step (movement, cursor);
