/* A real server on a real service (tests/unit/cloud/world.h): what is posted is done at once, on the
 * server's thread. A test that drives the world itself holds the lock. */
#ifndef BOOMGATE_TESTS_CONTRACT_HTTP_LIVE_H
#define BOOMGATE_TESTS_CONTRACT_HTTP_LIVE_H

#include "tests/contract/cloud/http/fixture.h"
#include "tests/unit/cloud/world.h"

struct live {
    struct fixture f; /* for the client; only its http is used */
    struct world w;
    pthread_mutex_t lock;
    struct http_reconciling ordered; /* the last day that was to be reconciled */
};

/* A place "a" of ten; the tokens of fixture.h. */
int live_setup(void **state);
/* The server's clock is so far ahead of what the world's now is: what begins there has a price. */
int live_setup_ahead(void **state, int64_t ahead_ms);
int live_teardown(void **state);

#endif
