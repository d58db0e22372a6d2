/* Text on its way to and from a provider. */
#ifndef BOOMGATE_CLOUD_PAYMENT_TEXT_H
#define BOOMGATE_CLOUD_PAYMENT_TEXT_H

#include "cloud/payment/provider.h"
#include "protocol/base/buf.h"
#include "protocol/support/json.h"

/* Percent-encodes everything outside RFC 3986's unreserved set. */
void text_encode(struct buf *b, const char *text);

/* Printable ASCII without blanks, quotes and backslashes, not empty: fit for a header or a quoted
 * search term. */
bool text_plain(const char *text);

/* RFC 4648, with padding. */
void text_base64(struct buf *b, const char *text);

/* ERR_INVAL: it does not fit. */
enum err text_header(struct provider_request *r, const char *name, const char *value);

/* Printable ASCII only, cut to size: it goes to logs, records and screens. */
void text_take(char *ret, size_t size, const char *text);
void text_reason(struct provider_answer *a, const char *text);

/* A member that is a string; "" if there is none. */
const char *text_member(const json_t *object, const char *key);

/* "http 503" into the reason. */
void text_status(struct provider_answer *a, long status);

#endif
