/* A12 of agent.h: leases and recalls. */
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

/* With a lease of that long from now on. */
static void ready(const char *layout, int64_t free, int64_t lease_ms)
{
    world_ready(&w, layout, free);
    world_uplink(&w, true);
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .upto = 0, .lease_ms = lease_ms});
    w.said[0] = '\0';
}

static void a_lease_that_ended_admits_nobody(void **state)
{
    (void)state;
    ready("in out", 3, 600000);
    world_uplink(&w, false);
    world_wait(&w, 600000);
    world_arrive(&w, 0, "AAA1");
    world_wait(&w, 3000);
    assert_non_null(strstr(w.said, "/please_wait"));
    assert_null(strstr(w.said, "passage.authorised"));
    assert_int_equal(memory()->spaces.free, 3); /* nothing is given back by itself */
    w.said[0] = '\0';
    world_arrive(&w, 1, "BBB2"); /* nobody is trapped */
    world_wait(&w, 3000);
    assert_non_null(strstr(w.said, "#out.passage.authorised/BBB2/offline"));
    w.said[0] = '\0';
    world_uplink(&w, true);
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .upto = 0, .lease_ms = 600000});
    assert_non_null(strstr(w.said, "#in.passage.authorised/AAA1/space"));
}

static void it_counts_from_the_hello(void **state)
{
    (void)state;
    ready("in", 1, 600000);
    world_uplink(&w, true); /* says hello now */
    w.now.mono.v += 1500;
    w.now.wall.v += 1500;
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .upto = 0, .lease_ms = 60000});
    assert_int_equal(memory()->lease.until.v, w.now.mono.v - 1500 + 60000);
    assert_int_equal(w.committed.memory.lease.until.v, memory()->lease.until.v);
    /* A short lease brings the next hello early. */
    w.said[0] = '\0';
    world_wait(&w, 19000);
    assert_non_null(strstr(w.said, "hello"));
}

static void a_late_offer_is_declined(void **state)
{
    (void)state;
    ready("in", 0, 5000);
    world_uplink(&w, false);
    world_wait(&w, 5000);
    w.said[0] = '\0';
    world_grant(&w, 5, 2);
    world_said(&w, "#space.declined/late/n2");
    assert_int_equal(memory()->spaces.free, 0);
}

static void after_a_restart_of_the_machine(void **state)
{
    (void)state;
    ready("in", 2, 600000);
    w.committed.memory.lease.here = false; /* as the journal finds it */
    w.now.mono.v = 40;
    w.config.clock = CLOCK_UNSET;
    world_restart(&w);
    world_io(&w, 0);
    world_arrive(&w, 0, "AAA1");
    world_wait(&w, 3000);
    assert_null(strstr(w.said, "passage.authorised"));
    struct agent_input clock = {.kind = INPUT_CLOCK, .clock = CLOCK_SYNCED};
    assert_int_equal(world_turn(&w, &clock, 1), ERR_OK);
    world_wait(&w, 6000);
    assert_non_null(strstr(w.said, "#in.passage.authorised/AAA1/space"));
}

static void a_recall_takes_what_there_is_and_then_credits(void **state)
{
    (void)state;
    ready("in out", 2, 600000000);
    world_recall(&w, 7, 3);
    world_said(&w, "#space.recalled/n3 #space.returned/recalled/n2");
    assert_int_equal(memory()->spaces.free, 0);
    assert_int_equal(memory()->owed, 1);
    world_recall(&w, 7, 3); /* once */
    world_said(&w, "");
    world_restart(&w);
    world_io(&w, 0);
    world_io(&w, 1);
    w.said[0] = '\0';
    assert_int_equal(memory()->owed, 1);
    world_arrive(&w, 1, "BBB2");
    world_answer(&w, VERDICT_ALLOW, BASIS_FREE, REASON_NONE, "");
    world_wait(&w, 3000);
    world_arm_up(&w, 1);
    w.said[0] = '\0';
    world_drive_through(&w, 1);
    assert_non_null(strstr(w.said, "#space.returned/recalled/n1"));
    assert_int_equal(memory()->owed, 0);
    assert_int_equal(memory()->spaces.free, 0);
}

static void a_credit_pays_the_overdraft_before_a_recall(void **state)
{
    (void)state;
    ready("in", 1, 600000000);
    world_arrive(&w, 0, "FIRST1");
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_arrive(&w, 0, "TAIL1"); /* drives in behind it */
    world_drive_through(&w, 0);
    assert_int_equal(memory()->spaces.overdraft, 1);
    world_recall(&w, 7, 2);
    w.said[0] = '\0';
    world_grant(&w, 8, 2);
    world_said(&w, "#space.accepted/n2/repaid1 #space.returned/recalled/n1");
    assert_int_equal(memory()->owed, 1);
}

static void after_a_fire_an_audit_opens_the_entries(void **state)
{
    (void)state;
    ready("in", 3, 600000000);
    world_on(&w, 0, IN_FIRE);
    world_wait(&w, 1000);
    world_off(&w, 0, IN_FIRE);
    world_wait(&w, 1000);
    int64_t due = memory()->audit_due;
    assert_true(due > 0);
    world_uplink(&w, true);
    world_hello_says(&w,
                     &(struct hello_answer){.epoch = 1, .lease_ms = 600000000, .audited = due - 1});
    assert_int_equal(memory()->audit_due, due); /* that count was before the fire */
    world_uplink(&w, true);
    world_hello_says(&w, &(struct hello_answer){.epoch = 1, .lease_ms = 600000000, .audited = due});
    assert_int_equal(memory()->audit_due, 0);
    assert_int_equal(w.committed.memory.audit_due, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_that_ended_admits_nobody),
        cmocka_unit_test(it_counts_from_the_hello),
        cmocka_unit_test(a_late_offer_is_declined),
        cmocka_unit_test(after_a_restart_of_the_machine),
        cmocka_unit_test(a_recall_takes_what_there_is_and_then_credits),
        cmocka_unit_test(a_credit_pays_the_overdraft_before_a_recall),
        cmocka_unit_test(after_a_fire_an_audit_opens_the_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
