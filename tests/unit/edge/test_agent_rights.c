/* The agent with a rights list (its real store, in memory): fetching it, and who comes in by it. */
#include "edge/rights/rights_store.h"
#include "protocol/support/digest.h"
#include "tests/unit/edge/agent_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct world w;
static struct rights_store *store;

static int begin(void **state)
{
    (void)state;
    assert_int_equal(rights_store_open(":memory:", &store), ERR_OK);
    world_init(&w, "in out");
    w.rights = rights_store_port(store);
    world_restart(&w);
    for (size_t i = 0; i < w.config.lane_count; i++)
        world_io(&w, i);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    world_grant(&w, 1000, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rights_store_close(store);
    return 0;
}

static char last_sha[RIGHTS_SHA_SIZE];

/* A part with one right (or none), its digest following the last one; `broken`: it does not. */
static void send_part(int64_t version, int64_t from, int64_t part, int64_t of,
                      const struct right *r, bool broken)
{
    static struct rights_part p;
    char entries[256], own[RIGHTS_SHA_SIZE];
    size_t len;
    p = (struct rights_part){.version = version, .from = from, .part = part, .of = of};
    if (r != NULL)
        p.entries[p.count++] = *r;
    assert_int_equal(rights_entries_encode(p.entries, p.count, entries, sizeof entries, &len),
                     ERR_OK);
    sha256_of(broken ? "?" : entries, broken ? 1 : len, own);
    sha256_chain(part == 0 ? "" : last_sha, own, p.sha256);
    if (!broken)
        memcpy(last_sha, p.sha256, sizeof last_sha);
    struct agent_input in = {.kind = INPUT_RIGHTS, .rights = {.part = &p}};
    sha256_of(entries, len, in.rights.sha256);
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
}

static void answer_rights(int64_t version, int64_t of)
{
    struct agent_input in = {
        .kind = INPUT_RESPONSE,
        .response = {.kind = REQUEST_RIGHTS, .id = w.asked.id, .rights = {version, version, of}}};
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
}

static struct right right_of(const char *id, enum right_kind kind, const char *plate)
{
    struct right r = {.kind = kind};
    snprintf(r.id.text, sizeof r.id.text, "%s", id);
    snprintf(r.plate.text, sizeof r.plate.text, "%s", plate);
    return r;
}

/* A list of one right is in force and confirmed; nothing said. */
static void with_right(enum right_kind kind, const char *plate)
{
    struct right r = right_of("r1", kind, plate);
    send_part(7, 0, 0, 1, &r, false);
    answer_rights(7, 0);
    w.said[0] = '\0';
}

static bool said(const char *words)
{
    bool yes = strstr(w.said, words) != NULL;
    if (!yes)
        print_message("said: %s\n", w.said);
    w.said[0] = '\0';
    return yes;
}

static void a_list_is_fetched_part_by_part(void **state)
{
    (void)state;
    struct right a = right_of("a", RIGHT_PERMIT, "1"), b = right_of("b", RIGHT_DENY, "2");
    assert_true(said("rights:have0,0.0"));
    answer_rights(7, 3);
    send_part(7, 0, 0, 3, &a, false);
    world_wait(&w, 2000); /* the rest was lost */
    assert_true(said("rights:have0,7.1"));
    send_part(7, 0, 1, 3, NULL, false);
    send_part(7, 0, 2, 3, &b, false);
    world_said(&w, "#rights.applied rights:have7,0.0");
    answer_rights(7, 0);
    world_wait(&w, 599000);
    assert_null(strstr(w.said, "rights"));
    world_wait(&w, 1500); /* the hello that is due as well goes first */
    world_hello_answer(&w, 1, 0);
    assert_true(said("rights:have7,0.0"));
}

static void a_broken_part_leaves_the_old_list_in_force(void **state)
{
    (void)state;
    struct right r = right_of("r2", RIGHT_PERMIT, "2");
    with_right(RIGHT_DENY, "1");
    send_part(8, 0, 0, 2, NULL, false);
    send_part(8, 0, 1, 2, &r, true);
    world_said(&w, "rights:have7,8.1");
    send_part(8, 0, 1, 2, &r, true);
    send_part(8, 0, 1, 2, &r, true);
    w.said[0] = '\0';
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.denied/1/barred"));
    world_wait(&w, 2000);
    assert_null(strstr(w.said, "applied"));
    assert_non_null(strstr(w.said, "rights:have7,0.0")); /* anew */
}

static void changes_are_applied_to_the_list_in_force(void **state)
{
    (void)state;
    struct right gone = {.id = {"r1"}, .removed = true}, next = right_of("r2", RIGHT_DENY, "2");
    with_right(RIGHT_DENY, "1");
    send_part(9, 7, 0, 2, &gone, false);
    send_part(9, 7, 1, 2, &next, false);
    world_said(&w, "#rights.applied rights:have9,0.0");
    world_arrive(&w, 0, "2");
    assert_true(said("#in.passage.denied/2/barred"));
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 500);
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.authorised/1/space"));
}

