/* The agent with fakes: events, spaces, questions and acts of whole cases (agent.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/agent_world.h"

static struct world w;

static int64_t free_spaces(void)
{
    return agent_memory(&w.agent)->spaces.free;
}

static int64_t overdraft(void)
{
    return agent_memory(&w.agent)->spaces.overdraft;
}

static void one_car_in(void **state)
{
    (void)state;
    world_ready(&w, "in", 5);
    world_on(&w, 0, IN_LOOP_A);
    world_wait(&w, 100);
    world_said(&w, "#in.vehicle.presented in:camera");
    int before = w.commits;
    world_plate(&w, 0,
                "22\xec\x95\x84"
                "2222");
    assert_int_equal(w.commits, before + 1); /* one transaction, then the arm */
    world_said(&w, "#in.credential.read/22\xec\x95\x84"
                   "2222 #in.passage.authorised/22\xec\x95\x84"
                   "2222/space #in.arm.opened/ticket in:OPEN in:'WELCOME'");
    assert_int_equal(w.expires.v - w.now.mono.v, 1000);
    assert_int_equal(free_spaces(), 4);
    world_arm_up(&w, 0);
    world_said(&w, "in:green");
    world_drive_through(&w, 0);
    world_said(&w, "#in.passage.started #in.passage.completed/22\xec\x95\x84"
                   "2222 #in.movement.ended/drove_through in:red in:''");
    world_wait(&w, 1000);
    world_said(&w, "in:CLOSE");
    assert_int_equal(w.expires.v - w.now.mono.v, 40);
    world_arm_down(&w, 0);
    world_said(&w, "");
    assert_int_equal(free_spaces(), 4);
}

static void quiet_turns_write_nothing(void **state) /* A3 */
{
    (void)state;
    world_ready(&w, "in out", 5);
    int commits = w.commits, calls = w.journal_calls;
    world_wait(&w, 60000);
    assert_int_equal(w.commits, commits);
    assert_int_equal(w.journal_calls, calls);
}

static void one_car_out(void **state)
{
    (void)state;
    world_ready(&w, "in out", 2);
    world_arrive(&w, 1, "12AB34");
    world_said(&w, "#out.vehicle.presented out:camera #out.credential.read/12AB34 out:ask:exit");
    assert_int_equal(w.asked.question.deadline_ms, 2000);
    assert_string_equal(w.asked.question.plate.text, "12AB34");
    assert_string_equal(w.committed.lanes[0].request.text, w.asked.id.text);
    world_answer(&w, VERDICT_ALLOW, BASIS_PAID, REASON_NONE, "");
    world_said(
        &w, "#out.passage.authorised/12AB34/paid #out.arm.opened/ticket out:OPEN out:'THANK YOU'");
    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    world_said(&w, "out:green #out.passage.started #out.passage.completed/12AB34 "
                   "#out.movement.ended/drove_through out:red out:''");
    assert_int_equal(free_spaces(), 3); /* the edge keeps it: it has an entry */
}

static void no_credential_and_then_one(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_arrive(&w, 0, NULL);
    world_wait(&w, 5000);
    world_said(&w, "#in.vehicle.presented in:camera #in.passage.denied/no_credential "
                   "in:'PLATE NOT READ'");
    world_plate(&w, 0, "12AB34");
    world_said(&w, "#in.credential.read/12AB34 #in.passage.authorised/12AB34/space "
                   "#in.arm.opened/ticket in:OPEN "
                   "in:'WELCOME'");
}

static void unreadable_text_is_an_alarm_not_a_plate(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_arrive(&w, 0,
                 "22\xbe\xc6"
                 "2222"); /* EUC-KR */
    world_said(&w, "#in.vehicle.presented in:camera #in.lane.alarm/plate_unreadable+");
    world_plate(&w, 0, "???");
    world_said(&w, "");
    world_plate(&w, 0,
                "22\xec\x95\x84"
                "2222");
    assert_memory_equal(w.said, "#in.lane.alarm/plate_unreadable-",
                        strlen("#in.lane.alarm/plate_unreadable-"));
}

/* What the field makes of impossible registers: a length no text has. */
static void impossible_registers_are_an_alarm_not_a_plate(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_set_plate(&w, 0, "12AB34");
    w.plate[0].len = UINT8_MAX;
    world_arrive(&w, 0, NULL);
    world_said(&w, "#in.lane.alarm/plate_unreadable+ #in.vehicle.presented in:camera");
}

static void plate_read_before_the_vehicle_is_presented(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_plate(&w, 0, "12AB34");
    world_wait(&w, 3000);
    world_arrive(&w, 0, NULL);
    world_said(
        &w,
        "#in.vehicle.presented #in.credential.read/12AB34 "
        "#in.passage.authorised/12AB34/space #in.arm.opened/ticket in:OPEN in:'WELCOME' in:camera");
    world_ready(&w, "in", 1);
    world_plate(&w, 0, "12AB34");
    world_wait(&w, 6000); /* too long ago */
    world_arrive(&w, 0, NULL);
    world_said(&w, "#in.vehicle.presented in:camera");
}

