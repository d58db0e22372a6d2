/* Every state with every event under every view of the inputs: the invariants of lane.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/core/lane_mode.h"
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
           s == LANE_RAISING || s == LANE_FAULT;
}

#define MODE(m)  (1U << LANE_MODE_##m)
#define ALARM(a) (1U << ALARM_##a)

/* What holds the lane as a whole. */
static const struct hold {
    uint32_t modes, alarms;
    enum lane_mains mains;
} holds[] = {
    {0, 0, LANE_MAINS_IN_PLACE},
    {MODE(LOCAL_STOP), 0, LANE_MAINS_IN_PLACE},
    {MODE(LOCAL), 0, LANE_MAINS_IN_PLACE},
    {MODE(FIRE), 0, LANE_MAINS_IN_PLACE},
    {MODE(HOLD_OPEN), 0, LANE_MAINS_IN_PLACE},
    {MODE(LOCK), 0, LANE_MAINS_IN_PLACE},
    {MODE(FIRE) | MODE(LOCK), 0, LANE_MAINS_IN_PLACE},
    {MODE(FIRE) | MODE(LOCAL), 0, LANE_MAINS_IN_PLACE},
    {MODE(HOLD_OPEN) | MODE(LOCK), 0, LANE_MAINS_IN_PLACE},
    {0, ALARM(ARM_BROKEN), LANE_MAINS_IN_PLACE},
    {MODE(FIRE), ALARM(ARM_BROKEN), LANE_MAINS_IN_PLACE},
    {0, ALARM(LIMITS), LANE_MAINS_IN_PLACE},
    {0, ALARM(MAINS_LOST), LANE_MAINS_OPEN},
    {0, ALARM(MAINS_LOST), LANE_MAINS_CLOSED},
};

enum { VIEWS = 1 << 7, FLAGS = 1 << 7, HOLDS = sizeof holds / sizeof holds[0] };

static struct lane lane_in(enum lane_state s, enum lane_state was, unsigned view, unsigned flags,
                           const struct hold *hold, enum direction direction, int loops)
{
    struct lane_config config = lane_config_default(direction, loops);
    struct lane l;
    config.mains = hold->mains;
    lane_init(&l, &config, NULL);
    enum lane_state m = s == LANE_UNAVAILABLE ? was : s;
    bool broken = hold->alarms & ALARM(ARM_BROKEN);
    l.state = s;
    l.was = was;
    l.was_down = flags & 1;
    l.modes = hold->modes;
    l.alarms = hold->alarms;
    l.view.fresh = s != LANE_UNAVAILABLE || (view & 1);
    l.view.a = view & 2;
    l.view.b = view & 4;
    l.view.c = loops == 3 && (view & 8);
    l.view.up = !broken && (view & 48) == 16;
    l.view.down = !broken && (view & 48) == 32;
    l.view.safe = (view & 64) && !l.view.b;
    l.filter.a.stable = l.view.a;
    l.filter.c.stable = l.view.c;
    l.reversed = direction == DIRECTION_REVERSIBLE && (flags & 64);
    l.may_close = flags & 1;
    l.jammed = flags & 2;
    l.a_clear_seen = flags & 4;
    l.a_left = flags & 64;
    l.c_seen = loops == 3 && (flags & 8);
    l.b_seen = m == LANE_PASSING || (is_authorised(m) && (flags & 8));
    l.doubt = l.far = flags & 16;
    l.followed = l.a_reached = flags & 2;
    l.opens = flags & 32 ? 1 : 0;
    l.obstructions = flags & 64 ? 2 : 0;
    l.close_failures = flags & 64 ? config.close_retries : 0;
    l.authorised = is_authorised(m);
    l.movement = is_authorised(m) || waits(m) || (m == LANE_CROSSING && (flags & 8));
    l.timer = is_timed(s) ? (struct mono_ms){1500} : (struct mono_ms){INT64_MAX};
    return l;
}

