/* Payments, refunds and debts over HTTP, on the real service and ledger. */
#include "tests/contract/cloud/http/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char with_account[] = "22아2222", without[] = "33나3333";

/* One stay of an hour that was paid, one that left owing. */
struct scene {
    struct live *l;
    struct test_edge e;
    struct movement_id paid, owing;
};

static struct scene begin(struct live *l)
{
    struct world *w = &l->w;
    struct scene c = {.l = l, .e = edge_of("a", "e1", 1)};
    memcpy(w->accounts[0].plate.text, with_account, sizeof with_account);
    w->accounts[0].payer = (struct payer){.count = 1, .tokens = {{{"stripe"}, "cus_1"}}};
    w->account_count = 1;
    pthread_mutex_lock(&l->lock);
    world_restart(w);
    assert_true(edge_hello(w, &c.e, "ex"));
    c.paid = edge_enter(w, &c.e, with_account);
    c.owing = edge_enter(w, &c.e, without);
    world_pass_ms(w, 60 * 60000);
    struct request_id id = edge_ask(w, &c.e, REQUEST_EXIT, with_account, false, 1);
    world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    edge_leave(w, &c.e, with_account, BASIS_PAID, &id);
    edge_leave(w, &c.e, without, BASIS_MANUAL, NULL);
    pthread_mutex_unlock(&l->lock);
    return c;
}

static void is_code(struct answer a, int status, const char *code)
{
    assert_int_equal(a.status, status);
    assert_string_equal(json_string_value(json_object_get(a.json, "code")), code);
    answer_free(&a);
}

static struct answer order(struct live *l, const char *path, const char *token, const char *body)
{
    static int number;
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: m%d\r\n", ++number);
    return ask(&l->f, "POST", path, token, body, key);
}

static struct answer order_debt(struct scene *c, const char *what, const char *token,
                                const char *body)
{
    char path[96];
    snprintf(path, sizeof path, "/v1/debts/%s/%s", c->owing.text, what);
    return order(c->l, path, token, body);
}

static struct answer refund(struct scene *c, const char *token, const char *rest)
{
    char body[200];
    snprintf(body, sizeof body, "{\"session\":\"%s\"%s}", c->paid.text, rest);
    return order(c->l, "/v1/refunds", token, body);
}

static json_t *first(const struct answer *a, const char *list)
{
    return json_array_get(json_object_get(a->json, list), 0);
}

static void is_text(const json_t *o, const char *key, const char *expected)
{
    assert_string_equal(json_string_value(json_object_get(o, key)), expected);
}

static void is_number(const json_t *o, const char *key, json_int_t expected)
{
    assert_int_equal(json_integer_value(json_object_get(o, key)), expected);
}

static void a_refund_is_made_and_listed(void **state)
{
    struct scene c = begin(*state);
    struct answer a = refund(&c, OPERATOR, ",\"amount_minor\":2000,\"reason\":\"lamp broken\"");
    char location[96];
    assert_int_equal(a.status, 201);
    snprintf(location, sizeof location, "/v1/refunds/%s:refund:1", c.paid.text);
    assert_string_equal(header(&a, "Location"), location);
    answer_free(&a);
    a = get(&c.l->f, location, AUDITOR);
    assert_int_equal(a.status, 200);
    is_number(a.json, "amount_minor", 2000);
    is_text(a.json, "state", "sent");
    is_text(a.json, "cause", "person");
    is_text(a.json, "actor", "op");
    is_text(a.json, "note", "lamp broken");
    answer_free(&a);
    a = get(&c.l->f, "/v1/refunds?place=a&state=sent", AUDITOR);
    assert_int_equal(json_array_size(json_object_get(a.json, "refunds")), 1);
    answer_free(&a);
    a = get(&c.l->f, "/v1/payments?place=a", ATTENDANT);
    is_number(first(&a, "payments"), "refunded_minor", 2000);
    is_text(first(&a, "payments"), "kind", "exit");
    is_text(first(&a, "payments"), "provider", "stripe");
    assert_null(json_object_get(first(&a, "payments"), "token"));
    answer_free(&a);
    is_code(refund(&c, OPERATOR, ",\"amount_minor\":4001,\"reason\":\"too much\""), 409,
            "conflict");
}

