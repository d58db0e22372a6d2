#include "cloud/service/audit.h"

#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/hello.h"
#include "cloud/service/notice.h"
#include "cloud/service/stream.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1000000 };

static enum err refuse(struct admin_result *r, enum err e, const char *reason)
{
    struct buf b = buf_of(r->reason, sizeof r->reason);
    buf_adds(&b, reason);
    return e;
}

static struct audit_position *position_of(struct audit_row *a, const struct stream *st)
{
    for (size_t i = 0; a && i < a->position_count; i++)
        if (a->positions[i].stream == st->row.id)
            return &a->positions[i];
    return NULL;
}

static bool is_gone(const struct audit_row *a, const struct edge *e)
{
    for (size_t i = 0; i < a->gone_count; i++)
        if (name_equal(&a->gone[i], &e->row.edge))
            return true;
    return false;
}

/* ---- orders ---- */

static enum err check(const struct audit_order *o, const struct place *p, struct admin_result *r)
{
    if (!p)
        return refuse(r, ERR_NOTFOUND, "no such place");
    if (o->counted < 0 || o->counted > COUNT_MAX)
        return refuse(r, ERR_INVAL, "counted: 0 to 1000000");
    if (p->audit)
        return refuse(r, ERR_CONFLICT, "an audit of this place is pending: cancel it first");
    if (p->edge_count > AUDIT_STREAMS_MAX)
        return refuse(r, ERR_CONFLICT, "more edges than one audit can cover");
    for (size_t i = 0; i < o->gone_count; i++) {
        bool known = false;
        for (size_t k = 0; k < p->edge_count; k++)
            known = known || name_equal(&o->gone[i], &p->edges[k]->row.edge);
        if (!known)
            return refuse(r, ERR_INVAL, "gone: no such edge");
    }
    return ERR_OK;
}

/* Only now: what comes after the count in its place is not gone. */
static void fence_gone(struct service *s, const struct place *p)
{
    for (size_t i = 0; i < p->edge_count; i++) {
        struct edge *e = p->edges[i];
        struct stream *newest = edge_newest(e);
        if (newest && !newest->state.fenced && is_gone(p->audit, e) && !e->live.online)
            stream_fence(s, newest);
    }
}

enum err audit_order(struct service *s, const struct audit_order *o, struct admin_result *r)
{
    struct place *p = state_place(s, &o->place);
    TRY(check(o, p, r));
    struct audit_row *a = mem_alloc(sizeof *a);
    *a = (struct audit_row){
        .place = o->place,
        .id = ++p->row.next_grant,
        .state = AUDIT_PENDING,
        .counted = o->counted,
        .actor = o->actor,
        .gone_count = o->gone_count,
        .made = s->now.wall,
    };
    memcpy(a->reason, o->reason, sizeof a->reason);
    memcpy(a->gone, o->gone, sizeof a->gone);
    p->audit = a;
    feed_audit(s, "audit.made", a);
    p->audit_dirty = true;
    p->dirty = true;
    for (size_t i = 0; i < p->edge_count; i++) /* U1 */
        p->edges[i]->probe = (struct probe){0};
    fence_gone(s, p);
    r->audit = a->id;
    hello_ask_now(s);
    log_notice("audit.made", LT("place", o->place.text), LN("id", a->id), LN("counted", a->counted),
               LT("actor", a->actor.text), LT("reason", a->reason));
    return ERR_OK;
}

/* The last word on it. */
static void end(struct service *s, struct place *p, enum audit_state state)
{
    p->audit->state = state;
    p->audit->ended = s->now.wall;
    p->audit->waits[0] = '\0';
    STORE(s, save_audit, p->audit);
    feed_audit(s, state == AUDIT_APPLIED ? "audit.applied" : "audit.cancelled", p->audit);
    free(p->audit);
    p->audit = NULL;
    p->audit_dirty = false;
}

enum err audit_cancel(struct service *s, const struct name *place, int64_t id,
                      const struct name *actor, struct admin_result *r)
{
    struct place *p = state_place(s, place);
    if (!p)
        return refuse(r, ERR_NOTFOUND, "no such place");
    if (!p->audit || p->audit->id != id)
        return refuse(r, ERR_CONFLICT, "this audit is not pending");
    r->audit = id;
    log_notice("audit.cancelled", LT("place", place->text), LN("id", id), LT("actor", actor->text));
    end(s, p, AUDIT_CANCELLED);
    return ERR_OK;
}

void audit_load(struct service *s, const struct audit_row *row)
{
    struct place *p = state_place(s, &row->place);
    if (!p)
        service_die("audit without a place", ERR_IO);
    p->audit = mem_alloc(sizeof *p->audit);
    *p->audit = *row;
    hello_ask(s);
}

/* ---- what edges say ---- */

bool audit_wants(const struct stream *st)
{
    struct audit_row *a = st->edge->place->audit;
    return a && st == edge_newest(st->edge) && !st->state.fenced && !position_of(a, st);
}

void audit_heard(struct service *s, struct stream *st, int64_t last)
{
    struct place *p = st->edge->place;
    struct audit_row *a = p->audit;
    if (!audit_wants(st) || a->position_count == AUDIT_STREAMS_MAX)
        return;
    a->positions[a->position_count++] = (struct audit_position){st->row.id, last};
    p->audit_dirty = true;
    /* What of it is applied already came after the edge's word. */
    (void)s;
}

