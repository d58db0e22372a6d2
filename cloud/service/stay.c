/* Stays: opened and closed by crossings, priced when they end, and the debt that may remain. */
#include "cloud/service/stay.h"

#include "cloud/core/books.h"
#include "cloud/core/right.h"
#include "cloud/service/act.h"
#include "cloud/service/anomaly.h"
#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/lost_ticket.h"
#include "cloud/service/notice.h"
#include "cloud/service/rights.h"
#include "cloud/service/till.h"
#include "cloud/service/zones.h"
#include "protocol/base/ticket.h"
#include "protocol/support/log.h"
#include "protocol/wire/plate_match.h"

#include <string.h>

/* What an answer can name (PROTOCOL.md, "entry and exit"). */
#define PRICE_MAX_MINOR INT64_C(1000000000000)

static struct tariff_stay stay_of(struct service *s, const struct session_row *r)
{
    struct validation_row given[TARIFF_VALIDATIONS_MAX];
    size_t count = 0;
    STORE(s, validations_of, &r->id, given, TARIFF_VALIDATIONS_MAX, &count);
    return session_stay(r, given, count);
}

bool stay_price(struct service *s, struct place *p, const struct session_row *r, struct wall_ms at,
                int64_t *ret_minor)
{
    const struct place_settings *c = &p->row.settings;
    struct wall_ms end = at.v > r->start.v ? at : r->start;
    int64_t minor = -1;
    if (r->lost)
        return lost_ticket_price(s, p, r, ret_minor);
    if (is_zone(c)) { /* a segment of the stay outside, which pays for all of it */
        *ret_minor = 0;
        return true;
    }
    const struct rates_port *rates = &s->ports.rates;
    const struct tariff_stay stay = stay_of(s, r);
    struct rate_ref ref = {r->tariff, r->tariff_version, c->zone};
    enum err e = rates->price(rates->self, &ref, &stay, end, &minor);
    if (e == ERR_NOTFOUND) { /* the rates of its entry are gone from the configuration */
        ref = (struct rate_ref){.tariff = c->tariff, .zone = c->zone};
        e = rates->price(rates->self, &ref, &stay, end, &minor);
    }
    if (e == ERR_OK && minor >= 0 && minor <= PRICE_MAX_MINOR) {
        *ret_minor = minor;
        return true;
    }
    log_error("service.unpriced", LT("place", c->place.text), LT("session", r->id.text),
              LT("err", err_text(e)));
    anomaly_record(s, p, NULL, 0, "price", false, r->id.text);
    return false;
}

/* The only one of these that a camera may have taken for `plate`. */
static bool only_near(struct service *s, struct place *p, const struct plate *plate,
                      enum session_state state, struct wall_ms from, struct session_row *ret)
{
    enum { NEAR_MAX = 8 };
    struct session_row near[NEAR_MAX];
    size_t count = 0, matches = 0;
    STORE(s, near_sessions, &p->row.settings.place, plate, state, from, near, NEAR_MAX, &count);
    const struct session_row *match = NULL;
    for (size_t i = 0; i < count; i++) {
        if (plate_confusions(&near[i].plate, plate) != 1)
            continue;
        matches++;
        match = &near[i];
    }
    if (matches != 1 || count == NEAR_MAX)
        return false;
    *ret = *match;
    return true;
}

static bool is_ticket(const struct credential_text *credential)
{
    struct ticket t;
    return ticket_parse(credential->text, strlen(credential->text), &t) == ERR_OK;
}

/* Cards and codes come again and again; a ticket is good for one stay. */
static enum stay_known by_credential(struct service *s, struct place *p,
                                     const struct credential_text *credential,
                                     struct session_row *ret)
{
    const struct name *place = &p->row.settings.place;
    struct session_row r;
    if (credential->text[0] == '\0' || !FOUND(s, find_credential_session, place, credential, &r))
        return STAY_NONE;
    bool here = name_equal(&r.place, place);
    if (here && r.state == SESSION_OPEN) {
        *ret = r;
        return STAY_OPEN;
    }
    if (!is_ticket(credential))
        return STAY_NONE;
    return here ? STAY_USED : STAY_ELSEWHERE;
}

