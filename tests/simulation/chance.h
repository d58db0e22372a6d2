/* The only source of chance: splitmix64 (public domain). A seed replays exactly. */
#ifndef BOOMGATE_TESTS_SIMULATION_CHANCE_H
#define BOOMGATE_TESTS_SIMULATION_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *c)
{
    uint64_t z = (c->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0..n - 1; n > 0 */
static inline int64_t chance_below(struct chance *c, int64_t n)
{
    return (int64_t)(chance_next(c) % (uint64_t)n);
}

/* low..high */
static inline int64_t chance_between(struct chance *c, int64_t low, int64_t high)
{
    return low + chance_below(c, high - low + 1);
}

/* True `ppm` times in a million. Draws nothing for 0, so that an absent fault costs nothing. */
static inline bool chance_hits(struct chance *c, int64_t ppm)
{
    return ppm > 0 && chance_below(c, 1000000) < ppm;
}

#endif
