/* The life of a command as the cloud knows it, as a dense table over the stages of the wire.
 *
 * K1 Only the edge says what became of a command. What the cloud says by itself, because nothing was
 *    heard in time, is presumed, and any later word of the edge replaces it.
 * K2 A word of the edge never leads back: an end it told of stays the end. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_COMMAND_H
#define BOOMGATE_CLOUD_CORE_COMMAND_H

#include "cloud/core/records.h"

enum command_event {
    COMMAND_EV_ACCEPTED, /* these six came from the edge */
    COMMAND_EV_EXECUTING,
    COMMAND_EV_DONE,
    COMMAND_EV_REJECTED,
    COMMAND_EV_FAILED,
    COMMAND_EV_EXPIRED,
    COMMAND_EV_OVERDUE, /* nothing was heard in time */
    COMMAND_EVENTS
};

/* Moves *r. ERR_CONFLICT: the event tells nothing new here; *r is untouched. */
enum err command_step(struct command_row *r, enum command_event e, enum reason why,
                      struct wall_ms at);

/* The event that a stage on the wire is; `s` is one of the six. */
enum command_event command_event_of(enum stage s);

bool command_is_final(enum stage s);

/* Is this the same order once more? What names it (id, lane, who) is the caller's business. */
bool command_same(const struct command *a, const struct command *b);

#endif
