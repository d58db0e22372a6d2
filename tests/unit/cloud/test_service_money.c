/* What becomes of money after the charge: refunds, reversals, what a person decides, prices that change
 * before anything was sent. Every call to a provider is committed before it is made. */
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the store holds of a key when the provider is called: C4. */
static struct world *watched;

static void is_committed(const struct payment_call *c)
{
    char sql[200];
    const char *table = strstr(c->key, ":refund:") ? "refund" : "payment";
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM %s WHERE key = '%s' AND amount_minor = %lld AND state IN "
             "('sent', 'querying')",
             table, c->key, (long long)c->amount.minor);
    assert_int_equal(world_sql(watched, sql), 1);
}

static struct world *watch(struct scene *c)
{
    watched = &c->w;
    c->w.on_call = is_committed;
    return &c->w;
}

static enum err order(struct world *w, enum money_action action, const char *session,
                      const char *key, int64_t minor)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_MONEY;
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    struct money_order *o = &work->admin.money;
    *o = (struct money_order){.action = action, .minor = minor, .actor = {"kim"}};
    snprintf(o->session.text, sizeof o->session.text, "%s", session);
    snprintf(o->key, sizeof o->key, "%s", key);
    snprintf(o->reason, sizeof o->reason, "lamp broken");
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return w->admin.err;
}

static int64_t number(const struct world *w, const char *what, const struct movement_id *stay)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT %s = '%s'", what, stay->text);
    return world_sql(w, sql);
}

#define SESSION(w, column) number((w), column " FROM session WHERE id", &c->stay)
#define DEBT(w, column)    number((w), column " FROM debt WHERE session", &c->stay)

static const struct payment_call *last_call(const struct world *w)
{
    assert_true(w->call_count > 0);
    return &w->calls[w->call_count - 1];
}

/* The driver pays at the exit and leaves. */
static void pay_and_leave(struct scene *c)
{
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    assert_int_equal(SESSION(w, "price_minor"), KRW_HOUR);
    assert_int_equal(SESSION(w, "paid_minor"), KRW_HOUR);
}

/* The exit is deferred: the provider does not answer. */
static void leave_owing(struct scene *c)
{
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_pass_ms(w, 2100);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    assert_int_equal(scene_open_debts(w), 1);
}

/* ---- refunds ---- */

static void a_person_gives_back_in_parts(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    pay_and_leave(c);
    assert_int_equal(order(w, MONEY_REFUND, c->stay.text, "", 2000), ERR_OK);
    const struct payment_call *call = last_call(w);
    assert_int_equal(call->kind, PAYMENT_CALL_REFUND);
    assert_string_equal(call->key + 16, ":refund:1");
    assert_string_equal(w->admin.key, call->key);
    assert_int_equal(call->amount.minor, 2000);
    assert_string_equal(call->provider.text, w->calls[0].provider.text);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(w,
                               "SELECT count(*) FROM refund WHERE state = 'succeeded' AND actor = "
                               "'kim' AND note = 'lamp broken' AND cause = 'person'"),
                     1);
    assert_int_equal(SESSION(w, "refunded_minor"), 2000);
    assert_int_equal(SESSION(w, "waived_minor"), 2000); /* forgiven: no debt arises */
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(order(w, MONEY_REFUND, "", w->calls[0].key, 4001), ERR_CONFLICT);
    assert_string_equal(w->admin.reason, "more than is left of what was paid");
    assert_int_equal(order(w, MONEY_REFUND, "", w->calls[0].key, 0), ERR_OK); /* the rest */
    assert_int_equal(last_call(w)->amount.minor, 4000);
    assert_string_equal(last_call(w)->key + 16, ":refund:2");
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(order(w, MONEY_REFUND, c->stay.text, "", 0), ERR_CONFLICT);
    assert_int_equal(order(w, MONEY_REFUND, "00000000000000ff", "", 0), ERR_NOTFOUND);
    assert_int_equal(order(w, MONEY_REFUND, "", "00000000000000ff:charge:1", 0), ERR_NOTFOUND);
    assert_int_equal(SESSION(w, "paid_minor - refunded_minor"), 0);
}

