/* TZif files: real zones, made ones, damaged ones; and the POSIX rule in the footer. */
#include "tests/unit/support/check.h"

#include "protocol/support/zone.h"
#include "protocol/support/zone_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct wall_ms at(const char *text)
{
    struct wall_ms t;
    if (timestamp_parse(text, strlen(text), &t) != ERR_OK)
        fail_msg("%s is no timestamp", text);
    return t;
}

static void test_real_zones(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *at;
        int32_t offset_s;
    } cases[] = {
        {"Asia/Seoul", "2026-05-15T00:00:00Z", 32400},
        {"Asia/Seoul", "1988-07-01T00:00:00Z", 36000},
        {"Asia/Seoul", "2099-07-01T00:00:00Z", 32400},
        {"Europe/Berlin", "1890-01-01T00:00:00Z", 3208},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 3600},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 7200},
        {"Europe/Berlin", "2026-10-25T00:59:59Z", 7200},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", 3600},
        {"Europe/Berlin", "2038-07-01T00:00:00Z", 7200},
        {"Europe/Berlin", "2100-07-01T00:00:00Z", 7200},
        {"Europe/Berlin", "2100-12-01T00:00:00Z", 3600},
        {"Europe/Dublin", "2060-07-01T00:00:00Z", 3600},
        {"Europe/Dublin", "2060-12-01T00:00:00Z", 0},
        {"America/New_York", "2050-07-01T00:00:00Z", -14400},
        {"America/New_York", "2050-01-01T00:00:00Z", -18000},
        {"Australia/Lord_Howe", "2050-01-01T00:00:00Z", 39600},
        {"Australia/Lord_Howe", "2050-07-01T00:00:00Z", 37800},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},
        {"UTC", "2026-05-15T00:00:00Z", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct zone_table z;
        assert_int_equal(zone_load(cases[i].zone, &z), ERR_OK);
        assert_string_equal(z.name, cases[i].zone);
        if (zone_offset_s(&z, at(cases[i].at)) != cases[i].offset_s)
            fail_msg("%s %s: %d", cases[i].zone, cases[i].at, zone_offset_s(&z, at(cases[i].at)));
        for (size_t k = 1; k < z.count; k++)
            assert_true(z.transitions[k - 1].at_s < z.transitions[k].at_s);
    }
}

