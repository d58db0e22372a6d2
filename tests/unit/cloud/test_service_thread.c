/* The service on its own thread: many posters, a bounded queue, a stop that finishes what was taken. */
#include "tests/unit/cloud/world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POSTERS = 4, EACH = 500 };

static struct world *w;

static int setup(void **state)
{
    (void)state;
    w = calloc(1, sizeof *w);
    world_open(w);
    world_place(w, "a", 10, POLICY_DEFER);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(w);
    free(w);
    return 0;
}

static void *post_events(void *arg)
{
    struct test_edge *e = arg;
    char bytes[EVENT_BYTES_MAX];
    for (int i = 0; i < EACH; i++) {
        struct event event = edge_event(w, e, EVENT_EDGE_STARTED);
        memcpy(event.data.version, "9", 2);
        size_t len = edge_write(e, &event, bytes);
        struct work *work = work_new(WORK_EVENT, bytes, len);
        work->place = e->place;
        work->edge = e->edge;
        while (service_post(w->service, work) == ERR_FULL)
            sched_yield();
    }
    return NULL;
}

static void many_posters(void **state)
{
    (void)state;
    static const char *const names[POSTERS] = {"e1", "e2", "e3", "e4"};
    struct test_edge edges[POSTERS];
    pthread_t threads[POSTERS];
    for (int i = 0; i < POSTERS; i++) {
        edges[i] = edge_of("a", names[i], (uint64_t)i + 1);
        assert_true(edge_hello(w, &edges[i], "x"));
    }
    assert_int_equal(service_start(w->service), ERR_OK);
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_events, &edges[i]), 0);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    service_stop(w->service);
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(world_last_ack(w, names[i]), EACH);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event"), POSTERS * EACH);
    assert_true(metrics_get(&w->metrics, METRIC_BATCHES) < POSTERS * EACH);
}

static void the_queue_is_bounded(void **state)
{
    (void)state;
    enum err e = ERR_OK;
    struct work *work = NULL;
    for (int i = 0; i < 100000 && e == ERR_OK; i++) {
        work = work_new(WORK_ADMIN, NULL, 0);
        work->admin.kind = ADMIN_PLACE_RESUME;
        work->admin.done = world_admin_done;
        work->admin.arg = w;
        e = service_post(w->service, work);
    }
    assert_int_equal(e, ERR_FULL);
    work_free(work); /* a refused work stays ours */
    assert_int_equal(metrics_get(&w->metrics, METRIC_QUEUE_DROPPED), 1);
    /* What is still queued when the service goes is answered. */
    size_t before = w->admin_count;
    service_free(w->service);
    assert_true(w->admin_count > before + 1000);
    assert_int_equal(w->admin.err, ERR_UNAVAIL);
    store_close(w->store);
    world_reopen(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_posters, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_is_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
