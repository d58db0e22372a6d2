-- What people did to the ledger, as signed; `digest` is that of `text`, and each text names the digest of the
-- place's act before. Nothing here is ever changed: an act is undone by another one, at most once.
CREATE TABLE act (
    place   TEXT NOT NULL REFERENCES place (place),
    id      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    session TEXT,
    other   TEXT,
    delta   INTEGER NOT NULL,
    undoes  INTEGER, -- NULL: none
    at_ms   INTEGER NOT NULL,
    digest  TEXT NOT NULL,
    text    TEXT NOT NULL,
    PRIMARY KEY (place, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX act_undoing ON act (place, undoes) WHERE undoes IS NOT NULL;
CREATE INDEX act_of_session ON act (session) WHERE session IS NOT NULL;
