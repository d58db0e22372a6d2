/* Stays: opened and closed by crossings, priced when they end, and the debt that may remain. */
#include "cloud/service/stay.h"

#include "cloud/service/anomaly.h"
#include "cloud/service/debt.h"
#include "cloud/service/flush.h"
#include "cloud/service/notice.h"
#include "protocol/support/log.h"

/* What an answer can name (PROTOCOL.md, "entry and exit"). */
#define PRICE_MAX_MINOR INT64_C(1000000000000)

bool stay_price(struct service *s, struct place *p, const struct session_row *r, struct wall_ms at,
                int64_t *ret_minor)
{
    const struct place_settings *c = &p->row.settings;
    struct wall_ms end = at.v > r->start.v ? at : r->start;
    int64_t minor = -1;
    const struct rates_port *rates = &s->ports.rates;
    enum err e = rates->price(rates->self, &r->tariff, c->zone, r->start, end, &minor);
    if (e == ERR_NOTFOUND) /* the rates of its entry are gone from the configuration */
        e = rates->price(rates->self, &c->tariff, c->zone, r->start, end, &minor);
    if (e == ERR_OK && minor >= 0 && minor <= PRICE_MAX_MINOR) {
        *ret_minor = minor;
        return true;
    }
    log_error("service.unpriced", LT("place", c->place.text), LT("session", r->id.text),
              LT("err", err_text(e)));
    anomaly_record(s, p, NULL, 0, "price", false, r->id.text);
    return false;
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
                   const struct request_id *request)
{
    int64_t due = final_due(s, p, r, request);
    STORE(s, save_session, r);
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
        settle(s, p, &r, &none);
        return;
    }
    r = session_open(entry, &p->row.settings);
    STORE(s, save_session, &r);
    p->row.open_sessions++;
    place_touch(s, p);
    notice_session(s, &r);
}

void stay_leave(struct service *s, struct place *p, const struct crossing *exit,
                const struct request_id *request)
{
    struct session_row r;
    if (exit->plate.text[0] == '\0' ||
        !FOUND(s, find_open_session, &p->row.settings.place, &exit->plate, &r)) {
        if (crossed_before(s, p, exit))
            return;
        r = session_unmatched(exit, &p->row.settings);
        STORE(s, save_session, &r);
        notice_session(s, &r);
        return;
    }
    session_close(&r, exit);
    p->row.open_sessions--;
    place_touch(s, p);
    settle(s, p, &r, request);
}
