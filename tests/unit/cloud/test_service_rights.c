/* Rights in the service: changes make versions, edges get lists in parts or changes, stays are priced
 * by what covers them, and a misread plate finds its only stay. */
#include "protocol/support/digest.h"
#include "protocol/wire/record.h"
#include "protocol/wire/rights.h"
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world w;
static struct test_edge in;

static int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    world_open(&w);
    world_place(&w, "a", 10, POLICY_DEFER);
    in = edge_of("a", "e1", 1);
    assert_true(edge_hello(&w, &in, "ex"));
    edge_accept(&w, &in);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static struct right right_of(const char *id, enum right_kind kind, const char *plate)
{
    struct right r = {.kind = kind, .removed = kind == RIGHT_NONE};
    snprintf(r.id.text, sizeof r.id.text, "%s", id);
    snprintf(r.plate.text, sizeof r.plate.text, "%s", plate);
    return r;
}

static void put(const struct right *rights, size_t count)
{
    struct work *work = work_new(WORK_ADMIN, rights, count * sizeof *rights);
    work->admin.kind = ADMIN_RIGHTS;
    work->admin.place.place = (struct name){"a"};
    work->admin.done = world_admin_done;
    work->admin.arg = &w;
    assert_int_equal(service_post(w.service, work), ERR_OK);
    world_run(&w);
}

static void put_one(const char *id, enum right_kind kind, const char *plate)
{
    struct right r = right_of(id, kind, plate);
    put(&r, 1);
    assert_int_equal(w.admin.err, ERR_OK);
}

/* Asks; the parts that came are w.parts from the returned one on. */
static size_t ask(int64_t have, int64_t version, int64_t part)
{
    static uint8_t n;
    size_t first = w.part_count;
    uint8_t correlation[16] = {++n};
    struct request r = {.kind = REQUEST_RIGHTS,
                        .id = request_id_from(correlation),
                        .rights = {have, version, part}};
    char bytes[REQUEST_BYTES_MAX];
    size_t len;
    assert_int_equal(request_encode(&r, bytes, sizeof bytes, &len), ERR_OK);
    struct work *work = work_new(WORK_REQUEST, bytes, len);
    work->place = in.place;
    work->edge = in.edge;
    memcpy(work->correlation, correlation, sizeof correlation);
    assert_int_equal(service_post(w.service, work), ERR_OK);
    world_run(&w);
    assert_int_equal(w.responses[w.response_count - 1].kind, REQUEST_RIGHTS);
    return first;
}

static const struct rights_answer *answer(void)
{
    return &w.responses[w.response_count - 1].rights;
}

/* Decodes part `i` and checks that it follows `before` (G2). */
static const struct rights_part *part_at(size_t i, const char *before)
{
    static struct rights_part p;
    struct rights_span span;
    char own[RIGHTS_SHA_SIZE], sha[RIGHTS_SHA_SIZE], reason[160];
    assert_true(i < w.part_count);
    if (rights_decode(w.parts[i].bytes, w.parts[i].len, &p, &span, reason) != ERR_OK)
        fail_msg("%s", reason);
    sha256_of(w.parts[i].bytes + span.at, span.len, own);
    sha256_chain(before, own, sha);
    assert_string_equal(p.sha256, sha);
    return &p;
}

static void each_change_makes_a_version(void **state)
{
    (void)state;
    ask(0, 0, 0);
    assert_int_equal(answer()->version, 0);
    assert_int_equal(answer()->of, 0);
    put_one("r1", RIGHT_PERMIT, "1");
    assert_int_equal(w.admin.rights_version, 1);
    put_one("r1", RIGHT_PERMIT, "1"); /* no news */
    assert_int_equal(w.admin.rights_version, 1);
    assert_int_equal(w.admin.rights_changed, 0);
    put_one("nobody", RIGHT_NONE, "");
    assert_int_equal(w.admin.rights_version, 1);
    struct right two[] = {right_of("r1", RIGHT_NONE, ""), right_of("r2", RIGHT_DENY, "2")};
    put(two, 2);
    assert_int_equal(w.admin.rights_version, 2);
    assert_int_equal(w.admin.rights_changed, 2);
    two[1].kind = RIGHT_NONE; /* without removed: at fault; then nothing of it is taken */
    two[0] = right_of("r9", RIGHT_PERMIT, "9");
    put(two, 2);
    assert_int_equal(w.admin.err, ERR_INVAL);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM parking_right WHERE id = 'r9'"), 0);
}

