/* The agent and the cloud, with fakes: epoch, grants, questions, acknowledgements (agent.h). */
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

static void a_new_journal_says_only_hello(void **state) /* A5 */
{
    (void)state;
    world_init(&w, "in");
    world_io(&w, 0);
    world_said(&w, "in:red in:''");
    world_uplink(&w, true);
    world_said(&w, "hello");
    assert_int_equal(w.asked.hello.epoch, 0);
    assert_int_equal(w.asked.hello.lane_count, 1);
    world_wait(&w, 2000); /* unanswered: another, under another id */
    world_said(&w, "hello");
    assert_int_equal(w.commits, 0);
    world_hello_answer(&w, 7, 0);
    world_said(&w, "#edge.started");
    assert_int_equal(w.committed.memory.epoch, 7);
    assert_int_equal(w.committed.memory.next, 2);
    world_wait(&w, 599999);
    world_said(&w, "");
    world_wait(&w, 1);
    world_said(&w, "hello");
    assert_int_equal(w.asked.hello.next, 2);
}

static void only_the_answer_to_the_latest_hello_counts(void **state)
{
    (void)state;
    world_init(&w, "in");
    world_io(&w, 0);
    world_uplink(&w, true);
    struct request first = w.asked;
    world_wait(&w, 2000);
    w.asked = first;
    world_hello_answer(&w, 3, 0);
    assert_int_equal(agent_memory(&w.agent)->epoch, 0);
}

static void an_edge_without_entry_returns_spaces(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_grant(&w, 5, 3);
    world_said(&w, "#space.declined/surplus/n3");
    world_arrive(&w, 0, "12AB34");
    world_answer(&w, VERDICT_ALLOW, BASIS_FREE, REASON_NONE, "");
    world_arm_up(&w, 0);
    w.said[0] = '\0';
    world_drive_through(&w, 0);
    world_said(&w, "#out.passage.started #out.passage.completed/12AB34 "
                   "#out.movement.ended/drove_through #space.returned/surplus/n1 out:red out:''");
    assert_int_equal(free_spaces(), 0);
}

static void surplus_above_the_keep_level_goes_back(void **state)
{
    (void)state;
    world_init(&w, "in");
    w.config.keep_max = 4;
    world_restart(&w);
    world_io(&w, 0);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    w.said[0] = '\0';
    world_grant(&w, 9, 6);
    world_said(&w, "#space.accepted/n6 #space.returned/surplus/n2");
    assert_int_equal(free_spaces(), 4);
}

static void a_grant_counts_once(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    world_grant(&w, 5, 2);
    world_grant(&w, 5, 2);
    world_said(&w, "#space.accepted/n2");
    struct agent_input other = {.kind = INPUT_GRANT, .grant = {GRANT_OFFER, 6, 99, 2, {""}}};
    assert_int_equal(world_turn(&w, &other, 1), ERR_OK); /* of another epoch */
    world_said(&w, "");
    assert_int_equal(free_spaces(), 2);
    world_restart(&w);
    world_io(&w, 0);
    w.said[0] = '\0';
    world_grant(&w, 5, 2); /* also after a restart */
    world_said(&w, "");
    assert_int_equal(free_spaces(), 2);
}

static void full_then_a_space_comes(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    world_arrive(&w, 0, "12AB34");
    world_said(&w, "#in.vehicle.presented in:camera #in.credential.read/12AB34 in:ask:entry");
    assert_true(w.asked.question.no_space);
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_FULL, "");
    world_said(&w, "#in.passage.denied/12AB34/full in:red,full in:'FULL'");
    world_wait(&w, 5000);
    world_said(&w, "in:ask:entry");
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_FULL, "");
    world_said(&w, ""); /* told once */
    world_grant(&w, 6, 1);
    world_said(&w, "#space.accepted/n1 #in.passage.authorised/12AB34/space #in.arm.opened/ticket "
                   "in:OPEN in:red "
                   "in:'WELCOME'");
    assert_int_equal(free_spaces(), 0);
}

static void cloud_stopped_admits_what_is_in_hand(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    world_uplink(&w, false);
    int opened = 0;
    for (int car = 0; car < 8; car++) {
        char plate[8];
        snprintf(plate, sizeof plate, "CAR%d", car);
        world_arrive(&w, 0, plate);
        if (w.agent.live.lanes[0].lane.authorised) {
            opened++;
            world_arm_up(&w, 0);
            world_drive_through(&w, 0);
            world_wait(&w, 1000);
            world_arm_down(&w, 0);
        } else {
            assert_non_null(strstr(w.said, "/please_wait"));
            assert_non_null(strstr(w.said, "in:'PLEASE WAIT'"));
            world_wait(&w, 20000);
            world_off(&w, 0, IN_LOOP_A);
            world_wait(&w, 100);
            assert_non_null(strstr(w.said, "movement.ended/denied"));
        }
        w.said[0] = '\0';
    }
    assert_int_equal(opened, 3);
    assert_int_equal(free_spaces(), 0);
    assert_int_equal(overdraft(), 0);
}

