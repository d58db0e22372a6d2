/* See garble.h. */
#include "sim/hardware/garble.h"

#include <stdint.h>
#include <string.h>

enum { HANGUL_BYTES = 3 };

/* The syllables on plates, in KS X 1001 as EUC-KR has them. */
static const struct {
    char utf8[HANGUL_BYTES + 1];
    uint16_t euc;
} syllables[] = {
    {"가", 0xB0A1}, {"나", 0xB3AA}, {"다", 0xB4D9}, {"라", 0xB6F3}, {"마", 0xB8B6}, {"거", 0xB0C5},
    {"너", 0xB3CA}, {"더", 0xB4F5}, {"러", 0xB7AF}, {"머", 0xB8D3}, {"버", 0xB9F6}, {"서", 0xBCAD},
    {"어", 0xBEEE}, {"저", 0xC0FA}, {"고", 0xB0ED}, {"노", 0xB3EB}, {"도", 0xB5B5}, {"로", 0xB7CE},
    {"모", 0xB8F0}, {"보", 0xBAB8}, {"소", 0xBCD2}, {"오", 0xBFC0}, {"조", 0xC1B6}, {"구", 0xB1B8},
    {"누", 0xB4A9}, {"두", 0xB5CE}, {"루", 0xB7E7}, {"무", 0xB9AB}, {"부", 0xBACE}, {"수", 0xBCF6},
    {"우", 0xBFEC}, {"주", 0xC1D6}, {"아", 0xBEC6}, {"바", 0xB9D9}, {"사", 0xBBE7}, {"자", 0xC0DA},
    {"하", 0xC7CF}, {"허", 0xC7E3}, {"호", 0xC8A3}, {"배", 0xB9E8},
};

void garble_swap(char *text, size_t bytes)
{
    for (size_t i = 0; i + 1 < bytes; i += 2) {
        char first = text[i];
        text[i] = text[i + 1];
        text[i + 1] = first;
    }
}

size_t garble_euc_kr(const char *text, char *ret)
{
    size_t len = strlen(text), at = 0, out = 0;
    while (at < len) {
        size_t k = 0, count = sizeof syllables / sizeof syllables[0];
        while (k < count && strncmp(text + at, syllables[k].utf8, HANGUL_BYTES) != 0)
            k++;
        if (k == count) {
            ret[out++] = text[at++];
            continue;
        }
        ret[out++] = (char)(syllables[k].euc >> 8);
        ret[out++] = (char)(syllables[k].euc & 0xFF);
        at += HANGUL_BYTES;
    }
    memset(ret + out, 0, len - out);
    return out;
}
