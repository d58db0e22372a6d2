/* Pricing: worked cases, then P1 to P6 of tariff.h on random stays. */
#include "tests/unit/support/check.h"

#include "tests/unit/tariff/tables.h"

#include <string.h>

static struct wall_ms at(const char *text)
{
    struct wall_ms t;
    if (timestamp_parse(text, strlen(text), &t) != ERR_OK)
        fail_msg("%s is no timestamp", text);
    return t;
}

static int64_t price(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                     struct wall_ms exit)
{
    static struct tariff_quote q;
    assert_int_equal(tariff_price(t, z, entry, exit, &q), ERR_OK);
    return q.amount.minor;
}

static void test_worked_cases(void **state)
{
    (void)state;
    static const struct {
        const struct tariff *t;
        const struct zone_table *z;
        const char *entry, *exit;
        int64_t amount;
    } cases[] = {
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-15T10:10:00+02:00", 0},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-15T10:10:01+02:00", 200},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-15T11:00:00+02:00", 200},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-15T11:00:01+02:00", 350},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-15T12:05:00+02:00", 650},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-15T15:20:00+02:00", 1550},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-16T10:00:00+02:00", 2000},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-16T12:10:00+02:00", 2650},
        {&T1, &berlin, "2026-05-15T10:00:00+02:00", "2026-05-16T10:05:00+02:00", 2200},
        {&T2, &berlin, "2026-05-15T20:30:00+02:00", "2026-05-16T08:15:00+02:00", 1200},
        {&T2, &berlin, "2026-05-15T23:00:00+02:00", "2026-05-16T07:00:00+02:00", 400},
        {&T2, &berlin, "2026-05-15T23:00:00+02:00", "2026-05-16T07:00:01+02:00", 600},
        {&T2, &berlin, "2026-03-28T23:30:00+01:00", "2026-03-29T04:30:00+02:00", 400},
        {&T3, &seoul, "2026-05-15T10:00:00+09:00", "2026-05-15T10:09:59+09:00", 0},
        {&T3, &seoul, "2026-05-15T10:00:00+09:00", "2026-05-15T10:10:00+09:00", 500},
        {&T3, &seoul, "2026-05-15T10:00:00+09:00", "2026-05-15T13:20:00+09:00", 3500},
        {&T3, &seoul, "2026-05-15T10:00:00+09:00", "2026-05-16T12:05:00+09:00", 12500},
        {&T3, &seoul, "2026-05-15T10:00:00+09:00", "2026-05-16T10:05:00+09:00", 10500},
        {&T5cal, &berlin, "2026-05-15T18:00:00+02:00", "2026-05-16T14:00:00+02:00", 2000},
        {&T5roll, &berlin, "2026-05-15T18:00:00+02:00", "2026-05-16T14:00:00+02:00", 1000},
        {&T5cal, &berlin, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 1000},
        {&T5roll, &berlin, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 1200},
        {&T5cal, &berlin, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 1000},
        /* nothing, and a cut at local midnight: two started hours in 20 minutes */
        {&T3, &seoul, "2026-05-15T10:00:00Z", "2026-05-15T10:00:00Z", 0},
        {&T5cal, &berlin, "2026-05-15T10:00:00Z", "2026-05-15T10:00:00Z", 0},
        {&T5cal, &berlin, "2026-05-15T23:50:00+02:00", "2026-05-16T00:10:00+02:00", 400},
        /* P1: instants floor to the second */
        {&T1, &berlin, "2026-05-15T10:00:00.900Z", "2026-05-15T10:10:00.999Z", 0},
        {&T1, &berlin, "2026-05-15T10:00:00.999Z", "2026-05-15T11:00:01.000Z", 350},
        {&T3, &seoul, "2026-05-15T10:00:00.001Z", "2026-05-15T10:09:59.999Z", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t amount = price(cases[i].t, cases[i].z, at(cases[i].entry), at(cases[i].exit));
        if (amount != cases[i].amount)
            fail_msg("%s %s to %s: %lld, expected %lld", cases[i].t->id.text, cases[i].entry,
                     cases[i].exit, (long long)amount, (long long)cases[i].amount);
    }
}

