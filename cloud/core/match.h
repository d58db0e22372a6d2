/* Why an open stay and an exit without one may belong together: for a person who looks for the entry of a
 * misread plate. Pure.
 *
 * M1 Tolerant of one wrong, missing or additional character, or of any number of characters that cameras
 *    confuse (protocol/wire/plate_match.h). A character is one code point, so a Hangul syllable is one.
 * M2 What the driver showed (ticket, card, code) counts more than any plate. */
#ifndef BOOMGATE_CLOUD_CORE_MATCH_H
#define BOOMGATE_CLOUD_CORE_MATCH_H

#include "cloud/core/records.h"

/* The strongest reason first. */
enum match_why {
    MATCH_CREDENTIAL,    /* the same ticket, card or code */
    MATCH_SAME,          /* the same plate */
    MATCH_CONFUSED,      /* the plates differ in characters that cameras confuse */
    MATCH_ONE_CHARACTER, /* ... in one character */
    MATCH_UNREAD,        /* one of the plates was not read */
    MATCH_NONE
};
/* "credential" "same_plate" "confused" "one_character" "unread" "none" */
const char *match_why_word(enum match_why v);

enum match_why match_plates(const struct plate *entry, const struct plate *exit);

/* MATCH_NONE, too, if the exit was before the entry. */
enum match_why match_stays(const struct session_row *open, const struct session_row *unmatched);

#endif
