/* Number plates as text: raw from a reader, normalised for matching.
 *
 * Normal form: NFC, upper case, without white space, hyphens, dots and middle dots. Letters, digits
 * and combining marks of any script stay. Worked cases: shared vectors plates.csv. */
#ifndef BOOMGATE_SUPPORT_PLATE_H
#define BOOMGATE_SUPPORT_PLATE_H

#include "protocol/base/err.h"
#include "protocol/wire/plate_text.h"

#include <stddef.h>

/* ERR_INVAL: empty after normalisation, invalid UTF-8 (such as EUC-KR), control or unassigned
 * characters, symbols, or longer than a struct plate holds. */
enum err plate_normalise(const char *raw, size_t len, struct plate *ret);

/* "22아2222" -> "22***22": for logs. ret has PLATE_SIZE bytes. */
void plate_mask(const struct plate *p, char *ret);

#endif
