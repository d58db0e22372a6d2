/* The kernel: errors, buffers, names and identifiers, money, back-off. Outputs are untouched on
 * failure in all of it. */
#include "tests/unit/support/check.h"

#include "protocol/base/backoff.h"
#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"

#include <stdbool.h>
#include <string.h>

static void test_err(void **state)
{
    (void)state;
    assert_string_equal(err_text(ERR_OK), "ok");
    assert_string_equal(err_text(ERR_IO), "storage failed, stop the process");
    for (int a = 0; a < ERR_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(err_text((enum err)a), err_text((enum err)b));
    assert_string_equal(err_text(ERR_COUNT), "unknown error");
    assert_string_equal(err_text((enum err) - 1), "unknown error");
}

static enum err tried(enum err first, int *ret_reached)
{
    TRY(first);
    *ret_reached = 1;
    return ERR_FULL;
}

static void test_try(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(tried(ERR_DENIED, &reached), ERR_DENIED);
    assert_int_equal(reached, 0);
    assert_int_equal(tried(ERR_OK, &reached), ERR_FULL);
    assert_int_equal(reached, 1);
}

/* What does not fit changes nothing, and nothing is added after it, even if it would fit. */
static void test_buf(void **state)
{
    (void)state;
    char memory[9];
    memset(memory, 'x', sizeof memory);
    struct buf b = buf_of(memory, 8);
    assert_string_equal(b.text, "");
    buf_adds(&b, "abc");
    buf_addf(&b, "%d", 42);
    assert_string_equal(b.text, "abc42");
    assert_int_equal(b.len, 5);
    buf_addf(&b, "%s", "de");
    assert_string_equal(b.text, "abc42de");
    assert_int_equal(b.len, 7);
    assert_false(b.overflow);
    buf_add(&b, "", 0);
    assert_false(b.overflow);
    buf_adds(&b, "f");
    assert_true(b.overflow);
    assert_string_equal(b.text, "abc42de");
    assert_int_equal(memory[8], 'x');
}

static void test_buf_overflow_by_format(void **state)
{
    (void)state;
    char memory[9];
    memset(memory, 'x', sizeof memory);
    struct buf b = buf_of(memory, 8);
    buf_adds(&b, "abc");
    buf_addf(&b, "%s", "12345");
    assert_true(b.overflow);
    assert_string_equal(b.text, "abc");
    assert_int_equal(b.len, 3);
    buf_adds(&b, "d");
    buf_addf(&b, "%s", "d");
    buf_add(&b, "", 0);
    assert_string_equal(b.text, "abc");
    assert_int_equal(memory[8], 'x');
    b = buf_of(memory, 1);
    buf_add(&b, "a", 1);
    assert_true(b.overflow);
    assert_string_equal(b.text, "");
}

static void test_buf_takes_bytes_as_they_are(void **state)
{
    (void)state;
    char memory[8];
    struct buf b = buf_of(memory, sizeof memory);
    buf_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.text, "a\0b", 4);
    buf_add(&b, "x", SIZE_MAX);
    assert_true(b.overflow);
}

static void test_name(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "9", "-", "lane-1", "abcdefghijklmnopqrstuvwxyz01234"};
    static const char *const bad[] = {
        "",   "A",  "a b", "a_b",      "a/b",
        "a+", "a#", "a.b", "\xc3\xbc", "abcdefghijklmnopqrstuvwxyz012345"};
    struct name n;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        memset(&n, 'x', sizeof n);
        assert_int_equal(name_parse(good[i], strlen(good[i]), &n), ERR_OK);
        assert_string_equal(n.text, good[i]);
        /* padded with zeros, so that names compare as values */
        for (size_t k = strlen(good[i]); k < NAME_SIZE; k++)
            assert_int_equal(n.text[k], 0);
    }
    n = (struct name){"same"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(name_parse(bad[i], strlen(bad[i]), &n), ERR_INVAL);
    assert_int_equal(name_parse("a\0b", 3, &n), ERR_INVAL);
    assert_string_equal(n.text, "same");
    assert_int_equal(name_parse("abc", 2, &n), ERR_OK);
    assert_string_equal(n.text, "ab");
    assert_true(name_equal(&n, &(struct name){"ab"}));
    assert_false(name_equal(&n, &(struct name){"abc"}));
}

