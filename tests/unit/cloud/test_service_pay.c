/* Drivers pay by themselves: before leaving, or by a link at the exit, which then opens. */
#include "tests/unit/cloud/scene.h"

#include "cloud/core/pay_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int with_links(void **state)
{
    int rc = scene_defer(state);
    struct scene *c = *state;
    c->w.pay_url = "https://p.kr/pay/";
    world_restart(&c->w);
    world_run(&c->w);
    return rc;
}

static enum err send_order(struct scene *c, enum admin_kind kind, const struct pay_order *o)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = kind;
    work->admin.done = world_admin_done;
    work->admin.arg = &c->w;
    work->admin.pay = *o;
    assert_int_equal(service_post(c->w.service, work), ERR_OK);
    world_run(&c->w);
    return c->w.admin.err;
}

static struct pay_order order_of(const char *car)
{
    struct pay_order o = {.stay = {.place = {"a"}}};
    snprintf(o.stay.plate.text, sizeof o.stay.plate.text, "%s", car);
    return o;
}

static struct payer somebody(const char *token)
{
    struct payer p = {1, {{{"stripe"}, ""}}};
    snprintf(p.tokens[0].token, sizeof p.tokens[0].token, "%s", token);
    return p;
}

/* The token on the display of an answer. */
static struct pay_order link_of(const struct passage_answer *a)
{
    struct pay_order o = {.payer = somebody("cus_link")};
    const char *at = strrchr(a->display, '/');
    assert_non_null(at);
    assert_int_equal(pay_token_parse(at + 1, strlen(at + 1), &o.token), ERR_OK);
    return o;
}

/* Paid before leaving: out without charge within the grace, the difference after it. */
static void paid_before_leaving(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct pay_order o = order_of(plate);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_OK);
    assert_string_equal(w->admin.payment + 16, ":charge:1");
    assert_int_equal(w->admin.due_minor, KRW_HOUR);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(w->calls[0].amount.minor, KRW_HOUR);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_CONFLICT); /* one at a time */
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_OK); /* nothing is due */
    assert_string_equal(w->admin.payment, "");
    assert_int_equal(w->admin.due_minor, 0);
    world_pass_ms(w, 5 * 60000);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    world_pass_ms(w, 20 * 60000); /* it did not leave, and the grace is over */
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].amount.minor, 25 * w->price_per_minute);
    assert_string_equal(w->calls[1].key + 16, ":charge:2");
}

/* What could not be sent is not charged after the vehicle drove out under fire. */
static void who_is_evacuated_is_not_charged(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct pay_order o = order_of(plate);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_OK);
    world_result(w, 0, PAYMENT_RESULT_NOT_SENT);
    struct event e = edge_event(w, &c->e, EVENT_VEHICLE_PRESENTED);
    e.data.lane = (struct name){"out-1"};
    e.data.movement = (struct movement_id){"00000000000000fe"};
    e.data.direction = DIRECTION_EXIT;
    edge_send(w, &c->e, &e);
    struct event read = edge_event(w, &c->e, EVENT_CREDENTIAL_READ);
    read.data.lane = e.data.lane;
    read.data.movement = e.data.movement;
    memcpy(read.data.plate.text, plate, sizeof plate);
    memcpy(read.data.raw.text, plate, sizeof plate);
    read.data.confidence = 9000;
    edge_send(w, &c->e, &read);
    struct event end = edge_event(w, &c->e, EVENT_MOVEMENT_ENDED);
    end.data.lane = e.data.lane;
    end.data.movement = e.data.movement;
    end.data.outcome = OUTCOME_EVACUATED;
    edge_send(w, &c->e, &end);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'closed'"), 1);
    for (int s = 0; s < 130; s++)
        world_pass_ms(w, 1000);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'void'"), 1);
}

static void orders_that_are_refused(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct pay_order o = order_of(no_account);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_CONFLICT);
    o.payer = somebody("cus_9");
    o.payer.tokens[0].provider = (struct name){"unknown"};
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_INVAL);
    o.payer = w->accounts[0].payer; /* of the other vehicle */
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_INVAL);
    o.payer = somebody("cus_9");
    w->unavailable = true;
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_UNAVAIL);
    w->unavailable = false;
    assert_int_equal(w->call_count, 0);
    o = order_of("99가9999");
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_NOTFOUND);
    o = (struct pay_order){.token = {"0123456789ABCDEF"}, .payer = somebody("cus_9")};
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_NOTFOUND);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 0);
}

/* The display shows amount and link; the payment opens the lane that still waits, under the same id. */
static void a_link_opens_the_lane(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    assert_int_equal(world_answer(w, &id)->reason, REASON_NO_ACCOUNT);
    struct pay_order o = link_of(world_answer(w, &id));
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_OK);
    assert_string_equal(w->calls[0].key + 16, ":charge:1");
    assert_string_equal(w->calls[0].token, "cus_link");
    assert_int_equal(world_answer(w, &id)->reason, REASON_PAYMENT);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    edge_leave(w, &c->e, no_account, BASIS_PAID, &id);
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 1);
}

