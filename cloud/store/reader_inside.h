/* The inside of a reader: its statements by name, and how a row is read. Only reader*.c include this. */
#ifndef BOOMGATE_CLOUD_STORE_READER_INSIDE_H
#define BOOMGATE_CLOUD_STORE_READER_INSIDE_H

#include "cloud/store/reader.h"
#include "protocol/support/db.h"

/* An entry passes to the inside, an exit to the outside; what was not completed counts for neither. */
#define CROSSED(direction_word)                                                                    \
    "(SELECT count(*) FROM movement WHERE place = ?1 AND direction = '" direction_word             \
    "' AND completed_ms >= ?2)"

#define MOVEMENT_COLUMNS                                                                           \
    "SELECT id, place, edge, lane, direction, plate, basis, reason, outcome, presented_ms, "       \
    "completed_ms, ended_ms, credential, medium, "                                                 \
    "max(coalesce(presented_ms, 0), coalesce(authorised_ms, 0), coalesce(started_ms, 0), "         \
    "coalesce(completed_ms, 0), coalesce(ended_ms, 0)) AS latest, first_ms FROM movement "

#define COMMAND_COLUMNS                                                                            \
    "SELECT id, place, edge, lane, action, expect, actor, reason, issued_ms, not_after_ms, "       \
    "stage, why, presumed, accepted_ms, executing_ms, ended_ms FROM lane_command "

#define RIGHT_COLUMNS                                                                              \
    "id, kind, plate, credential, from_ms, until_ms, offline_s, space, version, changed_ms "       \
    "FROM parking_right "

#define ACT_COLUMNS                                                                                \
    "SELECT place, id, kind, actor, reason, session, other, delta, undoes, at_ms, digest, text, "  \
    "(SELECT u.id FROM act AS u WHERE u.place = a.place AND u.undoes = a.id) FROM act AS a "

#define SESSION_AT "coalesce(s.start_ms, s.end_ms, 0)"

#define SESSION_SELECT                                                                             \
    "SELECT s.id, s.place, p.zone, s.tariff, s.plate, s.state, s.start_ms, s.end_ms, "             \
    "s.exit_basis, s.currency, s.price_minor, s.paid_minor, s.paid_ms, y.state, y.reason, "        \
    "d.state, coalesce(d.amount_minor - d.paid_minor - d.waived_minor - d.written_off_minor, 0), " \
    "s.right_id, s.covered_ms, "                                                                   \
    "s.exit_plate, s.tariff_version, s.settled_ms, s.settled_minor, (SELECT group_concat("         \
    "v.kind || ':' || v.value) FROM (SELECT kind, value FROM validation WHERE session = s.id "     \
    "ORDER BY at_ms, id LIMIT 16) AS v), "                                                         \
    "s.entry_edge, s.entry_lane, s.exit_edge, s.exit_lane, p.stale_after_ms, p.parent, "           \
    "s.credential, p.exit_grace_ms, s.joined, s.lost, s.refunded_minor "                           \
    "FROM session AS s JOIN place AS p USING (place) LEFT JOIN debt AS d ON "                      \
    "d.session = s.id "                                                                            \
    "LEFT JOIN payment AS y ON y.key = (SELECT key FROM payment WHERE session = s.id "             \
    "ORDER BY created_ms DESC, key DESC LIMIT 1) "

#define RECONCILIATION_COLUMNS                                                                     \
    "place, day, currency, from_ms, to_ms, made_ms, partial, exits, sessions, "                    \
    "payments, refunds, lines, priced_minor, paid_minor, refunded_minor, "                         \
    "waived_minor, written_off_minor, owed_minor, excess_minor, charged_minor, "                   \
    "given_back_minor, booked_minor, booked_back_minor, mismatches FROM "                          \
    "reconciliation "
#define MONEY_PAYMENT_COLUMNS                                                                      \
    "SELECT key, session, place, kind, provider, amount_minor, currency, state, attempts, "        \
    "created_ms, changed_ms, provider_ref, reason, refunded_minor, actor, note FROM payment "
#define MONEY_REFUND_COLUMNS                                                                       \
    "SELECT key, session, place, payment, provider, amount_minor, currency, cause, forgiven, "     \
    "state, attempts, created_ms, changed_ms, provider_ref, reason, actor, note FROM refund "
#define MONEY_DEBT_COLUMNS                                                                         \
    "SELECT session, place, plate, amount_minor, currency, paid_minor, waived_minor, "             \
    "written_off_minor, state, reason, created_ms, settled_ms, actor, note FROM debt "
