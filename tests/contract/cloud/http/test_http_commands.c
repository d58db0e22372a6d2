/* Commands to lanes over HTTP: one request is one command, every fault names its member, and what became
 * of it can be read. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMANDS "/v1/places/a/lanes/in-1/commands"
#define OPEN     "{\"action\":\"open\",\"reason\":\"help call\"}"

static struct answer order(struct fixture *f, const char *token, const char *key, const char *body)
{
    char more[200] = "";
    if (key != NULL)
        snprintf(more, sizeof more, "Idempotency-Key: %s\r\n", key);
    return ask(f, "POST", COMMANDS, token, body, key != NULL ? more : NULL);
}

static void is_code(struct answer *a, int status, const char *code)
{
    assert_int_equal(a->status, status);
    assert_string_equal(json_string_value(json_object_get(a->json, "code")), code);
    answer_free(a);
}

static const char *text(const struct answer *a, const char *key)
{
    return json_string_value(json_object_get(a->json, key));
}

/* Where the order can be read: its Location into ret[128]. */
static void place_order(struct fixture *f, const char *key, const char *body, char *ret)
{
    struct answer a = order(f, OPERATOR, key, body);
    assert_int_equal(a.status, 202);
    snprintf(ret, 128, "%s", header(&a, "Location"));
    assert_int_equal(strncmp(ret, "/v1/commands/", 13), 0);
    assert_string_equal(ret + 13, text(&a, "id"));
    answer_free(&a);
}

static void an_order_can_be_followed(void **state)
{
    struct fixture *f = *state;
    char location[128];
    struct command_row row;
    struct request_id id;
    place_order(f, "k1", OPEN, location);
    struct answer a = get(f, location, ATTENDANT);
    assert_int_equal(a.status, 200);
    assert_string_equal(text(&a, "stage"), "sent");
    assert_string_equal(text(&a, "action"), "open");
    assert_string_equal(text(&a, "lane"), "in-1");
    assert_string_equal(text(&a, "actor"), "op");
    assert_string_equal(text(&a, "reason"), "help call");
    assert_true(json_is_false(json_object_get(a.json, "final")));
    assert_int_equal(json_array_size(json_object_get(a.json, "stages")), 1);
    answer_free(&a);

    assert_int_equal(request_id_parse(location + 13, 32, &id), ERR_OK);
    pthread_mutex_lock(&f->lock);
    assert_int_equal(f->port.find_command(f->port.self, &id, &row), ERR_OK);
    row.accepted.v = NOW_MS + 1;
    row.executing.v = NOW_MS + 2;
    row.ended.v = NOW_MS + 3;
    row.stage = STAGE_FAILED;
    row.why = REASON_FIRE;
    fixture_command(f, &row);
    pthread_mutex_unlock(&f->lock);
    a = get(f, location, OPERATOR);
    json_t *stages = json_object_get(a.json, "stages");
    static const char *const wanted[] = {"sent", "accepted", "executing", "failed"};
    assert_int_equal(json_array_size(stages), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(stages, i), "stage")),
                            wanted[i]);
    assert_string_equal(text(&a, "why"), "fire");
    assert_true(json_is_true(json_object_get(a.json, "final")));
    answer_free(&a);
}

static void the_same_key_is_the_same_command(void **state)
{
    char first[128], again[128], other[128];
    place_order(*state, "k1", OPEN, first);
    place_order(*state, "k1", OPEN, again);
    place_order(*state, "k2", OPEN, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    struct answer a =
        order(*state, OPERATOR, "k1", "{\"action\":\"close\",\"reason\":\"help call\"}");
    is_code(&a, 422, "idempotency_key_reused");
    a = order(*state, ATTENDANT, "k1", OPEN); /* another person's key */
    assert_int_equal(a.status, 202);
    assert_string_not_equal(header(&a, "Location"), first);
    answer_free(&a);
    a = get(*state, COMMANDS "?limit=2", AUDITOR);
    json_t *list = json_object_get(a.json, "commands");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "actor")),
                        "desk"); /* newest first */
    answer_free(&a);
}