static void test_names(void **state)
{
    (void)state;
    struct zone_table z = {.count = 77};
    static const char *const wrong[] = {
        "",
        "/etc/passwd",
        "../etc/passwd",
        "Europe/../Berlin",
        "Europe//Berlin",
        "Europe/",
        "a b",
        "Europe/Berlin\n",
        "a/very/long/name/that/does/not/fit/into/the/table",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(zone_load(wrong[i], &z), ERR_INVAL);
    assert_int_equal(zone_load("Europe/Atlantis", &z), ERR_NOTFOUND);
    assert_int_equal(zone_load("Europe", &z), ERR_NOTFOUND);
    assert_int_equal(z.count, 77);
}

/* A file of version 2: an empty first block, then two transitions and a footer. */
struct made {
    unsigned char bytes[256];
    size_t len;
};

static void put(struct made *m, const void *bytes, size_t len)
{
    assert_true(m->len + len <= sizeof m->bytes);
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

static void put_number(struct made *m, int64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        unsigned char byte = (unsigned char)((uint64_t)v >> (8 * i));
        put(m, &byte, 1);
    }
}

static void put_header(struct made *m, int leap, int time, int type, int chars)
{
    put(m, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    const int counts[] = {0, 0, leap, time, type, chars};
    for (int i = 0; i < 6; i++)
        put_number(m, counts[i], 4);
}

enum { SECOND_BLOCK = 44 + 44, TIMES = SECOND_BLOCK, INDICES = TIMES + 16, TYPES = INDICES + 2 };

static struct made make_with(int leap, const char *footer)
{
    struct made m = {.len = 0};
    put_header(&m, 0, 0, 0, 0);
    put_header(&m, leap, 2, 2, 4);
    put_number(&m, 1000, 8);
    put_number(&m, 2000, 8);
    put(&m, "\1\0", 2);
    put_number(&m, 3600, 4);
    put(&m, "\0\0", 2);
    put_number(&m, 7200, 4);
    put(&m, "\1\0", 2);
    put(&m, "ABC", 4);
    for (int i = 0; i < leap; i++) {
        put_number(&m, 78796800, 8);
        put_number(&m, 1, 4);
    }
    put(&m, footer, strlen(footer));
    return m;
}

static struct made make(const char *footer)
{
    return make_with(0, footer);
}

static enum err load_made(const struct made *m, struct zone_table *ret)
{
    char folder[] = "/tmp/boomgate-zone-XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/Made", folder);
    FILE *f = fopen(file, "we");
    assert_int_equal(fwrite(m->bytes, 1, m->len, f), m->len);
    fclose(f);
    setenv("TZDIR", folder, 1);
    enum err e = zone_load("Made", ret);
    unsetenv("TZDIR");
    unlink(file);
    rmdir(folder);
    return e;
}

static void test_made_zone(void **state)
{
    (void)state;
    struct zone_table z;
    struct made m = make("\n<+01>-1\n");
    assert_int_equal(load_made(&m, &z), ERR_OK);
    assert_int_equal(z.first_offset_s, 3600);
    assert_int_equal(z.count, 2);
    assert_int_equal(z.transitions[0].at_s, 1000);
    assert_int_equal(z.transitions[0].offset_s, 7200);
    assert_int_equal(z.transitions[1].at_s, 2000);
    assert_int_equal(z.transitions[1].offset_s, 3600);
    m = make("\n\n");
    assert_int_equal(load_made(&m, &z), ERR_OK);
    assert_int_equal(z.count, 2);
    /* The footer begins where the table ends: 1970 still has both of its changes to come. */
    m = make("\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    assert_int_equal(load_made(&m, &z), ERR_OK);
    assert_int_equal(z.count, 2 + 2 * 131);
    assert_int_equal(z.transitions[2].at_s, at("1970-03-29T01:00:00Z").v / 1000);
    assert_int_equal(z.transitions[z.count - 1].at_s, at("2100-10-31T01:00:00Z").v / 1000);
    /* A transition that changes nothing is left out. */
    m = make("\n\n");
    m.bytes[INDICES] = 0;
    assert_int_equal(load_made(&m, &z), ERR_OK);
    assert_int_equal(z.count, 0);
}

/* Cut anywhere, or with any field that points out of the file: refused, nothing read beyond. */
static void test_damaged(void **state)
{
    (void)state;
    struct zone_table z = {.count = 77};
    const struct made whole = make("\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    for (size_t len = 0; len < whole.len; len++) {
        struct made cut = whole;
        cut.len = len;
        assert_int_equal(load_made(&cut, &z), ERR_INVAL);
    }
    static const struct {
        size_t offset;
        unsigned char value;
    } changes[] = {
        {0, 'X'},              /* not TZif */
        {4, '\0'},             /* version 1 */
        {44 + 4, '1'},         /* second header */
        {44 + 20, 0xff},       /* a count that is huge */
        {44 + 31, 1},          /* leap seconds */
        {44 + 39, 0},          /* no types */
        {TIMES + 14, 0},       /* the second transition before the first */
        {TIMES + 8, 0x80},     /* negative */
        {INDICES, 2},          /* a type that is not there */
        {TYPES + 6, 0x7f},     /* an offset of years */
        {TYPES + 12 + 4, 'x'}, /* no new line before the footer */
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct made m = whole;
        m.bytes[changes[i].offset] = changes[i].value;
        if (load_made(&m, &z) != ERR_INVAL)
            fail_msg("change %zu was accepted", i);
    }
    const struct made right = make_with(1, "\n\n"); /* whole, but it counts leap seconds */
    assert_int_equal(load_made(&right, &z), ERR_INVAL);
    static const char *const footers[] = {
        "\nCET-1CEST\n",
        "\nC-1\n",
        "\nCET\n",
        "\nCET-25\n",
        "\nCET-1CEST,M3.5.0\n",
        "\nCET-1CEST,M13.5.0,M10.5.0\n",
        "\nCET-1CEST,M3.0.0,M10.5.0\n",
        "\nCET-1CEST,M3.5.7,M10.5.0\n",
        "\nCET-1CEST,J0,J5\n",
        "\nCET-1CEST,366,5\n",
        "\nCET-1CEST,M3.5.0/168,M10.5.0\n",
        "\nCET-1CEST,M3.5.0,M10.5.0x\n",
        "\n<CET-1\n",
        "\nCET-1:60\n",
        "\nCET-1CEST,M3.5,M10.5.0\n",
        "\nABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMN-1\n",
    };
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
        const struct made m = make(footers[i]);
        if (load_made(&m, &z) != ERR_INVAL)
            fail_msg("footer %s was accepted", footers[i]);
    }
    assert_int_equal(z.count, 77);
}

static void expect(const char *rule, const char *after, const char *first, int32_t first_offset_s,
                   const char *second)
{
    struct zone_rule r;
    static struct zone_transition list[ZONE_RULE_TRANSITIONS_MAX];
    assert_int_equal(zone_rule_parse(rule, &r), ERR_OK);
    size_t count = zone_rule_expand(&r, at(after).v / 1000, list);
    assert_true(count >= 2);
    if (list[0].at_s != at(first).v / 1000 || list[0].offset_s != first_offset_s ||
        list[1].at_s != at(second).v / 1000)
        fail_msg("%s: %lld %d %lld", rule, (long long)list[0].at_s, list[0].offset_s,
                 (long long)list[1].at_s);
}

static void test_rules(void **state)
{
    (void)state;
    expect("EST5EDT,M3.2.0,M11.1.0", "2026-01-01T00:00:00Z", "2026-03-08T07:00:00Z", -14400,
           "2026-11-01T06:00:00Z");
    /* southern: the end comes first in the year */
    expect("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", "2026-04-04T16:00:00Z", 36000,
           "2026-10-03T16:00:00Z");
    /* negative daylight saving, half an hour, minutes in the offset, a time on the day before */
    expect("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z", 3600,
           "2026-10-25T01:00:00Z");
    expect("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", "2026-04-04T15:00:00Z",
           37800, "2026-10-03T15:30:00Z");
    expect("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z", -3600,
           "2026-10-25T01:00:00Z");
    /* Jn does not count 29 February, n does */
    expect("CET-1CEST,J60/0,J300/0", "2028-01-01T00:00:00Z", "2028-02-29T23:00:00Z", 7200,
           "2028-10-26T22:00:00Z");
    expect("CET-1CEST,59/0,J300/0", "2028-01-01T00:00:00Z", "2028-02-28T23:00:00Z", 7200,
           "2028-10-26T22:00:00Z");
    struct zone_rule r;
    static struct zone_transition list[ZONE_RULE_TRANSITIONS_MAX];
    assert_int_equal(zone_rule_parse("KST-9", &r), ERR_OK);
    assert_int_equal(zone_rule_expand(&r, 0, list), 0);
    /* RFC 8536: daylight saving all the year */
    assert_int_equal(zone_rule_parse("EST5EDT,0/0,J365/25", &r), ERR_OK);
    size_t count = zone_rule_expand(&r, at("2026-01-01T05:00:00Z").v / 1000, list);
    for (size_t i = 0; i + 1 < count; i++)
        assert_int_equal(list[i].offset_s, -14400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_zones), cmocka_unit_test(test_names),
        cmocka_unit_test(test_made_zone),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
