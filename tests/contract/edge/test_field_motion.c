/* The field against a scripted server: writing. Numbers cite edge/field/field.h. */
#include "tests/contract/edge/field_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct server_unit look(struct fixture *f)
{
    struct server_unit copy = *server_lock(f->server, 1);
    server_unlock(f->server);
    return copy;
}

static void raise_arm(struct fixture *f)
{
    struct server_unit *u = server_lock(f->server, 1);
    u->inputs[IN_ARM_UP] = 1;
    u->inputs[IN_ARM_DOWN] = 0;
    server_unlock(f->server);
}

static bool arm_up(struct fixture *f)
{
    return input_on(f->last[0].inputs, IN_ARM_UP);
}

static bool never(struct fixture *f)
{
    (void)f;
    return false;
}

static void start_open(struct fixture *f)
{
    fixture_start(f, 1, 256, 0);
    raise_arm(f);
    assert_true(fixture_until(f, arm_up, WAIT_MS));
    fixture_fresh(f, 1);
}

/* The sequence continues from the device's echo (65534) and wraps. */
static void commands_reach_the_device_once(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    for (size_t i = 0; i < 3; i++) {
        struct command_outcome o = fixture_command(&f, COMMAND_OPEN);
        assert_int_equal(o.command, COMMAND_OPEN);
        assert_int_equal(o.err, ERR_OK);
        assert_int_equal(o.result, RESULT_ACCEPTED);
    }
    struct server_unit u = look(&f);
    assert_int_equal(u.command_count, 3);
    assert_int_equal(u.executed, 3);
    assert_int_equal(u.sequences[0], 65535);
    assert_int_equal(u.sequences[1], 0);
    assert_int_equal(u.sequences[2], 1);
    fixture_stop(&f);
}

static void a_refusal_is_reported(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_lock(f.server, 1)->refuse = true;
    server_unlock(f.server);
    struct command_outcome o = fixture_command(&f, COMMAND_OPEN);
    assert_int_equal(o.err, ERR_OK);
    assert_int_equal(o.result, RESULT_REFUSED);
    fixture_stop(&f);
}

static void an_expired_command_is_not_written(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    fixture_send(&f, COMMAND_OPEN, 0);
    struct command_outcome o = fixture_outcome(&f, 1);
    assert_int_equal(o.result, RESULT_NONE);
    assert_int_equal(o.err, ERR_TIMEOUT);
    assert_int_equal(look(&f).command_count, 0);
    fixture_stop(&f);
}

static void bad_orders_are_refused(void **state)
{
    struct fixture f;
    char text[DISPLAY_SIZE + 1];
    struct mono_ms soon = {INT64_MAX};
    (void)state;
    fixture_start(&f, 1, 256, 0);
    memset(text, 'x', sizeof text);
    text[DISPLAY_SIZE] = '\0';
    assert_int_equal(f.port.display(f.port.self, 0, text), ERR_INVAL);
    assert_int_equal(f.port.display(f.port.self, 1, "x"), ERR_INVAL);
    assert_int_equal(f.port.command(f.port.self, 1, COMMAND_OPEN, soon), ERR_INVAL);
    assert_int_equal(f.port.command(f.port.self, 0, COMMAND_NONE, soon), ERR_INVAL);
    assert_int_equal(f.port.lights(f.port.self, 9, true, true), ERR_INVAL);
    fixture_stop(&f);
}

static void block_at_next_read(void *arg, const struct server_request *r, struct server_unit *u)
{
    bool *armed = arg;
    if (*armed && r->function == 2) {
        u->inputs[IN_LOOP_B] = 1;
        *armed = false;
    }
}