static void bad_refunds_are_refused(void **state)
{
    static const struct {
        const char *body, *pointer;
    } bad[] = {
        {"{\"reason\":\"x\"}", "/payment"},
        {"{\"payment\":\"a:charge:1\",\"session\":\"0000000000000001\",\"reason\":\"x\"}",
         "/payment"},
        {"{\"payment\":7,\"reason\":\"x\"}", "/payment"},
        {"{\"session\":\"xyz\",\"reason\":\"x\"}", "/session"},
        {"{\"session\":\"0000000000000001\",\"amount_minor\":0,\"reason\":\"x\"}", "/amount_minor"},
        {"{\"session\":\"0000000000000001\",\"amount_minor\":-5,\"reason\":\"x\"}",
         "/amount_minor"},
        {"{\"session\":\"0000000000000001\",\"amount_minor\":1.5,\"reason\":\"x\"}",
         "/amount_minor"},
        {"{\"session\":\"0000000000000001\"}", "/reason"},
        {"{\"session\":\"0000000000000001\",\"reason\":\"\\u0007\"}", "/reason"},
        {"{\"session\":\"0000000000000001\",\"reason\":\"x\",\"card\":\"4242\"}", "/card"},
    };
    struct scene c = begin(*state);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a = order(c.l, "/v1/refunds", OPERATOR, bad[i].body);
        assert_int_equal(a.status, 422);
        is_text(first(&a, "errors"), "pointer", bad[i].pointer);
        answer_free(&a);
    }
    is_code(
        order(c.l, "/v1/refunds", OPERATOR, "{\"session\":\"00000000000000ff\",\"reason\":\"x\"}"),
        404, "not_found");
    is_code(order(c.l, "/v1/refunds", OPERATOR,
                  "{\"payment\":\"00000000000000ff:charge:1\",\"reason\":\"x\"}"),
            404, "not_found");
    is_code(refund(&c, OPERATOR_OF_B, ",\"reason\":\"x\""), 403, "other_place");
    struct answer a = refund(&c, ATTENDANT, ",\"reason\":\"x\"");
    assert_int_equal(a.status, 403);
    answer_free(&a);
    char body[96];
    snprintf(body, sizeof body, "{\"session\":\"%s\",\"reason\":\"x\"}", c.paid.text);
    is_code(ask(&c.l->f, "POST", "/v1/refunds", OPERATOR, body, NULL), 400, "idempotency_key");
    assert_int_equal(world_sql(&c.l->w, "SELECT count(*) FROM refund"), 0);
}

static void debts_are_given_up(void **state)
{
    struct scene c = begin(*state);
    struct answer a = get(&c.l->f, "/v1/debts?place=a&state=open", AUDITOR);
    assert_int_equal(json_array_size(json_object_get(a.json, "debts")), 1);
    is_number(first(&a, "debts"), "owed_minor", 6000);
    is_text(first(&a, "debts"), "session", c.owing.text);
    answer_free(&a);
    a = order_debt(&c, "write-off", ATTENDANT, "{\"reason\":\"moved away\"}");
    assert_int_equal(a.status, 403);
    answer_free(&a);
    a = order_debt(&c, "collect", ATTENDANT, "{\"reason\":\"has a card now\"}");
    assert_int_equal(a.status, 200);
    answer_free(&a);
    is_code(order_debt(&c, "waive", OPERATOR_OF_B, "{\"reason\":\"x\"}"), 403, "other_place");
    a = order_debt(&c, "waive", ATTENDANT, "{\"reason\":\"our fault\"}");
    assert_int_equal(a.status, 200);
    is_text(a.json, "action", "waive");
    answer_free(&a);
    is_code(order_debt(&c, "write-off", OPERATOR, "{\"reason\":\"x\"}"), 409, "conflict");
    char path[64];
    snprintf(path, sizeof path, "/v1/debts/%s", c.owing.text);
    a = get(&c.l->f, path, AUDITOR);
    is_text(a.json, "state", "waived");
    is_text(a.json, "actor", "desk");
    is_text(a.json, "note", "our fault");
    is_number(a.json, "owed_minor", 0);
    answer_free(&a);
    is_code(get(&c.l->f, "/v1/debts/00000000000000ff", AUDITOR), 404, "not_found");
    is_code(get(&c.l->f, "/v1/debts/nothing", AUDITOR), 404, "not_found");
}

