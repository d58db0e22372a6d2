/* Occupancy traces: CSV with the header `timestamp,capacity,free`, one row per change, ascending.
 */
#ifndef BOOMGATE_SIM_TRAFFIC_TRACE_H
#define BOOMGATE_SIM_TRAFFIC_TRACE_H

#include "protocol/base/clock.h"

enum { TRACE_ERROR_SIZE = 160, TRACE_ROWS_MAX = 1000000 };

struct trace_row {
    struct wall_ms time;
    int32_t capacity;
    int32_t free;
};

struct trace {
    struct trace_row *rows; /* owned; trace_free */
    size_t count;           /* >= 1 */
};

struct trace_error {
    int line; /* 1-based; 0: the file as a whole */
    char text[TRACE_ERROR_SIZE];
};

/* Reads text[0..len). ERR_INVAL: see *ret_error, which is written only then. Refused: another
 * header, another number of fields, a time that is none or not after the one before, a capacity
 * outside 1..1000000, free outside 0..capacity, no rows. LF and CR LF end lines. */
enum err trace_parse(const char *text, size_t len, struct trace *ret,
                     struct trace_error *ret_error);

/* Also ERR_NOTFOUND: the file cannot be read. */
enum err trace_read(const char *file, struct trace *ret, struct trace_error *ret_error);

void trace_free(struct trace *t);

#endif
