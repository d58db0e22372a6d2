/* Stays with rights, classes, validations, holidays, window caps, versions: worked cases, then P3 to
 * P5 and Y1 to Y4 on random rate tables and stays. */
#include "tests/unit/support/check.h"

#include "protocol/tariff/tariff_stay.h"
#include "protocol/tariff/tariff_text.h"
#include "protocol/tariff/tariff_versions.h"
#include "tests/unit/tariff/tables.h"

#include <string.h>

static struct wall_ms at(const char *text)
{
    struct wall_ms t;
    if (timestamp_parse(text, strlen(text), &t) != ERR_OK)
        fail_msg("%s is no timestamp", text);
    return t;
}

static struct tariff_quote quote_of(const struct tariff *t, const struct tariff_stay *stay,
                                    struct wall_ms exit)
{
    struct tariff_quote q;
    assert_int_equal(tariff_stay_price(t, &berlin, stay, exit, &q), ERR_OK);
    return q;
}

static int64_t price_of(const struct tariff *t, const struct tariff_stay *stay, const char *exit)
{
    return quote_of(t, stay, at(exit)).amount.minor;
}

/* Y1: the pieces a right leaves are new stays without free minutes. */
static void test_covered(void **state)
{
    (void)state;
    struct tariff_stay s = {.entry = at("2026-05-15T10:00:00Z")};
    /* from entry on: nothing while it lasts; five minutes after it are not free */
    s.covers[s.cover_count++] =
        (struct tariff_cover){at("2026-05-01T00:00:00Z"), at("2026-05-15T12:00:00Z")};
    assert_int_equal(price_of(&T1, &s, "2026-05-15T12:00:00Z"), 0);
    assert_int_equal(price_of(&T1, &s, "2026-05-15T12:00:01Z"), 200);
    /* a second one, given twice and overlapping: the hour between is a stay, the end another */
    s.covers[s.cover_count++] =
        (struct tariff_cover){at("2026-05-15T13:00:00Z"), at("2026-05-15T14:00:00Z")};
    s.covers[s.cover_count++] =
        (struct tariff_cover){at("2026-05-15T13:30:00Z"), at("2026-05-15T15:00:00Z")};
    struct tariff_quote q = quote_of(&T1, &s, at("2026-05-15T16:10:00Z"));
    assert_int_equal(q.amount.minor, 200 + 350);
    assert_int_equal(q.items[0].kind, TARIFF_ITEM_COVERED);
    assert_int_equal(q.items[2].kind, TARIFF_ITEM_COVERED);
    assert_int_equal(q.items[2].to.v, at("2026-05-15T15:00:00Z").v);
    /* one that never meets the stay leaves it its free minutes */
    struct tariff_stay other = {.entry = at("2026-05-15T10:00:00Z"),
                                .cover_count = 1,
                                .covers = {{at("2026-05-15T10:10:00Z"), {INT64_MAX}}}};
    assert_int_equal(price_of(&T1, &other, "2026-05-15T10:10:00Z"), 0);
    assert_int_equal(price_of(&T1, &other, "2026-05-15T10:10:01Z"), 200);
    /* a flat night is due again in a new stay */
    struct tariff_stay night = {
        .entry = at("2026-05-15T23:00:00+02:00"),
        .cover_count = 1,
        .covers = {{at("2026-05-16T01:00:00+02:00"), at("2026-05-16T02:00:00+02:00")}}};
    assert_int_equal(price_of(&T2, &night, "2026-05-16T06:00:00+02:00"), 800);
}

static struct tariff_stay two_hours_five(void)
{
    return (struct tariff_stay){.entry = at("2026-05-15T10:00:00Z")}; /* to 12:05Z: 650 by T1 */
}

static const char leave[] = "2026-05-15T12:05:00Z";

