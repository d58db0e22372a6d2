/* An operator's commands. Refused ones change nothing; the reason goes back. */
#include "cloud/service/admin.h"

#include "cloud/service/act.h"
#include "cloud/service/audit.h"
#include "cloud/service/command.h"
#include "cloud/service/correction.h"
#include "cloud/service/debt.h"
#include "cloud/service/effect.h"
#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/hello.h"
#include "cloud/service/lost_ticket.h"
#include "cloud/service/notice.h"
#include "cloud/service/offer.h"
#include "cloud/service/once.h"
#include "cloud/service/opening.h"
#include "cloud/service/pay.h"
#include "cloud/service/payment.h"
#include "cloud/service/refund.h"
#include "cloud/service/rights.h"
#include "cloud/service/seen.h"
#include "cloud/service/session_order.h"
#include "cloud/service/stream.h"
#include "cloud/service/validation.h"
#include "cloud/service/zones.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MAX = 1000000 };

static enum err refuse(struct admin_result *r, enum err e, const char *reason)
{
    struct buf b = buf_of(r->reason, sizeof r->reason);
    buf_adds(&b, reason);
    return e;
}

static enum err check(struct service *s, const struct place_settings *c, const struct place *old,
                      struct admin_result *r)
{
    struct name name;
    char reason[160];
    if (name_parse(c->place.text, strlen(c->place.text), &name) != ERR_OK ||
        strcmp(name.text, "cloud") == 0)
        return refuse(r, ERR_INVAL, "place: 1 to 31 of a-z, 0-9 and '-', and not \"cloud\"");
    if (c->capacity < 1 || c->capacity > CAPACITY_MAX)
        return refuse(r, ERR_INVAL, "capacity: 1 to 1000000");
    if (c->hold_max_ms < 0 || c->exit_grace_ms < 0)
        return refuse(r, ERR_INVAL, "hold_max, exit_grace: not below 0");
    if (c->grant_size < 0 || c->grant_size > OFFER_MAX)
        return refuse(r, ERR_INVAL, "grant_size: 0 to 10000");
    if (c->stale_after_ms < 0)
        return refuse(r, ERR_INVAL, "stale_after: not below 0");
    struct hours hours;
    size_t at;
    if (hours_parse(c->hours, &hours, &at) != ERR_OK)
        return refuse(r, ERR_INVAL, "hours: such as mo-fr 07:00-22:00; 2026-12-25 closed");
    TRY(zone_check(s, c, old, r));
    if (old && strcmp(old->row.settings.currency.code, c->currency.code) != 0)
        return refuse(r, ERR_CONFLICT, "currency: cannot be changed, stays are priced in it");
    enum err e =
        s->ports.rates.check(s->ports.rates.self, &c->tariff, c->zone, &c->currency, reason);
    return e == ERR_OK ? ERR_OK : refuse(r, e, reason);
}

static enum err put_place(struct service *s, const struct place_settings *c, struct admin_result *r)
{
    struct place *p = state_place(s, &c->place);
    TRY(check(s, c, p, r));
    bool news = !p || !place_settings_equal(&p->row.settings, c);
    r->created = p == NULL;
    if (!p) {
        struct place_row row = {.settings = *c, .pool = c->capacity};
        p = state_add_place(s, &row);
        STORE(s, save_place, &p->row); /* edges of this batch refer to it */
        hello_ask_soon(s);             /* those who spoke before were not heard */
    } else {
        ledger_resize(&p->ledger, c->capacity);
        p->row.settings = *c;
    }
    r->place = p->row.settings;
    opening_settle(s, p);
    if (news)
        feed_place(s, r->created ? "place.created" : "place.changed", p);
    place_touch(s, p);
    log_notice("place.put", LT("place", c->place.text), LN("capacity", c->capacity),
               LT("tariff", c->tariff.text), LN("created", r->created));
    return ERR_OK;
}

static enum err create_place(struct service *s, const struct place_settings *c,
                             struct admin_result *r)
{
    const struct place *p = state_place(s, &c->place);
    if (!p)
        return put_place(s, c, r);
    if (!place_settings_equal(&p->row.settings, c))
        return refuse(r, ERR_CONFLICT, "a place of this name exists with other values");
    r->place = *c;
    return ERR_OK;
}

static enum err resume_place(struct service *s, const struct place_settings *c,
                             struct admin_result *r)
{
    struct place *p = state_place(s, &c->place);
    if (!p)
        return refuse(r, ERR_NOTFOUND, "no such place");
    STORE(s, resolve_anomalies, &c->place, s->now.wall);
    p->row.offers_stopped = false;
    feed_place(s, "place.resumed", p);
    r->place = p->row.settings;
    place_touch(s, p);
    notice_place(s, p);
    log_notice("place.resumed", LT("place", c->place.text));
    return ERR_OK;
}

static enum err release_edge(struct service *s, const struct name *place, const struct name *edge,
                             struct admin_result *r)
{
    struct edge *e = state_edge(s, place, edge);
    struct stream *st = e ? edge_newest(e) : NULL;
    if (!st)
        return refuse(r, ERR_NOTFOUND, "no such edge, or it never spoke");
    if (!st->state.frozen)
        return refuse(r, ERR_CONFLICT, "its stream is not frozen");
    st->state.frozen = false;
    metrics_add(s->options.metrics, METRIC_STREAMS_FROZEN, -1);
    stream_fence(s, st);
    hello_ask_soon(s);
    r->place = e->place->row.settings;
    log_notice("edge.released", LT("place", place->text), LT("edge", edge->text),
               LN("epoch", st->state.epoch));
    return ERR_OK;
}

