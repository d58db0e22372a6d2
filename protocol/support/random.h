/* Randomness from the kernel; ends the process if the kernel has none. */
#ifndef BOOMGATE_SUPPORT_RANDOM_H
#define BOOMGATE_SUPPORT_RANDOM_H

#include "protocol/base/id.h"
#include "protocol/base/ticket.h"

uint64_t random_u64(void);
struct request_id random_request_id(void);
struct movement_id random_movement_id(void);
struct ticket random_ticket(void);

#endif
