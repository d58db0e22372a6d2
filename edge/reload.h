/* Which configuration an agent runs with: the one on the disk, or the last one that ran well.
 *
 * R1 A configuration that is refused changes nothing: it is told with file, line, key and reason in the
 *    log and as the alarm `configuration`, until a good one is seen.
 * R2 A good one is taken up between vehicles: the agent stops cleanly and starts again in the same
 *    process, with its journal, spaces and modes. The arms do not move.
 * R3 What starts well is kept with all it names; a start with a bad one takes that. */
#ifndef BOOMGATE_EDGE_RELOAD_H
#define BOOMGATE_EDGE_RELOAD_H

#include "edge/config.h"

struct reload {
    const char *file;           /* of the command line */
    const char *store;          /* where the last good one is kept; "": nowhere */
    struct edge_config *config; /* in force */
    struct config_files *files; /* in force */
    struct config_files *good;  /* that last ran well; may be those in force; NULL: not known yet */
    bool due;                   /* a good one waits on the disk */
    char fault[CONFIG_FAULT_SIZE]; /* of the one on the disk; "": none */
};

/* `config` is memory for the one in force. */
void reload_init(struct reload *r, const char *file, const char *store, struct edge_config *config);

/* Takes the configuration on the disk, or if that is bad the last one that ran well (R3). ERR_NOTFOUND,
 * ERR_INVAL: neither; r->fault says what is wrong with the one on the disk. */
enum err reload_take(struct reload *r);

/* The configuration in force does not start: takes the last one that ran well. False: there is no other. */
bool reload_fall_back(struct reload *r, enum err why);

/* The one in force has started well. */
void reload_keep(struct reload *r);

/* Looks at the one on the disk while the agent runs (R1, R2). */
void reload_look(struct reload *r);

/* A good one waits. */
bool reload_due(const struct reload *r);

/* The agent is to stop instead. */
void reload_drop(struct reload *r);

void reload_end(struct reload *r);

#endif
