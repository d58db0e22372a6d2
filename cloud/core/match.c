#include "cloud/core/match.h"

#include "protocol/wire/plate_match.h"

#include <string.h>

const char *match_why_word(enum match_why v)
{
    static const char *const words[] = {"credential",    "same_plate", "confused",
                                        "one_character", "unread",     "none"};
    return words[v];
}

/* Bytes of the character at `text`; 0 at the end. */
static size_t character(const char *text)
{
    size_t len = text[0] != '\0';
    while (len > 0 && (text[len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* The rest behind `a_skip` and `b_skip` bytes is the same. */
static bool rest_same(const char *a, size_t a_skip, const char *b, size_t b_skip)
{
    return strcmp(a + a_skip, b + b_skip) == 0;
}

static bool one_character(const char *a, const char *b)
{
    size_t len;
    while ((len = character(a)) > 0 && strncmp(a, b, len) == 0)
        a += len, b += len;
    size_t in_a = character(a), in_b = character(b);
    return rest_same(a, in_a, b, in_b) || rest_same(a, in_a, b, 0) || rest_same(a, 0, b, in_b);
}

enum match_why match_plates(const struct plate *entry, const struct plate *exit)
{
    if (entry->text[0] == '\0' || exit->text[0] == '\0')
        return MATCH_UNREAD;
    int confusions = plate_confusions(entry, exit);
    if (confusions >= 0)
        return confusions == 0 ? MATCH_SAME : MATCH_CONFUSED;
    return one_character(entry->text, exit->text) ? MATCH_ONE_CHARACTER : MATCH_NONE;
}

enum match_why match_stays(const struct session_row *open, const struct session_row *unmatched)
{
    if (unmatched->end.v < open->start.v)
        return MATCH_NONE;
    if (open->credential.text[0] != '\0' &&
        strcmp(open->credential.text, unmatched->credential.text) == 0)
        return MATCH_CREDENTIAL;
    return match_plates(&open->plate, &unmatched->plate);
}