static void an_announcement_asks_at_once(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    send_part(8, 0, 0, 0, NULL, false);
    world_said(&w, "rights:have7,0.0");
}

static void a_permit_is_the_basis_and_spends_a_space(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "B234");
    world_arrive(&w, 0, "8234"); /* one confused character */
    assert_true(said("#in.passage.authorised/8234/right"));
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1);
}

static void a_wrong_day_is_told(void **state)
{
    (void)state;
    struct right r = right_of("r1", RIGHT_PERMIT, "1");
    r.from.v = w.now.wall.v + 3600000;
    send_part(7, 0, 0, 1, &r, false);
    w.said[0] = '\0';
    world_arrive(&w, 0, "1");
    assert_non_null(strstr(w.said, "'NOT VALID NOW'"));
    assert_true(said("#in.passage.denied/1/not_valid"));
}

static void a_barred_vehicle_may_leave(void **state)
{
    (void)state;
    with_right(RIGHT_DENY, "1");
    world_arrive(&w, 1, "1");
    assert_true(said("out:ask:exit"));
}

static void without_the_cloud_a_permit_leaves_on_its_right(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    world_uplink(&w, false);
    world_wait(&w, 3000);
    w.said[0] = '\0';
    world_arrive(&w, 1, "1");
    assert_true(said("#out.passage.authorised/1/right"));
}

/* The event may be one of those that a journal lost. */
static void a_new_epoch_tells_the_list_again(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    world_uplink(&w, true);
    world_hello_says(&w, &(struct hello_answer){.epoch = 2,
                                                .common = agent_memory(&w.agent)->next - 1,
                                                .lease_ms = 1});
    assert_true(said("#rights.applied"));
}

static void a_list_nobody_confirms_ends(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    world_uplink(&w, false);
    w.now.mono.v += INT64_C(86400000);
    w.now.wall.v += INT64_C(86400000);
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.authorised/1/space"));
}

static void a_restart_keeps_list_and_half_fetched_list(void **state)
{
    (void)state;
    with_right(RIGHT_DENY, "1");
    send_part(8, 0, 0, 2, NULL, false);
    w.said[0] = '\0';
    world_restart(&w);
    for (size_t i = 0; i < w.config.lane_count; i++)
        world_io(&w, i);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    assert_true(said("rights:have7,8.1"));
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.denied/1/barred"));
    send_part(8, 0, 1, 2, NULL, false);
    assert_true(said("#rights.applied"));
}

