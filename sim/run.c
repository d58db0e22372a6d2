/* See run.h. */
#include "sim/run.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "sim/control/control.h"
#include "sim/control/truth.h"
#include "sim/hardware/register_map.h"
#include "sim/hardware/serial.h"
#include "sim/hardware/server.h"
#include "sim/pace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 10, PROGRESS_MS = 10000, REGISTER_INPUT_MASK = 18 };

struct run;

/* One Modbus endpoint or serial line. */
struct endpoint {
    struct run *run;
    size_t controller;
    struct gate_server *server; /* one of the two */
    struct gate_line *line;
};

struct run {
    uv_loop_t loop;
    const struct clock_source *clock;
    struct now started;
    struct world *world;
    struct pace pace;
    struct provider *provider;
    struct control control;
    struct http_host *control_host;
    struct endpoint endpoints[SIM_CONTROLLERS_MAX];
    size_t endpoint_count;
    uv_timer_t tick;
    uv_timer_t progress;
    uv_signal_t signals[2];
    const char *summary_file;
    int status;
};

enum err run_read_traces(const struct sim_config *c, struct trace ret[SIM_PLACES_MAX], FILE *errors)
{
    for (size_t i = 0; i < c->place_count; i++) {
        struct trace_error e;
        const struct sim_place *p = &c->places[i];
        ret[i] = (struct trace){0};
        if (p->traffic != SIM_TRAFFIC_TRACE)
            continue;
        enum err err = trace_read(p->trace, &ret[i], &e);
        if (err == ERR_OK)
            continue;
        if (e.line > 0)
            fprintf(errors, "%s:%d: %s\n", p->trace, e.line, e.text);
        else
            fprintf(errors, "%s: %s\n", p->trace, e.text);
        return err;
    }
    return ERR_OK;
}

/* Real milliseconds, monotonic, never 0. */
static int64_t real_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000) + 1;
}

static void advance(void *arg)
{
    struct run *r = arg;
    int64_t clock_ms = mono_diff_ms(clock_now(r->clock).mono, r->started.mono);
    world_advance(r->world, pace_advance(&r->pace, clock_ms, real_ms()));
}

/* Does this read the state of loop B? Then a controller has looked at the lane. */
static bool is_scan(const struct frame_request *f)
{
    uint32_t end = (uint32_t)f->address + f->count;
    if (f->function == FRAME_READ_INPUTS)
        return f->address <= INPUT_LOOP_B && end > INPUT_LOOP_B;
    return f->function == FRAME_READ_INPUT_REGISTERS && f->address <= REGISTER_INPUT_MASK &&
           end > REGISTER_INPUT_MASK;
}

static enum gate_verdict on_frame(void *arg, const struct frame_request *f, union frame_values *ret,
                                  enum frame_exception *ret_exception)
{
    struct endpoint *e = arg;
    advance(e->run);
    size_t lane = world_lane_at(e->run->world, e->controller, f->unit);
    if (lane == world_lane_count(e->run->world)) {
        *ret_exception = FRAME_NO_SUCH_UNIT;
        return GATE_ANSWER;
    }
    struct device *d = world_device(e->run->world, lane);
    if (faults_has(&d->faults, FAULT_SILENT))
        return GATE_SILENT;
    if (faults_has(&d->faults, FAULT_CUT))
        return GATE_CUT;
    *ret_exception = register_map_serve(d, f, ret);
    if (*ret_exception == FRAME_OK && is_scan(f))
        pace_scanned(&e->run->pace, lane, real_ms());
    return GATE_ANSWER;
}

static void on_tick(uv_timer_t *timer)
{
    advance(timer->data);
}

static void on_progress(uv_timer_t *timer)
{
    struct run *r = timer->data;
    char time[TIMESTAMP_SIZE] = "";
    advance(r);
    timestamp_format(world_wall(r->world), time);
    for (size_t i = 0; i < world_place_count(r->world); i++) {
        struct place_truth t = world_place(r->world, i);
        log_info("sim.progress", LT("time", time), LT("place", t.place), LN("in", t.entered),
                 LN("out", t.left), LN("inside", t.inside), LN("queued", t.queued),
                 LN("turned_away", t.turned_away), LN("behind_ms", r->pace.behind_ms));
    }
}

/* Whole or not at all: a reader that waits for the file never sees half of it. */
static enum err write_json(const char *file, const json_t *value)
{
    char next[4096];
    struct buf b = buf_of(next, sizeof next);
    buf_addf(&b, "%s.new", file);
    FILE *f = b.overflow ? NULL : fopen(next, "we");
    bool written = f != NULL && json_dumpf(value, f, JSON_INDENT(2)) == 0 && fputc('\n', f) != EOF;
    if (f != NULL && fclose(f) != 0)
        written = false;
    if (written && rename(next, file) == 0)
        return ERR_OK;
    log_error("sim.write_failed", LT("file", file), LT("cause", strerror(errno)));
    return ERR_IO;
}

