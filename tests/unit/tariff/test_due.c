/* What is still due after payments, the exit grace, the next price step; and which rate tables are
 * refused. */
#include "tests/unit/support/check.h"

#include "protocol/tariff/tariff_stay.h"
#include "tests/unit/tariff/tables.h"

#include <string.h>

static const struct wall_ms entry = {1778839200000}; /* 2026-05-15T10:00:00Z */

static struct wall_ms after(int64_t seconds)
{
    return wall_after(entry, seconds * 1000);
}

static enum err stay_due(const struct tariff *t, struct wall_ms from, struct wall_ms now,
                         const struct tariff_payment *payments, size_t count,
                         struct tariff_due *ret)
{
    const struct tariff_stay stay = {.entry = from};
    return tariff_stay_due(t, &berlin, &stay, now, payments, count, ret);
}

static enum err next_step(const struct tariff *t, struct wall_ms from, struct wall_ms now,
                          struct tariff_step *ret)
{
    const struct tariff_stay stay = {.entry = from};
    return tariff_stay_step(t, &berlin, &stay, now, ret);
}

static struct tariff_due due(int64_t now_s, const struct tariff_payment *payments, size_t count)
{
    struct tariff_due d;
    assert_int_equal(stay_due(&T1, entry, after(now_s), payments, count, &d), ERR_OK);
    return d;
}

static void test_nothing_paid(void **state)
{
    (void)state;
    struct tariff_due d = due(9 * MIN_S, NULL, 0);
    assert_int_equal(d.due.minor, 0);
    assert_false(d.in_grace);
    d = due(2 * HOUR_S, NULL, 0);
    assert_int_equal(d.due.minor, 500);
    assert_string_equal(d.due.currency.code, "EUR");
    assert_int_equal(d.price_minor, 500);
    assert_int_equal(d.paid_minor, 0);
}

/* 500 paid at two hours: 15 minutes to leave, then the price again minus what was paid. */
static void test_grace(void **state)
{
    (void)state;
    const struct tariff_payment paid[] = {{after(2 * HOUR_S), 500}};
    struct tariff_due d = due(2 * HOUR_S, paid, 1);
    assert_int_equal(d.due.minor, 0);
    assert_true(d.in_grace);
    assert_int_equal(d.leave_by.v, after(2 * HOUR_S + 900).v);
    d = due(2 * HOUR_S + 900, paid, 1);
    assert_true(d.in_grace);
    assert_int_equal(d.due.minor, 0);
    assert_int_equal(d.price_minor, 650);
    d = due(2 * HOUR_S + 901, paid, 1);
    assert_false(d.in_grace);
    assert_int_equal(d.due.minor, 150);
    assert_int_equal(d.paid_minor, 500);
}

/* Every whole second of the grace counts, whatever the milliseconds of payment and exit. */
static void test_grace_floors(void **state)
{
    (void)state;
    const struct tariff_payment paid[] = {{wall_after(after(2 * HOUR_S), 1), 500}};
    struct tariff_due d;
    assert_int_equal(stay_due(&T1, entry, wall_after(after(2 * HOUR_S + 900), 999), paid, 1, &d),
                     ERR_OK);
    assert_true(d.in_grace);
}

static void test_partial_payments(void **state)
{
    (void)state;
    /* Too little gives no grace; the second payment settles. In any order. */
    const struct tariff_payment paid[] = {{after(2 * HOUR_S), 300}, {after(HOUR_S), 200}};
    struct tariff_due d = due(2 * HOUR_S + 1, paid, 1);
    assert_false(d.in_grace);
    assert_int_equal(d.due.minor, 350);
    d = due(2 * HOUR_S + 1, paid, 2);
    assert_true(d.in_grace);
    assert_int_equal(d.leave_by.v, after(2 * HOUR_S + 900).v);
    /* Settled at an hour, not again since: that grace is over. */
    const struct tariff_payment early[] = {{after(HOUR_S), 200}, {after(2 * HOUR_S), 100}};
    d = due(2 * HOUR_S + 1, early, 2);
    assert_false(d.in_grace);
    assert_int_equal(d.due.minor, 350);
}

static void test_too_much_and_too_early(void **state)
{
    (void)state;
    const struct tariff_payment much[] = {{after(HOUR_S), 1000}};
    struct tariff_due d = due(2 * HOUR_S, much, 1);
    assert_int_equal(d.due.minor, 0);
    assert_int_equal(d.paid_minor, 1000);
    assert_false(d.in_grace);
    /* A deposit before entry counts, but starts no grace. */
    const struct tariff_payment deposit[] = {{after(-HOUR_S), 100}};
    d = due(11 * MIN_S, deposit, 1);
    assert_false(d.in_grace);
    assert_int_equal(d.due.minor, 100);
}

static void test_due_is_refused(void **state)
{
    (void)state;
    struct tariff_due d = {.paid_minor = 77};
    const struct tariff_payment zero[] = {{after(5), 0}};
    const struct tariff_payment huge[] = {{after(5), INT64_MAX}, {after(5), 1}};
    assert_int_equal(stay_due(&T1, entry, after(-1), NULL, 0, &d), ERR_INVAL);
    assert_int_equal(stay_due(&T1, entry, after(9), zero, 1, &d), ERR_INVAL);
    assert_int_equal(stay_due(&T1, entry, after(9), huge, 2, &d), ERR_INVAL);
    assert_int_equal(stay_due(&T1, entry, after(9), huge, TARIFF_PAYMENTS_MAX + 1, &d), ERR_INVAL);
    assert_int_equal(d.paid_minor, 77);
}

