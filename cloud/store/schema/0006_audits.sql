-- Counts by a person. `gone`: names of edges, `positions`: "stream:seq" of each epoch the count covers, -1
-- while its edge has not said; both separated by spaces. `before` is what the ledger had counted.
CREATE TABLE audit (
    place     TEXT NOT NULL REFERENCES place (place),
    id        INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('pending', 'applied', 'cancelled')),
    counted   INTEGER NOT NULL CHECK (counted >= 0),
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    gone      TEXT NOT NULL,
    positions TEXT NOT NULL,
    waits     TEXT NOT NULL,
    since     INTEGER NOT NULL,
    before    INTEGER NOT NULL,
    released  INTEGER NOT NULL,
    shortfall INTEGER NOT NULL,
    made_ms   INTEGER NOT NULL,
    ended_ms  INTEGER, -- NULL: pending
    PRIMARY KEY (place, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_pending ON audit (place) WHERE state = 'pending';

-- The event of an epoch up to which the last audit covers it.
ALTER TABLE stream ADD COLUMN audited INTEGER NOT NULL DEFAULT 0;