static void test_hex(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x9f, 0xa0, 0xff};
    char text[9];
    uint8_t back[4] = {7, 7, 7, 7};
    hex_format(bytes, 4, text);
    assert_string_equal(text, "009fa0ff");
    assert_int_equal(hex_parse("009fA0fg", 8, back, 4), ERR_INVAL);
    assert_int_equal(hex_parse("009fa0f", 7, back, 4), ERR_INVAL);
    assert_int_equal(hex_parse("009fa0ff0", 9, back, 4), ERR_INVAL);
    assert_int_equal(hex_parse("0x9fa0ff", 8, back, 4), ERR_INVAL);
    assert_memory_equal(back, "\7\7\7\7", 4);
    assert_int_equal(hex_parse("009FA0ff", 8, back, 4), ERR_OK);
    assert_memory_equal(back, bytes, 4);
    hex_format(bytes, 0, text);
    assert_string_equal(text, "");
    assert_int_equal(hex_parse("", 0, back, 0), ERR_OK);
}

static void test_ids(void **state)
{
    (void)state;
    assert_string_equal(movement_id_from(0).text, "0000000000000000");
    assert_string_equal(movement_id_from(UINT64_C(0x0123456789abcdef)).text, "0123456789abcdef");
    uint8_t random[16];
    for (int i = 0; i < 16; i++)
        random[i] = (uint8_t)(i * 17);
    struct request_id r = request_id_from(random);
    assert_string_equal(r.text, "00112233445566778899aabbccddeeff");

    struct movement_id m = {"same"};
    assert_int_equal(movement_id_parse("0123456789abcde", 15, &m), ERR_INVAL);
    assert_int_equal(movement_id_parse("0123456789abcdef0", 17, &m), ERR_INVAL);
    assert_int_equal(movement_id_parse("0123456789ABCDEF", 16, &m), ERR_INVAL);
    assert_int_equal(movement_id_parse("0123456789abcdeg", 16, &m), ERR_INVAL);
    assert_int_equal(movement_id_parse("", 0, &m), ERR_INVAL);
    assert_string_equal(m.text, "same");
    assert_int_equal(movement_id_parse("0123456789abcdef+", 16, &m), ERR_OK);
    assert_string_equal(m.text, "0123456789abcdef");

    struct request_id q = {"same"};
    struct digest d = {"same"};
    assert_int_equal(request_id_parse(r.text, 31, &q), ERR_INVAL);
    assert_int_equal(digest_parse(r.text, 31, &d), ERR_INVAL);
    assert_string_equal(q.text, "same");
    assert_string_equal(d.text, "same");
    assert_int_equal(request_id_parse(r.text, 32, &q), ERR_OK);
    assert_int_equal(digest_parse(r.text, 32, &d), ERR_OK);
    assert_string_equal(q.text, r.text);
    assert_string_equal(d.text, r.text);
}

