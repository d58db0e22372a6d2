/* A command with an idempotency key has one effect and one answer (service.h C6), whatever comes between
 * the two requests. */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct client {
    int made, repeated;
    char bytes[32];
    char again[32]; /* the answer that was repeated */
    int64_t again_status;
} client;

static void keep(void *arg, const struct admin_result *r, struct answer_row *ret)
{
    struct world *w = arg;
    (void)w;
    snprintf(client.bytes, sizeof client.bytes, "answer %d", ++client.made);
    ret->status = r->err == ERR_OK ? 201 : 409;
    ret->bytes = client.bytes;
    ret->len = strlen(client.bytes);
}

static void again(void *arg, const struct answer_row *row)
{
    (void)arg;
    client.repeated++;
    client.again_status = row->status;
    snprintf(client.again, sizeof client.again, "%.*s", (int)row->len, (const char *)row->bytes);
}

static void create(struct world *w, const char *place, char key, char request)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_PLACE_CREATE;
    work->admin.place = world_settings(place, 10);
    if (key != '\0') {
        work->admin.once.keep = keep;
        work->admin.once.again = again;
        memset(work->admin.once.key.text, key, sizeof work->admin.once.key.text - 1);
        memset(work->admin.once.request.text, request, sizeof work->admin.once.request.text - 1);
    }
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
}

static int setup(void **state)
{
    memset(&client, 0, sizeof client);
    return world_set_up(state);
}

static void the_same_request_is_answered_alike(void **state)
{
    struct world *w = *state;
    create(w, "new", '1', 'a');
    create(w, "new", '1', 'a'); /* in the same batch */
    world_run(w);
    assert_int_equal(client.made, 1);
    assert_int_equal(client.repeated, 1);
    world_restart(w);
    create(w, "new", '1', 'a');
    world_run(w);
    assert_int_equal(client.made, 1);
    assert_int_equal(client.repeated, 2);
    assert_int_equal(client.again_status, 201);
    assert_string_equal(client.again, "answer 1");
    assert_int_equal(w->admin.err, ERR_OK);
    assert_false(w->admin.created);
}

static void a_key_means_one_request(void **state)
{
    struct world *w = *state;
    create(w, "new", '1', 'a');
    create(w, "other", '1', 'b');
    world_run(w);
    assert_true(w->admin.key_reused);
    assert_int_equal(client.made, 1);
    assert_int_equal(client.repeated, 0);
    create(w, "other", '2', 'b'); /* it was not made before */
    world_run(w);
    assert_true(w->admin.created);
    create(w, "third", '\0', '\0');
    world_run(w);
    assert_true(w->admin.created);
    assert_int_equal(client.made, 2);
}

static void answers_are_forgotten_after_a_day(void **state)
{
    enum { HOUR_MS = 3600 * 1000 };
    struct world *w = *state;
    create(w, "new", '1', 'a');
    world_run(w);
    world_pass_ms(w, 24 * (int64_t)HOUR_MS);
    create(w, "two", '2', 'b');
    create(w, "new", '1', 'a');
    world_run(w);
    assert_int_equal(client.repeated, 1);
    world_pass_ms(w, 2 * (int64_t)HOUR_MS);
    create(w, "three", '3', 'c'); /* makes room */
    create(w, "new", '1', 'a');
    create(w, "two", '2', 'b');
    world_run(w);
    assert_int_equal(client.repeated, 2);
    assert_string_equal(client.again, "answer 2");
    assert_int_equal(client.made, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_same_request_is_answered_alike),
        TEST(a_key_means_one_request),
        TEST(answers_are_forgotten_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
