/* Commands from afar through the whole agent: committed before they are begun, begun at most once, done
 * only when it was seen (core/order.h, PROTOCOL.md section 12). */
#include "edge/core/lane_mode.h"
#include "tests/unit/edge/agent_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world w;

static struct agent_input order_of(char id, enum action action)
{
    struct agent_input in = {.kind = INPUT_ORDER,
                             .order = {.lane = {"in"},
                                       .action = action,
                                       .issued = w.now.wall,
                                       .not_after = wall_after(w.now.wall, 30000),
                                       .actor = {"kim"},
                                       .reason = "help call"}};
    memset(in.order.id.text, id, REQUEST_ID_SIZE - 1);
    return in;
}

static void send(const struct agent_input *in)
{
    assert_int_equal(world_turn(&w, in, 1), ERR_OK);
}

static void give(char id, enum action action)
{
    struct agent_input in = order_of(id, action);
    send(&in);
}

/* The stages that were committed, as "accepted executing done". */
static void stages(const char *words)
{
    char text[256] = "";
    size_t len = 0;
    for (const char *at = w.said; (at = strstr(at, "command.result/")) != NULL;) {
        at += sizeof "command.result/" - 1;
        size_t n = strcspn(at, " ");
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", len ? " " : "", (int)n, at);
    }
    if (strcmp(text, words) != 0)
        fail_msg("expected \"%s\", found \"%s\" in \"%s\"", words, text, w.said);
    w.said[0] = '\0';
}

static bool said(const char *word)
{
    return strstr(w.said, word) != NULL;
}

/* An outcome as the link thread reports it. */
static void outcome(enum lane_command c, enum command_result r, enum err e)
{
    struct agent_input in = {.kind = INPUT_COMMAND_RESULT,
                             .command = {.command = c, .result = r, .err = e}};
    send(&in);
}

static void ready(int64_t free)
{
    world_ready(&w, "in", free);
    w.said[0] = '\0';
}

/* A vehicle nobody admits stands on loop A: the place is full. */
static void full_and_waited_for(void)
{
    ready(0);
    world_arrive(&w, 0, "22가2222");
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_FULL, "");
    w.said[0] = '\0';
}

static void open_is_done_when_the_arm_is_up(void **state)
{
    (void)state;
    full_and_waited_for();
    int moves = w.moves;
    give('a', ACTION_OPEN);
    assert_int_equal(w.moves, moves + 1);
    assert_true(said("in:OPEN"));
    assert_true(said("arm.opened"));
    stages("open/accepted/kim/help_call");
    outcome(COMMAND_OPEN, RESULT_ACCEPTED, ERR_OK);
    stages("open/executing");
    world_arm_up(&w, 0);
    stages("open/done");
    world_drive_through(&w, 0);
    assert_true(said("movement.ended/manual"));
    assert_int_equal(agent_memory(&w.agent)->spaces.overdraft, 1);
}

/* Nobody read it, and its loop counts as stuck by now: a person sees that it is there. */
static void who_stands_on_an_ignored_loop_is_let_through(void **state)
{
    (void)state;
    ready(1);
    world_arrive(&w, 0, NULL);
    world_wait(&w, w.config.lanes[0].lane.a_stuck_ms + 1000);
    assert_true(said("loop_a_stuck+"));
    w.said[0] = '\0';
    struct agent_input in = order_of('a', ACTION_OPEN);
    in.order.expect = EXPECT_VEHICLE;
    send(&in);
    assert_true(said("in:OPEN"));
    stages("open/accepted/kim/help_call");
}

static void it_needs_a_vehicle(void **state)
{
    (void)state;
    ready(1);
    give('a', ACTION_OPEN);
    assert_int_equal(w.moves, 0);
    stages("open/rejected/no_vehicle/kim/help_call");
    struct agent_input in = order_of('b', ACTION_LOCK);
    in.order.expect = EXPECT_ARM_UP;
    send(&in);
    stages("lock/rejected/state/kim/help_call");
    in = order_of('c', ACTION_LOCK);
    in.order.lane = (struct name){"nosuch"};
    send(&in);
    stages("lock/rejected/no_lane/kim/help_call");
}

/* At most once: the same id again, before and after a restart, does nothing and says nothing. */
static void the_same_id_is_begun_once(void **state)
{
    (void)state;
    full_and_waited_for();
    give('a', ACTION_OPEN);
    int moves = w.moves;
    w.said[0] = '\0';
    give('a', ACTION_OPEN);
    assert_int_equal(w.moves, moves);
    world_said(&w, "");
    world_arm_up(&w, 0);
    stages("open/done");
    world_restart(&w);
    world_io(&w, 0);
    moves = w.moves;
    w.said[0] = '\0';
    give('a', ACTION_OPEN);
    stages("");
    assert_int_equal(w.moves, moves);
}

static void a_rejected_id_stays_rejected(void **state)
{
    (void)state;
    ready(1);
    give('a', ACTION_OPEN);
    stages("open/rejected/no_vehicle/kim/help_call");
    world_on(&w, 0, IN_LOOP_A);
    world_wait(&w, 200);
    w.said[0] = '\0';
    give('a', ACTION_OPEN);
    stages("");
}