/* Y2, Y3 */
static void test_discounts(void **state)
{
    (void)state;
    struct tariff t = T1;
    t.class_count = 1;
    t.classes[0] = (struct tariff_class){{"compact"}, 50};
    struct tariff_stay s = two_hours_five();
    assert_int_equal(price_of(&t, &s, leave), 650);
    s.vehicle = (struct name){"compact"};
    assert_int_equal(price_of(&t, &s, leave), 325);
    s.vehicle = (struct name){"lorry"};
    assert_int_equal(price_of(&t, &s, leave), 650);

    s = two_hours_five();
    s.validations[0] = (struct tariff_validation){TARIFF_VALIDATION_AMOUNT, 100};
    s.validations[1] = (struct tariff_validation){TARIFF_VALIDATION_MINUTES, 60};
    s.validations[2] = (struct tariff_validation){TARIFF_VALIDATION_PERCENT, 33};
    s.validation_count = 3;
    struct tariff_quote q = quote_of(&T1, &s, at(leave));
    /* 33 % of 650 is 214 (floored): 436; the first hour costs 200: 236; 100 off */
    assert_int_equal(q.amount.minor, 136);
    assert_int_equal(q.items[q.item_count - 3].kind, TARIFF_ITEM_PERCENT);
    assert_int_equal(q.items[q.item_count - 3].amount_minor, -214);
    assert_int_equal(q.items[q.item_count - 2].kind, TARIFF_ITEM_MINUTES);
    assert_int_equal(q.items[q.item_count - 2].amount_minor, -200);
    assert_int_equal(q.items[q.item_count - 1].kind, TARIFF_ITEM_AMOUNT);
    assert_int_equal(q.items[q.item_count - 1].amount_minor, -100);

    /* two times of minutes are as good as one of both; one cent left; never below 0 */
    s.validations[0] = (struct tariff_validation){TARIFF_VALIDATION_MINUTES, 60};
    s.validations[1] = (struct tariff_validation){TARIFF_VALIDATION_MINUTES, 30};
    s.validation_count = 2;
    assert_int_equal(price_of(&T1, &s, leave), 300);
    s.validations[0] = (struct tariff_validation){TARIFF_VALIDATION_AMOUNT, 649};
    s.validation_count = 1;
    assert_int_equal(price_of(&T1, &s, leave), 1);
    s.validation_count = 2;
    assert_int_equal(price_of(&T1, &s, leave), 0);
    /* the smallest price that a percentage can meet */
    s.validations[0] = (struct tariff_validation){TARIFF_VALIDATION_PERCENT, 100};
    s.validation_count = 1;
    assert_int_equal(price_of(&T1, &s, leave), 0);
}

static void test_validations_refused(void **state)
{
    (void)state;
    static const struct tariff_validation bad[] = {
        {TARIFF_VALIDATION_PERCENT, 0},
        {TARIFF_VALIDATION_PERCENT, 101},
        {TARIFF_VALIDATION_MINUTES, -1},
        {TARIFF_VALIDATION_MINUTES, TARIFF_DURATION_MAX_S / 60 + 1},
        {TARIFF_VALIDATION_AMOUNT, TARIFF_AMOUNT_MAX + 1},
        {TARIFF_VALIDATION_KINDS, 5},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tariff_quote q = {.item_count = 77};
        struct tariff_stay s = two_hours_five();
        s.validation_count = 1;
        s.validations[0] = bad[i];
        assert_int_equal(tariff_stay_price(&T1, &berlin, &s, at(leave), &q), ERR_INVAL);
        assert_int_equal(q.item_count, 77);
    }
    enum tariff_validation_kind kind = TARIFF_VALIDATION_KINDS;
    assert_int_equal(tariff_validation_parse("free", &kind), ERR_NOTFOUND);
    assert_int_equal(kind, TARIFF_VALIDATION_KINDS);
    assert_int_equal(tariff_validation_parse("minutes", &kind), ERR_OK);
    assert_string_equal(tariff_validation_word(kind), "minutes");
}

static void test_lost_ticket(void **state)
{
    (void)state;
    struct tariff_quote q = {.item_count = 77};
    assert_int_equal(tariff_lost_ticket(&T2, at(leave), &q), ERR_NOTFOUND);
    assert_int_equal(q.item_count, 77);
    assert_int_equal(tariff_lost_ticket(&T1, at(leave), &q), ERR_OK);
    assert_int_equal(q.amount.minor, 2500);
    assert_int_equal(q.items[0].amount_minor, 2500);
}

/* T2 with a weekday night, a free day at weekends and on holidays, and a cap of the day window. */
static struct tariff with_holidays(void)
{
    struct tariff t = T2;
    t.windows[0].days = 0x1f;
    t.windows[0].cap_minor = 500;
    t.windows[2] = t.windows[0];
    t.windows[2].days = 0x60 | TARIFF_HOLIDAY;
    t.windows[2].cap_minor = 0;
    t.windows[2].lines[0].price_minor = 10;
    t.window_count = 3;
    t.holiday_count = 2;
    t.holidays[0] = 20588; /* Friday 2026-05-15 */
    t.holidays[1] = 20812; /* Friday 2026-12-25 */
    return t;
}