static void test_currency(void **state)
{
    (void)state;
    struct currency c = {"XYZ"};
    static const char *const bad[] = {"", "EU", "EURO", "eur", "E1R", "EU\xc4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(currency_parse(bad[i], strlen(bad[i]), &c), ERR_INVAL);
    assert_string_equal(c.code, "XYZ");
    assert_int_equal(currency_parse("EUR", 3, &c), ERR_OK);
    assert_int_equal(currency_digits(&c), 2);
    assert_int_equal(currency_digits(&(struct currency){"KRW"}), 0);
    assert_int_equal(currency_digits(&(struct currency){"JPY"}), 0);
    assert_int_equal(currency_digits(&(struct currency){"KWD"}), 3);
    assert_int_equal(currency_digits(&(struct currency){"USD"}), 2);
}

static void test_money(void **state)
{
    (void)state;
    const struct currency eur = {"EUR"}, krw = {"KRW"};
    struct money sum = {77, eur};
    assert_int_equal(money_add((struct money){1, eur}, (struct money){1, krw}, &sum), ERR_CONFLICT);
    assert_int_equal(money_add((struct money){INT64_MAX, eur}, (struct money){1, eur}, &sum),
                     ERR_INVAL);
    assert_int_equal(money_add((struct money){INT64_MIN, eur}, (struct money){-1, eur}, &sum),
                     ERR_INVAL);
    assert_int_equal(sum.minor, 77);
    assert_int_equal(money_add((struct money){INT64_MAX, eur}, (struct money){-1, eur}, &sum),
                     ERR_OK);
    assert_true(sum.minor == INT64_MAX - 1);

    static const struct {
        struct money m;
        const char *text;
    } cases[] = {
        {{1250, {"EUR"}}, "12.50 EUR"},
        {{3500, {"KRW"}}, "3500 KRW"},
        {{-5, {"EUR"}}, "-0.05 EUR"},
        {{0, {"EUR"}}, "0.00 EUR"},
        {{0, {"KRW"}}, "0 KRW"},
        {{-1, {"KRW"}}, "-1 KRW"},
        {{1, {"KWD"}}, "0.001 KWD"},
        {{INT64_MAX, {"EUR"}}, "92233720368547758.07 EUR"},
        {{INT64_MIN, {"EUR"}}, "-92233720368547758.08 EUR"},
        {{INT64_MIN, {"KWD"}}, "-9223372036854775.808 KWD"},
        {{INT64_MIN, {"KRW"}}, "-9223372036854775808 KRW"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[MONEY_TEXT_SIZE];
        money_format(cases[i].m, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Every delay is in [min, bound]; both ends are reached; the bound doubles up to max and stays. */
static void test_backoff(void **state)
{
    (void)state;
    struct backoff b = backoff_of(1000, 10000);
    static const uint32_t bounds[] = {2000, 4000, 8000, 10000, 10000};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        struct backoff low = b, high = b;
        assert_int_equal(backoff_next_ms(&low, 0), 1000);
        assert_int_equal(backoff_next_ms(&high, bounds[i] - 1000), bounds[i]);
        uint32_t delay = backoff_next_ms(&b, UINT64_MAX);
        assert_in_range(delay, 1000, bounds[i]);
    }
    backoff_session_ended(&b, 59999, 60000);
    assert_int_equal(b.bound_ms, 10000);
    backoff_session_ended(&b, 60000, 60000);
    assert_int_equal(b.bound_ms, 2000);
}

/* The ends of the number range do not wrap, for any max of at least twice min. */
/* Whatever a configuration says, the delays stay between the two figures. */
static void test_backoff_of_odd_pairs(void **state)
{
    (void)state;
    struct backoff narrow = backoff_of(1000, 1500);
    assert_int_equal(narrow.bound_ms, 1500);
    struct backoff reversed = backoff_of(5000, 10);
    for (int i = 0; i < 5; i++)
        assert_int_equal(backoff_next_ms(&reversed, UINT64_MAX - (unsigned)i), 5000);
    struct backoff zero = backoff_of(0, 0);
    assert_int_equal(backoff_next_ms(&zero, 7), 1);
}

static void test_backoff_at_the_ends(void **state)
{
    (void)state;
    static const struct {
        uint32_t min, max;
    } cases[] = {{1000, 2000}, {5, 10}, {1, UINT32_MAX}, {UINT32_MAX / 2, UINT32_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct backoff b = backoff_of(cases[i].min, cases[i].max);
        for (int k = 0; k < 50; k++) {
            struct backoff high = b;
            uint64_t span = (uint64_t)b.bound_ms - b.min_ms;
            uint32_t longest = backoff_next_ms(&high, span);
            assert_true(longest >= cases[i].min && longest <= cases[i].max);
            backoff_next_ms(&b, 0);
        }
        backoff_session_ended(&b, 1, 1);
        assert_true(b.bound_ms >= b.min_ms && b.bound_ms <= b.max_ms);
        assert_int_equal(b.min_ms, cases[i].min);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_buf_overflow_by_format),
        cmocka_unit_test(test_buf_takes_bytes_as_they_are),
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_currency),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_backoff_at_the_ends),
        cmocka_unit_test(test_backoff_of_odd_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
