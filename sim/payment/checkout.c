#include "sim/payment/checkout.h"

#include "protocol/base/buf.h"
#include "sim/payment/charges.h"

#include <stdbool.h>
#include <string.h>

enum { TARGET_SIZE = 1024 };

/* An account that declines is asked for with payer=cus_declined_1. */
bool checkout_take(struct http_exchange *x, int64_t serial)
{
    char target[TARGET_SIZE];
    if (strcmp(http_path(x), "/checkout") != 0 || strcmp(http_method(x), "GET") != 0)
        return false;
    const char *back = http_argument(x, "return"), *payer = http_argument(x, "payer");
    struct buf b = buf_of(target, sizeof target);
    bool good =
        back != NULL && (strncmp(back, "http://", 7) == 0 || strncmp(back, "https://", 8) == 0);
    if (good)
        buf_addf(&b, "%s%cpayer=", back, strchr(back, '?') != NULL ? '&' : '?');
    if (payer != NULL)
        buf_adds(&b, payer);
    else
        buf_addf(&b, "cus_link_%lld", (long long)serial);
    if (!good || b.overflow) {
        struct charge_answer a = charges_error(400, "invalid_request_error", "parameter_missing",
                                               "return: expected an address to come back to");
        http_reply(x, a.status, a.body, 0);
        return true;
    }
    http_set_header(x, "Location", target);
    http_reply(x, 303, json_object(), 0);
    return true;
}
