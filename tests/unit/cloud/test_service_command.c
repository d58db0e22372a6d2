/* Commands through the service: stored before they are sent, sent until answered, followed to their end
 * (service/command.h O1). */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct desk {
    struct world w;
    struct test_edge e;
};

static int setup(void **state)
{
    static struct desk d;
    memset(&d, 0, sizeof d);
    world_open(&d.w);
    world_place(&d.w, "a", 10, POLICY_DEFER);
    d.e = edge_of("a", "e1", 7);
    assert_true(edge_hello(&d.w, &d.e, "ex"));
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    world_close(&d->w);
    world_remove(&d->w);
    return 0;
}

static struct command command_of(char id, enum action action)
{
    struct command c = {.action = action, .actor = {"kim"}, .reason = "help call"};
    memset(c.id.text, id, REQUEST_ID_SIZE - 1);
    return c;
}

static const struct name entry_lane = {"in-1"};

static void order(struct desk *d, const struct command *c, const char *place)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_COMMAND;
    w->admin.order.command = *c;
    snprintf(w->admin.order.place.text, NAME_SIZE, "%s", place);
    w->admin.done = world_admin_done;
    w->admin.arg = &d->w;
    assert_int_equal(service_post(d->w.service, w), ERR_OK);
    world_run(&d->w);
}

static struct command give(struct desk *d, char id, enum action action)
{
    struct command c = command_of(id, action);
    c.lane = entry_lane;
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_OK);
    return c;
}

static void result(struct desk *d, const struct command *c, enum stage stage, enum reason why)
{
    struct event e = edge_event(&d->w, &d->e, EVENT_COMMAND_RESULT);
    e.data.lane = c->lane;
    e.data.command = c->id;
    e.data.action = c->action;
    e.data.stage = stage;
    e.data.reason = why;
    edge_send(&d->w, &d->e, &e);
    world_run(&d->w);
}

static int64_t count(struct desk *d, const char *where)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM lane_command WHERE %s", where);
    return world_sql(&d->w, sql);
}

static void an_order_is_kept_and_sent(void **state)
{
    struct desk *d = *state;
    struct command c = give(d, 'a', ACTION_OPEN);
    assert_true(d->w.admin.created);
    assert_int_equal(d->w.command_count, 1);
    assert_string_equal(d->w.commands[0].edge.text, "e1");
    assert_string_equal(d->w.commands[0].command.id.text, c.id.text);
    assert_true(d->w.commands[0].command.not_after.v > d->w.commands[0].command.issued.v);
    assert_int_equal(count(d, "stage IS NULL AND actor = 'kim' AND reason = 'help call'"), 1);
    result(d, &c, STAGE_ACCEPTED, REASON_NONE);
    result(d, &c, STAGE_EXECUTING, REASON_NONE);
    assert_int_equal(count(d, "stage = 'executing' AND ended_ms IS NULL"), 1);
    result(d, &c, STAGE_DONE, REASON_NONE);
    assert_int_equal(count(d, "stage = 'done' AND accepted_ms > 0 AND executing_ms > 0 AND "
                              "ended_ms > 0 AND presumed = 0"),
                     1);
    assert_int_equal(d->w.notices[NOTICE_COMMAND], 4);
    assert_non_null(strstr(d->w.last_notice[NOTICE_COMMAND], "\"stage\":\"done\""));
    assert_null(strstr(d->w.last_notice[NOTICE_COMMAND], "kim"));
}

static void the_same_order_twice_is_one(void **state)
{
    struct desk *d = *state;
    struct command c = give(d, 'a', ACTION_OPEN);
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_OK);
    assert_false(d->w.admin.created);
    assert_int_equal(d->w.command_count, 1);
    c.action = ACTION_CLOSE;
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_CONFLICT);
    assert_int_equal(count(d, "1"), 1);
}

static void what_cannot_be_ordered_is_refused(void **state)
{
    struct desk *d = *state;
    struct command c = command_of('a', ACTION_OPEN);
    c.lane = entry_lane;
    order(d, &c, "nosuch");
    assert_int_equal(d->w.admin.err, ERR_NOTFOUND);
    c.lane = (struct name){"nosuch"};
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_NOTFOUND);
    c.lane = entry_lane;
    c.not_after = d->w.now.wall;
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_INVAL);
    c.not_after = wall_after(d->w.now.wall, 3600001);
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_INVAL);
    assert_int_equal(count(d, "1"), 0);
    assert_int_equal(d->w.command_count, 0);
}

static void it_is_sent_until_answered(void **state)
{
    struct desk *d = *state;
    struct command c = give(d, 'a', ACTION_LOCK);
    world_pass_ms(&d->w, 2100);
    assert_int_equal(d->w.command_count, 2);
    assert_string_equal(d->w.commands[1].command.id.text, c.id.text);
    assert_int_equal(d->w.commands[1].command.not_after.v, d->w.commands[0].command.not_after.v);
    assert_true(edge_hello(&d->w, &d->e, "ex")); /* it came back: at once */
    assert_int_equal(d->w.command_count, 3);
    result(d, &c, STAGE_ACCEPTED, REASON_NONE);
    world_pass_ms(&d->w, 10000);
    assert_true(edge_hello(&d->w, &d->e, "ex"));
    assert_int_equal(d->w.command_count, 3);
}

