/* Commands from afar, cell by cell (core/order.h C1-C4). */
#include "edge/core/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { STAGES = STAGE_EXPIRED + 1, VIEWS = 1 << 8 };

static const struct wall_ms now = {1000};

static struct command command_of(enum action a)
{
    return (struct command){.action = a, .issued = {900}, .not_after = {1000}};
}

/* Idle: arm down, nobody there, all well. */
static struct order_view well(void)
{
    return (struct order_view){
        .fresh = true, .down = true, .told_time = true, .trusted_time = true};
}

/* Columns: taken refused proven late local fire restarted. x executing, d done, others failed: r refused,
 * t timeout, l local, f fire, s restarted; '-' nothing. */
static const char *const wanted[STAGES] = {
    [STAGE_NONE] = "-------",    [STAGE_ACCEPTED] = "xrdtlfs", [STAGE_EXECUTING] = "--dtlfs",
    [STAGE_DONE] = "-------",    [STAGE_REJECTED] = "-------", [STAGE_FAILED] = "-------",
    [STAGE_EXPIRED] = "-------",
};

static void every_cell(void **state)
{
    (void)state;
    for (int s = 0; s < STAGES; s++)
        for (int e = 0; e < ORDER_EVENTS; e++) {
            struct order o = {.stage = (enum stage)s};
            enum reason why = REASON_SURPLUS, reason = REASON_NONE;
            enum stage to = STAGE_FAILED;
            switch (wanted[s][e]) {
            case '-': to = (enum stage)s; break;
            case 'x': to = STAGE_EXECUTING; break;
            case 'd': to = STAGE_DONE; break;
            case 'r': reason = REASON_REFUSED; break;
            case 't': reason = REASON_TIMEOUT; break;
            case 'l': reason = REASON_LOCAL; break;
            case 'f': reason = REASON_FIRE; break;
            default: reason = REASON_RESTARTED; break;
            }
            bool changed = wanted[s][e] != '-';
            assert_int_equal(order_step(&o, (enum order_event)e, &why), changed);
            assert_int_equal(o.stage, to);
            assert_int_equal(why, changed ? reason : REASON_SURPLUS);
        }
}

static void what_bars_a_command(void **state)
{
    (void)state;
    struct order_view v = well();
    struct command open = command_of(ACTION_OPEN), lock = command_of(ACTION_LOCK);
    assert_int_equal(order_bar(&open, &v, false, now), REASON_NO_VEHICLE);
    v.a = true;
    assert_int_equal(order_bar(&open, &v, false, now), REASON_NONE);
    assert_int_equal(order_bar(&open, &v, true, now), REASON_BUSY);
    assert_int_equal(order_bar(&open, &v, false, (struct wall_ms){1001}), REASON_LATE);
    v.fire = true;
    assert_int_equal(order_bar(&open, &v, false, now), REASON_FIRE);
    assert_int_equal(order_bar(&lock, &v, false, now), REASON_NONE);
    v.local = true;
    assert_int_equal(order_bar(&open, &v, false, now), REASON_LOCAL);
    v.fresh = false;
    assert_int_equal(order_bar(&lock, &v, false, now), REASON_UNAVAILABLE);
}

/* Without a trusted clock nothing is raised; without any, a deadline says nothing. */
static void a_doubtful_clock_raises_nothing(void **state)
{
    (void)state;
    struct order_view v = well();
    v.a = true;
    v.trusted_time = false;
    for (int a = ACTION_OPEN; a <= ACTION_RESET_FAULT; a++) {
        struct command c = command_of((enum action)a);
        bool raises = a == ACTION_OPEN || a == ACTION_HOLD_OPEN;
        assert_int_equal(order_bar(&c, &v, false, now), raises ? REASON_CLOCK : REASON_NONE);
        v.told_time = false;
        bool binds = a == ACTION_CLOSE || a == ACTION_LOCK; /* C5 */
        assert_int_equal(order_bar(&c, &v, false, (struct wall_ms){9999}),
                         raises || binds ? REASON_CLOCK : REASON_NONE);
        v.trusted_time = true; /* by the place's own word */
        assert_int_equal(order_bar(&c, &v, false, (struct wall_ms){9999}), REASON_NONE);
        v.trusted_time = false;
        v.told_time = true;
        assert_int_equal(order_bar(&c, &v, false, (struct wall_ms){9999}), REASON_LATE);
    }
}