/* The turn that put a list in force fails at its commit and is done again. */
static void a_turn_done_again_takes_a_part_once(void **state)
{
    (void)state;
    static struct rights_part p;
    char own[RIGHTS_SHA_SIZE];
    with_right(RIGHT_DENY, "1");
    p = (struct rights_part){.version = 8, .of = 1, .count = 1};
    p.entries[0] = right_of("r1", RIGHT_DENY, "2");
    char entries[256];
    size_t len;
    assert_int_equal(rights_entries_encode(p.entries, 1, entries, sizeof entries, &len), ERR_OK);
    struct agent_input in = {.kind = INPUT_RIGHTS, .rights = {.part = &p}};
    sha256_of(entries, len, in.rights.sha256);
    memcpy(own, in.rights.sha256, sizeof own);
    sha256_chain("", own, p.sha256);
    w.fail_at = w.journal_calls + 2;
    assert_int_equal(world_turn(&w, &in, 1), ERR_IO);
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    assert_true(said("#rights.applied"));
    world_arrive(&w, 0, "2");
    assert_true(said("#in.passage.denied/2/barred"));
}

static void a_vehicle_that_waits_is_judged_by_the_new_list(void **state)
{
    (void)state;
    struct right gone = {.id = {"r1"}, .removed = true};
    with_right(RIGHT_DENY, "1");
    world_arrive(&w, 0, "1");
    w.said[0] = '\0';
    send_part(8, 7, 0, 1, &gone, false);
    assert_true(said("#in.passage.authorised/1/space"));
}

/* --- plates --- */

static void pushed(size_t lane, const char *plate, int64_t confidence)
{
    struct agent_input in = {.kind = INPUT_CREDENTIAL, .lane = lane};
    in.credential.len = (uint8_t)strlen(plate);
    in.credential.confidence = confidence;
    memcpy(in.credential.raw, plate, strlen(plate));
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
}

static void a_pushed_plate_is_a_reading(void **state)
{
    (void)state;
    world_arrive(&w, 0, NULL);
    w.said[0] = '\0';
    pushed(0, "12 가-3456", 10000);
    assert_true(said("#in.credential.read/12가3456 #in.passage.authorised/12가3456/space"));
    world_plate(&w, 0, "12가3456"); /* the same through the registers */
    assert_null(strstr(w.said, "credential.read"));
}

static void who_has_passed_is_not_the_next_vehicle(void **state)
{
    (void)state;
    world_arrive(&w, 0, "1B");
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    pushed(0, "18", 10000); /* late, and not read too well */
    world_arm_down(&w, 0);
    w.said[0] = '\0';
    world_arrive(&w, 0, NULL);
    assert_null(strstr(w.said, "credential.read"));
    world_wait(&w, 5000);
    pushed(0, "1B", 10000); /* by now it may be back */
    assert_true(said("#in.credential.read/1B"));
}

static void a_poor_reading_asks_the_camera_once_more(void **state)
{
    (void)state;
    w.agent.config.lanes[0].confidence_min = 5000;
    world_arrive(&w, 0, NULL);
    w.said[0] = '\0';
    pushed(0, "1", 4999);
    world_said(&w, "in:camera");
    pushed(0, "1", 4999);
    world_said(&w, "");
    pushed(0, "1", 5000);
    assert_true(said("#in.passage.authorised/1/space"));
}

/* --- anti-passback --- */

static void goes_in(const char *plate)
{
    world_arrive(&w, 0, plate);
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_arm_down(&w, 0);
    world_wait(&w, 6000);
    w.said[0] = '\0';
}

static void passback(enum passback_policy p)
{
    with_right(RIGHT_PERMIT, "1");
    w.agent.config.lanes[0].passback = w.agent.config.lanes[1].passback = p;
    goes_in("1");
}

static void a_right_inside_is_asked_for(void **state)
{
    (void)state;
    passback(PASSBACK_HARD);
    world_arrive(&w, 0, "1");
    assert_true(said("in:ask:entry"));
    assert_true(w.asked.question.passback);
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_PASSBACK, "");
    assert_true(said("#in.passage.denied/1/passback"));
}

static void the_cloud_may_know_that_it_left(void **state)
{
    (void)state;
    passback(PASSBACK_HARD);
    world_arrive(&w, 0, "1");
    w.said[0] = '\0';
    world_answer(&w, VERDICT_ALLOW, BASIS_SPACE, REASON_NONE, "");
    assert_non_null(strstr(w.said, "#in.passage.authorised/1/right"));
    assert_true(said("#in.lane.alarm/passback+"));
}

