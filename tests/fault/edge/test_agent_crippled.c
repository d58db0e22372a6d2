/* An agent whose journal fails for a while, or comes back as another one (A9), and one whose storage
 * is nearly full (A10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/agent_world.h"

static struct world w;

/* The turn with this snapshot cannot be committed; it is done again without the journal. */
static void crippled_by(size_t lane)
{
    struct agent_input in = world_snapshot(&w, lane);
    w.fail_at = w.journal_calls + 1;
    assert_int_equal(world_turn(&w, &in, 1), ERR_IO);
    w.fail_at = 0;
    agent_cripple(&w.agent, w.now);
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    assert_true(agent_crippled(&w.agent));
}

static void heal(void)
{
    struct edge_memory m = w.committed.memory;
    m.base = agent_memory(&w.agent)->base;
    assert_int_equal(agent_heal(&w.agent, &m, w.now), ERR_OK);
    assert_false(agent_crippled(&w.agent));
    assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
}

static void admits_nobody_and_opens_exits(void **state)
{
    (void)state;
    world_ready(&w, "in out", 2);
    int commits = w.commits;
    w.inputs[1] |= 1U << IN_LOOP_A;
    w.inputs[0] |= 1U << IN_LOOP_A;
    world_io(&w, 0);
    world_io(&w, 1);
    w.now.mono.v += 100, w.now.wall.v += 100;
    crippled_by(1);
    world_plate(&w, 0, "12AB34");
    world_plate(&w, 1, "56CD78");
    assert_int_equal(w.moves, 1);
    assert_non_null(strstr(w.said, "out:OPEN"));
    assert_null(strstr(w.said, "in:OPEN"));
    assert_null(strstr(w.said, "ask"));
    assert_int_equal(w.commits, commits);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 2);

    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    world_arm_down(&w, 1);
    w.said[0] = '\0';
    heal(); /* the vehicle that still waits is admitted at once */
    world_said(
        &w,
        "#edge.alarm/journal+ #edge.alarm/journal- #out.arm.opened/ticket #in.vehicle.presented "
        "#in.credential.read/12AB34 #out.count.gap "
        "#in.passage.authorised/12AB34/space #in.arm.opened/ticket in:OPEN in:'WELCOME' hello");
}

/* An exit whose plate nobody reads opens after the wait for a reading. */
static void an_unread_exit_opens(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_on(&w, 0, IN_LOOP_A);
    w.now.mono.v += 100, w.now.wall.v += 100;
    crippled_by(0);
    world_wait(&w, w.config.no_credential_ms);
    assert_int_equal(w.moves, 1);
}

/* What was authorised on record is settled on record, and costs the space it cost. */
static void a_passage_on_record_is_settled(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_arrive(&w, 0, "12AB34");
    w.inputs[0] = (w.inputs[0] & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    world_io(&w, 0);
    w.inputs[0] |= 1U << IN_LOOP_B;
    crippled_by(0);
    world_wait(&w, 300);
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 400);
    world_off(&w, 0, IN_LOOP_B);
    world_wait(&w, 300);
    w.said[0] = '\0';
    heal();
    world_said(&w, "#edge.alarm/journal+ #edge.alarm/journal- #in.passage.completed/12AB34 "
                   "#in.movement.ended/drove_through hello");
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1);
    assert_int_equal(w.committed.occupied, 1);
    assert_int_equal(w.committed.pending, 0);
}

/* A vehicle that was on record waits, and is let out meanwhile. */
static void an_exit_begun_on_record_is_settled(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_arrive(&w, 0, NULL);
    world_set_plate(&w, 0, "12AB34");
    crippled_by(0);
    assert_int_equal(w.moves, 1);
    world_arm_up(&w, 0);
    w.said[0] = '\0';
    heal(); /* it stands under the arm: the Movement goes on */
    world_said(&w, "#edge.alarm/journal+ #edge.alarm/journal- #out.arm.opened/ticket "
                   "#out.passage.authorised/12AB34/offline hello");
    world_drive_through(&w, 0);
    assert_non_null(
        strstr(w.said, "#out.passage.completed/12AB34 #out.movement.ended/drove_through"));
    assert_int_equal(w.committed.occupied, -1);
}