static void plate_of_the_next_in_the_queue(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_arrive(&w, 0, "FIRST1");
    world_arm_up(&w, 0);
    world_on(&w, 0, IN_LOOP_B);
    world_wait(&w, 300);
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 200);
    world_arrive(&w, 0, "SECOND2"); /* while the first is under the arm */
    world_off(&w, 0, IN_LOOP_B);
    world_wait(&w, 1200);
    w.said[0] = '\0';
    world_arm_down(&w, 0);
    world_said(&w, "#in.vehicle.presented #in.credential.read/SECOND2 "
                   "#in.passage.authorised/SECOND2/space #in.arm.opened/ticket in:OPEN "
                   "in:'WELCOME' in:camera");
}

static void back_out_after_opening_gives_the_space_back(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_arrive(&w, 0, "12AB34");
    world_arm_up(&w, 0);
    w.said[0] = '\0';
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 20000);
    world_said(&w, "#in.passage.voided/12AB34/backed_out #in.movement.ended/backed_out in:CLOSE "
                   "in:red in:''");
    assert_int_equal(free_spaces(), 1);
}

static void open_timeout_gives_the_space_back(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_arrive(&w, 0, "12AB34");
    w.said[0] = '\0';
    world_wait(&w, 12000);
    world_said(&w, "in:OPEN #in.lane.alarm/open_timeout+ #in.passage.voided/12AB34/open_timeout "
                   "#in.movement.ended/denied in:'LANE CLOSED'");
    assert_int_equal(free_spaces(), 1);
}

static void tailgaters_spend_then_overdraw_then_are_repaid(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_arrive(&w, 0, "FIRST1");
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    for (int car = 0; car < 2; car++) {
        w.said[0] = '\0';
        world_arrive(&w, 0, car == 0 ? "TAIL1" : "TAIL2");
        world_drive_through(&w, 0);
        world_said(&w, car == 0 ? "#in.lane.alarm/unauthorised+ "
                                  "#in.passage.unauthorised/TAIL1/space "
                                  "#in.movement.ended/tailgated"
                                : "#in.passage.unauthorised/TAIL2/overdraft "
                                  "#in.movement.ended/tailgated");
    }
    assert_int_equal(overdraft(), 1);
    w.said[0] = '\0';
    world_grant(&w, 5, 3);
    world_said(&w, "#space.accepted/n3/repaid1");
    assert_int_equal(free_spaces(), 2);
}

static void an_exit_repays_the_overdraft(void **state)
{
    (void)state;
    world_ready(&w, "in out", 0);
    world_off(&w, 0, IN_ARM_DOWN); /* the entry is forced open and driven through */
    world_on(&w, 0, IN_ARM_UP);
    world_on(&w, 0, IN_LOOP_A);
    world_wait(&w, 200);
    world_drive_through(&w, 0);
    assert_int_equal(overdraft(), 1);
    world_arrive(&w, 1, "12AB34");
    world_answer(&w, VERDICT_ALLOW, BASIS_FREE, REASON_NONE, "");
    world_arm_up(&w, 1);
    w.said[0] = '\0';
    world_drive_through(&w, 1);
    assert_non_null(strstr(w.said, "#out.passage.completed/12AB34/repaid1"));
    assert_int_equal(overdraft(), 0);
    assert_int_equal(free_spaces(), 0);
}

static void a_silent_device(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    w.now.mono.v += 1999;
    assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
    world_said(&w, "");
    w.now.mono.v += 1;
    assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
    world_said(&w, "#in.lane.alarm/device_silent+");
    world_io(&w, 0);
    world_said(&w, "#in.lane.alarm/device_silent- #in.count.gap in:red in:''");
    struct agent_input stale = world_snapshot(&w, 0);
    stale.io.fresh = false;
    assert_int_equal(world_turn(&w, &stale, 1), ERR_OK);
    world_said(&w, "#in.lane.alarm/device_silent+");
}

static void a_device_that_is_still_being_connected(void **state)
{
    (void)state;
    world_init(&w, "in");
    struct agent_input stale = world_snapshot(&w, 0);
    stale.io.fresh = false;
    assert_int_equal(world_turn(&w, &stale, 1), ERR_OK);
    assert_int_equal(w.agent.live.lanes[0].lane.alarms, 0);
}

static void a_device_that_restarted(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_on(&w, 0, IN_RESTARTED);
    world_said(&w, "#in.lane.alarm/device_silent+ #in.lane.alarm/device_silent- #in.count.gap "
                   "in:red in:'' in:ackrestart");
    world_wait(&w, 2000);
    world_said(&w, "");
}

static void lost_observations_are_a_gap(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    struct agent_input in = world_snapshot(&w, 0);
    in.io.lost = 3;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "#in.count.gap");
}

/* A jump of the device's own counter against what the loops showed. */
static void vehicles_only_the_device_counted_are_a_gap(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    struct agent_input in = world_snapshot(&w, 0);
    in.io.missed = 2;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "#in.count.gap");
    in.io.missed = 0;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "");
}

