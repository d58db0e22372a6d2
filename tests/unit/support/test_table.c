/* Tables of rows over YAML and JSON: T1 to T3 of table.h. */
#include "tests/unit/support/check.h"

#include "protocol/base/id.h"
#include "protocol/support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lane {
    struct name name;
    int direction;
    bool enabled;
    int line;
};

struct link {
    char host[16];
    int64_t port;
};

struct config {
    struct name place;
    char title[20];
    int64_t poll_ms;
    int64_t off_or_ten;
    struct link link;
    struct lane lanes[3];
    size_t lane_count;
};

static const char *const directions[] = {"entry", "exit", NULL};

static const struct row lane_rows[] = {
    {.key = "name", .type = ROW_NAME, .offset = offsetof(struct lane, name), .help = "its name"},
    {.key = "direction",
     .type = ROW_ENUM,
     .offset = offsetof(struct lane, direction),
     .choices = directions,
     .help = "the way cars drive"},
    {.key = "enabled",
     .type = ROW_BOOL,
     .offset = offsetof(struct lane, enabled),
     .dflt = "true",
     .help = "whether it is used"},
};
static const struct table lane_table = {
    "lane", lane_rows, 3, sizeof(struct lane), true, offsetof(struct lane, line)};

static const struct row link_rows[] = {
    {.key = "host",
     .type = ROW_TEXT,
     .offset = offsetof(struct link, host),
     .size = sizeof((struct link *)0)->host,
     .min = 1,
     .dflt = "localhost",
     .help = "address"},
    {.key = "port",
     .type = ROW_INT,
     .offset = offsetof(struct link, port),
     .min = 1,
     .max = 65535,
     .dflt = "502",
     .help = "TCP port"},
};
static const struct table link_table = {"link", link_rows, 2, sizeof(struct link), false, 0};

static const struct row config_rows[] = {
    {.key = "place", .type = ROW_NAME, .offset = offsetof(struct config, place), .help = "place"},
    {.key = "title",
     .type = ROW_TEXT,
     .offset = offsetof(struct config, title),
     .size = sizeof((struct config *)0)->title,
     .min = 2,
     .max = 12,
     .dflt = "",
     .help = "shown on the page"},
    {.key = "poll_ms",
     .type = ROW_INT,
     .offset = offsetof(struct config, poll_ms),
     .min = -5,
     .max = 1000,
     .dflt = "50",
     .help = "register poll period"},
    {.key = "off_or_ten",
     .type = ROW_INT,
     .offset = offsetof(struct config, off_or_ten),
     .min = 10,
     .max = INT64_MAX,
     .dflt = "0",
     .help = "unbounded"},
    {.key = "link",
     .type = ROW_TABLE,
     .offset = offsetof(struct config, link),
     .table = &link_table,
     .help = "the gate controller"},
    {.key = "lanes",
     .type = ROW_LIST,
     .offset = offsetof(struct config, lanes),
     .size = sizeof(struct lane),
     .count_offset = offsetof(struct config, lane_count),
     .min = 1,
     .max = 3,
     .dflt = "",
     .table = &lane_table,
     .help = "the lanes"},
};
static const struct table config_table = {"edge", config_rows, 6, sizeof(struct config), false, 0};

typedef enum err (*reader)(const char *text, size_t len, const struct table *t, void *ret,
                           struct table_error *ret_error);

struct refused {
    const char *text;
    int line;
    const char *path, *message;
};

