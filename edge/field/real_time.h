/* Real microseconds of CLOCK_MONOTONIC: the scan, its deadlines and the network run in real time,
 * also when the domain's clock is scaled. */
#ifndef BOOMGATE_EDGE_FIELD_REAL_TIME_H
#define BOOMGATE_EDGE_FIELD_REAL_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

#endif
