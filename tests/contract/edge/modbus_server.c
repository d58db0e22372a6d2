#include "tests/contract/edge/modbus_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 4, FRAME_MAX = 260, DRIP_MS = 30 };

struct connection {
    int fd; /* -1: free */
    uint8_t in[FRAME_MAX];
    size_t have;
    uint16_t last_id;
};

struct modbus_server {
    int listen_fd, wake_fd, port;
    bool stopping, paused;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct server_unit units[SERVER_UNITS];
    struct connection connections[CONNECTIONS];
    server_hook hook;
    void *hook_arg;
    size_t accepted, open_max, requests;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void nap_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void drop(struct connection *c)
{
    close(c->fd);
    c->fd = -1;
    c->have = 0;
}

static void command(struct server_unit *u)
{
    uint16_t sequence = u->holding[1];
    size_t at = u->command_count++ % SERVER_LOG;
    u->commands[at] = u->holding[0];
    u->sequences[at] = sequence;
    if (sequence == u->registers[120])
        return;
    u->registers[120] = sequence;
    u->registers[121] = u->refuse ? 2 : 1;
    u->executed++;
}

static void written(struct server_unit *u, uint16_t address, uint16_t count)
{
    if (address == 0 && count == 2)
        command(u);
    else if (address == 2)
        u->heartbeat_writes++;
    else if (address == 16)
        u->display_writes++;
}

/* The PDU of the answer into out; its length. 0: no answer. */
static size_t answer(struct server_unit *u, const uint8_t *pdu, size_t len, uint8_t *out)
{
    uint16_t address = get16(pdu + 1), count = get16(pdu + 3);
    out[0] = pdu[0];
    switch (pdu[0]) {
    case 2: {
        size_t bytes = (size_t)(count + 7) / 8;
        out[1] = (uint8_t)bytes;
        memset(out + 2, 0, bytes);
        for (size_t i = 0; i < count && address + i < SERVER_INPUTS; i++)
            out[2 + i / 8] |= (uint8_t)(u->inputs[address + i] << i % 8);
        return 2 + bytes;
    }
    case 4:
        if (address == 16 && !u->heart_stopped)
            u->registers[23]++;
        out[1] = (uint8_t)(count * 2);
        for (size_t i = 0; i < count && address + i < SERVER_REGISTERS; i++)
            put16(out + 2 + 2 * i, u->registers[address + i]);
        return 2 + (size_t)count * 2;
    case 5:
        u->coil_writes++;
        if (address < 16)
            u->coils[address] = count == 0xFF00;
        memcpy(out, pdu, 5);
        return 5;
    case 16:
        for (size_t i = 0; i < count && address + i < SERVER_REGISTERS && 8 + 2 * i <= len; i++)
            u->holding[address + i] = get16(pdu + 6 + 2 * i);
        written(u, address, count);
        memcpy(out, pdu, 5);
        return 5;
    default:
        out[0] = pdu[0] | 0x80;
        out[1] = 1;
        return 2;
    }
}

/* `piece` bytes at a time. */
static void send_all(struct connection *c, const uint8_t *frame, size_t len, size_t piece)
{
    for (size_t i = 0; i < len; i += piece) {
        size_t n = len - i < piece ? len - i : piece;
        if (send(c->fd, frame + i, n, MSG_NOSIGNAL) < 0)
            return;
        if (i + n < len)
            nap_ms(DRIP_MS);
    }
}

/* One request frame: MBAP (id, protocol, length, unit) and PDU. Called with the lock held. */
static void serve(struct modbus_server *s, struct connection *c, const uint8_t *frame, size_t len)
{
    uint8_t out[FRAME_MAX];
    uint8_t unit = frame[6];
    s->requests++;
    if (unit < 1 || unit > SERVER_UNITS || len < 12)
        return;
    struct server_unit *u = &s->units[unit - 1];
    struct server_request r = {unit, frame[7], get16(frame + 8), get16(frame + 10)};
    if (s->hook)
        s->hook(s->hook_arg, &r, u);
    bool is_command = r.function == 16 && r.address == 0;
    uint16_t id = get16(frame);
    size_t n;
    if (u->fault == FAULT_MUTE)
        return;
    if (is_command && u->fault == FAULT_DROP_COMMAND) {
        drop(c);
        return;
    }
    if (u->fault == FAULT_EXCEPTION) {
        out[7] = frame[7] | 0x80;
        out[8] = 2;
        n = 2;
    } else {
        n = answer(u, frame + 7, len - 7, out + 7);
    }
    if (is_command && u->fault == FAULT_MUTE_COMMAND) {
        drop(c);
        return;
    }
    put16(out, u->fault == FAULT_OLD_ID ? c->last_id : id);
    put16(out + 2, 0);
    put16(out + 4, (unsigned)n + 1);
    out[6] = u->fault == FAULT_OTHER_UNIT ? 9 : unit;
    c->last_id = id;
    n += 7;
    if (u->fault == FAULT_LONGER)
        out[n++] = 0;
    send_all(c, out, n, u->fault == FAULT_DRIP ? 1 : u->fault == FAULT_PIECES ? n / 2 + 1 : n);
}

static void receive(struct modbus_server *s, struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
    if (n <= 0) {
        drop(c);
        return;
    }
    c->have += (size_t)n;
    while (c->fd >= 0 && c->have >= 6 && c->have >= 6u + get16(c->in + 4)) {
        size_t len = 6u + get16(c->in + 4);
        serve(s, c, c->in, len);
        if (c->fd < 0)
            return;
        c->have -= len;
        memmove(c->in, c->in + len, c->have);
    }
}

static void admit(struct modbus_server *s)
{
    int fd = accept(s->listen_fd, NULL, NULL);
    const int on = 1;
    size_t open = 1;
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *place = NULL;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (s->connections[i].fd < 0)
            place = &s->connections[i];
        else
            open++;
    }
    s->accepted++;
    s->open_max = open > s->open_max ? open : s->open_max;
    if (place)
        *place = (struct connection){.fd = fd};
    else
        close(fd);
}