/* L3 */
static bool may_raise(const struct lane *before, enum lane_event e, const struct lane *l)
{
    if (lane_wants_open(l) || e == LANE_EV_ORDER_OPEN)
        return true;
    switch (before->state) {
    case LANE_PRESENTED:
    case LANE_DECIDING:
    case LANE_DENIED: return e == LANE_EV_ALLOWED;
    case LANE_OPENING: return e == LANE_EV_TIMER;
    case LANE_UNAVAILABLE: return e == LANE_EV_FRESH && before->authorised;
    case LANE_CLOSING:
        return e == LANE_EV_B_ON || e == LANE_EV_OBSTRUCTED || e == LANE_EV_REFLEX ||
               e == LANE_EV_ARM_UP;
    case LANE_RAISING:
    case LANE_CROSSING: return e == LANE_EV_TIMER; /* repeats of the re-opening */
    default: return false;
    }
}

/* L2, from the inputs and not from the table of priorities. */
static bool may_close(const struct lane *l)
{
    const struct lane_view *v = &l->view;
    uint32_t against = MODE(LOCAL_STOP) | MODE(LOCAL) | MODE(FIRE) | MODE(HOLD_OPEN);
    return v->fresh && v->safe && !v->b && v->up && l->may_close && !l->jammed &&
           (l->modes & against) == 0 && (l->alarms & (ALARM(ARM_BROKEN) | ALARM(LIMITS))) == 0;
}

/* The facts in their order: what begins ends once, and nothing ends that did not begin. */
static const char *story(const struct lane *was, const struct lane *l, const struct lane_out *out)
{
    bool movement = was->movement, authorised = was->authorised;
    for (size_t i = 0; i < out->count; i++) {
        switch (out->facts[i].kind) {
        case LANE_FACT_PRESENTED:
            if (movement)
                return "presented twice";
            movement = true;
            break;
        case LANE_FACT_AUTHORISED:
            if (!movement || authorised)
                return "authorised nobody, or twice";
            authorised = true;
            break;
        case LANE_FACT_COMPLETED:
        case LANE_FACT_VOIDED:
            if (!authorised)
                return "an authorisation that was none ended";
            authorised = false;
            break;
        case LANE_FACT_UNAUTHORISED: movement = true; break;
        case LANE_FACT_ENDED:
            if (!movement || authorised)
                return "a Movement ends once, after its authorisation";
            movement = false;
            break;
        default: break;
        }
    }
    if (movement != l->movement || authorised != l->authorised)
        return "the facts do not tell what the lane holds";
    return NULL;
}

static const char *violation(const struct lane *was, enum lane_event e, const struct lane *l,
                             const struct lane_out *out)
{
    unsigned both = LANE_ACT_OPEN | LANE_ACT_CLOSE;
    if ((out->acts & both) == both)
        return "L1: open and close";
    if ((out->acts & LANE_ACT_CLOSE) && !may_close(l))
        return "L2: unsafe close";
    if ((l->state == LANE_CLOSING) != (was->state == LANE_CLOSING) && l->state == LANE_CLOSING &&
        !(out->acts & LANE_ACT_CLOSE))
        return "closing without a close";
    if ((out->acts & LANE_ACT_OPEN) && !may_raise(was, e, l))
        return "L3: raised for nobody";
    if ((out->acts & both) && (l->modes & (MODE(LOCAL_STOP) | MODE(LOCAL))))
        return "L6: moved under local control";
    if ((out->acts & both) && (l->alarms & ALARM(ARM_BROKEN)))
        return "L6: moved a broken arm";
    if ((l->modes & MODE(LOCK)) && !was->authorised && l->authorised)
        return "let through a locked lane";
    if ((l->modes & MODE(FIRE)) && !was->authorised && l->authorised)
        return "L7: authorised under fire";
    if (out->count > LANE_STEP_FACTS)
        return "too many facts";
    if (l->state != LANE_UNAVAILABLE && is_authorised(l->state) != l->authorised)
        return "state and authorisation disagree";
    if (waits(l->state) && !l->movement)
        return "nobody waits";
    if (is_timed(l->state) && l->timer.v == INT64_MAX)
        return "stuck without a timer";
    if (l->state == LANE_IDLE && was->state != LANE_IDLE && !l->view.down)
        return "idle with the arm not down";
    if (l->state == LANE_IDLE && was->state != LANE_IDLE && lane_wants_open(l) &&
        lane_bar(l, WISH_RAISE) == REASON_NONE)
        return "L7: shut and content";
    return story(was, l, out);
}

