/* What the service said has changed, until somebody reads up on it. Pure.
 *
 * Each place is noted once, however often it changed; too many places become "all". Of too many movements
 * the oldest are forgotten: a list of the latest loses them first anyway. */
#ifndef BOOMGATE_CLOUD_HTTP_NOTES_H
#define BOOMGATE_CLOUD_HTTP_NOTES_H

#include "protocol/base/id.h"

#include <stdbool.h>
#include <stddef.h>

enum { NOTES_PLACES = 256, NOTES_MOVEMENTS = 256, NOTES_COMMANDS = 64 };

struct notes {
    bool all;
    size_t place_count, movement_count, command_count;
    struct name places[NOTES_PLACES];
    struct movement_id movements[NOTES_MOVEMENTS];
    struct request_id commands[NOTES_COMMANDS];
};

void notes_place(struct notes *n, const struct name *place);
void notes_movement(struct notes *n, const struct movement_id *id);
void notes_command(struct notes *n, const struct request_id *id);
bool notes_any(const struct notes *n);
void notes_clear(struct notes *n);

#endif
