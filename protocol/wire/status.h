/* What an edge or a cloud instance says of itself outside the event stream: birth and will (retained),
 * telemetry, and the occupancy of a place (retained). None of it is a fact of the ledger. */
#ifndef BOOMGATE_WIRE_STATUS_H
#define BOOMGATE_WIRE_STATUS_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/wire/words.h"

#include <stdbool.h>
#include <stddef.h>

enum { STATUS_BYTES_MAX = 4096, TELEMETRY_LANES_MAX = 16, STATUS_VERSION_SIZE = 32 };

/* Birth and will of one session: the will of session 7 never overrides the birth of session 8. */
struct status {
    bool online;
    int64_t boot;
    int64_t session; /* counts connections of this process */
    struct wall_ms time;
    char version[STATUS_VERSION_SIZE];
};

/* A cloud instance: online with `resync` asks every edge to resend from its base now. */
struct cloud_status {
    bool online;
    bool resync;
    struct wall_ms time;
};

struct telemetry {
    struct wall_ms time;
    int64_t epoch;
    int64_t next;          /* seq of the next event */
    int64_t outbox_depth;  /* events not acknowledged */
    int64_t outbox_age_ms; /* of the oldest of them */
    int64_t free;          /* spaces in hand */
    int64_t overdraft;
    enum clock_state clock;
    size_t lane_count;
    struct telemetry_lane {
        struct name lane;
        enum direction direction;
        char state[16];              /* lane machine state, e.g. "open" */
        char arm[12];                /* "down" "up" "moving" "unknown" */
        bool online;                 /* inputs fresh */
        int64_t link_us;             /* last transaction */
        uint32_t inputs;             /* bits of enum lane_input */
        enum lane_mode mode;         /* the strongest that holds it; optional */
        bool degraded;               /* a loop is stuck: crossings may not be counted; optional */
        enum device_breaker breaker; /* of its device; optional */
    } lanes[TELEMETRY_LANES_MAX];
};

/* What signs show. free = what a driver may count on, 0..capacity. */
struct occupancy {
    int64_t capacity;
    int64_t occupied;
    int64_t free;
    bool full;
    struct wall_ms time;
};

enum err status_encode(const struct status *s, char *ret, size_t size, size_t *ret_len);
enum err status_decode(const void *bytes, size_t len, struct status *ret, char *ret_reason);
enum err cloud_status_encode(const struct cloud_status *s, char *ret, size_t size, size_t *ret_len);
enum err cloud_status_decode(const void *bytes, size_t len, struct cloud_status *ret,
                             char *ret_reason);
enum err telemetry_encode(const struct telemetry *t, char *ret, size_t size, size_t *ret_len);
enum err telemetry_decode(const void *bytes, size_t len, struct telemetry *ret, char *ret_reason);
enum err occupancy_encode(const struct occupancy *o, char *ret, size_t size, size_t *ret_len);
enum err occupancy_decode(const void *bytes, size_t len, struct occupancy *ret, char *ret_reason);

#endif
