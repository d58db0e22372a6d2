/* Stays: opened and closed by crossings, priced when they end, and the debt that may remain. */
#include "cloud/service/stay.h"

#include "cloud/core/right.h"
#include "cloud/service/anomaly.h"
#include "cloud/service/debt.h"
#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/notice.h"
#include "cloud/service/rights.h"
#include "protocol/support/log.h"
#include "protocol/wire/plate_match.h"

#include <string.h>

/* What an answer can name (PROTOCOL.md, "entry and exit"). */
#define PRICE_MAX_MINOR INT64_C(1000000000000)

/* By this rate table; what a right covers costs nothing (core/right.h, V1). */
static enum err price_by(struct service *s, const struct name *tariff, const char *zone,
                         const struct session_row *r, struct wall_ms end, int64_t *ret_minor)
{
    const struct rates_port *rates = &s->ports.rates;
    if (r->covered.v == 0)
        return rates->price(rates->self, tariff, zone, r->start, end, ret_minor);
    struct wall_ms from = session_uncovered(r, end);
    if (from.v < end.v)
        return rates->price_rest(rates->self, tariff, zone, from, end, ret_minor);
    *ret_minor = 0;
    return ERR_OK;
}

bool stay_price(struct service *s, struct place *p, const struct session_row *r, struct wall_ms at,
                int64_t *ret_minor)
{
    const struct place_settings *c = &p->row.settings;
    struct wall_ms end = at.v > r->start.v ? at : r->start;
    int64_t minor = -1;
    enum err e = price_by(s, &r->tariff, c->zone, r, end, &minor);
    if (e == ERR_NOTFOUND) /* the rates of its entry are gone from the configuration */
        e = price_by(s, &c->tariff, c->zone, r, end, &minor);
    if (e == ERR_OK && minor >= 0 && minor <= PRICE_MAX_MINOR) {
        *ret_minor = minor;
        return true;
    }
    log_error("service.unpriced", LT("place", c->place.text), LT("session", r->id.text),
              LT("err", err_text(e)));
    anomaly_record(s, p, NULL, 0, "price", false, r->id.text);
    return false;
}

bool stay_find(struct service *s, struct place *p, const struct plate *plate,
               struct session_row *ret)
{
    enum { NEAR_MAX = 8 };
    const struct name *place = &p->row.settings.place;
    struct session_row near[NEAR_MAX];
    size_t count = 0, matches = 0;
    if (plate->text[0] == '\0')
        return false;
    if (FOUND(s, find_open_session, place, plate, ret))
        return true;
    STORE(s, near_sessions, place, plate, near, NEAR_MAX, &count);
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

/* What is still owed by a stay that has just ended; sets its final price. What the cloud let out as
 * free or paid is settled, whatever the minutes at the barrier added. */
static int64_t final_due(struct service *s, struct place *p, struct session_row *r,
                         const struct request_id *request)
{
    bool quoted = session_quote_stands(r, request);
    int64_t price = r->price_minor;
    if (!quoted && !stay_price(s, p, r, r->end, &price))
        return 0;
    r->price_minor = price;
    if (quoted && (r->exit_basis == BASIS_FREE || r->exit_basis == BASIS_PAID))
        return 0;
    return session_due(r, price, r->end, p->row.settings.exit_grace_ms);
}

static void settle(struct service *s, struct place *p, struct session_row *r,
                   const struct request_id *request, const char *fact)
{
    int64_t due = final_due(s, p, r, request);
    STORE(s, save_session, r);
    feed_session(s, fact, r);
    if (due > 0)
        debt_open(s, r, due);
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

void stay_enter(struct service *s, struct place *p, const struct crossing *entry)
{
    struct session_row r;
    if (crossed_before(s, p, entry))
        return;
    if (entry->plate.text[0] != '\0' &&
        FOUND(s, find_unmatched, &p->row.settings.place, &entry->plate, entry->at, &r)) {
        static const struct request_id none = {""};
        r = session_join(entry, &r);
        rights_cover(s, p, &r);
        settle(s, p, &r, &none, "session.matched");
        return;
    }
    r = session_open(entry, &p->row.settings);
    rights_cover(s, p, &r);
    STORE(s, save_session, &r);
    feed_session(s, "session.opened", &r);
    p->row.open_sessions++;
    place_touch(s, p);
    notice_session(s, &r);
}

void stay_leave(struct service *s, struct place *p, const struct crossing *exit,
                const struct request_id *request)
{
    struct session_row r;
    if (!stay_find(s, p, &exit->plate, &r)) {
        if (crossed_before(s, p, exit))
            return;
        r = session_unmatched(exit, &p->row.settings);
        STORE(s, save_session, &r);
        feed_session(s, "session.unmatched", &r);
        notice_session(s, &r);
        return;
    }
    session_close(&r, exit);
    if (strcmp(r.plate.text, exit->plate.text) != 0)
        r.exit_plate = exit->plate;
    p->row.open_sessions--;
    place_touch(s, p);
    settle(s, p, &r, request, "session.closed");
}

void stay_evacuate(struct service *s, struct place *p, const struct crossing *exit)
{
    struct session_row r;
    if (!stay_find(s, p, &exit->plate, &r))
        return;
    session_close(&r, exit);
    r.price_minor = r.paid_minor;
    p->row.open_sessions--;
    place_touch(s, p);
    STORE(s, save_session, &r);
    feed_session(s, "session.closed", &r);
    notice_session(s, &r);
}
