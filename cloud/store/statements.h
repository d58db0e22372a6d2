/* The statements of the store, prepared once: one row each, so that a file of the store reads as
 * "bind, run". Order of parameters = order of the columns named. */
#ifndef BOOMGATE_CLOUD_STORE_STATEMENTS_H
#define BOOMGATE_CLOUD_STORE_STATEMENTS_H

enum statement {
    ST_BEGIN,
    ST_COMMIT,
    ST_ROLLBACK,
    ST_LOAD_PLACES,
    ST_LOAD_EDGES,
    ST_LOAD_STREAMS,
    ST_LOAD_LANES,
    ST_LOAD_GRANTS,
    ST_LOAD_PAYMENTS,
    ST_SAVE_PLACE,
    ST_SAVE_EDGE,
    ST_DROP_LANES,
    ST_ADD_LANE,
    ST_SAVE_STREAM,
    ST_SAVE_GRANT,
    ST_FIND_GRANT,
    ST_SAVE_LIVE,
    ST_DROP_LANE_LIVE,
    ST_ADD_LANE_LIVE,
    ST_ADD_EVENT,
    ST_FIND_DIGEST,
    ST_ADD_QUARANTINE,
    ST_ADD_ANOMALY,
    ST_RESOLVE_ANOMALIES,
    ST_MERGE_MOVEMENT,
    ST_FIND_MOVEMENT,
    ST_SAVE_SESSION,
    ST_FIND_SESSION,
    ST_FIND_OPEN_SESSION,
    ST_FIND_UNMATCHED,
    ST_SAVE_PAYMENT,
    ST_COUNT_PAYMENTS,
    ST_SAVE_DEBT,
    ST_FIND_DEBT,
    ST_COLLECTABLE_DEBTS,
    ST_RETRY_DEBTS,
    ST_SAVE_DECISION,
    ST_FIND_DECISION,
    ST_PRUNE_DECISIONS,
    STATEMENTS
};

extern const char *const store_sql[STATEMENTS];

#endif
