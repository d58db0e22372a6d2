-- Commands to lanes, and how far each has come.
CREATE TABLE lane_command (
    id           TEXT PRIMARY KEY,
    place        TEXT NOT NULL REFERENCES place (place),
    edge         TEXT NOT NULL,
    lane         TEXT NOT NULL,
    action       TEXT NOT NULL,
    expect       TEXT,
    actor        TEXT NOT NULL,
    reason       TEXT NOT NULL, -- in the actor's words
    issued_ms    INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    stage        TEXT,          -- NULL: no word from the edge yet
    why          TEXT,
    presumed     INTEGER NOT NULL, -- the stage is a guess: nothing was heard in time
    accepted_ms  INTEGER,
    executing_ms INTEGER,
    ended_ms     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_command_by_lane ON lane_command (place, lane, issued_ms);
CREATE INDEX lane_command_open ON lane_command (place) WHERE ended_ms IS NULL;
