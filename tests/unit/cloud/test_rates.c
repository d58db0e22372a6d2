/* cloud/rates.h: files by name, the answers of the port, bad directories and files. */
#include "cloud/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/boomgate-rates-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    unlink(path);
}

static const char flat[] = "id: flat\nversion: 1\ncurrency: KRW\n"
                           "lines:\n  - {unit_min: 30, price_minor: 500}\n";

static void answers(void **state)
{
    (void)state;
    char reason[RATES_REASON_SIZE] = "";
    struct rates *r = NULL;
    write_file("flat.yaml", flat);
    write_file("notes.txt", "not a rate table");
    assert_int_equal(rates_load(directory, &r, reason), ERR_OK);
    struct rates_port p = rates_port(r);
    struct name name = {"flat"}, other = {"other"};
    struct currency krw = {"KRW"}, eur = {"EUR"}, got;
    assert_int_equal(rates_currency(r, &name, &got), ERR_OK);
    assert_string_equal(got.code, "KRW");
    assert_int_equal(rates_currency(r, &other, &got), ERR_NOTFOUND);
    assert_int_equal(p.check(p.self, &name, "Asia/Seoul", &krw, reason), ERR_OK);
    assert_int_equal(p.check(p.self, &other, "Asia/Seoul", &krw, reason), ERR_NOTFOUND);
    assert_non_null(strstr(reason, "other"));
    assert_int_equal(p.check(p.self, &name, "Asia/Atlantis", &krw, reason), ERR_NOTFOUND);
    assert_int_equal(p.check(p.self, &name, "Asia/Seoul", &eur, reason), ERR_CONFLICT);
    int64_t minor = -1;
    struct wall_ms start = {1790000000000}, end = {1790000000000 + 31 * 60000};
    const struct tariff_stay stay = {.entry = start}, late = {.entry = end};
    struct rate_ref ref = {name, 0, "Asia/Seoul"}, gone = {other, 0, "Asia/Seoul"};
    assert_int_equal(p.price(p.self, &ref, &stay, end, &minor), ERR_OK);
    assert_int_equal(minor, 1000);
    assert_int_equal(p.price(p.self, &ref, &late, start, &minor), ERR_INVAL);
    assert_int_equal(p.price(p.self, &gone, &stay, end, &minor), ERR_NOTFOUND);
    assert_int_equal(minor, 1000);
    rates_free(r);
}

/* The version in force at entry, or the one that the stay has kept. */
static void versions(void **state)
{
    (void)state;
    char reason[RATES_REASON_SIZE] = "";
    struct rates *r = NULL;
    static const char next[] = "id: flat\nversion: 2\ncurrency: KRW\nvalid_from: 2027-01-01\n"
                               "lines:\n  - {unit_min: 30, price_minor: 700}\n";
    write_file("flat.yaml", flat);
    write_file("flat.2027.yaml", next);
    assert_int_equal(rates_load(directory, &r, reason), ERR_OK);
    struct rates_port p = rates_port(r);
    struct rate_ref ref = {{"flat"}, 0, "Asia/Seoul"};
    /* 2027-01-01T00:00 in Seoul is 15:00Z the day before */
    const struct tariff_stay before = {.entry = {1798729199000}},
                             after = {.entry = {1798729200000}};
    int64_t minor;
    assert_int_equal(p.price(p.self, &ref, &before, (struct wall_ms){1798729210000}, &minor),
                     ERR_OK);
    assert_int_equal(minor, 500);
    assert_int_equal(p.price(p.self, &ref, &after, (struct wall_ms){1798729210000}, &minor),
                     ERR_OK);
    assert_int_equal(minor, 700);
    ref.version = 2;
    assert_int_equal(p.price(p.self, &ref, &before, (struct wall_ms){1798729210000}, &minor),
                     ERR_OK);
    assert_int_equal(minor, 700);
    ref.version = 9;
    assert_int_equal(p.price(p.self, &ref, &before, (struct wall_ms){1798729210000}, &minor),
                     ERR_OK);
    assert_int_equal(minor, 500);
    rates_free(r);

    write_file("flat.2027.yaml", flat);
    assert_int_equal(rates_load(directory, &r, reason), ERR_INVAL);
    assert_non_null(strstr(reason, "flat.*.yaml: two versions of a rate table"));
    remove_file("flat.2027.yaml");
}

static void bad_files(void **state)
{
    (void)state;
    char reason[RATES_REASON_SIZE] = "";
    struct rates *r = NULL;
    write_file("bad.yaml", "id: bad\nversion: soon\n");
    assert_int_equal(rates_load(directory, &r, reason), ERR_INVAL);
    assert_non_null(strstr(reason, "bad.yaml:"));
    remove_file("bad.yaml");
    write_file("No Name.yaml", flat);
    assert_int_equal(rates_load(directory, &r, reason), ERR_INVAL);
    assert_non_null(strstr(reason, "No Name.yaml"));
    remove_file("No Name.yaml");
    assert_int_equal(rates_load("/nonexistent/tariffs", &r, reason), ERR_NOTFOUND);
    assert_non_null(strstr(reason, "/nonexistent/tariffs"));
    assert_null(r);
    rates_free(NULL);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    remove_file("flat.yaml");
    remove_file("notes.txt");
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(versions),
        cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
