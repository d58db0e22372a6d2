#include "cloud/service/opening.h"

#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/hello.h"
#include "cloud/service/notice.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/zone.h"

#include <stdlib.h>

enum { SHUT_LEASE_MS = 60 * 1000 };

static bool is_shut(const struct service *s, const struct place *p)
{
    return p->row.settings.closed ||
           (p->hours && !hours_open(&p->hours->rules, &p->hours->zone, s->now.wall));
}

/* A word to everybody when it opens or closes: leases change, offers begin or end. */
static void look(struct service *s, struct place *p)
{
    bool shut = is_shut(s, p);
    if (shut == p->row.shut)
        return;
    p->row.shut = shut;
    place_touch(s, p);
    hello_ask_soon(s);
    feed_place(s, shut ? "place.closed" : "place.opened", p);
    notice_place(s, p);
    log_notice(shut ? "place.closed" : "place.opened", LT("place", p->row.settings.place.text));
}

void opening_read(struct place *p)
{
    const struct place_settings *c = &p->row.settings;
    size_t at;
    opening_forget(p);
    if (c->hours[0] == '\0')
        return;
    p->hours = mem_alloc(sizeof *p->hours);
    if (hours_parse(c->hours, &p->hours->rules, &at) == ERR_OK &&
        zone_load(c->zone, &p->hours->zone) == ERR_OK)
        return;
    /* They were checked when they were set: the zone is not installed here. Better open. */
    log_error("place.hours", LT("place", c->place.text), LT("hours", c->hours),
              LT("zone", c->zone));
    opening_forget(p);
}

void opening_settle(struct service *s, struct place *p)
{
    opening_read(p);
    look(s, p);
}

int64_t opening_lease_ms(const struct service *s, const struct place *p)
{
    int64_t full_ms = s->options.lease_ms;
    if (p->row.shut)
        return SHUT_LEASE_MS < full_ms ? SHUT_LEASE_MS : full_ms;
    int64_t left_ms =
        p->hours ? hours_hold_ms(&p->hours->rules, &p->hours->zone, s->now.wall) : full_ms;
    if (left_ms >= full_ms)
        return full_ms;
    return left_ms > SHUT_LEASE_MS ? left_ms : SHUT_LEASE_MS;
}

void opening_timers(struct service *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        look(s, s->places[i]);
}

void opening_forget(struct place *p)
{
    free(p->hours);
    p->hours = NULL;
}
