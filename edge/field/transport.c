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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_MS = 1000, SERIAL_BYTES_MAX = 2 * FRAME_BYTES_MAX };

enum echo { ECHO_UNKNOWN, ECHO_NO, ECHO_YES };

struct transport {
    modbus_t *modbus;
    enum frame_line line;
    int64_t response_timeout_ms;
    bool connected;
    int64_t started_us;
    int64_t last_us;
    int last_errno;
    uint16_t id; /* of the last request */

    /* Serial. */
    int64_t silence_us;
    int64_t heard_us; /* the last byte on the line, ours or another's */
    enum echo echo;

    uint8_t bytes[SERIAL_BYTES_MAX]; /* the last answer, behind its echo */
};

static modbus_t *open_tcp(const struct transport_config *c)
{
    char service[8];
    snprintf(service, sizeof service, "%d", c->port);
    return modbus_new_tcp_pi(c->host, service);
}

static modbus_t *open_serial(const struct transport_config *c)
{
    static const char parities[] = {'N', 'E', 'O'};
    return modbus_new_rtu(c->device, c->baud, parities[c->parity], 8, c->stop);
}

enum err transport_create(const struct transport_config *c, struct transport **ret)
{
    modbus_t *modbus = c->host ? open_tcp(c) : open_serial(c);
    if (!modbus)
        return ERR_INVAL;
    modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE);

    struct transport *t = mem_alloc(sizeof *t);
    t->modbus = modbus;
    t->line = c->host ? FRAME_TCP : FRAME_RTU;
    t->silence_us = c->silence_us;
    t->response_timeout_ms = c->response_timeout_ms;
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

/* libmodbus opens its sockets non-blocking and waits with select. A read that blocks needs no call to
 * wait. */
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
    /* libmodbus takes it for connect(2) as well */
    modbus_set_response_timeout(t->modbus, CONNECT_TIMEOUT_MS / 1000, 0);
    if (modbus_connect(t->modbus) < 0) {
        t->last_errno = errno;
        return ERR_UNAVAIL;
    }
    if (t->line == FRAME_TCP) {
        set_socket_options(modbus_get_socket(t->modbus));
        make_blocking(modbus_get_socket(t->modbus), t->response_timeout_ms);
    } else {
        t->heard_us = real_us();
        t->echo = ECHO_UNKNOWN;
    }
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

/* Waits for more of an answer within what is left of the timeout (T2). */
static bool more_comes(const struct transport *t, int fd)
{
    int64_t left_us = t->started_us + t->response_timeout_ms * 1000 - real_us();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return left_us > 0 && poll(&p, 1, (int)((left_us + 999) / 1000)) > 0;
}

/* --- TCP --- */

/* What answers, usually a whole frame at once. Returns its bytes, or -1 and errno. */
static ssize_t receive(struct transport *t, const struct frame_request *r, int fd)
{
    size_t have = 0;
    int flags = 0;
    for (;;) {
        ssize_t n = recv(fd, t->bytes + have, FRAME_BYTES_MAX - have, flags);
        bool interrupted = n < 0 && (errno == EINTR || (flags != 0 && errno == EAGAIN));
        if (n == 0)
            errno = ECONNRESET;
        else if (n < 0 && errno == EAGAIN)
            errno = ETIMEDOUT;
        if (n <= 0 && !interrupted)
            return -1;
        have += n > 0 ? (size_t)n : 0;
        if (frame_ended(FRAME_TCP, r, t->bytes, have))
            return (ssize_t)have;
        if (!more_comes(t, fd)) {
            errno = ETIMEDOUT;
            return -1;
        }
        flags = MSG_DONTWAIT;
    }
}

/* --- serial --- */

static void pause_us(int64_t us)
{
    const struct timespec s = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    if (us > 0)
        nanosleep(&s, NULL);
}

/* T1: throws away what still comes, until the line is silent or the timeout is over once more. */
static void quieten(struct transport *t, int fd)
{
    uint8_t waste[64];
    int64_t end_us = real_us() + t->response_timeout_ms * 1000;
    int silence_ms = (int)((t->silence_us + 999) / 1000) + 1;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (real_us() < end_us && poll(&p, 1, silence_ms) > 0)
        if (read(fd, waste, sizeof waste) <= 0)
            break;
    t->heard_us = real_us();
}

/* What stands behind the first `skip` bytes is the answer so far. True: it has ended. */
static bool serial_ended(struct transport *t, const struct frame_request *r, const uint8_t *request,
                         size_t request_len, size_t have, size_t *ret_skip)
{
    bool same = have >= request_len && memcmp(t->bytes, request, request_len) == 0;
    if (t->echo == ECHO_UNKNOWN && same && r->function <= FRAME_READ_REGISTERS)
        t->echo = ECHO_YES; /* no answer to a read begins with the whole question */
    *ret_skip = t->echo == ECHO_YES && same ? request_len : 0;
    if (t->echo == ECHO_YES && have < request_len)
        return false;
    return frame_ended(FRAME_RTU, r, t->bytes + *ret_skip, have - *ret_skip);
}

