/* Who shows something other than a plate: tickets given at the button and shown at the exit, cards, codes.
 * Cites K1..K4 of edge/agent/credential.c and D7 of edge/core/admission.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/buf.h"
#include "tests/unit/edge/agent_world.h"

static struct world w;

static void ready(const char *layout, int64_t free)
{
    world_ready(&w, layout, free);
    for (size_t i = 0; i < w.config.lane_count; i++) {
        w.config.lanes[i].tickets = w.config.lanes[i].taken_input = w.config.lanes[i].reader = true;
        w.agent.config.lanes[i] = w.config.lanes[i];
    }
}

/* The first ticket that was printed. */
static const char *printed(void)
{
    static char number[TICKET_SIZE];
    const char *at = strstr(w.said, ":print:");
    assert_non_null(at);
    memcpy(number, at + 7, TICKET_SIZE - 1);
    return number;
}

/* Was it said, with the number for `@`? */
static bool said(const char *words, const char *number)
{
    char expected[160] = "";
    struct buf b = buf_of(expected, sizeof expected);
    const char *at = strchr(words, '@');
    buf_add(&b, words, at != NULL ? (size_t)(at - words) : strlen(words));
    if (at != NULL) {
        buf_adds(&b, number);
        buf_adds(&b, at + 1);
    }
    bool yes = strstr(w.said, expected) != NULL;
    if (!yes)
        print_message("not said: %s\nsaid: %s\n", expected, w.said);
    return yes;
}

static void take(size_t lane)
{
    world_on(&w, lane, IN_TICKET_TAKEN);
    world_off(&w, lane, IN_TICKET_TAKEN);
}

static void a_ticket_lets_in_once_it_is_taken(void **state) /* K3 */
{
    (void)state;
    char number[TICKET_SIZE];
    ready("in out", 2);
    world_arrive(&w, 0, NULL);
    world_wait(&w, 5000);
    assert_true(said("#in.passage.denied/no_credential in:'PRESS FOR TICKET'", ""));
    w.said[0] = '\0';
    world_press(&w, 0);
    snprintf(number, sizeof number, "%s", printed());
    assert_true(said("#in.ticket.issued/<@> in:'TAKE YOUR TICKET' in:print:", number));
    world_wait(&w, 60000);
    assert_null(strstr(w.said, "OPEN"));
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 2); /* nothing is spent on paper */
    w.said[0] = '\0';
    take(0);
    assert_true(said("#in.passage.authorised/<@>/space #in.arm.opened/ticket", number));
    assert_int_equal(agent_memory(&w.agent)->spaces.free, 1);
    world_arm_up(&w, 0);
    w.said[0] = '\0';
    world_drive_through(&w, 0);
    assert_true(said("#in.passage.completed/<@>", number));

    /* And out again: the cloud is asked with the number. */
    w.said[0] = '\0';
    world_arrive(&w, 1, NULL);
    world_show(&w, 1, READ_QR, number);
    assert_true(said("#out.credential.presented/<@>", number));
    assert_int_equal(w.asked.kind, REQUEST_EXIT);
    assert_string_equal(w.asked.question.credential.text, number);
    assert_string_equal(w.asked.question.plate.text, "");
    world_answer(&w, VERDICT_ALLOW, BASIS_PAID, REASON_NONE, "");
    assert_true(said("#out.passage.authorised/<@>/paid", number));
}

static void no_ticket_without_a_space(void **state) /* D7 */
{
    (void)state;
    ready("in", 0);
    world_arrive(&w, 0, NULL);
    world_press(&w, 0);
    assert_null(strstr(w.said, "print"));
    assert_int_equal(w.asked.kind, REQUEST_ENTRY);
    assert_true(w.asked.question.no_space);
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_FULL, "");
    assert_true(said("#in.passage.denied/full", ""));
    world_grant(&w, 7, 1);
    printed();
    take(0);
    assert_non_null(strstr(w.said, "in:OPEN"));
}

static void the_same_number_again(void **state) /* K3 */
{
    (void)state;
    char number[TICKET_SIZE], again[64];
    ready("in", 2);
    world_arrive(&w, 0, NULL);
    world_press(&w, 0);
    world_press(&w, 0); /* a bouncing contact */
    snprintf(number, sizeof number, "%s", printed());
    snprintf(again, sizeof again, "in:print:%s", number);
    assert_null(strstr(strstr(w.said, again) + strlen(again), "print"));
    w.said[0] = '\0';
    world_wait(&w, 4000);
    world_press(&w, 0); /* it got stuck */
    world_said(&w, again);
    /* The agent dies while the driver reaches for it: he presses once more. */
    world_restart(&w);
    world_io(&w, 0);
    world_wait(&w, 5000);
    w.said[0] = '\0';
    world_press(&w, 0);
    assert_non_null(strstr(w.said, again));
    take(0);
    assert_true(said("#in.passage.authorised/<@>/space", number));
}

