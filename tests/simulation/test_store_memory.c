/* The store in memory keeps the store's contract, and its backups come back. */
#include "tests/contract/cloud/store_contract.h"

#include "tests/simulation/store_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct memory_fixture {
    struct store_fixture base;
    struct store_memory *store;
};

static struct store_port do_open(struct store_fixture *base)
{
    struct memory_fixture *f = (struct memory_fixture *)base;
    f->store = store_memory_new(NULL);
    return store_memory_port(f->store);
}

static struct store_port do_reopen(struct store_fixture *base)
{
    struct memory_fixture *f = (struct memory_fixture *)base;
    store_memory_die(f->store);
    return store_memory_port(f->store);
}

static void do_close(struct store_fixture *base)
{
    struct memory_fixture *f = (struct memory_fixture *)base;
    store_memory_free(f->store);
}

static void put(struct store_memory *m, int64_t id, int64_t last)
{
    struct store_port p = store_memory_port(m);
    struct stream_row r = {.id = id, .last = last};
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.save_stream(p.self, &r), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

static void add_last(void *arg, const struct stream_row *r)
{
    int64_t *sum = arg;
    *sum = *sum * 100 + r->last;
}

static int64_t seen(const struct store_memory *m)
{
    int64_t sum = 0;
    store_memory_streams(m, add_last, &sum);
    return sum;
}

/* Across transactions, also those that were rolled back; a second backup takes the place of the first. */
static void a_backup_comes_back(void **state)
{
    (void)state;
    struct store_memory *m = store_memory_new(NULL);
    struct store_port p = store_memory_port(m);
    put(m, 1, 10);
    store_memory_backup(m);
    put(m, 1, 11);
    store_memory_backup(m);
    for (int64_t i = 12; i < 90; i++) {
        put(m, 1, i);
        put(m, i, i);
        struct stream_row lost = {.id = 1, .last = 99};
        assert_int_equal(p.begin(p.self), ERR_OK);
        assert_int_equal(p.save_stream(p.self, &lost), ERR_OK);
        p.rollback(p.self);
    }
    uint64_t version = store_memory_version(m);
    store_memory_restore(m);
    assert_int_equal(seen(m), 11);
    assert_true(store_memory_version(m) > version);
    put(m, 2, 12);
    assert_int_equal(seen(m), 1112);
    store_memory_free(m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(a_backup_comes_back)};
    struct memory_fixture fixture = {.base = {do_open, do_reopen, do_close}};
    return store_contract(&fixture.base) + cmocka_run_group_tests(tests, NULL, NULL);
}