static void test_explanation(void **state)
{
    (void)state;
    struct tariff_quote q;
    struct wall_ms in = at("2026-05-15T10:00:00Z");
    assert_int_equal(tariff_price(&T1, &berlin, in, at("2026-05-17T12:10:00Z"), &q), ERR_OK);
    assert_int_equal(q.amount.minor, 4650);
    assert_string_equal(q.amount.currency.code, "EUR");
    assert_int_equal(q.item_count, 3);
    assert_int_equal(q.items[0].kind, TARIFF_ITEM_CAP);
    assert_int_equal(q.items[0].quantity, 2);
    assert_int_equal(q.items[0].each_minor, 2000);
    assert_int_equal(q.items[0].amount_minor, 4000);
    assert_int_equal(q.items[0].to.v, at("2026-05-17T10:00:00Z").v);
    assert_int_equal(q.items[1].kind, TARIFF_ITEM_ONCE);
    assert_int_equal(q.items[1].amount_minor, 200);
    assert_int_equal(q.items[2].kind, TARIFF_ITEM_UNITS);
    assert_int_equal(q.items[2].quantity, 3);
    assert_int_equal(q.items[2].unit_s, 1800);
    assert_int_equal(q.items[2].amount_minor, 450);

    assert_int_equal(tariff_price(&T1, &berlin, in, at("2026-05-15T10:09:00Z"), &q), ERR_OK);
    assert_int_equal(q.item_count, 1);
    assert_int_equal(q.items[0].kind, TARIFF_ITEM_FREE);

    assert_int_equal(tariff_price(&T2, &berlin, at("2026-05-15T20:30:00+02:00"),
                                  at("2026-05-16T08:15:00+02:00"), &q),
                     ERR_OK);
    assert_int_equal(q.item_count, 3);
    assert_int_equal(q.items[0].window, 0);
    assert_int_equal(q.items[1].window, 1);
    assert_int_equal(q.items[1].kind, TARIFF_ITEM_ONCE);
    assert_int_equal(q.items[1].from.v, at("2026-05-15T22:00:00+02:00").v);
    assert_int_equal(q.items[1].to.v, at("2026-05-16T07:00:00+02:00").v);
    assert_int_equal(q.items[2].window, 0);
}

static void test_allowance(void **state)
{
    (void)state;
    struct tariff t = T1;
    t.free = TARIFF_FREE_ALLOWANCE;
    struct wall_ms in = at("2026-05-15T10:00:00Z");
    assert_int_equal(price(&t, &berlin, in, at("2026-05-15T10:10:00Z")), 0);
    assert_int_equal(price(&t, &berlin, in, at("2026-05-15T10:10:01Z")), 200);
    assert_int_equal(price(&t, &berlin, in, at("2026-05-15T11:10:00Z")), 200);
    assert_int_equal(price(&t, &berlin, in, at("2026-05-15T11:10:01Z")), 350);
}

/* A night that a calendar cap cuts at midnight is still one night. */
static void test_flat_night_with_daily_cap(void **state)
{
    (void)state;
    struct tariff t = T2;
    t.cap = TARIFF_CAP_DAY;
    t.cap_minor = 1000;
    assert_int_equal(
        price(&t, &berlin, at("2026-05-15T23:00:00+02:00"), at("2026-05-16T07:00:00+02:00")), 400);
    assert_int_equal(
        price(&t, &berlin, at("2026-05-15T06:00:00+02:00"), at("2026-05-16T08:00:00+02:00")),
        1000 + 200);
}

