#include "tests/contract/mqtt/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { FD_LIMIT = 256 };

struct socket_set sockets_set(uint16_t port)
{
    struct socket_set set = {.count = 0};
    for (int fd = 0; fd < FD_LIMIT; fd++) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sin_family == AF_INET &&
            peer.sin_port == htons(port) && set.count < sizeof set.fds / sizeof set.fds[0])
            set.fds[set.count++] = fd;
    }
    return set;
}

int sockets_to(uint16_t port)
{
    return (int)sockets_set(port).count;
}

bool sockets_have_nodelay(uint16_t port)
{
    struct socket_set set = sockets_set(port);
    for (size_t i = 0; i < set.count; i++) {
        int on = 0;
        socklen_t len = sizeof on;
        if (getsockopt(set.fds[i], IPPROTO_TCP, TCP_NODELAY, &on, &len) != 0 || on == 0)
            return false;
    }
    return set.count > 0;
}

void sockets_cut_new(uint16_t port, const struct socket_set *old)
{
    struct socket_set set = sockets_set(port);
    for (size_t i = 0; i < set.count; i++) {
        bool known = false;
        for (size_t j = 0; j < old->count; j++)
            known |= old->fds[j] == set.fds[i];
        if (!known)
            shutdown(set.fds[i], SHUT_RDWR);
    }
}
