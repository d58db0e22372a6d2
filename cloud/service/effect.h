/* What leaves the process: recorded while the batch is decided, released after COMMIT (C1). */
#ifndef BOOMGATE_CLOUD_SERVICE_EFFECT_H
#define BOOMGATE_CLOUD_SERVICE_EFFECT_H

#include "cloud/service/state.h"

/* What leaves after COMMIT, in this order within one batch. */
enum effect_kind {
    EFFECT_ACK,
    EFFECT_RESPOND,
    EFFECT_OFFER,
    EFFECT_OCCUPANCY,
    EFFECT_RESYNC,
    EFFECT_COMMAND,
    EFFECT_RIGHTS,
    EFFECT_PAYMENT,
    EFFECT_ADMIN,
    EFFECT_NOTICE
};

struct effect {
    enum effect_kind kind;
    struct name place, edge;
    union {
        struct {
            int64_t epoch, upto;
        } ack;
        struct {
            uint8_t correlation[16];
            struct response response;
        } respond;
        struct grant offer;
        struct command command;
        struct {
            char *bytes; /* owned */
            size_t len;
        } rights;
        struct occupancy occupancy;
        struct payment_call payment;
        struct {
            void (*done)(void *arg, const struct admin_result *r);
            void *arg;
            struct admin_result result;
        } admin;
        struct {
            enum notice notice;
            char *json; /* owned */
        } notice;
    };
};

struct effect *effect_add(struct service *s, enum effect_kind kind, const struct name *place,
                          const struct name *edge);
void effects_release(struct service *s); /* after COMMIT */
void effects_free(struct service *s);    /* at the end: what was never released */

#endif
