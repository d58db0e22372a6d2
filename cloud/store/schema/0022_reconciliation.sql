-- Reports of the daily reconciliation; one of the same day replaces the one before.
CREATE TABLE reconciliation (
    place             TEXT NOT NULL REFERENCES place (place),
    day               TEXT NOT NULL, -- the place's, "2026-11-20"
    currency          TEXT NOT NULL,
    from_ms           INTEGER NOT NULL,
    to_ms             INTEGER NOT NULL,
    made_ms           INTEGER NOT NULL,
    partial           INTEGER NOT NULL,
    exits             INTEGER NOT NULL,
    sessions          INTEGER NOT NULL,
    payments          INTEGER NOT NULL,
    refunds           INTEGER NOT NULL,
    lines             INTEGER NOT NULL,
    priced_minor      INTEGER NOT NULL,
    paid_minor        INTEGER NOT NULL,
    refunded_minor    INTEGER NOT NULL,
    waived_minor      INTEGER NOT NULL,
    written_off_minor INTEGER NOT NULL,
    owed_minor        INTEGER NOT NULL,
    excess_minor      INTEGER NOT NULL,
    charged_minor     INTEGER NOT NULL,
    given_back_minor  INTEGER NOT NULL,
    booked_minor      INTEGER NOT NULL,
    booked_back_minor INTEGER NOT NULL,
    mismatches        INTEGER NOT NULL,
    PRIMARY KEY (place, day)
) STRICT, WITHOUT ROWID;

-- What did not agree; of many, the first ones.
CREATE TABLE mismatch (
    place           TEXT NOT NULL,
    day             TEXT NOT NULL,
    n               INTEGER NOT NULL,
    class           TEXT NOT NULL,
    noun            TEXT NOT NULL,
    key             TEXT NOT NULL,
    session         TEXT,
    ours_minor      INTEGER NOT NULL,
    ours_currency   TEXT,
    theirs_minor    INTEGER NOT NULL,
    theirs_currency TEXT,
    PRIMARY KEY (place, day, n),
    FOREIGN KEY (place, day) REFERENCES reconciliation (place, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_end ON session (place, end_ms) WHERE end_ms IS NOT NULL;
CREATE INDEX session_by_exit ON session (exit_movement) WHERE exit_movement IS NOT NULL;