static void without_the_cloud_who_sees_both_sides_refuses(void **state)
{
    (void)state;
    passback(PASSBACK_HARD);
    world_uplink(&w, false);
    world_arrive(&w, 0, "1");
    assert_non_null(strstr(w.said, "'ALREADY INSIDE'"));
    assert_true(said("#in.passage.denied/1/passback"));
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 6000);
    world_arrive(&w, 1, "1"); /* leaves on its right: nobody is kept in */
    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    world_arm_down(&w, 1);
    world_wait(&w, 6000);
    w.said[0] = '\0';
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.authorised/1/right"));
}

/* The policy of an entry is about who left by any exit. */
static void who_left_by_an_exit_without_a_policy_is_outside(void **state)
{
    (void)state;
    passback(PASSBACK_HARD);
    w.agent.config.lanes[1].passback = PASSBACK_OFF;
    world_uplink(&w, false);
    world_arrive(&w, 1, "1");
    world_wait(&w, 3000);
    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    world_arm_down(&w, 1);
    world_wait(&w, 6000);
    w.said[0] = '\0';
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.authorised/1/right"));
}

static void softly_it_is_only_told(void **state)
{
    (void)state;
    passback(PASSBACK_SOFT);
    world_arrive(&w, 0, "1");
    assert_non_null(strstr(w.said, "#in.passage.authorised/1/right"));
    assert_true(said("#in.lane.alarm/passback+ #in.lane.alarm/passback-"));
}

static void a_hold_makes_everybody_neutral(void **state)
{
    (void)state;
    passback(PASSBACK_HARD);
    enum side side;
    struct right_id id = {"r1"};
    assert_int_equal(w.rights.side(w.rights.self, &id, &side), ERR_OK);
    assert_int_equal(side, SIDE_INSIDE);
    world_on(&w, 0, IN_FIRE);
    world_wait(&w, 3000);
    assert_non_null(strstr(w.said, "lane.mode"));
    assert_int_equal(w.rights.side(w.rights.self, &id, &side), ERR_OK);
    assert_int_equal(side, SIDE_NEUTRAL);
}

/* Nobody saw whether it drove out: it may come in again. */
static void an_uncertain_exit_leaves_it_neutral(void **state)
{
    (void)state;
    struct right_id id = {"r1"};
    enum side side;
    passback(PASSBACK_HARD);
    world_arrive(&w, 1, "1");
    world_answer(&w, VERDICT_ALLOW, BASIS_RIGHT, REASON_NONE, "");
    struct agent_input in = world_snapshot(&w, 1);
    in.io.fresh = false;
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_off(&w, 1, IN_LOOP_A);
    world_wait(&w, 1000);
    assert_true(said("#out.movement.ended/uncertain"));
    assert_int_equal(w.rights.side(w.rights.self, &id, &side), ERR_OK);
    assert_int_equal(side, SIDE_NEUTRAL);
}

/* --- exits without the cloud --- */

/* 10 won a second. */
static enum err ten_a_second(void *self, struct wall_ms entry, struct wall_ms exit,
                             struct money *ret)
{
    (void)self;
    *ret = (struct money){wall_diff_ms(exit, entry) / 1000 * 10, {"KRW"}};
    return ERR_OK;
}

static void with_quotes(void)
{
    w.quote = (struct quote_port){.price = ten_a_second};
    w.agent.ports.quote = w.quote;
}

static void offline(void)
{
    world_uplink(&w, false);
    world_wait(&w, 3000);
    w.said[0] = '\0';
}

