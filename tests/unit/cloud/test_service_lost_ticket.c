/* Lost tickets: who stands at an exit without one pays the rate table's price, and the lane opens. */
#include "tests/unit/cloud/scene.h"

#include "cloud/core/pay_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOST_MINOR = 20000 };

static int setup(void **state)
{
    int rc = scene_defer(state);
    struct scene *c = *state;
    struct place_settings a = world_settings("a", 10);
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    c->w.pay_url = "https://p.kr/pay/";
    world_restart(&c->w);
    a.unmatched_exit = UNMATCHED_DENY;
    work->admin.kind = ADMIN_PLACE_PUT;
    work->admin.place = a;
    assert_int_equal(service_post(c->w.service, work), ERR_OK);
    world_run(&c->w);
    return rc;
}

static enum err lost_at(struct scene *c, const char *place, const char *lane, const char *car)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    struct lost_order *o = &work->admin.lost;
    work->admin.kind = ADMIN_LOST_TICKET;
    work->admin.done = world_admin_done;
    work->admin.arg = &c->w;
    snprintf(o->place.text, sizeof o->place.text, "%s", place);
    o->actor = (struct name){"desk"};
    snprintf(o->lane.text, sizeof o->lane.text, "%s", lane);
    snprintf(o->plate.text, sizeof o->plate.text, "%s", car);
    snprintf(o->reason, sizeof o->reason, "paper lost");
    assert_int_equal(service_post(c->w.service, work), ERR_OK);
    world_run(&c->w);
    return c->w.admin.err;
}

static enum err lost(struct scene *c, const char *lane, const char *car)
{
    return lost_at(c, "a", lane, car);
}

static const struct movement_id there = {"00000000000000aa"};

/* What becomes of a vehicle nobody knows at the exit. */
static void tell(struct scene *c, enum event_kind kind, const struct request_id *request)
{
    struct event e = edge_event(&c->w, &c->e, kind);
    e.data.lane = (struct name){"out-1"};
    e.data.movement = there;
    e.data.direction = DIRECTION_EXIT;
    if (kind == EVENT_PASSAGE_AUTHORISED) {
        e.data.basis = BASIS_PAID;
        e.data.request = *request;
    }
    edge_send(&c->w, &c->e, &e);
    world_run(&c->w);
}

static void the_price_opens_the_lane(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    tell(c, EVENT_VEHICLE_PRESENTED, NULL);
    assert_int_equal(lost(c, "out-1", ""), ERR_OK);
    assert_int_equal(w->admin.due_minor, LOST_MINOR);
    assert_string_equal(w->admin.session.text, there.text);
    assert_int_equal(lost(c, "out-1", ""), ERR_OK); /* the same again changes nothing */
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE lost = 1"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM fact WHERE type = 'ticket.lost'"), 1);
    struct pay_order pay = {.token = w->admin.pay_token, .payer = {1, {{{"stripe"}, "cus_x"}}}};
    world_pass_ms(w, 10 * 60000); /* the price of a lost ticket does not grow */

    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, "", false, 0xaa);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    assert_int_equal(world_answer(w, &id)->due.minor, LOST_MINOR);

    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_PAY;
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    work->admin.pay = pay;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(w->admin.err, ERR_OK);
    assert_int_equal(w->calls[w->call_count - 1].amount.minor, LOST_MINOR);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session WHERE lost = 1"), LOST_MINOR);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    tell(c, EVENT_PASSAGE_AUTHORISED, &id);
    tell(c, EVENT_PASSAGE_COMPLETED, NULL);
    assert_int_equal(
        world_sql(w, "SELECT count(*) FROM session WHERE lost = 1 AND state = 'closed'"), 1);
    assert_int_equal(scene_open_debts(w), 0);
}

static void lost_tickets_that_are_refused(void **state)
{
    struct scene *c = *state;
    assert_int_equal(lost(c, "out-1", ""), ERR_CONFLICT);
    assert_string_equal(c->w.admin.reason, "nobody stands at this exit");
    tell(c, EVENT_VEHICLE_PRESENTED, NULL);
    assert_int_equal(lost(c, "out-9", ""), ERR_CONFLICT);
    struct place_settings zone = world_settings("z", 5);
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    zone.parent = (struct name){"a"};
    work->admin.kind = ADMIN_PLACE_PUT;
    work->admin.place = zone;
    assert_int_equal(service_post(c->w.service, work), ERR_OK);
    world_run(&c->w);
    assert_int_equal(lost_at(c, "z", "out-1", ""), ERR_CONFLICT);
    assert_string_equal(c->w.admin.reason, "a zone asks for no money, the place around it does");
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE lost = 1"), 0);
}

/* Fire: out without paying, and its stay is over. */
static void under_fire_it_ends_too(void **state)
{
    struct scene *c = *state;
    tell(c, EVENT_VEHICLE_PRESENTED, NULL);
    assert_int_equal(lost(c, "out-1", ""), ERR_OK);
    struct event e = edge_event(&c->w, &c->e, EVENT_MOVEMENT_ENDED);
    e.data.lane = (struct name){"out-1"};
    e.data.movement = there;
    e.data.outcome = OUTCOME_EVACUATED;
    edge_send(&c->w, &c->e, &e);
    world_run(&c->w);
    assert_int_equal(
        world_sql(&c->w, "SELECT count(*) FROM session WHERE lost = 1 AND state = 'closed'"), 1);
    assert_int_equal(scene_open_debts(&c->w), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, scene_teardown)
    const struct CMUnitTest tests[] = {T(the_price_opens_the_lane),
                                       T(lost_tickets_that_are_refused), T(under_fire_it_ends_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
