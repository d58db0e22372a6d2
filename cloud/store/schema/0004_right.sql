-- Rights per place (PROTOCOL.md, "Rights list"). A removed one stays as a row with nothing but its id, until
-- no edge can ask for the change any more. `version` is that of the list it last changed in; `fold` is the
-- plate as plate_fold makes it. RIGHT is a word of SQL.
CREATE TABLE parking_right (
    place      TEXT NOT NULL REFERENCES place (place),
    id         TEXT NOT NULL,
    removed    INTEGER NOT NULL,
    kind       TEXT CHECK (kind IN ('permit', 'booking', 'deny', 'account')),
    plate      TEXT,
    fold       TEXT,
    credential TEXT,
    from_ms    INTEGER,
    until_ms   INTEGER,
    offline_s  INTEGER NOT NULL,
    space      TEXT CHECK (space IN ('normal', 'bound')),
    version    INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (place, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX right_by_plate ON parking_right (place, fold) WHERE fold IS NOT NULL;
CREATE INDEX right_by_version ON parking_right (place, version);
CREATE INDEX right_removed ON parking_right (place, changed_ms) WHERE removed = 1;

-- `floor`: changes up to this version are no longer all known; an edge that has less gets a whole list.
CREATE TABLE right_list (
    place   TEXT PRIMARY KEY REFERENCES place (place),
    version INTEGER NOT NULL,
    floor   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The version each edge has in force.
CREATE TABLE right_applied (
    place   TEXT NOT NULL,
    edge    TEXT NOT NULL,
    version INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (place, edge),
    FOREIGN KEY (place, edge) REFERENCES edge (place, edge)
) STRICT, WITHOUT ROWID;

-- `right_id` covers the stay up to `covered_ms` (9223372036854775807: to its end). `exit_plate` is what was
-- read at the exit if that is not `plate`: the two differ in one character that cameras confuse. Stays that
-- began before this migration have no `fold` and are found by their exact plate only.
ALTER TABLE session ADD COLUMN fold TEXT;
ALTER TABLE session ADD COLUMN right_id TEXT;
ALTER TABLE session ADD COLUMN covered_ms INTEGER;
ALTER TABLE session ADD COLUMN exit_plate TEXT;
CREATE INDEX session_open_by_fold ON session (fold, place) WHERE state = 'open' AND fold IS NOT NULL;
