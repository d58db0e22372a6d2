#include "tests/contract/cloud/store_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct store_fixture *fixture;
static struct store_port s;

#define OK(call)        assert_int_equal((call), ERR_OK)
#define CALL(name, ...) s.name(s.self, __VA_ARGS__)

static int setup(void **state)
{
    (void)state;
    s = fixture->open(fixture);
    OK(s.begin(s.self));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture->close(fixture);
    return 0;
}

static void again(void)
{
    OK(s.commit(s.self));
    s = fixture->reopen(fixture);
    OK(s.begin(s.self));
}

static const struct name place_a = {"a"}, edge_1 = {"e1"};

static struct place_row place_of(void)
{
    return (struct place_row){
        .settings = {.place = place_a,
                     .title = "Seoul 역",
                     .capacity = 10,
                     .zone = "Asia/Seoul",
                     .currency = {"KRW"},
                     .tariff = {"t3"},
                     .policy = POLICY_HOLD,
                     .hold_max_ms = 120000,
                     .exit_grace_ms = 900000,
                     .unmatched_exit = UNMATCHED_DENY,
                     .grant_size = 4,
                     .closed = true,
                     .stale_after_ms = 86400000,
                     .hours = "mo-fr 07:00-22:00"},
        .shut = true,
        .pool = 3,
        .occupied = -1,
        .pending = 2,
        .held = 1,
        .overdraft = 5,
        .open_sessions = 7,
        .next_grant = 9,
        .offers_stopped = true,
        .changed = {1790000000000},
    };
}

static struct stream_row stream_of(void)
{
    return (struct stream_row){.id = 4,
                               .place = place_a,
                               .edge = edge_1,
                               .journal = {"00112233445566778899aabbccddeeff"},
                               .epoch = 2,
                               .last = 11,
                               .head = {"ffeeddccbbaa99887766554433221100"},
                               .view = -2,
                               .pending = 1,
                               .overdraft = 3,
                               .frozen = true};
}

static const struct credential_text no_credential;

static struct session_row session_of(const char *id, const char *plate, int64_t start)
{
    struct session_row r = {.place = place_a,
                            .state = SESSION_OPEN,
                            .start = {start},
                            .entry_edge = edge_1,
                            .entry_lane = {"in-1"},
                            .currency = {"KRW"},
                            .tariff = {"t1"}};
    snprintf(r.id.text, sizeof r.id.text, "%s", id);
    snprintf(r.plate.text, sizeof r.plate.text, "%s", plate);
    return r;
}

static void save_parents(void)
{
    struct place_row p = place_of();
    struct edge_row e = {
        .place = place_a, .edge = edge_1, .newest_epoch = 2, .hello_at = {7}, .version = "0.1.0"};
    struct stream_row st = stream_of();
    OK(CALL(save_place, &p));
    OK(CALL(save_edge, &e));
    OK(CALL(save_stream, &st));
}

/* What load brought, compared as bytes: rows are zeroed before they are filled. */
struct loaded {
    struct place_row place;
    struct edge_row edge;
    struct stream_row stream;
    struct hello_lane lanes[4];
    struct grant_row grant;
    struct payment_row payments[4];
    struct refund_row refunds[4];
    size_t refund_count;
    struct command_row commands[4];
    struct audit_row audits[4];
    int audit_count;
    int places, edges, streams, lane_count, grants, payment_count, command_count;
};

static void on_place(void *self, const struct place_row *r)
{
    struct loaded *l = self;
    l->place = *r;
    l->places++;
}

static void on_edge(void *self, const struct edge_row *r)
{
    struct loaded *l = self;
    assert_true(l->places > 0); /* in the order promised */
    l->edge = *r;
    l->edges++;
}

static void on_stream(void *self, const struct stream_row *r)
{
    struct loaded *l = self;
    assert_true(l->edges > 0);
    l->stream = *r;
    l->streams++;
}

static void on_lane(void *self, const struct name *place, const struct name *edge,
                    const struct hello_lane *lane)
{
    struct loaded *l = self;
    assert_true(name_equal(place, &place_a) && name_equal(edge, &edge_1) && l->streams > 0);
    l->lanes[l->lane_count++] = *lane;
}

static void on_grant(void *self, const struct grant_row *r)
{
    struct loaded *l = self;
    l->grant = *r;
    l->grants++;
}

static void on_refund(void *self, const struct refund_row *r)
{
    struct loaded *l = self;
    l->refunds[l->refund_count++] = *r;
}

static void on_payment(void *self, const struct payment_row *r)
{
    struct loaded *l = self;
    l->payments[l->payment_count++] = *r;
}

static void on_command(void *self, const struct command_row *r)
{
    struct loaded *l = self;
    l->commands[l->command_count++] = *r;
}

static void on_audit(void *self, const struct audit_row *r)
{
    struct loaded *l = self;
    l->audits[l->audit_count++] = *r;
}

static struct loaded load(void)
{
    struct loaded l = {0};
    struct store_visitor v = {&l,       on_place,   on_edge,   on_stream,  on_lane,
                              on_grant, on_payment, on_refund, on_command, on_audit};
    OK(s.load(s.self, &v));
    return l;
}

