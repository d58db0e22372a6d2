/* A text as a QR code. */
#ifndef BOOMGATE_CLOUD_HTTP_QR_H
#define BOOMGATE_CLOUD_HTTP_QR_H

#include "protocol/base/err.h"

#include <stddef.h>

/* An SVG picture with its quiet zone; the caller frees it. ERR_INVAL: too long for a code. */
enum err qr_svg(const char *text, char **ret, size_t *ret_len);

#endif
