/* Every state with every event under every view of the inputs: the invariants of lane.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/core/lane_table.h"

static bool is_authorised(enum lane_state s)
{
    return s == LANE_OPENING || s == LANE_OPEN || s == LANE_PASSING;
}

static bool waits(enum lane_state s)
{
    return s == LANE_PRESENTED || s == LANE_DECIDING || s == LANE_DENIED;
}

/* States that must not wait for an input alone. */
static bool is_timed(enum lane_state s)
{
    return s == LANE_OPENING || s == LANE_OPEN || s == LANE_PASSED || s == LANE_CLOSING ||
           s == LANE_REOPENING || s == LANE_FAULT;
}

enum { VIEWS = 1 << 7, FLAGS = 1 << 7, BEFORE = LANE_STATES };

static struct lane lane_in(enum lane_state s, enum lane_state was, unsigned view, unsigned flags,
                           enum direction direction, int loops)
{
    struct lane_config config = lane_config_default(direction, loops);
    struct lane l;
    lane_init(&l, &config, NULL);
    enum lane_state m = s == LANE_UNAVAILABLE ? was : s;
    l.state = s;
    l.was = was;
    l.view.fresh = s != LANE_UNAVAILABLE || (view & 1);
    l.view.a = view & 2;
    l.view.b = view & 4;
    l.view.c = loops == 3 && (view & 8);
    l.view.up = (view & 48) == 16;
    l.view.down = (view & 48) == 32;
    l.view.safe = (view & 64) && !l.view.b;
    l.may_close = flags & 1;
    l.held = flags & 2;
    l.a_clear_seen = flags & 4;
    l.c_seen = loops == 3 && (flags & 8);
    l.b_seen = m == LANE_PASSING || (is_authorised(m) && (flags & 8));
    l.doubt = flags & 16;
    l.opens = flags & 32 ? 1 : 0;
    l.obstructions = flags & 64 ? 2 : 0;
    l.close_failures = flags & 64 ? config.close_retries : 0;
    l.authorised = is_authorised(m);
    l.movement = is_authorised(m) || waits(m) || (m == LANE_CROSSING && (flags & 8));
    l.timer = is_timed(s) ? (struct mono_ms){1500} : (struct mono_ms){INT64_MAX};
    return l;
}

static int count(const struct lane_out *out, enum lane_fact_kind kind)
{
    int n = 0;
    for (size_t i = 0; i < out->count; i++)
        n += out->facts[i].kind == kind;
    return n;
}

static bool may_raise(const struct lane *before, enum lane_event e)
{
    switch (before->state) {
    case LANE_PRESENTED:
    case LANE_DECIDING:
    case LANE_DENIED: return e == LANE_EV_ALLOWED;
    case LANE_OPENING: return e == LANE_EV_TIMER;
    case LANE_UNAVAILABLE: return e == LANE_EV_FRESH && before->authorised;
    case LANE_CLOSING:
        return e == LANE_EV_B_ON || e == LANE_EV_OBSTRUCTED || e == LANE_EV_REFLEX ||
               e == LANE_EV_ARM_UP;
    case LANE_REOPENING:
    case LANE_CROSSING: return e == LANE_EV_TIMER; /* repeats of the re-opening */
    default: return false;
    }
}