static void state_comes_back(void **state)
{
    (void)state;
    struct hello_lane lanes[] = {{{"in-1"}, DIRECTION_ENTRY}, {{"out-1"}, DIRECTION_EXIT}};
    save_parents();
    OK(CALL(save_lanes, &place_a, &edge_1, lanes, 2));
    OK(CALL(save_lanes, &place_a, &edge_1, lanes, 1));
    struct grant_row g = {.place = place_a,
                          .kind = GRANT_RECALL,
                          .id = 17,
                          .stream = 4,
                          .epoch = 2,
                          .n = 8,
                          .made = {9}};
    OK(CALL(save_grant, &g));
    struct grant_row answered = g;
    answered.id = 16;
    answered.state = GRANT_ACCEPTED;
    OK(CALL(save_grant, &answered));
    again();
    struct loaded l = load();
    struct place_row p = place_of();
    struct stream_row st = stream_of();
    assert_int_equal(l.places, 1);
    assert_string_equal(l.place.settings.title, p.settings.title);
    assert_int_equal(l.place.settings.capacity, 10);
    assert_string_equal(l.place.settings.zone, "Asia/Seoul");
    assert_string_equal(l.place.settings.currency.code, "KRW");
    assert_string_equal(l.place.settings.tariff.text, "t3");
    assert_int_equal(l.place.settings.policy, POLICY_HOLD);
    assert_int_equal(l.place.settings.hold_max_ms, 120000);
    assert_int_equal(l.place.settings.exit_grace_ms, 900000);
    assert_int_equal(l.place.settings.unmatched_exit, UNMATCHED_DENY);
    assert_int_equal(l.place.settings.grant_size, 4);
    assert_true(l.place.settings.closed && l.place.offers_stopped && l.place.shut);
    assert_int_equal(l.place.settings.stale_after_ms, 86400000);
    assert_string_equal(l.place.settings.hours, "mo-fr 07:00-22:00");
    assert_string_equal(l.place.settings.parent.text, "");
    assert_int_equal(l.place.pool, 3);
    assert_int_equal(l.place.occupied, -1);
    assert_int_equal(l.place.pending, 2);
    assert_int_equal(l.place.held, 1);
    assert_int_equal(l.place.overdraft, 5);
    assert_int_equal(l.place.open_sessions, 7);
    assert_int_equal(l.place.next_grant, 9);
    assert_int_equal(l.place.changed.v, p.changed.v);
    assert_int_equal(l.edge.newest_epoch, 2);
    assert_int_equal(l.edge.hello_at.v, 7);
    assert_string_equal(l.edge.version, "0.1.0");
    assert_int_equal(l.stream.id, 4);
    assert_string_equal(l.stream.journal.text, st.journal.text);
    assert_string_equal(l.stream.head.text, st.head.text);
    assert_int_equal(l.stream.epoch, 2);
    assert_int_equal(l.stream.last, 11);
    assert_int_equal(l.stream.view, -2);
    assert_int_equal(l.stream.pending, 1);
    assert_int_equal(l.stream.overdraft, 3);
    assert_true(l.stream.frozen && !l.stream.fenced);
    assert_int_equal(l.lane_count, 1); /* replaced, not added to */
    assert_string_equal(l.lanes[0].lane.text, "in-1");
    assert_int_equal(l.lanes[0].direction, DIRECTION_ENTRY);
    assert_int_equal(l.grants, 1); /* open ones only */
    assert_int_equal(l.grant.id, 17);
    assert_int_equal(l.grant.n, 8);
    assert_int_equal(l.grant.epoch, 2);
    assert_int_equal(l.grant.stream, 4);
    struct grant_row found;
    OK(CALL(find_grant, &place_a, 16, &found));
    assert_int_equal(found.state, GRANT_ACCEPTED);
    found.n = 77;
    assert_int_equal(CALL(find_grant, &place_a, 99, &found), ERR_NOTFOUND);
    assert_int_equal(found.n, 77); /* untouched */
}

static void rollback_undoes(void **state)
{
    (void)state;
    save_parents();
    s.rollback(s.self);
    OK(s.begin(s.self));
    assert_int_equal(load().places, 0);
}

static void uncommitted_is_gone(void **state)
{
    (void)state;
    save_parents();
    OK(s.commit(s.self));
    OK(s.begin(s.self));
    struct place_row p = place_of();
    p.pool = 99;
    OK(CALL(save_place, &p));
    s = fixture->reopen(fixture);
    OK(s.begin(s.self));
    assert_int_equal(load().place.pool, 3);
}

static void events_are_unique(void **state)
{
    (void)state;
    save_parents();
    struct event_row e = {.stream = 4,
                          .seq = 12,
                          .digest = {"0123456789abcdef0123456789abcdef"},
                          .kind = "passage.completed",
                          .movement = {"00000000000000aa"},
                          .time = {5},
                          .received = {6},
                          .bytes = "{\"plate\":\"22아2222\"}",
                          .len = 20};
    OK(CALL(add_event, &e));
    assert_int_equal(CALL(add_event, &e), ERR_CONFLICT);
    e.seq = 13;
    e.kind = "";
    e.movement.text[0] = '\0';
    e.len = 0;
    OK(CALL(add_event, &e));
    struct digest d = {"untouched"};
    assert_int_equal(CALL(find_digest, 4, 14, &d), ERR_NOTFOUND);
    assert_int_equal(CALL(find_digest, 5, 12, &d), ERR_NOTFOUND);
    assert_string_equal(d.text, "untouched");
    OK(CALL(find_digest, 4, 12, &d));
    assert_string_equal(d.text, e.digest.text);

    struct quarantine_row q = {.place = place_a,
                               .edge = edge_1,
                               .stream = 4,
                               .epoch = 2,
                               .seq = 14,
                               .digest = {"0123456789abcdef0123456789abcdef"},
                               .reason = "data.n: 0, expected 1..10000",
                               .received = {6},
                               .bytes = "\xff\x00{",
                               .len = 3};
    OK(CALL(add_quarantine, &q));
    OK(CALL(find_digest, 4, 14, &d));
    assert_string_equal(d.text, q.digest.text);
    q.stream = q.epoch = q.seq = 0;
    OK(CALL(add_quarantine, &q));
    struct anomaly_row a = {.place = place_a,
                            .edge = edge_1,
                            .kind = "fork",
                            .epoch = 2,
                            .seq = 14,
                            .stops_offers = true,
                            .detail = "two histories",
                            .at = {6}};
    OK(CALL(add_anomaly, &a));
    a.edge.text[0] = '\0';
    OK(CALL(add_anomaly, &a));
    OK(CALL(resolve_anomalies, &place_a, (struct wall_ms){8}));
    struct fact_row fact = {.type = "session.opened",
                            .place = place_a,
                            .subject = "00000000000000aa",
                            .plate = {"22아2222"},
                            .at = {9},
                            .data = "{\"state\":\"open\"} and what comes after",
                            .len = 16};
    OK(CALL(add_fact, &fact));
    struct movement_id forgotten[2];
    size_t forgotten_count = 9;
    OK(CALL(forget_plates, (struct wall_ms){1}, forgotten, 2, &forgotten_count));
    assert_int_equal(forgotten_count, 0);
    again();
    OK(CALL(find_digest, 4, 13, &d));
}

