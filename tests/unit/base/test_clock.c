/* Time as text: RFC 3339 in and out, to the last millisecond of the year 9999. */
#include "tests/unit/support/check.h"

#include "protocol/base/clock.h"

#include <string.h>

static const int64_t first_ms = -62167219200000; /* 0000-01-01T00:00:00.000Z */
static const int64_t last_ms = 253402300799999;  /* 9999-12-31T23:59:59.999Z */

static void test_both_ways(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1795156272345, "2026-11-20T06:31:12.345Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {951868800000, "2000-03-01T00:00:00.000Z"},
        {-2203891200001, "1900-02-28T23:59:59.999Z"},
        {-2203891200000, "1900-03-01T00:00:00.000Z"},
        {4107542399999, "2100-02-28T23:59:59.999Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIMESTAMP_SIZE + 1];
        struct wall_ms t;
        text[TIMESTAMP_SIZE] = 'x';
        assert_int_equal(timestamp_format((struct wall_ms){cases[i].ms}, text), ERR_OK);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(text[TIMESTAMP_SIZE], 'x');
        assert_int_equal(timestamp_parse(cases[i].text, strlen(cases[i].text), &t), ERR_OK);
        assert_int_equal(t.v, cases[i].ms);
    }
}

static void test_format_bounds(void **state)
{
    (void)state;
    char text[TIMESTAMP_SIZE] = "same";
    assert_int_equal(timestamp_format((struct wall_ms){first_ms - 1}, text), ERR_INVAL);
    assert_int_equal(timestamp_format((struct wall_ms){last_ms + 1}, text), ERR_INVAL);
    assert_int_equal(timestamp_format((struct wall_ms){INT64_MIN}, text), ERR_INVAL);
    assert_int_equal(timestamp_format((struct wall_ms){INT64_MAX}, text), ERR_INVAL);
    assert_string_equal(text, "same");
}

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"2026-11-20T06:31:12Z", 1795156272000},
        {"2026-11-20t06:31:12z", 1795156272000},
        {"2026-11-20T06:31:12.3Z", 1795156272300},
        {"2026-11-20T06:31:12.34Z", 1795156272340},
        {"2026-11-20T06:31:12.345999999Z", 1795156272345}, /* floored */
        {"2026-11-20T06:31:12.000000001Z", 1795156272000},
        {"2026-11-20T15:31:12+09:00", 1795156272000},
        {"2026-11-20T15:31:12.5+09:00", 1795156272500},
        {"2026-11-19T21:01:12-09:30", 1795156272000},
        {"2026-11-20T06:31:12-00:00", 1795156272000},
        {"2026-11-21T06:30:12+23:59", 1795156272000},
        {"1969-12-31T23:59:59.9999Z", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wall_ms t;
        assert_int_equal(timestamp_parse(cases[i].text, strlen(cases[i].text), &t), ERR_OK);
        if (t.v != cases[i].ms)
            fail_msg("%s: %lld", cases[i].text, (long long)t.v);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026-11-20",
        "2026-11-20T06:31:12", /* no offset */
        "2026-11-20T06:31Z",
        "2026-11-20 06:31:12Z",
        "2026-11-20T06:31:12ZZ",
        "2026-11-20T06:31:12Z ",
        " 2026-11-20T06:31:12Z",
        "2026-11-20T06:31:12.Z",
        "2026-11-20T06:31:12,5Z",
        "2026-11-20T06:31:12.1234567890Z", /* ten digits */
        "2026-11-20T06:31:12.12aZ",
        "2026-11-20T06:31:60Z", /* a leap second */
        "2026-11-20T24:00:00Z",
        "2026-11-20T06:60:00Z",
        "2026-00-20T06:31:12Z",
        "2026-13-20T06:31:12Z",
        "2026-11-00T06:31:12Z",
        "2026-11-31T06:31:12Z",
        "2026-02-29T06:31:12Z",
        "2100-02-29T06:31:12Z",
        "20x6-11-20T06:31:12Z",
        "-026-11-20T06:31:12Z",
        "2026-+1-20T06:31:12Z",
        "2026-11-20T06:31:12+0900",
        "2026-11-20T06:31:12+09",
        "2026-11-20T06:31:12+24:00",
        "2026-11-20T06:31:12+09:60",
        "2026-11-20T06:31:12 09:00",
        "2026-11-20T06:31:12.5",
        "2026-11-20T06:31:12.345678901+09:00 and more text",
    };
    struct wall_ms t = {77};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (timestamp_parse(cases[i], strlen(cases[i]), &t) != ERR_INVAL)
            fail_msg("%s was accepted", cases[i]);
    /* A NUL inside; the length decides. */
    assert_int_equal(timestamp_parse("2026-11-20T06:31:12\0", 20, &t), ERR_INVAL);
    assert_int_equal(t.v, 77);
    assert_int_equal(timestamp_parse("2026-11-20T06:31:12Z5", 20, &t), ERR_OK);
}

/* Each day of 800 years comes back, at a time of day that changes with it. */
static void test_every_day(void **state)
{
    (void)state;
    for (int64_t day = -146097; day < 146097; day++) {
        struct wall_ms t = {day * 86400000 + (day & 0x3ffffff) % 86400000}, back;
        char text[TIMESTAMP_SIZE];
        assert_int_equal(timestamp_format(t, text), ERR_OK);
        assert_int_equal(timestamp_parse(text, strlen(text), &back), ERR_OK);
        if (back.v != t.v)
            fail_msg("%s", text);
    }
}

static void test_arithmetic(void **state)
{
    (void)state;
    assert_int_equal(mono_after((struct mono_ms){5}, -7).v, -2);
    assert_int_equal(mono_diff_ms((struct mono_ms){5}, (struct mono_ms){7}), -2);
    assert_int_equal(wall_after((struct wall_ms){5}, 7).v, 12);
    assert_int_equal(wall_diff_ms((struct wall_ms){9}, (struct wall_ms){7}), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways), cmocka_unit_test(test_format_bounds),
        cmocka_unit_test(test_forms),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