static void test_holidays_and_window_caps(void **state)
{
    (void)state;
    struct tariff t = with_holidays();
    struct tariff_fault fault;
    assert_int_equal(tariff_check(&t, &fault), ERR_OK);
    struct tariff_stay s = {.entry = at("2026-05-14T20:00:00+02:00")};
    /* Thursday evening 400, the night 400, then a holiday */
    assert_int_equal(price_of(&t, &s, "2026-05-15T07:00:00+02:00"), 800);
    assert_int_equal(price_of(&t, &s, "2026-05-15T09:00:00+02:00"), 820);
    s.entry = at("2026-05-13T08:00:00+02:00"); /* Wednesday: the window's cap at 500 */
    assert_int_equal(price_of(&t, &s, "2026-05-13T10:00:00+02:00"), 400);
    assert_int_equal(price_of(&t, &s, "2026-05-13T20:00:00+02:00"), 500);
    /* the cap counts anew each day, and once over a calendar cap's cut */
    assert_int_equal(price_of(&t, &s, "2026-05-14T20:00:00+02:00"), 500 + 400 + 500);
    t.windows[1].lines[0] = (struct rate_line){0, HOUR_S, 100};
    t.windows[1].cap_minor = 300;
    t.cap = TARIFF_CAP_DAY;
    t.cap_minor = 10000;
    s.entry = at("2026-05-13T22:00:00+02:00");
    assert_int_equal(price_of(&t, &s, "2026-05-14T00:00:00+02:00"), 200);
    assert_int_equal(price_of(&t, &s, "2026-05-14T01:00:00+02:00"), 300);
    assert_int_equal(price_of(&t, &s, "2026-05-14T07:00:00+02:00"), 300);

    /* a holiday beside days whose nights do not meet it is refused, by its place in the list */
    t = with_holidays();
    t.windows[1].days = 0x7f; /* no night begins on a holiday */
    assert_int_equal(tariff_check(&t, &fault), ERR_INVAL);
    assert_string_equal(fault.key, "holidays");
    assert_int_equal(fault.index, 0);
    t = with_holidays();
    t.holidays[1] = t.holidays[0];
    assert_int_equal(tariff_check(&t, &fault), ERR_INVAL);
    assert_int_equal(fault.index, 1);
    t = T1;
    t.holiday_count = 1;
    assert_int_equal(tariff_check(&t, &fault), ERR_INVAL);
    assert_string_equal(fault.rule, "holidays need windows: the price scale knows no days");
    t = T1;
    t.class_count = 2;
    t.classes[0] = t.classes[1] = (struct tariff_class){{"ev"}, 10};
    assert_int_equal(tariff_check(&t, &fault), ERR_INVAL);
    assert_string_equal(fault.key, "classes");
    assert_int_equal(fault.index, 1);
}

/* Y4, the other way: after the grace a new stay from the payment on. */
static void test_restart_after_grace(void **state)
{
    (void)state;
    struct tariff t = T1;
    t.after_grace = TARIFF_RESTART;
    struct tariff_stay s = two_hours_five();
    const struct tariff_payment paid[] = {{at(leave), 650}, {at("2026-05-15T13:05:00Z"), 200}};
    struct tariff_due d;
    assert_int_equal(tariff_stay_due(&t, &berlin, &s, at("2026-05-15T12:20:00Z"), paid, 1, &d),
                     ERR_OK);
    assert_true(d.in_grace);
    assert_int_equal(d.due.minor, 0);
    assert_int_equal(tariff_stay_due(&t, &berlin, &s, at("2026-05-15T12:20:01Z"), paid, 1, &d),
                     ERR_OK);
    assert_false(d.in_grace);
    assert_int_equal(d.due.minor, 200); /* the first hour of a stay, no free minutes */
    assert_int_equal(tariff_stay_due(&t, &berlin, &s, at("2026-05-15T14:06:00Z"), paid, 2, &d),
                     ERR_OK);
    assert_int_equal(d.price_minor, 650 + 200 + 350);
    assert_int_equal(d.paid_minor, 850);
    assert_int_equal(d.due.minor, 350);
    assert_int_equal(tariff_stay_due(&T1, &berlin, &s, at("2026-05-15T12:31:00Z"), paid, 1, &d),
                     ERR_OK);
    assert_int_equal(d.due.minor, 150); /* recalculated */
}