/* P2: windows on some days; a cut in a gap falls at its end, in a fold at its first occurrence. */
static void test_windows_and_the_clock_change(void **state)
{
    (void)state;
    struct tariff t = {
        .id = {"t"},
        .currency = {"EUR"},
        .window_count = 3,
        .windows = {{{"early"}, 0x1f, 150, 1440, 1, {{0, HOUR_S, 1}}, 0},
                    {{"weekend"}, 0x60, 150, 1440, 1, {{0, HOUR_S, 100}}, 0},
                    {{"late"}, TARIFF_DAILY, 0, 150, 1, {{0, HOUR_S, 10000}}, 0}},
    };
    struct tariff_fault fault;
    assert_int_equal(tariff_check(&t, &fault), ERR_OK);
    /* Sunday 2026-03-29, 02:00 becomes 03:00: the cut of 02:30 falls at 03:00 (01:00Z). */
    assert_int_equal(price(&t, &berlin, at("2026-03-29T00:30:00Z"), at("2026-03-29T01:00:00Z")),
                     10000);
    assert_int_equal(price(&t, &berlin, at("2026-03-29T00:30:00Z"), at("2026-03-29T01:00:01Z")),
                     10100);
    /* Sunday 2026-10-25, 03:00 becomes 02:00: the cut falls at the first 02:30 (00:30Z). The second
     * 02:10 (01:10Z) is after it. */
    assert_int_equal(price(&t, &berlin, at("2026-10-25T00:20:00Z"), at("2026-10-25T00:30:00Z")),
                     10000);
    assert_int_equal(price(&t, &berlin, at("2026-10-25T00:20:00Z"), at("2026-10-25T00:30:01Z")),
                     10100);
    assert_int_equal(price(&t, &berlin, at("2026-10-25T01:10:00Z"), at("2026-10-25T01:20:00Z")),
                     100);
    /* Monday 2026-10-26. */
    assert_int_equal(price(&t, &berlin, at("2026-10-26T08:00:00Z"), at("2026-10-26T08:20:00Z")), 1);
}

/* Clocks that go back across midnight (00:30 becomes 23:30) repeat the end of the old day in the new
 * one: what began at the first midnight goes on. */
static void test_fold_across_midnight(void **state)
{
    (void)state;
    static const struct zone_table z = {
        .first_offset_s = HOUR_S, .count = 1, .transitions = {{1792884600, 0}}};
    struct tariff t = {
        .id = {"t"},
        .currency = {"EUR"},
        .window_count = 2,
        .windows = {{{"sunday"}, 0x40, 0, 1440, 1, {{0, HOUR_S, 100}}, 0},
                    {{"other"}, 0x3f, 0, 1440, 1, {{0, HOUR_S, 1}}, 0}},
    };
    /* Saturday 23:50 (22:50Z); Sunday's first midnight at 23:00Z; back to 23:30 at 23:30Z. */
    assert_int_equal(price(&t, &z, at("2026-10-24T22:50:00Z"), at("2026-10-24T23:00:00Z")), 1);
    assert_int_equal(price(&t, &z, at("2026-10-24T22:50:00Z"), at("2026-10-24T23:40:00Z")), 101);
    assert_int_equal(price(&t, &z, at("2026-10-24T23:40:00Z"), at("2026-10-24T23:50:00Z")), 100);
    t = T5cal;
    assert_int_equal(price(&t, &z, at("2026-10-24T22:50:00Z"), at("2026-10-24T23:40:00Z")), 400);
    assert_int_equal(price(&t, &z, at("2026-10-24T23:40:00Z"), at("2026-10-25T00:10:00Z")), 200);
}

static void test_impossible_stays(void **state)
{
    (void)state;
    struct tariff_quote q = {.item_count = 77};
    struct wall_ms in = at("2026-05-15T10:00:00Z");
    assert_int_equal(tariff_price(&T1, &berlin, in, wall_after(in, -1), &q), ERR_INVAL);
    assert_int_equal(
        tariff_price(&T1, &berlin, in, wall_after(in, (TARIFF_DURATION_MAX_S + 1) * 1000), &q),
        ERR_INVAL);
    assert_int_equal(q.item_count, 77);
    assert_int_equal(
        tariff_price(&T1, &berlin, in, wall_after(in, TARIFF_DURATION_MAX_S * 1000), &q), ERR_OK);
    assert_int_equal(q.amount.minor, 2000 * 3650);
}

/* More pieces than items: the rest is one item, and the items still add up (P5). */
static void test_long_explanation(void **state)
{
    (void)state;
    struct tariff_quote q;
    struct wall_ms in = at("2026-05-15T10:00:00Z");
    assert_int_equal(
        tariff_price(&T2, &berlin, in, wall_after(in, INT64_C(100) * DAY_S * 1000), &q), ERR_OK);
    assert_int_equal(q.amount.minor, 100 * (15 * 200 + 400));
    assert_int_equal(q.item_count, TARIFF_ITEMS_MAX);
    const struct tariff_item *rest = &q.items[TARIFF_ITEMS_MAX - 1];
    assert_int_equal(rest->kind, TARIFF_ITEM_REST);
    assert_int_equal(rest->quantity, 201 - (TARIFF_ITEMS_MAX - 1));
    assert_int_equal(rest->to.v, in.v + INT64_C(100) * DAY_S * 1000);
}

