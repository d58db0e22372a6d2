#include "protocol/mqtt/nodelay.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool peer_is(int fd, uint32_t address, uint16_t port)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
        return false; /* not a socket, or not connected */
    if (peer.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &peer, sizeof v4);
        return v4.sin_port == htons(port) && (address == 0 || v4.sin_addr.s_addr == address);
    }
    if (peer.ss_family == AF_INET6 && address == 0) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &peer, sizeof v6);
        return v6.sin6_port == htons(port);
    }
    return false;
}

int nodelay_by_peer(uint32_t address, uint16_t port)
{
    int found = 0, on = 1;
    DIR *open_fds = opendir("/proc/self/fd");
    if (open_fds == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(open_fds)) != NULL;) {
        char *end;
        errno = 0;
        long fd = strtol(entry->d_name, &end, 10);
        if (errno != 0 || end == entry->d_name || *end != '\0')
            continue;
        if (peer_is((int)fd, address, port) &&
            setsockopt((int)fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0)
            found++;
    }
    closedir(open_fds);
    return found;
}
