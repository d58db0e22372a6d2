#include "cloud/store/statements.h"

#define PLACE_COLUMNS                                                                              \
    "place, title, capacity, zone, currency, tariff, policy, hold_max_ms, exit_grace_ms, "         \
    "unmatched_exit, grant_size, closed, pool, occupied, pending, held, overdraft, "               \
    "open_sessions, next_grant, offers_stopped, changed_ms, parent, stale_after_ms, hours, shut"
#define STREAM_COLUMNS                                                                             \
    "id, place, edge, journal, epoch, last, head, view, pending, overdraft, frozen, fenced, "      \
    "owed, "                                                                                       \
    "lease_until_ms, audited, bound"
#define GRANT_COLUMNS "place, kind, id, stream, epoch, n, right, state, made_ms"
#define AUDIT_COLUMNS                                                                              \
    "place, id, state, counted, actor, reason, gone, positions, waits, since, before, released, "  \
    "shortfall, made_ms, ended_ms"
#define MOVEMENT_COLUMNS                                                                           \
    "id, place, edge, lane, direction, plate, raw, confidence, basis, reason, outcome, request, "  \
    "credential, medium, "                                                                         \
    "first_ms, presented_ms, authorised_ms, started_ms, completed_ms, ended_ms"
#define SESSION_COLUMNS                                                                            \
    "id, place, plate, state, start_ms, end_ms, entry_edge, entry_lane, exit_edge, exit_lane, "    \
    "exit_movement, exit_basis, currency, tariff, price_minor, paid_minor, paid_ms, quote_ms, "    \
    "quote_request, right_id, covered_ms, exit_plate, credential, tariff_version, settled_ms, "    \
    "settled_minor, lost, refunded_minor, waived_minor, joined"
#define VALIDATION_COLUMNS "id, session, place, issuer, kind, value, actor, at_ms"
#define RIGHT_COLUMNS      "id, removed, kind, plate, credential, from_ms, until_ms, offline_s, space"
#define PAYMENT_COLUMNS                                                                            \
    "key, session, place, kind, provider, token, amount_minor, currency, state, attempts, "        \
    "created_ms, changed_ms, provider_ref, reason, refunded_minor, actor, note"
#define REFUND_COLUMNS                                                                             \
    "key, session, place, payment, provider, charge_ref, amount_minor, currency, cause, "          \
    "forgiven, state, attempts, created_ms, changed_ms, provider_ref, reason, actor, note"
#define DEBT_COLUMNS                                                                               \
    "session, place, plate, amount_minor, currency, paid_minor, waived_minor, written_off_minor, " \
    "state, reason, created_ms, settled_ms, actor, note"
#define COMMAND_COLUMNS                                                                            \
    "id, place, edge, lane, action, expect, actor, reason, issued_ms, not_after_ms, stage, why, "  \
    "presumed, accepted_ms, executing_ms, ended_ms"
#define ACT_COLUMNS                                                                                \
    "place, id, kind, actor, reason, session, other, delta, undoes, at_ms, digest, text"
#define UNSETTLED                                                                                  \
    "(s.end_ms IS NULL OR s.end_ms >= ?1 OR (s.state = 'unmatched' AND s.end_ms >= ?1 - "          \
    "604800000) OR EXISTS (SELECT 1 FROM debt AS d WHERE d.session = s.id AND (d.state = 'open' "  \
    "OR d.settled_ms >= ?1)) "                                                                     \
    "OR EXISTS (SELECT 1 FROM payment AS y WHERE y.session = s.id AND y.state IN " NOT_FINAL "))"
#define NOT_FINAL "('created', 'sent', 'unknown', 'querying')"

