/* What events of an old epoch mean in a new one that begins without spaces (rechain.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "edge/core/rechain.h"

static struct event passage(enum event_kind kind, enum direction d, int car)
{
    struct event e = {.kind = kind, .time = {1000 + car}, .boot = 3, .clock = CLOCK_SYNCED};
    e.data = (struct event_data){.lane = {"in-1"}, .direction = d, .basis = BASIS_SPACE};
    e.data.movement = movement_id_from((uint64_t)car);
    return e;
}

/* The ledger's side of an epoch: PROTOCOL.md, "Ledger". */
struct books {
    int64_t view, overdraft, pending, occupied;
};

static void credit(struct books *b, const struct event_data *d)
{
    b->view += 1 - d->repaid;
    b->overdraft -= d->repaid;
}

static void keep(struct books *b, const struct event *e)
{
    const struct event_data *d = &e->data;
    bool entry = d->direction == DIRECTION_ENTRY;
    switch (e->kind) {
    case EVENT_PASSAGE_AUTHORISED:
        b->pending += entry;
        b->view -= entry && d->spent != SPENT_OVERDRAFT;
        b->overdraft += entry && d->spent == SPENT_OVERDRAFT;
        break;
    case EVENT_PASSAGE_VOIDED:
        b->pending -= entry;
        if (entry)
            credit(b, d);
        break;
    case EVENT_PASSAGE_COMPLETED:
        b->pending -= entry;
        b->occupied += entry ? 1 : -1;
        if (!entry)
            credit(b, d);
        break;
    case EVENT_PASSAGE_UNAUTHORISED:
        b->occupied += entry ? 1 : -1;
        if (!entry)
            credit(b, d);
        else if (d->spent == SPENT_SPACE)
            b->view -= 1;
        else
            b->overdraft += 1;
        break;
    default: fail();
    }
    assert_true(b->view >= 0 && b->overdraft >= 0 && b->pending >= 0);
    assert_int_equal(b->occupied + b->pending + b->view, b->overdraft);
}

static void spaces_stay_behind(void **state) /* R1 */
{
    (void)state;
    static const enum event_kind kinds[] = {EVENT_SPACE_ACCEPTED, EVENT_SPACE_DECLINED,
                                            EVENT_SPACE_RETURNED, EVENT_SPACE_RECALLED,
                                            EVENT_UNKNOWN};
    struct rechain r = {0};
    struct event out[RECHAIN_EVENTS_MAX];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct event e = {.kind = kinds[i], .data = {.n = 5, .grant = 3}};
        assert_int_equal(rechain_event(&r, &e, out), 0);
    }
    assert_int_equal(r.spaces.free, 0);
    struct event other = {.kind = EVENT_LANE_ALARM, .data = {.alarm = ALARM_FORCED}};
    assert_int_equal(rechain_event(&r, &other, out), 1);
    assert_int_equal(out[0].kind, EVENT_LANE_ALARM);
    assert_int_equal(out[0].data.alarm, ALARM_FORCED);
}

static void nothing_is_spent_that_was_not_credited(void **state) /* R2 */
{
    (void)state;
    struct rechain r = {0};
    struct event out[RECHAIN_EVENTS_MAX];
    struct event e = passage(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY, 1);
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_int_equal(out[0].data.spent, SPENT_OVERDRAFT);
    e = passage(EVENT_PASSAGE_VOIDED, DIRECTION_ENTRY, 1);
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_int_equal(out[0].data.repaid, 1);
    e = passage(EVENT_PASSAGE_COMPLETED, DIRECTION_EXIT, 2);
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_int_equal(out[0].data.repaid, 0);
    assert_int_equal(r.spaces.free, 1);
    e = passage(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY, 3);
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_int_equal(out[0].data.spent, SPENT_SPACE);
}

