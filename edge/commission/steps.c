#include "edge/commission/steps.h"

#include <stdio.h>
#include <string.h>

enum { HEAR_MS = 10000, STEADY_MS = 1000, PERSON_MS = 60000, PLATE_MS = 5000 };

static void note(json_t *report, const char *detail)
{
    json_object_set_new(report, "detail", json_string(detail));
}

static enum result of_answer(enum answer a)
{
    return a == ANSWER_YES ? RESULT_PASSED : a == ANSWER_NO ? RESULT_FAILED : RESULT_SKIPPED;
}

/* --- inputs --- */

static void show_inputs(const struct bench *b)
{
    struct mono_ms now = bench_now(b);
    terminal_say(&b->terminal, "%-18s %-12s %s\n", "INPUT", "IS", "SINCE");
    for (int i = 0; i < LANE_INPUTS; i++) {
        char since[32] = "before the start";
        if (b->changed[i].v != 0)
            snprintf(since, sizeof since, "%.1f s",
                     (double)mono_diff_ms(now, b->changed[i]) / 1000.0);
        terminal_say(&b->terminal, "%-18s %-12s %s\n", bench_input_name((enum lane_input)i),
                     bench_input_word((enum lane_input)i, bench_on(b, (enum lane_input)i)), since);
    }
    terminal_say(&b->terminal, "read %lld ms ago, the last transaction took %.1f ms\n",
                 (long long)mono_diff_ms(now, b->io.read_at), (double)b->io.link_us / 1000.0);
}

static void report_inputs(const struct bench *b, json_t *report)
{
    json_t *o = json_object();
    for (int i = 0; i < LANE_INPUTS; i++)
        json_object_set_new(
            o, bench_input_name((enum lane_input)i),
            json_string(bench_input_word((enum lane_input)i, bench_on(b, (enum lane_input)i))));
    json_object_set_new(report, "inputs", o);
    json_object_set_new(report, "link_us", json_integer(b->io.link_us));
    json_object_set_new(report, "operations", json_integer(b->io.status.operations));
    json_object_set_new(report, "boot_count", json_integer(b->io.status.boot_count));
}

static enum result inputs(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    char line[TERMINAL_LINE_SIZE];
    (void)lane;
    if (!bench_until(b, bench_fresh, clock_network_ms(&b->clock, HEAR_MS))) {
        terminal_say(&b->terminal, "The device does not answer, or not as its map says.\n");
        note(report, "no answer from the device");
        return RESULT_FAILED;
    }
    for (;;) {
        show_inputs(b);
        report_inputs(b, report);
        if (!bench_line(b, "Is that what you see? y, n, s to skip, Enter to read again", line,
                        sizeof line) ||
            strcmp(line, "s") == 0)
            return RESULT_SKIPPED;
        if (strcmp(line, "y") == 0)
            return RESULT_PASSED;
        if (strcmp(line, "n") == 0)
            return RESULT_FAILED;
    }
}

/* --- outputs --- */

/* Tries an output if the person wants it, and asks whether it was seen. */
static enum result try_output(struct bench *b, const char *offer, enum err (*on)(struct bench *b),
                              const char *seen, json_t *report)
{
    enum answer a = bench_ask(b, offer);
    if (a != ANSWER_YES)
        return RESULT_SKIPPED;
    if (on(b) != ERR_OK) {
        note(report, "the order could not be given");
        return RESULT_FAILED;
    }
    return of_answer(bench_ask(b, seen));
}

static enum err green_on(struct bench *b)
{
    return b->field.lights(b->field.self, b->lane, true, false);
}

static enum err full_on(struct bench *b)
{
    return b->field.lights(b->field.self, b->lane, false, true);
}

static enum err display_on(struct bench *b)
{
    return b->field.display(b->field.self, b->lane, "BOOMGATE 1234");
}

void steps_end(struct bench *b)
{
    (void)b->field.lights(b->field.self, b->lane, false, false);
    (void)b->field.display(b->field.self, b->lane, "");
}

static enum result green(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    (void)lane;
    return try_output(b, "Switch the green light on? y, n, s", green_on,
                      "Is the green light on, and no other? y, n, s", report);
}

static enum result full_sign(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    (void)lane;
    return try_output(b, "Switch the full sign on? y, n, s", full_on,
                      "Is the full sign on, and the green light off? y, n, s", report);
}

