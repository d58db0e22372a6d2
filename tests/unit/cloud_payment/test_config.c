/* cloud.yaml: defaults, and an error with file, line and key for each kind of mistake. */
#include "cloud/config.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder with the files a configuration may name. */
struct folder {
    char path[64];
};

static void write_file(const struct folder *f, const char *name, const char *text)
{
    char memory[128];
    struct buf path = buf_of(memory, sizeof memory);
    buf_addf(&path, "%s/%s", f->path, name);
    FILE *file = fopen(path.text, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    struct folder *f = mem_alloc(sizeof *f);
    struct buf path = buf_of(f->path, sizeof f->path);
    buf_adds(&path, "/tmp/boomgate-config-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    write_file(f, "token", "0123456789abcdef\nignored\n");
    write_file(f, "short", "0123\n");
    write_file(f, "empty", "\n");
    write_file(f, "key", "sk_test_1\r\n");
    write_file(f, "accounts", "22아2222,cus_1\n");
    write_file(f, "bad_accounts", "22아2222\n");
    *state = f;
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"token",    "short",        "empty", "key",
                                        "accounts", "bad_accounts", "c.yaml"};
    struct folder *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char memory[128];
        struct buf path = buf_of(memory, sizeof memory);
        buf_addf(&path, "%s/%s", f->path, names[i]);
        unlink(path.text);
    }
    rmdir(f->path);
    free(f);
    return 0;
}

/* "@" in the text stands for the folder. */
static enum err load(const struct folder *f, const char *text, struct config **ret, char *reason)
{
    char *memory = mem_alloc(64 * 1024);
    struct buf b = buf_of(memory, 64 * 1024);
    for (; *text; text++) {
        if (*text == '@')
            buf_adds(&b, f->path);
        else
            buf_add(&b, text, 1);
    }
    write_file(f, "c.yaml", memory);
    b = buf_of(memory, 64 * 1024);
    buf_addf(&b, "%s/c.yaml", f->path);
    enum err e = config_load(memory, ret, reason);
    free(memory);
    return e;
}

static void test_defaults(void **state)
{
    struct config *c = NULL;
    char reason[CONFIG_REASON_SIZE] = "";
    assert_int_equal(load(*state, "database: /var/x.db\ntariffs: /etc/t\n", &c, reason), ERR_OK);
    assert_string_equal(c->instance.text, "cloud-1");
    assert_string_equal(c->broker.host, "127.0.0.1");
    assert_int_equal(c->broker.port, 1883);
    assert_string_equal(c->http.bind, "127.0.0.1"); /* loopback unless configured */
    assert_int_equal(c->token_count, 0);
    assert_int_equal(c->place_count, 0);
    assert_int_equal(config_log_level(c), LOG_INFO);
    assert_string_equal(c->zone, "UTC");
    struct payment_options o[PROVIDERS_MAX];
    assert_int_equal(config_payments(c, o), 0);
    config_free(c);
}

static void test_everything(void **state)
{
    struct config *c = NULL;
    char reason[CONFIG_REASON_SIZE] = "";
    enum err e = load(*state,
                      "instance: c7\ndatabase: /var/x.db\ntariffs: /etc/t\n"
                      "broker: {host: h, port: 1884, username: u, password_file: @/key,\n"
                      "         reconnect_min_ms: 10, reconnect_max_ms: 20}\n"
                      "http: {bind: '::1', port: 0}\n"
                      "tokens:\n  - {name: op, role: operator, token_file: @/token}\n"
                      "accounts: @/accounts\n"
                      "payment: {url: 'https://api.stripe.com', key_file: @/key,\n"
                      "          connect_timeout_ms: 100, total_timeout_ms: 300, retries: 1,\n"
                      "          breaker: {open_ms: 50, min_calls: 2}}\n"
                      "places:\n  - {name: a, capacity: 10, tariff: t1, currency: KRW,\n"
                      "     zone: Asia/Seoul, payment_policy: hold, hold_max_ms: 1000}\n"
                      "  - {name: b, capacity: 20, tariff: t3}\n"
                      "log: {level: debug}\n",
                      &c, reason);
    assert_string_equal(reason, "");
    assert_int_equal(e, ERR_OK);
    assert_string_equal(c->broker.password, "sk_test_1");
    assert_int_equal(c->auth.count, 1);
    assert_int_equal(c->account_count, 1);
    assert_int_equal(config_log_level(c), LOG_DEBUG);

    struct payment_options o[PROVIDERS_MAX];
    assert_int_equal(config_payments(c, o), 1);
    assert_string_equal(o[0].name.text, "stripe");
    assert_int_equal(o[0].endpoint_count, 1);
    assert_string_equal(o[0].urls[0], "https://api.stripe.com");
    assert_string_equal(o[0].secret, "sk_test_1");
    assert_int_equal(o[0].charge_ms, 300);
    assert_int_equal(o[0].retries, 1);
    assert_int_equal(o[0].breaker.open_ms, 50);
    assert_int_equal(o[0].breaker.open_max_ms, 300000);

    struct place_settings p = config_place(&c->places[0]);
    assert_string_equal(p.currency.code, "KRW");
    assert_string_equal(p.zone, "Asia/Seoul");
    assert_int_equal(p.policy, POLICY_HOLD);
    assert_int_equal(p.hold_max_ms, 1000);
    p = config_place(&c->places[1]);
    assert_string_equal(p.currency.code, "");
    assert_string_equal(p.zone, "");
    assert_int_equal(p.policy, POLICY_DEFER);
    assert_int_equal(p.unmatched_exit, UNMATCHED_OPEN);
    config_free(c);
}