static void what_a_person_found_out(void **state)
{
    struct scene c = begin(*state);
    char path[96];
    snprintf(path, sizeof path, "/v1/payments/%s:charge:1/resolve", c.paid.text);
    is_code(order(c.l, path, OPERATOR, "{\"outcome\":\"succeeded\",\"reason\":\"x\"}"), 409,
            "conflict");
    struct answer a = order(c.l, path, OPERATOR, "{\"outcome\":\"lost\",\"reason\":\"x\"}");
    assert_int_equal(a.status, 422);
    is_text(first(&a, "errors"), "pointer", "/outcome");
    answer_free(&a);
    pthread_mutex_lock(&c.l->lock);
    c.l->w.start_answer = ERR_INVAL; /* the provider has no words for the refund */
    pthread_mutex_unlock(&c.l->lock);
    a = refund(&c, OPERATOR, ",\"reason\":\"lamp broken\"");
    assert_int_equal(a.status, 201);
    answer_free(&a);
    pthread_mutex_lock(&c.l->lock);
    world_run(&c.l->w);
    pthread_mutex_unlock(&c.l->lock);
    snprintf(path, sizeof path, "/v1/refunds/%s:refund:1/resolve", c.paid.text);
    a = order(c.l, path, OPERATOR, "{\"outcome\":\"succeeded\",\"reason\":\"by bank transfer\"}");
    assert_int_equal(a.status, 200);
    answer_free(&a);
    path[strlen(path) - strlen("/resolve")] = '\0';
    a = get(&c.l->f, path, AUDITOR);
    is_text(a.json, "state", "succeeded");
    is_text(a.json, "note", "by bank transfer");
    answer_free(&a);
}

static void lists_have_pages_and_rules(void **state)
{
    struct scene c = begin(*state);
    struct answer a;
    for (int i = 0; i < 3; i++) {
        a = refund(&c, OPERATOR, ",\"amount_minor\":100,\"reason\":\"x\"");
        assert_int_equal(a.status, 201);
        answer_free(&a);
    }
    char path[160], seen[3][64];
    snprintf(path, sizeof path, "/v1/refunds?place=a&limit=1&session=%s", c.paid.text);
    for (int i = 0; i < 3; i++) {
        a = get(&c.l->f, path, AUDITOR);
        assert_int_equal(json_array_size(json_object_get(a.json, "refunds")), 1);
        snprintf(seen[i], sizeof seen[i], "%s",
                 json_string_value(json_object_get(first(&a, "refunds"), "key")));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
        const char *next = json_string_value(json_object_get(a.json, "next"));
        assert_int_equal(next != NULL, i < 2);
        if (next)
            snprintf(path, sizeof path, "/v1/refunds?place=a&limit=1&after=%s", next);
        answer_free(&a);
    }
    is_code(get(&c.l->f, "/v1/refunds", AUDITOR), 400, "place_missing");
    is_code(get(&c.l->f, "/v1/refunds?place=zz", AUDITOR), 404, "not_found");
    is_code(get(&c.l->f, "/v1/refunds?place=a", OPERATOR_OF_B), 403, "other_place");
    is_code(get(&c.l->f, "/v1/refunds?place=a&state=lost", AUDITOR), 400, "bad_state");
    is_code(get(&c.l->f, "/v1/refunds?place=a&session=1", AUDITOR), 400, "bad_session");
    is_code(get(&c.l->f, "/v1/refunds?place=a&after=1", AUDITOR), 400, "bad_cursor");
    a = get(&c.l->f, "/v1/payments?place=a", NULL);
    assert_int_equal(a.status, 401);
    answer_free(&a);
}