static void movements_merge(void **state)
{
    (void)state;
    struct movement_row m = {.id = {"00000000000000aa"},
                             .place = place_a,
                             .edge = edge_1,
                             .lane = {"in-1"},
                             .direction = DIRECTION_ENTRY,
                             .confidence = -1,
                             .first = {5},
                             .presented = {5}};
    struct movement_row found = {.confidence = 42};
    assert_int_equal(CALL(find_movement, &m.id, &found), ERR_NOTFOUND);
    assert_int_equal(found.confidence, 42);
    OK(CALL(merge_movement, &m));
    OK(CALL(find_movement, &m.id, &found));
    assert_int_equal(found.confidence, -1);
    assert_int_equal(found.basis, BASIS_NONE);
    struct movement_row more = {.id = m.id,
                                .place = place_a,
                                .edge = edge_1,
                                .plate = {"22아2222"},
                                .raw = {"22 아 2222"},
                                .confidence = 9100,
                                .basis = BASIS_SPACE,
                                .reason = REASON_BACKED_OUT,
                                .outcome = OUTCOME_DROVE_THROUGH,
                                .request = {"00112233445566778899aabbccddeeff"},
                                .authorised = {6},
                                .started = {7},
                                .completed = {8},
                                .ended = {9}};
    OK(CALL(merge_movement, &more));
    OK(CALL(merge_movement, &m)); /* absent members change nothing */
    again();
    OK(CALL(find_movement, &m.id, &found));
    assert_string_equal(found.lane.text, "in-1");
    assert_int_equal(found.direction, DIRECTION_ENTRY);
    assert_string_equal(found.plate.text, "22아2222");
    assert_string_equal(found.raw.text, "22 아 2222");
    assert_int_equal(found.confidence, 9100);
    assert_int_equal(found.basis, BASIS_SPACE);
    assert_int_equal(found.reason, REASON_BACKED_OUT);
    assert_int_equal(found.outcome, OUTCOME_DROVE_THROUGH);
    assert_string_equal(found.request.text, more.request.text);
    assert_int_equal(found.presented.v, 5);
    assert_int_equal(found.authorised.v, 6);
    assert_int_equal(found.started.v, 7);
    assert_int_equal(found.completed.v, 8);
    assert_int_equal(found.ended.v, 9);
}

static void sessions_by_plate(void **state)
{
    (void)state;
    struct plate plate = {"22아2222"}, other = {"33나3333"};
    struct session_row found;
    save_parents();
    struct session_row old = session_of("0000000000000001", plate.text, 100);
    struct session_row new = session_of("0000000000000002", plate.text, 200);
    struct session_row none = session_of("0000000000000003", "", 300);
    OK(CALL(save_session, &old));
    OK(CALL(save_session, &new));
    OK(CALL(save_session, &none));
    OK(CALL(find_open_session, &place_a, &plate, (struct wall_ms){999}, &found));
    assert_string_equal(found.id.text, new.id.text); /* the latest */
    assert_int_equal(CALL(find_open_session, &place_a, &other, (struct wall_ms){999}, &found),
                     ERR_NOTFOUND);
    assert_int_equal(CALL(find_open_session, &edge_1, &plate, (struct wall_ms){999}, &found),
                     ERR_NOTFOUND);
    assert_string_equal(found.id.text, new.id.text);
    OK(CALL(find_open_session, &place_a, &plate, (struct wall_ms){150}, &found));
    assert_string_equal(found.id.text, old.id.text); /* had begun by then */
    OK(CALL(find_open_session, &place_a, &plate, (struct wall_ms){50}, &found));
    assert_string_equal(found.id.text, new.id.text);

    new.state = SESSION_CLOSED;
    new.end = (struct wall_ms){900};
    new.exit_edge = edge_1;
    new.exit_lane = (struct name){"out-1"};
    new.exit_movement = (struct movement_id){"0000000000000009"};
    new.exit_basis = BASIS_PAID;
    new.price_minor = 3500;
    new.paid_minor = 3500;
    new.paid_at = (struct wall_ms){890};
    new.quote_at = (struct wall_ms){880};
    new.quote_request = (struct request_id){"00112233445566778899aabbccddeeff"};
    OK(CALL(save_session, &new));
    again();
    OK(CALL(find_open_session, &place_a, &plate, (struct wall_ms){999}, &found));
    assert_string_equal(found.id.text, old.id.text);
    OK(CALL(find_session, &new.id, &found));
    assert_int_equal(found.state, SESSION_CLOSED);
    assert_int_equal(found.start.v, 200);
    assert_int_equal(found.end.v, 900);
    assert_string_equal(found.exit_lane.text, "out-1");
    assert_string_equal(found.tariff.text, "t1");
    assert_string_equal(found.exit_movement.text, "0000000000000009");
    assert_int_equal(found.exit_basis, BASIS_PAID);
    assert_int_equal(found.price_minor, 3500);
    assert_int_equal(found.paid_minor, 3500);
    assert_int_equal(found.paid_at.v, 890);
    assert_int_equal(found.quote_at.v, 880);
    assert_string_equal(found.quote_request.text, new.quote_request.text);

    struct session_row u = session_of("0000000000000004", plate.text, 0);
    u.state = SESSION_UNMATCHED;
    u.end = (struct wall_ms){500};
    OK(CALL(save_session, &u));
    OK(CALL(find_unmatched, &place_a, &plate, (struct wall_ms){500}, &found));
    assert_string_equal(found.id.text, u.id.text);
    assert_int_equal(found.start.v, 0);
    assert_int_equal(CALL(find_unmatched, &place_a, &plate, (struct wall_ms){501}, &found),
                     ERR_NOTFOUND);
}

