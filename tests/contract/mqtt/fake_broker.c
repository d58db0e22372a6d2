#include "tests/contract/mqtt/fake_broker.h"

#include "protocol/support/memory.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NO_GOODBYE = 256, CONNECT = 1, SUBSCRIBE = 8, DISCONNECT = 14, PACKET_MAX = 1024 };

struct fake_broker {
    enum misbehaviour how;
    int listener;
    uint16_t port;
    atomic_int client; /* the connection being served, -1: none */
    atomic_bool stopping;
    atomic_int goodbye;
    pthread_t thread;
};

static bool read_all(int fd, uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, bytes + at, len - at);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* One packet whose length takes at most two bytes; its type, or -1. */
static int read_packet(int fd, uint8_t body[PACKET_MAX], size_t *ret_len)
{
    uint8_t head[2], more = 0;
    if (!read_all(fd, head, sizeof head) || (head[1] > 127 && !read_all(fd, &more, 1)))
        return -1;
    size_t len = (head[1] & 127u) + more * 128u;
    if (len > PACKET_MAX || !read_all(fd, body, len))
        return -1;
    *ret_len = len;
    return head[0] >> 4;
}

static void say(int fd, const uint8_t *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) < 0)
        shutdown(fd, SHUT_RDWR);
}

static void answer_connect(const struct fake_broker *b, int fd)
{
    static const uint8_t refused[] = {0x20, 3, 0, 0x87, 0}, welcome[] = {0x20, 3, 0, 0, 0},
                         taken_over[] = {0xE0, 2, 0x8E, 0}, garbage[] = {0xFF, 0xFF, 0xFF, 0xFF};
    if (b->how == REFUSES_CONNECT)
        say(fd, refused, sizeof refused);
    else if (b->how == SAYS_GARBAGE)
        say(fd, garbage, sizeof garbage);
    else if (b->how != SAYS_NOTHING)
        say(fd, welcome, sizeof welcome);
    if (b->how == SAYS_TAKEN_OVER)
        say(fd, taken_over, sizeof taken_over);
}

/* One reason per filter: granted QoS 1, but the last one refused. */
static void answer_subscribe(int fd, const uint8_t *body, size_t len)
{
    uint8_t suback[32] = {0x90, 3, body[0], body[1], 0};
    size_t at = 3, count = 0;
    while (at + 2 < len && count < 16) {
        at += 2 + ((size_t)body[at] << 8 | body[at + 1]) + 1;
        suback[5 + count++] = 1;
    }
    suback[5 + count - 1] = 0x87;
    suback[1] = (uint8_t)(3 + count);
    say(fd, suback, 5 + count);
}

static void serve(struct fake_broker *b, int fd)
{
    uint8_t body[PACKET_MAX];
    size_t len;
    for (int type; (type = read_packet(fd, body, &len)) >= 0;) {
        if (type == CONNECT)
            answer_connect(b, fd);
        else if (type == SUBSCRIBE && b->how == CLOSES_SESSIONS)
            return;
        else if (type == SUBSCRIBE && len > 5)
            answer_subscribe(fd, body, len);
        else if (type == DISCONNECT)
            atomic_store(&b->goodbye, len > 0 ? body[0] : 0);
    }
}

static void *run(void *arg)
{
    struct fake_broker *b = arg;
    while (!atomic_load(&b->stopping)) {
        int fd = accept(b->listener, NULL, NULL);
        if (fd < 0)
            break;
        atomic_store(&b->client, fd);
        if (b->how != CLOSES_AT_ONCE)
            serve(b, fd);
        atomic_store(&b->client, -1);
        close(fd);
    }
    return NULL;
}

struct fake_broker *fake_broker_start(enum misbehaviour how)
{
    struct fake_broker *b = mem_alloc(sizeof *b);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    b->how = how;
    atomic_init(&b->client, -1);
    atomic_init(&b->goodbye, NO_GOODBYE);
    b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(b->listener, (struct sockaddr *)&a, len) != 0 || listen(b->listener, 16) != 0 ||
        getsockname(b->listener, (struct sockaddr *)&a, &len) != 0 ||
        pthread_create(&b->thread, NULL, run, b) != 0)
        abort();
    b->port = ntohs(a.sin_port);
    return b;
}

uint16_t fake_broker_port(const struct fake_broker *b)
{
    return b->port;
}

int fake_broker_goodbye(const struct fake_broker *b)
{
    return atomic_load(&b->goodbye);
}

void fake_broker_stop(struct fake_broker *b)
{
    atomic_store(&b->stopping, true);
    shutdown(b->listener, SHUT_RDWR);
    int fd = atomic_load(&b->client);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
    pthread_join(b->thread, NULL);
    close(b->listener);
    free(b);
}
