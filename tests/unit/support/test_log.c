/* The log: what a line looks like, that untrusted text cannot forge one, that repeats are counted.
 * stderr goes to a file meanwhile. */
#include "tests/unit/support/check.h"

#include "protocol/support/log.h"
#include "protocol/support/log_limit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
    int fd, saved;
    char text[65536];
};

static struct capture capture;

static void capture_start(void)
{
    fflush(stderr);
    capture.fd = memfd_create("stderr", MFD_CLOEXEC);
    capture.saved = dup(STDERR_FILENO);
    assert_true(capture.fd >= 0 && capture.saved >= 0);
    assert_int_equal(dup2(capture.fd, STDERR_FILENO), STDERR_FILENO);
}

static const char *capture_end(void)
{
    dup2(capture.saved, STDERR_FILENO);
    close(capture.saved);
    ssize_t n = pread(capture.fd, capture.text, sizeof capture.text - 1, 0);
    close(capture.fd);
    assert_true(n >= 0);
    capture.text[n] = '\0';
    return capture.text;
}

/* Untouched by log_setup: not a terminal, so with prefix, from LOG_INFO on. */
static void test_default(void **state)
{
    (void)state;
    capture_start();
    errno = ENOENT;
    log_info("default.info", LT("place", "a"), LN("seq", 12), LN("low", INT64_MIN));
    log_debug("default.debug", LN("n", 1));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(capture_end(),
                        "<6>event=default.info place=a seq=12 low=-9223372036854775808\n");
}

static void test_levels(void **state)
{
    (void)state;
    log_setup(LOG_WARN, true);
    capture_start();
    log_error("levels.error", LN("n", 1));
    log_warn("levels.warn", LN("n", 1));
    log_notice("levels.notice", LN("n", 1));
    assert_string_equal(capture_end(), "<3>event=levels.error n=1\n<4>event=levels.warn n=1\n");
    log_setup(LOG_DEBUG, true);
    capture_start();
    log_debug("levels.debug", LN("n", 1));
    assert_string_equal(capture_end(), "<7>event=levels.debug n=1\n");
}

/* For a terminal: time stamp and word. */
static void test_without_prefix(void **state)
{
    (void)state;
    log_setup(LOG_INFO, false);
    capture_start();
    log_warn("terminal", LN("n", 1));
    const char *text = capture_end();
    assert_true(strlen(text) > 25 && text[10] == 'T' && text[23] == 'Z');
    assert_string_equal(text + 24, " warning event=terminal n=1\n");
    log_setup(LOG_DEBUG, true);
}

static void test_escaping(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"plain-1.2:3/4_5", "plain-1.2:3/4_5"},
        {NULL, "\"\""},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"\"x\"", "\"\\\"x\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"x\n<3>event=forged", "\"x\\n<3>event=forged\""},
        {"\r\t\x1b[31m\x7f", "\"\\x0d\\x09\\x1b[31m\\x7f\""},
        {"22아2222", "\"22아2222\""},
        {"\xb0\xa1", "\"\\xb0\\xa1\""},          /* EUC-KR */
        {"\xc0\xaf", "\"\\xc0\\xaf\""},          /* overlong */
        {"\xea\xb0", "\"\\xea\\xb0\""},          /* cut short */
        {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\""}, /* a surrogate */
        {"a\xe2\x80\xae"
         "b",
         "\"a\\xe2\\x80\\xaeb\""}, /* right-to-left override */
        {"a\xe2\x80\xa8"
         "b",
         "\"a\\xe2\\x80\\xa8b\""}, /* line separator */
        {"a\xc2\x9b"
         "b",
         "\"a\\xc2\\x9bb\""}, /* C1 control */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        /* one event per case: the log must not count them as repeats */
        static char events[32][24];
        char expected[128];
        snprintf(events[i], sizeof events[i], "escape.%zu", i);
        snprintf(expected, sizeof expected, "<6>event=%s v=%s end=1\n", events[i],
                 cases[i].written);
        capture_start();
        log_info(events[i], LT("v", cases[i].value), LN("end", 1));
        assert_string_equal(capture_end(), expected);
    }
}

