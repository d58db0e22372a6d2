#include "cloud/service/correction.h"

#include "cloud/service/act.h"
#include "cloud/service/flush.h"
#include "cloud/service/notice.h"
#include "protocol/wire/json_out.h"

enum { COUNT_MAX = 1000000 };

static void counts(struct buf *b, const struct place_ledger *l)
{
    json_out_key(b, "occupied");
    json_out_int(b, l->occupied);
    json_out_key(b, "pool");
    json_out_int(b, l->pool);
}

/* An audit that is pending says what is inside, whatever is corrected before it. */
static enum err check(const struct place *p, int64_t delta, struct admin_result *r)
{
    if (!p)
        return act_refuse(r, ERR_NOTFOUND, "no such place");
    if (delta == 0 || delta < -COUNT_MAX || delta > COUNT_MAX)
        return act_refuse(r, ERR_INVAL, "delta: -1000000 to 1000000, and not 0");
    if (p->audit)
        return act_refuse(r, ERR_CONFLICT,
                          "an audit of this place is pending: it says what is inside");
    int64_t after = p->ledger.occupied + delta;
    if (delta < 0 && after < 0)
        return act_refuse(r, ERR_CONFLICT, "fewer than none would be inside");
    if (after > COUNT_MAX)
        return act_refuse(r, ERR_INVAL, "more than 1000000 would be inside");
    return ERR_OK;
}

static enum err correct(struct service *s, struct act_row *a, struct admin_result *r)
{
    struct place *p = state_place(s, &a->place);
    struct act_values v;
    TRY(check(p, a->delta, r));
    struct place_ledger after = p->ledger;
    ledger_correct(&after, a->delta);
    act_values_begin(&v);
    counts(&v.before, &p->ledger);
    counts(&v.after, &after);
    TRY(act_record(s, a, &v, r));
    p->ledger = after;
    p->told_below = p->told_below && after.occupied < 0;
    r->occupied = after.occupied;
    r->place = p->row.settings;
    place_touch(s, p);
    notice_place(s, p);
    return ERR_OK;
}

enum err correction_make(struct service *s, const struct act_order *o, struct admin_result *r)
{
    struct act_row a = act_of(o, ACT_CORRECTION);
    a.delta = o->delta;
    return correct(s, &a, r);
}

enum err correction_undo(struct service *s, const struct act_order *o, const struct act_row *done,
                         struct admin_result *r)
{
    struct act_row a = act_of(o, ACT_CORRECTION);
    struct wall_ms audited;
    if (FOUND(s, last_audit, &o->place, &audited) && done->at.v <= audited.v)
        return act_refuse(r, ERR_CONFLICT, "what is inside was counted by an audit since");
    a.delta = -done->delta;
    a.undoes = done->id;
    return correct(s, &a, r);
}