/* What a stay costs by, and what shops gave to it. */
static void validations(void **state)
{
    (void)state;
    struct session_row r = session_of("0000000000000001", "22아2222", 100), found;
    struct session_row other = session_of("0000000000000002", "33나3333", 100);
    save_parents();
    r.tariff_version = 7;
    r.settled_at = (struct wall_ms){150};
    r.settled_minor = 500;
    OK(CALL(save_session, &r));
    OK(CALL(save_session, &other));
    OK(CALL(find_session, &r.id, &found));
    assert_int_equal(found.tariff_version, 7);
    assert_int_equal(found.settled_at.v, 150);
    assert_int_equal(found.settled_minor, 500);

    struct validation_row v = {.id = "stamp-2",
                               .session = r.id,
                               .place = place_a,
                               .issuer = {"shop"},
                               .what = {TARIFF_VALIDATION_MINUTES, 60},
                               .actor = {"till-1"},
                               .at = {200}};
    struct validation_row first = v, got[2], one;
    snprintf(first.id, sizeof first.id, "stamp-1");
    first.what = (struct tariff_validation){TARIFF_VALIDATION_PERCENT, 50};
    first.at.v = 190;
    OK(CALL(add_validation, &v));
    OK(CALL(add_validation, &first));
    size_t count = 0;
    int64_t made = -1;
    again();
    OK(CALL(find_validation, "stamp-2", &one));
    assert_string_equal(one.session.text, r.id.text);
    assert_string_equal(one.place.text, "a");
    assert_string_equal(one.issuer.text, "shop");
    assert_string_equal(one.actor.text, "till-1");
    assert_int_equal(one.what.kind, TARIFF_VALIDATION_MINUTES);
    assert_int_equal(one.what.value, 60);
    assert_int_equal(one.at.v, 200);
    assert_int_equal(CALL(find_validation, "stamp-3", &one), ERR_NOTFOUND);
    OK(CALL(validations_of, &r.id, got, 2, &count));
    assert_int_equal(count, 2);
    OK(CALL(validations_of, &r.id, got, 1, &count));
    assert_int_equal(count, 1);
    OK(CALL(validations_of, &other.id, got, 2, &count));
    assert_int_equal(count, 0);
    OK(CALL(count_validations, &place_a, &v.issuer, (struct wall_ms){190}, &made));
    assert_int_equal(made, 2);
    OK(CALL(count_validations, &place_a, &v.issuer, (struct wall_ms){191}, &made));
    assert_int_equal(made, 1);
    OK(CALL(count_validations, &edge_1, &v.issuer, (struct wall_ms){0}, &made));
    assert_int_equal(made, 0);
}

static struct payment_row payment_of(const char *session, int n, enum payment_state state)
{
    struct payment_row p = {.place = place_a,
                            .kind = PAYMENT_KIND_LINK,
                            .provider = {"toss"},
                            .token = "cus_1",
                            .amount = {3500, {"KRW"}},
                            .state = state,
                            .attempts = 2,
                            .created = {10 + n},
                            .changed = {20}};
    snprintf(p.session.text, sizeof p.session.text, "%s", session);
    snprintf(p.key, sizeof p.key, "%s:charge:%d", session, n);
    return p;
}

static void payments_and_debts(void **state)
{
    (void)state;
    static const char a[] = "0000000000000001", b[] = "0000000000000002", c[] = "0000000000000003";
    save_parents();
    const char *ids[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        struct session_row r = session_of(ids[i], "22아2222", i + 1);
        OK(CALL(save_session, &r));
        struct debt_row d = {.session = r.id,
                             .place = place_a,
                             .plate = r.plate,
                             .amount = {3500, {"KRW"}},
                             .created = {100 - i}};
        OK(CALL(save_debt, &d));
    }
    struct payment_row p = payment_of(a, 1, PAYMENT_DECLINED);
    snprintf(p.reason, sizeof p.reason, "insufficient_funds");
    OK(CALL(save_payment, &p));
    p = payment_of(a, 2, PAYMENT_SENT);
    OK(CALL(save_payment, &p));
    struct payment_row second = payment_of(a, 3, PAYMENT_CREATED);
    assert_int_equal(CALL(save_payment, &second), ERR_CONFLICT); /* one that is not final */
    int64_t n;
    OK(CALL(count_payments, &p.session, &n));
    assert_int_equal(n, 2);

    struct debt_row debts[8];
    size_t count = 99;
    OK(CALL(collectable_debts, debts, 8, &count));
    assert_int_equal(count, 2);                    /* not a's: its payment is under way */
    assert_string_equal(debts[0].session.text, c); /* oldest first */
    OK(CALL(collectable_debts, debts, 1, &count));
    assert_int_equal(count, 1);
    snprintf(debts[0].reason, sizeof debts[0].reason, "declined");
    OK(CALL(save_debt, &debts[0]));
    OK(CALL(collectable_debts, debts, 8, &count));
    assert_int_equal(count, 1);
    OK(CALL(retry_debts, "decline"));
    OK(CALL(collectable_debts, debts, 8, &count));
    assert_int_equal(count, 1);
    OK(CALL(retry_debts, "declined"));
    OK(CALL(collectable_debts, debts, 8, &count));
    assert_int_equal(count, 2);
    snprintf(debts[1].reason, sizeof debts[1].reason, "declined");
    OK(CALL(save_debt, &debts[1]));
    debts[0].state = DEBT_PAID;
    debts[0].paid_minor = 3500;
    debts[0].settled = (struct wall_ms){300};
    debts[0].waived_minor = 200;
    debts[0].written_off_minor = 300;
    debts[0].actor = (struct name){"kim"};
    snprintf(debts[0].note, sizeof debts[0].note, "moved away");
    OK(CALL(save_debt, &debts[0]));
    OK(CALL(collectable_debts, debts, 8, &count));
    assert_int_equal(count, 0);
    struct debt_row found;
    OK(CALL(find_debt, &debts[0].session, &found));
    assert_int_equal(found.state, DEBT_PAID);
    assert_int_equal(found.settled.v, 300);
    assert_int_equal(found.waived_minor, 200);
    assert_int_equal(found.written_off_minor, 300);
    assert_string_equal(found.actor.text, "kim");
    assert_string_equal(found.note, "moved away");
    assert_int_equal(found.amount.minor, 3500);

    p.state = PAYMENT_UNKNOWN;
    snprintf(p.provider_ref, sizeof p.provider_ref, "pi_1");
    OK(CALL(save_payment, &p));
    again();
    struct loaded l = load();
    assert_int_equal(l.payment_count, 1); /* the final ones stay where they are */
    assert_memory_equal(&l.payments[0].key, &p.key, strlen(p.key) + 1);
    assert_int_equal(l.payments[0].state, PAYMENT_UNKNOWN);
    assert_int_equal(l.payments[0].amount.minor, 3500);
    assert_string_equal(l.payments[0].amount.currency.code, "KRW");
    assert_int_equal(l.payments[0].kind, PAYMENT_KIND_LINK);
    assert_string_equal(l.payments[0].provider.text, "toss");
    assert_string_equal(l.payments[0].token, "cus_1");
    assert_int_equal(l.payments[0].attempts, 2);
    assert_int_equal(l.payments[0].created.v, 12);
    assert_string_equal(l.payments[0].provider_ref, "pi_1");
}