static void entry_allow_needs_its_grant(void **state) /* A4 */
{
    (void)state;
    world_ready(&w, "in", 0);
    world_arrive(&w, 0, "12AB34");
    w.said[0] = '\0';
    world_answer(&w, VERDICT_ALLOW, BASIS_SPACE, REASON_NONE, "");
    world_said(&w, "");
    world_grant(&w, 8, 1);
    world_said(
        &w, "#space.accepted/n1 #in.passage.authorised/12AB34/space #in.arm.opened/ticket in:OPEN "
            "in:'WELCOME'");
}

static void exit_pending_then_paid(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_arrive(&w, 0, "12AB34");
    w.said[0] = '\0';
    world_answer(&w, VERDICT_PENDING, BASIS_NONE, REASON_PAYMENT, "3500 KRW, PAYING");
    world_said(&w, "out:'3500 KRW, PAYING'");
    world_wait(&w, 5000);
    world_said(&w, "out:ask:exit");
    world_answer(&w, VERDICT_ALLOW, BASIS_PAID, REASON_NONE, "");
    world_said(
        &w, "#out.passage.authorised/12AB34/paid #out.arm.opened/ticket out:OPEN out:'THANK YOU'");
}

static void exit_declined_then_backs_out(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_arrive(&w, 0, "12AB34");
    w.said[0] = '\0';
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_DECLINED, "");
    world_said(&w, "#out.passage.denied/12AB34/declined out:'PAYMENT DECLINED'");
    struct request first = w.asked;
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 100);
    world_said(&w, "#out.movement.ended/denied out:''");
    w.asked = first;
    world_answer(&w, VERDICT_ALLOW, BASIS_PAID, REASON_NONE, ""); /* too late */
    world_said(&w, "");
    assert_int_equal(w.agent.late, 1);
}

static void exit_without_the_cloud_opens(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_arrive(&w, 0, "12AB34");
    w.said[0] = '\0';
    world_wait(&w, 2000);
    world_said(
        &w, "out:ask:exit #out.passage.authorised/12AB34/offline #out.arm.opened/ticket out:OPEN "
            "out:'THANK YOU'");
}

static void exit_offline_at_once_when_it_has_been_for_long(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_uplink(&w, false);
    world_wait(&w, 10000);
    world_arrive(&w, 0, "12AB34");
    world_said(
        &w,
        "#out.vehicle.presented out:camera #out.credential.read/12AB34 "
        "#out.passage.authorised/12AB34/offline #out.arm.opened/ticket out:OPEN out:'THANK YOU'");
}

static void a_session_lost_while_asking_is_noticed(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    w.uplink_answer = ERR_UNAVAIL;
    world_arrive(&w, 0, "12AB34");
    world_wait(&w, 2000);
    assert_non_null(strstr(w.said, "/offline"));
}

static void without_an_epoch_entries_stay_closed_and_exits_open(void **state) /* A5 */
{
    (void)state;
    world_init(&w, "in out");
    world_io(&w, 0);
    world_io(&w, 1);
    w.said[0] = '\0';
    world_arrive(&w, 0, "IN1");
    world_said(&w, "in:'PLEASE WAIT' in:camera");
    world_arrive(&w, 1, "OUT1");
    world_said(&w, "out:camera out:OPEN out:'THANK YOU'");
    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    assert_int_equal(w.commits, 0);
    assert_int_equal(free_spaces(), 0); /* no event, no space */
    w.said[0] = '\0';
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    /* The waiting vehicle is told from here on, the exit as a gap. */
    world_said(
        &w,
        "hello #edge.started #out.arm.opened/ticket #in.vehicle.presented #in.credential.read/IN1 "
        "#out.count.gap in:ask:entry");
    world_grant(&w, 1, 1);
    assert_non_null(
        strstr(w.said, "#in.passage.authorised/IN1/space #in.arm.opened/ticket in:OPEN"));
}

static void a_passage_begun_without_an_epoch_is_a_gap(void **state)
{
    (void)state;
    world_init(&w, "in out");
    world_io(&w, 0);
    world_io(&w, 1);
    world_arrive(&w, 1, "OUT1");
    world_arm_up(&w, 1);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    w.said[0] = '\0';
    world_drive_through(&w, 1);
    world_said(&w, "#out.count.gap out:red out:''");
    assert_int_equal(free_spaces(), 0);
}