static void a_restart_goes_on(void **state)
{
    struct desk *d = *state;
    struct command c = give(d, 'a', ACTION_LOCK);
    world_restart(&d->w);
    assert_true(edge_hello(&d->w, &d->e, "ex"));
    assert_int_equal(d->w.command_count, 2);
    result(d, &c, STAGE_DONE, REASON_NONE);
    world_restart(&d->w);
    assert_true(edge_hello(&d->w, &d->e, "ex"));
    assert_int_equal(d->w.command_count, 2);
}

static void silence_is_presumed_to_be_too_late(void **state)
{
    struct desk *d = *state;
    struct command c = give(d, 'a', ACTION_OPEN);
    world_pass_ms(&d->w, 40000);
    assert_int_equal(count(d, "stage = 'expired' AND presumed = 1"), 1);
    size_t sent = d->w.command_count;
    world_pass_ms(&d->w, 10000);
    assert_int_equal(d->w.command_count, sent);
    result(d, &c, STAGE_ACCEPTED, REASON_NONE); /* it was away, and knows better */
    assert_int_equal(count(d, "stage = 'accepted' AND presumed = 0 AND ended_ms IS NULL"), 1);
    world_pass_ms(&d->w, 200000);
    assert_int_equal(count(d, "stage = 'failed' AND why = 'timeout' AND presumed = 1"), 1);
    result(d, &c, STAGE_DONE, REASON_NONE);
    assert_int_equal(count(d, "stage = 'done' AND presumed = 0 AND why IS NULL"), 1);
}

static void nothing_is_sent_after_its_deadline(void **state)
{
    struct desk *d = *state;
    give(d, 'a', ACTION_OPEN);
    world_pass_ms(&d->w, 30500);
    size_t sent = d->w.command_count;
    assert_true(edge_hello(&d->w, &d->e, "ex"));
    assert_int_equal(d->w.command_count, sent);
}

/* Only the edge that was told can answer. */
static void another_edge_is_not_believed(void **state)
{
    struct desk *d = *state;
    struct command c = give(d, 'a', ACTION_OPEN);
    struct test_edge other = edge_of("a", "e2", 8);
    assert_true(edge_hello(&d->w, &other, ""));
    struct event e = edge_event(&d->w, &other, EVENT_COMMAND_RESULT);
    e.data.lane = c.lane;
    e.data.command = c.id;
    e.data.action = c.action;
    e.data.stage = STAGE_DONE;
    edge_send(&d->w, &other, &e);
    world_run(&d->w);
    assert_int_equal(count(d, "stage IS NULL"), 1);
    assert_int_equal(world_last_ack(&d->w, "e2"), other.seq);
}

/* A controller was replaced under another name: the lane is where somebody is. */
static void edge_gone(struct desk *d, const char *edge)
{
    char text[STATUS_BYTES_MAX];
    size_t len;
    struct status gone = {.boot = 1, .session = 1, .time = d->w.now.wall, .version = "0.1.0"};
    assert_int_equal(status_encode(&gone, text, sizeof text, &len), ERR_OK);
    struct work *w = work_new(WORK_STATUS, text, len);
    w->place = (struct name){"a"};
    snprintf(w->edge.text, NAME_SIZE, "%s", edge);
    assert_int_equal(service_post(d->w.service, w), ERR_OK);
    world_run(&d->w);
}

static void of_two_edges_with_the_lane_the_one_that_is_there(void **state)
{
    struct desk *d = *state;
    struct test_edge other = edge_of("a", "e2", 8);
    assert_true(edge_hello(&d->w, &other, "e"));
    struct command c = command_of('a', ACTION_LOCK);
    c.lane = entry_lane;
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_CONFLICT); /* both are */
    edge_gone(d, "e1");
    order(d, &c, "a");
    assert_int_equal(d->w.admin.err, ERR_OK);
    assert_string_equal(d->w.commands[0].edge.text, "e2");
    edge_gone(d, "e2");
    size_t sent = d->w.command_count;
    order(d, &c, "a"); /* repeated: the same one, although nobody has the lane alone any more */
    assert_int_equal(d->w.admin.err, ERR_OK);
    assert_false(d->w.admin.created);
    assert_int_equal(d->w.command_count, sent);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(an_order_is_kept_and_sent),
        T(the_same_order_twice_is_one),
        T(what_cannot_be_ordered_is_refused),
        T(it_is_sent_until_answered),
        T(a_restart_goes_on),
        T(silence_is_presumed_to_be_too_late),
        T(nothing_is_sent_after_its_deadline),
        T(another_edge_is_not_believed),
        T(of_two_edges_with_the_lane_the_one_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
