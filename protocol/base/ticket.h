/* Ticket numbers: what an entry without a readable plate is given, and what is typed or scanned later.
 *
 * T1 A number is "T", 16 digits of 5 random bits each, and a check digit: nobody guesses one, and edges
 *    that do not know of each other never issue the same one (80 bits).
 * T2 The alphabet is Crockford's base 32: no I, L, O and U. Typed in lower case, with hyphens or spaces,
 *    with O for 0 and I or L for 1, it is still the same number.
 * T3 The check digit finds every single wrong digit and every two neighbours exchanged. */
#ifndef BOOMGATE_BASE_TICKET_H
#define BOOMGATE_BASE_TICKET_H

#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { TICKET_RANDOM_BYTES = 10, TICKET_SIZE = 19 };

struct ticket {
    char text[TICKET_SIZE];
};

struct ticket ticket_from(const uint8_t random[TICKET_RANDOM_BYTES]);

/* T2, T3. ERR_INVAL: this is no ticket number. */
enum err ticket_parse(const char *text, size_t len, struct ticket *ret);

#endif