const char *const store_sql[STATEMENTS] = {
    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",

    [ST_LOAD_PLACES] = "SELECT " PLACE_COLUMNS " FROM place ORDER BY place",
    [ST_LOAD_EDGES] = "SELECT place, edge, newest_epoch, hello_ms, version FROM edge"
                      " ORDER BY place, edge",
    [ST_LOAD_STREAMS] = "SELECT " STREAM_COLUMNS " FROM stream ORDER BY id",
    [ST_LOAD_LANES] = "SELECT place, edge, lane, direction FROM lane ORDER BY place, edge, lane",
    [ST_LOAD_GRANTS] = "SELECT " GRANT_COLUMNS " FROM space_grant WHERE state = 'open'"
                       " ORDER BY place, id",
    [ST_LOAD_PAYMENTS] = "SELECT " PAYMENT_COLUMNS " FROM payment WHERE state IN " NOT_FINAL
                         " ORDER BY created_ms, key",
    [ST_LOAD_REFUNDS] = "SELECT " REFUND_COLUMNS " FROM refund WHERE state IN " NOT_FINAL
                        " ORDER BY created_ms, key",

    [ST_SAVE_PLACE] =
        "INSERT INTO place (" PLACE_COLUMNS
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (place) DO "
        "UPDATE SET "
        "title = excluded.title, capacity = excluded.capacity, zone = excluded.zone, "
        "currency = excluded.currency, tariff = excluded.tariff, policy = excluded.policy, "
        "hold_max_ms = excluded.hold_max_ms, exit_grace_ms = excluded.exit_grace_ms, "
        "unmatched_exit = excluded.unmatched_exit, grant_size = excluded.grant_size, "
        "closed = excluded.closed, pool = excluded.pool, occupied = excluded.occupied, "
        "pending = excluded.pending, held = excluded.held, overdraft = excluded.overdraft, "
        "open_sessions = excluded.open_sessions, next_grant = excluded.next_grant, "
        "offers_stopped = excluded.offers_stopped, changed_ms = excluded.changed_ms, "
        "parent = excluded.parent, stale_after_ms = excluded.stale_after_ms, "
        "hours = excluded.hours, shut = excluded.shut",
    [ST_SAVE_EDGE] = "INSERT INTO edge (place, edge, newest_epoch, hello_ms, version)"
                     " VALUES (?,?,?,?,?) ON CONFLICT (place, edge) DO UPDATE SET "
                     "newest_epoch = excluded.newest_epoch, hello_ms = excluded.hello_ms, "
                     "version = excluded.version",
    [ST_DROP_LANES] = "DELETE FROM lane WHERE place = ? AND edge = ?",
    [ST_ADD_LANE] = "INSERT OR REPLACE INTO lane (place, edge, lane, direction) VALUES (?,?,?,?)",
    [ST_SAVE_STREAM] =
        "INSERT INTO stream (" STREAM_COLUMNS
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
        "last = excluded.last, head = excluded.head, view = excluded.view, "
        "pending = excluded.pending, overdraft = excluded.overdraft, frozen = excluded.frozen, "
        "fenced = excluded.fenced, owed = excluded.owed, "
        "lease_until_ms = excluded.lease_until_ms, audited = excluded.audited, "
        "bound = excluded.bound",
    [ST_SAVE_GRANT] = "INSERT INTO space_grant (" GRANT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?)"
                      " ON CONFLICT (place, id) DO UPDATE SET state = excluded.state",
    [ST_FIND_GRANT] = "SELECT " GRANT_COLUMNS " FROM space_grant WHERE place = ? AND id = ?",

    [ST_SAVE_LIVE] = "INSERT OR REPLACE INTO edge_live (place, edge, online, boot, session,"
                     " heard_ms, telemetry_ms, epoch, next, outbox_depth, outbox_age_ms, free,"
                     " overdraft, clock) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [ST_DROP_LANE_LIVE] = "DELETE FROM lane_live WHERE place = ? AND edge = ?",
    [ST_ADD_LANE_LIVE] = "INSERT OR REPLACE INTO lane_live (place, edge, lane, direction, state,"
                         " arm, online, link_us, inputs) VALUES (?,?,?,?,?,?,?,?,?)",

    [ST_ADD_EVENT] = "INSERT INTO event (id, stream, seq, digest, kind, movement, time_ms,"
                     " received_ms, bytes) VALUES (?,?,?,?,?,?,?,?,?)",
    [ST_FIND_DIGEST] = "SELECT digest FROM event WHERE stream = ?1 AND seq = ?2 UNION ALL"
                       " SELECT digest FROM quarantine WHERE stream = ?1 AND seq = ?2",
    [ST_ADD_QUARANTINE] = "INSERT INTO quarantine (place, edge, stream, epoch, seq, digest,"
                          " reason, received_ms, bytes) VALUES (?,?,?,?,?,?,?,?,?)",
    [ST_ADD_ANOMALY] = "INSERT INTO anomaly (place, edge, kind, epoch, seq, stops_offers, detail,"
                       " at_ms) VALUES (?,?,?,?,?,?,?,?)",
    [ST_ADD_FACT] = "INSERT INTO fact (id, place, type, subject, plate, trace, at_ms,"
                    " data) VALUES (?,?,?,?,?,?,?,?)",
    /* A stay that has no entry yet may get one for a week. */
    [ST_NAMED_MOVEMENTS] =
        "SELECT m.id FROM movement AS m WHERE m.plate < '~' AND m.first_ms < ?1"
        " AND NOT EXISTS (SELECT 1 FROM session AS s WHERE s.plate = m.plate AND s.place = m.place"
        " AND " UNSETTLED ") AND NOT EXISTS (SELECT 1 FROM session AS s WHERE s.id = m.id"
        " AND " UNSETTLED ") ORDER BY m.first_ms LIMIT ?2",
    [ST_FORGET_MOVEMENT] = "UPDATE movement SET plate = pseudonym(plate), raw = NULL WHERE id = ?",
    [ST_FORGET_SESSION] = "UPDATE session SET plate = pseudonym(plate), exit_plate = NULL,"
                          " fold = NULL WHERE id = ?",
    [ST_FORGET_DEBT] = "UPDATE debt SET plate = pseudonym(plate) WHERE session = ?",
    [ST_FORGET_FACT] = "UPDATE fact SET plate = pseudonym(plate) WHERE subject = ?"
                       " AND plate IS NOT NULL",
    [ST_FORGET_EVENT] = "UPDATE event SET bytes = blank(bytes) WHERE movement = ? AND kind IN"
                        " ('credential.read', 'passage.authorised', 'passage.denied',"
                        " 'passage.completed', 'passage.voided', 'passage.unauthorised')",
    [ST_FEED_HEAD] = "SELECT max(coalesce((SELECT max(id) FROM event), 0),"
                     " coalesce((SELECT max(id) FROM fact), 0))",
    [ST_RESOLVE_ANOMALIES] = "UPDATE anomaly SET resolved_ms = ? WHERE place = ?"
                             " AND resolved_ms IS NULL",
    [ST_RESOLVE_OF_EDGE] = "UPDATE anomaly SET resolved_ms = ? WHERE place = ? AND edge = ?"
                           " AND epoch = ? AND coalesce(seq, 0) <= ? AND resolved_ms IS NULL",
    [ST_RESOLVE_OF_PLACE] = "UPDATE anomaly SET resolved_ms = ? WHERE place = ?"
                            " AND edge IS NULL AND resolved_ms IS NULL",
    [ST_ANOMALIES_STOP] = "SELECT EXISTS (SELECT 1 FROM anomaly WHERE place = ?"
                          " AND stops_offers = 1 AND resolved_ms IS NULL)",
    [ST_PRUNE_GRANTS] = "DELETE FROM space_grant WHERE (place, id) IN (SELECT place, id FROM"
                        " space_grant WHERE state <> 'open' AND made_ms < ? LIMIT ?)",
    [ST_PRUNE_COMMANDS] = "DELETE FROM lane_command WHERE id IN (SELECT id FROM lane_command"
                          " WHERE ended_ms IS NOT NULL AND ended_ms < ? LIMIT ?)",
    [ST_PRUNE_AUDITS] = "DELETE FROM audit WHERE (place, id) IN (SELECT place, id FROM audit"
                        " WHERE ended_ms IS NOT NULL AND ended_ms < ? LIMIT ?)",
    [ST_EXPIRED_RIGHTS] = "SELECT id FROM parking_right WHERE place = ? AND removed = 0"
                          " AND until_ms IS NOT NULL AND until_ms < ? LIMIT ?",

    [ST_MERGE_MOVEMENT] =
        "INSERT INTO movement (" MOVEMENT_COLUMNS
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
        "lane = coalesce(excluded.lane, lane), "
        "direction = coalesce(excluded.direction, direction), "
        "plate = coalesce(excluded.plate, plate), raw = coalesce(excluded.raw, raw), "
        "confidence = coalesce(excluded.confidence, confidence), "
        "basis = coalesce(excluded.basis, basis), reason = coalesce(excluded.reason, reason), "
        "outcome = coalesce(excluded.outcome, outcome), "
        "request = coalesce(excluded.request, request), "
        "credential = coalesce(excluded.credential, credential), "
        "medium = coalesce(excluded.medium, medium), "
        "presented_ms = coalesce(excluded.presented_ms, presented_ms), "
        "authorised_ms = coalesce(excluded.authorised_ms, authorised_ms), "
        "started_ms = coalesce(excluded.started_ms, started_ms), "
        "completed_ms = coalesce(excluded.completed_ms, completed_ms), "
        "ended_ms = coalesce(excluded.ended_ms, ended_ms) "
        "WHERE place = excluded.place AND edge = excluded.edge",
    [ST_FIND_MOVEMENT] = "SELECT " MOVEMENT_COLUMNS " FROM movement WHERE id = ?",

    [ST_SAVE_SESSION] =
        "INSERT INTO session (" SESSION_COLUMNS
        ", fold) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON "
        "CONFLICT "
        "(id) "
        "DO "
        "UPDATE "
        "SET "
        "plate = excluded.plate, state = excluded.state, start_ms = excluded.start_ms, "
        "end_ms = excluded.end_ms, entry_edge = excluded.entry_edge, "
        "entry_lane = excluded.entry_lane, exit_edge = excluded.exit_edge, "
        "exit_lane = excluded.exit_lane, exit_movement = excluded.exit_movement, "
        "exit_basis = excluded.exit_basis, currency = excluded.currency, "
        "price_minor = excluded.price_minor, paid_minor = excluded.paid_minor, "
        "paid_ms = excluded.paid_ms, quote_ms = excluded.quote_ms, "
        "quote_request = excluded.quote_request, right_id = excluded.right_id, "
        "covered_ms = excluded.covered_ms, exit_plate = excluded.exit_plate, fold = excluded.fold, "
        "joined = excluded.joined, "
        "credential = excluded.credential, tariff_version = excluded.tariff_version, "
        "refunded_minor = excluded.refunded_minor, waived_minor = excluded.waived_minor, "
        "settled_ms = excluded.settled_ms, settled_minor = excluded.settled_minor, "
        "lost = excluded.lost",
    [ST_FIND_SESSION] = "SELECT " SESSION_COLUMNS " FROM session WHERE id = ?",
    [ST_FIND_OPEN_SESSION] = "SELECT " SESSION_COLUMNS " FROM session WHERE plate = ?"
                             " AND place = ? AND state = 'open' ORDER BY start_ms <= ? DESC,"
                             " start_ms DESC LIMIT 1",
    [ST_FIND_CREDENTIAL_SESSION] =
        "SELECT " SESSION_COLUMNS " FROM session WHERE credential = ?1"
        " ORDER BY place = ?2 DESC, state = 'open' DESC, coalesce(start_ms, end_ms) DESC LIMIT 1",
    [ST_FIND_UNMATCHED] = "SELECT " SESSION_COLUMNS " FROM session WHERE plate = ?"
                          " AND place = ? AND state = 'unmatched' AND end_ms >= ?"
                          " ORDER BY end_ms LIMIT 1",

    [ST_FIND_UNMATCHED_CREDENTIAL] =
        "SELECT " SESSION_COLUMNS " FROM session WHERE credential = ? AND place = ?"
        " AND state = 'unmatched' AND end_ms >= ? ORDER BY end_ms LIMIT 1",

    [ST_NEAR_SESSIONS] = "SELECT " SESSION_COLUMNS " FROM session WHERE fold = ?1 AND place = ?2"
                         " AND state = ?3 AND coalesce(end_ms, ?4) >= ?4 ORDER BY start_ms"
                         " LIMIT ?5",

    [ST_ADD_VALIDATION] =
        "INSERT INTO validation (" VALIDATION_COLUMNS ") VALUES (?,?,?,?,?,?,?,?)",
    [ST_FIND_VALIDATION] = "SELECT " VALIDATION_COLUMNS " FROM validation WHERE id = ?",
    [ST_VALIDATIONS_OF] = "SELECT " VALIDATION_COLUMNS " FROM validation WHERE session = ?"
                          " ORDER BY at_ms, id LIMIT ?",
    [ST_COUNT_VALIDATIONS] = "SELECT count(*) FROM validation WHERE place = ? AND issuer = ?"
                             " AND at_ms >= ?",

    [ST_FIND_EXIT_AT] = "SELECT " MOVEMENT_COLUMNS " FROM movement WHERE place = ? AND lane = ?"
                        " AND direction = 'exit' AND completed_ms IS NULL AND first_ms >= ?"
                        " ORDER BY first_ms DESC LIMIT 1",
    [ST_ADD_PAY_LINK] = "INSERT INTO pay_link (token, session, at_exit, made_ms, until_ms)"
                        " VALUES (?,?,?,?,?)",
    [ST_FIND_PAY_LINK] = "SELECT token, session, at_exit, made_ms, until_ms FROM pay_link"
                         " WHERE token = ?",
    [ST_PAY_LINK_OF] = "SELECT token, session, at_exit, made_ms, until_ms FROM pay_link"
                       " WHERE session = ? AND until_ms > ? ORDER BY until_ms DESC LIMIT 1",

    [ST_SAVE_RIGHT] =
        "INSERT OR REPLACE INTO parking_right (place, id, removed, kind, plate, fold, "
        "credential, from_ms, until_ms, offline_s, space, version, changed_ms)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [ST_FIND_RIGHT] = "SELECT " RIGHT_COLUMNS ", version, changed_ms FROM parking_right"
                      " WHERE place = ? AND id = ?",
    [ST_RIGHTS_OF] =
        "SELECT " RIGHT_COLUMNS " FROM parking_right WHERE (place = ?1 AND fold = ?2)"
        " OR (place = ?1 AND credential = ?3) ORDER BY kind = 'deny' DESC, until_ms IS NULL DESC,"
        " until_ms DESC, id LIMIT ?4",
    [ST_ALL_RIGHTS] = "SELECT " RIGHT_COLUMNS " FROM parking_right WHERE place = ?1"
                      " AND kind = 'deny' UNION ALL SELECT " RIGHT_COLUMNS " FROM parking_right"
                      " WHERE place = ?1 AND kind <> 'deny'",
    [ST_CHANGED_RIGHTS] = "SELECT " RIGHT_COLUMNS " FROM parking_right WHERE place = ?"
                          " AND version > ? ORDER BY removed DESC, kind = 'deny' DESC, id",
    [ST_SAVE_RIGHT_LIST] = "INSERT OR REPLACE INTO right_list (place, version, floor)"
                           " VALUES (?,?,?)",
    [ST_FIND_RIGHT_LIST] = "SELECT version, floor FROM right_list WHERE place = ?",
    [ST_SAVE_RIGHT_APPLIED] = "INSERT OR REPLACE INTO right_applied (place, edge, version, at_ms)"
                              " VALUES (?,?,?,?)",
    [ST_RAISE_RIGHT_FLOOR] = "UPDATE right_list SET floor = max(floor, coalesce((SELECT"
                             " max(version) FROM parking_right WHERE place = ?1 AND removed = 1"
                             " AND changed_ms < ?2), 0)) WHERE place = ?1",
    [ST_PRUNE_RIGHTS] = "DELETE FROM parking_right WHERE place = ? AND removed = 1"
                        " AND changed_ms < ?",

    [ST_SAVE_PAYMENT] =
        "INSERT INTO payment (" PAYMENT_COLUMNS
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET "
        "provider = excluded.provider, token = excluded.token, "
        "amount_minor = excluded.amount_minor, created_ms = excluded.created_ms, "
        "refunded_minor = excluded.refunded_minor, actor = excluded.actor, note = excluded.note, "
        "state = excluded.state, attempts = excluded.attempts, "
        "changed_ms = excluded.changed_ms, provider_ref = excluded.provider_ref, "
        "reason = excluded.reason",
    [ST_COUNT_PAYMENTS] = "SELECT count(*) FROM payment WHERE session = ?",
    [ST_FIND_PAYMENT] = "SELECT " PAYMENT_COLUMNS " FROM payment WHERE key = ?",
    [ST_REFUNDABLE_PAYMENTS] = "SELECT " PAYMENT_COLUMNS " FROM payment WHERE session = ?"
                               " AND state = 'succeeded' AND refunded_minor < amount_minor"
                               " ORDER BY created_ms DESC, key DESC LIMIT ?",
    [ST_SAVE_REFUND] =
        "INSERT INTO refund (" REFUND_COLUMNS
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET "
        "state = excluded.state, attempts = excluded.attempts, changed_ms = excluded.changed_ms, "
        "provider_ref = excluded.provider_ref, reason = excluded.reason, actor = excluded.actor, "
        "note = excluded.note",
    [ST_FIND_REFUND] = "SELECT " REFUND_COLUMNS " FROM refund WHERE key = ?",
    [ST_COUNT_REFUNDS] = "SELECT count(*) FROM refund WHERE session = ?",
    [ST_SAVE_RECONCILIATION] =
        "INSERT INTO reconciliation (place, day, currency, from_ms, to_ms, made_ms, "
        "partial, exits, sessions, payments, refunds, lines, priced_minor, paid_minor, "
        "refunded_minor, waived_minor, written_off_minor, owed_minor, excess_minor, "
        "charged_minor, given_back_minor, booked_minor, booked_back_minor, mismatches) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (place, "
        "day) DO UPDATE SET currency = excluded.currency, from_ms = excluded.from_ms, "
        "to_ms = excluded.to_ms, made_ms = excluded.made_ms, partial = "
        "excluded.partial, exits = excluded.exits, sessions = excluded.sessions, "
        "payments = excluded.payments, refunds = excluded.refunds, lines = "
        "excluded.lines, priced_minor = excluded.priced_minor, paid_minor = "
        "excluded.paid_minor, refunded_minor = excluded.refunded_minor, waived_minor = "
        "excluded.waived_minor, written_off_minor = excluded.written_off_minor, "
        "owed_minor = excluded.owed_minor, excess_minor = excluded.excess_minor, "
        "charged_minor = excluded.charged_minor, given_back_minor = "
        "excluded.given_back_minor, booked_minor = excluded.booked_minor, "
        "booked_back_minor = excluded.booked_back_minor, mismatches = "
        "excluded.mismatches",
    [ST_DROP_MISMATCHES] = "DELETE FROM mismatch WHERE place = ? AND day = ?",
    [ST_ADD_MISMATCH] =
        "INSERT INTO mismatch (place, day, n, class, noun, key, session, ours_minor,"
        " ours_currency, theirs_minor, theirs_currency) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    [ST_SAVE_DEBT] = "INSERT INTO debt (" DEBT_COLUMNS
                     ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (session) DO UPDATE SET "
                     "amount_minor = excluded.amount_minor, paid_minor = excluded.paid_minor, "
                     "waived_minor = excluded.waived_minor, written_off_minor = "
                     "excluded.written_off_minor, actor = excluded.actor, note = excluded.note, "
                     "state = excluded.state, reason = excluded.reason, "
                     "settled_ms = excluded.settled_ms",
    [ST_FIND_DEBT] = "SELECT " DEBT_COLUMNS " FROM debt WHERE session = ?",
    [ST_COLLECTABLE_DEBTS] = "SELECT " DEBT_COLUMNS " FROM debt WHERE state = 'open'"
                             " AND reason IS NULL AND NOT EXISTS (SELECT 1 FROM payment"
                             " WHERE payment.session = debt.session AND payment.state IN " NOT_FINAL
                             ") ORDER BY created_ms LIMIT ?",
    [ST_RETRY_DEBTS] = "UPDATE debt SET reason = NULL WHERE state = 'open' AND reason = ?",

    [ST_SAVE_DECISION] = "INSERT INTO decision (request, place, edge, movement, response, at_ms)"
                         " VALUES (?,?,?,?,?,?) ON CONFLICT (request) DO UPDATE SET"
                         " response = excluded.response, at_ms = excluded.at_ms",
    [ST_FIND_DECISION] = "SELECT request, place, edge, movement, response, at_ms FROM decision"
                         " WHERE request = ?",
    [ST_PRUNE_DECISIONS] = "DELETE FROM decision WHERE at_ms < ?",

    [ST_SAVE_AUDIT] =
        "INSERT OR REPLACE INTO audit (" AUDIT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [ST_LOAD_AUDITS] = "SELECT " AUDIT_COLUMNS " FROM audit WHERE state = 'pending'",
    [ST_LAST_AUDIT] = "SELECT made_ms FROM audit WHERE place = ? AND state = 'applied' "
                      "ORDER BY id DESC LIMIT 1",
    [ST_ADD_ACT] = "INSERT INTO act (" ACT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    [ST_FIND_ACT] = "SELECT " ACT_COLUMNS " FROM act WHERE place = ? AND id = ?",
    [ST_LAST_ACT] = "SELECT " ACT_COLUMNS " FROM act WHERE place = ? ORDER BY id DESC LIMIT 1",
    [ST_FIND_UNDOING] = "SELECT " ACT_COLUMNS " FROM act WHERE place = ? AND undoes = ?",
    [ST_SAVE_COMMAND] = "INSERT INTO lane_command (" COMMAND_COLUMNS
                        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
                        "stage = excluded.stage, why = excluded.why, presumed = excluded.presumed, "
                        "accepted_ms = excluded.accepted_ms, executing_ms = excluded.executing_ms, "
                        "ended_ms = excluded.ended_ms",
    [ST_FIND_COMMAND] = "SELECT " COMMAND_COLUMNS " FROM lane_command WHERE id = ?",
    [ST_ADD_ANSWER] = "INSERT INTO answer (key, request, status, location, body, at_ms)"
                      " VALUES (?,?,?,?,?,?)",
    [ST_FIND_ANSWER] = "SELECT request, status, location, body, at_ms FROM answer WHERE key = ?",
    [ST_PRUNE_ANSWERS] = "DELETE FROM answer WHERE key IN (SELECT key FROM answer"
                         " WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",

    [ST_LOAD_COMMANDS] = "SELECT " COMMAND_COLUMNS " FROM lane_command WHERE ended_ms IS NULL"
                         " ORDER BY issued_ms, id",
};
