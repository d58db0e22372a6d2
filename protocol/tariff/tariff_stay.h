/* What a stay costs when rights, the class of the vehicle and validations have their say, and what
 * of it is still due. Rules: domain.md "Tariff".
 *
 * Y1 A right covers a part of the stay; the pieces it leaves are new stays without free minutes.
 * Y2 Taken off in this order: the class of the vehicle, validations by percent (each of what the one
 *    before left), by minutes, by amount. A percentage floors. The price is never below 0.
 * Y3 Minutes count by value: what so many minutes from the first charged instant on cost, without
 *    the free rule, whenever the vehicle leaves. So P3 holds for what is left, too.
 * Y4 Nothing is due for exit_grace after a payment that settled all that was due at its time. After
 *    that: the price of the whole stay minus what was paid, or a new stay from that payment on. */
#ifndef BOOMGATE_TARIFF_TARIFF_STAY_H
#define BOOMGATE_TARIFF_TARIFF_STAY_H

#include "protocol/tariff/tariff.h"

enum { TARIFF_COVERS_MAX = 8, TARIFF_PAYMENTS_MAX = 64 };

enum tariff_validation_kind {
    TARIFF_VALIDATION_PERCENT, /* 1..100 */
    TARIFF_VALIDATION_MINUTES,
    TARIFF_VALIDATION_AMOUNT, /* minor units */
    TARIFF_VALIDATION_KINDS
};
/* "percent" "minutes" "amount" */

const char *tariff_validation_word(enum tariff_validation_kind k);
enum err tariff_validation_parse(const char *text, enum tariff_validation_kind *ret);

/* A discount given by a shop. */
struct tariff_validation {
    enum tariff_validation_kind kind;
    int64_t value;
};

/* ERR_INVAL unless `value` is one that its kind may have. */
enum err tariff_validation_check(const struct tariff_validation *v);

/* A right covers [from, to). */
struct tariff_cover {
    struct wall_ms from, to;
};

struct tariff_stay {
    struct wall_ms entry;
    struct name vehicle; /* a class of the rate table; "" or unknown: none */
    size_t cover_count;  /* in any order, may overlap or reach beyond the stay */
    struct tariff_cover covers[TARIFF_COVERS_MAX];
    size_t validation_count;
    struct tariff_validation validations[TARIFF_VALIDATIONS_MAX];
    struct wall_ms settled_at; /* where a rate table restarts after the grace: the last payment that
                                  settled the stay was for this instant, v == 0: none; ... */
    int64_t settled_minor;     /* ... when it cost this */
};

/* ERR_INVAL: as tariff_price, or a validation that is none. */
enum err tariff_stay_price(const struct tariff *t, const struct zone_table *z,
                           const struct tariff_stay *stay, struct wall_ms exit,
                           struct tariff_quote *ret);

/* What is paid when nobody knows since when. ERR_NOTFOUND: the rate table has no such price. */
enum err tariff_lost_ticket(const struct tariff *t, struct wall_ms at, struct tariff_quote *ret);

struct tariff_payment {
    struct wall_ms at;    /* the instant its amount was quoted for: the grace runs from here */
    int64_t amount_minor; /* positive, net of refunds */
};

struct tariff_due {
    struct money due;    /* what is to be paid now to leave now; never negative */
    int64_t price_minor; /* of the stay so far */
    int64_t paid_minor;
    bool in_grace; /* settled, and still time to leave: nothing is due although the price may have
                      risen */
    struct wall_ms leave_by; /* in_grace: the last whole second at which that holds */
};

/* What is due at `now`. `payments` in any order, at most TARIFF_PAYMENTS_MAX; one from before entry
 * (a deposit) starts no grace. ERR_INVAL as tariff_stay_price, or a payment that is not positive. */
enum err tariff_stay_due(const struct tariff *t, const struct zone_table *z,
                         const struct tariff_stay *stay, struct wall_ms now,
                         const struct tariff_payment *payments, size_t count,
                         struct tariff_due *ret);

struct tariff_step {
    struct wall_ms at;   /* the first whole second at which ... */
    struct money amount; /* ... the price is this */
};

/* When the price of a stay still going on at `now` next rises, and to what. ERR_NOTFOUND: not
 * within a year. ERR_INVAL as tariff_stay_price. */
enum err tariff_stay_step(const struct tariff *t, const struct zone_table *z,
                          const struct tariff_stay *stay, struct wall_ms now,
                          struct tariff_step *ret);

#endif
