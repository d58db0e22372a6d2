/* Money is an int64 count of a currency's minor units (EUR cents; KRW has none, so won). */
#ifndef BOOMGATE_BASE_MONEY_H
#define BOOMGATE_BASE_MONEY_H

#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* ISO 4217 code, upper case, NUL-terminated. */
struct currency {
    char code[4];
};

struct money {
    int64_t minor;
    struct currency currency;
};

/* ERR_INVAL unless text[0..len) is three letters A..Z. */
enum err currency_parse(const char *text, size_t len, struct currency *ret);

/* Digits after the decimal point: 0 for KRW, JPY and the like, 3 for a few, else 2 (ISO 4217). */
int currency_digits(const struct currency *c);

/* ERR_CONFLICT on different currencies, ERR_INVAL on overflow. */
enum err money_add(struct money a, struct money b, struct money *ret);

enum { MONEY_TEXT_SIZE = 32 };

/* "12.50 EUR", "3500 KRW", "-0.05 EUR" into ret[MONEY_TEXT_SIZE]. */
void money_format(struct money m, char *ret);

#endif
