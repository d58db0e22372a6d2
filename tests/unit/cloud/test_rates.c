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
    assert_int_equal(p.price(p.self, &name, "Asia/Seoul", start, end, &minor), ERR_OK);
    assert_int_equal(minor, 1000);
    assert_int_equal(p.price(p.self, &name, "Asia/Seoul", end, start, &minor), ERR_INVAL);
    assert_int_equal(p.price(p.self, &other, "Asia/Seoul", start, end, &minor), ERR_NOTFOUND);
    assert_int_equal(minor, 1000);
    rates_free(r);
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
        cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