const char *money_action_word(enum money_action a)
{
    static const char *const words[MONEY_ACTIONS] = {"refund",  "waive",     "write_off",
                                                     "collect", "succeeded", "failed"};
    return words[a];
}

static enum err money_order(struct service *s, const struct money_order *o, struct admin_result *r)
{
    switch (o->action) {
    case MONEY_REFUND: return refund_order(s, o, r);
    case MONEY_WAIVE:
    case MONEY_WRITE_OFF:
    case MONEY_COLLECT: return debt_order(s, o, r);
    case MONEY_SUCCEEDED:
    case MONEY_FAILED:
        return refund_key_is(o->key) ? refund_resolve(s, o, r) : payment_resolve(s, o, r);
    case MONEY_ACTIONS: break;
    }
    return ERR_INVAL;
}

/* The report of a day, as the reconciliation made it. */
static enum err keep_report(struct service *s, const struct work *w)
{
    struct reconciliation_row row;
    size_t rest = w->len - sizeof row;
    if (w->len < sizeof row || rest % sizeof(struct mismatch) != 0)
        return ERR_INVAL;
    memcpy(&row, w->bytes, sizeof row);
    struct mismatch *differences = mem_copy((const char *)w->bytes + sizeof row, rest);
    STORE(s, save_reconciliation, &row, differences, rest / sizeof *differences);
    feed_reconciliation(s, &row);
    free(differences);
    return ERR_OK;
}

static enum err bind_space(struct service *s, const struct admin_command *c, struct admin_result *r)
{
    struct edge *e = state_edge(s, &c->bind.place, &c->bind.edge);
    struct right_row right;
    if (!e)
        return refuse(r, ERR_NOTFOUND, "no such edge, or it never spoke");
    if (c->kind == ADMIN_BIND &&
        (!FOUND(s, find_right, &c->bind.place, &c->bind.right, &right) || right.right.removed))
        return refuse(r, ERR_NOTFOUND, "no such right");
    enum err err = c->kind == ADMIN_BIND ? offer_bind(s, e, &c->bind.right)
                                         : offer_unbind(s, e, &c->bind.right);
    if (err != ERR_OK)
        return refuse(r, ERR_CONFLICT,
                      err == ERR_FULL      ? "no space is free"
                      : err == ERR_UNAVAIL ? "offers of this place are stopped: an audit is needed"
                                           : "this edge takes no spaces now");
    log_notice(c->kind == ADMIN_BIND ? "space.bound" : "space.unbound",
               LT("place", c->bind.place.text), LT("edge", c->bind.edge.text),
               LT("right", c->bind.right.text));
    return ERR_OK;
}

static struct admin_result decide(struct service *s, const struct work *w)
{
    const struct admin_command *c = &w->admin;
    struct admin_result r = {.err = ERR_OK};
    if (c->kind == ADMIN_PLACE_PUT || c->kind == ADMIN_PLACE_CREATE ||
        c->kind == ADMIN_PLACE_RESUME)
        r.place = c->place;
    switch (c->kind) {
    case ADMIN_PLACE_PUT: r.err = put_place(s, &c->place, &r); break;
    case ADMIN_PLACE_CREATE: r.err = create_place(s, &c->place, &r); break;
    case ADMIN_PLACE_RESUME: r.err = resume_place(s, &c->place, &r); break;
    case ADMIN_RIGHTS: r.err = rights_put(s, w, &r); break;
    case ADMIN_RIGHTS_NEUTRAL: r.err = rights_neutral(s, w, &r); break;
    case ADMIN_COMMAND: r.err = command_order(s, &c->order.place, &c->order.command, &r); break;
    case ADMIN_BIND:
    case ADMIN_UNBIND: r.err = bind_space(s, c, &r); break;
    case ADMIN_AUDIT: r.err = audit_order(s, &c->audit, &r); break;
    case ADMIN_AUDIT_CANCEL:
        r.err = audit_cancel(s, &c->cancel.place, c->cancel.id, &c->cancel.actor, &r);
        break;
    case ADMIN_PAY: r.err = pay_order(s, &c->pay, &r); break;
    case ADMIN_PAY_LINK: r.err = pay_link_order(s, &c->pay.stay, &r); break;
    case ADMIN_LOST_TICKET: r.err = lost_ticket_order(s, &c->lost, &r); break;
    case ADMIN_VALIDATE: r.err = validation_give(s, &c->validation, &r); break;
    case ADMIN_CORRECT: r.err = correction_make(s, &c->act, &r); break;
    case ADMIN_SESSION_CLOSE: r.err = session_order_close(s, &c->act, &r); break;
    case ADMIN_SESSION_MATCH: r.err = session_order_match(s, &c->act, &r); break;
    case ADMIN_SESSION_SPLIT: r.err = session_order_split(s, &c->act, &r); break;
    case ADMIN_ACT_UNDO: r.err = act_undo(s, &c->act, &r); break;
    case ADMIN_RECONCILED: r.err = keep_report(s, w); break;
    case ADMIN_MONEY: r.err = money_order(s, &c->money, &r); break;
    case ADMIN_EDGE_RELEASE: r.err = release_edge(s, &c->stream.place, &c->stream.edge, &r); break;
    }
    return r;
}

void admin_take(struct service *s, const struct work *w)
{
    const struct admin_command *c = &w->admin;
    struct admin_result r = {.err = ERR_OK};
    if (!once_again(s, c, &r)) {
        if (seen_right(s, w, &r))
            r = decide(s, w);
        once_keep(s, c, &r);
    }
    struct effect *out = effect_add(s, EFFECT_ADMIN, NULL, NULL);
    out->admin.done = c->done;
    out->admin.arg = c->arg;
    out->admin.result = r;
}
