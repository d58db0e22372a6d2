-- Addresses that drivers open to pay for one stay.
CREATE TABLE pay_link (
    token    TEXT PRIMARY KEY, -- 80 random bits
    session  TEXT NOT NULL REFERENCES session (id),
    at_exit  INTEGER NOT NULL, -- shown at a lane to who waits there
    made_ms  INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pay_link_by_session ON pay_link (session, until_ms);