static void refunds(void **state)
{
    (void)state;
    static const char a[] = "0000000000000001";
    save_parents();
    struct session_row stay = session_of(a, "22아2222", 1);
    stay.paid_minor = 7000;
    stay.refunded_minor = 1500;
    stay.waived_minor = 500;
    OK(CALL(save_session, &stay));
    struct payment_row p[3] = {payment_of(a, 1, PAYMENT_SUCCEEDED),
                               payment_of(a, 2, PAYMENT_SUCCEEDED),
                               payment_of(a, 3, PAYMENT_DECLINED)};
    for (int i = 0; i < 3; i++)
        OK(CALL(save_payment, &p[i]));
    p[1].refunded_minor = 1500;
    p[1].actor = (struct name){"kim"};
    snprintf(p[1].note, sizeof p[1].note, "seen at the provider");
    OK(CALL(save_payment, &p[1]));

    struct payment_row found, list[4];
    size_t count = 99;
    OK(CALL(find_payment, p[1].key, &found));
    assert_int_equal(found.refunded_minor, 1500);
    assert_string_equal(found.actor.text, "kim");
    assert_string_equal(found.note, "seen at the provider");
    assert_int_equal(CALL(find_payment, "0000000000000001:charge:9", &found), ERR_NOTFOUND);
    OK(CALL(refundable_payments, &stay.id, list, 4, &count));
    assert_int_equal(count, 2); /* not the declined one; the newest first */
    assert_string_equal(list[0].key, p[1].key);
    assert_string_equal(list[1].key, p[0].key);
    OK(CALL(refundable_payments, &stay.id, list, 1, &count));
    assert_int_equal(count, 1);
    p[0].refunded_minor = p[0].amount.minor; /* all of it */
    OK(CALL(save_payment, &p[0]));
    OK(CALL(refundable_payments, &stay.id, list, 4, &count));
    assert_int_equal(count, 1);

    int64_t n = 99;
    OK(CALL(count_refunds, &stay.id, &n));
    assert_int_equal(n, 0);
    struct refund_row r = {.key = "0000000000000001:refund:1",
                           .session = stay.id,
                           .place = place_a,
                           .provider = {"toss"},
                           .charge_ref = "pi_1",
                           .amount = {1500, {"KRW"}},
                           .cause = REFUND_PERSON,
                           .forgiven = true,
                           .state = PAYMENT_SENT,
                           .attempts = 2,
                           .created = {30},
                           .changed = {31},
                           .actor = {"lee"},
                           .note = "lamp broken"};
    memcpy(r.payment, p[1].key, sizeof r.payment);
    OK(CALL(save_refund, &r));
    OK(CALL(count_refunds, &stay.id, &n));
    assert_int_equal(n, 1);
    r.state = PAYMENT_UNKNOWN;
    OK(CALL(save_refund, &r));
    again();
    struct loaded l = load();
    assert_int_equal(l.refund_count, 1);
    assert_string_equal(l.refunds[0].key, r.key);
    assert_string_equal(l.refunds[0].payment, p[1].key);
    assert_string_equal(l.refunds[0].provider.text, "toss");
    assert_string_equal(l.refunds[0].charge_ref, "pi_1");
    assert_int_equal(l.refunds[0].amount.minor, 1500);
    assert_int_equal(l.refunds[0].cause, REFUND_PERSON);
    assert_true(l.refunds[0].forgiven);
    assert_int_equal(l.refunds[0].state, PAYMENT_UNKNOWN);
    assert_int_equal(l.refunds[0].attempts, 2);
    assert_string_equal(l.refunds[0].actor.text, "lee");
    assert_string_equal(l.refunds[0].note, "lamp broken");
    r.state = PAYMENT_SUCCEEDED;
    snprintf(r.provider_ref, sizeof r.provider_ref, "re_1");
    OK(CALL(save_refund, &r));
    again();
    l = load();
    assert_int_equal(l.refund_count, 0); /* final ones stay where they are */
    struct refund_row known;
    OK(CALL(find_refund, r.key, &known));
    assert_string_equal(known.provider_ref, "re_1");
    assert_int_equal(CALL(find_refund, "0000000000000001:refund:2", &known), ERR_NOTFOUND);
    OK(CALL(find_session, &stay.id, &stay));
    assert_int_equal(stay.refunded_minor, 1500);
    assert_int_equal(stay.waived_minor, 500);
}

static void decisions(void **state)
{
    (void)state;
    struct decision_row d = {
        .request = {"00112233445566778899aabbccddeeff"},
        .place = place_a,
        .edge = edge_1,
        .movement = {"00000000000000aa"},
        .response = {.kind = REQUEST_EXIT,
                     .id = {"00112233445566778899aabbccddeeff"},
                     .answer = {.verdict = VERDICT_PENDING,
                                .reason = REASON_PAYMENT,
                                .due = {3500, {"KRW"}},
                                .display = "3500 KRW 잠시만요"}},
        .at = {50},
    };
    struct decision_row found;
    assert_int_equal(CALL(find_decision, &d.request, &found), ERR_NOTFOUND);
    OK(CALL(save_decision, &d));
    d.response.answer = (struct passage_answer){
        .verdict = VERDICT_ALLOW, .basis = BASIS_PAID, .due = {3500, {"KRW"}}};
    d.at.v = 60;
    OK(CALL(save_decision, &d)); /* the final answer replaces the pending one */
    again();
    OK(CALL(find_decision, &d.request, &found));
    assert_int_equal(found.response.kind, REQUEST_EXIT);
    assert_int_equal(found.response.answer.verdict, VERDICT_ALLOW);
    assert_int_equal(found.response.answer.basis, BASIS_PAID);
    assert_int_equal(found.response.answer.due.minor, 3500);
    assert_string_equal(found.edge.text, "e1");
    OK(CALL(prune_decisions, (struct wall_ms){60}));
    OK(CALL(find_decision, &d.request, &found));
    OK(CALL(prune_decisions, (struct wall_ms){61}));
    assert_int_equal(CALL(find_decision, &d.request, &found), ERR_NOTFOUND);
}

