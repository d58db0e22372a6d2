/* The field against a scripted server: reading. Numbers cite edge/field/field.h. */
#include "edge/field/profile_file.h"
#include "tests/contract/edge/field_fixture.h"

#include <arpa/inet.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool never(struct fixture *f)
{
    (void)f;
    return false;
}

static bool loop_a(struct fixture *f)
{
    return input_on(f->last[0].inputs, IN_LOOP_A);
}

static bool stale(struct fixture *f)
{
    return f->snapshots[0] > 0 && !f->last[0].fresh;
}

static bool fresh(struct fixture *f)
{
    return f->last[0].fresh;
}

static bool has_plate(struct fixture *f)
{
    return f->last[0].plate.sequence != 0;
}

static bool has_eighth_plate(struct fixture *f)
{
    return f->last[0].plate.sequence == 8;
}

static bool shows_outputs(struct fixture *f)
{
    struct server_unit *u = server_lock(f->server, 1);
    bool shown = u->coils[5] && !u->coils[6] && u->holding[16] != 0;
    server_unlock(f->server);
    return shown;
}

static size_t seen;

static bool two_more(struct fixture *f)
{
    return f->snapshots[0] >= seen + 2;
}

/* F2 */
static void reads_and_reports_changes(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_int_equal(f.last[0].status.gate, GATE_CLOSED);
    assert_true(input_on(f.last[0].inputs, IN_ARM_DOWN));
    assert_true(inputs_safe_to_close(f.last[0].inputs));
    assert_true(f.last[0].link_us > 0);

    server_set_input(f.server, 1, IN_LOOP_A, true);
    assert_true(fixture_until(&f, loop_a, WAIT_MS));

    /* Without a change: only the refresh, at least every 500 ms. */
    size_t before = f.snapshots[0];
    int64_t since_ms = test_ms();
    fixture_until(&f, never, 1200);
    assert_true(f.snapshots[0] - before <= (size_t)(test_ms() - since_ms) / 250);
    seen = before;
    assert_true(fixture_until(&f, two_more, WAIT_MS));
    fixture_stop(&f);
}

static void reads_a_korean_plate(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_set_plate(f.server, 1, 2, "22아2222");
    assert_true(fixture_until(&f, has_plate, WAIT_MS));
    assert_int_equal(f.last[0].plate.sequence, 2);
    assert_int_equal(f.last[0].plate.len, strlen("22아2222"));
    assert_string_equal(f.last[0].plate.raw, "22아2222");
    assert_int_equal(f.last[0].plate.confidence, 9900);
    fixture_stop(&f);
}

static void a_torn_plate_is_read_again(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_set_plate(f.server, 1, 3, "22");
    assert_false(fixture_until(&f, has_plate, 100)); /* many scans later it is still torn */
    assert_true(f.last[0].fresh);
    server_set_plate(f.server, 1, 4, "22아2222");
    assert_true(fixture_until(&f, has_plate, WAIT_MS));
    assert_string_equal(f.last[0].plate.raw, "22아2222");
    fixture_stop(&f);
}

static void an_impossible_plate_is_reported_without_text(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    struct server_unit *u = server_lock(f.server, 1);
    u->registers[48] = 8;
    u->registers[49] = 4000;
    server_unlock(f.server);
    assert_true(fixture_until(&f, has_eighth_plate, WAIT_MS));
    assert_true(f.last[0].plate.len >= PLATE_RAW_SIZE); /* which no text has */
    assert_int_equal(f.last[0].plate.raw[0], 0);
    assert_true(f.last[0].fresh);
    fixture_stop(&f);
}

static void an_impossible_status_is_unknown(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    struct server_unit *u = server_lock(f.server, 1);
    u->registers[16] = 999;
    server_unlock(f.server);
    fixture_until(&f, never, 1200); /* two status reads and a refresh */
    assert_int_equal(f.last[0].status.gate, GATE_UNKNOWN);
    assert_int_equal(f.last[0].status.position, 255);
    fixture_stop(&f);
}

