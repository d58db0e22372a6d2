/* The field and what lines and devices do: serial lines, dead neighbours, relays, hostile endpoints.
 * Numbers cite edge/field/{field,transport,breaker}.h. */
#include "tests/contract/edge/field_fixture.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { UNIT_1 = 1, UNIT_2 = 2, PULSE_OPEN = 0, PULSE_CLOSE = 1 };

static struct server_unit look(struct fixture *f, int unit)
{
    struct server_unit copy = *server_lock(f->server, unit);
    server_unlock(f->server);
    return copy;
}

static bool never(struct fixture *f)
{
    (void)f;
    return false;
}

static bool fresh(struct fixture *f)
{
    return f->last[0].fresh;
}

static bool stale(struct fixture *f)
{
    return f->snapshots[0] > 0 && !f->last[0].fresh;
}

static bool breaker_open(struct fixture *f)
{
    return f->last[0].breaker == DEVICE_BREAKER_OPEN;
}

static bool loop_a(struct fixture *f)
{
    return input_on(f->last[0].inputs, IN_LOOP_A);
}

/* --- serial --- */

static void a_serial_line_carries_several_units(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve_serial(&f);
    fixture_scan(&f, 2, 256, 0);
    fixture_fresh(&f, 2);
    server_set_input(f.server, UNIT_1, IN_LOOP_A, true);
    assert_true(fixture_until(&f, loop_a, WAIT_MS));
    assert_false(input_on(f.last[1].inputs, IN_LOOP_A));
    for (size_t i = 0; i < 3; i++) {
        struct command_outcome o = fixture_command(&f, COMMAND_OPEN);
        assert_int_equal(o.err, ERR_OK);
        assert_int_equal(o.result, RESULT_ACCEPTED);
    }
    assert_int_equal(look(&f, UNIT_1).executed, 3);
    assert_int_equal(look(&f, UNIT_2).executed, 0);
    fixture_stop(&f);
}

/* One round: the unit goes stale and comes back. How often its neighbour went stale meanwhile. */
static size_t neighbour_of(enum server_fault fault)
{
    struct fixture f;
    fixture_serve_serial(&f);
    fixture_scan(&f, 2, 256, 0);
    fixture_fresh(&f, 2);
    server_set_fault(f.server, UNIT_1, fault);
    assert_true(fixture_until(&f, stale, WAIT_MS));
    assert_true(fixture_until(&f, breaker_open, WAIT_MS));
    server_set_fault(f.server, UNIT_1, FAULT_NONE);
    assert_true(fixture_until(&f, fresh, WAIT_MS));
    assert_int_equal(f.last[0].breaker, DEVICE_BREAKER_CLOSED);
    fixture_stop(&f);
    return f.went_stale[1];
}

/* T1, F9: whatever a unit does, it goes stale, its neighbour does not, and it comes back. */
static void a_faulty_unit_on_a_serial_line_is_left_alone(void **state)
{
    static const enum server_fault faults[] = {FAULT_MUTE,     FAULT_CRC,  FAULT_OTHER_UNIT,
                                               FAULT_DRIP,     FAULT_LATE, FAULT_LONGER,
                                               FAULT_EXCEPTION};
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        size_t went_stale = 1;
        for (int round = 0; round < ROUNDS && went_stale > 0; round++)
            went_stale = neighbour_of(faults[i]);
        assert_int_equal(went_stale, 0);
    }
}

/* T4: also what looks like its own echo, a write of one value. */
static void a_line_that_hears_itself_works(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve_serial(&f);
    server_set_echo(f.server, true);
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    assert_int_equal(f.port.lights(f.port.self, 0, true, false), ERR_OK);
    size_t requests = server_requests(f.server);
    server_set_fault(f.server, UNIT_1, FAULT_MUTE); /* only the echo comes back */
    assert_true(fixture_until(&f, stale, WAIT_MS));
    assert_true(server_requests(f.server) > requests);
    fixture_stop(&f);
}

/* The adapter is pulled out: the lane is stale, commands end, and the thread neither hangs nor spins. */
static void a_line_that_is_gone_is_looked_for_again(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve_serial(&f);
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_stop(f.server);
    f.server = NULL;
    assert_true(fixture_until(&f, stale, WAIT_MS));
    uint64_t rounds = field_rounds(f.field, 0);
    fixture_send(&f, COMMAND_OPEN, 1000);
    struct command_outcome o = fixture_outcome(&f, 1);
    assert_int_equal(o.err, ERR_TIMEOUT);
    fixture_until(&f, never, 1000);
    assert_in_range(field_rounds(f.field, 0) - rounds, 5, 1000);
    fixture_stop(&f);
}