static void test_versions(void **state)
{
    (void)state;
    struct tariff v[3] = {T1, T1, T1}, wrong[2];
    const char *rule = NULL;
    v[0].version = 3;
    v[0].valid_from_s = 1782864000; /* 2026-07-01T00:00 local, 2026-06-30T22:00Z in Berlin */
    v[1].version = 2;
    v[1].valid_from_s = 1767225600; /* 2026-01-01T00:00 local */
    v[2].always = true;
    assert_int_equal(tariff_versions_sort(v, 3, &rule), ERR_OK);
    assert_int_equal(tariff_in_force(v, 3, &berlin, at("2020-01-01T00:00:00Z"))->version, 1);
    assert_int_equal(tariff_in_force(v, 3, &berlin, at("2025-12-31T22:59:59.999Z"))->version, 1);
    assert_int_equal(tariff_in_force(v, 3, &berlin, at("2025-12-31T23:00:00Z"))->version, 2);
    assert_int_equal(tariff_in_force(v, 3, &berlin, at("2026-06-30T21:59:59Z"))->version, 2);
    assert_int_equal(tariff_in_force(v, 3, &berlin, at("2026-06-30T22:00:00Z"))->version, 3);
    assert_int_equal(tariff_in_force(v + 1, 2, &berlin, at("2020-01-01T00:00:00Z"))->version, 2);
    assert_ptr_equal(tariff_version(v, 3, 2), &v[1]);
    assert_null(tariff_version(v, 3, 4));

    memcpy(wrong, v, sizeof wrong);
    wrong[1].version = 1;
    assert_int_equal(tariff_versions_sort(wrong, 2, &rule), ERR_CONFLICT);
    assert_string_equal(rule, "a version that is valid later must have a higher number");
    memcpy(wrong, v, sizeof wrong);
    wrong[1].currency = (struct currency){"KRW"};
    assert_int_equal(tariff_versions_sort(wrong, 2, &rule), ERR_CONFLICT);
    memcpy(wrong, v, sizeof wrong);
    wrong[1].always = true;
    assert_int_equal(tariff_versions_sort(wrong, 2, &rule), ERR_CONFLICT);
    assert_string_equal(rule, "two versions of a rate table are valid from the same time");
    memcpy(wrong, v, sizeof wrong);
    wrong[1].id = (struct name){"other"};
    assert_int_equal(tariff_versions_sort(wrong, 2, &rule), ERR_CONFLICT);
}

static void test_text(void **state)
{
    (void)state;
    char text[TARIFF_TEXT_SIZE];
    struct tariff_stay s = two_hours_five();
    s.validation_count = 1;
    s.validations[0] = (struct tariff_validation){TARIFF_VALIDATION_AMOUNT, 100};
    struct tariff_quote q = quote_of(&T1, &s, at(leave));
    tariff_item_text(&T1, &q.items[0], text);
    assert_string_equal(text, "flat 2.00 EUR");
    tariff_item_text(&T1, &q.items[1], text);
    assert_string_equal(text, "3 x 30 min at 1.50 EUR");
    tariff_item_text(&T1, &q.items[2], text);
    assert_string_equal(text, "validation: 1.00 EUR off");
    q = quote_of(&T2, &s, at(leave));
    tariff_item_text(&T2, &q.items[0], text);
    assert_string_equal(text, "day: 3 x 60 min at 2.00 EUR");
    for (int k = 0; k < TARIFF_ITEM_KINDS; k++)
        assert_true(tariff_item_word((enum tariff_item_kind)k)[0] != '\0');
    assert_string_equal(tariff_item_word(TARIFF_ITEM_KINDS), "");
}

/* ---- properties ---- */

/* xorshift64: the same in every run. */
static uint64_t seed = 20261120;

static int64_t pick(int64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)n);
}

static size_t random_lines(struct rate_line *lines)
{
    size_t count = 1 + (size_t)pick(3);
    int64_t until_s = 0;
    for (size_t i = 0; i < count; i++) {
        until_s += 60 * (1 + pick(180));
        lines[i] = (struct rate_line){i + 1 < count ? until_s : 0,
                                      pick(3) == 0 ? 0 : 60 * (1 + pick(90)), pick(700)};
    }
    return count;
}