static void a_crash_at_every_step_prints_no_two_numbers(void **state)
{
    (void)state;
    for (int fail = 1; fail < 60; fail++) {
        char number[TICKET_SIZE] = "";
        ready("in", 2);
        w.fail_at = w.journal_calls + fail;
        struct agent_input in;
        w.inputs[0] |= 1U << IN_LOOP_A;
        for (int step = 0; step < 12; step++) {
            bool press = step % 3 == 1, taken = step == 10;
            w.inputs[0] &= ~(1U << IN_TICKET_BUTTON | 1U << IN_TICKET_TAKEN);
            w.inputs[0] |= (uint32_t)press << IN_TICKET_BUTTON | (uint32_t)taken << IN_TICKET_TAKEN;
            w.now.mono.v += 1500;
            w.now.wall.v += 1500;
            in = world_snapshot(&w, 0);
            if (agent_turn(&w.agent, &in, 1, w.now) != ERR_OK) { /* nothing was acted: A2 */
                world_restart(&w);
                in = world_snapshot(&w, 0);
                assert_int_equal(agent_turn(&w.agent, &in, 1, w.now), ERR_OK);
            }
        }
        for (const char *at = w.said; (at = strstr(at, ":print:")) != NULL; at++) {
            if (number[0] == '\0')
                memcpy(number, at + 7, TICKET_SIZE - 1);
            assert_memory_equal(number, at + 7, TICKET_SIZE - 1);
        }
        assert_string_not_equal(number, "");
    }
}

static void who_is_read_needs_no_ticket(void **state)
{
    (void)state;
    ready("in out", 2);
    world_arrive(&w, 0, "12AB34");
    world_press(&w, 0);
    assert_null(strstr(w.said, "print"));
    world_arrive(&w, 1, NULL); /* nor at an exit */
    world_press(&w, 1);
    world_wait(&w, 5000);
    assert_null(strstr(w.said, "print"));
    assert_true(said("#out.passage.denied/no_credential out:'SHOW YOUR TICKET'", ""));
}

static void a_plate_that_is_read_late_is_of_the_same_vehicle(void **state)
{
    (void)state;
    ready("in", 2);
    world_arrive(&w, 0, NULL);
    world_press(&w, 0);
    printed();
    world_plate(&w, 0, "12AB34");
    assert_null(strstr(w.said, "OPEN")); /* still waits for the ticket to be taken */
    take(0);
    assert_non_null(strstr(w.said, "#in.passage.authorised/12AB34/<T"));
}

static void no_tickets_from_what_cannot_print_the_number(void **state)
{
    (void)state;
    ready("in", 2);
    w.agent.config.lanes[0].tickets = false;
    world_arrive(&w, 0, NULL);
    world_press(&w, 0);
    world_wait(&w, 5000);
    assert_null(strstr(w.said, "print"));
    assert_true(said("in:'PLATE NOT READ'", ""));
    ready("in", 2);
    w.agent.config.lanes[0].taken_input = false; /* nobody tells: printed is taken */
    world_arrive(&w, 0, NULL);
    world_press(&w, 0);
    printed();
    assert_non_null(strstr(w.said, "in:OPEN"));
}

static void what_is_shown_meanwhile_waits_for_the_answer(void **state) /* K2 */
{
    (void)state;
    ready("out", 0);
    world_arrive(&w, 0, "12AB34");
    struct request first = w.asked;
    world_show(&w, 0, READ_TICKET, " t0000-0000-0000-0000-0 ");
    assert_string_equal(w.asked.id.text, first.id.text);
    world_answer(&w, VERDICT_DENY, BASIS_NONE, REASON_NO_ACCOUNT, "");
    assert_string_not_equal(w.asked.id.text, first.id.text);
    assert_string_equal(w.asked.question.credential.text, "T00000000000000000");
    assert_string_equal(w.asked.question.plate.text, "12AB34");
}

static void nothing_is_read_from_noise(void **state)
{
    (void)state;
    ready("out", 0);
    world_arrive(&w, 0, NULL);
    w.said[0] = '\0';
    world_show(&w, 0, READ_RFID, "\xB0\xA1");
    world_said(&w, "#out.lane.alarm/plate_unreadable+");
    world_show(&w, 0, READ_RFID, "   ");
    world_said(&w, "");
    world_show(&w, 0, READ_RFID, "");
    world_said(&w, "");
    world_show(&w, 0, READ_RFID, "04:A1");
    assert_non_null(strstr(w.said, "plate_unreadable-"));
    assert_string_equal(w.asked.question.credential.text, "04:A1");
}