/* --- neighbours --- */

static size_t scans_of(struct fixture *f, int unit, int ms)
{
    size_t before = look(f, unit).scans;
    fixture_until(f, never, ms);
    return look(f, unit).scans - before;
}

/* The rate of a unit whose neighbour falls mute, from its first failure on, in percent of the rate
 * beside a healthy one. */
static size_t percent_beside_a_mute_unit(bool serial)
{
    struct fixture f;
    serial ? fixture_serve_serial(&f) : fixture_serve(&f);
    f.scan_ms = 20;
    fixture_scan(&f, 2, 256, 0);
    fixture_fresh(&f, 2);
    size_t healthy = scans_of(&f, UNIT_2, 4000);
    server_set_fault(f.server, UNIT_1, FAULT_MUTE);
    size_t beside = scans_of(&f, UNIT_2, 4000);
    assert_true(f.last[0].breaker != DEVICE_BREAKER_CLOSED);
    fixture_stop(&f);
    return f.went_stale[1] > 0 ? 0 : beside * 100 / healthy;
}

/* F9, B1, B2. Measured again where the machine was busy with something else. */
static void one_dead_unit_never_delays_another(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        size_t percent = 0;
        for (int i = 0; i < ROUNDS && percent < 80; i++)
            percent = percent_beside_a_mute_unit(serial);
        assert_in_range(percent, 80, 200);
    }
}

/* F6: requests of other kinds seen between the order and its write. */
struct watch {
    bool armed;
    size_t before;
    bool written;
};

static void count_until_command(void *arg, const struct server_request *r, struct server_unit *u)
{
    struct watch *w = arg;
    (void)u;
    if (!w->armed || w->written)
        return;
    if (r->function == 16 && r->address == 0)
        w->written = true;
    else
        w->before++;
}

static void a_command_goes_before_the_scan(void **state)
{
    struct fixture f;
    struct watch w = {0};
    (void)state;
    fixture_serve(&f);
    fixture_scan(&f, 2, 256, 0);
    fixture_fresh(&f, 2);
    server_set_hook(f.server, count_until_command, &w);
    server_set_fault(f.server, UNIT_1, FAULT_SLOW);
    server_set_fault(f.server, UNIT_2, FAULT_SLOW);
    for (int i = 0; i < 5; i++) {
        size_t scans = look(&f, UNIT_2).scans;
        while (look(&f, UNIT_2).scans == scans)
            fixture_until(&f, never, 5); /* at a different place of the scan every time */
        server_lock(f.server, UNIT_1);
        w = (struct watch){.armed = true};
        server_unlock(f.server);
        assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
        server_lock(f.server, UNIT_1);
        struct watch seen = w;
        w.armed = false;
        server_unlock(f.server);
        assert_true(seen.written);
        assert_in_range(seen.before, 0, 2); /* one under way, one begun while the order was given */
    }
    fixture_stop(&f);
}

/* --- endpoints --- */

/* One connection is all this device accepts; whatever happens, there is never a second one. */
static void there_is_never_a_second_connection(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 2, 256, 0);
    fixture_fresh(&f, 2);
    server_set_fault(f.server, UNIT_1, FAULT_LATE);
    assert_true(fixture_until(&f, stale, WAIT_MS));
    server_set_fault(f.server, UNIT_1, FAULT_NONE);
    assert_true(fixture_until(&f, fresh, WAIT_MS));
    assert_true(server_connections(f.server) > 1);
    assert_int_equal(server_open_max(f.server), 1);
    fixture_stop(&f);
}

static void a_slow_device_is_a_good_device(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    f.stale_ms = PATIENT_MS;
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_set_fault(f.server, UNIT_1, FAULT_SLOW);
    fixture_until(&f, never, 2500);
    assert_int_equal(f.went_stale[0], 0);
    assert_int_equal(server_connections(f.server), 1);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    fixture_stop(&f);
}

static uint16_t wanted_plate;

static bool has_plate(struct fixture *f)
{
    return f->last[0].plate.sequence == wanted_plate;
}

