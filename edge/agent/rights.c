/* The rights list at this edge: asks for it, takes its parts, keeps count of when it was last
 * confirmed, and says what it knows of a plate. A store that fails costs the list, never a lane. */
#include "edge/agent/internal.h"

#include "protocol/support/digest.h"
#include "protocol/support/log.h"

#include <assert.h>
#include <string.h>

static_assert((int)SHA256_TEXT_SIZE == (int)RIGHTS_SHA_SIZE, "one size of a SHA-256 in text");

enum { CANDIDATES_MAX = 64 };

static bool has_list(const struct agent *a)
{
    return a->ports.rights.find != NULL;
}

static void ask_in(struct agent *a, int64_t ms)
{
    a->live.rights.due = mono_after(a->now.mono, ms);
}

static int64_t retry_ms(const struct agent *a)
{
    return agent_network_ms(a, a->config.hello_retry_ms);
}

void agent_rights_start(struct agent *a)
{
    struct agent_rights *r = &a->live.rights;
    struct rights_memory m;
    *r = (struct agent_rights){.due = a->now.mono};
    if (!has_list(a))
        return;
    if (a->ports.rights.load(a->ports.rights.self, &m) != ERR_OK) {
        log_error("agent.rights_unreadable", LT("why", "no right is known"));
        return;
    }
    int64_t age_ms = wall_diff_ms(a->now.wall, m.confirmed);
    r->fetch = m.fetch;
    r->announced = m.announced;
    r->confirmed = m.confirmed.v != 0 && a->clock != CLOCK_UNSET;
    r->confirmed_at = mono_after(a->now.mono, age_ms > 0 ? -age_ms : 0);
}

void agent_rights_uplink(struct agent *a)
{
    a->live.rights.request = (struct request_id){{0}};
    a->live.rights.due = a->now.mono;
}

/* --- asking --- */

struct request agent_rights_question(const struct agent *a)
{
    const struct rights_fetch *f = &a->live.rights.fetch;
    return (struct request){
        .kind = REQUEST_RIGHTS,
        .id = a->live.rights.request,
        .rights = {.have = f->have, .version = f->version, .part = f->next},
    };
}

/* The question follows the hello of its session: before it the cloud may not know this edge. */
static bool may_ask(const struct agent *a)
{
    return has_list(a) && a->live.online && !a->live.crippled && a->live.memory.epoch != 0 &&
           a->live.hello.text[0] == '\0';
}

static enum err tell_applied(struct agent *a)
{
    struct agent_rights *r = &a->live.rights;
    struct event_data d = {.list = r->fetch.have};
    if (!has_list(a) || a->live.crippled || a->live.memory.epoch == 0 ||
        r->fetch.have <= r->announced)
        return ERR_OK;
    TRY(agent_append(a, EVENT_RIGHTS_APPLIED, &d));
    r->announced = r->fetch.have;
    r->announce = true;
    return ERR_OK;
}

/* Is what a space was bound to gone, or over for good? */
static bool is_over(struct agent *a, const struct right_id *id)
{
    struct wall_ms until;
    enum err e = a->ports.rights.end_of(a->ports.rights.self, id, &until);
    if (e == ERR_OK)
        return until.v != 0 && a->clock != CLOCK_UNSET && until.v <= a->now.wall.v;
    return e == ERR_NOTFOUND;
}

/* Nobody will come for what is kept for a right that has ended: it goes back. */
static enum err return_bound(struct agent *a)
{
    struct bound_spaces *b = &a->live.memory.bound;
    a->live.rights.look_at_bound = false;
    for (size_t i = b->count; i-- > 0;) {
        struct event_data d = {.reason = REASON_SURPLUS, .right = b->list[i].right};
        if (!is_over(a, &d.right))
            continue;
        d.n = bound_take(b, &d.right, b->list[i].n);
        TRY(agent_append(a, EVENT_SPACE_RETURNED, &d));
    }
    return ERR_OK;
}

enum err agent_rights_tick(struct agent *a)
{
    struct agent_rights *r = &a->live.rights;
    TRY(tell_applied(a));
    if (r->look_at_bound && a->ports.rights.end_of != NULL && agent_recording(a))
        TRY(return_bound(a));
    if (!may_ask(a) || r->due.v > a->now.mono.v)
        return ERR_OK;
    r->request = a->ports.entropy.request(a->ports.entropy.self);
    r->asked = a->now.mono;
    r->ask = true;
    /* A cloud that does not answer may be one that keeps no list. */
    ask_in(a, r->fetch.version != 0 ? retry_ms(a) : 5 * retry_ms(a));
    return ERR_OK;
}

struct mono_ms agent_rights_deadline(const struct agent *a)
{
    return may_ask(a) ? a->live.rights.due : (struct mono_ms){INT64_MAX};
}

/* --- answers and parts --- */