void audit_moved(struct service *s, struct stream *st, int64_t seq, int64_t occupied)
{
    struct place *p = st->edge->place;
    const struct audit_position *at = position_of(p->audit, st);
    (void)s;
    if (!at || seq <= at->seq || occupied == 0)
        return;
    p->audit->since += occupied;
    p->audit_dirty = true;
}

/* ---- is it ready? ---- */

static void wait_for(struct buf *waits, const struct edge *e, const char *what)
{
    buf_addf(waits, "%s%s: %s", waits->len > 0 ? "; " : "", e->row.edge.text, what);
}

static bool holds(const struct stream *st)
{
    return st->view.view != 0 || st->view.pending != 0;
}

/* U3. One that was heard of since the count is not what the person saw gone. */
static void look_at_fenced(struct service *s, const struct audit_row *a, const struct stream *st,
                           struct buf *waits)
{
    bool since = st->row.lease_until.v > wall_after(a->made, s->options.lease_ms).v;
    char until[TIMESTAMP_SIZE], text[64];
    struct wall_ms end_at = st->row.lease_until;
    if (end_at.v == 0) /* of an older program: it cannot be longer than one that began now */
        end_at = wall_after(a->made, s->options.lease_ms);
    if (!holds(st) || (is_gone(a, st->edge) && !since) || s->now.wall.v >= end_at.v ||
        timestamp_format(end_at, until) != ERR_OK)
        return;
    struct buf b = buf_of(text, sizeof text);
    buf_addf(&b, "the lease of epoch %lld until %s", (long long)st->state.epoch, until);
    wait_for(waits, st->edge, text);
}

/* U1 */
static void look_at_live(struct audit_row *a, const struct stream *st, struct buf *waits)
{
    const struct audit_position *at = position_of(a, st);
    if (st->state.frozen)
        wait_for(waits, st->edge, "its stream is frozen");
    else if (!at)
        wait_for(waits, st->edge, "its hello");
    else if (st->state.last < at->seq)
        wait_for(waits, st->edge, "its events");
}

static bool ready(struct service *s, struct place *p)
{
    char memory[sizeof p->audit->waits];
    struct buf waits = buf_of(memory, sizeof memory);
    memory[0] = '\0';
    for (size_t i = 0; i < p->edge_count; i++) {
        struct edge *e = p->edges[i];
        for (size_t k = 0; k < e->stream_count; k++) {
            struct stream *st = e->streams[k];
            if (st->state.fenced)
                look_at_fenced(s, p->audit, st, &waits);
            else
                look_at_live(p->audit, st, &waits);
        }
    }
    /* The first things it waits for are enough to know. */
    if (waits.overflow)
        memory[sizeof memory - 1] = '\0';
    if (strcmp(memory, p->audit->waits) != 0) {
        memcpy(p->audit->waits, memory, sizeof memory);
        p->audit_dirty = true;
    }
    return memory[0] == '\0';
}

static int64_t release_fenced(struct service *s, struct place *p)
{
    int64_t released = 0;
    for (size_t i = 0; i < p->edge_count; i++)
        for (size_t k = 0; k < p->edges[i]->stream_count; k++) {
            struct stream *st = p->edges[i]->streams[k];
            const struct audit_position *at = position_of(p->audit, st);
            if (st->state.fenced && holds(st))
                released += ledger_release(&p->ledger, &st->view);
            if (at)
                st->row.audited = at->seq;
            stream_touch(s, st);
        }
    return released;
}

/* U4. Epochs that are over cannot say anything more. */
static void resolve_covered(struct service *s, struct place *p)
{
    const struct name *place = &p->row.settings.place;
    STORE(s, resolve_covered, place, NULL, 0, 0, s->now.wall);
    for (size_t i = 0; i < p->edge_count; i++)
        for (size_t k = 0; k < p->edges[i]->stream_count; k++) {
            const struct stream *st = p->edges[i]->streams[k];
            const struct audit_position *at = position_of(p->audit, st);
            int64_t upto = st->state.fenced || !at ? INT64_MAX : at->seq;
            STORE(s, resolve_covered, place, &st->edge->row.edge, st->state.epoch, upto,
                  s->now.wall);
        }
    STORE(s, anomalies_stop, place, &p->row.offers_stopped);
}

static void apply(struct service *s, struct place *p)
{
    struct audit_row *a = p->audit;
    a->before = p->ledger.occupied;
    a->released = release_fenced(s, p);
    ledger_count(&p->ledger, a->counted + a->since); /* U2 */
    a->shortfall = p->ledger.pool < 0 ? -p->ledger.pool : 0;
    resolve_covered(s, p);
    p->told_below = false;
    log_notice("audit.applied", LT("place", a->place.text), LN("id", a->id),
               LN("before", a->before), LN("after", p->ledger.occupied),
               LN("released", a->released), LN("shortfall", a->shortfall),
               LT("actor", a->actor.text));
    end(s, p, AUDIT_APPLIED);
    place_touch(s, p);
    notice_place(s, p);
    hello_ask_soon(s); /* the answer tells each edge that it was audited */
}

void audit_flush(struct service *s)
{
    for (size_t i = 0; i < s->place_count; i++) {
        struct place *p = s->places[i];
        if (p->audit && ready(s, p))
            apply(s, p);
        if (p->audit && p->audit_dirty)
            STORE(s, save_audit, p->audit);
        p->audit_dirty = false;
    }
}