/* Writes raw bytes as they stand in the registers. */
static void set_raw_plate(struct fixture *f, uint16_t sequence, const uint16_t *words, size_t count,
                          uint16_t bytes)
{
    struct server_unit *u = server_lock(f->server, UNIT_1);
    memset(u->registers + 56, 0, 16 * sizeof u->registers[0]);
    memcpy(u->registers + 56, words, count * sizeof words[0]);
    u->registers[49] = bytes;
    u->registers[50] = 9900;
    u->registers[48] = sequence;
    server_unlock(f->server);
    wanted_plate = sequence;
    assert_true(fixture_until(f, has_plate, WAIT_MS));
}

/* Never a plate: not the text that gives the order away, nor one that would read like a plate. */
static void byte_swapped_text_is_no_plate(void **state)
{
    static const uint16_t korean[] = {0x3232, 0x95EC, 0x3284, 0x3232, 0x0032};
    static const uint16_t ascii[] = {0x4142, 0x3231, 0x3433};
    static const uint16_t right[] = {0x3232, 0xEC95, 0x8432, 0x3232, 0x3200};
    static const uint16_t euc_kr[] = {0x3232, 0xBEC6, 0x3232, 0x3232};
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    set_raw_plate(&f, 2, ascii, 3, 6);
    assert_string_equal(f.last[0].plate.raw, "AB2143"); /* nothing speaks against it yet */
    set_raw_plate(&f, 4, korean, 5, 9);
    assert_int_equal(f.last[0].plate.len, UINT8_MAX);
    set_raw_plate(&f, 6, ascii, 3, 6);
    assert_int_equal(f.last[0].plate.len, UINT8_MAX);
    set_raw_plate(&f, 8, right, 5, 9); /* somebody set it right */
    assert_string_equal(f.last[0].plate.raw, "22아2222");
    set_raw_plate(&f, 10, euc_kr, 4, 8);
    assert_int_equal(f.last[0].plate.len, UINT8_MAX);
    set_raw_plate(&f, 12, ascii, 3, 6);
    assert_string_equal(f.last[0].plate.raw, "AB2143");
    fixture_stop(&f);
}

/* --- relays --- */

/* The reference inputs of a healthy unit, rewired as remote-io has them: arm up, all clear, no fire. */
static void wire_module(struct fixture *f, int unit)
{
    static const uint8_t on[] = {3, 5, 6, 8, 9, 10, 15};
    struct server_unit *u = server_lock(f->server, unit);
    memset(u->inputs, 0, sizeof u->inputs);
    for (size_t i = 0; i < sizeof on; i++)
        u->inputs[on[i]] = 1;
    server_unlock(f->server);
}

static void start_module(struct fixture *f)
{
    fixture_serve(f);
    wire_module(f, UNIT_1);
    f->profile_name[0] = "remote-io";
    fixture_scan(f, 1, 256, 0);
    fixture_fresh(f, 1);
}

static bool relays_off(struct fixture *f)
{
    struct server_unit u = look(f, UNIT_1);
    return u.coil_writes > 0 && !u.coils[PULSE_OPEN] && !u.coils[PULSE_CLOSE];
}

static void a_relay_is_pulsed_and_read_back(void **state)
{
    struct fixture f;
    (void)state;
    start_module(&f);
    assert_true(input_on(f.last[0].inputs, IN_ARM_UP));
    struct command_outcome o = fixture_command(&f, COMMAND_OPEN);
    assert_int_equal(o.err, ERR_OK);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    assert_true(look(&f, UNIT_1).coils[PULSE_OPEN]); /* 500 ms have not passed */
    assert_true(fixture_until(&f, relays_off, WAIT_MS));

    server_set_fault(f.server, UNIT_1, FAULT_LOSE_WRITE);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_REFUSED);
    server_set_fault(f.server, UNIT_1, FAULT_NONE);
    assert_int_equal(fixture_command(&f, COMMAND_RESET_FAULT).result, RESULT_UNKNOWN);
    fixture_stop(&f);
}

/* F8: at no moment are both on. */
static void opening_and_closing_relays_never_pull_together(void **state)
{
    struct fixture f;
    (void)state;
    start_module(&f);
    static const enum lane_command order[] = {COMMAND_OPEN, COMMAND_CLOSE, COMMAND_OPEN,
                                              COMMAND_STOP, COMMAND_CLOSE};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        assert_int_equal(fixture_command(&f, order[i]).result, RESULT_ACCEPTED);
    struct server_unit u = look(&f, UNIT_1);
    bool on[3] = {false};
    for (size_t i = 0; i < u.coil_writes && i < SERVER_LOG; i++) {
        size_t coil = u.coil_log[i] / 2;
        if (coil < 3)
            on[coil] = u.coil_log[i] % 2;
        assert_in_range(on[0] + on[1] + on[2], 0, 1);
    }
    /* A level that holds the arm open is let go before anything closes. */
    assert_int_equal(fixture_command(&f, COMMAND_HOLD_OPEN).result, RESULT_ACCEPTED);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).err, ERR_DENIED);
    assert_int_equal(fixture_command(&f, COMMAND_RELEASE).result, RESULT_ACCEPTED);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    fixture_stop(&f);
}

