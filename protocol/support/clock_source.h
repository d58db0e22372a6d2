/* The one place that reads clocks. Simulation scales all domain time alike: with --clock-rate N and
 * --clock-epoch T@R, domain wall time = T + N * (real wall time - R), and domain monotonic time is
 * N * CLOCK_BOOTTIME. Several processes given the same N, T and R agree, also across restarts.
 * Without --clock-rate domain time is real time. Network timeouts stay real: express them in domain
 * time with clock_network_ms. */
#ifndef BOOMGATE_SUPPORT_CLOCK_SOURCE_H
#define BOOMGATE_SUPPORT_CLOCK_SOURCE_H

#include "protocol/base/clock.h"

struct clock_source {
    int64_t rate;              /* 1..1000 */
    struct wall_ms epoch;      /* domain time ... */
    struct wall_ms epoch_real; /* ... at this real time */
};

struct clock_source clock_real(void);

/* `epoch` is "T" (domain time at this call) or "T@R", both RFC 3339; NULL: real time now. */
enum err clock_parse(const char *rate, const char *epoch, struct clock_source *ret);

/* True if the clock is scaled or shifted: a simulation's, right by definition. */
bool clock_simulated(const struct clock_source *c);

/* Does something keep the system's wall clock right (adjtimex)? True for a simulated clock. */
bool clock_disciplined(const struct clock_source *c);

struct now clock_now(const struct clock_source *c);

/* Domain milliseconds that pass during `real_ms` of real time, and the reverse, rounded up, at
 * least 1 (for poll timeouts). */
int64_t clock_network_ms(const struct clock_source *c, int64_t real_ms);
int64_t clock_sleep_ms(const struct clock_source *c, int64_t domain_ms);

#endif