static const char *violation(const struct lane *was, enum lane_event e, const struct lane *l,
                             const struct lane_out *out)
{
    unsigned both = LANE_ACT_OPEN | LANE_ACT_CLOSE;
    if ((out->acts & both) == both)
        return "L1: open and close";
    const struct lane_view *v = &l->view;
    if ((out->acts & LANE_ACT_CLOSE) &&
        (!v->fresh || !v->safe || v->b || !v->up || !l->may_close || l->held))
        return "L2: unsafe close";
    if ((l->state == LANE_CLOSING) != (was->state == LANE_CLOSING) && l->state == LANE_CLOSING &&
        !(out->acts & LANE_ACT_CLOSE))
        return "closing without a close";
    if ((out->acts & LANE_ACT_OPEN) && !may_raise(was, e))
        return "L3: raised for nobody";
    int authorised = count(out, LANE_FACT_AUTHORISED) - count(out, LANE_FACT_COMPLETED) -
                     count(out, LANE_FACT_VOIDED);
    if (was->authorised + authorised != l->authorised)
        return "an authorisation ends exactly once, completed or void";
    int minted = count(out, LANE_FACT_UNAUTHORISED) > 0 && !was->movement;
    int open =
        was->movement + count(out, LANE_FACT_PRESENTED) + minted - count(out, LANE_FACT_ENDED);
    if (open != l->movement)
        return "a Movement begins and ends exactly once";
    if (out->count > LANE_STEP_FACTS)
        return "too many facts";
    if (l->state != LANE_UNAVAILABLE && is_authorised(l->state) != l->authorised)
        return "state and authorisation disagree";
    if (waits(l->state) && !l->movement)
        return "nobody waits";
    if (is_timed(l->state) && l->timer.v == INT64_MAX)
        return "stuck without a timer";
    if (l->state == LANE_IDLE && was->state != LANE_IDLE && !v->down)
        return "idle with the arm not down";
    return NULL;
}

static void check(struct lane l, enum lane_event e)
{
    struct lane before = l;
    struct lane_out out = {0}, none = {0};
    if (e == LANE_EV_TIMER)
        l.timer = before.timer = (struct mono_ms){INT64_MAX};
    if (e == LANE_EV_TIMER && !is_timed(l.state) && l.state != LANE_UNSECURED &&
        l.state != LANE_PASSING && l.state != LANE_CROSSING)
        return; /* has no timer to fire */
    enum err result = lane_step(&l, e, (struct mono_ms){1000}, &out);
    if (result != ERR_OK) {
        assert_int_equal(result, ERR_CONFLICT);
        assert_memory_equal(&l, &before, sizeof l);
        assert_memory_equal(&out, &none, sizeof out);
        return;
    }
    const char *wrong = violation(&before, e, &l, &out);
    if (wrong != NULL)
        fail_msg("%s + %s -> %s: %s", lane_state_word(before.state), lane_event_word(e),
                 lane_state_word(l.state), wrong);
}

static void walk(enum direction direction, int loops)
{
    for (int s = 0; s < LANE_STATES; s++)
        for (int was = 1; was < (s == LANE_UNAVAILABLE ? LANE_STATES : 2); was++)
            for (unsigned view = 0; view < VIEWS; view++)
                for (unsigned flags = 0; flags < FLAGS; flags++)
                    for (int e = 0; e < LANE_EVENTS; e++)
                        check(lane_in((enum lane_state)s, (enum lane_state)was, view, flags,
                                      direction, loops),
                              (enum lane_event)e);
}

static void every_cell_two_loops(void **state)
{
    (void)state;
    walk(DIRECTION_ENTRY, 2);
    walk(DIRECTION_EXIT, 2);
}

static void every_cell_three_loops(void **state)
{
    (void)state;
    walk(DIRECTION_ENTRY, 3);
    walk(DIRECTION_EXIT, 3);
}

static void the_table_is_dense(void **state)
{
    (void)state;
    for (int s = 0; s < LANE_STATES; s++) {
        assert_true(strlen(lane_state_word((enum lane_state)s)) < 16);
        for (int e = 0; e < LANE_EVENTS; e++)
            assert_non_null(lane_table[s][e]);
    }
    assert_string_equal(lane_state_word(LANE_STATES), "");
    assert_string_equal(lane_event_word(LANE_EVENTS), "");
}

/* L4: decisions are refused outside the states that wait for one; observations never. */
static void only_decisions_are_refused(void **state)
{
    (void)state;
    for (int s = 0; s < LANE_STATES; s++)
        for (int e = 0; e < LANE_EVENTS; e++) {
            bool decision = e == LANE_EV_CREDENTIAL || e == LANE_EV_ALLOWED || e == LANE_EV_REFUSED;
            bool refused = lane_table[s][e] == lane_refuse;
            assert_int_equal(refused, decision && !waits((enum lane_state)s));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_dense),
        cmocka_unit_test(only_decisions_are_refused),
        cmocka_unit_test(every_cell_two_loops),
        cmocka_unit_test(every_cell_three_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
