/* Which provider is charged, and when the next one is: never while the one before may have the money
 * (domain.md, "Payment"; C4 of cloud/service.h). */
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Call `i` is of this kind, to this provider. */
static void call_is(const struct world *w, size_t i, enum payment_call_kind kind,
                    const char *provider)
{
    assert_true(w->call_count > i);
    assert_int_equal(w->calls[i].kind, kind);
    assert_string_equal(w->calls[i].provider.text, provider);
    if (kind == PAYMENT_CALL_CHARGE)
        assert_string_equal(w->calls[i].token, strcmp(provider, "toss") == 0 ? "bk/ck" : "cus_1");
}

static struct request_id ask(struct scene *c, uint64_t n)
{
    return edge_ask(&c->w, &c->e, REQUEST_EXIT, plate, false, n);
}

static int64_t payments_at(const struct world *w, const char *provider)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE provider = '%s'", provider);
    return world_sql(w, sql);
}

static void the_first_in_order_is_charged(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    call_is(&c->w, 0, PAYMENT_CALL_CHARGE, "stripe");
    assert_int_equal(payments_at(&c->w, "stripe"), 1); /* committed with the call */
    world_result(&c->w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(&c->w, &id)->basis, BASIS_PAID);
    assert_int_equal(c->w.call_count, 1);
}

static void an_open_breaker_is_passed_over(void **state)
{
    struct scene *c = *state;
    c->w.down = (struct name){"stripe"};
    struct request_id id = ask(c, 1);
    call_is(&c->w, 0, PAYMENT_CALL_CHARGE, "toss");
    world_result(&c->w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(&c->w, &id)->basis, BASIS_PAID);
    assert_int_equal(payments_at(&c->w, "toss"), 1);
}

static void never_received_goes_to_the_next_under_the_same_key(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    world_result(&c->w, 0, PAYMENT_RESULT_NOT_SENT);
    call_is(&c->w, 1, PAYMENT_CALL_CHARGE, "toss");
    assert_string_equal(c->w.calls[1].key, c->w.calls[0].key);
    assert_int_equal(world_answer(&c->w, &id)->verdict, VERDICT_PENDING); /* not deferred yet */
    assert_int_equal(payments_at(&c->w, "toss"), 1);
    world_result(&c->w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(&c->w, &id)->basis, BASIS_PAID);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM payment"), 1);
}

static void when_nobody_received_it_the_policy_decides(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    world_result(&c->w, 0, PAYMENT_RESULT_NOT_SENT);
    world_result(&c->w, 1, PAYMENT_RESULT_NOT_SENT);
    assert_int_equal(c->w.call_count, 2); /* not round and round */
    assert_int_equal(world_answer(&c->w, &id)->basis, BASIS_DEFERRED);
    edge_leave(&c->w, &c->e, plate, BASIS_DEFERRED, &id);
    world_pass_ms(&c->w, 1500); /* the debt is collected, again in order */
    call_is(&c->w, 2, PAYMENT_CALL_CHARGE, "stripe");
    world_result(&c->w, 2, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(scene_open_debts(&c->w), 0);
}

static void an_unknown_outcome_stays_where_it_is(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    world_result(&c->w, 0, PAYMENT_RESULT_UNKNOWN);
    edge_leave(&c->w, &c->e, plate, BASIS_DEFERRED, &id);
    world_pass_ms(&c->w, 6000);
    call_is(&c->w, 1, PAYMENT_CALL_QUERY, "stripe");
    world_result(&c->w, 1,
                 PAYMENT_RESULT_NOT_FOUND); /* its search may lag: only the same key there */
    call_is(&c->w, 2, PAYMENT_CALL_CHARGE, "stripe");
    world_result(&c->w, 2, PAYMENT_RESULT_NOT_SENT);
    world_pass_ms(&c->w, 2000);
    for (size_t i = 3; i < c->w.call_count; i++)
        assert_string_equal(c->w.calls[i].provider.text, "stripe");
    assert_int_equal(payments_at(&c->w, "toss"), 0);
}

static void a_question_waits_for_its_own_provider(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    world_result(&c->w, 0, PAYMENT_RESULT_UNKNOWN);
    edge_leave(&c->w, &c->e, plate, BASIS_DEFERRED, &id);
    c->w.down = (struct name){"stripe"};
    world_pass_ms(&c->w, 60000);
    assert_int_equal(c->w.call_count, 1);
    c->w.down = (struct name){""};
    world_pass_ms(&c->w, 2000);
    call_is(&c->w, 1, PAYMENT_CALL_QUERY, "stripe");
}

static void a_refusal_for_good_is_tried_at_the_other_account(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    world_result(&c->w, 0, PAYMENT_RESULT_DECLINED);
    call_is(&c->w, 1, PAYMENT_CALL_CHARGE, "toss");
    assert_string_not_equal(c->w.calls[1].key, c->w.calls[0].key); /* a payment of its own */
    assert_int_equal(world_answer(&c->w, &id)->verdict, VERDICT_PENDING);
    world_result(&c->w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(&c->w, &id)->basis, BASIS_PAID);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM payment WHERE state = 'declined'"), 1);
}

static void declined_everywhere_is_declined(void **state)
{
    struct scene *c = *state;
    struct request_id id = ask(c, 1);
    world_result(&c->w, 0, PAYMENT_RESULT_DECLINED);
    world_result(&c->w, 1, PAYMENT_RESULT_DECLINED);
    assert_int_equal(c->w.call_count, 2);
    assert_int_equal(world_answer(&c->w, &id)->verdict, VERDICT_DENY);
    assert_int_equal(world_answer(&c->w, &id)->reason, REASON_DECLINED);
    ask(c, 2); /* the driver saw to the card and asks anew */
    call_is(&c->w, 2, PAYMENT_CALL_CHARGE, "stripe");
}

static void a_restart_asks_the_provider_that_may_have_it(void **state)
{
    struct scene *c = *state;
    c->w.down = (struct name){"stripe"};
    ask(c, 1);
    call_is(&c->w, 0, PAYMENT_CALL_CHARGE, "toss");
    c->w.down = (struct name){""};
    world_restart(&c->w);
    world_pass_ms(&c->w, 2000);
    call_is(&c->w, 1, PAYMENT_CALL_QUERY, "toss");
    world_result(&c->w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(&c->w, "SELECT sum(paid_minor) FROM session"), KRW_HOUR);
}

#define T(name) cmocka_unit_test_setup_teardown(name, scene_two_providers, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_first_in_order_is_charged),
        T(an_open_breaker_is_passed_over),
        T(never_received_goes_to_the_next_under_the_same_key),
        T(when_nobody_received_it_the_policy_decides),
        T(an_unknown_outcome_stays_where_it_is),
        T(a_question_waits_for_its_own_provider),
        T(a_refusal_for_good_is_tried_at_the_other_account),
        T(declined_everywhere_is_declined),
        T(a_restart_asks_the_provider_that_may_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
