/* Debts: no amount is forgotten, whatever happens between the exit and the money. */
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The process ends after the vehicle left and before the outcome is known; the provider never got the
 * charge. The debt wants it made again, with the same key. */
static void a_debt_outlives_a_restart(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_pass_ms(w, 2100);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    assert_int_equal(scene_open_debts(w), 1);
    world_restart(w);
    world_run(w);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_QUERY);
    world_result(w, 1, PAYMENT_RESULT_NOT_FOUND);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 3);
    assert_int_equal(w->calls[2].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[2].key, w->calls[0].key);
    world_result(w, 2, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

/* An attendant lets the vehicle out while its payment is under way. The question lapses later; the debt
 * wants the payment none the less. */
static void a_question_that_lapses_leaves_the_debt_its_payment(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    edge_leave(w, &c->e, plate, BASIS_MANUAL, NULL);
    assert_int_equal(scene_open_debts(w), 1);
    world_pass_ms(w, 2100); /* no result in time */
    world_result(w, 0, PAYMENT_RESULT_NOT_SENT);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 2);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

/* A plate that gets an account is charged for what it owes. */
static void an_account_that_comes_later_pays(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_leave(w, &c->e, no_account, BASIS_OFFLINE, NULL);
    world_pass_ms(w, 5000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM debt WHERE reason = 'no_account'"), 1);
    memcpy(w->accounts[1].plate.text, no_account, sizeof no_account);
    w->accounts[1].payer = (struct payer){1, {{{"stripe"}, "cus_2"}}};
    w->account_count = 2;
    world_restart(w);
    world_pass_ms(w, 2000);
    assert_int_equal(w->call_count, 1);
    assert_string_equal(w->calls[0].token, "cus_2");
    assert_string_equal(w->calls[0].key + 16, ":charge:1");
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

/* Charged at the exit, then the ledger is set back to before: what it collects as a debt has the key of
 * that charge, under which no provider charges twice. */
static void a_charge_that_the_ledger_forgot_is_not_made_again(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    world_keep_copy(w);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
    world_set_back(w);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    assert_int_equal(w->calls[1].amount.minor, w->calls[0].amount.minor);
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED); /* the answer of before, again */
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE kind = 'debt'"), 1);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 2);
}

/* The same, but it left later than was quoted: the provider refuses the key with another amount. What was
 * charged under it is asked for and booked, and only the rest is charged. */
static void of_another_amount_only_the_rest_is_charged(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    world_keep_copy(w);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    world_set_back(w);
    world_pass_ms(w, 10 * 60000);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].amount.minor, w->calls[0].amount.minor + 1000);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    world_result(w, 1, PAYMENT_RESULT_UNKNOWN);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 3);
    assert_int_equal(w->calls[2].kind, PAYMENT_CALL_QUERY);
    w->charged_minor = w->calls[0].amount.minor;
    world_result(w, 2, PAYMENT_RESULT_SUCCEEDED);
    w->charged_minor = 0;
    assert_int_equal(world_sql(w, "SELECT amount_minor FROM payment"), w->calls[0].amount.minor);
    assert_int_equal(world_sql(w, "SELECT amount_minor - paid_minor FROM debt"), 1000);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 4);
    assert_string_equal(w->calls[3].key + 16, ":charge:2");
    assert_int_equal(w->calls[3].amount.minor, 1000);
    world_result(w, 3, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

/* And it is cheaper now: what was charged is booked, the excess goes back. */
static void of_a_greater_amount_the_excess_goes_back(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    edge_leave(w, &c->e, plate, BASIS_OFFLINE, NULL);
    world_pass_ms(w, 60000);
    world_result(w, 0, PAYMENT_RESULT_UNKNOWN);
    world_pass_ms(w, 60000);
    w->charged_minor = w->calls[0].amount.minor + 700;
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(w->call_count, 3);
    assert_int_equal(w->calls[2].kind, PAYMENT_CALL_REFUND);
    assert_int_equal(w->calls[2].amount.minor, 700);
}

/* Providers know a key for a day. Of an older stay they are asked before anything is charged. */
static void of_an_old_stay_the_provider_is_asked_first(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    world_pass_ms(w, 25 * 60 * 60000);
    edge_leave(w, &c->e, plate, BASIS_PAID, NULL);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(w->calls[0].kind, PAYMENT_CALL_QUERY);
    assert_string_equal(w->calls[0].key + 16, ":charge:1");
    world_result(w, 0, PAYMENT_RESULT_NOT_FOUND);
    assert_int_equal(w->call_count, 2);
    assert_int_equal(w->calls[1].kind, PAYMENT_CALL_CHARGE);
    assert_string_equal(w->calls[1].key, w->calls[0].key);
    assert_string_equal(w->calls[1].token, "cus_1");
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

int main(void)
{
#define T(name, with) cmocka_unit_test_setup_teardown(name, with, scene_told_and_teardown)
    const struct CMUnitTest tests[] = {
        T(a_debt_outlives_a_restart, scene_defer),
        T(a_question_that_lapses_leaves_the_debt_its_payment, scene_defer),
        T(an_account_that_comes_later_pays, scene_defer),
        T(a_charge_that_the_ledger_forgot_is_not_made_again, scene_defer),
        T(of_another_amount_only_the_rest_is_charged, scene_defer),
        T(of_a_greater_amount_the_excess_goes_back, scene_defer),
        T(of_an_old_stay_the_provider_is_asked_first, scene_defer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
