/* Random inputs in random order with kills and failing commits, from seeds: the checks of the fakes
 * (agent_world.h) and, here, that no arm is lowered on anything and no entry opens without a
 * space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/agent_world.h"

static struct world w;
static uint64_t state_of_chance;

/* splitmix64 (public domain): a seed replays exactly. */
static uint64_t chance(uint64_t n)
{
    uint64_t z = (state_of_chance += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % n;
}

/* Loops change often, the rest seldom; the arm mostly does what it is told (see obey). */
static void flip_input(size_t lane)
{
    static const enum lane_input often[] = {IN_LOOP_A, IN_LOOP_B, IN_LOOP_A, IN_LOOP_B, IN_LOOP_C};
    static const enum lane_input seldom[] = {IN_PHOTOCELL_CLEAR, IN_EDGE_OK, IN_OBSTRUCTION,
                                             IN_FAULT_B,         IN_ARM_UP,  IN_ARM_DOWN,
                                             IN_RESTARTED,       IN_FIRE};
    enum lane_input i = chance(12) > 0 ? often[chance(5)] : seldom[chance(8)];
    w.inputs[lane] ^= 1U << i;
}

static void obey(size_t lane)
{
    char open[48], close[48];
    snprintf(open, sizeof open, "%s:OPEN", w.config.lanes[lane].name.text);
    snprintf(close, sizeof close, "%s:CLOSE", w.config.lanes[lane].name.text);
    bool up = strstr(w.said, open) != NULL, down = strstr(w.said, close) != NULL;
    if (down) { /* L2, by what the agent was shown */
        assert_true(inputs_safe_to_close(w.agent.live.lanes[lane].inputs));
        assert_true(w.agent.live.lanes[lane].lane.view.fresh);
    }
    if (up == down || chance(10) == 0)
        return;
    w.inputs[lane] &= ~(1U << IN_ARM_UP | 1U << IN_ARM_DOWN);
    w.inputs[lane] |= 1U << (up ? IN_ARM_UP : IN_ARM_DOWN);
}

/* Sometimes the journal or the cloud was set back, or nobody knows yet. */
static struct hello_answer random_hello(int64_t epoch)
{
    int64_t next = agent_memory(&w.agent)->next;
    struct hello_answer h = {.epoch = epoch ? epoch : 1, .lease_ms = 100000};
    switch (chance(6)) {
    case 0: h.probe = 1 + (int64_t)chance((uint64_t)next + 2); break;
    case 1:
        h.epoch += 1;
        h.common = (int64_t)chance((uint64_t)next);
        break;
    case 2: h.upto = (int64_t)chance((uint64_t)next); break;
    default: break;
    }
    return h;
}

static struct agent_input from_cloud(void)
{
    int64_t epoch = agent_memory(&w.agent)->epoch;
    struct agent_input in = {.kind = INPUT_GRANT};
    switch (chance(5)) {
    case 0:
        in.grant = (struct grant){.kind = (enum grant_kind)(GRANT_OFFER + chance(3)),
                                  .id = (int64_t)chance(900) + 1,
                                  .epoch = epoch,
                                  .n = (int64_t)chance(3) + 1};
        if (in.grant.kind == GRANT_BOUND || (in.grant.kind == GRANT_RECALL && chance(3) == 0))
            in.grant.right = (struct right_id){"permit:1"};
        return in;
    case 1:
        in.kind = INPUT_ACK;
        in.ack = (struct ack_input){epoch, (int64_t)chance(2000)};
        return in;
    case 2: in.kind = chance(2) ? INPUT_UPLINK_UP : INPUT_UPLINK_DOWN; return in;
    default: break;
    }
    in.kind = INPUT_RESPONSE;
    in.response.kind = w.asked.kind;
    in.response.id = w.asked.id;
    if (w.asked.kind == REQUEST_HELLO) {
        in.response.hello = random_hello(epoch);
    } else {
        in.response.answer.verdict = (enum verdict)(VERDICT_ALLOW + chance(3));
        in.response.answer.basis = BASIS_PAID;
        in.response.answer.reason = chance(2) ? REASON_FULL : REASON_DECLINED;
    }
    return in;
}

static struct agent_input random_input(void)
{
    size_t lane = chance(w.config.lane_count);
    if (chance(6) == 0)
        return from_cloud();
    if (chance(20) == 0) {
        struct agent_input in = {.kind = INPUT_COMMAND_RESULT, .lane = lane};
        in.command.command = chance(2) ? COMMAND_OPEN : COMMAND_CLOSE;
        in.command.result = (enum command_result)chance(4);
        in.command.err = chance(2) ? ERR_OK : ERR_TIMEOUT;
        return in;
    }
    if (chance(3) > 0)
        flip_input(lane);
    if (chance(6) == 0)
        world_set_plate(&w, lane, chance(8) ? "12AB34" : "\xff?");
    struct agent_input in = world_snapshot(&w, lane);
    in.io.fresh = chance(40) > 0;
    in.io.lost = chance(60) == 0;
    return in;
}

static int64_t pending(void)
{
    int64_t n = 0;
    for (size_t i = 0; i < w.config.lane_count; i++) {
        const struct agent_lane *l = &w.agent.live.lanes[i];
        n += l->lane.authorised && !l->movement.unrecorded &&
             lane_direction(&l->lane) == DIRECTION_ENTRY;
    }
    return n;
}

static void one_turn(void)
{
    struct agent_input in[3];
    size_t n = chance(4);
    for (size_t i = 0; i < n; i++)
        in[i] = random_input();
    int64_t ms = chance(4) ? (int64_t)chance(300) : (int64_t)chance(20000);
    w.now.mono.v += ms;
    w.now.wall.v += ms;
    w.said[0] = '\0';
    w.journal_calls = 0;
    w.fail_at = chance(50) ? 0 : 1 + (int)chance(8);
    enum err e = world_turn(&w, in, n);
    w.fail_at = 0;
    for (size_t i = 0; i < w.config.lane_count; i++)
        obey(i);
    if (e != ERR_OK || chance(300) == 0)
        world_restart(&w);
    assert_int_equal(w.committed.pending, pending());
}

static void run(uint64_t seed, const char *layout, int loops)
{
    state_of_chance = seed;
    world_init(&w, layout);
    for (size_t i = 0; i < w.config.lane_count; i++)
        w.config.lanes[i].lane.loops = loops;
    if (loops == 3 && seed % 5 == 0)
        w.config.lanes[0].lane.direction = DIRECTION_REVERSIBLE;
    world_restart(&w);
    for (int turn = 0; turn < 3000; turn++)
        one_turn();
}

static void random_histories(void **state)
{
    (void)state;
    static const char *const layouts[] = {"in", "out", "in out"};
    int64_t moves = 0, rows = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        run(seed, layouts[seed % 3], 2 + (int)(seed / 3 % 2));
        moves += w.moves;
        rows += w.committed.rows;
    }
    /* The histories are not idle. */
    assert_true(moves > 1000);
    assert_true(rows > 10000);
    print_message("%d motions, %d events\n", (int)moves, (int)rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