enum stay_known stay_find(struct service *s, struct place *p, const struct plate *plate,
                          const struct credential_text *credential, struct wall_ms at,
                          struct session_row *ret)
{
    struct session_row r, own;
    bool plate_known = plate->text[0] != '\0';
    enum stay_known known = by_credential(s, p, credential, &r);
    bool differs = known == STAY_OPEN && session_of_other(&r, plate);
    if (known == STAY_OPEN && !differs) {
        *ret = r;
        return STAY_OPEN;
    }
    if (plate_known && (FOUND(s, find_open_session, &p->row.settings.place, plate, at, &own) ||
                        (!differs && only_near(s, p, plate, SESSION_OPEN, at, &own)))) {
        *ret = own;
        return STAY_OPEN;
    }
    if (known == STAY_OPEN)
        *ret = r;
    return known;
}

/* The price of a stay that has just ended. What the cloud let out as free or paid is settled, whatever
 * the minutes at the barrier added, and so is what left within its grace: it cost what it paid. */
static int64_t final_price(struct service *s, struct place *p, const struct session_row *r,
                           const struct request_id *request)
{
    bool quoted = session_quote_stands(r, request);
    int64_t price = r->price_minor, kept = books_kept(r);
    if (!quoted && !stay_price(s, p, r, r->end, &price))
        return kept;
    bool settled = (quoted && (r->exit_basis == BASIS_FREE || r->exit_basis == BASIS_PAID)) ||
                   session_due(r, price, r->end, p->row.settings.exit_grace_ms) == 0;
    return settled && price > kept ? kept : price;
}

void stay_settle(struct service *s, struct place *p, struct session_row *r,
                 const struct request_id *request, const char *fact)
{
    r->price_minor = final_price(s, p, r, request);
    STORE(s, save_session, r);
    feed_session(s, fact, r);
    till_settle(s, r, 0);
    notice_session(s, r);
}

/* A movement makes one stay. A second crossing under its id is a fact of the count, not of any stay;
 * nor may one edge touch the stays of another by repeating its ids. */
static bool crossed_before(struct service *s, struct place *p, const struct crossing *c)
{
    struct session_row r;
    if (!FOUND(s, find_session, &c->movement, &r))
        return false;
    anomaly_record(s, p, NULL, 0, "movement_twice", false, c->movement.text);
    return true;
}

/* The exit of this entry, told before it: by what was shown at both, then as an exit finds its stay. */
static bool find_unmatched(struct service *s, struct place *p, const struct crossing *entry,
                           struct session_row *ret)
{
    const struct name *place = &p->row.settings.place;
    const struct credential_text *shown = &entry->credential;
    if (shown->text[0] != '\0' && FOUND(s, find_unmatched_credential, place, shown, entry->at, ret))
        return true;
    return entry->plate.text[0] != '\0' &&
           (FOUND(s, find_unmatched, place, &entry->plate, entry->at, ret) ||
            only_near(s, p, &entry->plate, SESSION_UNMATCHED, entry->at, ret));
}

void stay_fix_version(struct service *s, const struct place *p, struct session_row *r)
{
    const struct rates_port *rates = &s->ports.rates;
    const struct rate_ref ref = {.tariff = r->tariff, .zone = p->row.settings.zone};
    const struct tariff *t;
    const struct zone_table *z;
    if (rates->find(rates->self, &ref, r->start, &t, &z) == ERR_OK)
        r->tariff_version = t->version;
}

void stay_enter(struct service *s, struct place *p, const struct crossing *entry)
{
    struct session_row r;
    if (crossed_before(s, p, entry))
        return;
    if (find_unmatched(s, p, entry, &r)) {
        static const struct request_id none = {""};
        r = session_join(entry, &r);
        stay_fix_version(s, p, &r);
        rights_cover(s, p, &r);
        stay_settle(s, p, &r, &none, "session.matched");
        return;
    }
    r = session_open(entry, &p->row.settings);
    stay_fix_version(s, p, &r);
    rights_cover(s, p, &r);
    STORE(s, save_session, &r);
    feed_session(s, "session.opened", &r);
    p->row.open_sessions++;
    place_touch(s, p);
    notice_session(s, &r);
}

