/* Lanes and links: profiles read and joined, budgets computed. */
#include "edge/config_internal.h"
#include "edge/field/profile_file.h"

#include <stdio.h>
#include <string.h>

enum { STALE_SCANS = 3 };

size_t config_link_of(const struct edge_config *c, const struct config_lane *lane)
{
    size_t i = 0;
    while (i < c->link_count && !name_equal(&c->links[i].link.name, &lane->link))
        i++;
    return i;
}

int64_t config_scan_ms(const struct config_link *l)
{
    int64_t cycle_ms = (l->budget.cycle_us + 999) / 1000;
    return l->link.host[0] == '\0' && cycle_ms > l->link.scan_ms ? cycle_ms : l->link.scan_ms;
}

static enum err profile_of(struct config_files *files, const char *name, struct profile *ret,
                           struct table_error *e)
{
    const char *text;
    size_t len;
    if (!profile_is_path(name))
        return profile_load(name, ret, e);
    TRY(config_document(files, name, &text, &len, e));
    return profile_parse(text, len, ret, e);
}

/* What is wrong inside a profile is told with the profile's own place. */
static enum err load(struct config_files *files, const struct config_lane *l, size_t i,
                     const char *key, const char *name, struct profile *ret, struct table_error *e)
{
    struct table_error inner;
    if (profile_of(files, name, ret, &inner) == ERR_OK)
        return ERR_OK;
    return config_refuse_inner(e, l->line, "lanes", i, key, name, &inner);
}

static enum err read_profile(struct edge_config *c, struct config_files *files, size_t i,
                             struct table_error *e)
{
    const struct config_lane *l = &c->lanes[i];
    struct profile *p = &c->profiles[i], io;
    struct plan plan;
    char what[sizeof e->text];
    TRY(load(files, l, i, "profile", l->profile, p, e));
    if (l->io.unit != 0) {
        TRY(load(files, l, i, "io.profile", l->io.profile, &io, e));
        profile_join(p, &io);
    }
    const char *gap = profile_gap(p, (int)l->loops);
    if (gap) {
        snprintf(what, sizeof what, "%.60s%s%.60s has no %s, expected it for a lane of %d loops%s",
                 l->profile, l->io.unit ? " with " : "", l->io.unit ? l->io.profile : "", gap,
                 (int)l->loops, l->io.unit ? "" : "; is it behind an `io` module?");
        return config_refuse(e, l->line, "lanes", i, "profile", what, NULL);
    }
    if (plan_make(p, &plan) != ERR_OK)
        return config_refuse(e, l->line, "lanes", i, "io.profile",
                             "with the lane's own it takes too many reads", l->io.profile);
    if (l->fallback != FIELD_FALLBACK_AUTONOMY && p->watchdog.fallback < 0)
        return config_refuse(e, l->line, "lanes", i, "fallback",
                             "the device's profile has no such register", l->profile);
    return ERR_OK;
}

static enum err compute(struct edge_config *c, size_t i, struct table_error *e)
{
    struct config_link *l = &c->links[i];
    struct plan plans[FIELD_LANES_MAX];
    struct budget_lane lanes[FIELD_LANES_MAX];
    size_t count = 0;
    char what[sizeof e->text];
    for (size_t k = 0; k < c->lane_count; k++) {
        if (config_link_of(c, &c->lanes[k]) != i)
            continue;
        (void)plan_make(&c->profiles[k], &plans[count]); /* read_profile saw that it can be */
        lanes[count] = (struct budget_lane){&c->profiles[k], &plans[count]};
        count++;
    }
    const struct budget_link line = field_budget_link(&l->link);
    l->budget = budget_of(&line, lanes, count);
    int64_t worst_ms = (l->budget.worst_us + 999) / 1000;
    if (worst_ms > l->max_command_ms) {
        snprintf(
            what, sizeof what,
            "a command may take %lld ms, expected at most %lld: fewer lanes, a faster line or a "
            "shorter response_timeout_ms",
            (long long)worst_ms, (long long)l->max_command_ms);
        return config_refuse(e, l->line, "links", i, "max_command_ms", what, NULL);
    }
    if (STALE_SCANS * config_scan_ms(l) > l->link.stale_ms) {
        snprintf(what, sizeof what, "found less than three scans of %lld ms",
                 (long long)config_scan_ms(l));
        return config_refuse(e, l->line, "links", i, "stale_ms", what, NULL);
    }
    return ERR_OK;
}

enum err config_check_field(struct edge_config *c, struct config_files *files,
                            struct table_error *e)
{
    for (size_t i = 0; i < c->lane_count; i++)
        TRY(read_profile(c, files, i, e));
    for (size_t i = 0; i < c->link_count; i++)
        TRY(compute(c, i, e));
    return ERR_OK;
}

static double ms(int64_t us)
{
    return (double)us / 1000;
}

void config_print_outcome(const struct edge_config *c)
{
    for (size_t i = 0; i < c->link_count; i++) {
        const struct config_link *l = &c->links[i];
        printf("link %s: a scan every %lld ms; a command within %.1f ms, within %.1f ms when a "
               "device just does not answer (at most %lld)\n",
               l->link.name.text, (long long)config_scan_ms(l), ms(l->budget.command_us),
               ms(l->budget.worst_us), (long long)l->max_command_ms);
    }
    for (size_t i = 0; i < c->lane_count; i++)
        if (!profile_closes(&c->profiles[i]))
            printf(
                "lane %s: device-closes: %s has not both limits, loop B, a photocell or an edge, "
                "and a command to close; the barrier closes by itself and the edge never does\n",
                c->lanes[i].name.text, c->profiles[i].name.text);
}

void config_field(const struct edge_config *c, struct field_link *ret_links,
                  struct field_lane *ret_lanes)
{
    for (size_t i = 0; i < c->link_count; i++) {
        ret_links[i] = c->links[i].link;
        ret_links[i].scan_ms = config_scan_ms(&c->links[i]);
    }
    for (size_t i = 0; i < c->lane_count; i++)
        ret_lanes[i] = (struct field_lane){.name = c->lanes[i].name,
                                           .link = config_link_of(c, &c->lanes[i]),
                                           .unit = (uint8_t)c->lanes[i].unit,
                                           .io_unit = (uint8_t)c->lanes[i].io.unit,
                                           .profile = &c->profiles[i],
                                           .watchdog_ms = c->lanes[i].watchdog_ms,
                                           .fallback = (enum field_fallback)c->lanes[i].fallback};
}