static bool connected_again(struct fixture *f)
{
    return server_connections(f->server) > 1 && f->last[0].fresh && relays_off(f);
}

static void a_relay_left_on_by_a_lost_connection_is_released_first(void **state)
{
    struct fixture f;
    (void)state;
    start_module(&f);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    size_t writes = look(&f, UNIT_1).coil_writes;
    server_pause(f.server);
    assert_true(look(&f, UNIT_1).coils[PULSE_OPEN]);
    server_resume(f.server);
    assert_true(fixture_until(&f, connected_again, WAIT_MS));
    struct server_unit u = look(&f, UNIT_1);
    assert_int_equal(u.coil_log[writes], PULSE_OPEN * 2); /* off, the first thing written */
    fixture_stop(&f);
}

/* F8: an earlier run of the edge left the relay on that holds the arm open. */
static void a_level_left_on_is_known(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    wire_module(&f, UNIT_1);
    server_lock(f.server, UNIT_1)->coils[3] = 1;
    server_unlock(f.server);
    f.profile_name[0] = "remote-io";
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).err, ERR_DENIED);
    assert_int_equal(fixture_command(&f, COMMAND_RELEASE).result, RESULT_ACCEPTED);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    fixture_stop(&f);
}

/* A barrier's card and a module beside it are one lane; without the module's photocell and edge no close
 * is ever written (F8). */
static void a_barrier_and_a_module_are_one_lane(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve_serial(&f);
    wire_module(&f, UNIT_2);
    server_lock(f.server, UNIT_1)->holding[100] = 16;
    server_unlock(f.server);
    f.profile_name[0] = "came-gard";
    f.io_unit = UNIT_2;
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_true(input_on(f.last[0].inputs, IN_ARM_UP));
    assert_int_equal(f.last[0].status.gate, GATE_OPEN);
    server_set_input(f.server, UNIT_2, 0, true);
    assert_true(fixture_until(&f, loop_a, WAIT_MS));
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    assert_true(look(&f, UNIT_1).coils[3]);
    assert_int_equal(look(&f, UNIT_2).coil_log[look(&f, UNIT_2).coil_writes - 1] % 2, 0);
    server_set_input(f.server, UNIT_2, 1,
                     true); /* the module's loop B keeps the barrier from closing */
    assert_true(fixture_outcome(&f, 2).command == COMMAND_OPEN); /* F5 */
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).err, ERR_DENIED);
    fixture_stop(&f);
}

static void a_barrier_that_closes_by_itself_is_never_told_to(void **state)
{
    char path[] = "/tmp/boomgate-profile-XXXXXX.yaml";
    static const char text[] = "name: bare\nsource: test\ninputs:\n"
                               "  - {point: loop_a, table: discrete, address: 0}\n"
                               "  - {point: loop_b, table: discrete, address: 1}\n"
                               "  - {point: arm_up, table: discrete, address: 3}\n"
                               "  - {point: arm_down, table: discrete, address: 4}\n"
                               "commands:\n"
                               "  - {command: open, act: pulse, address: 0, ms: 100}\n"
                               "  - {command: close, act: pulse, address: 1, ms: 100}\n";
    struct fixture f;
    (void)state;
    int fd = mkstemps(path, 5);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    fixture_serve(&f);
    f.profile_name[0] = path;
    fixture_scan(&f, 1, 256, 0);
    unlink(path);
    fixture_fresh(&f, 1);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).err, ERR_DENIED);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    struct server_unit u = look(&f, UNIT_1);
    for (size_t i = 0; i < u.coil_writes; i++)
        assert_int_not_equal(u.coil_log[i], PULSE_CLOSE * 2 + 1);
    fixture_stop(&f);
}

/* --- watchdog and counters --- */

static bool told_watchdog(struct fixture *f)
{
    struct server_unit u = look(f, UNIT_1);
    return u.holding[3] == 5000 && u.holding[5] == FIELD_FALLBACK_HOLD_OPEN &&
           u.heartbeat_writes > 1;
}