/* Also where nothing else is known of the lane: that is when it matters. */
static void a_breaker_is_in_the_telemetry(void **state)
{
    (void)state;
    world_ready(&w, "in out", 2);
    struct agent_input in = world_snapshot(&w, 0);
    struct telemetry t;
    in.io.fresh = false;
    in.io.breaker = DEVICE_BREAKER_OPEN;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    agent_snapshot(&w.agent, w.now, &t);
    assert_int_equal(t.lanes[0].breaker, DEVICE_BREAKER_OPEN);
    assert_int_equal(t.lanes[1].breaker, DEVICE_BREAKER_CLOSED);
}

static void a_refused_close_comes_again(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    world_arrive(&w, 0, "12AB34");
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_wait(&w, 1000);
    w.said[0] = '\0';
    struct agent_input refused = {
        .kind = INPUT_COMMAND_RESULT,
        .command = {.command = COMMAND_CLOSE, .result = RESULT_NONE, .err = ERR_DENIED}};
    assert_int_equal(world_turn(&w, &refused, 1), ERR_OK);
    world_wait(&w, 500);
    world_said(&w, "in:CLOSE");
}

static void a_full_command_queue_is_tried_again(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    w.field_answer = ERR_FULL;
    world_arrive(&w, 0, "12AB34");
    assert_int_equal(w.moves, 0);
    w.field_answer = ERR_OK;
    world_wait(&w, 500);
    assert_int_equal(w.moves, 1);
}

static void telemetry(void **state)
{
    (void)state;
    world_ready(&w, "in out", 3);
    world_arrive(&w, 0, "12AB34");
    struct telemetry t;
    agent_snapshot(&w.agent, w.now, &t);
    assert_int_equal(t.lane_count, 2);
    assert_string_equal(t.lanes[0].lane.text, "in");
    assert_string_equal(t.lanes[0].state, "opening");
    assert_string_equal(t.lanes[0].arm, "down");
    assert_true(t.lanes[0].online);
    assert_int_equal(t.lanes[0].link_us, 150);
    assert_int_equal(t.lanes[0].inputs, w.inputs[0]);
    assert_int_equal(t.lanes[1].direction, DIRECTION_EXIT);
    assert_int_equal(t.free, 2);
    assert_int_equal(t.outbox_depth, t.next - 1);
}

static void bad_configurations(void **state)
{
    (void)state;
    world_init(&w, "in out");
    struct agent_config good = w.config, c;
    assert_int_equal(agent_config_check(&good), ERR_OK);
#define BAD(change)                                                                                \
    c = good;                                                                                      \
    change;                                                                                        \
    assert_int_equal(agent_config_check(&c), ERR_INVAL)
    BAD(c.lane_count = 0);
    BAD(c.lane_count = AGENT_LANES_MAX + 1);
    BAD(c.place.text[0] = '\0');
    BAD(c.edge.text[0] = 'A');
    BAD(c.version[0] = '\0');
    BAD(c.rate = 0);
    BAD(c.exit_deadline_ms = -1);
    BAD(c.keep_max = -1);
    BAD(c.lanes[1].name = c.lanes[0].name);
    BAD(c.lanes[0].lane.direction = DIRECTION_NONE);
    BAD(c.lanes[0].lane.loops = 1);
    BAD(c.lanes[0].lane.open_ms = 0);
#undef BAD
}

static void inputs_for_lanes_that_do_not_exist(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    struct agent_input in = world_snapshot(&w, 0);
    in.lane = 7;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_car_in),
        cmocka_unit_test(quiet_turns_write_nothing),
        cmocka_unit_test(one_car_out),
        cmocka_unit_test(no_credential_and_then_one),
        cmocka_unit_test(unreadable_text_is_an_alarm_not_a_plate),
        cmocka_unit_test(impossible_registers_are_an_alarm_not_a_plate),
        cmocka_unit_test(plate_read_before_the_vehicle_is_presented),
        cmocka_unit_test(plate_of_the_next_in_the_queue),
        cmocka_unit_test(back_out_after_opening_gives_the_space_back),
        cmocka_unit_test(open_timeout_gives_the_space_back),
        cmocka_unit_test(tailgaters_spend_then_overdraw_then_are_repaid),
        cmocka_unit_test(an_exit_repays_the_overdraft),
        cmocka_unit_test(a_silent_device),
        cmocka_unit_test(a_device_that_is_still_being_connected),
        cmocka_unit_test(a_device_that_restarted),
        cmocka_unit_test(lost_observations_are_a_gap),
        cmocka_unit_test(vehicles_only_the_device_counted_are_a_gap),
        cmocka_unit_test(a_breaker_is_in_the_telemetry),
        cmocka_unit_test(a_refused_close_comes_again),
        cmocka_unit_test(a_full_command_queue_is_tried_again),
        cmocka_unit_test(telemetry),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(inputs_for_lanes_that_do_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