static void an_edge_gets_a_list_then_changes(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "1");
    put_one("r2", RIGHT_DENY, "2");
    size_t at = ask(0, 0, 0);
    const struct rights_part *p = part_at(at, "");
    assert_int_equal(w.part_count - at, 1);
    assert_int_equal(p->from, 0);
    assert_int_equal(p->version, 2);
    assert_int_equal(p->of, 1);
    assert_int_equal(p->count, 2);
    assert_string_equal(p->entries[0].id.text, "r2"); /* deny first */
    ask(2, 0, 0);
    assert_int_equal(answer()->of, 0);
    put_one("r3", RIGHT_PERMIT, "3");
    put_one("r2", RIGHT_NONE, "");
    at = ask(2, 0, 0);
    p = part_at(at, "");
    assert_int_equal(p->from, 2);
    assert_int_equal(p->version, 4);
    assert_int_equal(p->count, 2);
    assert_true(p->entries[0].removed); /* revocations first */
}

/* The list an edge fetches stays what it was, whatever changes meanwhile. */
static void a_long_list_comes_in_parts_that_fit(void **state)
{
    (void)state;
    enum { COUNT = 1500 };
    static struct right rights[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        char id[16], plate[16];
        snprintf(id, sizeof id, "r%04zu", i);
        snprintf(plate, sizeof plate, "12가%04zu", i);
        rights[i] = right_of(id, RIGHT_PERMIT, plate);
    }
    put(rights, COUNT);
    size_t at = ask(0, 0, 0);
    assert_int_equal(answer()->of, 6); /* of 256 each */
    assert_int_equal(w.part_count - at, RIGHTS_AT_ONCE);
    char before[RIGHTS_SHA_SIZE] = "";
    for (size_t i = 0; i < RIGHTS_AT_ONCE; i++) {
        const struct rights_part *p = part_at(at + i, before);
        assert_int_equal(p->part, i);
        memcpy(before, p->sha256, sizeof before);
    }
    put_one("late", RIGHT_DENY, "9");
    at = ask(0, 1, RIGHTS_AT_ONCE);
    assert_int_equal(answer()->version, 1);
    assert_int_equal(w.part_count - at, 2);
    memcpy(before, part_at(at, before)->sha256, sizeof before);
    assert_int_equal(part_at(at + 1, before)->count, COUNT - 5 * 256);
    at = ask(1, 0, 0);
    assert_int_equal(part_at(at, "")->count, 1);
}

static void neutral(const char *id)
{
    struct right_id right = {""};
    snprintf(right.text, sizeof right.text, "%s", id);
    struct work *work = work_new(WORK_ADMIN, &right, id[0] != '\0' ? sizeof right : 0);
    work->admin.kind = ADMIN_RIGHTS_NEUTRAL;
    work->admin.place.place = (struct name){"a"};
    work->admin.done = world_admin_done;
    work->admin.arg = &w;
    assert_int_equal(service_post(w.service, work), ERR_OK);
    world_run(&w);
}

/* The same right again as a change; all of them as a whole list (edge/rights, L1). */
static void a_neutral_right_is_given_anew(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "1");
    put_one("r2", RIGHT_PERMIT, "2");
    neutral("r1");
    const struct rights_part *p = part_at(ask(2, 0, 0), "");
    assert_int_equal(p->version, 3);
    assert_int_equal(p->from, 2);
    assert_int_equal(p->count, 1);
    assert_string_equal(p->entries[0].id.text, "r1");
    neutral("");
    p = part_at(ask(3, 0, 0), "");
    assert_int_equal(p->version, 4);
    assert_int_equal(p->from, 0);
    assert_int_equal(p->count, 2);
    neutral("nosuch");
    assert_int_equal(w.admin.err, ERR_NOTFOUND);
}

static void what_was_pruned_costs_a_whole_list(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "1");
    put_one("r2", RIGHT_PERMIT, "2");
    put_one("r1", RIGHT_NONE, "");
    world_pass_ms(&w, INT64_C(8) * 24 * 3600 * 1000);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM parking_right"), 1);
    assert_int_equal(part_at(ask(2, 0, 0), "")->from, 0);
    put_one("r3", RIGHT_PERMIT, "3");
    assert_int_equal(part_at(ask(3, 0, 0), "")->from, 3);
}

