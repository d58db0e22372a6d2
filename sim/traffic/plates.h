/* The plates of generated vehicles. The n-th vehicle of a seed always has the same plate, so that
 * an accounts file can be made before the traffic runs. Raw text as on the plate, with its
 * separators. */
#ifndef BOOMGATE_SIM_TRAFFIC_PLATES_H
#define BOOMGATE_SIM_TRAFFIC_PLATES_H

#include "protocol/wire/plate_text.h"

#include <stdint.h>

struct plate_made {
    struct plate_raw plate;
    uint16_t country; /* ISO 3166-1 numeric: 410, 276, 250 */
};

/* Different serials below 2^24 have different plates, also after normalisation. About
 * korean_percent of them are Korean, the rest German and French. */
struct plate_made plate_make(uint64_t seed, uint32_t serial, int korean_percent);

/* The country a plate of unknown origin is shown with: 410 if it has a Hangul syllable, else 276.
 */
uint16_t plate_country(const char *text);

#endif
