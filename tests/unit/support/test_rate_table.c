/* Rate tables from files: the worked cases (tests/golden/tariff and, where it is present, the shared
 * tariff.csv) through the real reader and the real zones; and what is refused. Runs in the project
 * root. */
#include "tests/unit/support/check.h"

#include "protocol/support/rate_table.h"
#include "protocol/support/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tariff read_table(const char *name)
{
    struct tariff t;
    struct table_error e;
    char file[128];
    snprintf(file, sizeof file, "tests/golden/tariff/%s.yaml", name);
    if (rate_table_read(file, &t, &e) != ERR_OK)
        fail_msg("%s:%d: %s: %s", file, e.line, e.path, e.text);
    return t;
}

/* One line of tariff.csv: table,entry,exit,amount,note. */
static bool row_is_right(const char *line)
{
    const char *field[4];
    size_t len[4];
    for (int i = 0; i < 4; i++) {
        field[i] = line;
        len[i] = strcspn(line, ",\n");
        line += len[i] + (line[len[i]] != '\0');
    }
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)len[0], field[0]);
    struct tariff t = read_table(name);
    struct zone_table z;
    assert_int_equal(zone_load(strcmp(name, "T3") == 0 ? "Asia/Seoul" : "Europe/Berlin", &z),
                     ERR_OK);
    struct wall_ms entry, exit;
    assert_int_equal(timestamp_parse(field[1], len[1], &entry), ERR_OK);
    assert_int_equal(timestamp_parse(field[2], len[2], &exit), ERR_OK);
    struct tariff_quote q;
    assert_int_equal(tariff_price(&t, &z, entry, exit, &q), ERR_OK);
    if (q.amount.minor == strtoll(field[3], NULL, 10))
        return true;
    print_error("%.*s: is %lld\n", (int)(field[3] + len[3] - field[0]), field[0],
                (long long)q.amount.minor);
    return false;
}

static void test_embedded_cases(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "T1,2026-05-15T10:00:00+02:00,2026-05-16T12:10:00+02:00,2650",
        "T2,2026-05-15T23:00:00+02:00,2026-05-16T07:00:01+02:00,600",
        "T2,2026-03-28T23:30:00+01:00,2026-03-29T04:30:00+02:00,400",
        "T3,2026-05-15T10:00:00+09:00,2026-05-16T10:05:00+09:00,10500",
        "T5cal,2026-10-25T00:00:00+02:00,2026-10-26T00:00:00+01:00,1000",
        "T5roll,2026-10-25T00:00:00+02:00,2026-10-26T00:00:00+01:00,1200",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(row_is_right(rows[i]));
}

static void test_shared_cases(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/vectors/tariff.csv", "re");
    if (!file)
        skip();
    char line[256];
    int rows = 0, wrong = 0;
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "table,entry,exit,amount,note\n");
    for (; fgets(line, sizeof line, file); rows++)
        wrong += !row_is_right(line);
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(rows >= 23);
}

static void test_fields(void **state)
{
    (void)state;
    struct tariff t = read_table("T1");
    assert_string_equal(t.id.text, "t1");
    assert_int_equal(t.version, 1);
    assert_string_equal(t.currency.code, "EUR");
    assert_int_equal(t.exit_grace_s, 900);
    assert_int_equal(t.lost_ticket_minor, 2500);
    t = read_table("T5cal");
    assert_int_equal(t.exit_grace_s, 900);
    assert_int_equal(t.lost_ticket_minor, 0);
}

static enum err read_json(const char *text, struct tariff *ret, struct table_error *ret_error)
{
    return rate_table_read_json(text, strlen(text), ret, ret_error);
}

static void test_json(void **state)
{
    (void)state;
    struct tariff t;
    struct table_error e;
    assert_int_equal(read_json("{\"id\":\"x\",\"currency\":\"KRW\",\"windows\":["
                               "{\"name\":\"week\",\"days\":\"weekdays\",\"from\":\"00:00\","
                               "\"to\":\"00:00\",\"lines\":[{\"price_minor\":1}]},"
                               "{\"name\":\"end\",\"days\":\"weekend\",\"from\":\"00:00\","
                               "\"to\":\"24:00\",\"lines\":[{\"price_minor\":2}]}]}",
                               &t, &e),
                     ERR_OK);
    assert_int_equal(t.window_count, 2);
    assert_int_equal(t.windows[0].days, 0x1f);
    assert_int_equal(t.windows[0].to_min, 1440);
    assert_int_equal(t.windows[1].days, 0x60);
    assert_int_equal(t.windows[1].to_min, 1440);
}

