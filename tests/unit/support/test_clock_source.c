/* Real and scaled clocks. */
#include "tests/unit/support/check.h"

#include "protocol/support/clock_source.h"

#include <string.h>
#include <time.h>

static int64_t real_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void test_real(void **state)
{
    (void)state;
    const struct clock_source sources[2] = {clock_real(), clock_real()};
    int64_t wall = real_ms(CLOCK_REALTIME), mono = real_ms(CLOCK_BOOTTIME);
    struct now a = clock_now(&sources[0]), b = clock_now(&sources[1]);
    assert_in_range(a.wall.v, wall, wall + 1000);
    assert_in_range(a.mono.v, mono, mono + 1000);
    assert_true(b.mono.v >= a.mono.v);
}

static void test_parse(void **state)
{
    (void)state;
    struct clock_source c = {.rate = 77};
    static const char *const rates[] = {"", "0", "1001", "12x", " 1", "-1", "1.5", "99999"};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        assert_int_equal(clock_parse(rates[i], NULL, &c), ERR_INVAL);
    static const char *const epochs[] = {"",
                                         "now",
                                         "2026-05-15",
                                         "2026-05-15T10:00:00Z@",
                                         "@2026-05-15T10:00:00Z",
                                         "2026-05-15T10:00:00Z@x"};
    for (size_t i = 0; i < sizeof epochs / sizeof epochs[0]; i++)
        assert_int_equal(clock_parse("60", epochs[i], &c), ERR_INVAL);
    assert_int_equal(c.rate, 77);

    int64_t before = real_ms(CLOCK_REALTIME);
    assert_int_equal(clock_parse("60", "2026-05-15T10:00:00Z", &c), ERR_OK);
    assert_int_equal(c.rate, 60);
    assert_int_equal(c.epoch.v, 1778839200000);
    assert_in_range(c.epoch_real.v, before, before + 1000);
    assert_int_equal(clock_parse("1000", "2026-05-15T10:00:00Z@2026-05-15T12:00:00+02:00", &c),
                     ERR_OK);
    assert_int_equal(c.epoch_real.v, 1778839200000);
    assert_int_equal(clock_parse(NULL, NULL, &c), ERR_OK);
    assert_int_equal(c.rate, 1);
    assert_int_equal(c.epoch.v, c.epoch_real.v);
}

/* Domain wall time is T + N * (real - R): two processes with the same N, T, R agree. */
static void test_scaled(void **state)
{
    (void)state;
    struct clock_source c;
    assert_int_equal(clock_parse("1000", "2026-05-15T10:00:00Z@2020-01-01T00:00:00Z", &c), ERR_OK);
    int64_t real0 = real_ms(CLOCK_REALTIME), boot0 = real_ms(CLOCK_BOOTTIME);
    struct now now = clock_now(&c);
    int64_t real1 = real_ms(CLOCK_REALTIME), boot1 = real_ms(CLOCK_BOOTTIME);
    const int64_t t = 1778839200000, r = 1577836800000;
    assert_in_range(now.wall.v, t + 1000 * (real0 - r), t + 1000 * (real1 + 1 - r));
    assert_in_range(now.mono.v, 1000 * boot0, 1000 * (boot1 + 1));
    /* The furthest years do not overflow. */
    assert_int_equal(clock_parse("1000", "9999-12-31T23:59:59Z@0000-01-01T00:00:00Z", &c), ERR_OK);
    assert_true(clock_now(&c).wall.v > c.epoch.v);
}

/* Milliseconds of domain time also pass between two milliseconds of real time. */
static void test_resolution(void **state)
{
    (void)state;
    struct clock_source c;
    assert_int_equal(clock_parse("1000", "2026-05-15T10:00:00Z", &c), ERR_OK);
    int64_t first = clock_now(&c).mono.v, next;
    while ((next = clock_now(&c).mono.v) == first)
        ;
    assert_true(next > first);
    assert_true(next - first < 1000);
}

static void test_network_and_sleep(void **state)
{
    (void)state;
    const struct clock_source real = clock_real(), fast = {.rate = 60};
    assert_int_equal(clock_network_ms(&real, 200), 200);
    assert_int_equal(clock_network_ms(&fast, 200), 12000);
    assert_int_equal(clock_network_ms(&fast, 0), 1);
    assert_int_equal(clock_network_ms(&fast, -5), 1);
    assert_true(clock_network_ms(&fast, INT64_MAX) == INT64_MAX);
    assert_int_equal(clock_sleep_ms(&real, 200), 200);
    assert_int_equal(clock_sleep_ms(&fast, 120), 2);
    assert_int_equal(clock_sleep_ms(&fast, 121), 3);
    assert_int_equal(clock_sleep_ms(&fast, 1), 1);
    assert_int_equal(clock_sleep_ms(&fast, 0), 1);
    assert_int_equal(clock_sleep_ms(&fast, -100), 1);
    assert_true(clock_sleep_ms(&real, INT64_MAX) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_resolution),
        cmocka_unit_test(test_network_and_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