static void expect_step(const struct tariff *t, int64_t now_s, int64_t at_s, int64_t amount)
{
    struct tariff_step s;
    assert_int_equal(next_step(t, entry, after(now_s), &s), ERR_OK);
    if (s.at.v != after(at_s).v || s.amount.minor != amount)
        fail_msg("at %lld s: step at %lld s to %lld", (long long)now_s,
                 (long long)(s.at.v - entry.v) / 1000, (long long)s.amount.minor);
}

static void test_next_step(void **state)
{
    (void)state;
    expect_step(&T1, 0, 601, 200);
    expect_step(&T1, 600, 601, 200);
    expect_step(&T1, 601, 3601, 350);
    expect_step(&T1, 3600, 3601, 350);
    expect_step(&T1, 3601, 5401, 500);
    expect_step(&T1, 3 * HOUR_S, 3 * HOUR_S + 1, 1050);
    /* Capped from 8:00:01 on; the next day starts anew. */
    expect_step(&T1, 10 * HOUR_S, DAY_S + 1, 2200);
    /* T2 at 12:00 local: by the hour until 22:00, then the night, then nothing until 07:00. */
    expect_step(&T2, 0, 1, 200);
    expect_step(&T2, 9 * HOUR_S + 1, 10 * HOUR_S + 1, 2400);
    expect_step(&T2, 10 * HOUR_S + 1, 19 * HOUR_S + 1, 2600);
    /* Milliseconds do not matter. */
    struct tariff_step s;
    assert_int_equal(next_step(&T1, wall_after(entry, 999), wall_after(after(600), 999), &s),
                     ERR_OK);
    assert_int_equal(s.at.v, after(601).v);
}

static void test_no_next_step(void **state)
{
    (void)state;
    struct tariff free = T5cal;
    free.lines[0].price_minor = 0;
    struct tariff_step s = {.at = {77}};
    assert_int_equal(next_step(&free, entry, after(5), &s), ERR_NOTFOUND);
    assert_int_equal(next_step(&T1, entry, after(-5), &s), ERR_INVAL);
    assert_int_equal(next_step(&T1, entry, after(TARIFF_DURATION_MAX_S), &s), ERR_NOTFOUND);
    assert_int_equal(next_step(&T1, entry, after(TARIFF_DURATION_MAX_S + 1), &s), ERR_INVAL);
    assert_int_equal(s.at.v, 77);
}

static void refuse(const struct tariff *t, const char *expected)
{
    struct tariff_fault fault = {.rule = "valid"};
    assert_int_equal(tariff_check(t, &fault), ERR_INVAL);
    assert_string_equal(fault.rule, expected);
}

static void test_check(void **state)
{
    (void)state;
    const struct tariff *valid[] = {&T1, &T2, &T3, &T5cal, &T5roll};
    struct tariff_fault fault = {0};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(tariff_check(valid[i], &fault), ERR_OK);
    assert_null(fault.rule);

    struct tariff t = T1;
    t.id.text[0] = '\0';
    refuse(&t, "the id is missing");
    t = T1;
    t.currency.code[2] = '\0';
    refuse(&t, "the currency is not a code of three letters");
    t = T1;
    t.free_s = -1;
    refuse(&t, "a duration is out of bounds");
    t = T1;
    t.cap_minor = TARIFF_AMOUNT_MAX + 1;
    refuse(&t, "an amount is out of bounds");
    t = T1;
    t.cap_period_s = HOUR_S - 1;
    refuse(&t, "a cap period is at least an hour");
    t = T1;
    t.line_count = 0;
    refuse(&t, "a price scale needs 1 to 8 lines");
    t.line_count = RATE_LINES_MAX + 1;
    refuse(&t, "a price scale needs 1 to 8 lines");
    t = T1;
    t.lines[1].until_s = t.lines[0].until_s;
    refuse(&t, "each line of a price scale but the last must end later than the one before");
    t = T1;
    t.lines[2].until_s = 4 * HOUR_S;
    refuse(&t, "the last line of a price scale must not end");
    t = T1;
    t.lines[0].price_minor = -1;
    refuse(&t, "a price is out of bounds");
    t = T1;
    t.lines[0].unit_s = -1;
    refuse(&t, "a unit is out of bounds");

    t = T2;
    t.line_count = 1;
    refuse(&t, "a rate table has lines or windows, not both");
    t = T2;
    t.windows[0].to_min = 1441;
    refuse(&t, "a window's time of day is out of bounds");
    t = T2;
    t.windows[0].days = 0x100;
    refuse(&t, "a window needs days");
    t = T2;
    t.windows[0].to_min++;
    refuse(&t, "two windows overlap");
    t = T2;
    t.windows[0].days = 0x3f;
    refuse(&t, "the windows leave a part of the week without a price");
    t = T2;
    t.windows[1].line_count = 0;
    refuse(&t, "a price scale needs 1 to 8 lines");
    t.window_count = TARIFF_WINDOWS_MAX + 1;
    refuse(&t, "too many windows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_paid),
        cmocka_unit_test(test_grace),
        cmocka_unit_test(test_grace_floors),
        cmocka_unit_test(test_partial_payments),
        cmocka_unit_test(test_too_much_and_too_early),
        cmocka_unit_test(test_due_is_refused),
        cmocka_unit_test(test_next_step),
        cmocka_unit_test(test_no_next_step),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