/* The list in force was the newest when the last question was sent. */
static void confirm(struct agent *a)
{
    struct agent_rights *r = &a->live.rights;
    r->confirmed = true;
    r->confirmed_at = r->asked;
    r->look_at_bound = mono_diff_ms(r->asked, r->bound_at) > 0;
    struct wall_ms at = wall_after(a->now.wall, -mono_diff_ms(a->now.mono, r->asked));
    if (a->ports.rights.confirmed(a->ports.rights.self, at) != ERR_OK)
        log_warn("agent.rights_confirmed", LN("version", r->fetch.have));
}

void agent_rights_answer(struct agent *a, const struct response *answer)
{
    struct agent_rights *r = &a->live.rights;
    if (!has_list(a) || r->request.text[0] == '\0' || strcmp(r->request.text, answer->id.text) != 0)
        return;
    r->request = (struct request_id){{0}};
    if (answer->rights.of > 0) /* its parts follow; the same question asks for what gets lost */
        return;
    ask_in(a, a->config.rights_ms);
    if (answer->rights.version == r->fetch.have)
        confirm(a);
    else
        log_warn("agent.rights_differ", LN("have", r->fetch.have),
                 LN("cloud", answer->rights.version));
}

/* Vehicles that wait are judged by the list that is in force now. */
static void judge_again(struct agent *a)
{
    for (size_t i = 0; i < a->config.lane_count; i++) {
        struct agent_lane *s = &a->live.lanes[i];
        if (!lane_waiting(&s->lane) || !agent_identified(&s->movement))
            continue;
        enum right_verdict before = s->movement.right.verdict;
        s->movement.right = agent_lane_right(a, i, &s->movement.credential);
        if (s->movement.right.verdict != before && s->admission.phase == ADMISSION_READY)
            admission_credential(&s->admission, a->now.mono);
    }
}

static void take(struct agent *a, const struct rights_part *p, const struct rights_fetch *after,
                 bool last)
{
    struct agent_rights *r = &a->live.rights;
    const struct rights_port *port = &a->ports.rights;
    enum err e = last ? port->activate(port->self, after, p) : port->stage(port->self, after, p);
    struct rights_memory kept;
    if (e == ERR_CONFLICT && port->load(port->self, &kept) == ERR_OK) {
        r->fetch = kept.fetch; /* this turn was done before, up to its commit */
        ask_in(a, 0);
        return;
    }
    if (e != ERR_OK) {
        log_error("agent.rights_not_kept", LN("version", p->version), LN("part", p->part));
        ask_in(a, a->config.rights_ms);
        return;
    }
    r->fetch = *after;
    ask_in(a, last || after->next % RIGHTS_AT_ONCE == 0 ? 0 : retry_ms(a));
    if (!last)
        return;
    log_notice("agent.rights_applied", LN("version", p->version), LN("since", p->from));
    confirm(a);
    judge_again(a);
}

enum err agent_rights_part(struct agent *a, const struct rights_input *in)
{
    struct agent_rights *r = &a->live.rights;
    struct rights_fetch after = r->fetch;
    char sha256[RIGHTS_SHA_SIZE];
    if (!has_list(a))
        return ERR_OK;
    sha256_chain(rights_fetch_before(&after, in->part), in->sha256, sha256);
    enum fetch_verdict v = rights_fetch_part(&after, in->part, sha256);
    switch (v) {
    case FETCH_DROP: return ERR_OK;
    case FETCH_STAGE:
    case FETCH_COMPLETE: take(a, in->part, &after, v == FETCH_COMPLETE); return ERR_OK;
    case FETCH_BROKEN:
    case FETCH_ABANDON:
        log_warn("agent.rights_broken", LN("version", in->part->version),
                 LN("part", in->part->part), LN("have", r->fetch.have));
        break;
    case FETCH_NEWER: break;
    }
    r->fetch = after;
    ask_in(a, v == FETCH_ABANDON ? retry_ms(a) : 0);
    return ERR_OK;
}

/* --- what it says --- */

struct right_found agent_right_of(struct agent *a, const struct credential *c)
{
    bool nothing = c->plate.text[0] == '\0' && c->shown.text[0] == '\0';
    const struct agent_rights *r = &a->live.rights;
    struct right list[CANDIDATES_MAX];
    size_t count = 0;
    if (!has_list(a) || nothing || r->fetch.have == 0)
        return (struct right_found){0};
    if (a->ports.rights.find(a->ports.rights.self, &c->plate, c->shown.text, list, CANDIDATES_MAX,
                             &count) != ERR_OK) {
        log_error("agent.rights_unreadable", LT("why", "this vehicle is taken for any other"));
        return (struct right_found){0};
    }
    struct right_clock clock = {
        .trusted = a->clock != CLOCK_UNSET,
        .now = a->now.wall,
        .unconfirmed_ms = r->confirmed ? mono_diff_ms(a->now.mono, r->confirmed_at) : INT64_MAX,
    };
    return right_judge(list, count, &c->plate, c->shown.text, &clock);
}