enum stay_known stay_leaving(struct service *s, struct place *p, const struct crossing *exit,
                             struct session_row *ret)
{
    return lost_ticket_stay(s, &exit->movement, ret)
               ? STAY_OPEN
               : stay_find(s, p, &exit->plate, &exit->credential, exit->at, ret);
}

void stay_leave(struct service *s, struct place *p, const struct crossing *exit,
                const struct request_id *request)
{
    struct session_row r;
    if (stay_leaving(s, p, exit, &r) != STAY_OPEN) {
        if (crossed_before(s, p, exit))
            return;
        r = session_unmatched(exit, &p->row.settings);
        STORE(s, save_session, &r);
        feed_session(s, "session.unmatched", &r);
        notice_session(s, &r);
        return;
    }
    session_close(&r, exit);
    if (session_of_other(&r, &exit->plate))
        anomaly_record(s, p, NULL, 0, "plates_differ", false, r.id.text);
    p->row.open_sessions--;
    place_touch(s, p);
    stay_settle(s, p, &r, request, "session.closed");
}

void stay_reversed(struct service *s, struct place *p, const struct crossing *exit,
                   const struct request_id *request)
{
    struct session_row r;
    if (stay_leaving(s, p, exit, &r) != STAY_OPEN || !session_quote_stands(&r, request) ||
        books_kept(&r) <= 0 || books_kept(&r) < r.price_minor || r.paid_at.v == 0)
        return;
    session_settled(&r, r.price_minor, exit->at);
    if (exit->at.v > r.paid_at.v)
        r.paid_at = exit->at;
    STORE(s, save_session, &r);
    feed_session(s, "session.reversed", &r);
    notice_session(s, &r);
}

void stay_evacuate(struct service *s, struct place *p, const struct crossing *exit)
{
    struct session_row r;
    if (stay_leaving(s, p, exit, &r) != STAY_OPEN)
        return;
    session_close(&r, exit);
    r.price_minor = books_kept(&r);
    p->row.open_sessions--;
    place_touch(s, p);
    STORE(s, save_session, &r);
    feed_session(s, "session.closed", &r);
    till_settle(s, &r, 0);
    notice_session(s, &r);
}

enum err stay_named(struct service *s, const struct stay_name *n, struct session_row *ret,
                    struct admin_result *result)
{
    struct session_row r;
    struct place *p;
    bool found;
    if (n->session.text[0] != '\0') {
        found = FOUND(s, find_session, &n->session, &r);
    } else {
        p = state_place(s, &n->place);
        if (!p)
            return act_refuse(result, ERR_NOTFOUND, "no such place");
        found = stay_find(s, p, &n->plate, &n->credential, s->now.wall, &r) == STAY_OPEN;
    }
    if (!found || !state_place(s, &r.place))
        return act_refuse(result, ERR_NOTFOUND, "no such stay");
    *ret = r;
    return ERR_OK;
}

void stay_told(struct service *s, const struct session_row *r, struct admin_result *result)
{
    struct place *p = state_place(s, &r->place);
    struct debt_row d;
    int64_t price = r->price_minor;
    if (r->state == SESSION_OPEN && !stay_price(s, p, r, s->now.wall, &price))
        price = 0;
    result->session = r->id;
    result->place = p->row.settings;
    result->currency = r->currency;
    result->price_minor = price;
    result->paid_minor = r->paid_minor;
    if (r->state == SESSION_OPEN)
        result->due_minor = session_due(r, price, s->now.wall, p->row.settings.exit_grace_ms);
    else
        result->due_minor = FOUND(s, find_debt, &r->id, &d) ? books_owed(&d) : 0;
}
