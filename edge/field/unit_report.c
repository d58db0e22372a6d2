/* What the agent hears of one lane's device, and how the device's breaker stands. */
#include "edge/field/unit.h"

#include "protocol/support/log.h"

#include <string.h>

enum { REFRESH_US = 500 * 1000 };

void unit_scanned(struct unit *u)
{
    int failures = u->breaker.failures;
    if (breaker_succeeded(&u->breaker))
        log_notice("field.breaker", LT("lane", u->name.text), LT("state", "closed"),
                   LN("failures", failures));
    if (!u->echoing && transport_echoes(u->transport))
        log_warn("field.echo", LT("lane", u->name.text),
                 LT("reason", "the line hears itself: the adapter echoes what it sends"));
    u->echoing = transport_echoes(u->transport);
}

void unit_failed(struct unit *u, int64_t now_us, int64_t took_us)
{
    unit_disconnected(u);
    if (u->misfit) {
        breaker_hold(&u->breaker, now_us);
        return;
    }
    if (breaker_failed(&u->breaker, now_us, took_us))
        log_warn("field.breaker", LT("lane", u->name.text), LN("unit", u->address[0]),
                 LT("state", "open"), LN("failures", u->breaker.failures),
                 LT("reason", transport_reason(u->transport)));
}

/* F3 */
static bool is_fresh(const struct unit *u, int64_t now_us)
{
    bool beats = u->profile.heartbeat.at.space != SPACE_NONE;
    bool tells = beats || u->profile.gate.at.space != SPACE_NONE;
    return u->have_inputs && (u->have_status || !tells) && !u->misfit &&
           now_us - u->read_us <= u->stale_us &&
           (!beats || now_us - u->heartbeat_us <= u->stale_us);
}

static bool post(struct unit *u, const struct agent_input *input)
{
    return mailbox_post(u->inputs, input) == ERR_OK;
}

void unit_outcome(struct unit *u, enum lane_command c, enum command_result r, enum err e)
{
    if (u->outcome_count == OUTCOME_QUEUE) {
        log_error("field.outcome_lost", LT("lane", u->name.text), LN("command", c));
        return;
    }
    u->outcomes[u->outcome_count++] = (struct command_outcome){.command = c, .result = r, .err = e};
}

static void report_outcomes(struct unit *u)
{
    size_t sent = 0;
    while (sent < u->outcome_count) {
        struct agent_input input = {.kind = INPUT_COMMAND_RESULT, .lane = u->lane};
        input.command = u->outcomes[sent];
        if (!post(u, &input))
            break;
        sent++;
    }
    u->outcome_count -= sent;
    memmove(u->outcomes, u->outcomes + sent, u->outcome_count * sizeof u->outcomes[0]);
}

void unit_report(struct unit *u, int64_t now_us)
{
    if (u->outcome_count > 0)
        report_outcomes(u);
    bool fresh = is_fresh(u, now_us);
    if (fresh != u->snapshot.fresh) {
        u->changed = true;
        log_notice("field.fresh", LT("lane", u->name.text), LN("fresh", fresh));
    }
    u->snapshot.fresh = fresh;
    u->snapshot.breaker = breaker_state_of(&u->breaker, now_us);
    /* On a common grid: the loop wakes once for the refreshes of all links. */
    if (!u->changed && now_us / REFRESH_US == u->posted_us / REFRESH_US)
        return;
    struct agent_input input = {.kind = INPUT_IO, .lane = u->lane};
    input.io = u->snapshot;
    if (!post(u, &input))
        return;
    u->changed = false;
    u->posted_us = now_us;
    u->posted_plate = u->snapshot.plate.sequence;
    u->snapshot.lost = 0;
    u->snapshot.missed = 0;
}
