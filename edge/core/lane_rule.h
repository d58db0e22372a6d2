/* What several handlers of the lane machine have in common: the ends of a movement, where a lane
 * comes to rest, when it closes. Private to the machine. Each adds its facts and acts to *out. */
#ifndef BOOMGATE_EDGE_CORE_LANE_RULE_H
#define BOOMGATE_EDGE_CORE_LANE_RULE_H

#include "edge/core/lane.h"

#define LANE_NEVER ((struct mono_ms){INT64_MAX})

void rule_fact(const struct lane *l, struct lane_out *out, enum lane_fact_kind kind);
void rule_fact_of(const struct lane *l, struct lane_out *out, struct lane_fact fact);
void rule_alarm_set(struct lane *l, struct lane_out *out, enum alarm alarm, bool active);
void rule_enter(struct lane *l, enum lane_state s, struct mono_ms timer);

/* L1, L6: one of OPEN, CLOSE and STOP, the latest; nothing where nothing may move. */
void rule_move(const struct lane *l, struct lane_out *out, unsigned act);

/* L8: raises an arm that is not up, for a reason of `cause`. */
void rule_raise(struct lane *l, struct lane_out *out, enum cause cause);

/* The near side of a reversible lane is the one where somebody came first. */
void rule_side(struct lane *l);

/* Who comes to B now comes from the wrong side: A was not covered before. */
bool rule_from_far(const struct lane *l, struct mono_ms now);

/* Ends of a Movement. */
void rule_end(struct lane *l, struct lane_out *out, enum outcome outcome);
void rule_voided(const struct lane *l, struct lane_out *out, enum reason reason);
void rule_backed_out(struct lane *l, struct lane_out *out);
void rule_uncertain(struct lane *l, struct lane_out *out);
void rule_drove_through(struct lane *l, struct lane_out *out);
void rule_crossed(struct lane *l, struct lane_out *out, enum outcome outcome);

/* Where the lane goes. */
void rule_secured(struct lane *l, struct lane_out *out);
void rule_present(struct lane *l, struct lane_out *out);
void rule_crossing(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_rest(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_after_passage(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_close_due(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_obstruct(struct lane *l, struct mono_ms now, struct lane_out *out);
/* The vehicle on A may pass, `manual`ly for `cause`; CAUSE_NONE: the agent knows. */
void rule_authorise(struct lane *l, bool manual, enum cause cause, struct mono_ms now,
                    struct lane_out *out);
void rule_passing(struct lane *l, struct lane_out *out);
void rule_opened(struct lane *l, struct mono_ms now, struct lane_out *out);
void rule_evaluate(struct lane *l, struct mono_ms now, struct lane_out *out);

#endif