static void an_admission_is_authorised_in_its_epoch(void **state) /* R3 */
{
    (void)state;
    struct rechain r = {0};
    struct event out[RECHAIN_EVENTS_MAX];
    struct event e = passage(EVENT_PASSAGE_COMPLETED, DIRECTION_ENTRY, 7);
    assert_int_equal(rechain_event(&r, &e, out), 2);
    assert_int_equal(out[0].kind, EVENT_PASSAGE_AUTHORISED);
    assert_string_equal(out[0].data.movement.text, e.data.movement.text);
    assert_int_equal(out[0].data.spent, SPENT_OVERDRAFT);
    assert_int_equal(out[0].time.v, e.time.v);
    assert_int_equal(out[1].kind, EVENT_PASSAGE_COMPLETED);
    assert_int_equal(r.spaces.overdraft, 1);
    assert_int_equal(r.count, 0);

    /* One that is under the arm now is authorised once, whichever way. */
    e = passage(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY, 8);
    struct event_data resumed = {.active = true};
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_false(rechain_resume(&r, &e.data, &resumed));
    assert_true(resumed.active); /* untouched */
    e = passage(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY, 9);
    assert_true(rechain_resume(&r, &e.data, &resumed));
    assert_int_equal(resumed.spent, SPENT_OVERDRAFT);
    assert_false(rechain_resume(&r, &e.data, &resumed));
}

/* Any history from any point on: the new epoch balances by itself after every event, and never spends
 * what it was not credited. */
static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        uint64_t x = seed * 0x9E3779B97F4A7C15u;
        struct rechain r = {0};
        struct books b = {0};
        int open[8] = {0}; /* 0: free, 1: its authorisation is older, 2: it is in the new chain */
        int64_t inside = 0;
        for (int i = 0; i < 8; i++)
            open[i] = (int)((seed >> i) & 1);
        for (int step = 0; step < 300; step++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            int car = (int)(x % 8), what = (int)(x / 8 % 5);
            struct event e, out[RECHAIN_EVENTS_MAX];
            if (what == 0 && open[car] == 0) {
                e = passage(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY, car);
                open[car] = 2;
            } else if (what <= 1 && open[car] != 0) {
                e = passage(what ? EVENT_PASSAGE_COMPLETED : EVENT_PASSAGE_VOIDED, DIRECTION_ENTRY,
                            car);
                open[car] = 0;
                inside += what;
            } else if (what == 2) {
                e = passage(EVENT_PASSAGE_UNAUTHORISED, DIRECTION_ENTRY, 100 + car);
                inside += 1;
            } else {
                e = passage(what == 3 ? EVENT_PASSAGE_COMPLETED : EVENT_PASSAGE_UNAUTHORISED,
                            DIRECTION_EXIT, 200 + car);
                inside -= 1;
            }
            size_t n = rechain_event(&r, &e, out);
            for (size_t i = 0; i < n; i++)
                keep(&b, &out[i]);
            assert_int_equal(b.view, r.spaces.free);
            assert_int_equal(b.overdraft, r.spaces.overdraft);
            assert_int_equal(b.occupied, inside);
        }
    }
}

/* A bound space of the old epoch is an ordinary one, or owed, in the new one. */
static void nothing_is_bound_in_a_new_epoch(void **state)
{
    (void)state;
    struct rechain r = {0};
    struct event out[RECHAIN_EVENTS_MAX];
    struct event e = passage(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY, 1);
    e.data.basis = BASIS_BOUND;
    e.data.right = (struct right_id){"permit:1"};
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_int_equal(out[0].data.spent, SPENT_OVERDRAFT);
    e = passage(EVENT_PASSAGE_VOIDED, DIRECTION_ENTRY, 1);
    e.data.right = (struct right_id){"permit:1"};
    assert_int_equal(rechain_event(&r, &e, out), 1);
    assert_string_equal(out[0].data.right.text, "");
    assert_int_equal(out[0].data.repaid, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_stay_behind),
        cmocka_unit_test(nothing_is_spent_that_was_not_credited),
        cmocka_unit_test(an_admission_is_authorised_in_its_epoch),
        cmocka_unit_test(nothing_is_bound_in_a_new_epoch),
        cmocka_unit_test(random_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