static struct tariff random_table(int64_t today)
{
    struct tariff t = {.id = {"random"}, .version = 1, .always = true, .currency = {"EUR"}};
    t.free = (enum tariff_free)pick(3);
    t.free_s = pick(2) * 60 * pick(40);
    t.cap = (enum tariff_cap)pick(3);
    t.cap_period_s = HOUR_S * (1 + pick(30));
    t.cap_minor = 1 + pick(3000);
    if (pick(2) == 0) {
        t.line_count = random_lines(t.lines);
        return t;
    }
    int cut = (int)pick(1440), from = (int)(cut + 1 + pick(1439)) % 1440;
    const unsigned days[] = {0x1f, 0x60 | TARIFF_HOLIDAY, TARIFF_DAILY};
    for (size_t i = 0; i < 3; i++) {
        struct tariff_window *w = &t.windows[t.window_count++];
        *w = (struct tariff_window){
            .name = {"w"}, .days = days[i], .cap_minor = pick(2) * pick(900)};
        int a = cut < from ? cut : from, b = cut < from ? from : cut;
        w->from_min = i < 2 ? a : b;
        w->to_min = i < 2 ? b : a > 0 ? a : 1440;
        w->line_count = random_lines(w->lines);
    }
    if (pick(2) == 0) {
        t.holiday_count = 2;
        t.holidays[0] = today + pick(3);
        t.holidays[1] = t.holidays[0] + 1 + pick(2);
    }
    return t;
}

static struct tariff_stay random_stay(int64_t entry_s)
{
    struct tariff_stay s = {.entry = {entry_s * 1000}};
    s.cover_count = (size_t)pick(4) % 3;
    for (size_t i = 0; i < s.cover_count; i++) {
        s.covers[i].from.v = (entry_s - DAY_S + pick(3 * DAY_S)) * 1000;
        s.covers[i].to.v = s.covers[i].from.v + pick(DAY_S) * 1000;
    }
    s.validation_count = (size_t)pick(4);
    for (size_t i = 0; i < s.validation_count; i++) {
        s.validations[i].kind = (enum tariff_validation_kind)pick(TARIFF_VALIDATION_KINDS);
        s.validations[i].value = 1 + pick(100);
    }
    return s;
}

/* P5: the pieces of time follow each other from entry to exit, and all items add up. */
static void check_items(const struct tariff_quote *q, struct wall_ms entry, struct wall_ms exit)
{
    int64_t sum = 0, to = entry.v;
    for (size_t k = 0; k < q->item_count; k++) {
        const struct tariff_item *item = &q->items[k];
        sum += item->amount_minor;
        if (item->kind >= TARIFF_ITEM_CLASS) {
            assert_true(item->amount_minor <= 0);
            continue;
        }
        assert_true(item->amount_minor >= 0);
        assert_int_equal(item->from.v, to);
        to = item->to.v;
    }
    assert_int_equal(sum, q->amount.minor);
    assert_int_equal(to, exit.v);
    assert_true(q->amount.minor >= 0);
}

static void test_properties(void **state)
{
    (void)state;
    int checked = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t base = pick(2) ? 1774746000 : 1792890000; /* both changes of the clock */
        int64_t entry_s = base - 2 * DAY_S + pick(4 * DAY_S);
        struct tariff t = random_table(entry_s / DAY_S);
        struct tariff_fault fault;
        if (tariff_check(&t, &fault) != ERR_OK)
            continue;
        checked++;
        struct tariff_stay s = random_stay(entry_s);
        struct wall_ms out = wall_after(s.entry, pick(4 * DAY_S) * 1000);
        struct wall_ms later = wall_after(out, pick(2) ? 1000 : pick(8 * HOUR_S) * 1000);
        struct tariff_quote a = quote_of(&t, &s, out), b = quote_of(&t, &s, later);
        if (b.amount.minor < a.amount.minor) /* P3 */
            fail_msg("round %d: %lld falls to %lld", i, (long long)a.amount.minor,
                     (long long)b.amount.minor);
        check_items(&a, s.entry, out);
        s.cover_count = s.validation_count = 0;
        a = quote_of(&t, &s, out);
        int64_t elapsed_s = (out.v - s.entry.v) / 1000;
        if (t.cap == TARIFF_CAP_ROLLING) /* P4 */
            assert_true(a.amount.minor <=
                        (elapsed_s + t.cap_period_s - 1) / t.cap_period_s * t.cap_minor);
        if (t.cap == TARIFF_CAP_DAY)
            assert_true(a.amount.minor <= ((elapsed_s + HOUR_S) / DAY_S + 2) * t.cap_minor);
    }
    assert_true(checked > 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covered),
        cmocka_unit_test(test_discounts),
        cmocka_unit_test(test_validations_refused),
        cmocka_unit_test(test_lost_ticket),
        cmocka_unit_test(test_holidays_and_window_caps),
        cmocka_unit_test(test_restart_after_grace),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
