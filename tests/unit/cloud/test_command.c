/* The life of a command in the cloud, cell by cell (core/command.h K1, K2). */
#include "cloud/core/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { STAGES = STAGE_EXPIRED + 1 };

/* What each event makes of each stage; '-': nothing. s sent, a accepted, x executing, d done, r rejected,
 * f failed, e expired. Columns: accepted executing done rejected failed expired overdue. */
static const char *const wanted[STAGES] = {
    [STAGE_NONE] = "axdrfee",    [STAGE_ACCEPTED] = "-xd-f-f", [STAGE_EXECUTING] = "--d-f-f",
    [STAGE_DONE] = "-------",    [STAGE_REJECTED] = "-------", [STAGE_FAILED] = "-------",
    [STAGE_EXPIRED] = "-------",
};

static enum stage stage_of(char letter)
{
    switch (letter) {
    case 'a': return STAGE_ACCEPTED;
    case 'x': return STAGE_EXECUTING;
    case 'd': return STAGE_DONE;
    case 'r': return STAGE_REJECTED;
    case 'f': return STAGE_FAILED;
    case 'e': return STAGE_EXPIRED;
    default: return STAGE_NONE;
    }
}

static void every_cell(void **state)
{
    (void)state;
    for (int s = STAGE_NONE; s < STAGES; s++)
        for (int e = 0; e < COMMAND_EVENTS; e++) {
            struct command_row r = {.stage = (enum stage)s};
            enum stage to = stage_of(wanted[s][e]);
            enum err result =
                command_step(&r, (enum command_event)e, REASON_BUSY, (struct wall_ms){7});
            assert_int_equal(result, to == STAGE_NONE ? ERR_CONFLICT : ERR_OK);
            assert_int_equal(r.stage, to == STAGE_NONE ? (enum stage)s : to);
            if (result != ERR_OK)
                continue;
            assert_int_equal(r.why, REASON_BUSY);
            assert_int_equal(r.presumed, e == COMMAND_EV_OVERDUE);
            assert_int_equal(r.ended.v != 0, command_is_final(to));
            assert_int_equal(r.accepted.v, to == STAGE_ACCEPTED ? 7 : 0);
            assert_int_equal(r.executing.v, to == STAGE_EXECUTING ? 7 : 0);
        }
}

/* K1: a guess gives way to any word of the edge, and that word then stands. */
static void a_guess_is_replaced(void **state)
{
    (void)state;
    struct command_row r = {.stage = STAGE_ACCEPTED, .accepted = {5}};
    assert_int_equal(command_step(&r, COMMAND_EV_OVERDUE, REASON_TIMEOUT, (struct wall_ms){9}),
                     ERR_OK);
    assert_int_equal(r.stage, STAGE_FAILED);
    assert_int_equal(r.ended.v, 9);
    assert_int_equal(command_step(&r, COMMAND_EV_OVERDUE, REASON_TIMEOUT, (struct wall_ms){10}),
                     ERR_CONFLICT);
    assert_int_equal(command_step(&r, COMMAND_EV_EXECUTING, REASON_NONE, (struct wall_ms){11}),
                     ERR_OK);
    assert_int_equal(r.ended.v, 0);
    assert_false(r.presumed);
    assert_int_equal(command_step(&r, COMMAND_EV_DONE, REASON_NONE, (struct wall_ms){12}), ERR_OK);
    assert_int_equal(r.why, REASON_NONE);
    assert_int_equal(command_step(&r, COMMAND_EV_FAILED, REASON_NONE, (struct wall_ms){13}),
                     ERR_CONFLICT);
    assert_int_equal(r.ended.v, 12);
}

static void stages_are_events(void **state)
{
    (void)state;
    static const enum stage of[] = {STAGE_ACCEPTED, STAGE_EXECUTING, STAGE_DONE,
                                    STAGE_REJECTED, STAGE_FAILED,    STAGE_EXPIRED};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        assert_int_equal(command_event_of(of[i]), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
        cmocka_unit_test(a_guess_is_replaced),
        cmocka_unit_test(stages_are_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
