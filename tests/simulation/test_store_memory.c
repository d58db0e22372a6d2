/* The store in memory keeps the store's contract. */
#include "tests/contract/cloud/store_contract.h"

#include "tests/simulation/store_memory.h"

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

int main(void)
{
    struct memory_fixture fixture = {.base = {do_open, do_reopen, do_close}};
    return store_contract(&fixture.base);
}
