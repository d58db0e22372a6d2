/* The journal fails at its Nth call, for every N, and the agent is killed at every turn: no motion
 * without a commit (A1), nothing half done (A2), what was committed is carried on (A6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/agent_world.h"

static struct world w;

/* Runs `prepare`, then `act` with the Nth journal call failing, N = 1, 2, ... until none does. */
static int fail_every_call(void (*prepare)(void), size_t (*act)(struct agent_input *in))
{
    static struct agent_state before;
    for (int nth = 1;; nth++) {
        prepare();
        struct agent_input in[4];
        size_t n = act(in);
        memcpy(&before, &w.agent.live, sizeof before);
        int moves = w.moves, commits = w.commits;
        w.said[0] = '\0';
        w.journal_calls = 0;
        w.fail_at = nth;
        enum err e = world_turn(&w, in, n);
        if (e == ERR_OK) {
            assert_int_equal(w.commits, commits + 1);
            return nth - 1;
        }
        assert_int_equal(e, ERR_IO);
        assert_int_equal(w.moves, moves);
        assert_int_equal(w.commits, commits);
        assert_string_equal(w.said, "");
        assert_memory_equal(&before, &w.agent.live, sizeof before);
        /* The same turn again, with a journal that works, does all of it. */
        w.fail_at = 0;
        assert_int_equal(world_turn(&w, in, n), ERR_OK);
        assert_int_equal(w.commits, commits + 1);
    }
}

static void car_on_a(void)
{
    world_ready(&w, "in out", 2);
    world_arrive(&w, 0, NULL);
}

static size_t its_plate(struct agent_input *in)
{
    world_set_plate(&w, 0, "12AB34");
    in[0] = world_snapshot(&w, 0);
    return 1;
}

static void no_motion_without_a_commit(void **state) /* A1, A2 */
{
    (void)state;
    /* begin, three events, the lane, the edge, commit */
    assert_int_equal(fail_every_call(car_on_a, its_plate), 7);
    assert_int_equal(w.moves, 1);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1);
}

static void nothing(void)
{
    world_ready(&w, "in out", 0);
}

static size_t grant_and_ack(struct agent_input *in)
{
    in[0] = (struct agent_input){.kind = INPUT_GRANT, .grant = {GRANT_OFFER, 7, 1, 4, {""}}};
    in[1] = (struct agent_input){.kind = INPUT_ACK, .ack = {1, 1}};
    return 2;
}

static void no_space_without_a_commit(void **state)
{
    (void)state;
    assert_int_equal(fail_every_call(nothing, grant_and_ack), 6);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 4);
}

static void new_journal(void)
{
    world_init(&w, "in out");
    world_io(&w, 0);
    world_io(&w, 1);
    world_uplink(&w, true);
}

static size_t its_epoch(struct agent_input *in)
{
    in[0] = (struct agent_input){.kind = INPUT_RESPONSE,
                                 .response = {.kind = REQUEST_HELLO,
                                              .id = w.asked.id,
                                              .hello = {.epoch = 5, .lease_ms = 1000}}};
    return 1;
}

static void no_epoch_without_a_commit(void **state)
{
    (void)state;
    assert_int_equal(fail_every_call(new_journal, its_epoch), 4);
}

static void under_the_arm(void)
{
    car_on_a();
    world_plate(&w, 0, "12AB34");
    world_arm_up(&w, 0);
    world_on(&w, 0, IN_LOOP_B);
    world_wait(&w, 300);
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 300);
    world_off(&w, 0, IN_LOOP_B);
    w.now.mono.v += 200;
    w.now.wall.v += 200;
}

static size_t b_falls(struct agent_input *in)
{
    in[0] = world_snapshot(&w, 0);
    return 1;
}

static void no_count_without_a_commit(void **state)
{
    (void)state;
    assert_int_equal(fail_every_call(under_the_arm, b_falls), 6);
}

static void a_start_that_cannot_commit_fails(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    struct agent_ports p = w.agent.ports;
    for (int nth = 1; nth <= 4; nth++) {
        w.journal_calls = 0;
        w.fail_at = nth;
        enum err e = agent_start(&w.agent, &w.config, &p, &w.committed.memory, NULL, 0, w.now);
        assert_int_equal(e, ERR_IO);
    }
    w.fail_at = 0;
    assert_int_equal(agent_start(&w.agent, &w.config, &p, &w.committed.memory, NULL, 0, w.now),
                     ERR_OK);
}

