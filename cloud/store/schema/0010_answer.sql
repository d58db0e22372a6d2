-- What was answered to a request that carried an Idempotency-Key, written with its effect: the same request
-- again gets the same answer. Kept for a day and more.
CREATE TABLE answer (
    key      TEXT PRIMARY KEY, -- of who asked, and the key
    request  TEXT NOT NULL,    -- of what was asked
    status   INTEGER NOT NULL, -- of HTTP
    location TEXT,
    body     BLOB NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_time ON answer (at_ms);