/* An order under way may open an entry meanwhile: the space is spent when it is recorded, and where it
 * is gone by then the crossing stands as one without it. */
static void an_entry_opened_by_an_order_is_settled(void **state)
{
    (void)state;
    for (int64_t free = 1; free >= 0; free--) {
        world_ready(&w, "in", free);
        world_arrive(&w, 0, NULL);
        agent_cripple(&w.agent, w.now);
        struct agent_owed *o = &w.agent.live.lanes[0].owed;
        assert_true(o->open);
        o->authorised = o->ended = true;
        o->movement.basis = BASIS_MANUAL;
        o->crossing = EVENT_PASSAGE_COMPLETED;
        o->outcome = OUTCOME_MANUAL;
        w.said[0] = '\0';
        struct edge_memory m = w.committed.memory;
        w.agent.live.lanes[0].movement = (struct agent_movement){0};
        assert_int_equal(agent_heal(&w.agent, &m, w.now), ERR_OK);
        assert_non_null(strstr(w.said, free ? "#in.passage.authorised/manual #in.passage.completed"
                                            : "#in.passage.unauthorised/overdraft"));
        assert_non_null(strstr(w.said, "#in.movement.ended/manual"));
        assert_int_equal(w.committed.occupied, 1);
        assert_int_equal(w.committed.pending, 0);
        assert_int_equal(agent_memory(&w.agent)->spaces.free, 0);
    }
}

/* A person opened for it where no space was in hand, and then the journal failed. */
static void an_entry_without_a_space_is_counted(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    world_arrive(&w, 0, NULL);
    struct agent_input open = {.kind = INPUT_ORDER,
                               .order = {.lane = {"in"},
                                         .action = ACTION_OPEN,
                                         .not_after = wall_after(w.now.wall, 30000),
                                         .actor = {"kim"},
                                         .reason = "help"}};
    memset(open.order.id.text, 'a', REQUEST_ID_SIZE - 1);
    assert_int_equal(world_turn(&w, &open, 1), ERR_OK);
    world_arm_up(&w, 0);
    agent_cripple(&w.agent, w.now);
    world_drive_through(&w, 0);
    w.said[0] = '\0';
    heal();
    world_said(&w, "#edge.alarm/journal+ #edge.alarm/journal- #in.passage.unauthorised/overdraft "
                   "#in.movement.ended/manual hello");
    assert_int_equal(w.committed.occupied, 1);
    assert_int_equal(agent_memory(&w.agent)->spaces.overdraft, 1);
}

static void a_backed_out_entry_brings_its_space_back(void **state)
{
    (void)state;
    world_ready(&w, "in", 2);
    world_arrive(&w, 0, "12AB34");
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1);
    w.inputs[0] = (w.inputs[0] & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    world_io(&w, 0);
    w.fail_at = 0;
    agent_cripple(&w.agent, w.now);
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 40000);
    w.said[0] = '\0';
    heal();
    assert_non_null(strstr(w.said, "#in.passage.voided/12AB34/backed_out"));
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 2);
    assert_int_equal(w.committed.pending, 0);
}

/* Whichever call of the settlement fails: still crippled, nothing half done. */
static void a_settlement_that_fails_is_done_again(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    world_arrive(&w, 0, NULL);
    world_set_plate(&w, 0, "12AB34");
    crippled_by(0);
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    int commits = w.commits, nth = 1;
    static struct agent_state before;
    memcpy(&before, &w.agent.live, sizeof before);
    for (;; nth++) {
        w.journal_calls = 0;
        w.fail_at = nth;
        struct edge_memory m = w.committed.memory;
        if (agent_heal(&w.agent, &m, w.now) == ERR_OK)
            break;
        assert_true(agent_crippled(&w.agent));
        assert_int_equal(w.commits, commits);
        assert_memory_equal(&before, &w.agent.live, sizeof before);
        assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
        memcpy(&before, &w.agent.live, sizeof before);
    }
    assert_true(nth >
                8); /* begin, alarm twice, opened, authorised, completed, ended, edge, commit */
    assert_int_equal(w.commits, commits + 1);
}