static ssize_t receive_serial(struct transport *t, const struct frame_request *r, int fd,
                              const uint8_t *request, size_t request_len, size_t *ret_skip)
{
    size_t have = 0;
    while (!serial_ended(t, r, request, request_len, have, ret_skip)) {
        if (have == sizeof t->bytes) {
            errno = EMBBADDATA;
            return -1;
        }
        if (!more_comes(t, fd)) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t n = read(fd, t->bytes + have, sizeof t->bytes - have);
        t->heard_us = real_us();
        if (n > 0) {
            have += (size_t)n;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            errno = n == 0 ? EIO : errno; /* the adapter was pulled out */
            return -1;
        }
    }
    return (ssize_t)(have - *ret_skip);
}

/* --- both --- */

static int judge_answer(struct transport *t, const struct frame_request *r, size_t skip, size_t len,
                        const uint8_t **ret_data)
{
    int exception;
    switch (frame_answer(t->line, r, t->bytes + skip, len, ret_data, &exception)) {
    case ERR_OK: return 0;
    case ERR_DENIED: errno = MODBUS_ENOBASE + exception; return -1;
    default: errno = EMBBADDATA; return -1;
    }
}

static int exchange_tcp(struct transport *t, const struct frame_request *r, int fd,
                        const uint8_t **ret_data)
{
    uint8_t request[FRAME_BYTES_MAX];
    size_t request_len = frame_request(FRAME_TCP, r, request);
    if (send(fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        return -1;
    ssize_t len = receive(t, r, fd);
    return len < 0 ? -1 : judge_answer(t, r, 0, (size_t)len, ret_data);
}

static int exchange_serial(struct transport *t, const struct frame_request *r, int fd,
                           const uint8_t **ret_data)
{
    uint8_t request[FRAME_BYTES_MAX];
    size_t request_len = frame_request(FRAME_RTU, r, request), skip = 0;
    pause_us(t->heard_us + t->silence_us - real_us()); /* T4 */
    modbus_flush(t->modbus);
    t->started_us = real_us();
    if (write(fd, request, request_len) != (ssize_t)request_len)
        return -1;
    ssize_t len = receive_serial(t, r, fd, request, request_len, &skip);
    int judged = len < 0 ? -1 : judge_answer(t, r, skip, (size_t)len, ret_data);
    if (judged == 0 && skip == 0 && r->function <= FRAME_READ_REGISTERS)
        t->echo = ECHO_NO;
    return judged;
}

static bool is_exception(int error)
{
    return error >= EMBXILFUN && error <= EMBXGTAR;
}

/* Judges a failure: T1. */
static enum err failed(struct transport *t, int error)
{
    t->last_errno = error;
    if (is_exception(error))
        return ERR_DENIED;
    if (t->line == FRAME_RTU && (error == ETIMEDOUT || error == EMBBADDATA))
        quieten(t, modbus_get_socket(t->modbus));
    else
        transport_close(t);
    return error == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNAVAIL;
}

/* One transaction; what a read brought is at *ret_data. */
static enum err transact(struct transport *t, const struct frame_request *r,
                         const uint8_t **ret_data)
{
    if (!t->connected)
        return ERR_UNAVAIL;
    int fd = modbus_get_socket(t->modbus);
    t->started_us = real_us();
    int answer = t->line == FRAME_TCP ? exchange_tcp(t, r, fd, ret_data)
                                      : exchange_serial(t, r, fd, ret_data);
    int error = errno;
    t->last_us = real_us() - t->started_us;
    return answer == 0 ? ERR_OK : failed(t, error);
}

enum err transport_read(struct transport *t, uint8_t unit, uint8_t function, uint16_t address,
                        uint16_t count, const uint8_t **ret_data)
{
    const struct frame_request r = {++t->id, unit, function, address, count, NULL};
    return transact(t, &r, ret_data);
}

enum err transport_write_registers(struct transport *t, uint8_t unit, uint16_t address,
                                   uint16_t count, const uint16_t *values)
{
    const uint8_t *nothing;
    const struct frame_request r = {++t->id, unit, FRAME_WRITE_REGISTERS, address, count, values};
    return transact(t, &r, &nothing);
}

enum err transport_write_register(struct transport *t, uint8_t unit, uint16_t address,
                                  uint16_t value)
{
    const uint8_t *nothing;
    const struct frame_request r = {++t->id, unit, FRAME_WRITE_REGISTER, address, 1, &value};
    return transact(t, &r, &nothing);
}

enum err transport_write_coil(struct transport *t, uint8_t unit, uint16_t address, bool on)
{
    const uint8_t *nothing;
    const uint16_t value = on;
    const struct frame_request r = {++t->id, unit, FRAME_WRITE_COIL, address, 1, &value};
    return transact(t, &r, &nothing);
}

int64_t transport_last_us(const struct transport *t)
{
    return t->last_us;
}

const char *transport_reason(const struct transport *t)
{
    return modbus_strerror(t->last_errno);
}

bool transport_echoes(const struct transport *t)
{
    return t->echo == ECHO_YES;
}