static void without_the_cloud_a_ticket_leaves_by_the_local_rule(void **state)
{
    (void)state;
    ready("out", 0);
    world_uplink(&w, false);
    world_wait(&w, 3000);
    world_arrive(&w, 0, NULL);
    world_show(&w, 0, READ_QR, "T00000000000000000");
    assert_true(said("#out.passage.authorised/<T00000000000000000>/offline", ""));
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    assert_true(said("#out.passage.completed/<T00000000000000000>", ""));
}

static void help_that_nobody_answers_opens_for_who_has_no_stay(void **state) /* D8 */
{
    static const enum reason no_stay[] = {REASON_NO_SESSION, REASON_TICKET_USED,
                                          REASON_OTHER_PLACE};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        enum reason why = i < 3 ? no_stay[i] : REASON_NO_ACCOUNT;
        ready("out", 0);
        world_arrive(&w, 0, NULL);
        world_show(&w, 0, READ_QR, "T00000000000000000");
        world_answer(&w, VERDICT_DENY, BASIS_NONE, why, "");
        for (int s = 0; s < 90; s++) { /* it asks again and again, and the answer is the same */
            world_wait(&w, 1000);
            world_answer(&w, VERDICT_DENY, BASIS_NONE, why, "");
        }
        assert_null(strstr(w.said, ":OPEN"));
        world_on(&w, 0, IN_HELP_BUTTON);
        world_off(&w, 0, IN_HELP_BUTTON);
        for (int s = 0; s < 58; s++) {
            world_wait(&w, 1000);
            world_answer(&w, VERDICT_DENY, BASIS_NONE, why, "");
        }
        assert_null(strstr(w.said, ":OPEN"));
        world_wait(&w, 1000);
        world_answer(&w, VERDICT_DENY, BASIS_NONE, why, "");
        world_wait(&w, 1000);
        assert_int_equal(strstr(w.said, ":OPEN") != NULL,
                         i < 3); /* what is owed has its own ways */
        if (i < 3)
            assert_true(said("#out.passage.authorised/<T00000000000000000>/offline", ""));
    }
}

static void an_old_ticket_is_nobodys_at_an_entry(void **state) /* K4 */
{
    (void)state;
    ready("in", 2);
    world_arrive(&w, 0, NULL);
    world_show(&w, 0, READ_QR, "T00000000000000000");
    world_wait(&w, 5000);
    assert_null(strstr(w.said, "OPEN"));
    assert_true(said("in:'PRESS FOR TICKET'", ""));
    w.said[0] = '\0';
    world_show(&w, 0, READ_RFID, "04:A1"); /* a card is */
    assert_true(said("#in.passage.authorised/<04:A1>/space", ""));
}

static void a_card_from_afar_is_of_who_comes_next(void **state) /* K1 */
{
    (void)state;
    ready("in", 2);
    world_show(&w, 0, READ_RFID, "04:A1");
    world_arrive(&w, 0, NULL);
    assert_true(said("#in.passage.authorised/<04:A1>/space", ""));
    world_arm_up(&w, 0);
    world_drive_through(&w, 0);
    w.said[0] = '\0';
    world_show(&w, 0, READ_RFID, "04:A1"); /* once more, from behind: not the next one's */
    world_arm_down(&w, 0);
    world_arrive(&w, 0, NULL);
    world_wait(&w, 1000);
    assert_null(strstr(w.said, "OPEN"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_lets_in_once_it_is_taken),
        cmocka_unit_test(no_ticket_without_a_space),
        cmocka_unit_test(the_same_number_again),
        cmocka_unit_test(a_crash_at_every_step_prints_no_two_numbers),
        cmocka_unit_test(who_is_read_needs_no_ticket),
        cmocka_unit_test(a_plate_that_is_read_late_is_of_the_same_vehicle),
        cmocka_unit_test(no_tickets_from_what_cannot_print_the_number),
        cmocka_unit_test(what_is_shown_meanwhile_waits_for_the_answer),
        cmocka_unit_test(nothing_is_read_from_noise),
        cmocka_unit_test(without_the_cloud_a_ticket_leaves_by_the_local_rule),
        cmocka_unit_test(help_that_nobody_answers_opens_for_who_has_no_stay),
        cmocka_unit_test(an_old_ticket_is_nobodys_at_an_entry),
        cmocka_unit_test(a_card_from_afar_is_of_who_comes_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
