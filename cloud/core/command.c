#include "cloud/core/command.h"

#include <string.h>

enum { STAGES = STAGE_EXPIRED + 1 };

#define __ STAGE_NONE /* nothing new */

/* clang-format off */
static const enum stage table[STAGES][COMMAND_EVENTS] = {
    /*                    accepted        executing        done        rejected        failed        expired        overdue */
    [STAGE_NONE]      = {STAGE_ACCEPTED, STAGE_EXECUTING, STAGE_DONE, STAGE_REJECTED, STAGE_FAILED, STAGE_EXPIRED, STAGE_EXPIRED},
    [STAGE_ACCEPTED]  = {__,             STAGE_EXECUTING, STAGE_DONE, __,             STAGE_FAILED, __,            STAGE_FAILED},
    [STAGE_EXECUTING] = {__,             __,              STAGE_DONE, __,             STAGE_FAILED, __,            STAGE_FAILED},
    [STAGE_DONE]      = {__,             __,              __,         __,             __,           __,            __},
    [STAGE_REJECTED]  = {__,             __,              __,         __,             __,           __,            __},
    [STAGE_FAILED]    = {__,             __,              __,         __,             __,           __,            __},
    [STAGE_EXPIRED]   = {__,             __,              __,         __,             __,           __,            __},
};
/* clang-format on */

bool command_is_final(enum stage s)
{
    return s == STAGE_DONE || s == STAGE_REJECTED || s == STAGE_FAILED || s == STAGE_EXPIRED;
}

enum command_event command_event_of(enum stage s)
{
    static const enum command_event of[STAGES] = {
        [STAGE_ACCEPTED] = COMMAND_EV_ACCEPTED, [STAGE_EXECUTING] = COMMAND_EV_EXECUTING,
        [STAGE_DONE] = COMMAND_EV_DONE,         [STAGE_REJECTED] = COMMAND_EV_REJECTED,
        [STAGE_FAILED] = COMMAND_EV_FAILED,     [STAGE_EXPIRED] = COMMAND_EV_EXPIRED,
    };
    return of[s];
}

enum err command_step(struct command_row *r, enum command_event e, enum reason why,
                      struct wall_ms at)
{
    bool overdue = e == COMMAND_EV_OVERDUE;
    enum stage from = r->presumed && !overdue ? STAGE_NONE : r->stage; /* K1 */
    enum stage to = table[from][e];
    if (to == STAGE_NONE)
        return ERR_CONFLICT;
    r->stage = to;
    r->why = why;
    r->presumed = overdue;
    r->ended = command_is_final(to) ? at : (struct wall_ms){0};
    if (to == STAGE_ACCEPTED)
        r->accepted = at;
    if (to == STAGE_EXECUTING)
        r->executing = at;
    return ERR_OK;
}

bool command_same(const struct command *a, const struct command *b)
{
    return a->action == b->action && a->expect == b->expect && strcmp(a->reason, b->reason) == 0;
}