/* A day after its end; edges hear of it as of any removal. */
static void what_has_expired_leaves_the_list(void **state)
{
    struct right ends = right_of("r1", RIGHT_PERMIT, "1");
    int64_t hour_ms = 3600 * INT64_C(1000);
    (void)state;
    ends.until.v = w.now.wall.v + hour_ms;
    put(&ends, 1);
    put_one("r2", RIGHT_PERMIT, "2");
    world_pass_ms(&w, 23 * hour_ms);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM parking_right WHERE removed = 0"), 2);
    world_pass_ms(&w, 4 * hour_ms);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM parking_right WHERE removed = 0"), 1);
    assert_int_equal(world_sql(&w, "SELECT version FROM right_list"), 3);
    assert_int_equal(world_sql(&w, "SELECT removed FROM parking_right WHERE id = 'r1'"), 1);
    ask(2, 0, 0);
    assert_int_equal(answer()->version, 3);
}

static enum err bind(enum admin_kind kind, const char *edge, const char *right)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = kind;
    work->admin.bind.place = (struct name){"a"};
    snprintf(work->admin.bind.edge.text, NAME_SIZE, "%s", edge);
    snprintf(work->admin.bind.right.text, RIGHT_ID_SIZE, "%s", right);
    work->admin.done = world_admin_done;
    work->admin.arg = &w;
    assert_int_equal(service_post(w.service, work), ERR_OK);
    world_run(&w);
    return w.admin.err;
}

static void say_space(enum event_kind kind, int64_t grant, enum reason reason, const char *right)
{
    struct event e = edge_event(&w, &in, kind);
    e.data.grant = grant;
    e.data.n = 1;
    e.data.reason = reason;
    snprintf(e.data.right.text, RIGHT_ID_SIZE, "%s", right);
    edge_send(&w, &in, &e);
    world_run(&w);
}

static void an_edge_that_knows_more_is_outbid(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "1");
    size_t at = ask(50, 0, 0);
    int64_t ours = answer()->version;
    assert_true(ours > 51);
    assert_int_equal(part_at(at, "")->from, 0);
    world_restart(&w);
    ask(ours, 0, 0);
    assert_int_equal(answer()->of, 0);
    at = ask(51, 0, 0); /* another edge, with one more of the lists that are gone */
    assert_int_equal(part_at(at, "")->from, 0);
    assert_int_equal(answer()->version, ours);
}

/* An edge that was fetching such a list waits for no lower number. */
static void a_list_it_was_fetching_is_outbid_too(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "1");
    put_one("r2", RIGHT_PERMIT, "2");
    size_t at = ask(1, 60, 3);
    assert_true(answer()->version > 60);
    assert_int_equal(part_at(at, "")->part, 0);
}

/* One edge must not be able to use up the numbers of all. */
static void a_number_without_a_next_one_is_nobodys(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "1");
    ask(RECORD_INT_MAX, 0, 0);
    assert_int_equal(answer()->version, 1);
    put_one("r2", RIGHT_PERMIT, "2");
    assert_int_equal(w.admin.rights_version, 2);
    say_space(EVENT_SPACE_DECLINED, RECORD_INT_MAX, REASON_LATE, "");
    put_one("permit:1", RIGHT_PERMIT, "B11");
    assert_int_equal(bind(ADMIN_BIND, "e1", "permit:1"), ERR_OK);
    assert_true(w.offers[w.offer_count - 1].grant.id < RECORD_INT_MAX / 2);
}

/* A database that was set back counts to the same versions again: a list of before is no base. */
static void after_a_restore_lists_come_whole(void **state)
{
    (void)state;
    char bytes[EVENT_BYTES_MAX];
    put_one("r1", RIGHT_PERMIT, "1");
    put_one("r2", RIGHT_DENY, "2");
    struct event lost = edge_event(&w, &in, EVENT_EDGE_STARTED);
    snprintf(lost.data.version, sizeof lost.data.version, "x");
    edge_write(&in, &lost, bytes);
    in.base = in.seq; /* it was acknowledged, and is not known any more */
    assert_true(edge_hello(&w, &in, "ex"));
    assert_int_equal(world_sql(&w, "SELECT offers_stopped FROM place"), 1);
    size_t at = ask(1, 0, 0);
    assert_int_equal(part_at(at, "")->from, 0);
    at = ask(2, 0, 0);
    assert_int_equal(part_at(at, "")->from, 0);
}

