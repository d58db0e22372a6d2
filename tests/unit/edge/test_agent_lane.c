/* What holds a whole lane, as the agent records it: fire over all lanes, modes and alarms over a restart,
 * orders, a person's opening without a space, restarts of the device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/agent/internal.h"
#include "tests/unit/edge/agent_world.h"

static struct world w;

static int64_t free_spaces(void)
{
    return agent_memory(&w.agent)->spaces.free;
}

static void fire_opens_every_lane(void **state) /* A13 */
{
    (void)state;
    world_ready(&w, "in out", 5);
    world_on(&w, 0, IN_FIRE);
    world_wait(&w, 100);
    world_said(&w, "#in.lane.mode/fire+ #in.arm.opened/fire #out.lane.mode/fire+ "
                   "#out.arm.opened/evacuation in:OPEN out:OPEN in:'FIRE: DRIVE OUT' out:'FIRE: "
                   "DRIVE OUT'");
    assert_true(w.committed.memory.audit_due);
    world_arm_up(&w, 0);
    world_arm_up(&w, 1);
    world_said(&w, "out:green");
    world_arrive(&w, 1, "12AB34"); /* read, not asked about, not counted */
    world_said(&w, "#out.vehicle.presented out:camera #out.credential.read/12AB34");
    world_drive_through(&w, 1);
    world_said(&w, "#out.movement.ended/evacuated");
    assert_int_equal(free_spaces(), 5);
    assert_int_equal(agent_memory(&w.agent)->spaces.overdraft, 0);
    world_off(&w, 0, IN_FIRE);
    world_restart(&w);
    world_io(&w, 0);
    world_io(&w, 1);
    assert_int_equal(w.agent.live.lanes[0].lane.modes, 1U << LANE_MODE_FIRE);
    assert_int_equal(w.agent.live.lanes[1].lane.modes, 1U << LANE_MODE_FIRE);
    assert_true(agent_memory(&w.agent)->audit_due);
}

/* A turn of its own, as an order arrives in one. */
static enum err order(size_t lane, enum lane_command c, enum cause by, enum reason *ret_why)
{
    static const struct request_id id = {"ffeeddccbbaa99887766554433221100"};
    struct agent *a = &w.agent;
    enum err result = ERR_IO;
    assert_int_equal(a->ports.journal.begin(a->ports.journal.self), ERR_OK);
    a->transaction = true;
    assert_int_equal(agent_lane_order(a, lane, c, by, &id, &result, ret_why), ERR_OK);
    assert_int_equal(a->ports.journal.save_edge(a->ports.journal.self, &a->live.memory), ERR_OK);
    assert_int_equal(a->ports.journal.commit(a->ports.journal.self), ERR_OK);
    a->transaction = false;
    agent_act(a);
    return result;
}

static void a_person_resets_when_no_lane_burns(void **state)
{
    (void)state;
    enum reason why = REASON_NONE;
    world_ready(&w, "in out", 5);
    world_on(&w, 0, IN_FIRE);
    world_wait(&w, 100);
    w.said[0] = '\0';
    assert_int_equal(order(1, COMMAND_RESET_FAULT, CAUSE_REMOTE, &why), ERR_DENIED);
    assert_int_equal(why, REASON_FIRE);
    world_off(&w, 0, IN_FIRE);
    assert_int_equal(order(0, COMMAND_RESET_FAULT, CAUSE_REMOTE, &why), ERR_OK);
    assert_int_equal(order(1, COMMAND_RESET_FAULT, CAUSE_REMOTE, &why), ERR_OK);
    w.said[0] = '\0';
    world_wait(&w, 60000); /* the other lane's latch does not light this one again */
    assert_null(strstr(w.said, "fire+"));
    w.said[0] = '\0';
    /* Nothing was counted meanwhile: nobody in on a space before an audit. */
    world_on(&w, 0, IN_LOOP_A);
    world_wait(&w, 100);
    assert_non_null(strstr(w.said, "#in.passage.denied/audit"));
    assert_null(strstr(w.said, "in:OPEN"));
}

