#include "cloud/service/session_order.h"

#include "cloud/core/books.h"
#include "cloud/core/match.h"
#include "cloud/core/session.h"
#include "cloud/service/act.h"
#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/notice.h"
#include "cloud/service/rights.h"
#include "cloud/service/stay.h"
#include "cloud/service/till.h"
#include "protocol/wire/json_out.h"

#include <string.h>

static const struct request_id nobody = {""};

/* ---- what it says ---- */

static void text(struct buf *b, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    json_out_key(b, key);
    if (json_out_text(b, value) != ERR_OK)
        b->overflow = true;
}

/* No plate: acts are kept for ever. */
static void describe(struct buf *b, const struct session_row *r)
{
    char end[TIMESTAMP_SIZE] = "";
    text(b, "state", session_state_word(r->state));
    if (r->end.v != 0 && timestamp_format(r->end, end) == ERR_OK)
        text(b, "end", end);
    text(b, "exit_movement", r->exit_movement.text);
    text(b, "exit_lane", r->exit_lane.text);
    json_out_key(b, "price_minor");
    json_out_int(b, r->price_minor);
    json_out_key(b, "paid_minor");
    json_out_int(b, r->paid_minor);
    text(b, "currency", r->currency.code);
}

static void say(const struct place *p, const struct session_row *before,
                const struct session_row *after, struct admin_result *r)
{
    struct session_change *c = &r->change;
    c->session = after->id;
    c->before_minor = before->price_minor;
    c->after_minor = after->price_minor;
    c->paid_minor = books_kept(after);
    c->currency = after->currency;
    if (after->state != SESSION_CLOSED)
        return;
    c->due_minor =
        session_due(after, after->price_minor, after->end, p->row.settings.exit_grace_ms);
    if (c->paid_minor > after->price_minor)
        c->refund_minor = c->paid_minor - after->price_minor;
}

/* Writes down that `before` becomes `after`. ERR_OK, and *ret_go on: do it. */
static enum err record(struct service *s, const struct act_order *o, struct act_row *a,
                       const struct session_row *before, const struct session_row *after,
                       struct admin_result *r)
{
    struct act_values v;
    say(state_place(s, &after->place), before, after, r);
    r->change.other = a->other;
    if (o->dry_run)
        return ERR_OK; /* X1 */
    act_values_begin(&v);
    describe(&v.before, before);
    describe(&v.after, after);
    return act_record(s, a, &v, r);
}

/* ---- looking ---- */

static enum err find(struct service *s, const struct act_order *o, const struct movement_id *id,
                     struct session_row *ret, struct place **ret_place, struct admin_result *r)
{
    if (!FOUND(s, find_session, id, ret) ||
        (o->place.text[0] != '\0' && !name_equal(&ret->place, &o->place)))
        return act_refuse(r, ERR_NOTFOUND, "no such stay");
    *ret_place = state_place(s, &ret->place);
    return ERR_OK;
}

static struct act_row act_on(const struct act_order *o, enum act_kind kind,
                             const struct session_row *stay, int64_t undoes)
{
    struct act_row a = act_of(o, kind);
    a.place = stay->place;
    a.session = stay->id;
    a.undoes = undoes;
    return a;
}

/* ---- doing ---- */

static void ended(struct service *s, struct place *p, struct session_row *stay, bool free,
                  const char *fact)
{
    p->row.open_sessions--;
    place_touch(s, p);
    if (!free) {
        stay_settle(s, p, stay, &nobody, fact);
        return;
    }
    STORE(s, save_session, stay);
    feed_session(s, fact, stay);
    till_settle(s, stay, 0);
    notice_session(s, stay);
}

/* It costs nothing beyond what was paid until it ends again: its debt is gone. */
static void goes_on(struct service *s, struct place *p, const struct session_row *before)
{
    struct session_row stay = *before;
    till_reprice(s, &stay, books_kept(&stay));
    (void)session_split(&stay);
    STORE(s, save_session, &stay);
    feed_session(s, "session.reopened", &stay);
    notice_session(s, &stay);
    p->row.open_sessions++;
    place_touch(s, p);
}

enum err session_order_close(struct service *s, const struct act_order *o, struct admin_result *r)
{
    struct session_row before;
    struct place *p = NULL;
    TRY(find(s, o, &o->session, &before, &p, r));
    if (before.state != SESSION_OPEN)
        return act_refuse(r, ERR_CONFLICT, "this stay is not open");
    struct crossing exit = {.place = before.place,
                            .plate = before.plate,
                            .credential = before.credential,
                            .at = o->end.v != 0 ? o->end : s->now.wall,
                            .basis = BASIS_MANUAL};
    if (exit.at.v < before.start.v || exit.at.v > s->now.wall.v)
        return act_refuse(r, ERR_INVAL, "end: after the entry, and not in the future");
    struct session_row stay = before;
    session_close(&stay, &exit);
    if (o->free)
        stay.price_minor = books_kept(&stay);
    else if (!stay_price(s, p, &stay, stay.end, &stay.price_minor))
        return act_refuse(r, ERR_CONFLICT, "this stay cannot be priced: close it free");
    struct act_row a = act_on(o, ACT_SESSION_CLOSE, &stay, 0);
    TRY(record(s, o, &a, &before, &stay, r));
    if (!o->dry_run)
        ended(s, p, &stay, o->free, "session.closed");
    return ERR_OK;
}

