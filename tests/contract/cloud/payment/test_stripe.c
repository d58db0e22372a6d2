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
    "\"metadata\":{\"key\":\"00112233aabbccdd:exit:1\"}}"

static struct payment_call charge_of(void)
{
    return (struct payment_call){
        .key = "00112233aabbccdd:exit:1",
        .session = {"00112233aabbccdd"},
        .place = {"a"},
        .token = "cus_7/pm_9",
        .amount = {350, {"EUR"}},
    };
}

static struct payment_call query_of(void)
{
    struct payment_call call = charge_of();
    call.query = true;
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
                        "&off_session=true&metadata%5Bkey%5D=00112233aabbccdd%3Aexit%3A1"
                        "&metadata%5Bsession%5D=00112233aabbccdd&metadata%5Bplace%5D=a");
    assert_true(has_header(&r, "Idempotency-Key: 00112233aabbccdd:exit:1"));
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
                                  "00112233aabbccdd%3Aexit%3A1%27");
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
#define MINE   "\"metadata\":{\"key\":\"00112233aabbccdd:exit:1\"}"

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
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_hostile_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
