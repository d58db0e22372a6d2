/* sim/traffic/trace.h: what is read and what is refused, with the line. */
#include "sim/traffic/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "timestamp,capacity,free\n"

static void rows_are_read(void **state)
{
    (void)state;
    static const char text[] = HEAD "2026-08-10T00:00:01+00:00,305,262\r\n"
                                    "2026-08-10T05:15:01+02:00,300,0\n"
                                    "2026-08-10T05:15:01Z,1,1";
    struct trace t;
    struct trace_error e;
    assert_int_equal(trace_parse(text, sizeof text - 1, &t, &e), ERR_OK);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.rows[0].capacity, 305);
    assert_int_equal(t.rows[0].free, 262);
    assert_int_equal(t.rows[1].time.v - t.rows[0].time.v, (3 * 60 + 15) * 60000);
    assert_int_equal(t.rows[2].free, 1);
    trace_free(&t);
}

struct bad {
    const char *text;
    int line;
    const char *says;
};

static const struct bad bad[] = {
    {"", 0, "no rows"},
    {HEAD, 1, "no rows"},
    {"time,capacity,free\n", 1, "expected the header timestamp,capacity,free"},
    {HEAD "2026-08-10T00:00:01Z,305\n", 2, "2 fields, expected 3: timestamp,capacity,free"},
    {HEAD "2026-08-10T00:00:01Z,305,1,2\n", 2, "more than 3 fields"},
    {HEAD "\n", 2, "1 fields, expected 3: timestamp,capacity,free"},
    {HEAD "2026-08-10 00:00:01,305,1\n", 2, "\"2026-08-10 00:00:01\" is not an RFC 3339 timestamp"},
    {HEAD "2026-08-10T00:00:01Z,305,1\n2026-08-10T00:00:01Z,305,2\n", 3,
     "\"2026-08-10T00:00:01Z\" is not after the row before"},
    {HEAD "2026-08-10T00:00:01Z,0,0\n", 2, "capacity \"0\" is not 1..1000000"},
    {HEAD "2026-08-10T00:00:01Z,12x,0\n", 2, "capacity \"12x\" is not 1..1000000"},
    {HEAD "2026-08-10T00:00:01Z,12,-1\n", 2, "free \"-1\" is not 0..12"},
    {HEAD "2026-08-10T00:00:01Z,12,13\n", 2, "free \"13\" is not 0..12"},
    {HEAD "2026-08-10T00:00:01Z,12,\n", 2, "free \"\" is not 0..12"},
    {HEAD "2026-08-10T00:00:01Z,12,00000001\n", 2, "free \"00000001\" is not 0..12"},
};

static void errors_name_line_and_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct trace t = {NULL, 77};
        struct trace_error e = {-1, ""};
        assert_int_equal(trace_parse(bad[i].text, strlen(bad[i].text), &t, &e), ERR_INVAL);
        assert_int_equal(e.line, bad[i].line);
        assert_string_equal(e.text, bad[i].says);
        assert_int_equal(t.count, 77); /* untouched */
    }
}

static void a_missing_file(void **state)
{
    (void)state;
    struct trace t;
    struct trace_error e;
    assert_int_equal(trace_read("/nonexistent/x.csv", &t, &e), ERR_NOTFOUND);
    assert_string_equal(e.text, "cannot be opened: No such file or directory");
}

/* The shipped day empties and fills its place. */
static void the_day_reaches_empty_and_full(void **state)
{
    (void)state;
    struct trace t;
    struct trace_error e;
    assert_int_equal(trace_read("sim/scenarios/day.csv", &t, &e), ERR_OK);
    bool empty = false, full = false;
    for (size_t i = 0; i < t.count; i++) {
        empty |= t.rows[i].free == t.rows[i].capacity;
        full |= t.rows[i].free == 0;
    }
    assert_true(empty && full);
    assert_true(t.rows[t.count - 1].time.v - t.rows[0].time.v > 23 * 3600000LL);
    trace_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(errors_name_line_and_cause),
        cmocka_unit_test(a_missing_file),
        cmocka_unit_test(the_day_reaches_empty_and_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
