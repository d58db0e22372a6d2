#include "edge/reload.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>

void reload_init(struct reload *r, const char *file, const char *store, struct edge_config *config)
{
    *r = (struct reload){.file = file, .store = store, .config = config};
}

void reload_end(struct reload *r)
{
    if (r->good != r->files)
        config_files_free(r->good);
    config_files_free(r->files);
    r->files = r->good = NULL;
}

static void take(struct reload *r, struct config_files *files)
{
    if (r->files != r->good)
        config_files_free(r->files);
    r->files = files;
    r->due = false;
}

/* From memory, or at a start from the disk. */
static bool take_good(struct reload *r)
{
    char fault[CONFIG_FAULT_SIZE];
    if (!r->good && (r->store[0] == '\0' || config_files_kept(r->store, &r->good) != ERR_OK))
        return false;
    if (config_read(r->file, r->good, r->config, fault) != ERR_OK) {
        log_error("config.kept_refused", LT("why", fault));
        return false;
    }
    take(r, r->good);
    return true;
}

static void tell_refused(const struct reload *r)
{
    log_error("config.refused", LT("why", r->fault), LT("instead", "the last good one"));
}

enum err reload_take(struct reload *r)
{
    struct config_files *files = config_files_live();
    enum err e = config_read(r->file, files, r->config, r->fault);
    if (e == ERR_OK) {
        r->fault[0] = '\0';
        take(r, files);
        return ERR_OK;
    }
    config_files_free(files);
    if (!take_good(r))
        return e;
    tell_refused(r);
    return ERR_OK;
}

bool reload_fall_back(struct reload *r, enum err why)
{
    if (r->files == r->good || !take_good(r))
        return false;
    snprintf(r->fault, sizeof r->fault, "%.255s:1: the agent does not start with it: %s", r->file,
             err_text(why));
    tell_refused(r);
    return true;
}

void reload_keep(struct reload *r)
{
    if (r->good != r->files)
        config_files_free(r->good);
    r->good = r->files;
    if (r->store[0] != '\0')
        (void)config_files_keep(r->files, r->store);
}

void reload_look(struct reload *r)
{
    struct config_files *files = config_files_live();
    struct edge_config *next = mem_alloc(sizeof *next);
    enum err e = config_read(r->file, files, next, r->fault);
    if (e == ERR_OK)
        e = config_check_change(r->file, r->config, next, r->fault);
    if (e != ERR_OK) {
        r->due = false;
        tell_refused(r);
    } else {
        r->fault[0] = '\0';
        r->due = !config_files_equal(files, r->files);
        log_notice("config.read", LT("file", r->file), LN("changed", r->due));
    }
    free(next);
    config_files_free(files);
}

bool reload_due(const struct reload *r)
{
    return r->due;
}

void reload_drop(struct reload *r)
{
    r->due = false;
}
