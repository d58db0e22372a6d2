#include "cloud/service/occupancy.h"

#include "cloud/service/effect.h"
#include "cloud/service/notice.h"
void occupancy_publish(struct service *s, struct place *p, bool always)
{
    struct occupancy o = {.capacity = p->ledger.capacity, .time = s->now.wall};
    ledger_published(&p->ledger, &o.occupied, &o.free);
    o.full = o.free == 0;
    bool same = p->shown && o.capacity == p->occupancy.capacity &&
                o.occupied == p->occupancy.occupied && o.free == p->occupancy.free;
    if (same && !always)
        return;
    p->occupancy = o;
    p->shown = true;
    effect_add(s, EFFECT_OCCUPANCY, &p->row.settings.place, NULL)->occupancy = o;
    notice_place(s, p);
}
