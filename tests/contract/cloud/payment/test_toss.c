/* Toss' wire format: what is sent, and what each answer means (V1 to V3 of provider.h). */
#include "cloud/payment/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PAYMENT(status, amount, more)                                                              \
    "{\"paymentKey\":\"pay_1\",\"orderId\":\"00112233aabbccdd_charge_1\",\"status\":\"" status     \
    "\",\"currency\":\"KRW\",\"totalAmount\":" amount more "}"
#define CANCEL(key, amount)                                                                        \
    "{\"cancelReason\":\"refund " key "\",\"cancelAmount\":" amount                                \
    ",\"cancelStatus\":\"DONE\",\"transactionKey\":\"tx_9\"}"
#define CANCELS(list) ",\"cancels\":[" list "]"
#define REFUND_KEY    "00112233aabbccdd:refund:1"

static struct payment_call call_of(enum payment_call_kind kind)
{
    bool refund = kind == PAYMENT_CALL_REFUND || kind == PAYMENT_CALL_REFUND_QUERY;
    struct payment_call c = {
        .kind = kind,
        .key = "00112233aabbccdd:charge:1",
        .session = {"00112233aabbccdd"},
        .place = {"a"},
        .provider = {"toss"},
        .token = "Z_t5vOvQxrj4499PeiJcjen28-V2RyqgYTwN44Rdzk0=/CUST-7",
        .amount = {3500, {"KRW"}},
    };
    if (refund) {
        memcpy(c.key, REFUND_KEY, sizeof REFUND_KEY);
        memcpy(c.charge_ref, "pay_1", 6);
        c.amount.minor = 500;
    }
    return c;
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
    struct payment_call call = call_of(PAYMENT_CALL_CHARGE);
    struct provider_request r;
    assert_int_equal(provider_toss.build(&call, "test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R", &r),
                     ERR_OK);
    assert_true(r.post);
    assert_string_equal(r.target, "/v1/billing/Z_t5vOvQxrj4499PeiJcjen28-V2RyqgYTwN44Rdzk0%3D");
    assert_string_equal(r.body,
                        "{\"customerKey\":\"CUST-7\",\"amount\":3500,"
                        "\"orderId\":\"00112233aabbccdd_charge_1\",\"orderName\":\"Parking a\"}");
    assert_true(has_header(&r, "Idempotency-Key: 00112233aabbccdd:charge:1"));
    assert_true(has_header(&r, "Content-Type: application/json"));
    assert_true(has_header(
        &r, "Authorization: Basic dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVSOg=="));
}

static void test_the_other_calls_on_the_wire(void **state)
{
    (void)state;
    struct provider_request r;
    struct payment_call call = call_of(PAYMENT_CALL_QUERY);
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_OK);
    assert_false(r.post);
    assert_string_equal(r.target, "/v1/payments/orders/00112233aabbccdd_charge_1");
    call = call_of(PAYMENT_CALL_REFUND);
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_OK);
    assert_true(r.post);
    assert_string_equal(r.target, "/v1/payments/pay_1/cancel");
    assert_string_equal(r.body,
                        "{\"cancelReason\":\"refund " REFUND_KEY "\",\"cancelAmount\":500}");
    assert_true(has_header(&r, "Idempotency-Key: " REFUND_KEY));
    call = call_of(PAYMENT_CALL_REFUND_QUERY);
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_OK);
    assert_false(r.post);
    assert_string_equal(r.target, "/v1/payments/pay_1");
}

static void test_what_cannot_be_said_is_refused(void **state)
{
    (void)state;
    struct provider_request before;
    memset(&before, 7, sizeof before);
    struct provider_request r = before;
    struct payment_call call = call_of(PAYMENT_CALL_CHARGE);
    call.amount = (struct money){350, {"EUR"}};
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_INVAL);
    call.amount = (struct money){0, {"KRW"}};
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_INVAL);
    static const char *const tokens[] = {"", "billing", "/cust", "billing/", "bil ling/c"};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        call = call_of(PAYMENT_CALL_CHARGE);
        snprintf(call.token, sizeof call.token, "%s", tokens[i]);
        assert_int_equal(provider_toss.build(&call, "k", &r), ERR_INVAL);
    }
    call = call_of(PAYMENT_CALL_CHARGE);
    call.key[3] = '/';
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_INVAL);
    call.key[3] = '_'; /* would come back as another key */
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_INVAL);
    call = call_of(PAYMENT_CALL_REFUND);
    call.charge_ref[0] = '\0';
    assert_int_equal(provider_toss.build(&call, "k", &r), ERR_INVAL);
    call = call_of(PAYMENT_CALL_CHARGE);
    assert_int_equal(provider_toss.build(&call, "", &r), ERR_INVAL);
    assert_memory_equal(&r, &before, sizeof r);
}