/* How many rows from `from` on are of this kind. */
static size_t told(int64_t from, const char *kind)
{
    size_t n = 0;
    for (int64_t seq = from; seq < agent_memory(&w.agent)->next; seq++)
        n += strstr(w.rows[seq - 1].bytes, kind) != NULL;
    return n;
}

/* Each with the time it happened at, as many as there is room for; the others are a gap. */
static void openings_are_told_with_their_times(void **state)
{
    enum { BEYOND = 3 };
    char mono[32];
    (void)state;
    world_ready(&w, "out", 0);
    world_on(&w, 0, IN_LOOP_A);
    w.now.mono.v += 100, w.now.wall.v += 100;
    crippled_by(0);
    world_set_plate(&w, 0, "12AB34");
    world_io(&w, 0);
    int64_t first = w.now.mono.v;
    for (size_t i = 0; i < AGENT_OPENINGS_MAX + BEYOND; i++) {
        if (i > 0)
            world_arrive(&w, 0, "12AB34");
        world_arm_up(&w, 0);
        world_drive_through(&w, 0);
        world_arm_down(&w, 0);
        world_wait(&w, 10000);
    }
    assert_int_equal(w.moves, AGENT_OPENINGS_MAX + BEYOND);
    int64_t from = agent_memory(&w.agent)->next, alarms = 2;
    heal();
    assert_int_equal(told(from, "arm.opened"), AGENT_OPENINGS_MAX);
    assert_int_equal(told(from, "count.gap"), 2); /* openings, crossings */
    snprintf(mono, sizeof mono, "\"mono_ms\":%lld,", (long long)first);
    assert_non_null(strstr(w.rows[from - 1 + alarms].bytes, mono));
    from = agent_memory(&w.agent)->next;
    world_wait(&w, 1000);
    assert_int_equal(told(from, "arm.opened"), 0); /* once */
}

/* What promises something durable is not taken: whoever sent it asks again. */
static void grants_and_answers_are_left_alone(void **state)
{
    (void)state;
    world_ready(&w, "in", 1);
    agent_cripple(&w.agent, w.now);
    world_grant(&w, 7, 4);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1);
    heal();
    world_grant(&w, 7, 4);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 5);
}

static void another_journal_begins_without_an_epoch(void **state)
{
    (void)state;
    world_ready(&w, "in out", 3);
    world_arrive(&w, 0, "12AB34");
    agent_cripple(&w.agent, w.now);
    struct edge_memory m = {.next = 1, .boot = 1};
    memset(m.journal.text, 'b', REQUEST_ID_SIZE - 1);
    memset(m.head.text, '0', DIGEST_SIZE - 1);
    memset(&w.committed, 0, sizeof w.committed);
    w.committed.memory = m;
    struct agent_input alarm = {.kind = INPUT_EDGE_ALARM,
                                .alarm = {ALARM_JOURNAL, true, "set aside"}};
    assert_int_equal(world_turn(&w, &alarm, 1), ERR_OK);
    assert_int_equal(agent_heal(&w.agent, &m, w.now), ERR_OK);
    assert_int_equal(agent_memory(&w.agent)->epoch, 0);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 0);
    w.said[0] = '\0';
    assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
    world_said(&w, "hello");
    w.inputs[0] = (w.inputs[0] & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    world_io(&w, 0);
    world_drive_through(&w, 0); /* the vehicle of the old journal */
    world_hello_answer(&w, 2, 0);
    assert_non_null(strstr(w.said, "#edge.started #in.count.gap #edge.alarm/journal+"));
    world_arrive(&w, 1, "56CD78"); /* and the exit goes on */
    assert_non_null(strstr(w.said, "out:ask:exit"));
}