static void who_is_online_hears_of_a_change(void **state)
{
    (void)state;
    struct status up = {true, 1, 1, w.now.wall, "1"};
    char text[STATUS_BYTES_MAX];
    size_t len;
    assert_int_equal(status_encode(&up, text, sizeof text, &len), ERR_OK);
    struct work *work = work_new(WORK_STATUS, text, len);
    work->place = in.place;
    work->edge = in.edge;
    assert_int_equal(service_post(w.service, work), ERR_OK);
    world_run(&w);
    size_t at = w.part_count;
    put_one("r1", RIGHT_PERMIT, "1");
    assert_int_equal(w.part_count - at, 1);
    assert_int_equal(part_at(at, "")->of, 0);
    assert_int_equal(part_at(at, "")->version, 1);
}

static void an_edge_says_what_it_applied(void **state)
{
    (void)state;
    struct event e = edge_event(&w, &in, EVENT_RIGHTS_APPLIED);
    e.data.list = 7;
    edge_send(&w, &in, &e);
    world_run(&w);
    assert_int_equal(world_sql(&w, "SELECT version FROM right_applied WHERE edge = 'e1'"), 7);
}

static void a_permit_covers_its_stay(void **state)
{
    (void)state;
    struct right r = right_of("r1", RIGHT_PERMIT, "11");
    r.until = wall_after(w.now.wall, 3600000);
    put(&r, 1);
    edge_enter(&w, &in, "11");
    world_run(&w);
    world_pass_ms(&w, 1800000);
    struct request_id q = edge_ask(&w, &in, REQUEST_EXIT, "11", false, 900);
    assert_int_equal(world_answer(&w, &q)->basis, BASIS_FREE);
    /* half an hour beyond its end is a stay of its own, without free minutes */
    world_pass_ms(&w, 3600000);
    q = edge_ask(&w, &in, REQUEST_EXIT, "11", false, 901);
    assert_int_equal(world_answer(&w, &q)->due.minor, 30 * 100);
    assert_int_equal(w.rest_from.v, r.until.v);
}

static void a_barred_plate_is_refused_a_space(void **state)
{
    (void)state;
    put_one("r1", RIGHT_DENY, "66");
    struct request_id q = edge_ask(&w, &in, REQUEST_ENTRY, "66", true, 910);
    assert_int_equal(world_answer(&w, &q)->reason, REASON_BARRED);
}

static void a_right_that_seems_inside_is_refused_while_its_stay_is_open(void **state)
{
    (void)state;
    put_one("r1", RIGHT_PERMIT, "77");
    struct request r = {.kind = REQUEST_ENTRY, .question = {.plate = {"77"}}};
    for (int open = 1; open >= 0; open--) {
        uint8_t correlation[16] = {0xAA, (uint8_t)open};
        char bytes[REQUEST_BYTES_MAX];
        size_t len;
        if (open)
            edge_enter(&w, &in, "77");
        else
            edge_leave(&w, &in, "77", BASIS_RIGHT, &(struct request_id){""});
        world_run(&w);
        r.id = request_id_from(correlation);
        r.question.lane = (struct name){"in-1"};
        r.question.movement = movement_id_from((uint64_t)(990 + open));
        r.question.time = w.now.wall;
        r.question.deadline_ms = 800;
        r.question.passback = true;
        assert_int_equal(request_encode(&r, bytes, sizeof bytes, &len), ERR_OK);
        struct work *work = work_new(WORK_REQUEST, bytes, len);
        work->place = in.place;
        work->edge = in.edge;
        memcpy(work->correlation, correlation, sizeof correlation);
        assert_int_equal(service_post(w.service, work), ERR_OK);
        world_run(&w);
        const struct passage_answer *a = world_answer(&w, &r.id);
        assert_int_equal(a->verdict, open ? VERDICT_DENY : VERDICT_ALLOW);
        assert_int_equal(a->reason, open ? REASON_PASSBACK : REASON_NONE);
    }
}

