/* The truth of a run as JSON: what tests compare the product's books with. */
#ifndef BOOMGATE_SIM_CONTROL_TRUTH_H
#define BOOMGATE_SIM_CONTROL_TRUTH_H

#include "sim/payment/provider.h"
#include "sim/traffic/world.h"

/* {"time", "places", "lanes", "provider", "violations", "violation_count"}; the caller's reference. */
json_t *truth_json(const struct world *w, const struct provider *p);

/* {"vehicle", "state", "plate", "place", "lane", "inside"}; NULL: no such vehicle. */
json_t *truth_vehicle(const struct world *w, uint32_t car);

/* RFC 3339. */
json_t *truth_time(struct wall_ms t);

/* Text from outside may be no UTF-8; shown as it is or, failing that, as a mark. */
json_t *truth_text(const char *text);

#endif