/* F4: clear when decided, occupied when read again: nothing is written. */
static void a_close_is_checked_against_fresh_inputs(void **state)
{
    static const struct {
        int input;
        bool value;
    } unsafe[] = {
        {IN_LOOP_B, true},   {IN_FAULT_B, true}, {IN_PHOTOCELL_CLEAR, false},
        {IN_EDGE_OK, false}, {IN_FIRE, true},
    };
    struct fixture f;
    (void)state;
    start_open(&f);
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        server_set_input(f.server, 1, unsafe[i].input, unsafe[i].value);
        struct command_outcome o = fixture_command(&f, COMMAND_CLOSE);
        assert_int_equal(o.result, RESULT_NONE);
        assert_int_equal(o.err, ERR_DENIED);
        server_set_input(f.server, 1, unsafe[i].input, !unsafe[i].value);
    }
    /* The very read that precedes the write. */
    bool armed = true;
    server_set_hook(f.server, block_at_next_read, &armed);
    struct command_outcome o = fixture_command(&f, COMMAND_CLOSE);
    assert_int_equal(o.err, ERR_DENIED);
    assert_int_equal(look(&f).command_count, 0);
    fixture_stop(&f);
}

static bool is_stale(struct fixture *f)
{
    return !f->last[0].fresh;
}

/* F3, F4: a device whose heartbeat stands still may show old inputs as new ones. */
static void no_close_while_the_heartbeat_stands_still(void **state)
{
    struct fixture f;
    (void)state;
    start_open(&f);
    server_lock(f.server, 1)->heart_stopped = true;
    server_unlock(f.server);
    assert_true(fixture_until(&f, is_stale, WAIT_MS));
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).err, ERR_DENIED);
    assert_int_equal(look(&f).command_count, 0);
    fixture_stop(&f);
}

static void a_safe_close_is_written(void **state)
{
    struct fixture f;
    (void)state;
    start_open(&f);
    struct command_outcome o = fixture_command(&f, COMMAND_CLOSE);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    assert_int_equal(look(&f).commands[0], COMMAND_CLOSE);
    fixture_stop(&f);
}

/* F5 */
static void an_obstacle_while_closing_reopens_at_once(void **state)
{
    struct fixture f;
    (void)state;
    start_open(&f);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    server_set_input(f.server, 1, IN_ARM_UP, false);
    server_set_input(f.server, 1, IN_PHOTOCELL_CLEAR, false);
    struct command_outcome o = fixture_outcome(&f, 2);
    assert_int_equal(o.command, COMMAND_OPEN);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    fixture_until(&f, never, 300);
    struct server_unit u = look(&f);
    assert_int_equal(u.command_count, 2); /* once */
    assert_int_equal(u.commands[1], COMMAND_OPEN);
    assert_int_equal(f.outcome_count, 2);
    fixture_stop(&f);
}

/* F5 ends with the arm down: a vehicle on B in front of a closed arm is none of the reflex's
 * business. */
static void no_reflex_once_the_arm_is_down(void **state)
{
    struct fixture f;
    (void)state;
    start_open(&f);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    struct server_unit *u = server_lock(f.server, 1);
    u->inputs[IN_ARM_UP] = 0;
    u->inputs[IN_ARM_DOWN] = 1;
    server_unlock(f.server);
    fixture_until(&f, never, 100);
    server_set_input(f.server, 1, IN_LOOP_B, true);
    fixture_until(&f, never, 300);
    assert_int_equal(look(&f).command_count, 1);
    fixture_stop(&f);
}

/* F5: a device that refuses to open is asked again, but neither hammered nor reported over and
 * over. */
static void a_refused_reflex_is_repeated(void **state)
{
    struct fixture f;
    (void)state;
    start_open(&f);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    struct server_unit *u = server_lock(f.server, 1);
    u->refuse = true;
    u->inputs[IN_LOOP_B] = 1;
    u->inputs[IN_ARM_UP] = 0;
    server_unlock(f.server);
    assert_int_equal(fixture_outcome(&f, 2).result, RESULT_REFUSED);
    fixture_until(&f, never, 1000);
    assert_in_range(look(&f).command_count, 3, 8);
    assert_int_equal(f.outcome_count, 2);
    fixture_stop(&f);
}

static void fault_first_command(void *arg, const struct server_request *r, struct server_unit *u)
{
    enum server_fault *fault = arg;
    if (r->function == 16 && r->address == 0) {
        u->fault = *fault;
        *fault = FAULT_NONE;
    }
}