static void test_default_breaker_and_times_are_those_of_the_worker(void **state)
{
    struct config *c = NULL;
    char reason[CONFIG_REASON_SIZE] = "";
    assert_int_equal(load(*state,
                          "database: x\ntariffs: t\n"
                          "payment: {url: 'http://h', key_file: @/key}\n",
                          &c, reason),
                     ERR_OK);
    struct payment_options list[PROVIDERS_MAX];
    struct payment_options d = payment_defaults();
    assert_int_equal(config_payments(c, list), 1);
    struct payment_options o = list[0];
    assert_memory_equal(&o.breaker, &d.breaker, sizeof d.breaker);
    assert_int_equal(o.connect_ms, d.connect_ms);
    assert_int_equal(o.charge_ms, d.charge_ms);
    assert_int_equal(o.refund_ms, d.refund_ms);
    assert_int_equal(o.settlement_ms, d.settlement_ms);
    assert_int_equal(o.ejection.failures_in_row, d.ejection.failures_in_row);
    assert_int_equal(o.ejection.eject_ms, d.ejection.eject_ms);
    assert_int_equal(o.retries, d.retries);
    assert_int_equal(o.retry_ms, d.retry_ms);
    assert_int_equal(o.connections, d.connections);
    assert_int_equal(o.queue, d.queue);
    config_free(c);
}

static void test_providers_in_order(void **state)
{
    struct config *c = NULL;
    char reason[CONFIG_REASON_SIZE] = "";
    load(*state,
         "database: x\ntariffs: t\naccounts: @/accounts\n"
         "payment:\n  ca_file: /etc/ca.pem\n  ejection: {failures_in_row: 2, eject_ms: 100}\n"
         "  providers:\n"
         "    - {name: korea, type: toss, key_file: @/key, endpoints: [{url: 'http://t'}]}\n"
         "    - {name: stripe, type: stripe, key_file: @/token,\n"
         "       endpoints: [{url: 'http://a'}, {url: 'https://b'}]}\n",
         &c, reason);
    assert_string_equal(reason, "");
    struct payment_options o[PROVIDERS_MAX];
    assert_int_equal(config_payments(c, o), 2);
    assert_string_equal(o[0].name.text, "korea");
    assert_ptr_equal(o[0].provider, &provider_toss);
    assert_string_equal(o[0].ca_file, "/etc/ca.pem");
    assert_int_equal(o[0].ejection.failures_in_row, 2);
    assert_int_equal(o[0].ejection.eject_ms, 100);
    assert_string_equal(o[1].name.text, "stripe");
    assert_ptr_equal(o[1].provider, &provider_stripe);
    assert_int_equal(o[1].endpoint_count, 2);
    assert_string_equal(o[1].urls[1], "https://b");
    assert_string_equal(o[1].secret, "0123456789abcdef");
    /* Tokens without a heading are the first provider's. */
    assert_string_equal(c->accounts[0].payer.tokens[0].provider.text, "korea");
    config_free(c);
}

#define HEAD           "database: x\ntariffs: t\n"
#define SHORT_PROVIDER "{name: a, type: toss, key_file: @/key, endpoints: [{url: 'http://t'}]}"