/* --- restarts --- */

static void a_lost_open_is_given_again(void **state) /* A6 */
{
    (void)state;
    world_ready(&w, "in", 2);
    world_arrive(&w, 0, NULL);
    w.field_answer = ERR_FULL; /* committed, but the command never left */
    world_plate(&w, 0, "12AB34");
    w.field_answer = ERR_OK;
    assert_int_equal(w.moves, 0);
    w.said[0] = '\0';
    world_restart(&w);
    world_io(&w, 0);
    world_said(&w, "#edge.started in:OPEN in:red in:''");
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1); /* spent once */
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_said(&w, "in:green #in.passage.started #in.passage.completed/12AB34 "
                   "#in.movement.ended/drove_through in:red");
}

static void an_open_for_a_vehicle_that_left_is_not(void **state) /* A6 */
{
    (void)state;
    car_on_a();
    w.field_answer = ERR_FULL;
    world_plate(&w, 0, "12AB34");
    w.field_answer = ERR_OK;
    w.said[0] = '\0';
    w.inputs[0] &= ~(1U << IN_LOOP_A);
    world_restart(&w);
    world_io(&w, 0);
    world_said(&w, "#edge.started #in.passage.completed/12AB34 #in.movement.ended/uncertain "
                   "in:red in:''");
    assert_int_equal(w.moves, 0);
}

static void an_open_decided_long_ago_is_not(void **state) /* A6 */
{
    (void)state;
    car_on_a();
    w.field_answer = ERR_FULL;
    world_plate(&w, 0, "12AB34");
    w.field_answer = ERR_OK;
    w.now.wall.v += 30000;
    w.now.mono.v = 500; /* the machine restarted: another monotonic clock */
    w.said[0] = '\0';
    world_restart(&w);
    world_io(&w, 0);
    assert_int_equal(w.moves, 0);
    assert_non_null(strstr(w.said, "#in.movement.ended/uncertain #in.vehicle.presented"));
}

static void an_exit_in_doubt_does_not_count_out(void **state)
{
    (void)state;
    world_ready(&w, "in out", 2);
    world_arrive(&w, 1, "12AB34");
    world_answer(&w, VERDICT_ALLOW, BASIS_PAID, REASON_NONE, "");
    w.said[0] = '\0';
    w.inputs[1] &= ~(1U << IN_LOOP_A);
    world_restart(&w);
    world_io(&w, 1);
    world_said(&w, "#edge.started #out.passage.voided/12AB34/uncertain "
                   "#out.movement.ended/uncertain out:red out:''");
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 2);
}

static void an_open_question_is_repeated_under_its_id(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_arrive(&w, 0, "12AB34");
    struct request first = w.asked;
    world_restart(&w);
    world_io(&w, 0);
    w.said[0] = '\0';
    w.asked = (struct request){0};
    world_uplink(&w, true);
    world_said(&w, "out:ask:exit hello");
    struct agent_input in = {
        .kind = INPUT_RESPONSE,
        .response = {.kind = REQUEST_EXIT,
                     .id = first.id,
                     .answer = {.verdict = VERDICT_ALLOW, .basis = BASIS_PAID}}};
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(
        &w, "#out.passage.authorised/12AB34/paid #out.arm.opened/ticket out:OPEN out:'THANK YOU'");
}

static void a_plate_read_while_the_agent_was_away(void **state)
{
    (void)state;
    car_on_a(); /* presented, not read yet */
    world_set_plate(&w, 0, "12AB34");
    world_restart(&w);
    w.said[0] = '\0';
    world_io(&w, 0);
    assert_non_null(strstr(w.said, "#in.credential.read/12AB34"));
    /* but not for a vehicle nobody had seen */
    world_ready(&w, "in", 2);
    world_set_plate(&w, 0, "12AB34");
    w.inputs[0] |= 1U << IN_LOOP_A;
    world_restart(&w);
    w.said[0] = '\0';
    world_io(&w, 0);
    world_said(&w, "#in.vehicle.presented in:red in:'' in:camera");
}

