#include "cloud/service/validation.h"

#include "cloud/service/act.h"
#include "cloud/service/exit.h"
#include "cloud/service/feed.h"
#include "cloud/service/notice.h"
#include "cloud/service/stay.h"
#include "protocol/support/log.h"

#include <string.h>

/* The same id names the same validation. */
static enum err again(const struct validation_row *known, const struct validation_order *o,
                      const struct session_row *r, struct admin_result *result)
{
    if (strcmp(known->session.text, r->id.text) == 0 &&
        name_equal(&known->issuer, &o->row.issuer) && known->what.kind == o->row.what.kind &&
        known->what.value == o->row.what.value)
        return ERR_OK;
    return act_refuse(result, ERR_CONFLICT, "id: another validation has it");
}

static enum err allowed(struct service *s, const struct validation_row *v, struct admin_result *r)
{
    struct validation_row given[TARIFF_VALIDATIONS_MAX];
    size_t all = 0;
    int64_t of_stay = 0, of_day = 0;
    const char *reason;
    const struct issuer *i =
        issuer_find(s->options.issuers, s->options.issuer_count, &v->issuer, &v->place);
    if (!i)
        return act_refuse(r, ERR_NOTFOUND, "issuer: no such shop at this place");
    STORE(s, validations_of, &v->session, given, TARIFF_VALIDATIONS_MAX, &all);
    for (size_t k = 0; k < all; k++)
        of_stay += name_equal(&given[k].issuer, &v->issuer);
    STORE(s, count_validations, &v->place, &v->issuer, wall_after(s->now.wall, -ISSUER_DAY_MS),
          &of_day);
    enum err e = issuer_check(i, &v->what, of_stay, (int64_t)all, of_day, &reason);
    return e == ERR_OK ? ERR_OK : act_refuse(r, e, reason);
}

static void tell(struct service *s, const struct validation_row *v, const struct session_row *r)
{
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "session", v->session.text);
    feed_text(&d, "issuer", v->issuer.text);
    feed_text(&d, "kind", tariff_validation_word(v->what.kind));
    feed_int(&d, "value", v->what.value);
    feed_append(s, "validation.given", &v->place, v->session.text, &r->plate, &d);
    notice_session(s, r);
    log_notice("validation.given", LT("place", v->place.text), LT("session", v->session.text),
               LT("issuer", v->issuer.text));
}

enum err validation_give(struct service *s, const struct validation_order *o,
                         struct admin_result *result)
{
    struct session_row r;
    struct validation_row known;
    TRY(stay_named(s, &o->stay, &r, result));
    if (FOUND(s, find_validation, o->row.id, &known)) {
        TRY(again(&known, o, &r, result));
    } else {
        if (r.state != SESSION_OPEN)
            return act_refuse(result, ERR_CONFLICT, "the stay has ended");
        struct validation_row v = o->row;
        v.session = r.id;
        v.place = r.place;
        v.at = s->now.wall;
        TRY(allowed(s, &v, result));
        STORE(s, add_validation, &v);
        tell(s, &v, &r);
        exit_price_changed(s, &r.id);
    }
    stay_told(s, &r, result);
    return ERR_OK;
}
