#include "tests/contract/edge/modbus_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 4, FRAME_MAX = 260, DRIP_MS = 30, SLOW_MS = 60, LATE_MS = 150 };

struct connection {
    int fd; /* -1: free */
    bool serial;
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
    char device[64];
    int device_fd; /* serial: keeps the other end open */
    bool echo;
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
    case 1:
        out[1] = (uint8_t)((count + 7) / 8);
        memset(out + 2, 0, out[1]);
        for (size_t i = 0; i < count && address + i < sizeof u->coils; i++)
            out[2 + i / 8] |= (uint8_t)(u->coils[address + i] << i % 8);
        return 2u + out[1];
    case 3:
        out[1] = (uint8_t)(count * 2);
        for (size_t i = 0; i < count && address + i < SERVER_REGISTERS; i++)
            put16(out + 2 + 2 * i, u->holding[address + i]);
        return 2 + (size_t)count * 2;
    case 2: {
        u->scans += address == 0 && count > 1;
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
        u->coil_log[u->coil_writes++ % SERVER_LOG] = (uint8_t)(address * 2 + (count == 0xFF00));
        if (address < 16 && u->fault != FAULT_LOSE_WRITE)
            u->coils[address] = count == 0xFF00;
        memcpy(out, pdu, 5);
        return 5;
    case 6:
        if (address < SERVER_REGISTERS && u->fault != FAULT_LOSE_WRITE)
            u->holding[address] = count;
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
        if ((c->serial ? write(c->fd, frame + i, n) : send(c->fd, frame + i, n, MSG_NOSIGNAL)) < 0)
            return;
        if (i + n < len)
            nap_ms(DRIP_MS);
    }
}

static uint16_t crc16(const uint8_t *bytes, size_t len)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

/* A TCP answer as one for a serial line; its length. */
static size_t to_serial(uint8_t *frame, size_t len, bool spoilt)
{
    memmove(frame, frame + 6, len - 6);
    uint16_t crc = crc16(frame, len - 6);
    frame[len - 6] = (uint8_t)(crc ^ spoilt);
    frame[len - 5] = (uint8_t)(crc >> 8);
    return len - 4;
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
    if (c->serial)
        n = to_serial(out, n, u->fault == FAULT_CRC);
    if (u->fault == FAULT_SLOW || u->fault == FAULT_LATE)
        nap_ms(u->fault == FAULT_SLOW ? SLOW_MS : LATE_MS);
    send_all(c, out, n, u->fault == FAULT_DRIP ? 1 : u->fault == FAULT_PIECES ? n / 2 + 1 : n);
}

/* Requests come whole or not at all from a client that is right; noise is dropped. */
static void receive_serial(struct modbus_server *s, struct connection *c)
{
    uint8_t frame[FRAME_MAX] = {0};
    ssize_t n = read(c->fd, c->in + c->have, sizeof c->in - c->have);
    if (n <= 0)
        return;
    if (s->echo && write(c->fd, c->in + c->have, (size_t)n) != n)
        return;
    c->have += (size_t)n;
    size_t len = c->have < 7 ? 8 : c->in[1] == 16 ? 9u + c->in[6] : 8u;
    if (c->have < len)
        return;
    c->have = 0;
    uint16_t crc = crc16(c->in, len - 2);
    if (c->in[len - 2] != (crc & 0xFF) || c->in[len - 1] != crc >> 8)
        return;
    put16(frame + 4, (unsigned)len - 2);
    memcpy(frame + 6, c->in, len - 2);
    serve(s, c, frame, len + 4);
}

static void receive(struct modbus_server *s, struct connection *c)
{
    if (c->serial) {
        receive_serial(s, c);
        return;
    }
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
    } else if (!s->paused && s->listen_fd < 0 && s->device_fd < 0) {
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
        /* What is closed makes room before what comes is counted. */
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (fds[2 + i].revents && s->connections[i].fd == fds[2 + i].fd)
                receive(s, &s->connections[i]);
        if (fds[1].revents && !s->paused)
            admit(s);
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

static struct modbus_server *make_server(void)
{
    struct modbus_server *s = calloc(1, sizeof *s);
    s->wake_fd = eventfd(0, EFD_CLOEXEC);
    s->listen_fd = s->device_fd = -1;
    for (size_t i = 0; i < CONNECTIONS; i++)
        s->connections[i].fd = -1;
    return s;
}

static struct modbus_server *begin(struct modbus_server *s)
{
    for (size_t i = 0; i < SERVER_UNITS; i++)
        make_healthy(&s->units[i]);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->thread, NULL, serve_main, s) != 0)
        abort();
    return s;
}

struct modbus_server *server_start(void)
{
    struct modbus_server *s = make_server();
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    s->listen_fd = listen_on(0);
    getsockname(s->listen_fd, (struct sockaddr *)&a, &len);
    s->port = ntohs(a.sin_port);
    return begin(s);
}

struct modbus_server *server_start_serial(void)
{
    struct modbus_server *s = make_server();
    struct termios t;
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 ||
        ptsname_r(fd, s->device, sizeof s->device) != 0)
        abort();
    s->device_fd = open(s->device, O_RDWR | O_NOCTTY);
    tcgetattr(s->device_fd, &t);
    cfmakeraw(&t);
    tcsetattr(s->device_fd, TCSANOW, &t);
    s->connections[0] = (struct connection){.fd = fd, .serial = true};
    return begin(s);
}

const char *server_device(const struct modbus_server *s)
{
    return s->device;
}

void server_stop(struct modbus_server *s)
{
    if (!s)
        return;
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
    if (s->device_fd >= 0)
        close(s->device_fd);
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

void server_set_echo(struct modbus_server *s, bool echo)
{
    pthread_mutex_lock(&s->lock);
    s->echo = echo;
    pthread_mutex_unlock(&s->lock);
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