#define HEAD "{\"id\":\"x\",\"currency\":\"EUR\","
#define WINDOW(from, to)                                                                           \
    "{\"name\":\"w\",\"from\":\"" from "\",\"to\":\"" to "\",\"lines\":[{\"price_minor\":1}]}"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *message;
    } cases[] = {
        {HEAD "\"lines\":[]}", "lines", "found 0 items, expected 1 to 8"},
        {"{\"id\":\"x\",\"currency\":\"EUR\"}", "", "a price scale needs 1 to 8 lines"},
        {"{\"id\":\"x\",\"currency\":\"eur\",\"lines\":[{\"price_minor\":1}]}", "currency",
         "expected three letters A-Z"},
        {HEAD "\"lines\":[{\"price_minor\":-1}]}", "lines[0].price_minor",
         "found \"-1\", expected a whole number from 0 to 1000000000"},
        {HEAD "\"lines\":[{\"price_minor\":1,\"until_min\":5}]}", "",
         "the last line of a price scale must not end"},
        {HEAD "\"lines\":[{\"price_minor\":1},{\"price_minor\":1}]}", "",
         "each line of a price scale but the last must end later than the one before"},
        {HEAD "\"lines\":[{\"price_minor\":1}],\"cap\":{\"per\":\"day\"}}", "cap.amount_minor",
         "missing, expected the cap's amount"},
        {HEAD "\"lines\":[{\"price_minor\":1}],\"cap\":{\"amount_minor\":5}}", "cap.per",
         "missing, expected one of rolling, day"},
        {HEAD "\"lines\":[{\"price_minor\":1}],\"windows\":[" WINDOW("00:00", "24:00") "]}", "",
         "a rate table has lines or windows, not both"},
        {HEAD "\"windows\":[" WINDOW("00:00", "23:59") "]}", "windows",
         "the windows leave a part of the week without a price"},
        {HEAD "\"windows\":[" WINDOW("07:00", "22:00") "," WINDOW("21:59", "07:00") "]}",
         "windows[1]", "two windows overlap"},
        {HEAD "\"windows\":[" WINDOW("24:00", "22:00") "]}", "windows[0].from",
         "expected a time from 00:00 to 23:59"},
        {HEAD "\"windows\":[" WINDOW("7:000", "22:00") "]}", "windows[0].from",
         "expected a time from 00:00 to 23:59"},
        {HEAD "\"windows\":[" WINDOW("00:00", "24:01") "]}", "windows[0].to",
         "expected a time from 00:00 to 24:00"},
        {HEAD "\"windows\":[" WINDOW("00:00", "12:60") "]}", "windows[0].to",
         "expected a time from 00:00 to 24:00"},
        {HEAD "\"windows\":[" WINDOW("00:00", "12") "]}", "windows[0].to",
         "found \"12\", expected text of 5 to 5 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tariff t = {.version = 77};
        struct table_error e;
        assert_int_equal(read_json(cases[i].text, &t, &e), ERR_INVAL);
        assert_int_equal(t.version, 77);
        assert_string_equal(e.path, cases[i].path);
        assert_string_equal(e.text, cases[i].message);
    }
    struct tariff t = {.version = 77};
    struct table_error e;
    assert_int_equal(rate_table_read("/nonexistent.yaml", &t, &e), ERR_NOTFOUND);
    assert_int_equal(t.version, 77);
}

/* Every zone there is: loads, and a week of its own clock changes costs what its seconds cost. */
static void test_any_zone(void **state)
{
    (void)state;
    FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "re");
    if (!file)
        skip();
    struct tariff day = read_table("T5cal"), windows = read_table("T2");
    char line[512];
    int zones = 0;
    while (fgets(line, sizeof line, file)) {
        static struct zone_table z;
        if (!((line[0] == 'Z' || line[0] == 'L') && line[1] == ' '))
            continue;
        char *rest = line, *word[3] = {line, line, line};
        for (int i = 0; i < 3 && rest; i++)
            word[i] = strsep(&rest, " \n");
        const char *name = line[0] == 'Z' ? word[1] : word[2];
        if (zone_load(name, &z) != ERR_OK)
            fail_msg("%s does not load", name);
        zones++;
        for (int64_t week = 0; week < 60; week++) {
            struct tariff_quote q;
            struct wall_ms in = {(INT64_C(1767225600) + week * 7 * 86400 + 12345) * 1000};
            assert_int_equal(tariff_price(&day, &z, in, wall_after(in, 604800000), &q), ERR_OK);
            assert_in_range(q.amount.minor, 7000, 8000); /* the cap of 7 or 8 days */
            assert_int_equal(tariff_price(&windows, &z, in, wall_after(in, 604800000), &q), ERR_OK);
            /* 7 or 8 nights; 105 hours of days, one more at each cut and change */
            assert_in_range(q.amount.minor, 7 * 400 + 103 * 200, 8 * 400 + 115 * 200);
        }
    }
    fclose(file);
    assert_true(zones > 300);
}

static void test_help(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    rate_table_print_help(out);
    fclose(out);
    assert_non_null(strstr(text, "kind: one of up_to, under, allowance; default: up_to"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embedded_cases), cmocka_unit_test(test_shared_cases),
        cmocka_unit_test(test_fields),         cmocka_unit_test(test_json),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_help),
        cmocka_unit_test(test_any_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
