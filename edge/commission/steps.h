/* The steps of commissioning one lane, in their order. */
#ifndef BOOMGATE_EDGE_COMMISSION_STEPS_H
#define BOOMGATE_EDGE_COMMISSION_STEPS_H

#include "edge/commission/bench.h"
#include "edge/commission/commission.h"

#include <jansson.h>

enum result { RESULT_PASSED, RESULT_FAILED, RESULT_SKIPPED };

/* One step; adds what it measured to `report`. */
struct step {
    const char *name;
    enum result (*run)(struct bench *b, const struct commission_lane *lane, json_t *report);
};

extern const struct step steps[];
extern const size_t step_count;

/* The lane as it should be left: lights off, display empty. */
void steps_end(struct bench *b);

#endif
