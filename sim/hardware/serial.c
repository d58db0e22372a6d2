/* See serial.h. */
#include "sim/hardware/serial.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { SILENCE_MS = 5, IN_BYTES = 512 };

struct gate_line {
    int fd;
    uv_poll_t poll;
    uv_timer_t silence;
    gate_handler handler;
    void *arg;
    uint8_t in[IN_BYTES];
    size_t in_len;
    int handles; /* still open in the loop */
};

static void on_closed(uv_handle_t *handle)
{
    struct gate_line *l = handle->data;
    if (--l->handles > 0)
        return;
    close(l->fd);
    free(l);
}

void gate_line_close(struct gate_line *l)
{
    if (l == NULL)
        return;
    uv_poll_stop(&l->poll);
    uv_close((uv_handle_t *)&l->poll, on_closed);
    uv_close((uv_handle_t *)&l->silence, on_closed);
}

/* A line takes what it takes: what does not fit is lost, and the other end asks again. */
static void send_answer(const struct gate_line *l, const uint8_t *answer, size_t len)
{
    uint8_t out[FRAME_BYTES_MAX];
    size_t n = frame_to_serial(answer, len, out);
    if (write(l->fd, out, n) != (ssize_t)n)
        log_warn("sim.line_full", LN("bytes", n));
}

static void serve(struct gate_line *l, const struct frame_request *r)
{
    union frame_values values;
    enum frame_exception e = FRAME_OK;
    uint8_t out[FRAME_BYTES_MAX];
    if (l->handler(l->arg, r, &values, &e) != GATE_ANSWER || e == FRAME_NO_SUCH_UNIT)
        return; /* L2; a line cannot be cut, only be silent */
    send_answer(l, out, e == FRAME_OK ? frame_answer(r, &values, out) : frame_refuse(r, e, out));
}

/* Serves what has arrived; `silent`: nothing more comes. */
static void take_frames(struct gate_line *l, bool silent)
{
    while (l->in_len > 0) {
        struct frame_request r;
        enum frame_exception e = FRAME_OK;
        uint8_t out[FRAME_BYTES_MAX];
        size_t used = 0;
        switch (frame_parse_serial(l->in, l->in_len, silent, &r, &used, &e)) {
        case FRAME_INCOMPLETE: return;
        case FRAME_BROKEN:
            if (silent)
                l->in_len = 0; /* L1 */
            return;
        case FRAME_REFUSED: send_answer(l, out, frame_refuse(&r, e, out)); break;
        case FRAME_READY: serve(l, &r); break;
        }
        l->in_len -= used;
        memmove(l->in, l->in + used, l->in_len);
    }
}

static void on_silence(uv_timer_t *timer)
{
    take_frames(timer->data, true);
}

static void on_bytes(uv_poll_t *poll, int status, int events)
{
    struct gate_line *l = poll->data;
    (void)status;
    (void)events;
    if (l->in_len == sizeof l->in)
        l->in_len = 0;
    ssize_t n = read(l->fd, l->in + l->in_len, sizeof l->in - l->in_len);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            uv_poll_stop(poll); /* the other end is gone; a pseudo terminal does not come back */
            log_error("sim.line_lost", LT("cause", n == 0 ? "closed" : strerror(errno)));
        }
        return;
    }
    l->in_len += (size_t)n;
    take_frames(l, false);
    uv_timer_start(&l->silence, on_silence, SILENCE_MS, 0);
}

static speed_t speed_of(int64_t baud)
{
    static const struct {
        int64_t baud;
        speed_t speed;
    } all[] = {{1200, B1200},   {2400, B2400},   {4800, B4800},   {9600, B9600},
               {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].baud == baud)
            return all[i].speed;
    return B0;
}

static bool set_up(int fd, int64_t baud)
{
    struct termios t;
    speed_t speed = speed_of(baud);
    if (speed == B0 || tcgetattr(fd, &t) != 0)
        return false;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD | PARENB;
    cfsetispeed(&t, speed);
    cfsetospeed(&t, speed);
    return tcsetattr(fd, TCSANOW, &t) == 0;
}

enum err gate_line_open(uv_loop_t *loop, const char *device, int64_t baud, gate_handler handler,
                        void *arg, struct gate_line **ret)
{
    int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || !set_up(fd, baud)) {
        log_error("sim.line_failed", LT("device", device), LN("baud", baud),
                  LT("cause", fd < 0 ? strerror(errno) : "not a serial line of this speed"));
        if (fd >= 0)
            close(fd);
        return ERR_UNAVAIL;
    }
    struct gate_line *l = mem_alloc(sizeof *l);
    l->fd = fd;
    l->handler = handler;
    l->arg = arg;
    l->handles = 2;
    uv_poll_init(loop, &l->poll, fd);
    uv_timer_init(loop, &l->silence);
    l->poll.data = l->silence.data = l;
    uv_poll_start(&l->poll, UV_READABLE, on_bytes);
    *ret = l;
    return ERR_OK;
}
