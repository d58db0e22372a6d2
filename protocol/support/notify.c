#include "protocol/support/notify.h"

#include "protocol/support/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || len >= sizeof a.sun_path)
        return -1;
    memcpy(a.sun_path, path, len);
    if (path[0] == '@') /* an abstract one */
        a.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, size) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* 0 unless it is a number. */
static int64_t number_of(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long v = text ? strtoll(text, &end, 10) : 0;
    return text && end != text && *end == '\0' && errno == 0 && v > 0 ? v : 0;
}

static int64_t watchdog_period_us(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    if (pid && number_of(pid) != getpid())
        return 0;
    return number_of(getenv("WATCHDOG_USEC"));
}

struct notify notify_open(void)
{
    struct notify n = {.fd = -1};
    const char *path = getenv("NOTIFY_SOCKET");
    if (path) {
        n.fd = connect_to(path);
        if (n.fd < 0)
            log_warn("notify.unreachable", LT("socket", path));
        else
            n.period_us = watchdog_period_us();
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return n;
}

void notify_say(const struct notify *n, const char *text)
{
    if (n->fd >= 0)
        (void)send(n->fd, text, strlen(text), MSG_NOSIGNAL);
}

void notify_close(struct notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}