/* F3: nor is what stands beside an impossible value believed, the heartbeat least of all. */
static void a_status_that_was_never_possible_is_not_fresh(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    server_lock(f.server, 1)->registers[17] = 101;
    server_unlock(f.server);
    fixture_scan(&f, 1, 256, 0);
    assert_false(fixture_until(&f, fresh, 1000));
    server_lock(f.server, 1)->registers[17] = 100;
    server_unlock(f.server);
    assert_true(fixture_until(&f, fresh, WAIT_MS));
    fixture_stop(&f);
}

/* F3, T1, T2: whatever a single unit does on its own connection, it goes stale and comes back. */
static void a_faulty_device_goes_stale_and_returns(void **state)
{
    static const enum server_fault faults[] = {FAULT_MUTE, FAULT_DRIP, FAULT_OLD_ID, FAULT_LONGER,
                                               FAULT_OTHER_UNIT};
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct fixture f;
        fixture_start(&f, 1, 256, 0);
        fixture_fresh(&f, 1);
        size_t connections = server_connections(f.server);
        server_set_fault(f.server, 1, faults[i]);
        assert_true(fixture_until(&f, stale, WAIT_MS));
        assert_true(server_connections(f.server) > connections);
        server_set_fault(f.server, 1, FAULT_NONE);
        assert_true(fixture_until(&f, fresh, WAIT_MS));
        fixture_stop(&f);
    }
}

/* A slow network is no fault, as long as an answer is whole within the timeout. */
static void an_answer_in_pieces_is_put_together(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    f.stale_ms = PATIENT_MS;
    server_set_fault(f.server, 1, FAULT_PIECES);
    server_set_input(f.server, 1, IN_LOOP_A, true);
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_true(loop_a(&f));
    fixture_until(&f, never, 500);
    assert_int_equal(f.went_stale[0], 0);
    assert_int_equal(server_connections(f.server), 1);
    fixture_stop(&f);
}

static void a_still_heartbeat_is_stale(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    size_t before = 1;
    for (int round = 0; round < ROUNDS && before != f.went_stale[0]; round++) {
        before = f.went_stale[0];
        fixture_until(&f, never, 1500);
    }
    assert_int_equal(f.went_stale[0], before); /* it moves between two status reads */
    server_lock(f.server, 1)->heart_stopped = true;
    server_unlock(f.server);
    assert_true(fixture_until(&f, stale, WAIT_MS));
    assert_false(fixture_until(&f, fresh, 1200));
    assert_int_equal(server_connections(f.server), 1);
    fixture_stop(&f);
}

static void a_device_that_is_no_gate_is_stale(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_pause(f.server);
    server_lock(f.server, 1)->registers[0] = 0;
    server_unlock(f.server);
    server_resume(f.server);
    assert_true(fixture_until(&f, stale, WAIT_MS));
    size_t requests = server_requests(f.server);
    fixture_until(&f, never, 1000);
    assert_in_range(server_requests(f.server) - requests, 0, 2); /* asked again slowly */
    fixture_stop(&f);
}

static void a_restarted_device_is_told_again(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    assert_int_equal(f.port.display(f.port.self, 0, "어서 오세요"), ERR_OK);
    assert_int_equal(f.port.lights(f.port.self, 0, true, false), ERR_OK);
    assert_true(fixture_until(&f, shows_outputs, WAIT_MS));
    server_pause(f.server);
    assert_true(fixture_until(&f, stale, WAIT_MS));
    struct server_unit *u = server_lock(f.server, 1);
    memset(u->holding, 0, sizeof u->holding);
    memset(u->coils, 0, sizeof u->coils);
    u->registers[22]++;
    server_unlock(f.server);
    server_resume(f.server);
    assert_true(fixture_until(&f, fresh, WAIT_MS));
    assert_true(fixture_until(&f, shows_outputs, WAIT_MS));
    fixture_stop(&f);
}

/* One round: how often the neighbour of a unit with this fault went stale, while and after it lasts. */
static size_t neighbour_of(enum server_fault fault)
{
    struct fixture f;
    fixture_start(&f, 2, 256, 0);
    fixture_fresh(&f, 2);
    assert_int_equal(server_connections(f.server), 1);
    server_set_fault(f.server, 1, fault);
    assert_true(fixture_until(&f, stale, WAIT_MS));
    fixture_until(&f, never, 2000);
    size_t connections = server_connections(f.server);
    server_set_fault(f.server, 1, FAULT_NONE);
    assert_true(fixture_until(&f, fresh, WAIT_MS));
    fixture_stop(&f);
    return f.went_stale[1] + (fault == FAULT_EXCEPTION ? connections - 1 : 0);
}