/* What the lane keeps over a restart, its command goes on with: it is proven afterwards. */
static void a_restart_goes_on_with_what_lasts(void **state)
{
    (void)state;
    ready(3);
    give('a', ACTION_HOLD_OPEN);
    stages("hold_open/accepted/kim/help_call");
    world_restart(&w);
    world_io(&w, 0);
    stages("");
    world_arm_up(&w, 0);
    stages("hold_open/done");
    assert_int_equal(w.committed.orders[0].stage, STAGE_DONE);
}

/* Killed between the commit and the arm: reported, and not begun again, whoever still stands there. */
static void a_restart_fails_it_and_opens_nothing(void **state)
{
    (void)state;
    full_and_waited_for();
    give('a', ACTION_OPEN);
    w.said[0] = '\0';
    int moves = w.moves;
    world_restart(&w);
    stages("open/failed/restarted");
    world_io(&w, 0);
    world_wait(&w, 40000);
    assert_int_equal(w.moves, moves);
    stages("");
    give('a', ACTION_OPEN);
    assert_int_equal(w.moves, moves);
    stages("");
}

static void too_late_is_expired(void **state)
{
    (void)state;
    ready(1);
    struct agent_input in = order_of('a', ACTION_LOCK);
    world_wait(&w, 30001);
    w.said[0] = '\0';
    send(&in);
    stages("lock/expired/kim/help_call");
    world_arrive(&w, 0, "22가2222");
    assert_true(said("passage.authorised"));
}

static void a_doubtful_clock_raises_nothing(void **state)
{
    (void)state;
    full_and_waited_for();
    struct agent_input clock = {.kind = INPUT_CLOCK, .clock = CLOCK_HOLDOVER};
    send(&clock);
    w.said[0] = '\0';
    int moves = w.moves;
    give('a', ACTION_OPEN);
    stages("open/rejected/clock/kim/help_call");
    give('b', ACTION_HOLD_OPEN);
    stages("hold_open/rejected/clock/kim/help_call");
    give('c', ACTION_LOCK);
    stages("lock/accepted/kim/help_call lock/done");
    give('d', ACTION_UNLOCK);
    stages("unlock/accepted/kim/help_call unlock/done");
    w.agent.config.remote_open_unsynced = true;
    give('e', ACTION_OPEN);
    stages("open/accepted/kim/help_call");
    assert_int_equal(w.moves, moves + 1);
}

static void one_at_a_time(void **state)
{
    (void)state;
    full_and_waited_for();
    give('a', ACTION_OPEN);
    w.said[0] = '\0';
    give('b', ACTION_LOCK);
    stages("lock/rejected/busy/kim/help_call");
    world_arm_up(&w, 0);
    stages("open/done");
}

static void a_device_that_refuses_fails_it(void **state)
{
    (void)state;
    full_and_waited_for();
    give('a', ACTION_OPEN);
    w.said[0] = '\0';
    outcome(COMMAND_OPEN, RESULT_REFUSED, ERR_OK);
    stages("open/failed/refused");
}

/* What was lost on the way to the device is tried again by the machine; the limit switch decides. */
static void what_expired_on_the_way_is_not_the_end(void **state)
{
    (void)state;
    full_and_waited_for();
    give('a', ACTION_OPEN);
    w.said[0] = '\0';
    int moves = w.moves;
    outcome(COMMAND_OPEN, RESULT_NONE, ERR_TIMEOUT);
    stages("");
    world_wait(&w, 1000);
    assert_int_equal(w.moves, moves + 1);
    outcome(COMMAND_OPEN, RESULT_ACCEPTED, ERR_OK);
    stages("open/executing");
    world_arm_up(&w, 0);
    stages("open/done");
}

static void what_is_not_seen_in_time_fails(void **state)
{
    (void)state;
    full_and_waited_for();
    give('a', ACTION_OPEN);
    outcome(COMMAND_OPEN, RESULT_ACCEPTED, ERR_OK);
    w.said[0] = '\0';
    world_off(&w, 0, IN_ARM_DOWN); /* it left, and never arrives */
    world_wait(&w, 20000);
    stages("open/failed/timeout");
}

