/* What readers beside the camera say, as text: cleaned for comparing, masked for logs. */
#ifndef BOOMGATE_SUPPORT_CREDENTIAL_H
#define BOOMGATE_SUPPORT_CREDENTIAL_H

#include "protocol/base/err.h"
#include "protocol/wire/credential.h"

#include <stdbool.h>
#include <stddef.h>

/* Without white space around it; a ticket number in its one spelling (protocol/base/ticket.h). ERR_INVAL:
 * empty, no UTF-8, control characters, or longer than a struct credential_text holds. */
enum err credential_clean(const char *raw, size_t len, struct credential_text *ret);

/* Is it the number of a ticket, which is good for one stay? */
bool credential_is_ticket(const struct credential_text *c);

/* "T0123456789ABCDEF1" -> "***DEF1": for logs. ret has CREDENTIAL_TEXT_SIZE bytes. */
void credential_mask(const struct credential_text *c, char *ret);

#endif