static void same_command(const struct command_row *a, const struct command_row *b)
{
    assert_string_equal(a->command.id.text, b->command.id.text);
    assert_string_equal(a->command.lane.text, b->command.lane.text);
    assert_string_equal(a->command.actor.text, b->command.actor.text);
    assert_string_equal(a->command.reason, b->command.reason);
    assert_int_equal(a->command.action, b->command.action);
    assert_int_equal(a->command.expect, b->command.expect);
    assert_int_equal(a->command.issued.v, b->command.issued.v);
    assert_int_equal(a->command.not_after.v, b->command.not_after.v);
    assert_string_equal(a->place.text, b->place.text);
    assert_string_equal(a->edge.text, b->edge.text);
    assert_int_equal(a->stage, b->stage);
    assert_int_equal(a->why, b->why);
    assert_int_equal(a->presumed, b->presumed);
    assert_int_equal(a->accepted.v, b->accepted.v);
    assert_int_equal(a->executing.v, b->executing.v);
    assert_int_equal(a->ended.v, b->ended.v);
}

/* A command comes back as it was, is found by its id, and is loaded while it has no end. */
static void commands(void **state)
{
    (void)state;
    struct command_row found, c = {
                                  .command = {.id = {"00112233445566778899aabbccddeeff"},
                                              .lane = {"in-1"},
                                              .action = ACTION_HOLD_OPEN,
                                              .issued = {50},
                                              .not_after = {60},
                                              .actor = {"kim"},
                                              .reason = "창구 3",
                                              .expect = EXPECT_ARM_DOWN},
                                  .place = place_a,
                                  .edge = edge_1,
                              };
    save_parents();
    assert_int_equal(CALL(find_command, &c.command.id, &found), ERR_NOTFOUND);
    OK(CALL(save_command, &c));
    again();
    OK(CALL(find_command, &c.command.id, &found));
    same_command(&found, &c);
    struct loaded l = load();
    assert_int_equal(l.command_count, 1);
    same_command(&l.commands[0], &c);
    c.stage = STAGE_FAILED;
    c.why = REASON_TIMEOUT;
    c.presumed = true;
    c.accepted.v = 51;
    c.executing.v = 52;
    c.ended.v = 53;
    OK(CALL(save_command, &c));
    again();
    OK(CALL(find_command, &c.command.id, &found));
    same_command(&found, &c);
    l = load();
    assert_int_equal(l.command_count, 0);
}

static void keep_answer(void *arg, const struct answer_row *r)
{
    struct answer_row *seen = arg;
    *seen = *r;
    assert_int_equal(r->len, 9);
    assert_memory_equal(r->bytes, "{\"id\":17}", 9);
    seen->bytes = NULL;
}

static void answers(void **state)
{
    (void)state;
    struct answer_row seen = {.status = 9}, a = {.key = {"00112233445566778899aabbccddeeff"},
                                                 .request = {"ffeeddccbbaa99887766554433221100"},
                                                 .status = 202,
                                                 .location = "/v1/refunds/17",
                                                 .bytes = "{\"id\":17}",
                                                 .len = 9,
                                                 .at = {60}};
    assert_int_equal(CALL(find_answer, &a.key, keep_answer, &seen), ERR_NOTFOUND);
    assert_int_equal(seen.status, 9);
    OK(CALL(add_answer, &a));
    assert_int_equal(CALL(add_answer, &a), ERR_CONFLICT);
    again();
    OK(CALL(find_answer, &a.key, keep_answer, &seen));
    assert_string_equal(seen.request.text, a.request.text);
    assert_string_equal(seen.location, a.location);
    assert_int_equal(seen.status, 202);
    assert_int_equal(seen.at.v, 60);
    OK(CALL(prune_answers, (struct wall_ms){60}, 4));
    OK(CALL(find_answer, &a.key, keep_answer, &seen));
    OK(CALL(prune_answers, (struct wall_ms){61}, 4));
    assert_int_equal(CALL(find_answer, &a.key, keep_answer, &seen), ERR_NOTFOUND);
    OK(CALL(add_answer, &a));
    struct answer_row b = a;
    memset(b.key.text, '1', sizeof b.key.text - 1);
    b.at.v = 50;
    OK(CALL(add_answer, &b));
    OK(CALL(prune_answers, (struct wall_ms){70}, 0));
    OK(CALL(find_answer, &b.key, keep_answer, &seen));
    OK(CALL(prune_answers, (struct wall_ms){55}, 1));
    OK(CALL(find_answer, &a.key, keep_answer, &seen));
    assert_int_equal(CALL(find_answer, &b.key, keep_answer, &seen), ERR_NOTFOUND);
}

static struct right_row right_of(const char *id, enum right_kind kind, const char *plate,
                                 int64_t version)
{
    struct right_row r = {.place = place_a, .version = version, .changed = {version * 1000}};
    r.right.kind = kind;
    r.right.removed = kind == RIGHT_NONE;
    snprintf(r.right.id.text, sizeof r.right.id.text, "%s", id);
    snprintf(r.right.plate.text, sizeof r.right.plate.text, "%s", plate);
    return r;
}

static void say_right(void *arg, const struct right *r)
{
    char *said = arg;
    size_t len = strlen(said);
    snprintf(said + len, 128 - len, "%s%s ", r->removed ? "-" : "", r->id.text);
}

static void changed_since(int64_t since, const char *expected)
{
    char said[128] = "";
    OK(CALL(each_right, &place_a, since, say_right, said));
    assert_string_equal(said, expected);
}

