/* Payment links: a short address that a driver opens to pay for one stay (domain.md, "Payment"). Pure.
 *
 * L1 A token is 16 digits of 5 random bits in Crockford's base 32: nobody guesses one. It stands for one
 *    stay and lapses. */
#ifndef BOOMGATE_CLOUD_CORE_PAY_LINK_H
#define BOOMGATE_CLOUD_CORE_PAY_LINK_H

#include "cloud/core/records.h"
#include "protocol/base/ticket.h"

enum { PAY_LINK_LIFE_MS = 24 * 60 * 60 * 1000 };

/* Of the random digits of a ticket. */
struct pay_token pay_token_from(const struct ticket *t);

/* In either case. ERR_INVAL: this is no token. */
enum err pay_token_parse(const char *text, size_t len, struct pay_token *ret);

/* What the display shows: amount and address, or the address alone, or the amount alone, whatever fits.
 * `base` is what stands before the token, "https://example.org/pay/". */
void pay_link_display(const char *base, const struct pay_token *token, struct money due,
                      char ret[DISPLAY_SIZE]);

#endif
