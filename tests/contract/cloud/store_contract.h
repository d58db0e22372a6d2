/* What every implementation of store_port keeps (cloud/ports.h). An implementation's test brings a way
 * to open, close and reopen it and runs store_contract(). */
#ifndef BOOMGATE_TESTS_CONTRACT_CLOUD_STORE_CONTRACT_H
#define BOOMGATE_TESTS_CONTRACT_CLOUD_STORE_CONTRACT_H

#include "cloud/ports.h"

struct store_fixture {
    struct store_port (*open)(struct store_fixture *f);   /* new and empty */
    struct store_port (*reopen)(struct store_fixture *f); /* what was committed is there */
    void (*close)(struct store_fixture *f);
};

/* Runs all cases; returns the number that failed. */
int store_contract(struct store_fixture *f);

#endif
