/* A person who gives money back, waives, writes off and collects, at random. What the provider is asked
 * for then is checked where it is asked: I4. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"

#include <string.h>

/* Each stay takes the place of the one chosen before with equal chance. */
struct choice {
    struct sim *sim;
    int64_t seen;
    struct session_row stay;
};

static void choose(void *arg, const struct session_row *r)
{
    struct choice *c = arg;
    if (r->price_minor > 0 && between(c->sim, 0, c->seen++) == 0)
        c->stay = *r;
}

void money_any(struct sim *s)
{
    struct choice c = {.sim = s};
    store_memory_sessions(s->cloud.store, choose, &c);
    if (c.seen == 0)
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_MONEY;
    struct money_order *o = &w->admin.money;
    int64_t kind = between(s, 0, 5);
    o->action = kind == 0   ? MONEY_WAIVE
                : kind == 1 ? MONEY_WRITE_OFF
                : kind == 2 ? MONEY_COLLECT
                            : MONEY_REFUND;
    o->session = c.stay.id;
    o->minor = hits(s, 500000) ? 0 : between(s, 1, c.stay.price_minor);
    struct buf actor = buf_of(o->actor.text, sizeof o->actor.text);
    struct buf reason = buf_of(o->reason, sizeof o->reason);
    buf_adds(&actor, "kim");
    buf_adds(&reason, "lamp broken");
    TRACE(s, "a person: %s %s %lld", money_action_word(o->action), o->session.text,
          (long long)o->minor);
    cloud_post(&s->cloud, w);
}
