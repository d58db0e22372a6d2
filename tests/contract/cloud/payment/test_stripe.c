/* Stripe's wire format: what is sent, and what each answer means (V1, V2 of provider.h). */
#include "cloud/payment/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OK_INTENT                                                                                  \
    "{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount\":350,\"currency\":\"eur\","               \
    "\"metadata\":{\"key\":\"00112233aabbccdd:charge:1\"}}"

static struct payment_call charge_of(void)
{
    return (struct payment_call){
        .key = "00112233aabbccdd:charge:1",
        .session = {"00112233aabbccdd"},
        .place = {"a"},
        .token = "cus_7/pm_9",
        .amount = {350, {"EUR"}},
    };
}

static struct payment_call query_of(void)
{
    struct payment_call call = charge_of();
    call.kind = PAYMENT_CALL_QUERY;
    return call;
}

static bool has_header(const struct provider_request *r, const char *line)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcmp(r->headers[i], line) == 0)
            return true;
    return false;
}

static void test_charge_on_the_wire(void **state)
{
    (void)state;
    struct payment_call call = charge_of();
    struct provider_request r;
    assert_int_equal(provider_stripe.build(&call, "sk_test_1", &r), ERR_OK);
    assert_true(r.post);
    assert_string_equal(r.target, "/v1/payment_intents");
    assert_string_equal(r.body,
                        "amount=350&currency=eur&customer=cus_7&payment_method=pm_9&confirm=true"
                        "&off_session=true&metadata%5Bkey%5D=00112233aabbccdd%3Acharge%3A1"
                        "&metadata%5Bsession%5D=00112233aabbccdd&metadata%5Bplace%5D=a");
    assert_true(has_header(&r, "Idempotency-Key: 00112233aabbccdd:charge:1"));
    assert_true(has_header(&r, "Authorization: Bearer sk_test_1"));
}

static void test_charge_without_payment_method_and_without_decimals(void **state)
{
    (void)state;
    struct payment_call call = charge_of();
    memcpy(call.token, "cus_7", 6);
    call.amount = (struct money){3500, {"KRW"}};
    struct provider_request r;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_OK);
    assert_non_null(strstr(r.body, "amount=3500&currency=krw&customer=cus_7&confirm=true"));
}

static void test_query_on_the_wire(void **state)
{
    (void)state;
    struct payment_call call = query_of();
    struct provider_request r;
    assert_int_equal(provider_stripe.build(&call, "sk_test_1", &r), ERR_OK);
    assert_false(r.post);
    assert_string_equal(r.body, "");
    assert_string_equal(r.target, "/v1/payment_intents/search?query=metadata%5B%27key%27%5D%3A%27"
                                  "00112233aabbccdd%3Acharge%3A1%27");
    assert_true(has_header(&r, "Authorization: Bearer sk_test_1"));
}

static void test_what_cannot_be_said_is_refused(void **state)
{
    (void)state;
    struct provider_request before;
    memset(&before, 7, sizeof before);
    struct provider_request r = before;
    struct payment_call call = charge_of();
    call.amount.minor = 0;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call.amount.minor = -1;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call = charge_of();
    call.token[0] = '\0';
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call = charge_of();
    call.key[3] = '\'';
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call.key[3] = '\n';
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call = charge_of();
    assert_int_equal(provider_stripe.build(&call, "", &r), ERR_INVAL);
    assert_int_equal(provider_stripe.build(&call, "k\r\nX: y", &r), ERR_INVAL);
    assert_memory_equal(&r, &before, sizeof r);
}

static void test_a_query_by_reference(void **state)
{
    (void)state;
    struct payment_call call = query_of();
    memcpy(call.charge_ref, "pi_1", 5);
    struct provider_request r;
    struct provider_answer a;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_OK);
    assert_string_equal(r.target, "/v1/payment_intents/pi_1");
    provider_stripe.read(&call, 200, OK_INTENT, strlen(OK_INTENT), &a);
    assert_int_equal(a.outcome, PAYMENT_RESULT_SUCCEEDED);
    call.key[0] = '9';
    provider_stripe.read(&call, 200, OK_INTENT, strlen(OK_INTENT), &a);
    assert_int_equal(a.outcome, PAYMENT_RESULT_UNKNOWN);
    assert_string_equal(a.reason, "answer about another key");
}