static void rights_and_their_lists(void **state)
{
    (void)state;
    struct right_list_row list = {.place = place_a, .version = 3, .floor = 0}, l;
    struct right_row full = right_of("a", RIGHT_BOOKING, "B012", 1), found;
    full.right.from.v = 5;
    full.right.until.v = 9;
    full.right.offline_s = 900;
    full.right.space = SPACE_RULE_BOUND;
    snprintf(full.right.credential, sizeof full.right.credential, "QR-1");
    struct right_row more[] = {
        right_of("b", RIGHT_PERMIT, "8O12", 2), right_of("c", RIGHT_DENY, "9", 3),
        right_of("d", RIGHT_PERMIT, "9", 3), right_of("e", RIGHT_NONE, "", 3)};
    struct right several[4];
    struct plate plate = {"8012"}, nobody = {"7"};
    size_t count;
    save_parents();
    assert_int_equal(CALL(find_right_list, &place_a, &l), ERR_NOTFOUND);
    assert_int_equal(CALL(find_right, &place_a, &full.right.id, &found), ERR_NOTFOUND);
    OK(CALL(save_right, &full));
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        OK(CALL(save_right, &more[i]));
    OK(CALL(save_right_list, &list));
    OK(CALL(save_right_applied, &place_a, &edge_1, 3, full.changed));
    again();
    OK(CALL(find_right_list, &place_a, &l));
    assert_memory_equal(&l, &list, sizeof l);
    OK(CALL(find_right, &place_a, &full.right.id, &found));
    assert_memory_equal(&found, &full, sizeof found);

    OK(CALL(rights_of, &place_a, &plate, &no_credential, several, 4, &count));
    assert_int_equal(count, 2);                   /* both read alike */
    assert_string_equal(several[0].id.text, "b"); /* it has no end */
    struct credential_text shown = {"QR-1"};
    OK(CALL(rights_of, &place_a, &nobody, &shown, several, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(several[0].id.text, "a");
    OK(CALL(rights_of, &place_a, &more[1].right.plate, &shown, several, 4, &count));
    assert_int_equal(count, 3);
    OK(CALL(rights_of, &place_a, &plate, &no_credential, several, 1, &count));
    assert_int_equal(count, 1);
    assert_string_equal(several[0].id.text, "b");
    OK(CALL(rights_of, &place_a, &more[1].right.plate, &no_credential, several, 4, &count));
    assert_int_equal(count, 2);
    assert_string_equal(several[0].id.text, "c"); /* deny */
    OK(CALL(rights_of, &place_a, &nobody, &no_credential, several, 4, &count));
    assert_int_equal(count, 0);

    changed_since(0, "c a b d ");
    changed_since(1, "-e c b d ");
    changed_since(2, "-e c d ");
    changed_since(3, "");

    OK(CALL(prune_rights, &place_a, (struct wall_ms){3000}));
    changed_since(2, "-e c d ");
    OK(CALL(prune_rights, &place_a, (struct wall_ms){3001}));
    changed_since(2, "c d ");
    OK(CALL(find_right_list, &place_a, &l));
    assert_int_equal(l.floor, 3);
    assert_int_equal(CALL(find_right, &place_a, &more[3].right.id, &found), ERR_NOTFOUND);
}

static void sessions_by_what_a_camera_confuses(void **state)
{
    (void)state;
    struct session_row a = session_of("00000000000000a1", "B012", 10),
                       b = session_of("00000000000000a2", "8O12", 11),
                       c = session_of("00000000000000a3", "B013", 12), near[3], found;
    struct plate plate = {"8012"};
    size_t count;
    save_parents();
    a.right = (struct right_id){"permit:1"};
    a.covered.v = INT64_MAX;
    b.state = SESSION_CLOSED;
    b.exit_plate = plate;
    OK(CALL(save_session, &a));
    OK(CALL(save_session, &b));
    OK(CALL(save_session, &c));
    again();
    OK(CALL(near_sessions, &place_a, &plate, SESSION_OPEN, (struct wall_ms){0}, near, 3, &count));
    assert_int_equal(count, 1);
    assert_string_equal(near[0].id.text, a.id.text);
    assert_string_equal(near[0].plate.text, "B012");
    assert_string_equal(near[0].right.text, "permit:1");
    assert_int_equal(near[0].covered.v, INT64_MAX);
    OK(CALL(find_session, &b.id, &found));
    assert_int_equal(found.state, SESSION_CLOSED);
    assert_string_equal(found.exit_plate.text, plate.text);

    struct session_row u = session_of("00000000000000a4", "B012", 0);
    u.state = SESSION_UNMATCHED;
    u.end = (struct wall_ms){500};
    OK(CALL(save_session, &u));
    OK(CALL(near_sessions, &place_a, &plate, SESSION_UNMATCHED, (struct wall_ms){500}, near, 3,
            &count));
    assert_int_equal(count, 1);
    assert_string_equal(near[0].id.text, u.id.text);
    OK(CALL(near_sessions, &place_a, &plate, SESSION_UNMATCHED, (struct wall_ms){501}, near, 3,
            &count));
    assert_int_equal(count, 0);
}

static void sessions_by_credential(void **state)
{
    (void)state;
    struct credential_text shown = {"T0000000000000000"}, other = {"04A1"};
    struct session_row found, open = session_of("00000000000000b1", "", 10),
                              later = session_of("00000000000000b2", "", 20);
    save_parents();
    open.credential = later.credential = shown;
    later.state = SESSION_CLOSED;
    later.end = (struct wall_ms){30};
    OK(CALL(save_session, &open));
    OK(CALL(save_session, &later));
    again();
    OK(CALL(find_credential_session, &place_a, &shown, &found));
    assert_string_equal(found.id.text, open.id.text); /* open before ended */
    assert_string_equal(found.credential.text, shown.text);
    assert_int_equal(CALL(find_credential_session, &place_a, &other, &found), ERR_NOTFOUND);
    assert_int_equal(CALL(find_credential_session, &place_a, &no_credential, &found), ERR_NOTFOUND);
    OK(CALL(find_credential_session, &edge_1, &shown,
            &found)); /* another place's, if there is no own */
    assert_string_equal(found.place.text, place_a.text);
    open.state = SESSION_UNMATCHED;
    open.start.v = 0;
    open.end.v = 15;
    OK(CALL(save_session, &open));
    OK(CALL(find_credential_session, &place_a, &shown, &found));
    assert_string_equal(found.id.text, later.id.text); /* the latest */
    OK(CALL(find_unmatched_credential, &place_a, &shown, (struct wall_ms){15}, &found));
    assert_string_equal(found.id.text, open.id.text);
    assert_int_equal(
        CALL(find_unmatched_credential, &place_a, &shown, (struct wall_ms){16}, &found),
        ERR_NOTFOUND);
    assert_int_equal(CALL(find_unmatched_credential, &edge_1, &shown, (struct wall_ms){15}, &found),
                     ERR_NOTFOUND);
}

static void live_values(void **state)
{
    (void)state;
    struct edge_live_row l = {.place = place_a,
                              .edge = edge_1,
                              .online = true,
                              .boot = 3,
                              .session = 4,
                              .heard = {70},
                              .telemetry_at = {71}};
    l.telemetry = (struct telemetry){.epoch = 2,
                                     .next = 12,
                                     .clock = CLOCK_SYNCED,
                                     .lane_count = 1,
                                     .lanes = {{.lane = {"in-1"},
                                                .direction = DIRECTION_ENTRY,
                                                .state = "open",
                                                .arm = "up",
                                                .online = true}}};
    OK(CALL(save_live, &l));
    l.telemetry.lane_count = 0;
    OK(CALL(save_live, &l));
}

static void rights_expire(void **state)
{
    struct right_id ended[4];
    size_t count = 9;
    struct right_row r = right_of("permit:1", RIGHT_PERMIT, "A1", 1);
    (void)state;
    save_parents();
    r.right.until.v = 100;
    OK(CALL(save_right, &r));
    r = right_of("permit:2", RIGHT_PERMIT, "A2", 1);
    r.right.until.v = 0;
    OK(CALL(save_right, &r));
    OK(CALL(expired_rights, &place_a, (struct wall_ms){100}, ended, 4, &count));
    assert_int_equal(count, 0);
    OK(CALL(expired_rights, &place_a, (struct wall_ms){101}, ended, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(ended[0].text, "permit:1");
    OK(CALL(prune_history, (struct wall_ms){1}, (struct wall_ms){1}, 10));
}

static struct act_row act_number(int64_t id, int64_t undoes)
{
    struct act_row a = {.place = place_a,
                        .id = id,
                        .kind = ACT_CORRECTION,
                        .actor = {"kim"},
                        .reason = "seen",
                        .delta = -3,
                        .undoes = undoes,
                        .at = {1000 + id},
                        .digest = {"9f3c0a1b2c3d4e5f60718293a4b5c6d7"},
                        .text = "{\"signed\":true}"};
    a.len = strlen(a.text);
    return a;
}

static void acts_and_what_undoes_them(void **state)
{
    struct act_row got = {.id = -1}, first = act_number(1, 0), undoing = act_number(2, 1);
    (void)state;
    save_parents();
    assert_int_equal(s.last_act(s.self, &place_a, &got), ERR_NOTFOUND);
    assert_int_equal(s.find_act(s.self, &place_a, 1, &got), ERR_NOTFOUND);
    assert_int_equal(got.id, -1);
    assert_int_equal(s.add_act(s.self, &first), ERR_OK);
    assert_int_equal(s.find_undoing(s.self, &place_a, 1, &got), ERR_NOTFOUND);
    assert_int_equal(s.add_act(s.self, &undoing), ERR_OK);
    assert_int_equal(s.add_act(s.self, &undoing), ERR_CONFLICT);
    again();
    assert_int_equal(s.find_act(s.self, &place_a, 1, &got), ERR_OK);
    assert_int_equal(got.kind, ACT_CORRECTION);
    assert_int_equal(got.delta, -3);
    assert_int_equal(got.undoes, 0);
    assert_int_equal(got.at.v, 1001);
    assert_string_equal(got.actor.text, "kim");
    assert_string_equal(got.reason, "seen");
    assert_string_equal(got.text, first.text);
    assert_int_equal(got.len, first.len);
    assert_string_equal(got.digest.text, first.digest.text);
    assert_int_equal(s.last_act(s.self, &place_a, &got), ERR_OK);
    assert_int_equal(got.id, 2);
    assert_int_equal(s.find_undoing(s.self, &place_a, 1, &got), ERR_OK);
    assert_int_equal(got.id, 2);
}

static void pending_audits_come_back(void **state)
{
    (void)state;
    save_parents();
    struct audit_row a = {.place = place_a,
                          .id = 30,
                          .counted = 7,
                          .actor = {"desk"},
                          .reason = "after the fire drill",
                          .gone_count = 2,
                          .gone = {{"e1"}, {"e2"}},
                          .position_count = 2,
                          .positions = {{4, 120}, {5, -1}},
                          .waits = "e2: its hello",
                          .made = {1000}};
    OK(CALL(save_audit, &a));
    a.since = -2;
    OK(CALL(save_audit, &a));
    struct audit_row old = {.place = place_a, .id = 29, .state = AUDIT_APPLIED, .made = {900}};
    old.ended.v = 950;
    struct wall_ms made = {-1};
    assert_int_equal(CALL(last_audit, &place_a, &made), ERR_NOTFOUND);
    OK(CALL(save_audit, &old));
    OK(CALL(last_audit, &place_a, &made)); /* the pending one is newer */
    assert_int_equal(made.v, 900);
    again();
    struct loaded l = load();
    assert_int_equal(l.audit_count, 1);
    assert_memory_equal(&l.audits[0], &a, sizeof a);
    a.state = AUDIT_CANCELLED;
    a.ended.v = 2000;
    OK(CALL(save_audit, &a));
    again();
    assert_int_equal(load().audit_count, 0);
}

int store_contract(struct store_fixture *f)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(state_comes_back),
        T(rollback_undoes),
        T(uncommitted_is_gone),
        T(events_are_unique),
        T(movements_merge),
        T(sessions_by_plate),
        T(validations),
        T(payments_and_debts),
        T(refunds),
        T(decisions),
        T(rights_and_their_lists),
        T(sessions_by_what_a_camera_confuses),
        T(sessions_by_credential),
        T(live_values),
        T(commands),
        T(answers),
        T(pending_audits_come_back),
        T(acts_and_what_undoes_them),
        T(rights_expire),
    };
    fixture = f;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
