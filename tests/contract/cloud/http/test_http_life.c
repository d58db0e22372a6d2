/* Starting and stopping under callers who do not wait. */
#include "tests/contract/cloud/http/fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Calls again and again, from before the server listens. */
struct caller {
    pthread_t thread;
    struct sockaddr_in to;
    _Atomic bool stop;
    _Atomic int answers;
};

static void *call(void *arg)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct caller *c = arg;
    char answer[16];
    while (!atomic_load(&c->stop)) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (const struct sockaddr *)&c->to, sizeof c->to) == 0) {
            send_all(fd, request, sizeof request - 1);
            if (read_all(fd, answer, 12, 2000) == 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0)
                atomic_fetch_add(&c->answers, 1);
        }
        close(fd);
    }
    return NULL;
}

/* A supervisor asks for health the moment the port opens. */
static void health_is_known_from_the_first_moment(void **state)
{
    struct fixture *f = *state;
    struct http_settings settings = f->settings;
    settings.port = http_port(f->http);
    struct caller c = {
        .to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings.port)},
    };
    inet_pton(AF_INET, "127.0.0.1", &c.to.sin_addr);
    assert_int_equal(pthread_create(&c.thread, NULL, call, &c), 0);
    for (int i = 0; i < 100; i++)
        fixture_restart(f, &settings);
    int before = atomic_load(&c.answers);
    while (atomic_load(&c.answers) <= before)
        continue; /* the last server answers, too */
    atomic_store(&c.stop, true);
    pthread_join(c.thread, NULL);
}

static void *restart(void *arg)
{
    struct fixture *f = arg;
    fixture_restart(f, &f->settings);
    return NULL;
}

static void put(int fd, const char *place, const char *more)
{
    char request[256];
    int n = snprintf(request, sizeof request,
                     "PUT /v1/places/%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     "Authorization: Bearer " OPERATOR "\r\nContent-Length: 14\r\n%s\r\n",
                     place, more);
    send_all(fd, request, (size_t)n);
}

static void wait_for_write(struct fixture *f)
{
    for (size_t n = 0; n == 0;) {
        pthread_mutex_lock(&f->lock);
        n = fixture_writes_waiting(f);
        pthread_mutex_unlock(&f->lock);
    }
}

/* A write whose body comes when the server is stopping is refused: nobody would answer it. */
static void no_write_begins_while_it_stops(void **state)
{
    static const char body[] = "{\"capacity\":7}";
    struct fixture *f = *state;
    char text[256];
    pthread_t thread;
    f->asleep = true;
    int early = dial(f);
    put(early, "early", "");
    send_all(early, body, sizeof body - 1);
    wait_for_write(f);
    int late = dial(f);
    put(late, "late", "Expect: 100-continue\r\n");
    assert_true(read_until(late, "100 Continue\r\n\r\n", text, sizeof text, 5000));
    assert_int_equal(pthread_create(&thread, NULL, restart, f), 0);
    for (int status = 0; status != 503;) { /* until it is stopping */
        struct answer a = get(f, "/v1/places/a", NULL);
        status = a.status;
        answer_free(&a);
    }
    send_all(late, body, sizeof body - 1);
    struct answer a = read_answer(late, 5000);
    assert_int_equal(a.status, 503);
    answer_free(&a);
    fixture_wake(f);
    pthread_join(thread, NULL);
    a = read_answer(early, 5000);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    close(early);
    close(late);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(health_is_known_from_the_first_moment),
        TEST(no_write_begins_while_it_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