static struct payment_call refund_of(enum payment_call_kind kind)
{
    return (struct payment_call){
        .kind = kind,
        .key = "00112233aabbccdd:refund:1",
        .session = {"00112233aabbccdd"},
        .place = {"a"},
        .charge_ref = "pi_1",
        .amount = {150, {"EUR"}},
    };
}

static void test_refund_on_the_wire(void **state)
{
    (void)state;
    struct payment_call call = refund_of(PAYMENT_CALL_REFUND);
    struct provider_request r;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_OK);
    assert_true(r.post);
    assert_string_equal(r.target, "/v1/refunds");
    assert_string_equal(r.body, "payment_intent=pi_1&amount=150"
                                "&metadata%5Bkey%5D=00112233aabbccdd%3Arefund%3A1"
                                "&metadata%5Bsession%5D=00112233aabbccdd&metadata%5Bplace%5D=a");
    assert_true(has_header(&r, "Idempotency-Key: 00112233aabbccdd:refund:1"));
    call.kind = PAYMENT_CALL_REFUND_QUERY;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_OK);
    assert_false(r.post);
    assert_string_equal(r.target, "/v1/refunds?limit=100&payment_intent=pi_1");
    call.charge_ref[0] = '\0';
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call = refund_of(PAYMENT_CALL_REFUND);
    call.charge_ref[0] = '\0';
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
    call = refund_of(PAYMENT_CALL_REFUND);
    call.amount.minor = 0;
    assert_int_equal(provider_stripe.build(&call, "k", &r), ERR_INVAL);
}

#define REFUND(status, amount)                                                                     \
    "{\"id\":\"re_1\",\"status\":\"" status "\",\"amount\":" amount                                \
    ",\"currency\":\"eur\",\"metadata\":{\"key\":\"00112233aabbccdd:refund:1\"}}"
#define OTHER_REFUND "{\"id\":\"re_0\",\"status\":\"succeeded\",\"metadata\":{}}"