/* struct money_filter; newest first. */
#define MONEY_FILTER(at, key)                                                                      \
    "WHERE place = ?1 AND (?2 = '' OR state = ?2) AND (?3 = '' OR session = ?3) AND (?4 = 0 OR "   \
    "(" at ", " key ") < (?4, ?5)) ORDER BY " at " DESC, " key " DESC LIMIT ?6"

/* The queries, by name. */
#define READER_STATEMENTS(X)                                                                       \
    X(BEGIN, "BEGIN")                                                                              \
    X(END, "COMMIT")                                                                               \
    X(VERSION, "PRAGMA data_version")                                                              \
    X(PLACES,                                                                                      \
      "SELECT place, title, capacity, zone, currency, tariff, policy, hold_max_ms, "               \
      "exit_grace_ms, "                                                                            \
      "unmatched_exit, grant_size, closed, pool, occupied, pending, held, overdraft, "             \
      "open_sessions, next_grant, offers_stopped, changed_ms, "                                    \
      "(SELECT coalesce(sum(view), 0) FROM stream WHERE stream.place = p.place), "                 \
      "(SELECT count(*) FROM anomaly WHERE anomaly.place = p.place AND resolved_ms IS NULL), "     \
      "parent, stale_after_ms, hours, shut "                                                       \
      "FROM place AS p WHERE ?1 IS NULL OR place = ?1 ORDER BY place")                             \
    X(ZONES, "SELECT place FROM place WHERE parent = ?1 ORDER BY place")                           \
    X(RIGHTS, "SELECT " RIGHT_COLUMNS "WHERE place = ?1 AND id > ?2 AND removed = 0 "              \
              "ORDER BY id LIMIT ?3")                                                              \
    X(RIGHT, "SELECT " RIGHT_COLUMNS "WHERE place = ?1 AND id = ?2 AND removed = 0")               \
    X(RIGHT_COUNT, "SELECT coalesce((SELECT version FROM right_list WHERE place = ?1), 0), "       \
                   "count(*) FROM parking_right WHERE place = ?1 AND removed = 0")                 \
    X(RIGHTS_APPLIED, "SELECT edge, version, at_ms FROM right_applied WHERE place = ?1 "           \
                      "ORDER BY edge")                                                             \
    X(EDGES,                                                                                       \
      "SELECT e.edge, e.version, coalesce(s.frozen, 0), coalesce(l.online, 0), l.heard_ms, "       \
      "l.telemetry_ms, coalesce(l.epoch, e.newest_epoch), coalesce(l.outbox_depth, 0), "           \
      "coalesce(l.outbox_age_ms, 0), coalesce(l.free, 0), coalesce(l.overdraft, 0), l.clock "      \
      "FROM edge AS e LEFT JOIN edge_live AS l USING (place, edge) LEFT JOIN stream AS s "         \
      "ON s.place = e.place AND s.edge = e.edge AND s.epoch = e.newest_epoch "                     \
      "WHERE e.place = ?1 ORDER BY e.edge")                                                        \
    X(LANES, "SELECT a.edge, a.lane, a.direction, v.state, v.arm, coalesce(v.online, 0), "         \
             "coalesce(l.online, 0), coalesce(v.link_us, 0), l.telemetry_ms, "                     \
             "coalesce(v.inputs, 0) "                                                              \
             "FROM lane AS a LEFT JOIN lane_live AS v USING (place, edge, lane) "                  \
             "LEFT JOIN edge_live AS l USING (place, edge) "                                       \
             "WHERE a.place = ?1 ORDER BY a.direction, a.lane, a.edge")                            \
    X(MOVEMENT, MOVEMENT_COLUMNS "WHERE id = ?1")                                                  \
    X(MOVEMENTS, MOVEMENT_COLUMNS "WHERE place = ?1 AND first_ms <= ?3 AND (first_ms < ?3 "        \
                                  "OR id < ?4) ORDER BY first_ms DESC, id DESC LIMIT ?2")          \
    X(FIRST, "SELECT coalesce(min(first_ms), 0) FROM movement WHERE place = ?1")                   \
    X(FLOW, "SELECT (completed_ms - ?2) / ?3, direction, count(*) FROM movement "                  \
            "WHERE place = ?1 AND direction IN ('entry', 'exit') "                                 \
            "AND completed_ms >= ?2 AND completed_ms < ?4 GROUP BY 1, 2")                          \
    X(SESSIONS, SESSION_SELECT "WHERE s.plate IN (?1, ?5) AND (?2 = 0 OR (" SESSION_AT             \
                               ", s.id) < (?2, ?3)) "                                              \
                               "ORDER BY " SESSION_AT " DESC, s.id DESC LIMIT ?4")                 \
    X(SHOWN_SESSIONS,                                                                              \
      SESSION_SELECT "WHERE s.credential = ?1 AND (?2 = 0 OR (" SESSION_AT ", s.id) < (?2, ?3)) "  \
                     "ORDER BY " SESSION_AT " DESC, s.id DESC LIMIT ?4")                           \
    X(SESSIONS_OF_PLACE,                                                                           \
      SESSION_SELECT "WHERE s.place = ?5 AND s.state = ?6 AND (?7 = 0 OR s.start_ms < ?7) "        \
                     "AND (?2 = 0 OR (" SESSION_AT ", s.id) < (?2, ?3)) "                          \
                     "ORDER BY " SESSION_AT " DESC, s.id DESC LIMIT ?4")                           \
    X(SESSION, SESSION_SELECT "WHERE s.id = ?1")                                                   \
    X(PLATE_STAY, SESSION_SELECT "WHERE s.plate = ?1 AND s.place = ?2 AND s.state = 'open' "       \
                                 "ORDER BY s.start_ms DESC LIMIT 1")                               \
    X(CREDENTIAL_STAY,                                                                             \
      SESSION_SELECT "WHERE s.credential = ?1 AND s.place = ?2 AND s.state = 'open' "              \
                     "ORDER BY s.start_ms DESC LIMIT 1")                                           \
    X(DAY_PAYMENTS, "SELECT key, session, amount_minor, currency, changed_ms FROM payment WHERE "  \
                    "place = ?1 AND changed_ms >= ?2 AND changed_ms < ?3 AND state = 'succeeded'") \
    X(DAY_REFUNDS,                                                                                 \
      "SELECT key, session, amount_minor, currency, changed_ms FROM refund WHERE place "           \
      "= ?1 AND changed_ms >= ?2 AND changed_ms < ?3 AND state = 'succeeded'")                     \
    X(DAY_STAYS,                                                                                   \
      "SELECT s.id, s.state, s.exit_movement, s.currency, s.price_minor, s.paid_minor, "           \
      "s.refunded_minor, s.waived_minor, d.state, coalesce(d.amount_minor, 0), "                   \
      "coalesce(d.paid_minor, 0), coalesce(d.waived_minor, 0), "                                   \
      "coalesce(d.written_off_minor, 0), (SELECT coalesce(sum(amount_minor), 0) FROM "             \
      "payment WHERE session = s.id AND state = 'succeeded'), (SELECT "                            \
      "coalesce(sum(amount_minor), 0) FROM refund WHERE session = s.id AND state <> "              \
      "'declined') FROM session AS s LEFT JOIN debt AS d ON d.session = s.id WHERE "               \
      "s.place = ?1 AND s.end_ms >= ?2 AND s.end_ms < ?3 ORDER BY s.end_ms, s.id")                 \
    X(DAY_EXITS,                                                                                   \
      "SELECT m.id, EXISTS (SELECT 1 FROM session WHERE exit_movement = m.id) FROM "               \
      "movement AS m WHERE m.place = ?1 AND m.direction = 'exit' AND m.completed_ms >= "           \
      "?2 AND m.completed_ms < ?3 ORDER BY m.completed_ms, m.id")                                  \
    X(RECONCILIATIONS, "SELECT " RECONCILIATION_COLUMNS                                            \
                       "WHERE place = ?1 AND (?2 = '' OR day < ?2) ORDER BY day DESC LIMIT ?3")    \
    X(RECONCILIATION, "SELECT " RECONCILIATION_COLUMNS "WHERE place = ?1 AND day = ?2")            \
    X(MISMATCHES, "SELECT class, noun, key, session, ours_minor, ours_currency, theirs_minor, "    \
                  "theirs_currency FROM mismatch WHERE place = ?1 AND day = ?2 ORDER BY n")        \
    X(PAYMENTS, MONEY_PAYMENT_COLUMNS MONEY_FILTER("changed_ms", "key"))                           \
    X(PAYMENT, MONEY_PAYMENT_COLUMNS "WHERE key = ?1")                                             \
    X(REFUNDS, MONEY_REFUND_COLUMNS MONEY_FILTER("changed_ms", "key"))                             \
    X(REFUND, MONEY_REFUND_COLUMNS "WHERE key = ?1")                                               \
    X(DEBTS, MONEY_DEBT_COLUMNS MONEY_FILTER("created_ms", "session"))                             \
    X(DEBT, MONEY_DEBT_COLUMNS "WHERE session = ?1")                                               \
    X(PLACE_OF_SESSION, "SELECT place FROM session WHERE id = ?1")                                 \
    X(PAY_LINK, "SELECT session, at_exit, made_ms, until_ms FROM pay_link WHERE token = ?1")       \
    X(CROSSED,                                                                                     \
      "SELECT " CROSSED("entry") ", " CROSSED(                                                     \
          "exit") ", "                                                                             \
                  "(SELECT count(*) FROM movement WHERE place = ?1 AND direction = 'entry' "       \
                  "AND outcome = 'denied' AND first_ms >= ?2)")                                    \
    X(CHARGED, "SELECT coalesce(sum(CASE WHEN state = 'succeeded' THEN amount_minor END), 0), "    \
               "coalesce(sum(state = 'succeeded'), 0), coalesce(sum(state = 'declined'), 0) "      \
               "FROM payment WHERE place = ?1 AND changed_ms >= ?2")                               \
    X(OPEN_SESSIONS, "SELECT count(*) FROM session WHERE place = ?1 AND state = 'open'")           \
    X(OPEN_DEBTS, "SELECT count(*), coalesce(sum(amount_minor - paid_minor - waived_minor - "      \
                  "written_off_minor), 0) FROM debt "                                              \
                  "WHERE state = 'open' AND place = ?1")                                           \
    X(OPEN_PAYMENTS, "SELECT (SELECT count(*) FROM payment WHERE state IN "                        \
                     "('created', 'sent', 'unknown', 'querying') AND place = ?1), "                \
                     "(SELECT count(*) FROM payment WHERE state = 'manual' AND place = ?1)")       \
    X(AUDITS, "SELECT id, state, counted, actor, reason, gone, waits, since, before, released, "   \
              "shortfall, made_ms, ended_ms FROM audit WHERE place = ?1 AND id < ?3 "              \
              "ORDER BY id DESC LIMIT ?2")                                                         \
    X(FEED_HEAD, "SELECT max(coalesce((SELECT max(id) FROM event), 0), "                           \
                 "coalesce((SELECT max(id) FROM fact), 0))")                                       \
    X(FEED, "SELECT e.id AS id, 1, e.kind, s.place, '', NULL, e.time_ms, e.bytes, e.received_ms, " \
            "NULL FROM "                                                                           \
            "event AS e "                                                                          \
            "CROSS JOIN stream AS s ON s.id = e.stream WHERE e.id > ?1 AND e.id <= ?2 "            \
            "AND (?3 IS NULL OR s.place = ?3) "                                                    \
            "AND (?4 IS NULL OR e.kind = ?4 OR substr(e.kind, 1, length(?4) + 1) = ?4 || '.') "    \
            "UNION ALL SELECT f.id, 0, f.type, f.place, f.subject, f.plate, f.at_ms, f.data, "     \
            "f.at_ms, f.trace "                                                                    \
            "FROM fact AS f WHERE f.id > ?1 AND f.id <= ?2 AND (?3 IS NULL OR f.place = ?3) "      \
            "AND (?4 IS NULL OR f.type = ?4 OR substr(f.type, 1, length(?4) + 1) = ?4 || '.') "    \
            "ORDER BY id LIMIT ?5")                                                                \
    X(ACTS, ACT_COLUMNS "WHERE place = ?1 AND id < ?2 AND (?3 = '' OR kind = ?3) "                 \
                        "ORDER BY id DESC LIMIT ?4")                                               \
    X(ACT, ACT_COLUMNS "WHERE place = ?1 AND id = ?2")                                             \
    X(COMMAND, COMMAND_COLUMNS "WHERE id = ?1")                                                    \
    X(COMMANDS, COMMAND_COLUMNS "WHERE place = ?1 AND lane = ?2 AND issued_ms <= ?4 "              \
                                "AND (issued_ms < ?4 OR id < ?5) "                                 \
                                "ORDER BY issued_ms DESC, id DESC LIMIT ?3")

enum query {
#define QUERY_ENUM(name, sql) Q_##name,
    READER_STATEMENTS(QUERY_ENUM)
#undef QUERY_ENUM
        QUERY_COUNT
};

struct reader {
    sqlite3 *db;
    sqlite3_stmt *statements[QUERY_COUNT];
};

static inline int64_t number_at(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column);
}

static inline struct wall_ms time_at(sqlite3_stmt *s, int column)
{
    return (struct wall_ms){sqlite3_column_int64(s, column)};
}

/* Steps a query to its end, then resets it. Each row is read by `take`; what it cannot read is our
 * corruption. */
enum err reader_each(sqlite3_stmt *s, enum err (*take)(sqlite3_stmt *s, void *arg), void *arg);

/* Takes the one number of a row into an int64_t. */
enum err reader_take_number(sqlite3_stmt *s, void *arg);

#endif
