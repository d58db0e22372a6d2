#include "tests/contract/edge/field_fixture.h"

#include "edge/field/profile_file.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

int64_t test_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void wake(void *arg)
{
    const struct fixture *f = arg;
    uint64_t one = 1;
    assert_int_equal(write(f->wake_fd, &one, sizeof one), sizeof one);
}

void fixture_serve(struct fixture *f)
{
    *f = (struct fixture){.clock = clock_real()};
    f->server = server_start();
}

void fixture_serve_serial(struct fixture *f)
{
    *f = (struct fixture){.clock = clock_real()};
    f->server = server_start_serial();
}

static void load_profile(struct fixture *f, size_t i)
{
    struct table_error e;
    struct profile io;
    const char *name = f->profile_name[i] ? f->profile_name[i] : "reference";
    if (profile_load(name, &f->profiles[i], &e) != ERR_OK)
        fail_msg("%s: %s", name, e.text);
    if (i > 0 || f->io_unit == 0)
        return;
    assert_int_equal(profile_load("remote-io", &io, &e), ERR_OK);
    profile_join(&f->profiles[i], &io);
}

void fixture_start(struct fixture *f, size_t lanes, size_t mailbox_size, int port)
{
    fixture_serve(f);
    fixture_scan(f, lanes, mailbox_size, port);
}

void fixture_scan(struct fixture *f, size_t lanes, size_t mailbox_size, int port)
{
    f->wake_fd = eventfd(0, EFD_NONBLOCK);
    f->inputs = mailbox_new(sizeof(struct agent_input), mailbox_size, wake, f);

    struct field_link link = {.name = {"gate"},
                              .port = port ? port : server_port(f->server),
                              .scan_ms = SCAN_MS,
                              .response_timeout_ms = RESPONSE_MS,
                              .stale_ms = STALE_MS};
    if (f->scan_ms > 0)
        link.scan_ms = f->scan_ms;
    if (f->stale_ms > 0)
        link.stale_ms = f->stale_ms;
    if (server_device(f->server)[0] != '\0') {
        link.baud = 115200;
        link.parity = FIELD_PARITY_EVEN;
        link.stop = 1;
        snprintf(link.device, sizeof link.device, "%s", server_device(f->server));
    } else {
        snprintf(link.host, sizeof link.host, "127.0.0.1");
    }
    struct field_lane all[FIXTURE_LANES] = {{.name = {"in-1"}, .unit = 1, .io_unit = f->io_unit},
                                            {.name = {"out-1"}, .unit = 2}};
    for (size_t i = 0; i < FIXTURE_LANES; i++) {
        load_profile(f, i);
        all[i].profile = &f->profiles[i];
        all[i].watchdog_ms = 5000;
        all[i].fallback = f->fallback;
    }
    assert_int_equal(field_start(&link, 1, all, lanes, &f->clock, f->inputs, &f->field), ERR_OK);
    f->port = field_port(f->field);
}

void fixture_stop(struct fixture *f)
{
    field_stop(f->field);
    server_stop(f->server);
    mailbox_free(f->inputs);
    close(f->wake_fd);
}

void fixture_drain(struct fixture *f)
{
    struct agent_input input;
    for (size_t i = 0; i < FIXTURE_LANES; i++)
        f->port.alive(f->port.self, i);
    while (mailbox_drain(f->inputs, &input, 1) == 1) {
        assert_true(input.lane < FIXTURE_LANES);
        if (input.kind == INPUT_IO) {
            f->went_stale[input.lane] += f->last[input.lane].fresh && !input.io.fresh;
            f->last[input.lane] = input.io;
            f->snapshots[input.lane]++;
            f->lost[input.lane] += input.io.lost;
            f->missed[input.lane] += input.io.missed;
        } else {
            assert_int_equal(input.kind, INPUT_COMMAND_RESULT);
            assert_true(f->outcome_count < FIXTURE_OUTCOMES);
            f->outcomes[f->outcome_count++] = input.command;
        }
    }
}

bool fixture_until(struct fixture *f, bool (*holds)(struct fixture *f), int ms)
{
    int64_t end = test_ms() + ms;
    for (;;) {
        fixture_drain(f);
        if (holds(f))
            return true;
        int64_t left = end - test_ms();
        if (left <= 0)
            return false;
        /* The server's state may change without a report: look again every few milliseconds. */
        struct pollfd fd = {.fd = f->wake_fd, .events = POLLIN};
        uint64_t count;
        if (poll(&fd, 1, left < 5 ? (int)left : 5) == 1)
            assert_int_equal(read(f->wake_fd, &count, sizeof count), sizeof count);
    }
}

static bool first_fresh(struct fixture *f)
{
    return f->last[0].fresh;
}

static bool both_fresh(struct fixture *f)
{
    return f->last[0].fresh && f->last[1].fresh;
}

void fixture_fresh(struct fixture *f, size_t lanes)
{
    assert_true(fixture_until(f, lanes == 2 ? both_fresh : first_fresh, WAIT_MS));
}

void fixture_send(struct fixture *f, enum lane_command c, int64_t expires_ms)
{
    struct mono_ms expires = mono_after(clock_now(&f->clock).mono, expires_ms);
    assert_int_equal(f->port.command(f->port.self, 0, c, expires), ERR_OK);
}

static size_t wanted_outcomes;

static bool outcome_there(struct fixture *f)
{
    return f->outcome_count >= wanted_outcomes;
}

struct command_outcome fixture_outcome(struct fixture *f, size_t number)
{
    wanted_outcomes = number;
    assert_true(fixture_until(f, outcome_there, WAIT_MS));
    return f->outcomes[number - 1];
}

struct command_outcome fixture_command(struct fixture *f, enum lane_command c)
{
    size_t number = f->outcome_count + 1;
    fixture_send(f, c, WAIT_MS);
    return fixture_outcome(f, number);
}
