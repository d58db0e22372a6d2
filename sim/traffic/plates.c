/* See plates.h. Each family numbers all its plates; a serial walks that numbering in prime steps
 * from a start given by the seed, which visits every plate once before any comes again. */
#include "sim/traffic/plates.h"

#include "sim/traffic/prng.h"

#include <stdio.h>
#include <string.h>

enum { KOREA = 410, GERMANY = 276, FRANCE = 250 };

/* Private cars only: the syllables of the national list, without taxi and rental ones. */
static const char *const syllables[] = {
    "가", "나", "다", "라", "마", "거", "너", "더", "러", "머", "버", "서", "어", "저", "고", "노",
    "도", "로", "모", "보", "소", "오", "조", "구", "누", "두", "루", "무", "부", "수", "우", "주",
};
/* Two letters each: with one or three, B-AB and BA-B would be the same plate without separators. */
static const char *const districts[] = {"HH", "OS", "BN", "KA", "DO", "MS", "KI", "HB", "DD", "EF"};
static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";

enum {
    SYLLABLES = sizeof syllables / sizeof syllables[0],
    DISTRICTS = sizeof districts / sizeof districts[0],
    LETTERS = sizeof letters - 1,
};

/* Coprime to the size of every family. */
static const uint64_t stride = 179424673;

static uint64_t place_in(uint64_t size, uint64_t seed, uint32_t serial)
{
    return (prng_mix(seed, size) % size + serial * stride) % size;
}

/* 12가3456 and 123가4567. */
static void make_korean(uint64_t seed, uint32_t serial, struct plate_made *ret)
{
    uint64_t at = place_in(990ULL * SYLLABLES * 9999, seed, serial);
    unsigned number = (unsigned)(at % 9999) + 1;
    unsigned kind = (unsigned)(at / 9999 % 990) + 10;
    const char *syllable = syllables[at / 9999 / 990];
    snprintf(ret->plate.text, sizeof ret->plate.text, "%u%s%04u", kind, syllable, number);
    ret->country = KOREA;
}

/* HH-AB 1234. */
static void make_german(uint64_t seed, uint32_t serial, struct plate_made *ret)
{
    uint64_t at = place_in(9000ULL * LETTERS * LETTERS * DISTRICTS, seed, serial);
    unsigned number = (unsigned)(at % 9000) + 1000;
    at /= 9000;
    snprintf(ret->plate.text, sizeof ret->plate.text, "%s-%c%c %u",
             districts[at / LETTERS / LETTERS], letters[at % LETTERS],
             letters[at / LETTERS % LETTERS], number);
    ret->country = GERMANY;
}

/* AB-123-CD. */
static void make_french(uint64_t seed, uint32_t serial, struct plate_made *ret)
{
    uint64_t at = place_in(999ULL * LETTERS * LETTERS * LETTERS * LETTERS, seed, serial);
    unsigned number = (unsigned)(at % 999) + 1;
    char four[4];
    at /= 999;
    for (int i = 0; i < 4; i++, at /= LETTERS)
        four[i] = letters[at % LETTERS];
    snprintf(ret->plate.text, sizeof ret->plate.text, "%c%c-%03u-%c%c", four[0], four[1], number,
             four[2], four[3]);
    ret->country = FRANCE;
}

struct plate_made plate_make(uint64_t seed, uint32_t serial, int korean_percent)
{
    struct plate_made made = {0};
    uint64_t lot = prng_mix(seed, serial);
    if ((int)(lot % 100) < korean_percent)
        make_korean(seed, serial, &made);
    else if (lot / 100 % 4 != 0)
        make_german(seed, serial, &made);
    else
        make_french(seed, serial, &made);
    return made;
}

uint16_t plate_country(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p >= 0xEA && *p <= 0xED) /* lead bytes of U+A000..U+DFFF: the Hangul syllables */
            return KOREA;
    return GERMANY;
}
