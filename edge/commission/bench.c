#include "edge/commission/bench.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { OUTCOME_MS = 3000, EXPIRY_MS = 1000, LOOK_MS = 50 };

static const struct {
    const char *name, *on, *off;
} inputs[LANE_INPUTS] = {
    [IN_LOOP_A] = {"loop A", "vehicle", "clear"},
    [IN_LOOP_B] = {"loop B", "vehicle", "clear"},
    [IN_LOOP_C] = {"loop C", "vehicle", "clear"},
    [IN_ARM_UP] = {"arm up", "yes", "no"},
    [IN_ARM_DOWN] = {"arm down", "yes", "no"},
    [IN_ARM_ATTACHED] = {"arm attached", "yes", "NO"},
    [IN_PHOTOCELL_CLEAR] = {"photocell", "clear", "interrupted"},
    [IN_EDGE_OK] = {"safety edge", "ok", "PRESSED"},
    [IN_FIRE] = {"fire", "FIRE", "quiet"},
    [IN_LOCAL_STOP_OK] = {"local stop", "ok", "STOPPED"},
    [IN_MAINS_OK] = {"mains", "ok", "LOST"},
    [IN_BATTERY_OK] = {"battery", "ok", "LOW"},
    [IN_CABINET_CLOSED] = {"cabinet", "closed", "open"},
    [IN_FAULT_A] = {"fault of loop A", "FAULT", "none"},
    [IN_FAULT_B] = {"fault of loop B", "FAULT", "none"},
    [IN_FAULT_C] = {"fault of loop C", "FAULT", "none"},
    [IN_OBSTRUCTION] = {"obstruction", "LATCHED", "none"},
    [IN_LOCAL_MODE] = {"service key", "LOCAL", "remote"},
    [IN_TICKET_BUTTON] = {"ticket button", "pressed", "released"},
    [IN_TICKET_TAKEN] = {"ticket", "taken", "-"},
    [IN_TICKET_LOW] = {"ticket paper", "LOW", "ok"},
    [IN_HELP_BUTTON] = {"help button", "pressed", "released"},
    [IN_READER_OK] = {"reader", "ok", "FAULT"},
    [IN_CAMERA_OK] = {"camera", "ok", "FAULT"},
    [IN_WATCHDOG_TRIPPED] = {"host watchdog", "TRIPPED", "ok"},
    [IN_RESTARTED] = {"device restarted", "yes", "no"},
};

const char *bench_input_name(enum lane_input i)
{
    return (unsigned)i < LANE_INPUTS ? inputs[i].name : "";
}

const char *bench_input_word(enum lane_input i, bool on)
{
    if ((unsigned)i >= LANE_INPUTS)
        return "";
    return on ? inputs[i].on : inputs[i].off;
}

struct mono_ms bench_now(const struct bench *b)
{
    return clock_now(&b->clock).mono;
}

bool bench_fresh(const struct bench *b)
{
    return b->heard && b->io.fresh;
}

bool bench_on(const struct bench *b, enum lane_input i)
{
    return input_on(b->io.inputs, i);
}

/* --- what comes --- */

static void take_io(struct bench *b, const struct lane_snapshot *io)
{
    uint32_t news = b->heard ? b->io.inputs ^ io->inputs : 0;
    for (int i = 0; i < LANE_INPUTS; i++)
        if (input_on(news, (enum lane_input)i))
            b->changed[i] = io->read_at;
    b->io = *io;
    b->heard = true;
}

static void drain(struct bench *b)
{
    struct agent_input in;
    b->field.alive(b->field.self,
                   b->lane); /* somebody looks after the lane: its watchdog stays quiet */
    while (mailbox_drain(b->inputs, &in, 1) == 1) {
        if (in.lane != b->lane)
            continue;
        if (in.kind == INPUT_IO)
            take_io(b, &in.io);
        if (in.kind == INPUT_COMMAND_RESULT) {
            b->outcome = in.command;
            b->answered = true;
        }
    }
}

/* Waits a little for inputs, and for the person as long as there is one. */
static void wait_a_little(struct bench *b)
{
    uint64_t count;
    struct pollfd p[] = {{.fd = b->wake_fd, .events = POLLIN},
                         {.fd = b->terminal.ended ? -1 : b->terminal.fd, .events = POLLIN}};
    if (poll(p, 2, LOOK_MS) > 0) {
        if (p[0].revents != 0)
            while (read(b->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
                ;
        if (p[1].revents != 0)
            terminal_read(&b->terminal);
    }
    drain(b);
}

bool bench_until(struct bench *b, bool (*done)(const struct bench *b), int64_t ms)
{
    struct mono_ms end = mono_after(bench_now(b), ms);
    drain(b);
    while (!done(b)) {
        if (mono_diff_ms(bench_now(b), end) >= 0)
            return false;
        wait_a_little(b);
    }
    return true;
}

/* --- the person --- */

bool bench_line(struct bench *b, const char *question, char *ret, size_t size)
{
    terminal_say(&b->terminal, "%s\n> ", question);
    while (!terminal_take(&b->terminal, ret, size)) {
        if (b->terminal.ended)
            return false;
        wait_a_little(b);
    }
    return true;
}

enum answer bench_ask(struct bench *b, const char *question)
{
    char line[TERMINAL_LINE_SIZE];
    while (bench_line(b, question, line, sizeof line)) {
        if (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0)
            return ANSWER_YES;
        if (strcmp(line, "n") == 0 || strcmp(line, "no") == 0)
            return ANSWER_NO;
        if (strcmp(line, "s") == 0 || strcmp(line, "skip") == 0)
            return ANSWER_SKIP;
        terminal_say(&b->terminal, "y for yes, n for no, s to skip.\n");
    }
    return ANSWER_GONE;
}

static bool answered(const struct bench *b)
{
    return b->answered;
}

enum answer bench_motion(struct bench *b, const char *question, const char *word,
                         enum lane_command c)
{
    char line[TERMINAL_LINE_SIZE];
    if (!bench_line(b, question, line, sizeof line))
        return ANSWER_GONE;
    if (strcmp(line, word) != 0) {
        terminal_say(&b->terminal, "That was not \"%s\": nothing moves.\n", word);
        return ANSWER_SKIP;
    }
    drain(b);
    b->answered = false;
    b->ordered_at = bench_now(b);
    struct mono_ms expires = mono_after(b->ordered_at, clock_network_ms(&b->clock, EXPIRY_MS));
    enum err e = b->field.command(b->field.self, b->lane, c, expires);
    if (e != ERR_OK)
        b->outcome = (struct command_outcome){.command = c, .err = e};
    else if (!bench_until(b, answered, clock_network_ms(&b->clock, OUTCOME_MS)))
        b->outcome = (struct command_outcome){.command = c, .err = ERR_TIMEOUT};
    return ANSWER_YES;
}
