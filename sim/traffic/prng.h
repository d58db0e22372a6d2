/* A seeded stream of random numbers (splitmix64, Steele, Lea, Flood 2014): the same seed gives the
 * same traffic on every machine. Never for secrets. */
#ifndef BOOMGATE_SIM_TRAFFIC_PRNG_H
#define BOOMGATE_SIM_TRAFFIC_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state;
};

/* A value that depends on both arguments in every bit. */
uint64_t prng_mix(uint64_t a, uint64_t b);

uint64_t prng_next(struct prng *p);

/* 0..bound-1; bound >= 1. */
uint64_t prng_below(struct prng *p, uint64_t bound);

/* Uniform in 0..1, without 1. */
double prng_unit(struct prng *p);

/* Exponentially distributed with this mean, at least 1. */
int64_t prng_exponential(struct prng *p, double mean);

#endif
