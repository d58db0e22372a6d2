/* Shops that may give discounts to stays, and how many (domain.md, "Validation"). Pure. */
#ifndef BOOMGATE_CLOUD_CORE_ISSUER_H
#define BOOMGATE_CLOUD_CORE_ISSUER_H

#include "cloud/core/records.h"

/* As configured. */
struct issuer {
    struct name name;
    struct name place;                     /* "": every place */
    int64_t per_stay;                      /* to one stay */
    int64_t per_day;                       /* in 24 hours at one place; 0: any number */
    int64_t most[TARIFF_VALIDATION_KINDS]; /* of one validation; 0: none of this kind */
};

enum { ISSUER_DAY_MS = 24 * 60 * 60 * 1000 };

/* The one for this place; NULL: the shop may give nothing there. */
const struct issuer *issuer_find(const struct issuer *issuers, size_t count,
                                 const struct name *name, const struct name *place);

/* May it give `v`, after so many to this stay (`all`: by anybody) and so many of the last day?
 * ERR_INVAL: not this one; ERR_CONFLICT: no more. *ret_reason is a constant text. */
enum err issuer_check(const struct issuer *i, const struct tariff_validation *v, int64_t of_stay,
                      int64_t all, int64_t of_day, const char **ret_reason);

#endif
