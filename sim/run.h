/* The simulator as a process: gates, vehicles, provider and control port on one loop, in domain time. */
#ifndef BOOMGATE_SIM_RUN_H
#define BOOMGATE_SIM_RUN_H

#include "protocol/support/clock_source.h"
#include "sim/config.h"
#include "sim/traffic/trace.h"

/* Reads the trace of every place that follows one. On failure prints FILE:LINE: cause to `errors`. */
enum err run_read_traces(const struct sim_config *c, struct trace ret[SIM_PLACES_MAX],
                         FILE *errors);

/* Runs until SIGTERM or SIGINT. `ready_file` is written when every port listens, `summary_file` at the
 * end; both atomically, both may be NULL. Returns the exit status. */
int run_simulation(const struct sim_config *c, const struct trace traces[SIM_PLACES_MAX],
                   const struct clock_source *clock, const char *ready_file,
                   const char *summary_file);

#endif
