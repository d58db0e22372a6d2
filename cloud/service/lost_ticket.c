#include "cloud/service/lost_ticket.h"

#include "cloud/core/session.h"
#include "cloud/service/act.h"
#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/notice.h"
#include "cloud/service/pay.h"
#include "cloud/service/stay.h"
#include "cloud/service/zones.h"
#include "protocol/support/log.h"

enum { AT_EXIT_MS = 60 * 60 * 1000 }; /* who came longer ago does not stand there any more */

bool lost_ticket_stay(struct service *s, const struct movement_id *exit, struct session_row *ret)
{
    struct session_row r;
    if (exit->text[0] == '\0' || !FOUND(s, find_session, exit, &r) || !r.lost ||
        r.state != SESSION_OPEN)
        return false;
    *ret = r;
    return true;
}

bool lost_ticket_price(struct service *s, struct place *p, const struct session_row *r,
                       int64_t *ret_minor)
{
    const struct rates_port *rates = &s->ports.rates;
    const struct rate_ref ref = {r->tariff, r->tariff_version, p->row.settings.zone};
    const struct tariff *t;
    const struct zone_table *z;
    struct tariff_quote quote;
    if (rates->find(rates->self, &ref, r->start, &t, &z) != ERR_OK ||
        tariff_lost_ticket(t, r->start, &quote) != ERR_OK)
        return false;
    *ret_minor = quote.amount.minor;
    return true;
}

static void record(struct service *s, struct place *p, const struct lost_order *o,
                   const struct session_row *r)
{
    struct feed_data d;
    STORE(s, save_session, r);
    p->row.open_sessions++;
    place_touch(s, p);
    feed_session(s, "session.opened", r);
    feed_begin(&d);
    feed_text(&d, "session", r->id.text);
    feed_text(&d, "lane", o->lane.text);
    feed_text(&d, "actor", o->actor.text);
    feed_text(&d, "reason", o->reason);
    feed_int(&d, "price_minor", r->price_minor);
    feed_text(&d, "currency", r->currency.code);
    feed_append(s, "ticket.lost", &r->place, r->id.text, &r->plate, &d);
    notice_session(s, r);
    log_notice("ticket.lost", LT("place", r->place.text), LT("lane", o->lane.text),
               LT("session", r->id.text), LT("actor", o->actor.text));
}

enum err lost_ticket_order(struct service *s, const struct lost_order *o,
                           struct admin_result *result)
{
    struct place *p = state_place(s, &o->place);
    struct movement_row at;
    struct session_row r;
    if (!p)
        return act_refuse(result, ERR_NOTFOUND, "no such place");
    if (is_zone(&p->row.settings))
        return act_refuse(result, ERR_CONFLICT,
                          "a zone asks for no money, the place around it does");
    if (!FOUND(s, find_exit_at, &o->place, &o->lane, wall_after(s->now.wall, -AT_EXIT_MS), &at))
        return act_refuse(result, ERR_CONFLICT, "nobody stands at this exit");
    if (!FOUND(s, find_session, &at.id, &r)) {
        struct crossing here = {.movement = at.id,
                                .place = o->place,
                                .edge = at.edge,
                                .lane = at.lane,
                                .plate = o->plate.text[0] != '\0' ? o->plate : at.plate,
                                .at = s->now.wall};
        r = session_lost(&here, &p->row.settings);
        stay_fix_version(s, p, &r);
        if (!lost_ticket_price(s, p, &r, &r.price_minor))
            return act_refuse(result, ERR_CONFLICT,
                              "the rate table has no price for a lost ticket");
        record(s, p, o, &r);
    } else if (!r.lost || r.state != SESSION_OPEN) {
        return act_refuse(result, ERR_CONFLICT, "the vehicle at this exit has another stay");
    }
    if (pay_links(s))
        result->pay_token = pay_link_of(s, &r.id, true);
    stay_told(s, &r, result);
    return ERR_OK;
}
