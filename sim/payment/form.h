/* application/x-www-form-urlencoded into a JSON object of texts (WHATWG URL, section 5.1). */
#ifndef BOOMGATE_SIM_PAYMENT_FORM_H
#define BOOMGATE_SIM_PAYMENT_FORM_H

#include "protocol/base/err.h"

#include <jansson.h>
#include <stddef.h>

/* Members named `a[b]` become members b of an object a; other brackets are part of the name. ERR_INVAL:
 * a broken escape, invalid UTF-8, a NUL, a name twice, or one name both as text and as object. */
enum err form_parse(const char *text, size_t len, json_t **ret);

#endif
