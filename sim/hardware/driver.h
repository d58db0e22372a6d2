/* What the driver of one vehicle means to do (physics.h P2, P3). Private to the physics. */
#ifndef BOOMGATE_SIM_HARDWARE_DRIVER_H
#define BOOMGATE_SIM_HARDWARE_DRIVER_H

#include "sim/hardware/physics.h"

enum { DRIVER_FAR_MM = 1000000 };

/* Lets dt_ms pass over his mind: the phase may change. `first`: nobody before him is still to go. */
void driver_step(const struct lane *l, struct vehicle *v, const struct arm_view *arm, bool first,
                 int32_t dt_ms, struct reports *ret);

/* Where he means to stop next. */
int32_t driver_stop_mm(const struct vehicle *v);

int32_t vehicle_head_mm(const struct vehicle *v);
int32_t vehicle_tail_mm(const struct vehicle *v);
bool vehicle_over(const struct vehicle *v, int32_t from_mm, int32_t to_mm);
bool vehicle_at_column(const struct vehicle *v);
bool vehicle_comes_back(const struct vehicle *v); /* from the far end */

void reports_add(struct reports *r, enum report_kind kind, uint32_t vehicle);

#endif