static void fire_and_the_service_key_end_it(void **state)
{
    static const struct {
        enum lane_input input;
        bool on;
        const char *end, *refused;
    } rows[] = {
        {IN_FIRE, true, "open/failed/fire", "open/rejected/fire/kim/help_call"},
        {IN_LOCAL_MODE, true, "open/failed/local", "open/rejected/local/kim/help_call"},
        {IN_LOCAL_STOP_OK, false, "open/failed/local", "open/rejected/local/kim/help_call"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        full_and_waited_for();
        give('a', ACTION_OPEN);
        w.said[0] = '\0';
        if (rows[i].on)
            world_on(&w, 0, rows[i].input);
        else
            world_off(&w, 0, rows[i].input);
        world_wait(&w, 1000);
        stages(rows[i].end);
        give('b', ACTION_OPEN);
        stages(rows[i].refused);
    }
}

static void locked_nobody_is_admitted_and_it_survives_a_restart(void **state)
{
    (void)state;
    ready(3);
    give('a', ACTION_LOCK);
    stages("lock/accepted/kim/help_call lock/done");
    world_restart(&w);
    world_io(&w, 0);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    w.said[0] = '\0';
    world_arrive(&w, 0, "22가2222");
    assert_false(said("passage.authorised"));
    assert_true(said("passage.denied"));
    give('b', ACTION_OPEN);
    stages("open/rejected/locked/kim/help_call");
    give('c', ACTION_UNLOCK);
    assert_true(said("unlock/done"));
    assert_int_equal(w.moves, 1); /* and now it is let in */
}

static void held_open_is_done_when_it_is_up(void **state)
{
    (void)state;
    ready(3);
    give('a', ACTION_HOLD_OPEN);
    assert_true(said("in:OPEN") || said("in:HOLD"));
    stages("hold_open/accepted/kim/help_call");
    world_arm_up(&w, 0);
    stages("hold_open/done");
    give('b', ACTION_RELEASE);
    stages("release/accepted/kim/help_call release/done");
}

/* What fails in the journal undoes the turn: nothing moved, and the same message may come again. */
static void without_a_commit_nothing_moves(void **state)
{
    (void)state;
    for (int call = 1; call < 12; call++) {
        full_and_waited_for();
        int moves = w.moves;
        struct agent_input in = order_of('a', ACTION_OPEN);
        w.fail_at = w.journal_calls + call;
        enum err e = world_turn(&w, &in, 1);
        w.fail_at = 0;
        if (e == ERR_OK)
            continue; /* fewer calls than that */
        assert_int_equal(e, ERR_IO);
        assert_int_equal(w.moves, moves);
        assert_int_equal(w.committed.order_count, 0);
        send(&in);
        assert_int_equal(w.moves, moves + 1);
    }
}

/* Its sender was told that it failed: it does not come true later. */
static void a_hold_that_fails_is_let_go(void **state)
{
    (void)state;
    ready(1);
    give('a', ACTION_HOLD_OPEN);
    stages("hold_open/accepted/kim/help_call");
    w.said[0] = '\0';
    world_wait(&w, 60000); /* the arm never comes up */
    assert_true(said("command.result/hold_open/failed/timeout #in.lane.mode/hold_open-"));
    assert_false(lane_has(&w.agent.live.lanes[0].lane, LANE_MODE_HOLD_OPEN));
}

/* Who still waits sees at once that the lane is not closed any more. */
static void the_display_knows_when_the_lock_ends(void **state)
{
    (void)state;
    ready(1);
    give('a', ACTION_LOCK);
    world_arrive(&w, 0, NULL);
    assert_true(said("in:'LANE CLOSED'"));
    w.said[0] = '\0';
    give('b', ACTION_UNLOCK);
    assert_true(said("in:''"));
}

/* C6 */
static void the_next_journal_begins_nothing_old(void **state)
{
    (void)state;
    ready(1);
    struct agent_input in = order_of('a', ACTION_LOCK);
    w.agent.live.memory.since = wall_after(w.now.wall, 1);
    world_wait(&w, 1000);
    w.said[0] = '\0';
    send(&in);
    stages("lock/rejected/restarted/kim/help_call");
}

/* Without an epoch nothing can be recorded, so nothing is begun. */
static void a_new_journal_takes_none(void **state)
{
    (void)state;
    world_init(&w, "in");
    world_io(&w, 0);
    world_uplink(&w, true);
    w.said[0] = '\0';
    give('a', ACTION_HOLD_OPEN);
    assert_int_equal(w.moves, 0);
    assert_int_equal(w.committed.order_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_is_done_when_the_arm_is_up),
        cmocka_unit_test(who_stands_on_an_ignored_loop_is_let_through),
        cmocka_unit_test(it_needs_a_vehicle),
        cmocka_unit_test(the_same_id_is_begun_once),
        cmocka_unit_test(a_rejected_id_stays_rejected),
        cmocka_unit_test(a_restart_fails_it_and_opens_nothing),
        cmocka_unit_test(a_restart_goes_on_with_what_lasts),
        cmocka_unit_test(too_late_is_expired),
        cmocka_unit_test(a_doubtful_clock_raises_nothing),
        cmocka_unit_test(a_hold_that_fails_is_let_go),
        cmocka_unit_test(the_display_knows_when_the_lock_ends),
        cmocka_unit_test(the_next_journal_begins_nothing_old),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(a_device_that_refuses_fails_it),
        cmocka_unit_test(what_expired_on_the_way_is_not_the_end),
        cmocka_unit_test(what_is_not_seen_in_time_fails),
        cmocka_unit_test(fire_and_the_service_key_end_it),
        cmocka_unit_test(locked_nobody_is_admitted_and_it_survives_a_restart),
        cmocka_unit_test(held_open_is_done_when_it_is_up),
        cmocka_unit_test(without_a_commit_nothing_moves),
        cmocka_unit_test(a_new_journal_takes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