static void an_exit_without_the_cloud_quotes_what_it_saw(void **state)
{
    (void)state;
    static const char said_due[] = "#out.passage.authorised/12/offline/due";
    with_quotes();
    goes_in("12");
    world_wait(&w, 100000);
    offline();
    world_arrive(&w, 1, "12");
    assert_non_null(strstr(w.said, "KRW pay later'"));
    const char *due = strstr(w.said, said_due);
    assert_non_null(due);
    long minor = strtol(due + strlen(said_due), NULL, 10);
    assert_true(minor >= 1000 && minor < 1300);
}

static void a_stay_nobody_saw_begin_has_no_quote(void **state)
{
    (void)state;
    with_quotes();
    offline();
    world_arrive(&w, 1, "99");
    assert_null(strstr(w.said, "/due"));
    assert_true(said("#out.passage.authorised/99/offline"));
}

static void a_quote_is_of_one_stay(void **state)
{
    (void)state;
    with_quotes();
    goes_in("12");
    offline();
    world_arrive(&w, 1, "12");
    world_arm_up(&w, 1);
    world_drive_through(&w, 1);
    world_arm_down(&w, 1);
    world_wait(&w, 6000);
    w.said[0] = '\0';
    world_arrive(&w, 1, "12");
    assert_null(strstr(w.said, "/due"));
}

/* A clock that was not set when it came in says nothing of how long it stayed; nor does an older stay. */
static void a_stay_begun_on_an_unset_clock_has_no_quote(void **state)
{
    (void)state;
    with_quotes();
    goes_in("12");
    struct agent_input clock = {.kind = INPUT_CLOCK, .clock = CLOCK_UNSET};
    assert_int_equal(world_turn(&w, &clock, 1), ERR_OK);
    goes_in("12");
    clock.clock = CLOCK_SYNCED;
    assert_int_equal(world_turn(&w, &clock, 1), ERR_OK);
    offline();
    world_arrive(&w, 1, "12");
    assert_null(strstr(w.said, "/due"));
    assert_true(said("#out.passage.authorised/12/offline"));
}

static void an_exit_may_be_held_but_nobody_is_trapped(void **state)
{
    (void)state;
    with_quotes();
    w.agent.config.lanes[1].hold_offline = true;
    goes_in("12");
    offline();
    world_arrive(&w, 1, "12");
    assert_non_null(strstr(w.said, "KRW please wait'"));
    assert_true(said("#out.passage.denied/12/unavailable"));
    world_wait(&w, 59000);
    assert_null(strstr(w.said, "authorised"));
    world_wait(&w, 1500);
    assert_true(said("#out.passage.authorised/12/offline/due"));
}

static void a_held_exit_asks_when_the_cloud_is_back(void **state)
{
    (void)state;
    w.agent.config.lanes[1].hold_offline = true;
    offline();
    world_arrive(&w, 1, "12");
    world_wait(&w, 10000);
    world_uplink(&w, true);
    world_hello_answer(&w, 1, 0);
    world_wait(&w, 5500);
    assert_int_equal(w.asked.kind, REQUEST_EXIT);
    world_answer(&w, VERDICT_ALLOW, BASIS_PAID, REASON_NONE, "");
    assert_true(said("#out.passage.authorised/12/paid"));
}

static void a_held_exit_without_an_answer_opens_too(void **state)
{
    (void)state;
    w.agent.config.lanes[1].hold_offline = true;
    world_arrive(&w, 1, "12"); /* online, but nobody answers */
    world_wait(&w, 58000);
    assert_null(strstr(w.said, "authorised"));
    world_wait(&w, 3000);
    assert_true(said("#out.passage.authorised/12/offline"));
}

static void a_permit_is_not_held(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    w.agent.config.lanes[1].hold_offline = true;
    offline();
    world_arrive(&w, 1, "1");
    assert_true(said("#out.passage.authorised/1/right"));
}

static int64_t bound(void)
{
    return bound_of(&agent_memory(&w.agent)->bound, &(struct right_id){"r1"});
}

