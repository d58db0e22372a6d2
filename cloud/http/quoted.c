#include "cloud/http/quoted.h"

#include "protocol/support/quote_json.h"

#include <string.h>

enum err find_rates(struct http *h, const struct rate_ref *ref, struct wall_ms entry,
                    const struct tariff **ret_tariff, const struct zone_table **ret_zone)
{
    const struct rates_port *rates = &h->ports.rates;
    if (rates->find == NULL)
        return ERR_NOTFOUND;
    pthread_mutex_lock(&h->rates_lock);
    enum err e = rates->find(rates->self, ref, entry, ret_tariff, ret_zone);
    pthread_mutex_unlock(&h->rates_lock);
    return e;
}

enum err quote_session(struct http *h, const struct session_view *s, struct quoted *ret)
{
    struct quoted q = {.stay = s->stay};
    struct wall_ms now = http_moment(h).now;
    const struct rate_ref ref = {s->tariff, s->tariff_version, s->zone};
    bool open = strcmp(s->state, "open") == 0;
    if (s->start.v == 0)
        return ERR_INVAL; /* nobody knows when it began */
    q.at = !open ? s->end : now.v > s->start.v ? now : s->start;
    if (find_rates(h, &ref, s->start, &q.tariff, &q.zone) != ERR_OK)
        return ERR_INVAL;
    if (s->parent.text[0] != '\0') { /* a segment in a zone: the stay outside pays for all of it */
        q.quote.amount.currency = s->currency;
        *ret = q;
        return ERR_OK;
    }
    enum err e = s->lost ? tariff_lost_ticket(q.tariff, q.at, &q.quote)
                         : tariff_stay_price(q.tariff, q.zone, &q.stay, q.at, &q.quote);
    if (e != ERR_OK)
        return ERR_INVAL;
    struct wall_ms leave_by = wall_after(s->paid_at, s->exit_grace_ms);
    q.in_grace = open && s->paid_at.v != 0 && q.at.v <= leave_by.v;
    if (q.in_grace)
        q.leave_by = leave_by;
    int64_t due = open ? q.quote.amount.minor - (s->paid_minor - s->refunded_minor) : s->debt_minor;
    q.due_minor = due > 0 && !q.in_grace ? due : 0;
    *ret = q;
    return ERR_OK;
}

json_t *quoted_lines(const struct quoted *q)
{
    return quote_json_lines(q->tariff, q->zone, &q->quote, "_minor");
}