/* It has no epoch to tell them in yet: they stay owed. */
static void what_is_owed_outlasts_a_journal_without_an_epoch(void **state)
{
    (void)state;
    world_init(&w, "in out");
    world_io(&w, 0);
    world_io(&w, 1);
    world_arrive(&w, 0, "IN1");
    world_arrive(&w, 1, "OUT1");
    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    agent_cripple(&w.agent, w.now);
    heal();
    w.said[0] = '\0';
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    world_said(&w, "hello #edge.started #out.arm.opened/ticket #in.vehicle.presented "
                   "#in.credential.read/IN1 #out.count.gap in:ask:entry");
}

static void audited(int64_t epoch, int64_t seq)
{
    world_uplink(&w, true);
    world_hello_says(&w, &(struct hello_answer){.epoch = epoch,
                                                .upto = agent_memory(&w.agent)->base,
                                                .lease_ms = 600000000,
                                                .audited = seq});
}

/* A count up to the last event on record was before a fire that could not be recorded. */
static void a_fire_meanwhile_needs_a_new_audit(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    int64_t last = agent_memory(&w.agent)->next - 1;
    agent_cripple(&w.agent, w.now);
    world_on(&w, 0, IN_FIRE);
    world_wait(&w, 1000);
    heal();
    audited(1, last);
    assert_int_equal(w.committed.memory.audit_due, last + 1);
    audited(1, last + 1);
    assert_int_equal(w.committed.memory.audit_due, 0);
}

/* Who came in under fire is inside, whichever journal remembers it. */
static void an_audit_is_due_in_another_journal_too(void **state)
{
    (void)state;
    world_ready(&w, "in", 3);
    world_on(&w, 0, IN_FIRE);
    world_wait(&w, 1000);
    world_off(&w, 0, IN_FIRE);
    agent_cripple(&w.agent, w.now);
    struct edge_memory m = {.next = 1, .boot = 1};
    memset(m.journal.text, 'b', REQUEST_ID_SIZE - 1);
    memset(m.head.text, '0', DIGEST_SIZE - 1);
    memset(&w.committed, 0, sizeof w.committed);
    w.committed.memory = m;
    assert_int_equal(agent_heal(&w.agent, &m, w.now), ERR_OK);
    assert_true(w.committed.memory.audit_due > 0);
    world_hello_answer(&w, 2, 0);
    assert_true(w.committed.memory.audit_due > 0);
}

/* What holds a lane, and what it raised, as it is when a commit works again. */
static void modes_and_alarms_are_told_afterwards(void **state)
{
    (void)state;
    world_ready(&w, "in", 0);
    world_off(&w, 0, IN_CABINET_CLOSED);
    world_wait(&w, 1000);
    agent_cripple(&w.agent, w.now);
    world_on(&w, 0, IN_LOCAL_MODE);
    world_on(&w, 0, IN_CABINET_CLOSED);
    world_off(&w, 0, IN_MAINS_OK);
    world_wait(&w, 1000);
    w.said[0] = '\0';
    heal();
    world_said(&w, "#edge.alarm/journal+ #edge.alarm/journal- #in.lane.mode/local+ "
                   "#in.lane.alarm/mains_lost+ #in.lane.alarm/cabinet_open- hello");
    world_off(&w, 0, IN_LOCAL_MODE);
    world_said(&w, "#in.lane.mode/local-");
}

/* A journal without an epoch tells them once it has one. */
static void modes_and_alarms_are_told_to_a_new_epoch(void **state)
{
    (void)state;
    world_init(&w, "in");
    world_io(&w, 0);
    world_on(&w, 0, IN_LOCAL_MODE);
    world_uplink(&w, true);
    w.said[0] = '\0';
    world_hello_answer(&w, 1, 0);
    assert_non_null(strstr(w.said, "#edge.started #in.lane.mode/local+"));
}