static void a_refund_in_doubt_is_asked_about(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    pay_and_leave(c);
    order(w, MONEY_REFUND, c->stay.text, "", 2000);
    size_t first = w->call_count - 1;
    world_result(w, first, PAYMENT_RESULT_UNKNOWN);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, first + 2);
    assert_int_equal(last_call(w)->kind, PAYMENT_CALL_REFUND_QUERY);
    world_restart(w); /* and again after the process ended: asked, not repeated */
    world_pass_ms(w, 5000);
    assert_int_equal(w->call_count, first + 3);
    assert_int_equal(last_call(w)->kind, PAYMENT_CALL_REFUND_QUERY);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_NOT_FOUND);
    world_pass_ms(w, 60000);
    assert_int_equal(last_call(w)->kind, PAYMENT_CALL_REFUND);
    assert_string_equal(last_call(w)->key, w->calls[first].key);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM refund WHERE state = 'succeeded'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM refund"), 1);
}

static void a_refused_refund_changes_nothing(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    pay_and_leave(c);
    order(w, MONEY_REFUND, c->stay.text, "", 2000);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_DECLINED);
    assert_int_equal(SESSION(w, "refunded_minor"), 0);
    assert_int_equal(SESSION(w, "waived_minor"), 0);
    assert_int_equal(world_sql(w, "SELECT refunded_minor FROM payment"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'refund_failed'"), 1);
    assert_int_equal(order(w, MONEY_REFUND, c->stay.text, "", 0), ERR_OK);
    assert_int_equal(last_call(w)->amount.minor, KRW_HOUR);
}

/* No words for it at the provider: a person looks, and says what happened. */
static void a_refund_by_hand(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    pay_and_leave(c);
    w->start_answer = ERR_INVAL;
    order(w, MONEY_REFUND, c->stay.text, "", 2000);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM refund WHERE state = 'manual'"), 1);
    char key[PAYMENT_KEY_SIZE];
    memcpy(key, w->admin.key, sizeof key);
    assert_int_equal(order(w, MONEY_SUCCEEDED, "", key, 0), ERR_OK);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM refund WHERE state = 'succeeded'"), 1);
    assert_int_equal(order(w, MONEY_FAILED, "", key, 0), ERR_CONFLICT);
    order(w, MONEY_REFUND, c->stay.text, "", 1000);
    world_run(w);
    memcpy(key, w->admin.key, sizeof key);
    assert_int_equal(order(w, MONEY_FAILED, "", key, 0), ERR_OK);
    assert_int_equal(SESSION(w, "refunded_minor"), 2000);
}

/* Of a stay that goes on, what was given back is owed again. */
static void a_refund_before_leaving(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(order(w, MONEY_REFUND, c->stay.text, "", 0), ERR_OK);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    assert_int_equal(last_call(w)->kind, PAYMENT_CALL_CHARGE); /* no grace is left either */
    assert_string_equal(last_call(w)->key + 16, ":charge:2");
    assert_int_equal(last_call(w)->amount.minor, KRW_HOUR);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_PAID);
}

/* What was to go back is owed when it leaves, and did not go back. */
static void a_refund_that_fails_after_the_exit(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(order(w, MONEY_REFUND, c->stay.text, "", 0), ERR_OK);
    edge_leave(w, &c->e, plate, BASIS_OFFLINE, NULL);
    assert_int_equal(scene_open_debts(w), 1);
    world_result(w, 1, PAYMENT_RESULT_DECLINED);
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(DEBT(w, "paid_minor"), KRW_HOUR);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 2); /* nothing is charged again */
}

/* The provider refused to give an excess back; a person does later. It is not forgiven: what was owed and
 * paid stays paid. */