/* A unit that answers with exceptions or not at all never takes its neighbour along. */
static void two_units_share_one_connection(void **state)
{
    static const enum server_fault faults[] = {FAULT_EXCEPTION, FAULT_MUTE};
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        size_t harm = 1;
        for (int round = 0; round < ROUNDS && harm > 0; round++)
            harm = neighbour_of(faults[i]);
        assert_int_equal(harm, 0);
    }
}

/* A port nobody listens on: bound, so that nobody else takes it, but without listen(2). */
static void a_refused_connection_reports_nothing_fresh(void **state)
{
    struct fixture f;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    fixture_start(&f, 1, 256, ntohs(a.sin_port));
    assert_false(fixture_until(&f, fresh, 1200));
    assert_true(f.snapshots[0] >= 2); /* the agent hears that there is nothing */
    fixture_send(&f, COMMAND_OPEN, 1000);
    struct command_outcome o = fixture_outcome(&f, 1);
    assert_int_equal(o.result, RESULT_NONE);
    assert_int_equal(o.err, ERR_TIMEOUT);
    fixture_stop(&f);
    close(fd);
}

/* F2: nobody takes the snapshots for a while. */
static void a_full_mailbox_coalesces_and_counts(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 4, 0);
    fixture_fresh(&f, 1);
    for (int i = 0; i < 20; i++) {
        size_t requests = server_requests(f.server);
        server_set_input(f.server, 1, IN_LOOP_A, i % 2 == 0);
        int64_t end = test_ms() + WAIT_MS;
        while (server_requests(f.server) < requests + 4 && test_ms() < end)
            sched_yield(); /* until a scan has certainly seen it */
    }
    fixture_until(&f, never, 100);
    assert_false(loop_a(&f)); /* the last state */
    assert_true(f.lost[0] > 0);
    fixture_stop(&f);
}

static void refuses_a_wrong_set_up(void **state)
{
    struct clock_source clock = clock_real();
    struct mailbox *inputs = mailbox_new(sizeof(struct agent_input), 4, NULL, NULL);
    struct field_link links[2] = {{.host = "127.0.0.1", .port = 502, .scan_ms = 20}};
    struct profile profile;
    struct table_error e;
    assert_int_equal(profile_load("reference", &profile, &e), ERR_OK);
    struct field_lane lane = {.name = {"in-1"}, .unit = 1, .link = 1, .profile = &profile};
    struct field *untouched = NULL;
    (void)state;
    assert_int_equal(field_start(links, 1, &lane, 1, &clock, inputs, &untouched), ERR_INVAL);
    lane.link = 0;
    assert_int_equal(field_start(links, 2, &lane, 1, &clock, inputs, &untouched), ERR_INVAL);
    assert_int_equal(field_start(links, 1, &lane, FIELD_LANES_MAX + 1, &clock, inputs, &untouched),
                     ERR_INVAL);
    profile.inputs[IN_LOOP_B].at.space = SPACE_NONE;
    assert_int_equal(field_start(links, 1, &lane, 1, &clock, inputs, &untouched), ERR_INVAL);
    assert_null(untouched);
    mailbox_free(inputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_reports_changes),
        cmocka_unit_test(reads_a_korean_plate),
        cmocka_unit_test(a_torn_plate_is_read_again),
        cmocka_unit_test(an_impossible_plate_is_reported_without_text),
        cmocka_unit_test(an_impossible_status_is_unknown),
        cmocka_unit_test(a_status_that_was_never_possible_is_not_fresh),
        cmocka_unit_test(a_faulty_device_goes_stale_and_returns),
        cmocka_unit_test(an_answer_in_pieces_is_put_together),
        cmocka_unit_test(a_still_heartbeat_is_stale),
        cmocka_unit_test(a_device_that_is_no_gate_is_stale),
        cmocka_unit_test(a_restarted_device_is_told_again),
        cmocka_unit_test(two_units_share_one_connection),
        cmocka_unit_test(a_refused_connection_reports_nothing_fresh),
        cmocka_unit_test(a_full_mailbox_coalesces_and_counts),
        cmocka_unit_test(refuses_a_wrong_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