/* P5 when cap periods come after the list is full: each replaces what it added to the rest, no more. */
static void test_caps_in_the_rest(void **state)
{
    (void)state;
    struct tariff t = T2;
    t.windows[0].days = 0x1f;
    t.windows[2] = t.windows[0];
    t.windows[2].days = 0x60;
    t.windows[2].lines[0].price_minor = 500;
    t.window_count = 3;
    t.cap = TARIFF_CAP_DAY;
    t.cap_minor = 5000;
    struct tariff_quote q;
    struct wall_ms in = at("2026-05-18T00:00:00+02:00"); /* a Monday */
    assert_int_equal(tariff_price(&t, &berlin, in, wall_after(in, INT64_C(70) * DAY_S * 1000), &q),
                     ERR_OK);
    int64_t sum = 0;
    for (size_t i = 0; i < q.item_count; i++)
        sum += q.items[i].amount_minor;
    assert_int_equal(q.item_count, TARIFF_ITEMS_MAX);
    assert_int_equal(sum, q.amount.minor);
    /* 400 for the night that began before entry, then ten weeks of 5 and 2 days */
    assert_int_equal(q.amount.minor, 400 + 10 * (5 * 3400 + 2 * 5000));
}

/* xorshift64: the same stays in every run. */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* P3, P4, P5 on random stays around both clock changes. */
static void test_properties(void **state)
{
    (void)state;
    const struct tariff *tables[] = {&T1, &T2, &T3, &T5cal, &T5roll};
    struct tariff windows_and_cap = T2;
    windows_and_cap.cap = TARIFF_CAP_DAY;
    windows_and_cap.cap_minor = 1500;
    uint64_t x = 20261120;
    for (int i = 0; i < 20000; i++) {
        const struct tariff *t = i % 6 == 5 ? &windows_and_cap : tables[i % 6];
        struct tariff_quote a, b;
        int64_t base = next_random(&x) % 2 ? 1774746000 : 1792890000;
        struct wall_ms in = {(base - 3 * DAY_S + (int64_t)(next_random(&x) % (6 * DAY_S))) * 1000};
        struct wall_ms out = wall_after(in, (int64_t)(next_random(&x) % (5 * DAY_S)) * 1000);
        struct wall_ms later = wall_after(out, (int64_t)(next_random(&x) % (8 * HOUR_S)) * 1000);
        assert_int_equal(tariff_price(t, &berlin, in, out, &a), ERR_OK);
        assert_int_equal(tariff_price(t, &berlin, in, later, &b), ERR_OK);
        if (b.amount.minor < a.amount.minor)
            fail_msg("%s: %lld to %lld costs more than to %lld", t->id.text, (long long)in.v,
                     (long long)out.v, (long long)later.v);
        int64_t sum = 0, to = in.v;
        for (size_t k = 0; k < a.item_count; k++) {
            sum += a.items[k].amount_minor;
            assert_int_equal(a.items[k].from.v, to);
            to = a.items[k].to.v;
        }
        assert_int_equal(sum, a.amount.minor);
        assert_int_equal(to, out.v);
        int64_t elapsed_s = (out.v - in.v) / 1000;
        if (t->cap == TARIFF_CAP_ROLLING)
            assert_true(a.amount.minor <= (elapsed_s + DAY_S - 1) / DAY_S * t->cap_minor);
        if (t->cap == TARIFF_CAP_DAY) /* touches at most one day more than it lasts, DST or not */
            assert_true(a.amount.minor <= ((elapsed_s + HOUR_S) / DAY_S + 2) * t->cap_minor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_cases),
        cmocka_unit_test(test_explanation),
        cmocka_unit_test(test_allowance),
        cmocka_unit_test(test_flat_night_with_daily_cap),
        cmocka_unit_test(test_windows_and_the_clock_change),
        cmocka_unit_test(test_fold_across_midnight),
        cmocka_unit_test(test_caps_in_the_rest),
        cmocka_unit_test(test_impossible_stays),
        cmocka_unit_test(test_long_explanation),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