static void an_excess_that_a_person_gives_back(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    leave_owing(c);
    world_result(w, 0, PAYMENT_RESULT_UNKNOWN);
    world_pass_ms(w, 60000);
    w->charged_minor = KRW_HOUR + 700;
    w->on_call = NULL;
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    w->charged_minor = 0;
    assert_int_equal(last_call(w)->amount.minor, 700);
    world_result(w, 2, PAYMENT_RESULT_DECLINED);
    assert_int_equal(SESSION(w, "paid_minor - refunded_minor"), KRW_HOUR + 700);
    assert_int_equal(order(w, MONEY_REFUND, c->stay.text, "", 1000), ERR_OK);
    assert_int_equal(SESSION(w, "waived_minor"), 300);
    assert_int_equal(SESSION(w, "paid_minor - refunded_minor"), KRW_HOUR - 300);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM refund WHERE state = 'sent'"), 2);
}

/* ---- debts ---- */

static void money_that_comes_after_a_waiver_goes_back(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    leave_owing(c);
    assert_int_equal(order(w, MONEY_WAIVE, c->stay.text, "", 0), ERR_OK);
    assert_int_equal(
        DEBT(w, "state = 'waived' AND waived_minor = 6000 AND actor = 'kim' AND session"), 1);
    assert_int_equal(order(w, MONEY_WAIVE, c->stay.text, "", 0), ERR_CONFLICT);
    assert_int_equal(order(w, MONEY_WRITE_OFF, c->stay.text, "", 0), ERR_CONFLICT);
    assert_int_equal(order(w, MONEY_COLLECT, c->stay.text, "", 0), ERR_CONFLICT);
    assert_int_equal(order(w, MONEY_WAIVE, "00000000000000ff", "", 0), ERR_NOTFOUND);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED); /* the charge was under way all the time */
    assert_int_equal(last_call(w)->kind, PAYMENT_CALL_REFUND);
    assert_int_equal(last_call(w)->amount.minor, KRW_HOUR);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(SESSION(w, "paid_minor"), KRW_HOUR);
    assert_int_equal(SESSION(w, "refunded_minor"), KRW_HOUR);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM refund WHERE cause = 'overpaid'"), 1);
}

static void money_that_comes_after_a_write_off_is_taken(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    leave_owing(c);
    assert_int_equal(order(w, MONEY_WRITE_OFF, c->stay.text, "", 0), ERR_OK);
    assert_int_equal(DEBT(w, "written_off_minor"), KRW_HOUR);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(DEBT(w, "state = 'paid' AND written_off_minor = 0 AND session"), 1);
}

/* A payment that certainly was not sent is not sent for a debt that is given up. */
static void nobody_is_charged_for_what_was_given_up(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    leave_owing(c);
    world_result(w, 0, PAYMENT_RESULT_NOT_SENT);
    assert_int_equal(order(w, MONEY_WAIVE, c->stay.text, "", 0), ERR_OK);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'void'"), 1);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 1);
}