static enum result display(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    (void)lane;
    return try_output(b, "Write \"BOOMGATE 1234\" to the display? y, n, s", display_on,
                      "Can you read it? y, n, s", report);
}

static uint16_t sequence_before;

static bool new_plate(const struct bench *b)
{
    return b->io.plate.sequence != sequence_before;
}

static enum result camera(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    (void)lane;
    enum answer a = bench_ask(b, "Let a vehicle stand on loop A. Trigger the camera? y, n, s");
    if (a != ANSWER_YES)
        return RESULT_SKIPPED;
    sequence_before = b->io.plate.sequence;
    if (b->field.trigger_camera(b->field.self, b->lane) != ERR_OK) {
        note(report, "the order could not be given");
        return RESULT_FAILED;
    }
    if (!bench_until(b, new_plate, clock_network_ms(&b->clock, PLATE_MS)) || b->io.plate.no_plate ||
        b->io.plate.len == 0) {
        terminal_say(&b->terminal, "Nothing was read.\n");
        note(report, "nothing was read");
        return RESULT_FAILED;
    }
    terminal_say(&b->terminal, "Read: %.*s, confidence %.2f\n", (int)b->io.plate.len,
                 b->io.plate.raw, b->io.plate.confidence / 10000.0);
    json_object_set_new(report, "confidence", json_integer(b->io.plate.confidence));
    return of_answer(bench_ask(b, "Is that the plate? y, n, s"));
}

static bool ticket_taken(const struct bench *b)
{
    return bench_fresh(b) && bench_on(b, IN_TICKET_TAKEN);
}

/* The proof is the sensor in the slot. */
static enum result ticket(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    if (!lane->has_ticket) {
        terminal_say(&b->terminal, "The device's profile has no ticket printer.\n");
        note(report, "none in the profile");
        return RESULT_PASSED;
    }
    enum answer a = bench_ask(b, "Issue a ticket, and take it? y, n, s");
    if (a != ANSWER_YES)
        return RESULT_SKIPPED;
    if (b->field.issue_ticket(b->field.self, b->lane, "TEST") != ERR_OK) {
        note(report, "the order could not be given");
        return RESULT_FAILED;
    }
    if (!bench_until(b, ticket_taken, PERSON_MS)) {
        terminal_say(&b->terminal, "No ticket was taken.\n");
        note(report, "no ticket was taken");
        return RESULT_FAILED;
    }
    terminal_say(&b->terminal, "A ticket was taken.\n");
    return RESULT_PASSED;
}

/* --- the arm --- */

static bool is_up(const struct bench *b)
{
    return bench_fresh(b) && bench_on(b, IN_ARM_UP) && !bench_on(b, IN_ARM_DOWN);
}

static bool is_down(const struct bench *b)
{
    return bench_fresh(b) && bench_on(b, IN_ARM_DOWN) && !bench_on(b, IN_ARM_UP);
}

static void report_outcome(const struct bench *b, json_t *report)
{
    bool taken = b->outcome.err == ERR_OK && b->outcome.result == RESULT_ACCEPTED;
    json_object_set_new(report, "command",
                        json_string(taken                      ? "accepted"
                                    : b->outcome.err == ERR_OK ? "refused by the device"
                                                               : err_text(b->outcome.err)));
}

/* Waits for the limit switch and writes down how long each part took. */
static enum result travel(struct bench *b, bool (*there)(const struct bench *b), int64_t ms,
                          enum lane_input from, enum lane_input to, json_t *report)
{
    report_outcome(b, report);
    if (!bench_until(b, there, ms)) {
        terminal_say(&b->terminal, "The limit switch was not seen in time.\n");
        note(report, "the limit switch was not seen in time");
        return RESULT_FAILED;
    }
    int64_t left_ms = mono_diff_ms(b->changed[from], b->ordered_at);
    int64_t travel_ms = mono_diff_ms(b->changed[to], b->changed[from]);
    terminal_say(&b->terminal, "It left after %lld ms and was there %lld ms later.\n",
                 (long long)left_ms, (long long)travel_ms);
    json_object_set_new(report, "left_after_ms", json_integer(left_ms));
    json_object_set_new(report, "travel_ms", json_integer(travel_ms));
    return RESULT_PASSED;
}