static void a_bound_space_is_for_its_right_alone(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    int64_t free = agent_memory(&w.agent)->spaces.free;
    world_recall(&w, 901, free); /* nothing else in hand */
    w.said[0] = '\0';
    world_bound(&w, 902, "r1");
    assert_true(said("#space.accepted/n1"));
    world_bound(&w, 902, "r1");
    assert_int_equal(bound(), 1);
    world_arrive(&w, 0, "OTHER1"); /* not for this one */
    assert_null(strstr(w.said, "passage.authorised"));
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 20000);
    w.said[0] = '\0';
    world_arrive(&w, 0, "1");
    assert_true(said("#in.passage.authorised/1/bound"));
    assert_int_equal(bound(), 0);
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 0);
    /* It backs out: the space is bound again. */
    world_arm_up(&w, 0);
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 40000);
    assert_true(said("#in.passage.voided/1/backed_out"));
    assert_int_equal(bound(), 1);
    assert_int_equal(w.committed.bound, 1);
}

/* agent.h, A9: also when that becomes known only after nothing could be committed for a while. */
static void a_bound_space_comes_back_after_a_pause(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    world_bound(&w, 902, "r1");
    world_arrive(&w, 0, "1");
    assert_int_equal(bound(), 0);
    world_arm_up(&w, 0);
    agent_cripple(&w.agent, w.now);
    world_off(&w, 0, IN_LOOP_A);
    world_wait(&w, 40000);
    assert_int_equal(bound(), 0);
    w.said[0] = '\0';
    struct edge_memory m = w.committed.memory;
    assert_int_equal(agent_heal(&w.agent, &m, w.now), ERR_OK);
    assert_true(said("#in.passage.voided/1/backed_out"));
    assert_int_equal(bound(), 1);
    assert_int_equal(w.committed.bound, 1);
}

static void a_bound_space_can_be_wanted_back(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    world_bound(&w, 902, "r1");
    w.said[0] = '\0';
    struct agent_input in = {.kind = INPUT_GRANT, .grant = {GRANT_RECALL, 903, 1, 1, {"r1"}}};
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "#space.recalled/n1 #space.returned/recalled/n1");
    assert_int_equal(bound(), 0);
    in.grant.id = 904; /* nothing left: nothing is owed either */
    assert_int_equal(world_turn(&w, &in, 1), ERR_OK);
    world_said(&w, "#space.recalled/n1");
    assert_int_equal(agent_memory(&w.agent)->owed, 0);
}

/* The list is asked for again `ms` later and is still the newest. */
static void confirmed_again(int64_t version, int64_t ms)
{
    w.now.mono.v += ms, w.now.wall.v += ms;
    w.agent.live.rights.due = w.now.mono;
    assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
    w.said[0] = '\0';
    answer_rights(version, 0);
    assert_int_equal(world_turn(&w, NULL, 0), ERR_OK);
}

static void a_bound_space_does_not_outlive_its_right(void **state)
{
    (void)state;
    struct right gone = {.id = {"r1"}, .removed = true};
    with_right(RIGHT_PERMIT, "1");
    world_bound(&w, 902, "r1");
    confirmed_again(7, 1000);
    assert_int_equal(bound(), 1);
    w.said[0] = '\0';
    send_part(8, 7, 0, 1, &gone, false);
    assert_true(said("#space.returned/surplus/n1"));
    assert_int_equal(bound(), 0);
    assert_int_equal(w.committed.bound, 0);
}

static void nor_its_validity(void **state)
{
    (void)state;
    struct right r = right_of("r1", RIGHT_PERMIT, "1");
    r.until = wall_after(w.now.wall, 1500);
    send_part(7, 0, 0, 1, &r, false);
    answer_rights(7, 0);
    world_bound(&w, 902, "r1");
    confirmed_again(7, 1000);
    assert_int_equal(bound(), 1);
    confirmed_again(7, 1000);
    assert_true(said("#space.returned/surplus/n1"));
    assert_int_equal(bound(), 0);
}

