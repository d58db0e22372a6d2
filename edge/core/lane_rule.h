/* What several handlers of the lane machine have in common: the ends of a movement, where a lane
 * comes to rest, when it closes. Private to the machine. Each adds its facts and acts to *out. */
#ifndef BOOMGATE_EDGE_CORE_LANE_RULE_H
#define BOOMGATE_EDGE_CORE_LANE_RULE_H

#include "edge/core/lane.h"

#define LANE_NEVER ((struct mono_ms){INT64_MAX})

void rule_fact(struct lane_out *out, enum lane_fact_kind kind);
void rule_move(struct lane_out *out, unsigned act);
void rule_alarm_set(struct lane *l, struct lane_out *out, enum alarm alarm, bool active);
void rule_enter(struct lane *l, enum lane_state s, struct mono_ms timer);

/* Ends of a Movement. */
void rule_end(struct lane *l, struct lane_out *out, enum outcome outcome);
void rule_voided(struct lane_out *out, enum reason reason);
void rule_backed_out(struct lane *l, struct lane_out *out);
void rule_uncertain(struct lane *l, struct lane_out *out);
void rule_drove_through(struct lane *l, struct lane_out *out);

/* Where the lane goes. */
void rule_secured(struct lane *l, struct lane_out *out);
void rule_present(struct lane *l, struct lane_out *out);
void rule_crossing(struct lane *l, struct lane_out *out);
void rule_rest(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_after_passage(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_close_due(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_obstruct(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_passing(struct lane *l, struct lane_out *out);
void rule_opened(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_evaluate(struct lane *l, struct mono_ms now, struct lane_out *out);

#endif