/* F4: executed, but the answer was lost: read back, not repeated. */
static void a_lost_answer_is_read_back(void **state)
{
    struct fixture f;
    enum server_fault fault = FAULT_MUTE_COMMAND;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_set_hook(f.server, fault_first_command, &fault);
    struct command_outcome o = fixture_command(&f, COMMAND_OPEN);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    struct server_unit u = look(&f);
    assert_int_equal(u.command_count, 1);
    assert_int_equal(u.executed, 1);
    fixture_stop(&f);
}

/* F4: lost on the way: repeated under the same sequence. */
static void a_lost_command_is_repeated(void **state)
{
    struct fixture f;
    enum server_fault fault = FAULT_DROP_COMMAND;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_set_hook(f.server, fault_first_command, &fault);
    struct command_outcome o = fixture_command(&f, COMMAND_OPEN);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    struct server_unit u = look(&f);
    assert_int_equal(u.executed, 1);
    assert_int_equal(u.sequences[0], 65535);
    fixture_stop(&f);
}

/* F4: the repeat has its number from before the reconnection, where the device's echo was learnt
 * again: the next command must not get that number a second time, it would count as executed. */
static void the_command_after_a_repeat_is_a_new_one(void **state)
{
    struct fixture f;
    enum server_fault fault = FAULT_DROP_COMMAND;
    (void)state;
    start_open(&f);
    server_set_hook(f.server, fault_first_command, &fault);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    assert_int_equal(fixture_command(&f, COMMAND_CLOSE).result, RESULT_ACCEPTED);
    struct server_unit u = look(&f);
    assert_int_equal(u.executed, 2);
    assert_int_equal(u.sequences[0], 65535);
    assert_int_equal(u.sequences[1], 0);
    fixture_stop(&f);
}

/* F5 holds across a lost connection: the close was executed, its answer lost, and then B is
 * occupied. */
static void the_reflex_survives_a_reconnection(void **state)
{
    struct fixture f;
    enum server_fault fault = FAULT_MUTE_COMMAND;
    (void)state;
    start_open(&f);
    server_set_hook(f.server, fault_first_command, &fault);
    fixture_send(&f, COMMAND_CLOSE, 40);
    struct command_outcome o = fixture_outcome(&f, 1);
    assert_int_equal(o.command, COMMAND_CLOSE);
    server_set_input(f.server, 1, IN_LOOP_B, true);
    o = fixture_outcome(&f, 2);
    assert_int_equal(o.command, COMMAND_OPEN);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    fixture_stop(&f);
}

/* F5: a process that was killed while its arm came down finds it coming down. */
static void a_close_under_way_is_watched_from_the_start(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    struct server_unit *u = server_lock(f.server, 1);
    u->inputs[IN_ARM_DOWN] = 0;
    u->inputs[IN_LOOP_B] = 1;
    u->registers[16] = GATE_CLOSING;
    server_unlock(f.server);
    fixture_scan(&f, 1, 256, 0);
    struct command_outcome o = fixture_outcome(&f, 1);
    assert_int_equal(o.command, COMMAND_OPEN);
    assert_int_equal(o.result, RESULT_ACCEPTED);
    fixture_stop(&f);
}

static bool told_again(struct fixture *f)
{
    return look(f).display_writes >= 2;
}

/* A device that restarted behind a living connection may echo anything, even our next sequence. */
static void the_sequence_is_learnt_again_after_a_restart(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    f.port.display(f.port.self, 0, "P");
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    struct server_unit *u = server_lock(f.server, 1);
    u->registers[120] = 0; /* what we would use next */
    u->inputs[IN_RESTARTED] = 1;
    server_unlock(f.server);
    assert_true(fixture_until(&f, told_again, WAIT_MS));
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    assert_int_equal(look(&f).executed, 2);
    fixture_stop(&f);
}

static bool pulses_written(struct fixture *f)
{
    struct server_unit u = look(f);
    return u.coils[8] && u.coils[10] && u.coils[6] && u.heartbeat_writes >= 2;
}