/* Declined: the link stays, and another account may pay. */
static void a_declined_link_may_be_tried_again(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    struct pay_order o = link_of(world_answer(w, &id));
    send_order(c, ADMIN_PAY, &o);
    world_result(w, 0, PAYMENT_RESULT_DECLINED);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    assert_int_equal(world_answer(w, &id)->reason, REASON_DECLINED);
    assert_string_equal(link_of(world_answer(w, &id)).token.text, o.token.text);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_OK);
    assert_string_equal(w->calls[1].key + 16, ":charge:2");
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
}

/* Nobody pays: the question ends before the edge gives up waiting, and is asked again. Who pays after
 * that has paid: the next question opens. */
static void a_link_that_is_paid_late(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    struct pay_order o = link_of(world_answer(w, &id));
    world_pass_ms(w, 119000);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    world_pass_ms(w, 2000);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_DENY);
    assert_int_equal(world_answer(w, &id)->reason, REASON_NO_ACCOUNT);
    send_order(c, ADMIN_PAY, &o);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 2);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
}

/* The outcome is unknown: the place's policy lets the vehicle out, the payment goes on and settles the debt. */
static void an_unknown_outcome_follows_the_policy(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    struct pay_order o = link_of(world_answer(w, &id));
    send_order(c, ADMIN_PAY, &o);
    world_pass_ms(w, 2500);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    edge_leave(w, &c->e, no_account, BASIS_DEFERRED, &id);
    assert_int_equal(scene_open_debts(w), 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(w->call_count, 1);
}

/* A restart between the call and its answer: asked about, not made again. */
static void a_link_payment_outlives_a_restart(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    struct pay_order o = link_of(world_answer(w, &id));
    send_order(c, ADMIN_PAY, &o);
    world_restart(w);
    world_run(w);
    world_pass_ms(w, 2000);
    assert_int_equal(w->calls[w->call_count - 1].kind, PAYMENT_CALL_QUERY);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session WHERE paid_minor > 0"), KRW_HOUR);
    assert_int_equal(send_order(c, ADMIN_PAY, &o), ERR_OK);
    assert_string_equal(w->admin.payment, "");
}

/* It did not reach the provider before the restart: it is made again, as its driver wanted. */
static void a_lost_link_payment_is_made_again(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    struct pay_order o = link_of(world_answer(w, &id));
    send_order(c, ADMIN_PAY, &o);
    world_restart(w);
    world_run(w);
    world_pass_ms(w, 2000);
    size_t query = w->call_count - 1;
    assert_int_equal(w->calls[query].kind, PAYMENT_CALL_QUERY);
    world_result(w, query, PAYMENT_RESULT_NOT_FOUND);
    assert_int_equal(w->call_count, query + 2);
    assert_int_equal(w->calls[query + 1].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[query + 1].key, w->calls[0].key);
    world_result(w, query + 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session WHERE paid_minor > 0"), KRW_HOUR);
}

/* A link of an attendant; it pays a debt as well; it lapses. */
static void links_on_demand(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct pay_order o = order_of(no_account);
    assert_int_equal(send_order(c, ADMIN_PAY_LINK, &o), ERR_OK);
    struct pay_order by_link = {.token = w->admin.pay_token, .payer = somebody("cus_x")};
    assert_int_equal(w->admin.due_minor, KRW_HOUR);
    edge_leave(w, &c->e, no_account, BASIS_MANUAL, NULL);
    assert_int_equal(scene_open_debts(w), 1);
    assert_int_equal(send_order(c, ADMIN_PAY, &by_link), ERR_OK);
    assert_int_equal(w->admin.due_minor, KRW_HOUR);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
    world_pass_ms(w, PAY_LINK_LIFE_MS);
    assert_int_equal(send_order(c, ADMIN_PAY, &by_link), ERR_NOTFOUND);
}

static void display(void **state)
{
    (void)state;
    struct pay_token token;
    char text[DISPLAY_SIZE];
    assert_int_equal(pay_token_parse("0123456789abcdef", 16, &token), ERR_OK);
    assert_string_equal(token.text, "0123456789ABCDEF");
    pay_link_display("https://p.kr/", &token, (struct money){3500, {"KRW"}}, text);
    assert_string_equal(text, "3500 KRW p.kr/0123456789ABCDEF");
    pay_link_display("https://park.kr/pay/", &token, (struct money){3500, {"KRW"}}, text);
    assert_string_equal(text, "park.kr/pay/0123456789ABCDEF");
    pay_link_display("https://pay.example.org/pay/", &token, (struct money){3500, {"KRW"}}, text);
    assert_string_equal(text, "3500 KRW QR");
    static const char *const bad[] = {"",
                                      "0123456789ABCDE",
                                      "0123456789ABCDEF0",
                                      "0123456789ABCDEU",
                                      "0123456789ABCDE/",
                                      "../0123456789ABC"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(pay_token_parse(bad[i], strlen(bad[i]), &token), ERR_INVAL);
    assert_string_equal(token.text, "0123456789ABCDEF");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, with_links, scene_told_and_teardown)
    const struct CMUnitTest tests[] = {
        T(paid_before_leaving),
        T(who_is_evacuated_is_not_charged),
        T(orders_that_are_refused),
        T(a_link_opens_the_lane),
        T(a_declined_link_may_be_tried_again),
        T(a_link_that_is_paid_late),
        T(an_unknown_outcome_follows_the_policy),
        T(a_link_payment_outlives_a_restart),
        T(a_lost_link_payment_is_made_again),
        T(links_on_demand),
        cmocka_unit_test(display),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