/* The space may be faster than the list with its right. */
static void an_older_list_says_nothing_of_a_bound_space(void **state)
{
    (void)state;
    with_right(RIGHT_PERMIT, "1");
    world_bound(&w, 902, "r2");
    world_wait(&w, 1000);
    assert_int_equal(w.committed.bound, 1);
    confirmed_again(7, 1000);
    assert_true(said("#space.returned/surplus/n1"));
    assert_int_equal(w.committed.bound, 0);
}

/* A right is found by what is shown as by a plate; it is the same right, for anti-passback as well. */
static void a_card_of_the_list(void **state)
{
    (void)state;
    struct right r = right_of("r1", RIGHT_PERMIT, "");
    snprintf(r.credential, sizeof r.credential, "04:A1");
    send_part(7, 0, 0, 1, &r, false);
    answer_rights(7, 0);
    w.config.lanes[0].passback = w.agent.config.lanes[0].passback = PASSBACK_HARD;
    world_arrive(&w, 0, NULL);
    world_show(&w, 0, READ_RFID, "04:A1");
    assert_true(said("#in.passage.authorised/<04:A1>/right #in.arm.opened/right"));
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    world_arm_down(&w, 0);
    world_wait(&w, 6000);
    world_uplink(&w, false);
    world_wait(&w, 3000);
    w.said[0] = '\0';
    world_arrive(&w, 0, NULL); /* handed to the next one */
    world_show(&w, 0, READ_RFID, "04:A1");
    assert_true(said("#in.passage.denied/<04:A1>/passback"));
}

static void a_card_on_the_deny_list(void **state)
{
    (void)state;
    struct right r = right_of("r1", RIGHT_DENY, "");
    snprintf(r.credential, sizeof r.credential, "04:A1");
    send_part(7, 0, 0, 1, &r, false);
    answer_rights(7, 0);
    world_arrive(&w, 0, NULL);
    world_show(&w, 0, READ_RFID, "04:A1");
    assert_true(said("#in.passage.denied/<04:A1>/barred"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_list_is_fetched_part_by_part),
        T(a_broken_part_leaves_the_old_list_in_force),
        T(changes_are_applied_to_the_list_in_force),
        T(an_announcement_asks_at_once),
        T(a_permit_is_the_basis_and_spends_a_space),
        T(a_wrong_day_is_told),
        T(a_barred_vehicle_may_leave),
        T(without_the_cloud_a_permit_leaves_on_its_right),
        T(a_bound_space_is_for_its_right_alone),
        T(a_bound_space_comes_back_after_a_pause),
        T(a_bound_space_can_be_wanted_back),
        T(a_bound_space_does_not_outlive_its_right),
        T(nor_its_validity),
        T(an_older_list_says_nothing_of_a_bound_space),
        T(a_new_epoch_tells_the_list_again),
        T(a_list_nobody_confirms_ends),
        T(a_restart_keeps_list_and_half_fetched_list),
        T(a_turn_done_again_takes_a_part_once),
        T(a_vehicle_that_waits_is_judged_by_the_new_list),
        T(a_right_inside_is_asked_for),
        T(the_cloud_may_know_that_it_left),
        T(without_the_cloud_who_sees_both_sides_refuses),
        T(who_left_by_an_exit_without_a_policy_is_outside),
        T(an_uncertain_exit_leaves_it_neutral),
        T(softly_it_is_only_told),
        T(a_hold_makes_everybody_neutral),
        T(an_exit_without_the_cloud_quotes_what_it_saw),
        T(a_stay_nobody_saw_begin_has_no_quote),
        T(a_quote_is_of_one_stay),
        T(a_stay_begun_on_an_unset_clock_has_no_quote),
        T(an_exit_may_be_held_but_nobody_is_trapped),
        T(a_held_exit_asks_when_the_cloud_is_back),
        T(a_held_exit_without_an_answer_opens_too),
        T(a_permit_is_not_held),
        T(a_pushed_plate_is_a_reading),
        T(who_has_passed_is_not_the_next_vehicle),
        T(a_poor_reading_asks_the_camera_once_more),
        T(a_card_of_the_list),
        T(a_card_on_the_deny_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