static void outputs_and_heartbeat_are_written(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f, 1, 256, 0);
    assert_int_equal(f.port.display(f.port.self, 0, "old"), ERR_OK);
    assert_int_equal(f.port.display(f.port.self, 0, "만차"), ERR_OK); /* the newest wins */
    assert_int_equal(f.port.lights(f.port.self, 0, false, true), ERR_OK);
    assert_int_equal(f.port.trigger_camera(f.port.self, 0), ERR_OK);
    assert_int_equal(f.port.acknowledge_restart(f.port.self, 0), ERR_OK);
    assert_true(fixture_until(&f, pulses_written, WAIT_MS));
    struct server_unit u = look(&f);
    assert_int_equal(u.holding[16], 0xEBA7); /* U+B9CC U+CC28 as EB A7 8C EC B0 A8 */
    assert_int_equal(u.holding[17], 0x8CEC);
    assert_int_equal(u.holding[18], 0xB0A8);
    assert_int_equal(u.holding[19], 0);
    assert_int_equal(u.display_writes, 1);
    assert_false(u.coils[5]);
    assert_true(u.holding[2] >= 2);
    fixture_stop(&f);
}

static bool ticket_written(struct fixture *f)
{
    return look(f).coils[7];
}

/* The text is there before the pulse that prints it. */
static void before_the_ticket(void *arg, const struct server_request *r, struct server_unit *u)
{
    bool *late = arg;
    if (r->function == 5 && r->address == 7)
        *late = *late || u->holding[32] != ('T' << 8 | '1') || u->holding[33] != 'X' << 8;
}

static void a_ticket_carries_its_text(void **state)
{
    struct fixture f;
    bool late = false;
    char text[CREDENTIAL_TEXT_SIZE + 1] = "";
    (void)state;
    fixture_start(&f, 1, 256, 0);
    server_set_hook(f.server, before_the_ticket, &late);
    memset(text, 'x', CREDENTIAL_TEXT_SIZE);
    assert_int_equal(f.port.issue_ticket(f.port.self, 0, text), ERR_INVAL);
    assert_int_equal(f.port.issue_ticket(f.port.self, 0, "T1X"), ERR_OK);
    assert_true(fixture_until(&f, ticket_written, WAIT_MS));
    assert_false(late);
    server_set_hook(f.server, NULL, NULL);
    fixture_stop(&f);
}

/* An output the device does not have costs a log line, not the lane. */
static void except_outputs(void *arg, const struct server_request *r, struct server_unit *u)
{
    (void)arg;
    u->fault = r->function == 5 ? FAULT_EXCEPTION : FAULT_NONE;
}

static void a_refused_output_is_tolerated(void **state)
{
    struct fixture f;
    (void)state;
    fixture_serve(&f);
    f.stale_ms = PATIENT_MS;
    fixture_scan(&f, 1, 256, 0);
    fixture_fresh(&f, 1);
    server_set_hook(f.server, except_outputs, NULL);
    f.port.lights(f.port.self, 0, true, true);
    f.port.trigger_camera(f.port.self, 0);
    fixture_until(&f, never, 1000);
    assert_int_equal(f.went_stale[0], 0);
    assert_int_equal(server_connections(f.server), 1);
    assert_int_equal(fixture_command(&f, COMMAND_OPEN).result, RESULT_ACCEPTED);
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_reach_the_device_once),
        cmocka_unit_test(a_refusal_is_reported),
        cmocka_unit_test(an_expired_command_is_not_written),
        cmocka_unit_test(bad_orders_are_refused),
        cmocka_unit_test(a_close_is_checked_against_fresh_inputs),
        cmocka_unit_test(no_close_while_the_heartbeat_stands_still),
        cmocka_unit_test(a_safe_close_is_written),
        cmocka_unit_test(an_obstacle_while_closing_reopens_at_once),
        cmocka_unit_test(no_reflex_once_the_arm_is_down),
        cmocka_unit_test(a_refused_reflex_is_repeated),
        cmocka_unit_test(a_lost_answer_is_read_back),
        cmocka_unit_test(a_lost_command_is_repeated),
        cmocka_unit_test(the_command_after_a_repeat_is_a_new_one),
        cmocka_unit_test(the_reflex_survives_a_reconnection),
        cmocka_unit_test(a_close_under_way_is_watched_from_the_start),
        cmocka_unit_test(the_sequence_is_learnt_again_after_a_restart),
        cmocka_unit_test(outputs_and_heartbeat_are_written),
        cmocka_unit_test(a_ticket_carries_its_text),
        cmocka_unit_test(a_refused_output_is_tolerated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
