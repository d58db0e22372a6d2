/* The service at the exit: prices, charges, every outcome under both policies, debts, restarts.
 * Cites C4 and C5 of cloud/service.h and X1..X3 of core/exit_decision.h. */
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void charged_and_paid(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    const struct passage_answer *a = world_answer(w, &id);
    assert_int_equal(a->verdict, VERDICT_PENDING);
    assert_int_equal(a->due.minor, KRW_HOUR);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(w->calls[0].amount.minor, KRW_HOUR);
    assert_string_equal(w->calls[0].token, "cus_1");
    assert_int_equal(w->calls[0].kind, PAYMENT_CALL_CHARGE);
    assert_memory_equal(w->calls[0].key, c->stay.text, 16);
    assert_string_equal(w->calls[0].key + 16, ":charge:1");
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'sent'"), 1); /* C4 */

    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1); /* a retry is not a second charge */
    assert_int_equal(w->call_count, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    a = world_answer(w, &id);
    assert_int_equal(a->verdict, VERDICT_ALLOW);
    assert_int_equal(a->basis, BASIS_PAID);
    assert_string_equal(a->display, "6000 KRW paid");
    assert_int_equal(world_answers(w, &id), 3);

    /* The answer stands (C5), and the minutes at the barrier cost nothing. */
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    world_pass_ms(w, 5 * 60000);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM debt"), 0);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session WHERE state = 'closed'"),
                     KRW_HOUR);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED); /* a stray second result books nothing */
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session WHERE state = 'closed'"),
                     KRW_HOUR);
}

static void free_of_charge(void **state)
{
    struct scene *c = *state;
    c->w.price_per_minute = 0;
    struct request_id id = edge_ask(&c->w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(&c->w, &id)->basis, BASIS_FREE);
    assert_int_equal(c->w.call_count, 0);
    edge_leave(&c->w, &c->e, plate, BASIS_FREE, &id);
    assert_int_equal(scene_open_debts(&c->w), 0);
}

static void refusals(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    assert_int_equal(world_answer(w, &id)->reason, REASON_NO_ACCOUNT);
    assert_int_equal(world_answer(w, &id)->due.minor, KRW_HOUR);
    assert_int_equal(w->call_count, 0);

    id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    world_result(w, 0, PAYMENT_RESULT_DECLINED);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_DENY);
    assert_int_equal(world_answer(w, &id)->reason, REASON_DECLINED);
    assert_string_equal(world_answer(w, &id)->display, "6000 KRW declined");
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 1); /* nobody is charged behind the driver's back */

    id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 3); /* the driver tries again */
    assert_int_equal(w->call_count, 2);
    assert_string_not_equal(w->calls[0].key, w->calls[1].key);
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);

    /* An attendant lets the other one out: what is due becomes a debt without a way to collect. */
    edge_leave(w, &c->e, no_account, BASIS_MANUAL, NULL);
    assert_int_equal(scene_open_debts(w), 1);
    world_pass_ms(w, 5000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM debt WHERE reason = 'no_account'"), 1);
}

static void nobody_is_trapped_without_a_stay(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, "99하9999", false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    id = edge_ask(w, &c->e, REQUEST_EXIT, "", false, 2);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    edge_leave(w, &c->e, "99하9999", BASIS_DEFERRED, &id);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'unmatched'"), 1);
    assert_int_equal(scene_open_debts(w), 0);
}

static void slow_provider_defers(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_pass_ms(w, 1900);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    world_pass_ms(w, 200); /* X1 */
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    assert_int_equal(world_sql(w, "SELECT amount_minor FROM debt"), KRW_HOUR);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 1);           /* still under way: X2 */
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED); /* late: settles the debt it belongs to */
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM debt WHERE settled_ms > 0"), KRW_HOUR);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 1);
}

/* The provider charged and lost the answer: it is asked, never charged again. */
static void unknown_is_queried(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_UNKNOWN);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    world_pass_ms(w, 3000);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_QUERY);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    world_result(w, 1, PAYMENT_RESULT_UNKNOWN);
    world_pass_ms(w, 10000);
    assert_int_equal(w->calls[2].kind, PAYMENT_CALL_QUERY);
    world_result(w, 2, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
    for (size_t i = 1; i < w->call_count; i++)
        assert_int_equal(w->calls[i].kind, PAYMENT_CALL_QUERY);
}

static void not_found_is_charged_with_the_same_key(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_UNKNOWN);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    world_pass_ms(w, 3000);
    world_result(w, 1, PAYMENT_RESULT_NOT_FOUND);
    assert_int_equal(w->call_count, 3);
    assert_int_equal(w->calls[2].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[2].key, w->calls[0].key);
    world_result(w, 2, PAYMENT_RESULT_DECLINED);
    assert_int_equal(scene_open_debts(w), 1);
    world_pass_ms(w, 3600000);
    assert_int_equal(w->call_count, 3); /* a declined debt waits for a person */
    assert_int_equal(world_sql(w, "SELECT reason LIKE 'declined%' FROM debt"), 1);
}

