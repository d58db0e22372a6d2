/* A11 of agent.h: a journal that was set back or copied, a cloud that was, and what the cloud asks to
 * find out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/agent_world.h"

static struct world w;

static const struct edge_memory *memory(void)
{
    return agent_memory(&w.agent);
}

static void hello_answered(struct hello_answer h)
{
    world_uplink(&w, true);
    w.said[0] = '\0';
    world_hello_says(&w, &h);
}

static void car_in(const char *plate)
{
    world_arrive(&w, 0, plate);
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_wait(&w, 1000);
    world_arm_down(&w, 0);
    w.said[0] = '\0';
}

static void a_probe_is_answered_at_once(void **state)
{
    (void)state;
    world_ready(&w, "in", 5);
    hello_answered((struct hello_answer){.epoch = 1, .probe = 2});
    world_said(&w, "hello");
    assert_string_equal(w.asked.hello.digest.text, w.rows[1].digest.text);
    assert_int_equal(w.asked.hello.at, 2);
    assert_int_equal(w.asked.hello.oldest, 1);
    assert_int_equal(strlen(w.asked.hello.asked.text), 32);
    /* What is not kept has no digest. */
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .probe = 7});
    world_said(&w, "hello");
    assert_int_equal(w.asked.hello.at, 7);
    assert_string_equal(w.asked.hello.digest.text, "");
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .upto = 2, .lease_ms = 1000});
    world_said(&w, "");
    assert_int_equal(memory()->base, 2);
    world_uplink(&w, true);
    assert_string_equal(w.asked.hello.asked.text, "");
}

/* Rows wait for the answer to a hello of this session; a probe is none. */
static void nothing_is_sent_before_the_hello_is_answered(void **state)
{
    (void)state;
    world_ready(&w, "in", 5);
    assert_true(agent_introduced(&w.agent));
    world_uplink(&w, false);
    world_uplink(&w, true);
    assert_false(agent_introduced(&w.agent));
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .probe = 2});
    assert_false(agent_introduced(&w.agent));
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .upto = 2, .lease_ms = 1000});
    assert_true(agent_introduced(&w.agent));
    world_uplink(&w, true); /* a resync within the session */
    assert_true(agent_introduced(&w.agent));
}

static void a_new_epoch_begins_without_spaces(void **state)
{
    (void)state;
    world_ready(&w, "in out", 3);
    world_uplink(&w, false);
    car_in("AAA1");
    world_plate(&w, 1, "BBB2");
    int64_t last = memory()->next - 1;
    assert_int_equal(memory()->spaces.free, 2);
    hello_answered((struct hello_answer){.epoch = 2, .common = 2, .lease_ms = 1000});
    world_said(
        &w, "#in.vehicle.presented #in.credential.read/AAA1 "
            "#in.passage.authorised/AAA1/space/overdraft #in.arm.opened/ticket #in.passage.started "
            "#in.passage.completed/AAA1 #in.movement.ended/drove_through");
    assert_int_equal(memory()->epoch, 2);
    assert_int_equal(memory()->next, last - 2 + 1);
    assert_int_equal(memory()->base, 0);
    assert_int_equal(memory()->spaces.free, 0);
    assert_int_equal(memory()->spaces.overdraft, 1);
    assert_int_equal(w.committed.memory.epoch, 2);
    assert_int_equal(w.committed.grant_count, 0);
    /* A grant of the new epoch pays first. */
    world_grant(&w, 1, 2);
    world_said(&w, "#space.accepted/n2/repaid1");
    assert_int_equal(memory()->spaces.free, 1);
    world_restart(&w);
    assert_int_equal(memory()->epoch, 2);
}

static void an_entry_under_way_goes_on(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    world_arrive(&w, 0, "AAA1");
    world_arm_up(&w, 0);
    int64_t last = memory()->next - 1;
    hello_answered((struct hello_answer){.epoch = 2, .common = last, .lease_ms = 1000});
    world_said(&w, "#in.passage.authorised/AAA1/space/overdraft");
    world_drive_through(&w, 0);
    assert_non_null(strstr(w.said, "#in.passage.completed/AAA1"));
    assert_int_equal(memory()->spaces.overdraft, 1);
    assert_int_equal(w.committed.occupied, 1);
    assert_int_equal(w.committed.pending, 0);
}

/* Opened by a person without a space in hand: no authorisation is on record, and there is none in the
 * new epoch either. */