enum {
    C = PAYMENT_CALL_CHARGE,
    Q = PAYMENT_CALL_QUERY,
    R = PAYMENT_CALL_REFUND,
    S = PAYMENT_CALL_REFUND_QUERY
};

static const struct {
    int kind;
    long status;
    const char *body;
    enum payment_outcome outcome;
    bool retry;
    bool healthy;
    const char *reference;
    const char *reason;
} cases[] = {
    {C, 200, PAYMENT("DONE", "3500", ""), PAYMENT_RESULT_SUCCEEDED, 0, 1, "pay_1", ""},
    {C, 200, PAYMENT("DONE", "3501", ""), PAYMENT_RESULT_UNKNOWN, 0, 1, "pay_1",
     "charged amount differs"},
    {C, 200, PAYMENT("DONE", "\"3500\"", ""), PAYMENT_RESULT_UNKNOWN, 0, 1, "pay_1",
     "charged amount differs"},
    {C, 200, PAYMENT("IN_PROGRESS", "3500", ""), PAYMENT_RESULT_UNKNOWN, 0, 1, "pay_1",
     "IN_PROGRESS"},
    {C, 200, PAYMENT("ABORTED", "3500", ""), PAYMENT_RESULT_DECLINED, 0, 1, "pay_1", "ABORTED"},
    {C, 200, "{\"paymentKey\":\"pay_1\",\"orderId\":\"other_charge_1\",\"status\":\"DONE\"}",
     PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer about another order"},
    {C, 200, "{\"status\":\"DONE\"}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "answer without paymentKey or status"},
    {C, 200, "{\"status\":\"DO", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer is not JSON"},
    {C, 200, "", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "answer is not JSON"},
    {C, 302, "", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "http 302"},
    {C, 403, "{\"code\":\"REJECT_CARD_PAYMENT\",\"message\":\"x\"}", PAYMENT_RESULT_DECLINED, 0, 1,
     "", "REJECT_CARD_PAYMENT"},
    {C, 400, "{\"code\":\"INVALID_STOPPED_CARD\",\"message\":\"x\"}", PAYMENT_RESULT_DECLINED, 0, 1,
     "", "INVALID_STOPPED_CARD"},
    {C, 400, "{\"code\":\"PROVIDER_ERROR\",\"message\":\"x\"}", PAYMENT_RESULT_DECLINED, 0, 0, "",
     "PROVIDER_ERROR"},
    {C, 400, "{\"code\":\"ALREADY_PROCESSED_PAYMENT\",\"message\":\"x\"}", PAYMENT_RESULT_UNKNOWN,
     0, 0, "", "ALREADY_PROCESSED_PAYMENT"},
    {C, 400, "{\"code\":\"DUPLICATED_ORDER_ID\",\"message\":\"x\"}", PAYMENT_RESULT_UNKNOWN, 0, 0,
     "", "DUPLICATED_ORDER_ID"},
    {C, 401, "{\"code\":\"UNAUTHORIZED_KEY\",\"message\":\"x\"}", PAYMENT_RESULT_NOT_SENT, 0, 0, "",
     "UNAUTHORIZED_KEY"},
    {C, 403, "{\"code\":\"FORBIDDEN_REQUEST\",\"message\":\"x\"}", PAYMENT_RESULT_NOT_SENT, 0, 0,
     "", "FORBIDDEN_REQUEST"},
    {C, 400, "{}", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "refusal without a code"},
    {C, 409, "{\"code\":\"IDEMPOTENT_REQUEST_PROCESSING\"}", PAYMENT_RESULT_UNKNOWN, 1, 0, "",
     "http 409"},
    {C, 429, "", PAYMENT_RESULT_UNKNOWN, 1, 0, "", "http 429"},
    {C, 500, "{\"code\":\"FAILED_INTERNAL_SYSTEM_PROCESSING\"}", PAYMENT_RESULT_UNKNOWN, 1, 0, "",
     "http 500"},
    {Q, 200, PAYMENT("DONE", "3500", ""), PAYMENT_RESULT_SUCCEEDED, 0, 1, "pay_1", ""},
    {Q, 200, PAYMENT("PARTIAL_CANCELED", "3500", ""), PAYMENT_RESULT_SUCCEEDED, 0, 1, "pay_1", ""},
    {Q, 200, PAYMENT("DONE", "3501", ""), PAYMENT_RESULT_SUCCEEDED, 0, 1, "pay_1",
     "charged amount differs"}, /* in charged_minor */
    {Q, 200, PAYMENT("DONE", "\"3500\"", ""), PAYMENT_RESULT_UNKNOWN, 0, 1, "pay_1",
     "charged amount differs"},
    {Q, 404, "{\"code\":\"NOT_FOUND_PAYMENT\",\"message\":\"x\"}", PAYMENT_RESULT_NOT_FOUND, 0, 1,
     "", ""},
    {Q, 404, "{\"code\":\"NOT_FOUND\",\"message\":\"x\"}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "http 404"},
    {Q, 401, "{\"code\":\"UNAUTHORIZED_KEY\"}", PAYMENT_RESULT_UNKNOWN, 0, 0, "", "http 401"},
    {R, 200, PAYMENT("PARTIAL_CANCELED", "3500", CANCELS(CANCEL(REFUND_KEY, "500"))),
     PAYMENT_RESULT_SUCCEEDED, 0, 1, "tx_9", ""},
    {R, 200, PAYMENT("PARTIAL_CANCELED", "3500", CANCELS(CANCEL(REFUND_KEY, "501"))),
     PAYMENT_RESULT_UNKNOWN, 0, 1, "tx_9", "refunded amount differs"},
    {R, 200, PAYMENT("CANCELED", "3500", CANCELS(CANCEL("other", "500"))), PAYMENT_RESULT_UNKNOWN,
     0, 0, "", "answer without the refund"},
    {R, 400, "{\"code\":\"ALREADY_CANCELED_PAYMENT\"}", PAYMENT_RESULT_DECLINED, 0, 1, "",
     "ALREADY_CANCELED_PAYMENT"},
    {S, 200, PAYMENT("DONE", "3500", ",\"cancels\":null"), PAYMENT_RESULT_NOT_FOUND, 0, 1, "", ""},
    {S, 200,
     PAYMENT("PARTIAL_CANCELED", "3500", CANCELS(CANCEL("x", "1") "," CANCEL(REFUND_KEY, "500"))),
     PAYMENT_RESULT_SUCCEEDED, 0, 1, "tx_9", ""},
    {S, 200, "{\"paymentKey\":\"pay_2\",\"status\":\"DONE\"}", PAYMENT_RESULT_UNKNOWN, 0, 0, "",
     "answer about another payment"},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct payment_call call = call_of((enum payment_call_kind)cases[i].kind);
        struct provider_answer a;
        provider_toss.read(&call, cases[i].status, cases[i].body, strlen(cases[i].body), &a);
        if (a.outcome != cases[i].outcome || a.retry != cases[i].retry ||
            a.healthy != cases[i].healthy || strcmp(a.reference, cases[i].reference) != 0 ||
            strcmp(a.reason, cases[i].reason) != 0)
            fail_msg("case %zu: %ld %s -> outcome %d retry %d healthy %d \"%s\" \"%s\"", i,
                     cases[i].status, cases[i].body, a.outcome, a.retry, a.healthy, a.reference,
                     a.reason);
        /* Who asks what was charged is told another amount than he thought. */
        bool other = a.outcome == PAYMENT_RESULT_SUCCEEDED && *a.reason;
        assert_int_equal(a.charged_minor, other ? 3501 : 0);
    }
}

/* 2026-05-14T15:00Z to 2026-05-15T15:00Z is 15 May in Korea. */
static const struct settlement_call day = {
    .provider = {"toss"}, .from = {1778770800000}, .to = {1778857200000}, .cursor = "2"};

static void test_settlement_on_the_wire(void **state)
{
    (void)state;
    struct provider_request r;
    assert_int_equal(provider_toss.build_page(&day, "k", &r), ERR_OK);
    assert_string_equal(r.target, "/v1/settlements?startDate=2026-05-15&endDate=2026-05-15"
                                  "&dateType=soldDate&page=2&size=100");
    struct settlement_call wrong = day;
    wrong.cursor[0] = 'x';
    assert_int_equal(provider_toss.build_page(&wrong, "k", &r), ERR_INVAL);
    wrong = day;
    wrong.to = wrong.from;
    assert_int_equal(provider_toss.build_page(&wrong, "k", &r), ERR_INVAL);
}

static void test_a_settlement_page(void **state)
{
    (void)state;
    static const char text[] =
        "[{\"paymentKey\":\"pay_1\",\"transactionKey\":\"tx_1\",\"currency\":\"KRW\",\"amount\":"
        "3500,"
        "\"orderId\":\"00112233aabbccdd_charge_1\",\"approvedAt\":\"2026-05-15T09:00:00+09:00\","
        "\"cancel\":null},"
        "{\"paymentKey\":\"pay_1\",\"transactionKey\":\"tx_9\",\"currency\":\"KRW\",\"amount\":-"
        "500,"
        "\"orderId\":\"00112233aabbccdd_charge_1\",\"approvedAt\":\"2026-05-15T09:00:00+09:00\","
        "\"cancel\":{\"cancelReason\":\"refund " REFUND_KEY "\","
        "\"canceledAt\":\"2026-05-15T10:00:00+09:00\"}},"
        "{\"paymentKey\":\"pay_2\",\"transactionKey\":\"tx_2\",\"currency\":\"KRW\",\"amount\":100,"
        "\"orderId\":\"web-shop-77\",\"approvedAt\":\"2026-05-15T11:00:00+09:00\"}]";
    static struct settlement_page page;
    struct provider_answer a;
    provider_toss.read_page(&day, 200, text, strlen(text), &page, &a);
    assert_int_equal(a.outcome, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(page.count, 3);
    assert_string_equal(page.next, "");
    assert_false(page.lines[0].refund);
    assert_string_equal(page.lines[0].key, "00112233aabbccdd:charge:1");
    assert_string_equal(page.lines[0].provider_ref, "pay_1");
    assert_int_equal(page.lines[0].amount.minor, 3500);
    assert_int_equal(page.lines[0].booked.v, 1778803200000);
    assert_true(page.lines[1].refund);
    assert_string_equal(page.lines[1].key, REFUND_KEY);
    assert_string_equal(page.lines[1].provider_ref, "tx_9");
    assert_int_equal(page.lines[1].amount.minor, 500);
    assert_string_equal(page.lines[2].key, "");

    static const char *const bad[] = {"{}", "[{}]", "[3]",
                                      "[{\"amount\":1,\"currency\":\"KRW\",\"paymentKey\":\"p\"}]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        provider_toss.read_page(&day, 200, bad[i], strlen(bad[i]), &page, &a);
        assert_int_equal(a.outcome, PAYMENT_RESULT_UNKNOWN);
        assert_string_equal(a.reason, "a line that is not understood");
    }
}

static void test_a_full_page_has_a_next_one(void **state)
{
    (void)state;
    static char text[SETTLEMENT_LINES_MAX * 200];
    static struct settlement_page page;
    struct provider_answer a;
    size_t n = 0;
    for (int i = 0; i < SETTLEMENT_LINES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "%c{\"paymentKey\":\"p%d\",\"currency\":\"KRW\",\"amount\":1,"
                              "\"approvedAt\":\"2026-05-15T11:00:00+09:00\"}",
                              i ? ',' : '[', i);
    text[n++] = ']';
    provider_toss.read_page(&day, 200, text, n, &page, &a);
    assert_int_equal(a.outcome, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(page.count, SETTLEMENT_LINES_MAX);
    assert_string_equal(page.next, "3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charge_on_the_wire),
        cmocka_unit_test(test_the_other_calls_on_the_wire),
        cmocka_unit_test(test_what_cannot_be_said_is_refused),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_settlement_on_the_wire),
        cmocka_unit_test(test_a_settlement_page),
        cmocka_unit_test(test_a_full_page_has_a_next_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
