/* Takes the plates out of a message that is kept.
 *
 * K1 Only the values of the members "plate" and "raw" change, everything else stays byte by byte: who puts
 *    what was read back in their place gets the message whose digest stands beside it, and so can prove
 *    that nothing else was changed.
 *
 * Pure. */
#ifndef BOOMGATE_CLOUD_STORE_BLANK_H
#define BOOMGATE_CLOUD_STORE_BLANK_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

#include <stddef.h>

/* Writes the message into ret, with what `alias` makes of each value (as it stands there, without quotes) in
 * its place; no character of that needs escaping. *ret_len is its length. ERR_FULL: it does not fit. */
enum err blank_plates(const char *bytes, size_t len,
                      void (*alias)(void *arg, const char *text, size_t len, struct buf *to),
                      void *arg, char *ret, size_t size, size_t *ret_len);

#endif