/* T1, T3: the error is exact, the target untouched. */
static void refuse_all(reader read, const struct refused *cases, size_t count)
{
    struct config before, c;
    int wrong = 0;
    memset(&before, 0x5a, sizeof before);
    for (size_t i = 0; i < count; i++) {
        const struct refused *r = &cases[i];
        struct table_error e = {.line = -1};
        memcpy(&c, &before, sizeof c);
        assert_int_equal(read(r->text, strlen(r->text), &config_table, &c, &e), ERR_INVAL);
        assert_memory_equal(&c, &before, sizeof c);
        if (e.line != r->line || strcmp(e.path, r->path) != 0 || strcmp(e.text, r->message) != 0) {
            print_error("%s\n-> line %d, %s: %s\n", r->text, e.line, e.path, e.text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

#define ONE_LANE "place: a\nlanes:\n  - name: in\n    direction: entry\n"

static void test_yaml_is_read(void **state)
{
    (void)state;
    static const char text[] = "# a comment\n"
                               "place: a-1\n"
                               "title: '주차장'\n"
                               "poll_ms: -5\n"
                               "off_or_ten: 9223372036854775807\n"
                               "link: {host: 1.2.3.4}\n"
                               "lanes:\n"
                               "  - name: in\n"
                               "    direction: entry\n"
                               "  - {name: out, direction: exit, enabled: false}\n";
    struct config c;
    struct table_error e = {.line = 77};
    assert_int_equal(table_read_yaml_text(text, sizeof text - 1, &config_table, &c, &e), ERR_OK);
    assert_int_equal(e.line, 77);
    assert_string_equal(c.place.text, "a-1");
    assert_string_equal(c.title, "주차장");
    assert_int_equal(c.poll_ms, -5);
    assert_true(c.off_or_ten == INT64_MAX);
    assert_string_equal(c.link.host, "1.2.3.4");
    assert_int_equal(c.link.port, 502);
    assert_int_equal(c.lane_count, 2);
    assert_string_equal(c.lanes[0].name.text, "in");
    assert_int_equal(c.lanes[0].direction, 0);
    assert_true(c.lanes[0].enabled);
    assert_int_equal(c.lanes[1].direction, 1);
    assert_false(c.lanes[1].enabled);
    assert_int_equal(c.lanes[0].line, 8);
    assert_int_equal(c.lanes[1].line, 10);
}

/* T2, and a default that the bounds would refuse. */
static void test_defaults(void **state)
{
    (void)state;
    struct config c;
    struct table_error e;
    memset(&c, 0x5a, sizeof c);
    assert_int_equal(table_read_yaml_text("place: a", 8, &config_table, &c, &e), ERR_OK);
    assert_string_equal(c.title, "");
    assert_int_equal(c.poll_ms, 50);
    assert_int_equal(c.off_or_ten, 0);
    assert_string_equal(c.link.host, "localhost");
    assert_int_equal(c.link.port, 502);
    assert_int_equal(c.lane_count, 0);
}

static void test_yaml_is_refused(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"", 1, "", "found nothing, expected one document"},
        {"# only a comment\n", 1, "", "found nothing, expected one document"},
        {"---\n", 2, "", "found nothing, expected a table (edge)"},
        {"just words", 1, "", "found \"just words\", expected a table (edge)"},
        {"- a\n- b\n", 1, "", "found a list, expected a table (edge)"},
        {"place: a\n---\nplace: b\n", 2, "", "found a second document, expected one"},
        {"place: a\nplace: b\n", 2, "place", "found twice, first in line 1, expected once"},
        {"place: a\npaint: red\n", 2, "paint",
         "unknown key, expected one of place, title, poll_ms, off_or_ten, link, lanes"},
        {"place: a\nlink:\n  hosts: x\n", 3, "link.hosts",
         "unknown key, expected one of host, port"},
        {"place: a\n<<: {title: abc}\n", 2, "<<",
         "unknown key, expected one of place, title, poll_ms, off_or_ten, link, lanes"},
        {"title: abc\n", 1, "place",
         "missing, expected a name of 1 to 31 characters a-z, 0-9 and -"},
        {"place: A\n", 1, "place",
         "found \"A\", expected a name of 1 to 31 characters a-z, 0-9 and -"},
        {"place:\n", 1, "place",
         "found nothing, expected a name of 1 to 31 characters a-z, 0-9 and -"},
        {"place: ~\n", 1, "place",
         "found nothing, expected a name of 1 to 31 characters a-z, 0-9 and -"},
        {"place: a\npoll_ms: 12abc\n", 2, "poll_ms",
         "found \"12abc\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: 1001\n", 2, "poll_ms",
         "found \"1001\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: -6\n", 2, "poll_ms",
         "found \"-6\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: 010\n", 2, "poll_ms",
         "found \"010\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: 0x10\n", 2, "poll_ms",
         "found \"0x10\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: 1.0\n", 2, "poll_ms",
         "found \"1.0\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: +1\n", 2, "poll_ms",
         "found \"+1\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: --1\n", 2, "poll_ms",
         "found \"--1\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: -0\n", 2, "poll_ms",
         "found \"-0\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: '7'\n", 2, "poll_ms",
         "found \"7\", expected a whole number from -5 to 1000"},
        {"place: a\npoll_ms: [7]\n", 2, "poll_ms",
         "found a list, expected a whole number from -5 to 1000"},
        {"place: a\noff_or_ten: 9223372036854775808\n", 2, "off_or_ten",
         "found \"9223372036854775808\", expected a whole number from 10 to "
         "9223372036854775807"},
        {"place: a\noff_or_ten: 0\n", 2, "off_or_ten",
         "found \"0\", expected a whole number from 10 to 9223372036854775807"},
        {"place: a\ntitle: x\n", 2, "title", "found \"x\", expected text of 2 to 12 bytes"},
        {"place: a\ntitle: 1234567890123\n", 2, "title",
         "found \"1234567890123\", expected text of 2 to 12 bytes"},
        {"place: a\ntitle: 아아아아아아아아아아아아아아아\n", 2, "title",
         "found \"아아아아아아아아아아아아아...\", expected text of 2 to 12 bytes"},
        {"place: a\ntitle: \"a\\tb\"\n", 2, "title",
         "found text with control characters, expected text of 2 to 12 bytes"},
        {"place: a\nlink: {host: 1234567890123456}\n", 2, "link.host",
         "found \"1234567890123456\", expected text of 1 to 15 bytes"},
        {"place: a\nlink: 5\n", 2, "link", "found \"5\", expected a table (link)"},
        {"place: a\nlanes: 5\n", 2, "lanes", "found \"5\", expected a list"},
        {"place: a\nlanes: []\n", 2, "lanes", "found 0 items, expected 1 to 3"},
        {"place: a\nlanes: [{}, {}, {}, {}]\n", 2, "lanes", "found 4 items, expected 1 to 3"},
        {"place: a\nlanes:\n  - x\n", 3, "lanes[0]", "found \"x\", expected a table (lane)"},
        {ONE_LANE "  - name: out\n    direction: entri\n", 6, "lanes[1].direction",
         "found \"entri\", expected one of entry, exit"},
        {ONE_LANE "  - name: out\n", 5, "lanes[1].direction",
         "missing, expected one of entry, exit"},
        {ONE_LANE "    enabled: yes\n", 5, "lanes[0].enabled",
         "found \"yes\", expected true or false"},
        {ONE_LANE "    enabled: maybe\n", 5, "lanes[0].enabled",
         "found \"maybe\", expected true or false"},
        {ONE_LANE "    enabled: 'true'\n", 5, "lanes[0].enabled",
         "found \"true\", expected true or false"},
        {ONE_LANE "    enabled: True\n", 5, "lanes[0].enabled",
         "found \"True\", expected true or false"},
        {"place: &x a\n", 1, "", "found an anchor, expected a plain value"},
        {"place: a\nlink: &x {}\n", 2, "", "found an anchor, expected a plain value"},
        {"place: a\nlanes: &x []\n", 2, "", "found an anchor, expected a plain value"},
        {"place: a\ntitle: *x\n", 2, "", "found an alias, expected a plain value"},
        {"place: a\npoll_ms: !!int 5\n", 2, "", "found a tag, expected a plain value"},
        {"place: a\n? [x, y]\n: b\n", 2, "", "found a key that is not a word"},
        {"place: a\n  title: abc\n", 2, "",
         "not valid YAML: mapping values are not allowed in this context"},
        {"place: 'a\n", 2, "", "not valid YAML: found unexpected end of stream"},
        {"place: a\n\ttitle: abc\n", 2, "",
         "not valid YAML: found a tab character that violates indentation"},
        {"place: \xea\n", 1, "", "not valid YAML: incomplete UTF-8 octet sequence"},
        {"place: a\ntitle: \x01\n", 1, "", "not valid YAML: control characters are not allowed"},
        {"a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: {n: {o: {p: {q: {r: 1}}}}}}}}}}}}}}"
         "}}}}\n",
         1, "", "nested deeper than 16 levels"},
        {"place: a\nan unknown key that is longer than any message should ever be: 1\n", 2,
         "an unknown key that is longer than any m",
         "unknown key, expected one of place, title, poll_ms, off_or_ten, link, lanes"},
        {"place: a\n\"x\\ty\": 1\n", 2, "x?y",
         "unknown key, expected one of place, title, poll_ms, off_or_ten, link, lanes"},
        {"place: a\n\"place\\0\": 1\n", 2, "", "found a key with a NUL character"},
    };
    refuse_all(table_read_yaml_text, cases, sizeof cases / sizeof cases[0]);
}

static void test_json(void **state)
{
    (void)state;
    static const char text[] =
        "{\"place\":\"a\",\"title\":\"A place\",\"poll_ms\":7,\"link\":{\"port\":1},"
        "\"lanes\":[{\"name\":\"in\",\"direction\":\"exit\",\"enabled\":false}]}";
    struct config c;
    struct table_error e;
    assert_int_equal(table_read_json(text, sizeof text - 1, &config_table, &c, &e), ERR_OK);
    assert_string_equal(c.title, "A place");
    assert_int_equal(c.poll_ms, 7);
    assert_int_equal(c.link.port, 1);
    assert_int_equal(c.lane_count, 1);
    assert_int_equal(c.lanes[0].direction, 1);
    assert_false(c.lanes[0].enabled);

    static const struct refused cases[] = {
        {"", 0, "", "not valid JSON: line 1 column 0: '[' or '{' expected near end of file"},
        {"[]", 0, "", "not valid JSON: found a list, expected an object"},
        {"{\"place\":\"a\",\"place\":\"b\"}", 0, "",
         "not valid JSON: line 1 column 20: duplicate object key near '\"place\"'"},
        {"{\"place\":5}", 0, "place",
         "found \"5\", expected a name of 1 to 31 characters a-z, 0-9 and -"},
        {"{\"place\":null}", 0, "place",
         "found nothing, expected a name of 1 to 31 characters a-z, 0-9 and -"},
        {"{\"place\":\"a\",\"poll_ms\":\"5\"}", 0, "poll_ms",
         "found \"5\", expected a whole number from -5 to 1000"},
        {"{\"place\":\"a\",\"poll_ms\":5.5}", 0, "poll_ms",
         "found \"5.5\", expected a whole number from -5 to 1000"},
        {"{\"place\":\"a\",\"poll_ms\":5.0}", 0, "poll_ms",
         "found \"5\", expected a whole number from -5 to 1000"},
        {"{\"place\":\"a\",\"title\":true}", 0, "title",
         "found \"true\", expected text of 2 to 12 bytes"},
        {"{\"place\":\"a\",\"what\":true}", 0, "what",
         "unknown key, expected one of place, title, poll_ms, off_or_ten, link, lanes"},
        {"{\"place\":\"a\",\"lanes\":[{\"name\":\"x\",\"direction\":0}]}", 0, "lanes[0].direction",
         "found \"0\", expected one of entry, exit"},
        {"{\"place\":\"a\",\"lanes\":[{\"name\":\"x\",\"direction\":\"exit\",\"enabled\":1}]}", 0,
         "lanes[0].enabled", "found \"1\", expected true or false"},
        {"{\"place\":\"a\",\"lanes\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", 0, "",
         "nested deeper than 16 levels"},
    };
    refuse_all(table_read_json, cases, sizeof cases / sizeof cases[0]);
}

static void test_files(void **state)
{
    (void)state;
    char name[] = "/tmp/boomgate-table-XXXXXX";
    struct config c;
    struct table_error e;
    assert_int_equal(table_read_yaml("/nonexistent/x.yaml", &config_table, &c, &e), ERR_NOTFOUND);
    assert_string_equal(e.text, "cannot be opened: No such file or directory");
    assert_int_equal(table_read_yaml("/tmp", &config_table, &c, &e), ERR_INVAL);
    assert_string_equal(e.text, "cannot be read: Is a directory");
    int fd = mkstemp(name);
    FILE *file = fdopen(fd, "w");
    fputs("place: a\n#", file);
    for (int i = 0; i < (1 << 20) - 10; i++)
        fputc('x', file);
    fflush(file);
    assert_int_equal(table_read_yaml(name, &config_table, &c, &e), ERR_OK);
    assert_string_equal(c.place.text, "a");
    fputc('x', file);
    fclose(file);
    assert_int_equal(table_read_yaml(name, &config_table, &c, &e), ERR_INVAL);
    assert_string_equal(e.text, "longer than 1 MiB");
    unlink(name);
}

/* A table of the program's that is wrong shows up in any test that reads with it. */
static void test_wrong_default(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.key = "n", .type = ROW_INT, .max = 5, .dflt = "five"},
    };
    const struct table t = {"wrong", rows, 1, sizeof(int64_t), false, 0};
    int64_t n = 7;
    struct table_error e;
    assert_int_equal(table_read_yaml_text("{}", 2, &t, &n, &e), ERR_INVAL);
    assert_string_equal(e.path, "n");
    assert_string_equal(e.text, "the default of the program is wrong");
    assert_int_equal(n, 7);
}

static void test_help(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    table_print_help(out, &config_table);
    fclose(out);
    assert_non_null(strstr(text, "poll_ms: a whole number from -5 to 1000; default: 50\n"
                                 "  register poll period\n"));
    assert_non_null(strstr(text, "place: a name of 1 to 31 characters a-z, 0-9 and -; required\n"));
    assert_non_null(strstr(text, "title: text of 2 to 12 bytes; default: empty\n"));
    assert_non_null(strstr(text, "lanes: a list of 1 to 3 items; default: empty\n  the lanes\n"
                                 "    name: a name"));
    assert_non_null(strstr(text, "\n    direction: one of entry, exit; required\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml_is_read),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_yaml_is_refused),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_wrong_default),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