static void a_person_has_a_debt_collected_again(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    leave_owing(c);
    world_result(w, 0, PAYMENT_RESULT_DECLINED);
    world_pass_ms(w, 60000);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(order(w, MONEY_COLLECT, c->stay.text, "", 0), ERR_OK);
    assert_int_equal(w->call_count, 2);
    assert_string_equal(last_call(w)->key + 16, ":charge:2");
    world_result(w, 1, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(DEBT(w, "state = 'paid' AND session"), 1);
}

/* ---- a person finds out ---- */

static void a_payment_by_hand(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    w->start_answer = ERR_INVAL;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_run(w);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    char key[PAYMENT_KEY_SIZE];
    snprintf(key, sizeof key, "%s:charge:1", c->stay.text);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'manual'"), 1);
    w->start_answer = ERR_OK;
    assert_int_equal(order(w, MONEY_FAILED, "", key, 0), ERR_OK);
    assert_int_equal(world_sql(w,
                               "SELECT count(*) FROM payment WHERE state = 'declined' AND actor = "
                               "'kim' AND note = 'lamp broken'"),
                     1);
    world_pass_ms(w, 5000); /* no money moved: the debt is collected anew, under another key */
    assert_int_equal(w->call_count, 1);
    assert_string_equal(last_call(w)->key + 16, ":charge:2");
    assert_int_equal(order(w, MONEY_FAILED, "", key, 0), ERR_CONFLICT);
    assert_int_equal(order(w, MONEY_SUCCEEDED, "", "00000000000000ff:charge:1", 0), ERR_NOTFOUND);
}

static void a_payment_found_to_be_paid(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    w->start_answer = ERR_INVAL;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_run(w);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    char key[PAYMENT_KEY_SIZE];
    snprintf(key, sizeof key, "%s:charge:1", c->stay.text);
    assert_int_equal(order(w, MONEY_SUCCEEDED, "", key, 0), ERR_OK);
    assert_int_equal(DEBT(w, "state = 'paid' AND session"), 1);
    assert_int_equal(SESSION(w, "paid_minor"), KRW_HOUR);
}

/* ---- prices that change before anything was sent ---- */

static void an_unsent_payment_follows_the_price(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    w->start_answer = ERR_FULL;
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'void'"), 1);
    world_pass_ms(w, 30 * 60000); /* it backed out, and stays on */
    w->start_answer = ERR_OK;
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    assert_int_equal(w->call_count, 1);
    assert_string_equal(w->calls[0].key + 16, ":charge:1"); /* a number that was never used */
    assert_int_equal(w->calls[0].amount.minor, 9000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 1);
}

/* The provider says that it never had the charge; the vehicle backed out. The payment ends. */
static void a_lost_call_nobody_wants_ends(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_UNKNOWN);
    world_pass_ms(w, 60000);
    assert_int_equal(last_call(w)->kind, PAYMENT_CALL_QUERY);
    world_result(w, 1, PAYMENT_RESULT_NOT_FOUND);
    world_pass_ms(w, 9 * 60000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'created'"), 1);
    world_pass_ms(w, 2 * 60000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'void'"), 1);
    assert_int_equal(w->call_count, 2);
}

/* ---- reversal before leaving ---- */

static void back_out(struct scene *c, const struct request_id *id)
{
    struct world *w = &c->w;
    struct event e = edge_event(w, &c->e, EVENT_PASSAGE_AUTHORISED);
    e.data.movement = movement_id_from(777);
    e.data.direction = DIRECTION_EXIT;
    snprintf(e.data.lane.text, sizeof e.data.lane.text, "out-1");
    memcpy(e.data.plate.text, plate, sizeof plate);
    e.data.basis = BASIS_PAID;
    e.data.request = *id;
    edge_send(w, &c->e, &e);
    struct movement_id movement = e.data.movement;
    world_pass_ms(w, 30000);
    e = edge_event(w, &c->e, EVENT_MOVEMENT_ENDED);
    e.data.movement = movement;
    snprintf(e.data.lane.text, sizeof e.data.lane.text, "out-1");
    e.data.outcome = OUTCOME_BACKED_OUT;
    edge_send(w, &c->e, &e);
    world_run(w);
}

static void who_paid_and_backed_out_has_a_new_grace(void **state)
{
    struct scene *c = *state;
    struct world *w = watch(c);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    int64_t before = SESSION(w, "paid_ms");
    back_out(c, &id);
    assert_in_range(SESSION(w, "paid_ms"), before + 29000, before + 60000);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(SESSION(w, "paid_minor - refunded_minor"),
                     KRW_HOUR);   /* kept, not given back */
    world_pass_ms(w, 90 * 60000); /* long after the grace the difference is charged */
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 2);
    assert_int_equal(w->call_count, 2);
    assert_in_range(last_call(w)->amount.minor, 9000, 9200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scene_defer, scene_told_and_teardown)
    const struct CMUnitTest tests[] = {
        T(a_person_gives_back_in_parts),
        T(a_refund_in_doubt_is_asked_about),
        T(a_refused_refund_changes_nothing),
        T(a_refund_by_hand),
        T(a_refund_before_leaving),
        T(a_refund_that_fails_after_the_exit),
        T(an_excess_that_a_person_gives_back),
        T(money_that_comes_after_a_waiver_goes_back),
        T(money_that_comes_after_a_write_off_is_taken),
        T(nobody_is_charged_for_what_was_given_up),
        T(a_person_has_a_debt_collected_again),
        T(a_payment_by_hand),
        T(a_payment_found_to_be_paid),
        T(an_unsent_payment_follows_the_price),
        T(a_lost_call_nobody_wants_ends),
        T(who_paid_and_backed_out_has_a_new_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