static enum err write_ready(const struct run *r, const char *file)
{
    json_t *ports = json_array();
    for (size_t i = 0; i < r->endpoint_count; i++) {
        const struct gate_server *s = r->endpoints[i].server;
        json_array_append_new(ports,
                              json_pack("{s:i}", "port", s != NULL ? gate_server_port(s) : 0));
    }
    json_t *all = json_pack("{s:i, s:i, s:o}", "control", http_host_port(r->control_host),
                            "provider", provider_port(r->provider, 0), "controllers", ports);
    json_t *endpoints = json_array();
    for (size_t i = 0; i < provider_endpoints(r->provider); i++)
        json_array_append_new(endpoints, json_integer(provider_port(r->provider, i)));
    json_object_set_new(all, "provider_endpoints", endpoints);
    enum err e = write_json(file, all);
    json_decref(all);
    return e;
}

static void close_all(struct run *r)
{
    for (size_t i = 0; i < r->endpoint_count; i++) {
        gate_server_close(r->endpoints[i].server);
        gate_line_close(r->endpoints[i].line);
    }
    http_host_close(r->control_host);
    provider_close(r->provider);
    uv_close((uv_handle_t *)&r->tick, NULL);
    uv_close((uv_handle_t *)&r->progress, NULL);
    uv_close((uv_handle_t *)&r->signals[0], NULL);
    uv_close((uv_handle_t *)&r->signals[1], NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *r = handle->data;
    advance(r);
    log_info("sim.stopping", LN("signal", number));
    if (r->summary_file != NULL) {
        json_t *truth = truth_json(r->world, r->provider);
        if (write_json(r->summary_file, truth) != ERR_OK)
            r->status = 1;
        json_decref(truth);
    }
    close_all(r);
}

static enum err open_ports(struct run *r, const struct sim_config *c)
{
    for (size_t i = 0; i < c->controller_count; i++) {
        const struct sim_controller *k = &c->controllers[i];
        struct endpoint *e = &r->endpoints[i];
        *e = (struct endpoint){.run = r, .controller = i};
        TRY(k->serial[0] != '\0'
                ? gate_line_open(&r->loop, k->serial, k->baud, on_frame, e, &e->line)
                : gate_server_open(&r->loop, k->host, (uint16_t)k->port, (int)k->connections,
                                   on_frame, e, &e->server));
        r->endpoint_count++;
    }
    TRY(provider_open(&r->loop, &c->provider, r->clock, &r->provider));
    r->control = (struct control){r->world, r->provider, advance, r};
    return http_host_open(&r->loop, c->control.host, (uint16_t)c->control.port, control_handle,
                          &r->control, &r->control_host);
}

static void start_handles(struct run *r)
{
    static const int numbers[2] = {SIGTERM, SIGINT};
    signal(SIGPIPE, SIG_IGN);
    uv_timer_init(&r->loop, &r->tick);
    uv_timer_init(&r->loop, &r->progress);
    r->tick.data = r;
    r->progress.data = r;
    uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
    uv_timer_start(&r->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&r->loop, &r->signals[i]);
        r->signals[i].data = r;
        uv_signal_start(&r->signals[i], on_signal, numbers[i]);
    }
}

int run_simulation(const struct sim_config *c, const struct trace traces[SIM_PLACES_MAX],
                   const struct clock_source *clock, const char *ready_file,
                   const char *summary_file)
{
    struct run r = {.clock = clock, .started = clock_now(clock), .summary_file = summary_file};
    const struct trace *of_place[SIM_PLACES_MAX];
    for (size_t i = 0; i < c->place_count; i++)
        of_place[i] = traces[i].count > 0 ? &traces[i] : NULL;
    r.pace.guard_ms = c->scan_guard_ms;
    r.world = world_new(c, of_place, r.started.wall, clock->rate);
    if (ready_file != NULL)
        unlink(ready_file); /* an earlier run's ports */
    uv_loop_init(&r.loop);
    start_handles(&r);
    if (open_ports(&r, c) != ERR_OK ||
        (ready_file != NULL && write_ready(&r, ready_file) != ERR_OK)) {
        r.status = 1;
        close_all(&r);
    } else {
        log_info("sim.started", LN("control", http_host_port(r.control_host)),
                 LN("provider", provider_port(r.provider, 0)),
                 LN("lanes", world_lane_count(r.world)), LN("rate", clock->rate));
    }
    uv_run(&r.loop, UV_RUN_DEFAULT);
    uv_loop_close(&r.loop);
    world_free(r.world);
    return r.status;
}
