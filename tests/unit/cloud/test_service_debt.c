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
    assert_string_equal(w->calls[0].key + 16, ":exit:1");
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(w), 0);
}

int main(void)
{
#define T(name, with) cmocka_unit_test_setup_teardown(name, with, scene_teardown)
    const struct CMUnitTest tests[] = {
        T(a_debt_outlives_a_restart, scene_defer),
        T(a_question_that_lapses_leaves_the_debt_its_payment, scene_defer),
        T(an_account_that_comes_later_pays, scene_defer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
