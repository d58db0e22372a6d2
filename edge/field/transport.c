#include "edge/field/transport.h"

#include "edge/field/real_time.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

enum err transport_read_inputs(struct transport *t, uint8_t unit, int address, int count,
                               uint8_t *ret)
{
    TRY(begin(t, unit));
    return end(t, modbus_read_input_bits(t->modbus, address, count, ret));
}

enum err transport_read_registers(struct transport *t, uint8_t unit, int address, int count,
                                  uint16_t *ret)
{
    TRY(begin(t, unit));
    return end(t, modbus_read_input_registers(t->modbus, address, count, ret));
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