static int listen_on(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 8) != 0)
        abort();
    return fd;
}

static void apply_pause(struct modbus_server *s)
{
    if (s->paused && s->listen_fd >= 0) {
        close(s->listen_fd);
        s->listen_fd = -1;
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (s->connections[i].fd >= 0)
                drop(&s->connections[i]);
    } else if (!s->paused && s->listen_fd < 0) {
        s->listen_fd = listen_on(s->port);
    }
    pthread_cond_broadcast(&s->changed);
}

static void *serve_main(void *arg)
{
    struct modbus_server *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        apply_pause(s);
        struct pollfd fds[2 + CONNECTIONS] = {{.fd = s->wake_fd, .events = POLLIN},
                                              {.fd = s->listen_fd, .events = POLLIN}};
        for (size_t i = 0; i < CONNECTIONS; i++)
            fds[2 + i] = (struct pollfd){.fd = s->connections[i].fd, .events = POLLIN};
        pthread_mutex_unlock(&s->lock);
        poll(fds, 2 + CONNECTIONS, -1);
        pthread_mutex_lock(&s->lock);
        uint64_t count;
        if (fds[0].revents && read(s->wake_fd, &count, sizeof count) < 0)
            abort();
        if (fds[1].revents && !s->paused)
            admit(s);
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (fds[2 + i].revents && s->connections[i].fd == fds[2 + i].fd)
                receive(s, &s->connections[i]);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void poke(struct modbus_server *s)
{
    uint64_t one = 1;
    if (write(s->wake_fd, &one, sizeof one) < 0)
        abort();
}

static void make_healthy(struct server_unit *u)
{
    static const uint8_t on[] = {4, 5, 6, 7, 9, 10, 11, 12, 22, 23};
    for (size_t i = 0; i < sizeof on; i++)
        u->inputs[on[i]] = 1;
    u->registers[0] = 0x4247;
    u->registers[1] = 0x4C4E;
    u->registers[2] = 1;
    u->registers[16] = 17; /* closed */
    u->registers[22] = 1;  /* boots */
    u->registers[120] = 65534;
}

struct modbus_server *server_start(void)
{
    struct modbus_server *s = calloc(1, sizeof *s);
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    s->wake_fd = eventfd(0, EFD_CLOEXEC);
    s->listen_fd = listen_on(0);
    getsockname(s->listen_fd, (struct sockaddr *)&a, &len);
    s->port = ntohs(a.sin_port);
    for (size_t i = 0; i < CONNECTIONS; i++)
        s->connections[i].fd = -1;
    for (size_t i = 0; i < SERVER_UNITS; i++)
        make_healthy(&s->units[i]);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->thread, NULL, serve_main, s) != 0)
        abort();
    return s;
}

void server_stop(struct modbus_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    poke(s);
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (s->connections[i].fd >= 0)
            close(s->connections[i].fd);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    close(s->wake_fd);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->changed);
    free(s);
}

int server_port(const struct modbus_server *s)
{
    return s->port;
}

struct server_unit *server_lock(struct modbus_server *s, int unit)
{
    pthread_mutex_lock(&s->lock);
    return &s->units[unit - 1];
}

void server_unlock(struct modbus_server *s)
{
    pthread_mutex_unlock(&s->lock);
}

void server_set_input(struct modbus_server *s, int unit, int input, bool on)
{
    server_lock(s, unit)->inputs[input] = on;
    server_unlock(s);
}

void server_set_fault(struct modbus_server *s, int unit, enum server_fault fault)
{
    server_lock(s, unit)->fault = fault;
    server_unlock(s);
}

void server_set_plate(struct modbus_server *s, int unit, uint16_t sequence, const char *text)
{
    struct server_unit *u = server_lock(s, unit);
    size_t len = strlen(text);
    u->registers[48] = sequence;
    u->registers[49] = (uint16_t)len;
    u->registers[50] = 9900;
    memset(u->registers + 56, 0, 16 * sizeof(uint16_t));
    for (size_t i = 0; i < len; i++)
        u->registers[56 + i / 2] |= (uint16_t)((uint8_t)text[i] << (i % 2 ? 0 : 8));
    server_unlock(s);
}

void server_set_hook(struct modbus_server *s, server_hook hook, void *arg)
{
    server_lock(s, 1);
    s->hook = hook;
    s->hook_arg = arg;
    server_unlock(s);
}

static void set_paused(struct modbus_server *s, bool paused)
{
    pthread_mutex_lock(&s->lock);
    s->paused = paused;
    poke(s);
    while ((s->listen_fd < 0) != paused)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

void server_pause(struct modbus_server *s)
{
    set_paused(s, true);
}

void server_resume(struct modbus_server *s)
{
    set_paused(s, false);
}

static size_t read_count(struct modbus_server *s, const size_t *count)
{
    pthread_mutex_lock(&s->lock);
    size_t n = *count;
    pthread_mutex_unlock(&s->lock);
    return n;
}

size_t server_connections(struct modbus_server *s)
{
    return read_count(s, &s->accepted);
}

size_t server_open_max(struct modbus_server *s)
{
    return read_count(s, &s->open_max);
}

size_t server_requests(struct modbus_server *s)
{
    return read_count(s, &s->requests);
}
