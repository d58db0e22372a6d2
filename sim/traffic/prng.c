/* See prng.h. */
#include "sim/traffic/prng.h"

#include <math.h>

static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

uint64_t prng_mix(uint64_t a, uint64_t b)
{
    return scramble(scramble(a + 0x9E3779B97F4A7C15ULL) ^ (b + 0x632BE59BD9B4E019ULL));
}

uint64_t prng_next(struct prng *p)
{
    p->state += 0x9E3779B97F4A7C15ULL;
    return scramble(p->state);
}

uint64_t prng_below(struct prng *p, uint64_t bound)
{
    return prng_next(p) % bound; /* the bias is below 2^-40 for all bounds used here */
}

double prng_unit(struct prng *p)
{
    return (double)(prng_next(p) >> 11) * (1.0 / 9007199254740992.0);
}

int64_t prng_exponential(struct prng *p, double mean)
{
    double v = -mean * log(1.0 - prng_unit(p));
    return v < 1.0 ? 1 : (int64_t)v;
}