static void acknowledgements_move_the_base(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    int64_t last = agent_memory(&w.agent)->next - 1;
    world_ack(&w, last + 1); /* of what was never sent */
    assert_int_equal(agent_memory(&w.agent)->base, 0);
    world_ack(&w, 1);
    assert_int_equal(agent_memory(&w.agent)->base, 1);
    struct agent_input foreign = {.kind = INPUT_ACK, .ack = {2, last}};
    assert_int_equal(world_turn(&w, &foreign, 1), ERR_OK);
    assert_int_equal(agent_memory(&w.agent)->base, 1);
    struct agent_input many[] = {{.kind = INPUT_ACK, .ack = {1, last}},
                                 {.kind = INPUT_ACK, .ack = {1, last - 1}}};
    assert_int_equal(world_turn(&w, many, 2), ERR_OK);
    assert_int_equal(agent_memory(&w.agent)->base, last);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, last);
    assert_int_equal(agent_memory(&w.agent)->base, last);
}

/* A8 */
static void acknowledgements_cost_no_transaction_of_their_own(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_wait(&w, 1000);
    int commits = w.commits, calls = w.journal_calls;
    int64_t last = agent_memory(&w.agent)->next - 1;
    world_ack(&w, last - 1);
    world_ack(&w, last - 1);
    world_wait(&w, 900);
    world_ack(&w, last);
    assert_int_equal(w.journal_calls, calls);
    world_wait(&w, 100); /* a second after the first of them */
    assert_int_equal(w.commits, commits + 1);
    assert_int_equal(w.committed.acknowledged, last);
    assert_int_equal(w.committed.memory.base, last);
    world_wait(&w, 5000);
    assert_int_equal(w.commits, commits + 1);

    world_on(&w, 0, IN_LOOP_A);
    world_wait(&w, 100); /* presented */
    assert_int_equal(w.commits, commits + 2);
    world_ack(&w, last + 1);
    world_plate(&w, 0, "12AB34"); /* the acknowledgement rides along */
    assert_int_equal(w.commits, commits + 3);
    assert_int_equal(w.committed.acknowledged, last + 1);
    assert_int_equal(w.committed.memory.base, last + 1);
}

/* A8: the cloud hears again of what it knows, from the base that was written. */
static void an_acknowledgement_that_was_not_written_is_forgotten(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_wait(&w, 1000);
    int64_t base = w.committed.memory.base, last = agent_memory(&w.agent)->next - 1;
    assert_true(base < last);
    world_ack(&w, last);
    world_restart(&w);
    assert_int_equal(agent_memory(&w.agent)->base, base);
    world_uplink(&w, true);
    assert_int_equal(w.asked.hello.base, base);
    world_ack(&w, last);
    assert_int_equal(agent_memory(&w.agent)->base, last);
}

static void hello_answers_acknowledge(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 2);
    assert_int_equal(agent_memory(&w.agent)->base, 2);
}

static void a_scaled_clock_leaves_the_network_its_time(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    w.config.rate = 100;
    world_restart(&w);
    world_io(&w, 0);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    world_arrive(&w, 0, "12AB34");
    w.said[0] = '\0';
    w.now.mono.v += 66600;
    world_io(&w, 0);
    world_said(&w, "");
    assert_int_equal(agent_next_deadline(&w.agent).v - w.now.mono.v, 66);
    world_wait(&w, 66);
    world_said(&w, "out:ask:exit"); /* a third of 2000 ms at rate 100 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_journal_says_only_hello),
        cmocka_unit_test(only_the_answer_to_the_latest_hello_counts),
        cmocka_unit_test(an_edge_without_entry_returns_spaces),
        cmocka_unit_test(surplus_above_the_keep_level_goes_back),
        cmocka_unit_test(a_grant_counts_once),
        cmocka_unit_test(full_then_a_space_comes),
        cmocka_unit_test(cloud_stopped_admits_what_is_in_hand),
        cmocka_unit_test(entry_allow_needs_its_grant),
        cmocka_unit_test(exit_pending_then_paid),
        cmocka_unit_test(exit_declined_then_backs_out),
        cmocka_unit_test(exit_without_the_cloud_opens),
        cmocka_unit_test(exit_offline_at_once_when_it_has_been_for_long),
        cmocka_unit_test(a_session_lost_while_asking_is_noticed),
        cmocka_unit_test(without_an_epoch_entries_stay_closed_and_exits_open),
        cmocka_unit_test(a_passage_begun_without_an_epoch_is_a_gap),
        cmocka_unit_test(acknowledgements_move_the_base),
        cmocka_unit_test(acknowledgements_cost_no_transaction_of_their_own),
        cmocka_unit_test(an_acknowledgement_that_was_not_written_is_forgotten),
        cmocka_unit_test(hello_answers_acknowledge),
        cmocka_unit_test(a_scaled_clock_leaves_the_network_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