/* F7: the link scans on, but nobody turns. */
static void the_watchdog_is_fed_only_while_the_agent_turns(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    f.fallback = FIELD_FALLBACK_HOLD_OPEN;
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_true(fixture_until(&f, told_watchdog, WAIT_MS));
    int64_t end = test_ms() + 1500;
    size_t beats = look(&f, UNIT_1).heartbeat_writes;
    while (test_ms() < end)
        sched_yield(); /* not fixture_drain, which stands for the agent */
    end = test_ms() + 1500;
    size_t scans = look(&f, UNIT_1).scans, after = look(&f, UNIT_1).heartbeat_writes;
    assert_in_range(after - beats, 0, 1);
    while (test_ms() < end)
        sched_yield();
    assert_int_equal(look(&f, UNIT_1).heartbeat_writes, after);
    assert_true(look(&f, UNIT_1).scans > scans);
    fixture_until(&f, never, 1500);
    assert_true(look(&f, UNIT_1).heartbeat_writes > after);
    fixture_stop(&f);
}

static void count_forward(struct fixture *f, uint16_t by)
{
    struct server_unit *u = server_lock(f->server, UNIT_1);
    uint32_t v = (uint32_t)u->registers[32] << 16 | u->registers[33];
    v += by;
    u->registers[32] = (uint16_t)(v >> 16);
    u->registers[33] = (uint16_t)v;
    server_unlock(f->server);
}

static uint32_t wanted_forward;

static bool counted(struct fixture *f)
{
    return f->last[0].counts.forward == wanted_forward;
}

static bool missed_three(struct fixture *f)
{
    return f->missed[0] == 3;
}

static bool rebased(struct fixture *f)
{
    return f->last[0].counts.rebased == 1;
}

static void what_the_device_counted_and_nobody_saw_is_missed(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    server_lock(f.server, UNIT_1)->registers[33] = 65534;
    server_unlock(f.server);
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    fixture_until(&f, never, 1200); /* a base was taken */
    server_set_input(f.server, UNIT_1, IN_LOOP_B, true);
    fixture_until(&f, never, 100);
    server_set_input(f.server, UNIT_1, IN_LOOP_B, false);
    count_forward(&f, 1);
    wanted_forward = 1;
    assert_true(fixture_until(&f, counted, WAIT_MS));
    fixture_until(&f, never, 1200);
    assert_int_equal(f.missed[0], 0); /* this one was seen */
    count_forward(&f, 3);             /* over the end of a word */
    assert_true(fixture_until(&f, missed_three, WAIT_MS));
    wanted_forward = 4;
    assert_true(fixture_until(&f, counted, WAIT_MS));

    struct server_unit *u = server_lock(f.server, UNIT_1); /* power lost: all begins anew */
    u->registers[32] = u->registers[33] = 0;
    u->registers[22]++;
    server_unlock(f.server);
    assert_true(fixture_until(&f, rebased, WAIT_MS));
    fixture_until(&f, never, 1200);
    assert_int_equal(f.last[0].counts.forward, 4);
    assert_int_equal(f.missed[0], 3);
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_serial_line_carries_several_units),
        cmocka_unit_test(a_faulty_unit_on_a_serial_line_is_left_alone),
        cmocka_unit_test(a_line_that_hears_itself_works),
        cmocka_unit_test(a_line_that_is_gone_is_looked_for_again),
        cmocka_unit_test(one_dead_unit_never_delays_another),
        cmocka_unit_test(a_command_goes_before_the_scan),
        cmocka_unit_test(there_is_never_a_second_connection),
        cmocka_unit_test(a_slow_device_is_a_good_device),
        cmocka_unit_test(byte_swapped_text_is_no_plate),
        cmocka_unit_test(a_relay_is_pulsed_and_read_back),
        cmocka_unit_test(opening_and_closing_relays_never_pull_together),
        cmocka_unit_test(a_relay_left_on_by_a_lost_connection_is_released_first),
        cmocka_unit_test(a_level_left_on_is_known),
        cmocka_unit_test(a_barrier_and_a_module_are_one_lane),
        cmocka_unit_test(a_barrier_that_closes_by_itself_is_never_told_to),
        cmocka_unit_test(the_watchdog_is_fed_only_while_the_agent_turns),
        cmocka_unit_test(what_the_device_counted_and_nobody_saw_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
