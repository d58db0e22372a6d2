/* Appointments in time order: which vehicle wants to leave when. Equal times keep their order. */
#ifndef BOOMGATE_SIM_TRAFFIC_AGENDA_H
#define BOOMGATE_SIM_TRAFFIC_AGENDA_H

#include <stddef.h>
#include <stdint.h>

struct appointment {
    int64_t at_ms;
    uint64_t number; /* in order of agenda_add */
    uint32_t car;
};

struct agenda { /* zero-initialised: empty */
    struct appointment *heap;
    size_t count;
    size_t room;
    uint64_t next_number;
};

void agenda_add(struct agenda *a, int64_t at_ms, uint32_t car);

/* INT64_MAX when empty. */
int64_t agenda_due_ms(const struct agenda *a);

/* Takes the earliest; there must be one. */
uint32_t agenda_take(struct agenda *a);

void agenda_free(struct agenda *a);

#endif
