/* When two readings may be one plate: cameras confuse 0 and O, 1 and I, 2 and Z, 5 and S, 8 and B
 * (the shapes listed by the trade for Latin plates; no such list is published for Hangul syllables,
 * so those must agree). Pure.
 *
 * K1 two plates that differ in confusable characters only have the same folded form, and only they.
 * K2 the folded form of a folded form is itself. */
#ifndef BOOMGATE_WIRE_PLATE_MATCH_H
#define BOOMGATE_WIRE_PLATE_MATCH_H

#include "protocol/wire/plate_text.h"

/* One key for all readings a camera may confuse. Takes a normalised plate. */
struct plate plate_fold(const struct plate *p);

/* In how many characters the two differ if every difference is a confusion; -1 if one is not. 0: the
 * same plate. */
int plate_confusions(const struct plate *a, const struct plate *b);

#endif