static void every_member_at_fault_is_named(void **state)
{
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{\"reason\":\"x\"}", "/action"},
        {"{\"action\":\"explode\",\"reason\":\"x\"}", "/action"},
        {"{\"action\":1,\"reason\":\"x\"}", "/action"},
        {"{\"action\":\"open\"}", "/reason"},
        {"{\"action\":\"open\",\"reason\":\"\"}", "/reason"},
        {"{\"action\":\"open\",\"reason\":\"a\\nb\"}", "/reason"},
        {"{\"action\":\"open\",\"reason\":"
         "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}",
         "/reason"},
        {"{\"action\":\"open\",\"reason\":\"x\",\"expect\":\"rain\"}", "/expect"},
        {"{\"action\":\"open\",\"reason\":\"x\",\"expect\":null}", "/expect"},
        {"{\"action\":\"open\",\"reason\":\"x\",\"not_after\":\"soon\"}", "/not_after"},
        {"{\"action\":\"open\",\"reason\":\"x\",\"not_after\":\"2020-01-01T00:00:00Z\"}",
         "/not_after"},
        {"{\"action\":\"open\",\"reason\":\"x\",\"force\":true}", "/force"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = order(*state, OPERATOR, "k", rows[i].body);
        json_t *errors = json_object_get(a.json, "errors");
        assert_int_equal(json_array_size(errors), 1);
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(errors, 0), "pointer")),
            rows[i].pointer);
        is_code(&a, 422, "invalid_command");
    }
    struct answer a = order(*state, OPERATOR, "k", "[]");
    is_code(&a, 400, "bad_json");
}

static void a_key_is_needed(void **state)
{
    char key[140];
    memset(key, 'k', sizeof key);
    key[129] = '\0';
    struct answer a = order(*state, OPERATOR, NULL, OPEN);
    is_code(&a, 400, "idempotency_key");
    a = order(*state, OPERATOR, key, OPEN);
    is_code(&a, 400, "idempotency_key");
}

static void what_is_not_there_is_not_found(void **state)
{
    struct answer a = ask(*state, "POST", "/v1/places/a/lanes/in-9/commands", OPERATOR, OPEN,
                          "Idempotency-Key: k\r\n");
    is_code(&a, 404, "not_found");
    a = ask(*state, "POST", "/v1/places/nosuch/lanes/in-1/commands", OPERATOR, OPEN,
            "Idempotency-Key: k2\r\n");
    is_code(&a, 404, "not_found");
    a = get(*state, "/v1/commands/00112233445566778899aabbccddeeff", OPERATOR);
    is_code(&a, 404, "not_found");
    a = get(*state, "/v1/commands/x", OPERATOR);
    is_code(&a, 404, "not_found");
    a = get(*state, "/v1/places/nosuch/lanes/in-1/commands", OPERATOR);
    is_code(&a, 404, "not_found");
}

/* Those who may not open a gate, may not; auditors may see who did. */
static void only_the_desk_gives_orders(void **state)
{
    struct answer a = order(*state, NULL, "k", OPEN);
    is_code(&a, 401, "unauthorized");
    a = order(*state, AUDITOR, "k", OPEN);
    is_code(&a, 403, "forbidden");
    a = order(*state, DRIVER, "k", OPEN);
    is_code(&a, 403, "forbidden");
    a = get(*state, COMMANDS, DRIVER);
    is_code(&a, 403, "forbidden");
    a = get(*state, COMMANDS, AUDITOR);
    assert_int_equal(a.status, 200);
    assert_int_equal(json_array_size(json_object_get(a.json, "commands")), 0);
    answer_free(&a);
}

static void a_full_queue_asks_to_come_back(void **state)
{
    struct fixture *f = *state;
    f->queue_full = true;
    struct answer a = order(f, OPERATOR, "k", OPEN);
    assert_string_equal(header(&a, "Retry-After"), "1");
    is_code(&a, 503, "busy");
}

/* The stream is public: it says how far a command has come, not whose it is. */
static void the_stream_tells_of_it(void **state)
{
    struct fixture *f = *state;
    char location[128], bytes[65536], json[160];
    place_order(f, "k1", OPEN, location);
    int fd = dial(f);
    send_all(fd, "GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n", 37);
    assert_true(read_until(fd, "event: beat", bytes, sizeof bytes, 5000));
    snprintf(json, sizeof json, "{\"command\":\"%s\"}", location + 13);
    struct name place = {"a"};
    f->notifier.publish(f->notifier.self, NOTICE_COMMAND, &place, json);
    assert_true(read_until(fd, "event: command", bytes, sizeof bytes, 5000));
    assert_true(strstr(bytes, "\"stage\":\"sent\"") != NULL ||
                read_until(fd, "\"stage\":\"sent\"", bytes, sizeof bytes, 5000));
    assert_null(strstr(bytes, "help call"));
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_can_be_followed),       TEST(the_same_key_is_the_same_command),
        TEST(every_member_at_fault_is_named), TEST(a_key_is_needed),
        TEST(what_is_not_there_is_not_found), TEST(only_the_desk_gives_orders),
        TEST(a_full_queue_asks_to_come_back), TEST(the_stream_tells_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