/* A long value is shortened between characters, a field that does not fit is left out whole. */
static void test_long(void **state)
{
    (void)state;
    char value[4096];
    for (size_t i = 0; i + 3 < sizeof value; i += 3)
        memcpy(value + i, "\xec\x95\x84", 4);
    capture_start();
    log_info("long.value", LT("v", value), LN("end", 1));
    const char *text = capture_end();
    assert_non_null(strstr(text, "\xec\x95\x84\"... end=1\n"));
    assert_true(strlen(text) < 600);
    memset(value, '\x01', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    capture_start();
    log_info("long.record", LT("a", value), LT("b", value), LT("c", value), LN("d", 1));
    text = capture_end();
    assert_non_null(strstr(text, " a=\"\\x01"));
    assert_null(strstr(text, " b=\"\\x01\\x01\\x01 "));
    assert_true(strlen(text) < 4200);
    assert_string_equal(text + strlen(text) - 16, " truncated=true\n");
    assert_int_equal(strchr(text, '\n') - text, strlen(text) - 1);
}

static void test_repeats(void **state)
{
    (void)state;
    capture_start();
    for (int i = 0; i < 100; i++)
        log_info("repeated", LN("i", i));
    log_info("another", LN("i", 1));
    const char *text = capture_end();
    int lines = 0;
    for (const char *p = text; (p = strstr(p, "event=repeated")); p++)
        lines++;
    assert_int_equal(lines, LOG_LIMIT_RECORDS);
    assert_non_null(strstr(text, "event=another"));
}

/* The memory of repeats, with time as an argument. */
static void test_limit(void **state)
{
    (void)state;
    static struct log_limit l;
    const char *of = NULL;
    uint64_t n = 0;
    for (int i = 0; i < LOG_LIMIT_RECORDS; i++)
        assert_true(log_limit_admit(&l, "a", 1000 + i));
    for (int i = 0; i < 7; i++)
        assert_false(log_limit_admit(&l, "a", 2000));
    assert_true(log_limit_admit(&l, "b", 3000));
    assert_false(log_limit_ended(&l, 1000 + LOG_LIMIT_WINDOW_MS - 1, &of, &n));
    assert_null(of);
    assert_true(log_limit_ended(&l, 1000 + LOG_LIMIT_WINDOW_MS, &of, &n));
    assert_string_equal(of, "a");
    assert_int_equal(n, 7);
    assert_true(log_limit_admit(&l, "a", 1000 + LOG_LIMIT_WINDOW_MS));
    /* Nothing was suppressed in b's window: nothing to report. */
    assert_false(log_limit_ended(&l, 3000 + LOG_LIMIT_WINDOW_MS, &of, &n));
}

static void test_limit_with_many_events(void **state)
{
    (void)state;
    static struct log_limit l;
    static char names[LOG_LIMIT_EVENTS + 1][8];
    const char *of;
    uint64_t n;
    for (int i = 0; i <= LOG_LIMIT_EVENTS; i++) {
        snprintf(names[i], sizeof names[i], "e%d", i);
        for (int k = 0; k < LOG_LIMIT_RECORDS + 2; k++) {
            bool limited = i < LOG_LIMIT_EVENTS && k >= LOG_LIMIT_RECORDS;
            assert_int_equal(log_limit_admit(&l, names[i], 0), !limited);
        }
    }
    int reported = 0;
    while (log_limit_ended(&l, LOG_LIMIT_WINDOW_MS, &of, &n)) {
        assert_int_equal(n, 2);
        reported++;
    }
    assert_int_equal(reported, LOG_LIMIT_EVENTS);
}

static void *write_records(void *arg)
{
    static const char *const events[] = {"thread.0", "thread.1", "thread.2", "thread.3"};
    for (int i = 0; i < LOG_LIMIT_RECORDS; i++)
        log_info(events[*(int *)arg], LT("text", "some words"), LN("i", i));
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    int numbers[] = {0, 1, 2, 3}, lines = 0;
    capture_start();
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, write_records, &numbers[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    /* Every line is whole: it starts as a record and ends as that record. */
    for (const char *line = capture_end(); *line; line = strchr(line, '\n') + 1, lines++) {
        assert_int_equal(strncmp(line, "<6>event=thread.", 16), 0);
        assert_int_equal(strncmp(line + 17, " text=\"some words\" i=", 21), 0);
        assert_int_equal(line[39], '\n');
    }
    assert_int_equal(lines, 4 * LOG_LIMIT_RECORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_without_prefix), cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_long),           cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_limit),          cmocka_unit_test(test_limit_with_many_events),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
