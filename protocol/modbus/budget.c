#include "protocol/modbus/budget.h"

/* Bytes of frames on a serial line: address, PDU, CRC. */
enum {
    READ_REQUEST = 8,
    READ_ANSWER = 5, /* and the data */
    WRITE_ONE = 8,   /* request and answer */
    WRITE_MANY = 9,  /* and the data */
    WRITE_MANY_ANSWER = 8,
    FAST_BAUD = 19200,
    FAST_SILENCE_US = 1750,
    US_PER_S = 1000000,
};

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t budget_characters_us(const struct budget_link *l, int64_t count)
{
    if (l->baud == 0)
        return 0;
    return (count * l->bits_per_character * US_PER_S + l->baud - 1) / l->baud;
}

int64_t budget_silence_us(const struct budget_link *l)
{
    if (l->baud == 0)
        return 0;
    return l->baud > FAST_BAUD ? FAST_SILENCE_US : (budget_characters_us(l, 7) + 1) / 2;
}

int64_t budget_exchange_us(const struct budget_link *l, int64_t request, int64_t answer)
{
    return budget_characters_us(l, request + answer) + 2 * budget_silence_us(l) + l->answer_us;
}

int64_t budget_read_us(const struct budget_link *l, const struct plan_range *r)
{
    int64_t data = space_is_bits(r->space) ? (r->count + 7) / 8 : r->count * 2;
    return budget_exchange_us(l, READ_REQUEST, READ_ANSWER + data);
}

static int64_t ranges_us(const struct budget_link *l, const struct plan *p, size_t from, size_t to)
{
    int64_t sum = 0;
    for (size_t i = from; i < to; i++)
        sum += budget_read_us(l, &p->ranges[i]);
    return sum;
}

static int64_t write_us(const struct budget_link *l, int64_t registers)
{
    return registers > 0 ? budget_exchange_us(l, WRITE_MANY + 2 * registers, WRITE_MANY_ANSWER)
                         : budget_exchange_us(l, WRITE_ONE, WRITE_ONE);
}

/* The longest that cannot be interrupted: all inputs, which are looked at together, one other read, or
 * the display. */
static int64_t longest_us(const struct budget_link *l, const struct budget_lane *lane)
{
    int64_t longest =
        most(write_us(l, 2), ranges_us(l, lane->plan, 0, lane->plan->ends[PLAN_INPUTS]));
    for (size_t i = 0; i < lane->plan->count; i++)
        longest = most(longest, budget_read_us(l, &lane->plan->ranges[i]));
    longest = most(longest, 2 * write_us(l, 0)); /* both lights */
    if (lane->profile->display.at.space != SPACE_NONE)
        longest = most(longest, write_us(l, lane->profile->display.registers));
    return longest;
}

/* What moves an arm up to the end of the write: a close reads the inputs, and relays that would pull
 * against it are released first. */
static int64_t to_write_us(const struct budget_link *l, const struct budget_lane *lane)
{
    int64_t reads = ranges_us(l, lane->plan, 0, lane->plan->ends[PLAN_INPUTS]), releases = 0;
    bool pair = false;
    for (int c = COMMAND_OPEN; c < PROFILE_COMMANDS; c++) {
        const struct profile_command *one = &lane->profile->commands[c];
        pair = pair || one->act == ACT_CODE;
        releases += one->act == ACT_PULSE && one->pulse_ms > 0;
    }
    return reads + releases * write_us(l, 0) + write_us(l, pair ? 2 : 0);
}

/* ... and what comes behind the write: the echo, or what was written read back. */
static int64_t to_end_us(const struct budget_link *l, const struct budget_lane *lane)
{
    const struct plan_range echo = {SPACE_INPUT, 0, 0, 2};
    return to_write_us(l, lane) + budget_read_us(l, &echo);
}

/* G3: a probe, echo, the watchdog's two registers, a level to learn, coils to release, and every range once. */
static int64_t take_up_us(const struct budget_link *l, const struct budget_lane *lane)
{
    int64_t writes = 5;
    for (int c = COMMAND_OPEN; c < PROFILE_COMMANDS; c++)
        writes += lane->profile->commands[c].act == ACT_PULSE;
    for (int o = 0; o < PROFILE_OUTPUTS; o++)
        writes += lane->profile->outputs[o].act == ACT_PULSE;
    return writes * write_us(l, 1) + ranges_us(l, lane->plan, 0, lane->plan->count);
}

struct budget budget_of(const struct budget_link *l, const struct budget_lane *lanes, size_t count)
{
    struct budget b = {0};
    int64_t longest = 0, all = 0, queued = 0, again = 0;
    for (size_t i = 0; i < count; i++) {
        b.cycle_us += ranges_us(l, lanes[i].plan, 0, lanes[i].plan->ends[PLAN_READINGS]);
        longest = most(longest, longest_us(l, &lanes[i]));
        all += to_end_us(l, &lanes[i]);
        again += take_up_us(l, &lanes[i]);
    }
    for (size_t i = 0; i < count; i++)
        queued = most(queued, all - to_end_us(l, &lanes[i]) + to_write_us(l, &lanes[i]));
    if (l->baud == 0)
        again += l->scan_ms * 1000 + l->answer_us;
    else
        again = take_up_us(l, &lanes[0]) + budget_silence_us(l); /* of the lane that failed */
    b.command_us = longest + queued;
    b.worst_us = most(longest, l->response_timeout_ms * 1000) + again + queued;
    return b;
}