static void days_are_reconciled(void **state)
{
    struct live *l = *state;
    struct reconciliation_row row = {
        .place = {"a"},
        .day = "2026-11-19",
        .currency = {"KRW"},
        .made = {1795000000000},
        .sums = {.priced_minor = 100, .paid_minor = 60, .owed_minor = 40},
        .mismatches = 1};
    struct mismatch m = {.class = MISMATCH_AMOUNT,
                         .of = MISMATCH_OF_PAYMENT,
                         .key = "0000000000000001:charge:1",
                         .session = {"0000000000000001"},
                         .ours = {60, {"KRW"}},
                         .theirs = {61, {"KRW"}}};
    char bytes[sizeof row + sizeof m];
    memcpy(bytes, &row, sizeof row);
    memcpy(bytes + sizeof row, &m, sizeof m);
    struct work *w = work_new(WORK_ADMIN, bytes, sizeof bytes);
    w->admin.kind = ADMIN_RECONCILED;
    pthread_mutex_lock(&l->lock);
    assert_int_equal(service_post(l->w.service, w), ERR_OK);
    world_run(&l->w);
    pthread_mutex_unlock(&l->lock);
    struct answer a = get(&l->f, "/v1/reconciliations?place=a", AUDITOR);
    is_text(first(&a, "reconciliations"), "day", "2026-11-19");
    assert_true(json_is_true(json_object_get(first(&a, "reconciliations"), "balanced")));
    assert_true(json_is_null(json_object_get(a.json, "running")));
    answer_free(&a);
    a = get(&l->f, "/v1/places/a/reconciliations/2026-11-19", AUDITOR);
    is_number(a.json, "mismatches", 1);
    is_text(first(&a, "differences"), "class", "amount");
    is_number(json_object_get(first(&a, "differences"), "theirs"), "amount_minor", 61);
    answer_free(&a);
    is_code(get(&l->f, "/v1/places/a/reconciliations/2026-11-20", AUDITOR), 404, "not_found");
    a = order(l, "/v1/reconciliations", AUDITOR, "{\"place\":\"a\",\"day\":\"2026-11-20\"}");
    assert_int_equal(a.status, 202);
    assert_string_equal(header(&a, "Location"), "/v1/places/a/reconciliations/2026-11-20");
    answer_free(&a);
    a = get(&l->f, "/v1/reconciliations?place=a", AUDITOR);
    is_text(json_object_get(a.json, "running"), "stage", "ledger");
    is_number(json_object_get(a.json, "running"), "lines", 7);
    answer_free(&a);
    is_code(order(l, "/v1/reconciliations", OPERATOR, "{\"place\":\"a\",\"day\":\"today\"}"), 422,
            "invalid_act");
    is_code(order(l, "/v1/reconciliations", OPERATOR, "{\"place\":\"z\",\"day\":\"2026-11-20\"}"),
            404, "not_found");
    is_code(
        order(l, "/v1/reconciliations", OPERATOR_OF_B, "{\"place\":\"a\",\"day\":\"2026-11-20\"}"),
        403, "other_place");
    is_code(get(&l->f, "/v1/reconciliations?place=a&before=2026-11-190", AUDITOR), 400,
            "bad_cursor");
    a = order(l, "/v1/reconciliations", ATTENDANT, "{\"place\":\"a\",\"day\":\"2026-11-20\"}");
    assert_int_equal(a.status, 403);
    answer_free(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, live_setup, live_teardown)
    const struct CMUnitTest tests[] = {
        T(a_refund_is_made_and_listed), T(bad_refunds_are_refused),    T(debts_are_given_up),
        T(what_a_person_found_out),     T(lists_have_pages_and_rules), T(days_are_reconciled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