/* Each text and the end of its message. */
static const struct {
    const char *text;
    const char *message;
} mistakes[] = {
    {"tariffs: t\n", "database"},
    {HEAD "nonsense: 1\n", "c.yaml:3: nonsense"},
    {HEAD "http: {port: 70000}\n", "c.yaml:3: http.port"},
    {HEAD "http: {port: 12a}\n", "c.yaml:3: http.port"},
    {HEAD "payment: {url: 'ftp://h', key_file: @/key}\n",
     "c.yaml: payment.url: expected http://... or https://..."},
    {HEAD "payment:\n url: 'http://h'\n key_file: @/key\n providers:\n  - " SHORT_PROVIDER "\n",
     "c.yaml: payment.url: is not for use together with payment.providers"},
    {HEAD "payment:\n providers:\n  - " SHORT_PROVIDER "\n  - " SHORT_PROVIDER "\n",
     "c.yaml:6: payment.providers.name: this provider is listed already"},
    {HEAD
     "payment:\n providers:\n  - {name: a, type: cash, key_file: @/key, endpoints: [{url: h}]}\n",
     "c.yaml:5: payment.providers[0].type"},
    {HEAD
     "payment:\n providers:\n  - {name: a, type: toss, key_file: @/key, endpoints: [{url: h}]}\n",
     "c.yaml:5: payment.providers.endpoints.url: expected http://... or https://..."},
    {HEAD "payment:\n providers:\n  - {name: a, type: toss, key_file: @/key, endpoints: []}\n",
     "c.yaml:5: payment.providers[0].endpoints"},
    {HEAD "payment: {url: 'http://h'}\n", "c.yaml: payment.key_file: is needed with payment.url"},
    {HEAD "payment: {url: 'http://h', key_file: @/none}\n",
     "/none: payment.key_file: No such file or directory"},
    {HEAD "payment: {url: 'http://h', key_file: @/empty}\n",
     "/empty:1: payment.key_file: the first line is empty"},
    {HEAD "payment: {url: 'http://h', key_file: @/key, breaker: {open_max_ms: 1}}\n",
     "c.yaml: payment.breaker.open_max_ms: is less than open_ms"},
    {HEAD "broker: {password_file: @/key}\n", "c.yaml: broker.password_file: needs a username"},
    {HEAD "broker: {reconnect_min_ms: 100, reconnect_max_ms: 10}\n",
     "c.yaml: broker.reconnect_max_ms: is less than reconnect_min_ms"},
    {HEAD "tokens:\n - {name: a, role: king, token_file: @/token}\n", "c.yaml:4: tokens[0].role"},
    {HEAD "tokens:\n - {name: a, role: operator, token_file: @/short}\n",
     "/short:1: token_file: a token has at least 16 characters"},
    {HEAD "tokens:\n - {name: a, role: operator, token_file: @/token}\n"
          " - {name: b, role: auditor, token_file: @/token}\n",
     "c.yaml:5: tokens: this token is given twice"},
    {HEAD "tokens:\n - {name: a, role: driver, token_file: @/token}\n", "c.yaml:4: tokens: the "},
    {HEAD "places:\n - {name: a, capacity: 1, tariff: t}\n - {name: a, capacity: 2, tariff: t}\n",
     "c.yaml:5: name: this place is listed already"},
    {HEAD "places:\n - {name: a, capacity: 0, tariff: t}\n", "c.yaml:4: places[0].capacity"},
    {HEAD "places:\n - {name: a, capacity: 1, tariff: t, currency: eur}\n",
     "c.yaml:4: currency: expected three letters such as EUR"},
    {HEAD "accounts: @/bad_accounts\n", "/bad_accounts: accounts: line 1: expected plate,token"},
    {HEAD "accounts: @/none\n", "/none: accounts: No such file or directory"},
};

static void test_mistakes_are_named(void **state)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct config *c = NULL;
        char reason[CONFIG_REASON_SIZE] = "";
        enum err e = load(*state, mistakes[i].text, &c, reason);
        if (e == ERR_OK || c || !strstr(reason, mistakes[i].message))
            fail_msg("case %zu: %s, \"%s\" without \"%s\"", i, err_text(e), reason,
                     mistakes[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_default_breaker_and_times_are_those_of_the_worker),
        cmocka_unit_test(test_providers_in_order),
        cmocka_unit_test(test_mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