/* C6; a journal that began under a clock far ahead bars nothing. */
static void of_a_journal_that_is_gone(void **state)
{
    (void)state;
    struct order_view v = well();
    struct command c = command_of(ACTION_LOCK);
    v.since.v = 901;
    assert_int_equal(order_bar(&c, &v, false, now), REASON_RESTARTED);
    v.since.v = 900;
    assert_int_equal(order_bar(&c, &v, false, now), REASON_NONE);
    v.since.v = 1001;
    assert_int_equal(order_bar(&c, &v, false, now), REASON_NONE);
}

static void what_was_expected_must_be_so(void **state)
{
    (void)state;
    static const struct {
        enum expect expect;
        bool a, up, down, good;
    } rows[] = {
        {EXPECT_VEHICLE, true, false, true, true},
        {EXPECT_VEHICLE, false, false, true, false},
        {EXPECT_NO_VEHICLE, false, false, true, true},
        {EXPECT_NO_VEHICLE, true, false, true, false},
        {EXPECT_ARM_UP, false, true, false, true},
        {EXPECT_ARM_UP, false, false, true, false},
        {EXPECT_ARM_UP, false, false, false, false},
        {EXPECT_ARM_DOWN, false, false, true, true},
        {EXPECT_ARM_DOWN, false, true, false, false},
        {EXPECT_ARM_DOWN, false, false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct order_view v = well();
        struct command c = command_of(ACTION_LOCK);
        c.expect = rows[i].expect;
        v.a = rows[i].a;
        v.up = rows[i].up;
        v.down = rows[i].down;
        assert_int_equal(order_bar(&c, &v, false, now), rows[i].good ? REASON_NONE : REASON_STATE);
    }
}

static struct order_view view_number(unsigned n)
{
    return (struct order_view){.fresh = n & 1,
                               .a = n & 2,
                               .up = n & 4,
                               .down = n & 8,
                               .held = n & 16,
                               .locked = n & 32,
                               .fire = n & 64,
                               .local = n & 128,
                               .told_time = true,
                               .trusted_time = true};
}

/* C2, C3 over every view: a motion is done only with its limit switch, and never under a local stop, the
 * service key or fire. */
static void only_proof_is_done(void **state)
{
    (void)state;
    for (int a = ACTION_OPEN; a <= ACTION_RESET_FAULT; a++)
        for (unsigned n = 0; n < VIEWS; n++) {
            struct order_view v = view_number(n);
            struct order o = {.action = (enum action)a, .stage = STAGE_EXECUTING, .deadline = {50}};
            enum order_event e = order_look(&o, &v, (struct mono_ms){49});
            bool moves = a == ACTION_OPEN || a == ACTION_CLOSE || a == ACTION_HOLD_OPEN;
            assert_int_equal(order_moves((enum action)a), moves);
            if (moves && v.local)
                assert_int_equal(e, ORDER_EV_LOCAL);
            else if (moves && v.fire)
                assert_int_equal(e, ORDER_EV_FIRE);
            else if (e == ORDER_EV_PROVEN)
                assert_true(!moves || (v.fresh && (a == ACTION_CLOSE ? v.down : v.up)));
            else
                assert_int_equal(e, ORDER_EVENTS);
            o.stage = STAGE_DONE;
            assert_int_equal(order_look(&o, &v, (struct mono_ms){60}), ORDER_EVENTS);
        }
}

static void what_is_not_proven_in_time_is_late(void **state)
{
    (void)state;
    struct order_view v = well();
    struct order o = {.action = ACTION_OPEN, .stage = STAGE_ACCEPTED, .deadline = {50}};
    assert_int_equal(order_look(&o, &v, (struct mono_ms){49}), ORDER_EVENTS);
    assert_int_equal(order_look(&o, &v, (struct mono_ms){50}), ORDER_EV_LATE);
    v.up = true;
    assert_int_equal(order_look(&o, &v, (struct mono_ms){50}), ORDER_EV_PROVEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
        cmocka_unit_test(what_bars_a_command),
        cmocka_unit_test(a_doubtful_clock_raises_nothing),
        cmocka_unit_test(of_a_journal_that_is_gone),
        cmocka_unit_test(what_was_expected_must_be_so),
        cmocka_unit_test(only_proof_is_done),
        cmocka_unit_test(what_is_not_proven_in_time_is_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