static void test_refund_answers(void **state)
{
    (void)state;
    enum { R = PAYMENT_CALL_REFUND, Q = PAYMENT_CALL_REFUND_QUERY };
    static const struct {
        int kind;
        long status;
        const char *body;
        enum payment_outcome outcome;
        const char *reason;
    } rows[] = {
        {R, 200, REFUND("succeeded", "150"), PAYMENT_RESULT_SUCCEEDED, ""},
        {R, 200, REFUND("succeeded", "151"), PAYMENT_RESULT_UNKNOWN, "charged amount differs"},
        {R, 200, REFUND("pending", "150"), PAYMENT_RESULT_UNKNOWN, "pending"},
        {R, 200, REFUND("failed", "150"), PAYMENT_RESULT_DECLINED, "failed"},
        {R, 400,
         "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"charge_already_refunded\"}}",
         PAYMENT_RESULT_DECLINED, "charge_already_refunded"},
        {R, 500, "", PAYMENT_RESULT_UNKNOWN, "http 500"},
        {Q, 200, "{\"has_more\":false,\"data\":[" OTHER_REFUND "," REFUND("succeeded", "150") "]}",
         PAYMENT_RESULT_SUCCEEDED, ""},
        {Q, 200, "{\"has_more\":false,\"data\":[" OTHER_REFUND "]}", PAYMENT_RESULT_NOT_FOUND, ""},
        {Q, 200, "{\"has_more\":true,\"data\":[" OTHER_REFUND "]}", PAYMENT_RESULT_UNKNOWN,
         "search result about other keys"},
        {Q, 404, "{\"error\":{\"type\":\"invalid_request_error\"}}", PAYMENT_RESULT_UNKNOWN,
         "http 404"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct payment_call call = refund_of((enum payment_call_kind)rows[i].kind);
        struct provider_answer a;
        provider_stripe.read(&call, rows[i].status, rows[i].body, strlen(rows[i].body), &a);
        if (a.outcome != rows[i].outcome || strcmp(a.reason, rows[i].reason) != 0)
            fail_msg("row %zu: outcome %d \"%s\"", i, a.outcome, a.reason);
    }
}

static const struct settlement_call day = {
    .provider = {"stripe"}, .from = {1700000000500}, .to = {1700086400000}, .cursor = "txn_7"};

static void test_settlement_on_the_wire(void **state)
{
    (void)state;
    struct provider_request r;
    assert_int_equal(provider_stripe.build_page(&day, "k", &r), ERR_OK);
    assert_string_equal(r.target, "/v1/balance_transactions?limit=100&expand%5B%5D=data.source"
                                  "&created%5Bgte%5D=1700000001&created%5Blt%5D=1700086400"
                                  "&starting_after=txn_7");
    assert_int_equal(r.answer_max, PROVIDER_PAGE_MAX);
}

static void test_a_settlement_page(void **state)
{
    (void)state;
    static const char text[] =
        "{\"has_more\":true,\"data\":["
        "{\"id\":\"txn_1\",\"type\":\"charge\",\"created\":1700000002,\"amount\":345,"
        "\"source\":{\"id\":\"ch_1\",\"payment_intent\":\"pi_1\",\"amount\":350,\"currency\":"
        "\"eur\","
        "\"metadata\":{\"key\":\"00112233aabbccdd:stay:1\"}}},"
        "{\"id\":\"txn_2\",\"type\":\"payout\",\"created\":1700000003,\"source\":null},"
        "{\"id\":\"txn_3\",\"type\":\"refund\",\"created\":1700000004,\"amount\":-150,"
        "\"source\":{\"id\":\"re_1\",\"amount\":150,\"currency\":\"eur\",\"metadata\":{}}}]}";
    static struct settlement_page page;
    struct provider_answer a;
    provider_stripe.read_page(&day, 200, text, strlen(text), &page, &a);
    assert_int_equal(a.outcome, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(page.count, 2); /* a payout is nobody's payment */
    assert_string_equal(page.next, "txn_3");
    assert_false(page.lines[0].refund);
    assert_string_equal(page.lines[0].key, "00112233aabbccdd:stay:1");
    assert_string_equal(page.lines[0].provider_ref, "pi_1");
    assert_int_equal(page.lines[0].amount.minor,
                     350); /* what was charged, not what was converted */
    assert_string_equal(page.lines[0].amount.currency.code, "EUR");
    assert_int_equal(page.lines[0].booked.v, 1700000002000);
    assert_true(page.lines[1].refund);
    assert_string_equal(page.lines[1].key, "");
    assert_string_equal(page.lines[1].provider_ref, "re_1");

    static const struct {
        long status;
        const char *body;
        const char *reason;
    } bad[] = {
        {200, "{\"data\":[{\"type\":\"charge\",\"created\":1,\"source\":\"ch_1\"}]}",
         "a line that is not understood"},
        {200, "{\"data\":[{\"type\":\"charge\",\"created\":1,\"source\":{\"amount\":-1}}]}",
         "a line that is not understood"},
        {200, "{\"has_more\":true,\"data\":[]}", "a line that is not understood"},
        {200, "[]", "answer is not JSON"},
        {503, "", "http 503"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        provider_stripe.read_page(&day, bad[i].status, bad[i].body, strlen(bad[i].body), &page, &a);
        assert_int_equal(a.outcome, PAYMENT_RESULT_UNKNOWN);
        assert_string_equal(a.reason, bad[i].reason);
    }
}

struct answer_case {
    bool query;
    long status;
    const char *body;
    enum payment_outcome outcome;
    bool retry;
    bool healthy;
    const char *reference;
    const char *reason;
};

#define NOBODY "\"metadata\":{\"key\":\"other\"}"
#define MINE   "\"metadata\":{\"key\":\"00112233aabbccdd:charge:1\"}"

static const struct answer_case cases[] = {
    /* charges */
    {0, 200, OK_INTENT, PAYMENT_RESULT_SUCCEEDED, 0, 1, "pi_1", ""},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"processing\"}", PAYMENT_RESULT_UNKNOWN, 0, 1, "pi_1",
     "processing"},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"requires_action\"}", PAYMENT_RESULT_DECLINED, 0, 1,
     "pi_1", "requires_action"},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"canceled\"}", PAYMENT_RESULT_DECLINED, 0, 1, "pi_1",
     "canceled"},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"made_up\"}", PAYMENT_RESULT_UNKNOWN, 0, 1, "pi_1",
     "made_up"},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount\":351,\"currency\":\"eur\"}",
     PAYMENT_RESULT_UNKNOWN, 0, 1, "pi_1", "charged amount differs"},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount\":350,\"currency\":\"krw\"}",
     PAYMENT_RESULT_UNKNOWN, 0, 1, "pi_1", "charged amount differs"},
    {0, 200, "{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount\":\"350\",\"currency\":\"eur\"}",
     PAYMENT_RESULT_UNKNOWN, 0, 1, "pi_1", "charged amount differs"},
    {0, 200, "{\"status\":\"succeeded\",\"amount\":350,\"currency\":\"eur\"}",
     PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer without id or status"},
    {0, 200, "{\"id\":7,\"status\":[]}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "answer without id or status"},
    {0, 200, "{\"id\":\"pi_1\",", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer is not JSON"},
    {0, 200, "", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer is not JSON"},
    {0, 200, "<html>", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer is not JSON"},
    {0, 200, "{\"id\":\"p\",\"id\":\"q\",\"status\":\"succeeded\"}", PAYMENT_RESULT_UNKNOWN, 0, 0,
     "", "answer is not JSON"},
    {0, 302, "", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "http 302"},
    {0, 204, "", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "http 204"},
    {0, 402,
     "{\"error\":{\"type\":\"card_error\",\"code\":\"card_declined\","
     "\"decline_code\":\"insufficient_funds\",\"payment_intent\":{\"id\":\"pi_2\"}}}",
     PAYMENT_RESULT_DECLINED, 0, 1, "pi_2", "insufficient_funds"},
    {0, 402, "{\"error\":{\"type\":\"card_error\",\"code\":\"card_declined\"}}",
     PAYMENT_RESULT_DECLINED, 0, 1, "", "card_declined"},
    {0, 402, "{}", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "refusal without a reason"},
    {0, 402, "gateway says no", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer is not JSON"},
    {0, 400, "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"amount_too_small\"}}",
     PAYMENT_RESULT_DECLINED, 0, 1, "", "amount_too_small"},
    {0, 400, "{\"error\":{\"type\":\"idempotency_error\"}}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "idempotency_error"},
    {0, 401, "{\"error\":{\"type\":\"invalid_request_error\"}}", PAYMENT_RESULT_NOT_SENT, 0, 0, "",
     "invalid_request_error"},
    {0, 409, "{}", PAYMENT_RESULT_UNKNOWN, 1, 0, "", "http 409"},
    {0, 429, "{}", PAYMENT_RESULT_UNKNOWN, 1, 0, "", "http 429"},
    {0, 500, "oops", PAYMENT_RESULT_UNKNOWN, 1, 0, "", "http 500"},
    {0, 503, "", PAYMENT_RESULT_UNKNOWN, 1, 0, "", "http 503"},
    /* queries */
    {1, 200, "{\"data\":[]}", PAYMENT_RESULT_NOT_FOUND, 0, 1, "", ""},
    {1, 200, "{\"data\":[" OK_INTENT "]}", PAYMENT_RESULT_SUCCEEDED, 0, 1, "pi_1", ""},
    {1, 200,
     "{\"data\":[{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount\":351,\"currency\":"
     "\"eur\"," MINE "}]}",
     PAYMENT_RESULT_SUCCEEDED, 0, 1, "pi_1", "charged amount differs"},
    {1, 200,
     "{\"data\":[{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount\":351,\"currency\":"
     "\"krw\"," MINE "}]}",
     PAYMENT_RESULT_UNKNOWN, 0, 1, "pi_1", "charged amount differs"},
    {1, 200, "{\"data\":[{\"id\":\"pi_0\",\"status\":\"canceled\"," MINE "}," OK_INTENT "]}",
     PAYMENT_RESULT_SUCCEEDED, 0, 1, "pi_1", ""},
    {1, 200, "{\"data\":[" OK_INTENT ",{\"id\":\"pi_0\",\"status\":\"canceled\"," MINE "}]}",
     PAYMENT_RESULT_SUCCEEDED, 0, 1, "pi_1", ""},
    {1, 200, "{\"data\":[{\"id\":\"pi_0\",\"status\":\"requires_payment_method\"," MINE "}]}",
     PAYMENT_RESULT_DECLINED, 0, 1, "pi_0", "requires_payment_method"},
    {1, 200, "{\"data\":[{\"id\":\"pi_0\",\"status\":\"succeeded\"," NOBODY "}]}",
     PAYMENT_RESULT_UNKNOWN, 0, 0, "", "search result about other keys"},
    {1, 200, "{\"data\":[3,null,\"x\"]}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "search result about other keys"},
    {1, 200, "{}", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "search result without data"},
    {1, 200, OK_INTENT, PAYMENT_RESULT_UNKNOWN, 0, 0, "", "search result without data"},
    {1, 404, "{\"error\":{\"type\":\"invalid_request_error\"}}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "http 404"},
    {1, 401, "{\"error\":{\"type\":\"invalid_request_error\"}}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "http 401"},
    {1, 500, "", PAYMENT_RESULT_UNKNOWN, 1, 0, "", "http 500"},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct answer_case *c = &cases[i];
        struct payment_call call = c->query ? query_of() : charge_of();
        struct provider_answer a;
        provider_stripe.read(&call, c->status, c->body, strlen(c->body), &a);
        if (a.outcome != c->outcome || a.retry != c->retry || a.healthy != c->healthy ||
            strcmp(a.reference, c->reference) != 0 || strcmp(a.reason, c->reason) != 0)
            fail_msg("case %zu: %ld %s -> outcome %d retry %d healthy %d \"%s\" \"%s\"", i,
                     c->status, c->body, a.outcome, a.retry, a.healthy, a.reference, a.reason);
        /* Who asks what was charged is told another amount than he thought. */
        bool other = a.outcome == PAYMENT_RESULT_SUCCEEDED && *a.reason;
        assert_int_equal(a.charged_minor, other ? 351 : 0);
    }
}

/* Text from outside is cut and made printable before it reaches records. */
static void test_hostile_text(void **state)
{
    (void)state;
    struct payment_call call = charge_of();
    char body[1024];
    char id[600];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"status\":\"a\\n\\u001bb\\u00e9\",\"amount\":350}",
             id);
    struct provider_answer a;
    provider_stripe.read(&call, 200, body, strlen(body), &a);
    assert_int_equal(strlen(a.reference), PROVIDER_REF_SIZE - 1);
    assert_string_equal(a.reason, "a??b??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charge_on_the_wire),
        cmocka_unit_test(test_charge_without_payment_method_and_without_decimals),
        cmocka_unit_test(test_query_on_the_wire),
        cmocka_unit_test(test_what_cannot_be_said_is_refused),
        cmocka_unit_test(test_a_query_by_reference),
        cmocka_unit_test(test_refund_on_the_wire),
        cmocka_unit_test(test_refund_answers),
        cmocka_unit_test(test_settlement_on_the_wire),
        cmocka_unit_test(test_a_settlement_page),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_hostile_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