/* An order goes through the priorities first; any other event straight into the table. */
static enum err apply(struct lane *l, enum lane_event e, struct lane_out *out)
{
    static const struct mono_ms now = {1000};
    enum reason why;
    switch (e) {
    case LANE_EV_ORDER_OPEN: return lane_order(l, COMMAND_OPEN, CAUSE_REMOTE, now, out, &why);
    case LANE_EV_ORDER_CLOSE: return lane_order(l, COMMAND_CLOSE, CAUSE_REMOTE, now, out, &why);
    case LANE_EV_ORDER_RESET:
        return lane_order(l, COMMAND_RESET_FAULT, CAUSE_REMOTE, now, out, &why);
    default: return lane_step(l, e, now, out);
    }
}

static bool is_order(enum lane_event e)
{
    return e == LANE_EV_ORDER_OPEN || e == LANE_EV_ORDER_CLOSE || e == LANE_EV_ORDER_RESET;
}

static void check(const struct lane *start, enum lane_event e)
{
    static struct lane l, before;
    static struct lane_out out, none;
    l = before = *start;
    if (e == LANE_EV_TIMER)
        l.timer = before.timer = (struct mono_ms){INT64_MAX};
    if (e == LANE_EV_TIMER && !is_timed(l.state) && l.state != LANE_UNSECURED &&
        l.state != LANE_PASSING && l.state != LANE_CROSSING && !lane_wants_open(&l))
        return; /* has no timer to fire */
    if (e == LANE_EV_HELD_OPEN && !lane_wants_open(&l))
        return;
    memset(&out, 0, offsetof(struct lane_out, facts));
    enum err result = apply(&l, e, &out);
    if (result != ERR_OK) {
        assert_int_equal(result, is_order(e) ? ERR_DENIED : ERR_CONFLICT);
        before.ordered_by = l.ordered_by;
        assert_memory_equal(&l, &before, sizeof l);
        assert_memory_equal(&out, &none, offsetof(struct lane_out, facts));
        return;
    }
    const char *wrong = violation(&before, e, &l, &out);
    if (wrong != NULL)
        fail_msg("%s + %s -> %s, modes %x: %s", lane_state_word(before.state), lane_event_word(e),
                 lane_state_word(l.state), (unsigned)before.modes, wrong);
}

static void walk_held(enum lane_state s, enum lane_state was, const struct hold *hold,
                      enum direction direction, int loops)
{
    /* Every bit still meets every mode; what no mode holds, an entry and the exit with three loops see in
     * all combinations. */
    bool all = direction == (loops == 2 ? DIRECTION_ENTRY : DIRECTION_EXIT);
    unsigned stride = hold != holds ? 31 : all ? 1 : 7;
    for (unsigned view = 0; view < VIEWS; view++)
        for (unsigned flags = 0; flags < FLAGS; flags += stride) {
            struct lane l = lane_in(s, was, view, flags, hold, direction, loops);
            for (int e = 0; e < LANE_EVENTS; e++)
                check(&l, (enum lane_event)e);
        }
}

static void walk(enum direction direction, int loops)
{
    for (int s = 0; s < LANE_STATES; s++)
        for (int was = 1; was < (s == LANE_UNAVAILABLE ? LANE_STATES : 2); was++)
            for (size_t h = 0; h < HOLDS; h++)
                if (s != LANE_UNAVAILABLE || h == 0 || was % 4 == (int)h % 4)
                    walk_held((enum lane_state)s, (enum lane_state)was, &holds[h], direction,
                              loops);
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
    walk(DIRECTION_EXIT, 3);
    walk(DIRECTION_REVERSIBLE, 3);
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

/* L4: decisions and orders are refused in states they do not fit; observations never. */
static void only_decisions_are_refused(void **state)
{
    (void)state;
    for (int s = 0; s < LANE_STATES; s++)
        for (int e = 0; e < LANE_EVENTS; e++) {
            bool decision = e == LANE_EV_CREDENTIAL || e == LANE_EV_ALLOWED || e == LANE_EV_REFUSED;
            bool refused = lane_table[s][e] == lane_refuse;
            if (!is_order((enum lane_event)e))
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