/* --- killed at every moment of a busy hour --- */

struct tally {
    int entered, left; /* what really happened */
};

static bool arm_is_up(size_t lane)
{
    return w.inputs[lane] & (1U << IN_ARM_UP);
}

/* A barrier that does what it was last told, and a car that goes when the arm is up. Each step may
 * be the last of this life of the agent. */
static void step(int *steps, int kill_at)
{
    if ((*steps)++ == kill_at)
        world_restart(&w);
    world_io(&w, 0);
    world_io(&w, 1);
    world_wait(&w, 200);
}

static void run_car(size_t lane, const char *plate, struct tally *t, int *steps, int kill_at)
{
    w.inputs[lane] |= 1U << IN_LOOP_A;
    world_set_plate(&w, lane, plate);
    step(steps, kill_at);
    world_set_plate(&w, lane, plate); /* the camera was triggered again */
    step(steps, kill_at);
    if (lane == 1 && w.asked.kind == REQUEST_EXIT)
        world_answer(&w, VERDICT_ALLOW, BASIS_FREE, REASON_NONE, "");
    for (int i = 0; i < 60 && !arm_is_up(lane); i++) {
        step(steps, kill_at);
        if (strstr(w.said, lane == 0 ? "in:OPEN" : "out:OPEN") != NULL) {
            w.inputs[lane] = (w.inputs[lane] & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
            w.said[0] = '\0';
        }
    }
    if (!arm_is_up(lane))
        fail_msg("killed at %d: %s never got through: %s", kill_at, plate, w.said);
    static const struct {
        enum lane_input input;
        bool on;
    } drive[] = {{IN_LOOP_B, true}, {IN_LOOP_A, false}, {IN_LOOP_B, false}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t bit = 1U << drive[i].input;
        w.inputs[lane] = drive[i].on ? w.inputs[lane] | bit : w.inputs[lane] & ~bit;
        step(steps, kill_at);
        step(steps, kill_at);
    }
    if (lane == 0)
        t->entered++;
    else
        t->left++;
    for (int i = 0; i < 30 && arm_is_up(lane); i++) {
        step(steps, kill_at);
        if (strstr(w.said, "CLOSE") != NULL)
            w.inputs[lane] = (w.inputs[lane] & ~(1U << IN_ARM_UP)) | 1U << IN_ARM_DOWN;
        w.said[0] = '\0';
    }
    step(steps, kill_at);
}

/* Wherever the agent is killed, each car is counted once: a car that enters costs a space, one that
 * leaves brings one, and nothing is left over. */
static void killed_at_every_step(void **state)
{
    (void)state;
    int steps = 1;
    for (int kill_at = -1; kill_at < steps; kill_at++) {
        struct tally t = {0};
        world_ready(&w, "in out", 5);
        steps = 0;
        run_car(0, "CAR1", &t, &steps, kill_at);
        run_car(0, "CAR2", &t, &steps, kill_at);
        run_car(1, "CAR1", &t, &steps, kill_at);
        const struct spaces *s = &agent_memory(&w.agent)->spaces;
        if (s->free - s->overdraft != 5 - t.entered + t.left)
            fail_msg("killed at %d: %d in, %d out, free %d, overdraft %d", kill_at, t.entered,
                     t.left, (int)s->free, (int)s->overdraft);
    }
    assert_true(steps > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_motion_without_a_commit),
        cmocka_unit_test(no_space_without_a_commit),
        cmocka_unit_test(no_epoch_without_a_commit),
        cmocka_unit_test(no_count_without_a_commit),
        cmocka_unit_test(a_start_that_cannot_commit_fails),
        cmocka_unit_test(a_lost_open_is_given_again),
        cmocka_unit_test(an_open_for_a_vehicle_that_left_is_not),
        cmocka_unit_test(an_open_decided_long_ago_is_not),
        cmocka_unit_test(an_exit_in_doubt_does_not_count_out),
        cmocka_unit_test(an_open_question_is_repeated_under_its_id),
        cmocka_unit_test(a_plate_read_while_the_agent_was_away),
        cmocka_unit_test(killed_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
