-- Refunds, payments that were never sent and are void, debts that are given up, and who decided it. SQLite
-- cannot change a CHECK: the tables are made anew.
CREATE TABLE payment_new (
    key            TEXT PRIMARY KEY,
    session        TEXT NOT NULL REFERENCES session (id),
    place          TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('exit', 'prepay', 'link', 'debt')),
    provider       TEXT NOT NULL, -- who has it, or may have it
    token          TEXT NOT NULL,
    amount_minor   INTEGER NOT NULL CHECK (amount_minor > 0),
    currency       TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'querying',
                                                  'succeeded', 'declined', 'manual', 'void')),
    attempts       INTEGER NOT NULL,
    created_ms     INTEGER NOT NULL,
    changed_ms     INTEGER NOT NULL,
    provider_ref   TEXT,
    reason         TEXT,
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    actor          TEXT,
    note           TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO payment_new SELECT key, session, place, kind, provider, token, amount_minor, currency, state, attempts,
    created_ms, changed_ms, provider_ref, reason, 0, NULL, NULL FROM payment;
DROP TABLE payment;
ALTER TABLE payment_new RENAME TO payment;
CREATE INDEX payment_by_session ON payment (session);
CREATE INDEX payment_by_time ON payment (place, changed_ms);
CREATE INDEX payment_manual ON payment (place) WHERE state = 'manual';
CREATE INDEX payment_not_final ON payment (state) WHERE state IN
    ('created', 'sent', 'unknown', 'querying');
-- At most one payment per session that is not final.
CREATE UNIQUE INDEX payment_one_open ON payment (session) WHERE state IN
    ('created', 'sent', 'unknown', 'querying');

-- `key` is the idempotency key at the provider, `session:refund:n`; committed before the first call.
CREATE TABLE refund (
    key          TEXT PRIMARY KEY,
    session      TEXT NOT NULL REFERENCES session (id),
    place        TEXT NOT NULL,
    payment      TEXT NOT NULL REFERENCES payment (key),
    provider     TEXT NOT NULL,
    charge_ref   TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency     TEXT NOT NULL,
    cause        TEXT NOT NULL CHECK (cause IN ('overpaid', 'person')),
    forgiven     INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'querying',
                                                'succeeded', 'declined', 'manual')),
    attempts     INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    changed_ms   INTEGER NOT NULL,
    provider_ref TEXT,
    reason       TEXT,
    actor        TEXT,
    note         TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_by_session ON refund (session);
CREATE INDEX refund_by_time ON refund (place, changed_ms);
CREATE INDEX refund_manual ON refund (place) WHERE state = 'manual';
CREATE INDEX refund_not_final ON refund (state) WHERE state IN
    ('created', 'sent', 'unknown', 'querying');

CREATE TABLE debt_new (
    session           TEXT PRIMARY KEY REFERENCES session (id),
    place             TEXT NOT NULL,
    plate             TEXT,
    amount_minor      INTEGER NOT NULL CHECK (amount_minor >= 0),
    currency          TEXT NOT NULL,
    paid_minor        INTEGER NOT NULL,
    waived_minor      INTEGER NOT NULL CHECK (waived_minor >= 0),
    written_off_minor INTEGER NOT NULL CHECK (written_off_minor >= 0),
    state             TEXT NOT NULL CHECK (state IN ('open', 'paid', 'waived', 'written_off')),
    reason            TEXT,
    created_ms        INTEGER NOT NULL,
    settled_ms        INTEGER,
    actor             TEXT,
    note              TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO debt_new SELECT session, place, plate, amount_minor, currency, paid_minor, 0, 0, state, reason,
    created_ms, settled_ms, NULL, NULL FROM debt;
DROP TABLE debt;
ALTER TABLE debt_new RENAME TO debt;
CREATE INDEX debt_open ON debt (place) WHERE state = 'open';
CREATE INDEX debt_to_collect ON debt (created_ms) WHERE state = 'open' AND reason IS NULL;
CREATE INDEX debt_by_time ON debt (place, created_ms);

ALTER TABLE session ADD COLUMN refunded_minor INTEGER NOT NULL DEFAULT 0
    CHECK (refunded_minor BETWEEN 0 AND paid_minor);
ALTER TABLE session ADD COLUMN waived_minor INTEGER NOT NULL DEFAULT 0;
