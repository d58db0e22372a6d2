#include "cloud/core/issuer.h"

const struct issuer *issuer_find(const struct issuer *issuers, size_t count,
                                 const struct name *name, const struct name *place)
{
    for (size_t i = 0; i < count; i++)
        if (name_equal(&issuers[i].name, name) &&
            (issuers[i].place.text[0] == '\0' || name_equal(&issuers[i].place, place)))
            return &issuers[i];
    return NULL;
}

enum err issuer_check(const struct issuer *i, const struct tariff_validation *v, int64_t of_stay,
                      int64_t all, int64_t of_day, const char **ret_reason)
{
    const char *reason = NULL;
    enum err e = ERR_CONFLICT;
    if (tariff_validation_check(v) != ERR_OK || v->value > i->most[v->kind]) {
        reason = "value: more than this shop may give of this kind";
        e = ERR_INVAL;
    } else if (of_stay >= i->per_stay) {
        reason = "this shop has given all it may to this stay";
    } else if (i->per_day > 0 && of_day >= i->per_day) {
        reason = "this shop has given all it may in 24 hours";
    } else if (all >= TARIFF_VALIDATIONS_MAX) {
        reason = "this stay has as many validations as there can be";
    } else {
        return ERR_OK;
    }
    *ret_reason = reason;
    return e;
}