static void a_misread_plate_finds_its_only_stay(void **state)
{
    (void)state;
    edge_enter(&w, &in, "B11");
    world_run(&w);
    world_pass_ms(&w, 600000);
    struct request_id q = edge_ask(&w, &in, REQUEST_EXIT, "811", false, 920);
    assert_int_equal(world_answer(&w, &q)->due.minor, 10 * 100);
    edge_leave(&w, &in, "811", BASIS_OFFLINE, &(struct request_id){""});
    world_run(&w);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM session WHERE plate = 'B11' AND"
                                   " state = 'closed' AND exit_plate = '811'"),
                     1);
}

/* What the edge let out without the cloud is priced here, whatever the edge quoted. */
static void an_exit_without_the_cloud_becomes_a_debt(void **state)
{
    (void)state;
    edge_enter(&w, &in, "55");
    world_run(&w);
    world_pass_ms(&w, 600000);
    struct event e = edge_event(&w, &in, EVENT_PASSAGE_AUTHORISED);
    e.data.lane = (struct name){"out-1"};
    e.data.movement = movement_id_from(7777);
    e.data.direction = DIRECTION_EXIT;
    e.data.plate = (struct plate){"55"};
    e.data.basis = BASIS_OFFLINE;
    e.data.due = (struct money){1, {"KRW"}};
    edge_send(&w, &in, &e);
    e.kind = EVENT_PASSAGE_COMPLETED;
    struct event done = edge_event(&w, &in, EVENT_PASSAGE_COMPLETED);
    done.data = e.data;
    edge_send(&w, &in, &done);
    world_run(&w);
    assert_int_equal(world_sql(&w, "SELECT amount_minor FROM debt WHERE plate = '55'"), 10 * 100);
    assert_int_equal(
        world_sql(&w,
                  "SELECT count(*) FROM event WHERE CAST(bytes AS TEXT) LIKE '%\"due_minor\":1,%'"),
        1);
}

/* Bookings of past and coming days hide neither the one of today nor a deny. */
static void many_rights_of_one_plate(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        char id[RIGHT_ID_SIZE];
        snprintf(id, sizeof id, "b%02d", i);
        struct right r = right_of(id, RIGHT_BOOKING, "12가3456");
        r.from = wall_after(w.now.wall, (i - 30) * INT64_C(86400000) - 3600000);
        r.until = wall_after(r.from, 2 * 3600000);
        put(&r, 1);
        assert_int_equal(w.admin.err, ERR_OK);
    }
    edge_enter(&w, &in, "12가3456");
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM session WHERE right_id = 'b30'"), 1);
    put_one("z", RIGHT_DENY, "12가3456");
    struct request_id id = edge_ask(&w, &in, REQUEST_ENTRY, "12가3456", false, 77);
    assert_int_equal(world_answer(&w, &id)->reason, REASON_BARRED);
}

static void two_stays_it_could_be_are_none(void **state)
{
    (void)state;
    edge_enter(&w, &in, "B11");
    edge_enter(&w, &in, "81I");
    world_run(&w);
    edge_leave(&w, &in, "811", BASIS_OFFLINE, &(struct request_id){""});
    world_run(&w);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM session WHERE state = 'open'"), 2);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM session WHERE state = 'unmatched'"), 1);
}