/* The permit of the vehicle may be known by the other reading. */
static void cover(struct service *s, struct place *p, struct session_row *stay,
                  const struct session_row *exit)
{
    struct session_row probe = *stay;
    if (stay->right.text[0] != '\0' || exit->plate.text[0] == '\0')
        return;
    probe.plate = exit->plate;
    rights_cover(s, p, &probe);
    stay->right = probe.right;
    stay->covered = probe.covered;
}

static enum err check_exit(const struct session_row *stay, const struct session_row *exit,
                           struct admin_result *r)
{
    if (stay->state != SESSION_OPEN)
        return act_refuse(r, ERR_CONFLICT, "the stay is not open");
    if (exit->state != SESSION_UNMATCHED || !name_equal(&exit->place, &stay->place))
        return act_refuse(r, ERR_CONFLICT, "the other is no unmatched exit of this place");
    if (exit->end.v < stay->start.v)
        return act_refuse(r, ERR_CONFLICT, "the exit was before the entry");
    if (books_kept(exit) != 0)
        return act_refuse(r, ERR_CONFLICT, "the exit was paid for by itself: refund that first");
    return ERR_OK;
}

static enum err match(struct service *s, const struct act_order *o, int64_t undoes,
                      struct admin_result *r)
{
    struct session_row before, exit;
    struct place *p = NULL;
    TRY(find(s, o, &o->session, &before, &p, r));
    TRY(find(s, o, &o->other, &exit, &p, r));
    TRY(check_exit(&before, &exit, r));
    struct session_row stay = before;
    struct crossing crossing = session_exit(&exit);
    session_close(&stay, &crossing); /* X2 */
    cover(s, p, &stay, &exit);
    if (!stay_price(s, p, &stay, stay.end, &stay.price_minor)) /* X3 */
        return act_refuse(r, ERR_CONFLICT, "this stay cannot be priced");
    struct act_row a = act_on(o, ACT_SESSION_MATCH, &stay, undoes);
    a.other = exit.id;
    r->change.why = match_why_word(match_stays(&before, &exit));
    TRY(record(s, o, &a, &before, &stay, r));
    if (o->dry_run)
        return ERR_OK;
    exit.state = SESSION_CLOSED;
    exit.joined = stay.id;
    STORE(s, save_session, &exit);
    feed_session(s, "session.joined", &exit);
    ended(s, p, &stay, false, "session.matched");
    return ERR_OK;
}

/* The exit's own row, if it has one that was joined; else it is made from what the stay says. */
static enum err own_exit(struct service *s, const struct session_row *stay,
                         struct session_row *exit, struct admin_result *r)
{
    struct session_row known;
    if (stay->exit_movement.text[0] == '\0')
        return act_refuse(r, ERR_CONFLICT, "nobody saw its exit: undo the act that closed it");
    if (!FOUND(s, find_session, &stay->exit_movement, &known))
        return ERR_OK;
    if (strcmp(known.joined.text, stay->id.text) != 0)
        return act_refuse(r, ERR_CONFLICT, "its exit was known first and gave it its name");
    *exit = known;
    exit->state = SESSION_UNMATCHED;
    exit->joined = (struct movement_id){""};
    return ERR_OK;
}

static enum err split(struct service *s, const struct act_order *o, int64_t undoes,
                      struct admin_result *r)
{
    struct session_row before;
    struct place *p = NULL;
    TRY(find(s, o, &o->session, &before, &p, r));
    if (before.state != SESSION_CLOSED || before.joined.text[0] != '\0' || before.start.v == 0)
        return act_refuse(r, ERR_CONFLICT, "this is no stay with an entry and an exit");
    if (undoes != 0 && strcmp(before.exit_movement.text, o->other.text) != 0)
        return act_refuse(r, ERR_CONFLICT, "this stay is not as that act left it");
    struct session_row stay = before, exit = session_split(&stay);
    TRY(own_exit(s, &before, &exit, r));
    struct act_row a = act_on(o, ACT_SESSION_SPLIT, &stay, undoes);
    a.other = exit.id;
    TRY(record(s, o, &a, &before, &stay, r));
    if (o->dry_run)
        return ERR_OK;
    STORE(s, save_session, &exit);
    feed_session(s, "session.unmatched", &exit);
    goes_on(s, p, &before);
    return ERR_OK;
}

/* Of a stay that a person closed. */
static enum err reopen(struct service *s, const struct act_order *o, int64_t undoes,
                       struct admin_result *r)
{
    struct session_row before;
    struct place *p = NULL;
    TRY(find(s, o, &o->session, &before, &p, r));
    if (before.state != SESSION_CLOSED || before.exit_movement.text[0] != '\0')
        return act_refuse(r, ERR_CONFLICT, "this stay is not as that act left it");
    struct session_row stay = before;
    (void)session_split(&stay);
    struct act_row a = act_on(o, ACT_SESSION_REOPEN, &stay, undoes);
    TRY(record(s, o, &a, &before, &stay, r));
    goes_on(s, p, &before);
    return ERR_OK;
}

enum err session_order_match(struct service *s, const struct act_order *o, struct admin_result *r)
{
    return match(s, o, 0, r);
}

enum err session_order_split(struct service *s, const struct act_order *o, struct admin_result *r)
{
    return split(s, o, 0, r);
}

enum err session_order_undo(struct service *s, const struct act_order *o,
                            const struct act_row *done, struct admin_result *r)
{
    struct act_order opposite = *o;
    opposite.session = done->session;
    opposite.other = done->other;
    opposite.dry_run = false;
    switch (done->kind) {
    case ACT_SESSION_CLOSE: return reopen(s, &opposite, done->id, r);
    case ACT_SESSION_MATCH: return split(s, &opposite, done->id, r);
    default: return match(s, &opposite, done->id, r);
    }
}