static void a_start_without_a_commit(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    struct agent_ports p = w.agent.ports;
    w.journal_calls = 0;
    w.fail_at = 1;
    assert_int_equal(agent_start(&w.agent, &w.config, &p, &w.committed.memory, NULL, 0, w.now),
                     ERR_IO);
    w.fail_at = 0;
    agent_cripple(&w.agent, w.now);
    world_io(&w, 0);
    world_arrive(&w, 0, "12AB34");
    assert_int_equal(w.moves, 1);
    w.said[0] = '\0';
    heal();
    world_said(&w,
               "#edge.started #edge.alarm/journal+ #edge.alarm/journal- #out.arm.opened/ticket");
}

/* A10 */
static void observations_are_left_out_and_told(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    struct agent_input in = {.kind = INPUT_STORAGE, .frugal = true};
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_arrive(&w, 0, "12AB34");
    world_answer(&w, VERDICT_ALLOW, BASIS_FREE, REASON_NONE, "");
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_arm_down(&w, 0);
    assert_null(strstr(w.said, "vehicle.presented"));
    assert_null(strstr(w.said, "credential.read"));
    assert_null(strstr(w.said, "passage.started"));
    assert_non_null(strstr(w.said, "#out.passage.authorised/12AB34/free #out.arm.opened/ticket"));
    assert_non_null(strstr(w.said, "#out.passage.completed/12AB34"));
    assert_non_null(strstr(w.said, "#out.movement.ended/drove_through"));
    w.said[0] = '\0';
    in.frugal = false;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "#out.count.gap");
    assert_int_equal(w.agent.live.lanes[0].left_out, 0);
}

static void alarms_are_told_once_each_way(void **state)
{
    (void)state;
    world_init(&w, "out");
    struct agent_input in = {.kind = INPUT_EDGE_ALARM, .alarm = {ALARM_CLOCK, true, "stepped"}};
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_io(&w, 0);
    world_uplink(&w, true);
    w.said[0] = '\0';
    world_hello_answer(&w, 1, 0); /* kept until there is an epoch */
    world_said(&w, "#edge.started #edge.alarm/clock+");
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    in.alarm.active = false;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "#edge.alarm/clock-");
}

static void the_clock_is_in_every_event(void **state)
{
    (void)state;
    world_ready(&w, "out", 0);
    struct telemetry t;
    struct agent_input in = {.kind = INPUT_CLOCK, .clock = CLOCK_UNSET};
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    agent_snapshot(&w.agent, w.now, &t);
    assert_int_equal(t.clock, CLOCK_UNSET);
    world_arrive(&w, 0, NULL);
    assert_int_equal(w.last_clock, CLOCK_UNSET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admits_nobody_and_opens_exits),
        cmocka_unit_test(an_unread_exit_opens),
        cmocka_unit_test(a_passage_on_record_is_settled),
        cmocka_unit_test(an_exit_begun_on_record_is_settled),
        cmocka_unit_test(an_entry_opened_by_an_order_is_settled),
        cmocka_unit_test(an_entry_without_a_space_is_counted),
        cmocka_unit_test(a_backed_out_entry_brings_its_space_back),
        cmocka_unit_test(a_settlement_that_fails_is_done_again),
        cmocka_unit_test(openings_are_told_with_their_times),
        cmocka_unit_test(grants_and_answers_are_left_alone),
        cmocka_unit_test(another_journal_begins_without_an_epoch),
        cmocka_unit_test(what_is_owed_outlasts_a_journal_without_an_epoch),
        cmocka_unit_test(a_fire_meanwhile_needs_a_new_audit),
        cmocka_unit_test(an_audit_is_due_in_another_journal_too),
        cmocka_unit_test(modes_and_alarms_are_told_afterwards),
        cmocka_unit_test(modes_and_alarms_are_told_to_a_new_epoch),
        cmocka_unit_test(a_start_without_a_commit),
        cmocka_unit_test(observations_are_left_out_and_told),
        cmocka_unit_test(alarms_are_told_once_each_way),
        cmocka_unit_test(the_clock_is_in_every_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
