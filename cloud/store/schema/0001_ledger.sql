-- The ledger. Times are UTC milliseconds since 1970, money is minor units, words as in cloud/core/records.h.
-- NULL means absent.

CREATE TABLE place (
    place           TEXT PRIMARY KEY,
    title           TEXT NOT NULL,
    capacity        INTEGER NOT NULL CHECK (capacity > 0),
    zone            TEXT NOT NULL,
    currency        TEXT NOT NULL,
    tariff          TEXT NOT NULL,
    policy          TEXT NOT NULL CHECK (policy IN ('defer', 'hold')),
    hold_max_ms     INTEGER NOT NULL,
    exit_grace_ms   INTEGER NOT NULL,
    unmatched_exit  TEXT NOT NULL CHECK (unmatched_exit IN ('open', 'deny')),
    grant_size      INTEGER NOT NULL,
    closed          INTEGER NOT NULL,
    pool            INTEGER NOT NULL,
    occupied        INTEGER NOT NULL,
    pending         INTEGER NOT NULL,
    held            INTEGER NOT NULL,
    overdraft       INTEGER NOT NULL,
    open_sessions   INTEGER NOT NULL,
    next_grant      INTEGER NOT NULL,
    offers_stopped  INTEGER NOT NULL,
    changed_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE edge (
    place        TEXT NOT NULL REFERENCES place (place),
    edge         TEXT NOT NULL,
    newest_epoch INTEGER NOT NULL,
    hello_ms     INTEGER NOT NULL,
    version      TEXT NOT NULL,
    PRIMARY KEY (place, edge)
) STRICT, WITHOUT ROWID;

CREATE TABLE lane (
    place     TEXT NOT NULL,
    edge      TEXT NOT NULL,
    lane      TEXT NOT NULL,
    direction TEXT NOT NULL,
    PRIMARY KEY (place, edge, lane),
    FOREIGN KEY (place, edge) REFERENCES edge (place, edge)
) STRICT, WITHOUT ROWID;

-- One epoch of one edge: how far its events are applied, and its share of the place's counters.
CREATE TABLE stream (
    id        INTEGER PRIMARY KEY,
    place     TEXT NOT NULL,
    edge      TEXT NOT NULL,
    journal   TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    head      TEXT NOT NULL,
    view      INTEGER NOT NULL,
    pending   INTEGER NOT NULL,
    overdraft INTEGER NOT NULL,
    frozen    INTEGER NOT NULL,
    fenced    INTEGER NOT NULL,
    UNIQUE (place, edge, epoch),
    FOREIGN KEY (place, edge) REFERENCES edge (place, edge)
) STRICT;

-- The facts, exactly as received. `id` is the order in which they were committed.
CREATE TABLE event (
    id          INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL REFERENCES stream (id),
    seq         INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    kind        TEXT NOT NULL, -- '' for an unknown type
    movement    TEXT,
    time_ms     INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    bytes       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_by_seq ON event (stream, seq);

-- Messages that could not be understood, with the reason. An event keeps its place in the stream.
CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    place       TEXT NOT NULL,
    edge        TEXT NOT NULL,
    epoch       INTEGER,
    seq         INTEGER,
    reason      TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    bytes       BLOB NOT NULL
) STRICT;

CREATE TABLE anomaly (
    id           INTEGER PRIMARY KEY,
    place        TEXT NOT NULL,
    edge         TEXT,
    kind         TEXT NOT NULL,
    epoch        INTEGER,
    seq          INTEGER,
    stops_offers INTEGER NOT NULL,
    detail       TEXT NOT NULL,
    at_ms        INTEGER NOT NULL,
    resolved_ms  INTEGER -- NULL: still open
) STRICT;
CREATE INDEX anomaly_open ON anomaly (place) WHERE resolved_ms IS NULL;

CREATE TABLE movement (
    id            TEXT PRIMARY KEY,
    place         TEXT NOT NULL,
    edge          TEXT NOT NULL,
    lane          TEXT,
    direction     TEXT,
    plate         TEXT,
    raw           TEXT,
    confidence    INTEGER,
    basis         TEXT,
    reason        TEXT,
    outcome       TEXT,
    request       TEXT,
    first_ms      INTEGER NOT NULL, -- of the event it was first heard of by
    presented_ms  INTEGER,
    authorised_ms INTEGER,
    started_ms    INTEGER,
    completed_ms  INTEGER,
    ended_ms      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX movement_by_time ON movement (place, first_ms);
-- What is counted: who crossed, and who was turned away.
CREATE INDEX movement_crossed ON movement (place, direction, completed_ms)
    WHERE completed_ms IS NOT NULL;
CREATE INDEX movement_denied ON movement (place, direction, first_ms) WHERE outcome = 'denied';

CREATE TABLE session (
    id            TEXT PRIMARY KEY, -- the movement known first: the entry's, or the exit's
    place         TEXT NOT NULL REFERENCES place (place),
    plate         TEXT, -- normalised; NULL: not known
    state         TEXT NOT NULL CHECK (state IN ('open', 'closed', 'unmatched')),
    start_ms      INTEGER,
    end_ms        INTEGER,
    entry_edge    TEXT,
    entry_lane    TEXT,
    exit_edge     TEXT,
    exit_lane     TEXT,
    exit_movement TEXT,
    exit_basis    TEXT,
    currency      TEXT NOT NULL,
    tariff        TEXT NOT NULL, -- in force when it began
    price_minor   INTEGER NOT NULL,
    paid_minor    INTEGER NOT NULL,
    paid_ms       INTEGER,
    quote_ms      INTEGER,
    quote_request TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_plate ON session (plate, place, state, start_ms);
CREATE INDEX session_by_place ON session (place, state, start_ms);

-- `key` is the idempotency key at the provider, `session:charge:n`; committed before the first call.
CREATE TABLE payment (
    key          TEXT PRIMARY KEY,
    session      TEXT NOT NULL REFERENCES session (id),
    place        TEXT NOT NULL,
    token        TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'querying',
                                                'succeeded', 'declined', 'manual')),
    attempts     INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    changed_ms   INTEGER NOT NULL,
    provider_ref TEXT,
    reason       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_by_session ON payment (session);
CREATE INDEX payment_by_time ON payment (place, changed_ms);
CREATE INDEX payment_manual ON payment (place) WHERE state = 'manual';
CREATE INDEX payment_not_final ON payment (state) WHERE state IN
    ('created', 'sent', 'unknown', 'querying');
-- At most one payment per session that is not final.
CREATE UNIQUE INDEX payment_one_open ON payment (session) WHERE state IN
    ('created', 'sent', 'unknown', 'querying');

CREATE TABLE debt (
    session      TEXT PRIMARY KEY REFERENCES session (id),
    place        TEXT NOT NULL,
    plate        TEXT,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency     TEXT NOT NULL,
    paid_minor   INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'paid')),
    reason       TEXT,
    created_ms   INTEGER NOT NULL,
    settled_ms   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX debt_open ON debt (place) WHERE state = 'open';
CREATE INDEX debt_to_collect ON debt (created_ms) WHERE state = 'open' AND reason IS NULL;

-- "grant" is a word of SQL.
CREATE TABLE space_grant (
    place   TEXT NOT NULL REFERENCES place (place),
    id      INTEGER NOT NULL,
    stream  INTEGER NOT NULL REFERENCES stream (id),
    epoch   INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (place, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX space_grant_open ON space_grant (place) WHERE state = 'open';

-- The answer under its request id, so that a retry gets the same one.
CREATE TABLE decision (
    request  TEXT PRIMARY KEY,
    place    TEXT NOT NULL,
    edge     TEXT NOT NULL,
    movement TEXT,
    response BLOB NOT NULL, -- as on the wire
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_by_time ON decision (at_ms);

-- What an edge last said of itself; not a fact of the ledger. Written at most once per second.
CREATE TABLE edge_live (
    place         TEXT NOT NULL,
    edge          TEXT NOT NULL,
    online        INTEGER NOT NULL,
    boot          INTEGER NOT NULL,
    session       INTEGER NOT NULL,
    heard_ms      INTEGER NOT NULL,
    telemetry_ms  INTEGER, -- NULL: no telemetry yet, and the rest is zero
    epoch         INTEGER NOT NULL,
    next          INTEGER NOT NULL,
    outbox_depth  INTEGER NOT NULL,
    outbox_age_ms INTEGER NOT NULL,
    free          INTEGER NOT NULL,
    overdraft     INTEGER NOT NULL,
    clock         TEXT NOT NULL,
    PRIMARY KEY (place, edge)
) STRICT, WITHOUT ROWID;

CREATE TABLE lane_live (
    place     TEXT NOT NULL,
    edge      TEXT NOT NULL,
    lane      TEXT NOT NULL,
    direction TEXT NOT NULL,
    state     TEXT NOT NULL,
    arm       TEXT NOT NULL,
    online    INTEGER NOT NULL,
    link_us   INTEGER NOT NULL,
    inputs    INTEGER NOT NULL,
    PRIMARY KEY (place, edge, lane)
) STRICT, WITHOUT ROWID;
