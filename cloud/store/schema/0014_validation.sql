-- The version of the rate table that rules a stay, and up to when all of it was paid.
ALTER TABLE session ADD COLUMN tariff_version INTEGER NOT NULL DEFAULT 0; -- 0: the one in force at entry
ALTER TABLE session ADD COLUMN settled_ms INTEGER;
ALTER TABLE session ADD COLUMN settled_minor INTEGER NOT NULL DEFAULT 0;

-- Discounts that shops gave to stays.
CREATE TABLE validation (
    id      TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session (id),
    place   TEXT NOT NULL,
    issuer  TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('percent', 'minutes', 'amount')),
    value   INTEGER NOT NULL CHECK (value > 0),
    actor   TEXT NOT NULL,
    at_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX validation_by_session ON validation (session, at_ms);
CREATE INDEX validation_by_issuer ON validation (place, issuer, at_ms);
