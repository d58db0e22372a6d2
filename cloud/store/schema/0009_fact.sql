-- What happened in the cloud itself. `id` is counted together with event.id, without gaps: both tables in
-- the order of `id` are the feed. No plate stands in `data`.
CREATE TABLE fact (
    id      INTEGER PRIMARY KEY,
    place   TEXT NOT NULL,
    type    TEXT NOT NULL,
    subject TEXT NOT NULL,
    plate   TEXT, -- NULL: not known, or of no vehicle
    at_ms   INTEGER NOT NULL,
    data    TEXT NOT NULL -- a JSON object
) STRICT;