/* The breaker is open: the arm opens at once, the debt is collected when the provider is back. */
static void open_breaker_defers_at_once(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->unavailable = true;
    w->start_answer = ERR_UNAVAIL;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answers(w, &id), 1);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    assert_int_equal(scene_open_debts(w), 1);
    world_pass_ms(w, 600000);
    assert_int_equal(w->call_count, 0);
    w->unavailable = false; /* half open, but refused: nothing is lost */
    world_pass_ms(w, 1000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'created'"), 1);
    w->start_answer = ERR_OK;
    world_pass_ms(w, 1100);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(w->calls[0].kind, PAYMENT_CALL_CHARGE);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

static void refused_call_defers(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->start_answer = ERR_FULL;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    w->start_answer = ERR_OK;
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 0); /* it has not left: it may still be asked to pay more */
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    world_pass_ms(w, 2000);
    assert_int_equal(w->call_count, 1);
}

static void a_call_without_words_needs_a_person(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->start_answer = ERR_INVAL;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'manual'"), 1);
}

static void hold_waits_and_lapses(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->unavailable = true;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    for (int s = 0; s < 119; s++)
        world_pass_ms(w, 1000);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    world_pass_ms(w, 1100);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
    assert_int_equal(world_answers(w, &id), 2);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    assert_int_equal(scene_open_debts(w), 1);
}

/* Fire while it waits at the barrier: what it was asked for is not charged after it drove out. */
static void who_drives_out_under_fire_is_not_charged(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->unavailable = true;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
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
    w->unavailable = false;
    for (int s = 0; s < 130; s++)
        world_pass_ms(w, 1000);
    assert_int_equal(w->call_count, 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 0);
    assert_int_equal(scene_open_debts(w), 0);
}

/* An attendant closes its stay free of charge while it waits: nothing is charged afterwards. */
static void whose_stay_is_closed_free_is_not_charged(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->unavailable = true;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_SESSION_CLOSE;
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    work->admin.act =
        (struct act_order){.place = {"a"}, .actor = {"kim"}, .session = c->stay, .free = true};
    memcpy(work->admin.act.reason, "a fault of ours", sizeof "a fault of ours");
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(w->admin.err, ERR_OK);
    w->unavailable = false;
    for (int s = 0; s < 20; s++)
        world_pass_ms(w, 1000);
    assert_int_equal(w->call_count, 0);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(scene_open_debts(w), 0);
}

static void hold_pays_when_the_provider_returns(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_NOT_SENT);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
    world_pass_ms(w, 5100);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    assert_int_equal(world_answers(w, &id), 2);
}

/* C4: whatever was begun before the end of the process is asked about first. */
static void restart_queries_first(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(w->call_count, 1);
    world_restart(w);
    world_run(w);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_QUERY);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    /* The edge asks again under the same id: the question is open again, no second charge. */
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(w->call_count, 2);
    world_result(w, 1, PAYMENT_RESULT_NOT_FOUND);
    assert_int_equal(w->call_count, 3);
    assert_int_equal(w->calls[2].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[2].key, w->calls[0].key);
    world_result(w, 2, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session WHERE paid_minor > 0"), KRW_HOUR);
}

static void offline_exit_is_a_debt(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_leave(w, &c->e, plate, BASIS_OFFLINE, NULL);
    assert_int_equal(world_sql(w, "SELECT amount_minor FROM debt"), KRW_HOUR);
    world_pass_ms(w, 1100);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(w->calls[0].amount.minor, KRW_HOUR);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

static void paying_leaves_a_grace(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    world_pass_ms(w, 14 * 60000); /* backed out, and comes again within the grace */
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    world_pass_ms(w, 2 * 60000);
    id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 3); /* after it: the difference */
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].amount.minor, 1600);
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
}

/* The vehicle backed out of a question whose payment was still open, and asks again a price step later:
 * the payment of a moment ago settles both, no second one over the small rest. */
static void a_payment_of_a_moment_ago_settles_the_next_question(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_pass_ms(w, 10 * 60000);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 1);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    assert_int_equal(scene_open_debts(w), 0);
}

/* ... but one that was quoted long ago does not: the rest is asked for. */
static void a_payment_of_long_ago_leaves_the_rest_due(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_pass_ms(w, 60 * 60000);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 2);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_PENDING);
}