static enum result open_arm(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    if (!is_down(b)) {
        note(report, "the arm is not down");
        terminal_say(&b->terminal, "The arm is not down: opening is not tried.\n");
        return RESULT_FAILED;
    }
    if (bench_motion(b, "The arm will go up. Is nobody at it? Type open", "open", COMMAND_OPEN) !=
        ANSWER_YES)
        return RESULT_SKIPPED;
    return travel(b, is_up, lane->open_ms, IN_ARM_DOWN, IN_ARM_UP, report);
}

static bool left_up(const struct bench *b)
{
    return !bench_on(b, IN_ARM_UP);
}

/* Under `occupied` a close must be refused, and the arm must stay where it is. */
static enum result refuses(struct bench *b, const char *place,
                           bool (*occupied)(const struct bench *b), const char *question,
                           json_t *report)
{
    if (!is_up(b)) {
        note(report, "the arm is not up");
        return RESULT_SKIPPED;
    }
    terminal_say(&b->terminal, "%s\n", place);
    if (!bench_until(b, occupied, PERSON_MS)) {
        terminal_say(&b->terminal, "The input did not change.\n");
        note(report, "the input did not change");
        return RESULT_FAILED;
    }
    if (bench_motion(b, question, "try", COMMAND_CLOSE) != ANSWER_YES)
        return RESULT_SKIPPED;
    report_outcome(b, report);
    if (b->outcome.err == ERR_DENIED && occupied(b) && !bench_until(b, left_up, STEADY_MS)) {
        terminal_say(&b->terminal, "Refused, and the arm stayed up.\n");
        return RESULT_PASSED;
    }
    if (left_up(b) || b->outcome.err == ERR_OK)
        (void)b->field.command(b->field.self, b->lane, COMMAND_OPEN,
                               mono_after(bench_now(b), clock_network_ms(&b->clock, 1000)));
    terminal_say(&b->terminal, "It was NOT refused, or not for that reason.\n");
    note(report, "a close was not refused");
    return RESULT_FAILED;
}

static bool on_b(const struct bench *b)
{
    return bench_fresh(b) && bench_on(b, IN_LOOP_B);
}

static bool beam_broken(const struct bench *b)
{
    return bench_fresh(b) && !bench_on(b, IN_PHOTOCELL_CLEAR);
}

static bool all_clear(const struct bench *b)
{
    return bench_fresh(b) && inputs_safe_to_close(b->io.inputs);
}

/* Nothing of ours is there to be checked: the barrier's own safety is its maker's. */
static enum result closes_itself(struct bench *b, json_t *report)
{
    terminal_say(&b->terminal, "This barrier closes by itself; the edge never does.\n");
    note(report, "the barrier closes by itself");
    return RESULT_SKIPPED;
}

static enum result loop_b(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    if (lane->device_closes)
        return closes_itself(b, report);
    return refuses(b, "Put something on loop B, under the arm.", on_b,
                   "Loop B is occupied. A close will be tried and must be refused. Type try",
                   report);
}

static enum result photocell(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    if (lane->device_closes)
        return closes_itself(b, report);
    return refuses(b, "Clear loop B, and interrupt the photocell.", beam_broken,
                   "The beam is broken. A close will be tried and must be refused. Type try",
                   report);
}

static enum result close_arm(struct bench *b, const struct commission_lane *lane, json_t *report)
{
    if (lane->device_closes)
        return closes_itself(b, report);
    if (!is_up(b)) {
        note(report, "the arm is not up");
        return RESULT_SKIPPED;
    }
    terminal_say(&b->terminal, "Clear everything under the arm.\n");
    if (!bench_until(b, all_clear, PERSON_MS)) {
        terminal_say(&b->terminal, "Loop B, photocell or safety edge is still not clear.\n");
        note(report, "not clear");
        return RESULT_FAILED;
    }
    if (bench_motion(b, "The arm will go down. Is nobody under it? Type close", "close",
                     COMMAND_CLOSE) != ANSWER_YES)
        return RESULT_SKIPPED;
    return travel(b, is_down, lane->close_ms, IN_ARM_UP, IN_ARM_DOWN, report);
}

const struct step steps[] = {
    {"inputs", inputs},       {"green", green},     {"full_sign", full_sign}, {"display", display},
    {"camera", camera},       {"ticket", ticket},   {"open", open_arm},       {"loop_b", loop_b},
    {"photocell", photocell}, {"close", close_arm},
};
const size_t step_count = sizeof steps / sizeof steps[0];
