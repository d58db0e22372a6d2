/* A place "a" with one edge "e1" (both lanes) and two vehicles inside since an hour: one whose plate has
 * an account, one without. The edge is kept beside the world. */
#ifndef BOOMGATE_TESTS_UNIT_CLOUD_SCENE_H
#define BOOMGATE_TESTS_UNIT_CLOUD_SCENE_H

#include "tests/unit/cloud/world.h"

#define KRW_HOUR 6000 /* 100 per minute */

struct scene {
    struct world w;
    struct test_edge e;
    struct movement_id stay;  /* of the vehicle with an account */
    struct movement_id other; /* of the one without */
};

/* cmocka's set-up and tear-down. */
int scene_defer(void **state);
int scene_hold(void **state);
int scene_two_providers(void **state); /* "stripe" then "toss"; the account is at both; defer */
int scene_teardown(void **state);

/* As scene_teardown; what the feed said last of every stay and debt is what the ledger holds. */
int scene_told_and_teardown(void **state);

int64_t scene_open_debts(const struct world *w);

static const char plate[] = "22아2222", no_account[] = "33나3333";

#endif
