#include "cloud/http/notes.h"

#include <string.h>

void notes_place(struct notes *n, const struct name *place)
{
    for (size_t i = 0; i < n->place_count; i++)
        if (name_equal(&n->places[i], place))
            return;
    if (n->place_count == NOTES_PLACES)
        n->all = true;
    else
        n->places[n->place_count++] = *place;
}

void notes_movement(struct notes *n, const struct movement_id *id)
{
    for (size_t i = 0; i < n->movement_count; i++)
        if (strcmp(n->movements[i].text, id->text) == 0)
            return;
    if (n->movement_count == NOTES_MOVEMENTS) {
        memmove(n->movements, n->movements + 1, (NOTES_MOVEMENTS - 1) * sizeof n->movements[0]);
        n->movement_count--;
    }
    n->movements[n->movement_count++] = *id;
}

void notes_command(struct notes *n, const struct request_id *id)
{
    for (size_t i = 0; i < n->command_count; i++)
        if (strcmp(n->commands[i].text, id->text) == 0)
            return;
    if (n->command_count == NOTES_COMMANDS) {
        memmove(n->commands, n->commands + 1, (NOTES_COMMANDS - 1) * sizeof n->commands[0]);
        n->command_count--;
    }
    n->commands[n->command_count++] = *id;
}

bool notes_any(const struct notes *n)
{
    return n->all || n->place_count > 0 || n->movement_count > 0 || n->command_count > 0;
}

void notes_clear(struct notes *n)
{
    n->all = false;
    n->place_count = n->movement_count = n->command_count = 0;
}
