#include "protocol/base/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum err currency_parse(const char *text, size_t len, struct currency *ret)
{
    if (len != 3)
        return ERR_INVAL;
    for (size_t i = 0; i < 3; i++)
        if (text[i] < 'A' || text[i] > 'Z')
            return ERR_INVAL;
    memcpy(ret->code, text, 3);
    ret->code[3] = '\0';
    return ERR_OK;
}

/* ISO 4217:2015 list one, the currencies whose minor unit is not 2. */
int currency_digits(const struct currency *c)
{
    static const char none[][4] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                   "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"};
    static const char three[][4] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (strcmp(c->code, none[i]) == 0)
            return 0;
    for (size_t i = 0; i < sizeof three / sizeof three[0]; i++)
        if (strcmp(c->code, three[i]) == 0)
            return 3;
    return 2;
}

enum err money_add(struct money a, struct money b, struct money *ret)
{
    int64_t sum;
    if (strcmp(a.currency.code, b.currency.code) != 0)
        return ERR_CONFLICT;
    if (__builtin_add_overflow(a.minor, b.minor, &sum))
        return ERR_INVAL;
    *ret = (struct money){.minor = sum, .currency = a.currency};
    return ERR_OK;
}

void money_format(struct money m, char *ret)
{
    int digits = currency_digits(&m.currency);
    uint64_t scale = digits == 0 ? 1 : digits == 3 ? 1000 : 100;
    uint64_t magnitude = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    const char *sign = m.minor < 0 ? "-" : "";
    if (digits == 0)
        snprintf(ret, MONEY_TEXT_SIZE, "%s%" PRIu64 " %s", sign, magnitude, m.currency.code);
    else
        snprintf(ret, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%0*" PRIu64 " %s", sign, magnitude / scale,
                 digits, magnitude % scale, m.currency.code);
}
