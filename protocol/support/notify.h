/* Tells the service manager (systemd, sd_notify(3)) that a daemon is ready, alive, stopping. */
#ifndef BOOMGATE_SUPPORT_NOTIFY_H
#define BOOMGATE_SUPPORT_NOTIFY_H

#include <stdint.h>

struct notify {
    int fd;            /* -1: nobody wants to know */
    int64_t period_us; /* the watchdog's; 0: there is none */
};

/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are removed from the environment. */
struct notify notify_open(void);

/* "READY=1", "WATCHDOG=1", "STOPPING=1". Never blocks; what cannot be said is not. */
void notify_say(const struct notify *n, const char *text);

void notify_close(struct notify *n);

#endif