static void an_order_is_recorded_with_its_command(void **state)
{
    (void)state;
    enum reason why = REASON_NONE;
    world_ready(&w, "in out", 5);
    assert_int_equal(order(0, COMMAND_OPEN, CAUSE_REMOTE, &why), ERR_DENIED);
    assert_int_equal(why, REASON_NO_VEHICLE);
    world_said(&w, "");
    assert_int_equal(order(0, COMMAND_HOLD_OPEN, CAUSE_REMOTE, &why), ERR_OK);
    world_said(&w, "#in.lane.mode/hold_open+ #in.arm.opened/remote in:OPEN");
    assert_int_equal(order(1, COMMAND_LOCK, CAUSE_MANUAL, &why), ERR_OK);
    world_said(&w, "#out.lane.mode/lock+");
    struct telemetry t;
    agent_snapshot(&w.agent, w.now, &t);
    assert_int_equal(t.lanes[0].mode, LANE_MODE_HOLD_OPEN);
    assert_int_equal(t.lanes[1].mode, LANE_MODE_LOCK);
    world_arrive(&w, 1, "12AB34");
    world_said(&w, "#out.vehicle.presented #out.passage.denied/locked out:'LANE CLOSED' "
                   "out:camera #out.credential.read/12AB34");
}

/* Let in by a person: on a space if there is one, else counted as it crosses. */
static void let_in_by_a_person(void **state)
{
    (void)state;
    enum reason why = REASON_NONE;
    world_ready(&w, "in", 1);
    for (int i = 0; i < 2; i++) {
        world_on(&w, 0, IN_LOOP_A);
        world_wait(&w, 5200);
        w.said[0] = '\0';
        assert_int_equal(order(0, COMMAND_OPEN, CAUSE_REMOTE, &why), ERR_OK);
        world_said(
            &w, i == 0 ? "#in.passage.authorised/manual #in.arm.opened/remote in:OPEN in:'WELCOME'"
                       : "#in.arm.opened/remote in:OPEN in:'WELCOME'");
        assert_int_equal(free_spaces(), 0);
        world_arm_up(&w, 0);
        w.said[0] = '\0';
        world_drive_through(&w, 0);
        world_said(&w, i == 0
                           ? "#in.passage.started #in.passage.completed #in.movement.ended/manual "
                             "in:red in:''"
                           : "#in.passage.started #in.passage.unauthorised/overdraft "
                             "#in.movement.ended/manual in:red in:''");
        world_wait(&w, 1000);
        world_arm_down(&w, 0);
    }
    assert_int_equal(agent_memory(&w.agent)->spaces.overdraft, 1);
}

/* A refused vehicle waits on, whatever stops in between. */
static void who_was_read_is_not_stuck_after_a_restart(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    world_arrive(&w, 0, "12AB34");
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_FULL, "");
    world_restart(&w);
    world_io(&w, 0);
    w.said[0] = '\0';
    world_wait(&w, 2 * w.config.lanes[0].lane.a_stuck_ms);
    assert_null(strstr(w.said, "stuck"));
}

/* Read while loop A only flickered, or of who left against the traffic: not of the next to come. */
static void a_plate_of_nobody_is_forgotten(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    world_on(&w, 0, IN_LOOP_A);
    world_plate(&w, 0, "12AB34");
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 6000);
    world_arrive(&w, 0, NULL);
    assert_null(strstr(w.said, "credential.read"));
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 6000);
    w.said[0] = '\0';
    world_on(&w, 0, IN_LOOP_B);
    world_wait(&w, 300);
    world_on(&w, 0, IN_LOOP_A);
    world_wait(&w, 300);
    world_off(&w, 0, IN_LOOP_B);
    world_wait(&w, 300);
    assert_non_null(strstr(w.said, "wrong_way"));
    world_plate(&w, 0, "56CD78");
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 300);
    world_arrive(&w, 0, NULL);
    assert_null(strstr(w.said, "credential.read"));
}

