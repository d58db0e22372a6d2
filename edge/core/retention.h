/* What the journal keeps when storage runs short (wire.md, "Stream"; lane.md, "edge cannot commit").
 *
 * R1 Only observations may be left out; whatever moves spaces, money or the count never is.
 * R2 A level is left 5 points below where it is entered, so that it does not flicker. */
#ifndef BOOMGATE_EDGE_CORE_RETENTION_H
#define BOOMGATE_EDGE_CORE_RETENTION_H

#include "protocol/wire/event.h"

enum storage_level {
    STORAGE_NORMAL, /* acknowledged rows are kept for their week */
    STORAGE_TIGHT,  /* from 80 %: an alarm; acknowledged rows go at once */
    STORAGE_FRUGAL, /* from 95 %: observations are left out as well */
};

enum { RETENTION_TIGHT = 80, RETENTION_FRUGAL = 95, RETENTION_SLACK = 5 };

/* True for vehicle.presented, credential.read and passage.started: what they say is said again by
 * the passage that follows, or came to nothing. */
bool retention_observation(enum event_kind kind);

/* How much of the journal's share is not to be had any more, in per cent (rounded down), whether
 * the journal has used it or others the disk: `room` of `limit` bytes may still be written. */
int retention_percent(int64_t room_bytes, int64_t limit_bytes);

/* The level at `percent`, coming from `before` (R2). */
enum storage_level retention_level(enum storage_level before, int percent);

#endif