static void old_keys_are_not_charged(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_UNKNOWN);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    w->unavailable = true;
    world_pass_ms(w, 25 * 3600000);
    w->unavailable = false;
    world_pass_ms(w, 1100);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_QUERY);
    world_result(w, 1, PAYMENT_RESULT_NOT_FOUND);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'manual'"), 1);
    assert_int_equal(world_sql(w, "SELECT reason LIKE 'manual%' FROM debt"), 1);
}

static void twenty_exits_while_down(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_leave(w, &c->e, no_account, BASIS_MANUAL, NULL);
    edge_leave(w, &c->e, plate, BASIS_MANUAL, NULL);
    world_pass_ms(w, 2000);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    w->unavailable = true;
    w->start_answer = ERR_UNAVAIL;
    for (int i = 0; i < 20; i++) {
        edge_enter(w, &c->e, plate);
        world_pass_ms(w, 60 * 60000);
        struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, (uint64_t)i + 10);
        assert_int_equal(world_answer(w, &id)->basis, BASIS_DEFERRED);
        edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    }
    assert_int_equal(w->occupancy.occupied, 0);
    assert_int_equal(scene_open_debts(w), 21);
    w->unavailable = false;
    w->start_answer = ERR_OK;
    size_t done = w->call_count;
    for (int s = 0; s < 60; s++) {
        world_pass_ms(w, 1000);
        for (; done < w->call_count; done++)
            world_result(w, done, PAYMENT_RESULT_SUCCEEDED);
    }
    assert_int_equal(scene_open_debts(w), 1); /* the one without an account */
    assert_int_equal(w->call_count, 21);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'succeeded'"), 21);
}

static void an_unpriced_stay_is_let_out(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->no_price = true;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'price'"), 1);
    w->no_price = false;
    w->price_per_minute = INT64_C(100000000000); /* more than an answer can name */
    id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    edge_leave(w, &c->e, plate, BASIS_FREE, &id);
    assert_int_equal(scene_open_debts(w), 0);
}

/* The rate table in force at the entry rules the stay, as long as there is one of its name. */
static void the_rates_of_the_entry_hold(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin = (struct admin_command){.kind = ADMIN_PLACE_PUT,
                                         .place = world_settings("a", 10),
                                         .done = world_admin_done,
                                         .arg = w};
    work->admin.place.tariff = (struct name){"t4"};
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(w->admin.err, ERR_OK);
    world_restart(w);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(world_answer(w, &id)->due.minor, KRW_HOUR);
    w->no_tariff = "t3";
    id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 2);
    assert_int_equal(world_answer(w, &id)->due.minor, 2 * KRW_HOUR);
}

/* A question that says it comes from the future is as old as its arrival; one of a clock that is
 * behind is believed, up to an hour. */
static void a_clock_that_is_ahead_costs_nothing(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    w->ask_ahead_ms = 45 * 60000;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    assert_int_equal(world_answer(w, &id)->due.minor, KRW_HOUR);
    w->ask_ahead_ms = -30 * 60000;
    id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 2);
    assert_int_equal(world_answer(w, &id)->due.minor, KRW_HOUR / 2);
    w->ask_ahead_ms = -90 * 60000;
    id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 3);
    assert_int_equal(world_answer(w, &id)->due.minor, KRW_HOUR);
}

int main(void)
{
#define T(name, with) cmocka_unit_test_setup_teardown(name, with, scene_teardown)
    const struct CMUnitTest tests[] = {
        T(charged_and_paid, scene_defer),
        T(free_of_charge, scene_defer),
        T(refusals, scene_defer),
        T(nobody_is_trapped_without_a_stay, scene_defer),
        T(slow_provider_defers, scene_defer),
        T(unknown_is_queried, scene_defer),
        T(not_found_is_charged_with_the_same_key, scene_defer),
        T(open_breaker_defers_at_once, scene_defer),
        T(refused_call_defers, scene_defer),
        T(a_call_without_words_needs_a_person, scene_defer),
        T(hold_waits_and_lapses, scene_hold),
        T(who_drives_out_under_fire_is_not_charged, scene_hold),
        T(hold_pays_when_the_provider_returns, scene_hold),
        T(whose_stay_is_closed_free_is_not_charged, scene_hold),
        T(restart_queries_first, scene_defer),
        T(offline_exit_is_a_debt, scene_defer),
        T(paying_leaves_a_grace, scene_defer),
        T(a_payment_of_a_moment_ago_settles_the_next_question, scene_defer),
        T(a_payment_of_long_ago_leaves_the_rest_due, scene_defer),
        T(old_keys_are_not_charged, scene_defer),
        T(twenty_exits_while_down, scene_defer),
        T(an_unpriced_stay_is_let_out, scene_defer),
        T(the_rates_of_the_entry_hold, scene_defer),
        T(a_clock_that_is_ahead_costs_nothing, scene_defer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