/* A bounce of loop A does not cost the plate of who arrives. */
static void a_plate_outlives_a_bounce(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    world_on(&w, 0, IN_LOOP_A);
    world_plate(&w, 0, "12AB34");
    world_off(&w, 0, IN_LOOP_A);
    world_arrive(&w, 0, NULL);
    assert_non_null(strstr(w.said, "#in.credential.read/12AB34"));
}

/* One lane, both ways: an entry spends a space, an exit gives it back. */
static void a_reversible_lane(void **state)
{
    (void)state;
    world_init(&w, "in");
    w.config.lanes[0].lane.direction = DIRECTION_REVERSIBLE;
    w.config.lanes[0].lane.loops = 3;
    world_restart(&w);
    world_io(&w, 0);
    world_uplink(&w, true);
    assert_int_equal(w.asked.hello.lanes[0].direction, DIRECTION_REVERSIBLE);
    world_hello_answer(&w, 1, 0);
    world_grant(&w, 1000, 1);
    for (int out = 0; out < 2; out++) {
        enum lane_input near = out ? IN_LOOP_C : IN_LOOP_A, far = out ? IN_LOOP_A : IN_LOOP_C;
        w.said[0] = '\0';
        world_on(&w, 0, near);
        world_wait(&w, 100);
        world_plate(&w, 0, out ? "34CD56" : "12AB34");
        if (out) {
            assert_int_equal(w.asked.kind, REQUEST_EXIT);
            world_answer(&w, VERDICT_ALLOW, BASIS_FREE, REASON_NONE, "");
        }
        world_arm_up(&w, 0);
        world_on(&w, 0, IN_LOOP_B);
        world_off(&w, 0, near);
        world_wait(&w, 300);
        world_on(&w, 0, far);
        world_wait(&w, 300);
        world_off(&w, 0, IN_LOOP_B);
        world_off(&w, 0, far);
        world_wait(&w, 300);
        assert_non_null(strstr(w.said, "#in.passage.completed/"));
        assert_int_equal(free_spaces(), out);
        world_wait(&w, 1000);
        world_arm_down(&w, 0);
    }
    assert_int_equal(w.committed.occupied, 0);
}

/* An alarm that was active is ended after a restart, once. */
static void alarms_end_after_a_restart(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_off(&w, 0, IN_MAINS_OK);
    world_off(&w, 0, IN_ARM_DOWN);
    world_wait(&w, 600);
    world_said(&w, "#in.arm.opened/forced #in.lane.alarm/forced+ #in.lane.alarm/mains_lost+");
    world_restart(&w);
    w.inputs[0] |= 1U << IN_ARM_DOWN;
    w.said[0] = '\0';
    world_io(&w, 0);
    assert_non_null(strstr(w.said, "#in.lane.alarm/forced-"));
    assert_null(strstr(w.said, "mains_lost"));
    w.said[0] = '\0';
    world_on(&w, 0, IN_MAINS_OK);
    world_said(&w, "#in.lane.alarm/mains_lost-");
}

static void the_boot_counter_tells_of_a_restart(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    struct agent_input in = world_snapshot(&w, 0);
    in.io.status.boot_count += 1;
    w.said[0] = '\0';
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    assert_non_null(strstr(w.said, "#in.count.gap"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fire_opens_every_lane),
        cmocka_unit_test(a_person_resets_when_no_lane_burns),
        cmocka_unit_test(an_order_is_recorded_with_its_command),
        cmocka_unit_test(let_in_by_a_person),
        cmocka_unit_test(who_was_read_is_not_stuck_after_a_restart),
        cmocka_unit_test(a_plate_of_nobody_is_forgotten),
        cmocka_unit_test(a_plate_outlives_a_bounce),
        cmocka_unit_test(a_reversible_lane),
        cmocka_unit_test(alarms_end_after_a_restart),
        cmocka_unit_test(the_boot_counter_tells_of_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
