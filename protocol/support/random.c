#include "protocol/support/random.h"

#include "protocol/support/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Requests of up to 256 bytes are never cut short once the kernel's pool is ready (getrandom(2)).
 */
static void fill(void *p, size_t size)
{
    ssize_t n;
    do
        n = getrandom(p, size, 0);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)size) {
        log_error("random.unavailable", LN("errno", errno));
        abort();
    }
}

uint64_t random_u64(void)
{
    uint64_t v;
    fill(&v, sizeof v);
    return v;
}

struct request_id random_request_id(void)
{
    uint8_t bytes[16];
    fill(bytes, sizeof bytes);
    return request_id_from(bytes);
}

struct ticket random_ticket(void)
{
    uint8_t bytes[TICKET_RANDOM_BYTES];
    fill(bytes, sizeof bytes);
    return ticket_from(bytes);
}

struct movement_id random_movement_id(void)
{
    return movement_id_from(random_u64());
}
