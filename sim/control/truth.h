/* The truth of a run as JSON: what tests compare the product's books with. */
#ifndef BOOMGATE_SIM_CONTROL_TRUTH_H
#define BOOMGATE_SIM_CONTROL_TRUTH_H

#include "sim/payment/provider.h"
#include "sim/traffic/world.h"

/* {"time", "places", "lanes", "provider", "violations", "violation_count"}; the caller's reference. */
json_t *truth_json(const struct world *w, const struct provider *p);

/* {"vehicle", "state", "plate", "place", "lane", "inside"}; NULL: no such vehicle. */
json_t *truth_vehicle(const struct world *w, uint32_t car);

#endif