static void an_entry_without_a_space_goes_on_without(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    world_arrive(&w, 0, "AAA1");
    struct agent_input open = {.kind = INPUT_ORDER,
                               .order = {.lane = {"in"},
                                         .action = ACTION_OPEN,
                                         .not_after = wall_after(w.now.wall, 30000),
                                         .actor = {"kim"},
                                         .reason = "help"}};
    memset(open.order.id.text, 'a', REQUEST_ID_SIZE - 1);
    assert_int_equal(world_turn(&w, &open, 1), ERR_OK);
    world_arm_up(&w, 0);
    int64_t last = memory()->next - 1;
    hello_answered((struct hello_answer){.epoch = 2, .common = last, .lease_ms = 1000});
    world_said(&w, "");
    world_drive_through(&w, 0);
    assert_non_null(strstr(w.said, "#in.passage.unauthorised/AAA1/overdraft"));
    assert_int_equal(memory()->spaces.overdraft, 1);
    assert_int_equal(w.committed.occupied, 1);
    assert_int_equal(w.committed.pending, 0);
}

static void an_entry_of_a_reversible_lane_goes_on(void **state)
{
    (void)state;
    world_init(&w, "in");
    w.config.lanes[0].lane.direction = DIRECTION_REVERSIBLE;
    w.config.lanes[0].lane.loops = 3;
    world_restart(&w);
    world_io(&w, 0);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    world_grant(&w, 1000, 1);
    world_arrive(&w, 0, "AAA1");
    world_arm_up(&w, 0);
    int64_t last = memory()->next - 1;
    hello_answered((struct hello_answer){.epoch = 2, .common = last, .lease_ms = 1000});
    world_said(&w, "#in.passage.authorised/AAA1/space/overdraft");
    assert_int_equal(memory()->spaces.overdraft, 1);
    assert_int_equal(w.committed.pending, 1);
}

static void only_an_answer_that_fits_is_obeyed(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    struct edge_memory before = *memory();
    hello_answered((struct hello_answer){.epoch = 2, .common = before.next});
    world_said(&w, "");
    assert_int_equal(memory()->epoch, 1);
    world_uplink(&w, true);
    struct request late = w.asked;
    world_uplink(&w, true); /* a newer hello */
    w.asked = late;
    world_hello_says(&w, &(struct hello_answer){.epoch = 2, .common = 1});
    assert_int_equal(memory()->epoch, 1);
    assert_int_equal(memory()->spaces.free, 3);
}

static void a_restored_cloud_gets_it_again(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    world_ack(&w, 2);
    assert_int_equal(memory()->base, 2);
    hello_answered((struct hello_answer){.epoch = 1, .upto = 1, .lease_ms = 1000});
    assert_int_equal(memory()->base, 1);
    assert_int_equal(w.committed.memory.base, 1);
    assert_int_equal(w.committed.acknowledged, 1);
    assert_int_equal(memory()->spaces.free, 3);
    /* An answer older than an acknowledgement that overtook it is no restored cloud. */
    world_uplink(&w, true);
    world_ack(&w, 2);
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .upto = 1, .lease_ms = 1000});
    assert_int_equal(memory()->base, 2);
}

/* Every call of the journal fails once while the epoch begins: all of it happened, or nothing. */
static void a_new_epoch_is_one_transaction(void **state)
{
    (void)state;
    for (int call = 1;; call++) {
        world_ready(&w, "in", 3);
        world_uplink(&w, false);
        car_in("AAA1");
        world_uplink(&w, true);
        struct edge_memory before = *memory();
        w.journal_calls = 0;
        w.fail_at = call;
        struct agent_input in = {.kind = INPUT_RESPONSE,
                                 .response = {.kind = REQUEST_HELLO,
                                              .id = w.asked.id,
                                              .hello = {.epoch = 2, .common = 1, .lease_ms = 1}}};
        enum err e = world_turn(&w, &in, 1);
        w.fail_at = 0;
        if (e == ERR_OK) {
            assert_true(call > 8);
            return;
        }
        assert_int_equal(memory()->epoch, 1);
        assert_int_equal(w.committed.memory.next, before.next);
        world_restart(&w);
        assert_int_equal(memory()->next, before.next + 1); /* edge.started */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_before_the_hello_is_answered),
        cmocka_unit_test(a_probe_is_answered_at_once),
        cmocka_unit_test(a_new_epoch_begins_without_spaces),
        cmocka_unit_test(an_entry_under_way_goes_on),
        cmocka_unit_test(an_entry_without_a_space_goes_on_without),
        cmocka_unit_test(an_entry_of_a_reversible_lane_goes_on),
        cmocka_unit_test(only_an_answer_that_fits_is_obeyed),
        cmocka_unit_test(a_restored_cloud_gets_it_again),
        cmocka_unit_test(a_new_epoch_is_one_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
