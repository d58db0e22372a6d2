#include "edge/field/transport.h"

#include "edge/field/frame.h"
#include "edge/field/real_time.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { CONNECT_TIMEOUT_MS = 1000 };

struct transport {
    modbus_t *modbus;
    int64_t response_timeout_ms;
    bool connected;
    int64_t started_us;
    int64_t last_us;
    int last_errno;
    uint16_t id; /* of the last read */
};

enum err transport_create(const char *host, int port, int64_t response_timeout_ms,
                          struct transport **ret)
{
    char service[8];
    snprintf(service, sizeof service, "%d", port);
    modbus_t *modbus = modbus_new_tcp_pi(host, service);
    if (!modbus)
        return ERR_INVAL;
    modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE);
    modbus_set_byte_timeout(modbus, 0, 0);

    struct transport *t = mem_alloc(sizeof *t);
    t->modbus = modbus;
    t->response_timeout_ms = response_timeout_ms;
    *ret = t;
    return ERR_OK;
}

void transport_free(struct transport *t)
{
    if (!t)
        return;
    transport_close(t);
    modbus_free(t->modbus);
    free(t);
}

static void set_timeout(struct transport *t, int64_t ms)
{
    modbus_set_response_timeout(t->modbus, (uint32_t)(ms / 1000), (uint32_t)(ms % 1000 * 1000));
}

/* libmodbus opens its sockets non-blocking and waits with select. A read that blocks needs no call to
 * wait, and does libmodbus no harm. */
static void make_blocking(int fd, int64_t timeout_ms)
{
    const struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static void set_socket_options(int fd)
{
    /* A probe after 5 s of silence, every 2 s, three times: finds a peer that lost power while
     * nothing was in flight. The response timeout finds it sooner while we scan. */
    const int on = 1, idle_s = 5, interval_s = 2, probes = 3;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

enum err transport_connect(struct transport *t)
{
    transport_close(t);
    set_timeout(t, CONNECT_TIMEOUT_MS); /* libmodbus takes it for connect(2) as well */
    if (modbus_connect(t->modbus) < 0) {
        t->last_errno = errno;
        return ERR_UNAVAIL;
    }
    set_timeout(t, t->response_timeout_ms);
    set_socket_options(modbus_get_socket(t->modbus));
    make_blocking(modbus_get_socket(t->modbus), t->response_timeout_ms);
    t->connected = true;
    return ERR_OK;
}

void transport_close(struct transport *t)
{
    if (t->connected)
        modbus_close(t->modbus);
    t->connected = false;
}

bool transport_connected(const struct transport *t)
{
    return t->connected;
}

static enum err begin(struct transport *t, uint8_t unit)
{
    if (!t->connected)
        return ERR_UNAVAIL;
    modbus_set_slave(t->modbus, unit);
    t->started_us = real_us();
    return ERR_OK;
}

static enum err end(struct transport *t, int answer)
{
    int error = errno;
    t->last_us = real_us() - t->started_us;
    if (answer >= 0)
        return ERR_OK;
    t->last_errno = error;
    if (error >= EMBXILFUN && error <= EMBXGTAR)
        return ERR_DENIED;
    transport_close(t);
    return error == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNAVAIL;
}

/* Waits for more of an answer within what is left of the timeout (T2). */
static bool more_comes(const struct transport *t, int fd)
{
    int64_t left_us = t->started_us + t->response_timeout_ms * 1000 - real_us();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return left_us > 0 && poll(&p, 1, (int)((left_us + 999) / 1000)) > 0;
}

/* What answers, usually a whole frame at once. Returns its bytes, or -1 and errno. */
static ssize_t receive(const struct transport *t, int fd, uint8_t bytes[FRAME_BYTES_MAX])
{
    size_t have = 0;
    int flags = 0;
    for (;;) {
        ssize_t n = recv(fd, bytes + have, FRAME_BYTES_MAX - have, flags);
        bool interrupted = n < 0 && (errno == EINTR || (flags != 0 && errno == EAGAIN));
        if (n == 0)
            errno = ECONNRESET;
        else if (n < 0 && errno == EAGAIN)
            errno = ETIMEDOUT;
        if (n <= 0 && !interrupted)
            return -1;
        have += n > 0 ? (size_t)n : 0;
        if (frame_ended(bytes, have))
            return (ssize_t)have;
        if (!more_comes(t, fd)) {
            errno = ETIMEDOUT;
            return -1;
        }
        flags = MSG_DONTWAIT;
    }
}

/* One read; the answer's data is at *ret_data in `memory`. Returns 0, or -1 and errno. */
static int exchange(struct transport *t, const struct frame_read *r,
                    uint8_t memory[FRAME_BYTES_MAX], const uint8_t **ret_data)
{
    uint8_t request[FRAME_REQUEST_BYTES];
    int fd = modbus_get_socket(t->modbus), exception;
    frame_request(r, request);
    if (send(fd, request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request)
        return -1;
    ssize_t len = receive(t, fd, memory);
    if (len < 0)
        return -1;
    switch (frame_answer(r, memory, (size_t)len, ret_data, &exception)) {
    case ERR_OK: return 0;
    case ERR_DENIED: errno = MODBUS_ENOBASE + exception; return -1;
    default: errno = EMBBADDATA; return -1;
    }
}

enum err transport_read_inputs(struct transport *t, uint8_t unit, uint16_t address, uint16_t count,
                               uint8_t *ret)
{
    uint8_t memory[FRAME_BYTES_MAX];
    const uint8_t *data;
    TRY(begin(t, unit));
    const struct frame_read r = {++t->id, unit, FRAME_READ_INPUTS, address, count};
    TRY(end(t, exchange(t, &r, memory, &data)));
    frame_bits(data, count, ret);
    return ERR_OK;
}

enum err transport_read_registers(struct transport *t, uint8_t unit, uint16_t address,
                                  uint16_t count, uint16_t *ret)
{
    uint8_t memory[FRAME_BYTES_MAX];
    const uint8_t *data;
    TRY(begin(t, unit));
    const struct frame_read r = {++t->id, unit, FRAME_READ_REGISTERS, address, count};
    TRY(end(t, exchange(t, &r, memory, &data)));
    frame_words(data, count, ret);
    return ERR_OK;
}

enum err transport_write_registers(struct transport *t, uint8_t unit, int address, int count,
                                   const uint16_t *values)
{
    TRY(begin(t, unit));
    return end(t, modbus_write_registers(t->modbus, address, count, values));
}

enum err transport_write_coil(struct transport *t, uint8_t unit, int address, bool on)
{
    TRY(begin(t, unit));
    return end(t, modbus_write_bit(t->modbus, address, on));
}

int64_t transport_last_us(const struct transport *t)
{
    return t->last_us;
}

const char *transport_reason(const struct transport *t)
{
    return modbus_strerror(t->last_errno);
}
