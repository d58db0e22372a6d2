/* Mailbox: M1 to M3 of mailbox.h. */
#include "tests/unit/support/check.h"

#include "protocol/support/mailbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { PRODUCERS = 4, PER_PRODUCER = 20000 };

struct item {
    int producer;
    int number;
};

/* What an owner's loop has: a wake-up that may be late, never lost. */
struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    int count;
};

static void ring(void *arg)
{
    struct bell *b = arg;
    pthread_mutex_lock(&b->lock);
    b->count++;
    pthread_cond_signal(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

static void wait_for_ring(struct bell *b)
{
    pthread_mutex_lock(&b->lock);
    while (b->count == 0)
        pthread_cond_wait(&b->rung, &b->lock);
    b->count = 0;
    pthread_mutex_unlock(&b->lock);
}

struct producer {
    struct mailbox *to;
    int number;
    uint64_t refused;
};

static void *produce(void *arg)
{
    struct producer *p = arg;
    for (int i = 0; i < PER_PRODUCER; i++) {
        struct item item = {p->number, i};
        while (mailbox_post(p->to, &item) == ERR_FULL)
            p->refused++;
    }
    return NULL;
}

/* M2, M3: the owner sleeps until woken and drains until short; nothing is lost, doubled or swapped.
 */
static void test_producers(void **state)
{
    (void)state;
    struct bell bell = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    struct mailbox *m = mailbox_new(sizeof(struct item), 64, ring, &bell);
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){m, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    int next[PRODUCERS] = {0}, seen = 0;
    while (seen < PRODUCERS * PER_PRODUCER) {
        struct item items[10];
        size_t n;
        wait_for_ring(&bell);
        while ((n = mailbox_drain(m, items, 10)) > 0) {
            for (size_t i = 0; i < n; i++, seen++)
                assert_int_equal(items[i].number, next[items[i].producer]++);
        }
    }
    uint64_t refused = 0;
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        refused += producers[i].refused;
    }
    assert_int_equal(mailbox_dropped(m), refused);
    assert_int_equal(mailbox_depth(m), 0);
    mailbox_free(m);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

/* M1, M3: only the post into an empty box wakes; a full box refuses, counts, keeps what it had. */
static void test_full(void **state)
{
    (void)state;
    int woken = 0, out[4] = {0};
    struct mailbox *m = mailbox_new(sizeof(int), 3, count, &woken);
    assert_int_equal(mailbox_drain(m, out, 4), 0);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(mailbox_post(m, &i), ERR_OK);
    assert_int_equal(woken, 1);
    assert_int_equal(mailbox_post(m, &(int){4}), ERR_FULL);
    assert_int_equal(mailbox_dropped(m), 1);
    assert_int_equal(mailbox_depth(m), 3);
    assert_int_equal(mailbox_drain(m, out, 2), 2);
    assert_int_equal(out[0], 1);
    assert_int_equal(out[1], 2);
    assert_int_equal(mailbox_post(m, &(int){5}), ERR_OK);
    assert_int_equal(woken, 1);
    assert_int_equal(mailbox_drain(m, out, 4), 2);
    assert_int_equal(out[0], 3);
    assert_int_equal(out[1], 5);
    assert_int_equal(mailbox_post(m, &(int){6}), ERR_OK);
    assert_int_equal(woken, 2);
    mailbox_free(m);
    mailbox_free(NULL);
}

/* M3: the wake-up may itself use the mailbox, so it runs outside the lock. */
static void drain_on_wake(void *arg)
{
    struct mailbox **m = arg;
    int out;
    assert_int_equal(mailbox_drain(*m, &out, 1), 1);
}

static void test_wake_is_outside_the_lock(void **state)
{
    (void)state;
    struct mailbox *m = NULL;
    m = mailbox_new(sizeof(int), 1, drain_on_wake, &m);
    assert_int_equal(mailbox_post(m, &(int){1}), ERR_OK);
    assert_int_equal(mailbox_depth(m), 0);
    mailbox_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_producers),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_wake_is_outside_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
