#include "protocol/wire/plate_match.h"

#include <string.h>

/* Each letter and the digit it is taken for. Bytes of a Hangul syllable are never among them. */
static char folded(char c)
{
    switch (c) {
    case 'O': return '0';
    case 'I': return '1';
    case 'Z': return '2';
    case 'S': return '5';
    case 'B': return '8';
    default: return c;
    }
}

struct plate plate_fold(const struct plate *p)
{
    struct plate f = *p;
    for (char *c = f.text; *c != '\0'; c++)
        *c = folded(*c);
    return f;
}

int plate_confusions(const struct plate *a, const struct plate *b)
{
    int differ = 0;
    size_t len = strlen(a->text);
    if (strlen(b->text) != len)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (a->text[i] == b->text[i])
            continue;
        if (folded(a->text[i]) != folded(b->text[i]))
            return -1;
        differ++;
    }
    return differ;
}