static void a_space_is_bound_to_a_right(void **state)
{
    (void)state;
    put_one("permit:1", RIGHT_PERMIT, "B11");
    assert_int_equal(bind(ADMIN_BIND, "nosuch", "permit:1"), ERR_NOTFOUND);
    assert_int_equal(bind(ADMIN_BIND, "e1", "permit:2"), ERR_NOTFOUND);
    int64_t pool = world_sql(&w, "SELECT pool FROM place");
    int64_t view = world_sql(&w, "SELECT view FROM stream");
    assert_int_equal(bind(ADMIN_BIND, "e1", "permit:1"), ERR_OK);
    assert_int_equal(world_sql(&w, "SELECT pool FROM place"), pool - 1);
    assert_int_equal(world_sql(&w, "SELECT held FROM place"), 0);
    assert_int_equal(world_sql(&w, "SELECT view FROM stream"), view + 1);
    struct grant g = w.offers[w.offer_count - 1].grant;
    assert_int_equal(g.kind, GRANT_BOUND);
    assert_string_equal(g.right.text, "permit:1");
    world_restart(&w); /* it is sent again as what it is */
    assert_true(edge_hello(&w, &in, "ex"));
    bool again = false;
    for (size_t i = 0; i < w.offer_count; i++)
        again = again ||
                (i > 0 && w.offers[i].grant.id == g.id && w.offers[i].grant.kind == GRANT_BOUND);
    assert_true(again);
    say_space(EVENT_SPACE_ACCEPTED, g.id, REASON_NONE, "permit:1");
    assert_int_equal(world_sql(&w, "SELECT bound FROM stream"), 1);
    assert_int_equal(world_sql(&w, "SELECT view FROM stream"), view + 1);

    /* Asked back while it is not used. */
    assert_int_equal(bind(ADMIN_UNBIND, "e1", "permit:1"), ERR_OK);
    g = w.offers[w.offer_count - 1].grant;
    assert_int_equal(g.kind, GRANT_RECALL);
    assert_string_equal(g.right.text, "permit:1");
    say_space(EVENT_SPACE_RECALLED, g.id, REASON_NONE, "permit:1");
    assert_int_equal(world_sql(&w, "SELECT owed FROM stream"), 0);
    say_space(EVENT_SPACE_RETURNED, 0, REASON_RECALLED, "permit:1");
    assert_int_equal(world_sql(&w, "SELECT bound FROM stream"), 0);
    assert_int_equal(world_sql(&w, "SELECT pool FROM place"), pool);
    assert_int_equal(world_sql(&w, "SELECT count(*) FROM anomaly"), 0);
}

static void no_space_no_binding(void **state)
{
    (void)state;
    put_one("permit:1", RIGHT_PERMIT, "B11");
    int64_t pool = world_sql(&w, "SELECT pool FROM place");
    for (int64_t i = 0; i < pool; i++)
        assert_int_equal(bind(ADMIN_BIND, "e1", "permit:1"), ERR_OK);
    assert_int_equal(bind(ADMIN_BIND, "e1", "permit:1"), ERR_CONFLICT);
    assert_int_equal(world_sql(&w, "SELECT pool FROM place"), 0);
}

static void nothing_is_bound_while_the_ledger_is_in_doubt(void **state)
{
    (void)state;
    put_one("permit:1", RIGHT_PERMIT, "B11");
    struct event e = edge_event(&w, &in, EVENT_SPACE_RETURNED);
    e.data.n = 100; /* more than it has */
    e.data.reason = REASON_SURPLUS;
    edge_send(&w, &in, &e);
    world_run(&w);
    assert_int_equal(world_sql(&w, "SELECT offers_stopped FROM place"), 1);
    int64_t pool = world_sql(&w, "SELECT pool FROM place");
    assert_true(pool > 0);
    assert_int_equal(bind(ADMIN_BIND, "e1", "permit:1"), ERR_CONFLICT);
    assert_int_equal(world_sql(&w, "SELECT pool FROM place"), pool);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(each_change_makes_a_version),
        T(an_edge_gets_a_list_then_changes),
        T(a_long_list_comes_in_parts_that_fit),
        T(what_was_pruned_costs_a_whole_list),
        T(what_has_expired_leaves_the_list),
        T(a_neutral_right_is_given_anew),
        T(an_edge_that_knows_more_is_outbid),
        T(a_list_it_was_fetching_is_outbid_too),
        T(a_number_without_a_next_one_is_nobodys),
        T(after_a_restore_lists_come_whole),
        T(who_is_online_hears_of_a_change),
        T(an_edge_says_what_it_applied),
        T(a_permit_covers_its_stay),
        T(a_barred_plate_is_refused_a_space),
        T(a_misread_plate_finds_its_only_stay),
        T(a_right_that_seems_inside_is_refused_while_its_stay_is_open),
        T(many_rights_of_one_plate),
        T(two_stays_it_could_be_are_none),
        T(an_exit_without_the_cloud_becomes_a_debt),
        T(a_space_is_bound_to_a_right),
        T(no_space_no_binding),
        T(nothing_is_bound_while_the_ledger_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
