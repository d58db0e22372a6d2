/* What the live stream is told. One compact JSON object per notice; times are UTC milliseconds, money
 * is minor units, absent members are left out:
 *
 *   place     {"place","capacity","occupied","free","full","sessions","pending","at_edges","pool",
 *              "overdraft","offers_stopped","time_ms"}
 *   movement  {"place","edge","lane","movement","kind","direction","plate","basis","reason","outcome",
 *              "time_ms"}
 *   session   {"place","session","plate","state","start_ms","end_ms","price_minor","paid_minor",
 *              "currency"}
 *   payment   {"place","session","key","kind","state","amount_minor","currency","reason"}
 *   edge      {"place","edge","online","heard_ms","outbox_depth","outbox_age_ms","free","overdraft",
 *              "clock","lanes":[{"lane","direction","state","arm","online","link_us","inputs"}]}
 *   anomaly   {"place","edge","kind","detail","stops_offers","time_ms"}
 *   command   {"place","edge","lane","command","action","stage","why","time_ms"} */
#include "cloud/service/notice.h"

#include "cloud/service/effect.h"
#include "protocol/support/memory.h"
#include "protocol/wire/json_out.h"

#include <string.h>

enum { NOTICE_BYTES_MAX = 8192 };

static void text(struct buf *b, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    json_out_key(b, key);
    if (json_out_text(b, value) != ERR_OK)
        b->overflow = true; /* not to be shown */
}

static void number(struct buf *b, const char *key, int64_t value)
{
    json_out_key(b, key);
    json_out_int(b, value);
}

static void flag(struct buf *b, const char *key, bool value)
{
    json_out_key(b, key);
    buf_adds(b, value ? "true" : "false");
}

static void when(struct buf *b, const char *key, struct wall_ms t)
{
    if (t.v != 0)
        number(b, key, t.v);
}

static bool heard(const struct service *s)
{
    return s->ports.notifier.listening(s->ports.notifier.self);
}

static void publish(struct service *s, enum notice n, const struct name *place, struct buf *b)
{
    buf_adds(b, "}");
    if (b->overflow)
        return;
    struct effect *out = effect_add(s, EFFECT_NOTICE, place, NULL);
    out->notice.notice = n;
    out->notice.json = mem_copy(b->text, b->len);
}

void notice_place(struct service *s, const struct place *p)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    int64_t at_edges = 0;
    for (size_t i = 0; i < p->edge_count; i++)
        for (size_t k = 0; k < p->edges[i]->stream_count; k++)
            at_edges += p->edges[i]->streams[k]->view.view;
    buf_adds(&b, "{");
    text(&b, "place", p->row.settings.place.text);
    number(&b, "capacity", p->occupancy.capacity);
    number(&b, "occupied", p->occupancy.occupied);
    number(&b, "free", p->occupancy.free);
    flag(&b, "full", p->occupancy.full);
    number(&b, "sessions", p->row.open_sessions);
    number(&b, "pending", p->ledger.pending);
    number(&b, "at_edges", at_edges);
    number(&b, "pool", p->ledger.pool);
    number(&b, "overdraft", p->ledger.overdraft);
    flag(&b, "offers_stopped", p->row.offers_stopped);
    number(&b, "time_ms", s->now.wall.v);
    publish(s, NOTICE_PLACE, &p->row.settings.place, &b);
}

void notice_movement(struct service *s, const struct event *e)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    text(&b, "place", e->place.text);
    text(&b, "edge", e->edge.text);
    text(&b, "lane", e->data.lane.text);
    text(&b, "movement", e->data.movement.text);
    text(&b, "kind", event_kind_word(e->kind));
    text(&b, "direction", direction_word(e->data.direction));
    text(&b, "plate", e->data.plate.text);
    text(&b, "basis", basis_word(e->data.basis));
    text(&b, "reason", reason_word(e->data.reason));
    text(&b, "outcome", outcome_word(e->data.outcome));
    number(&b, "time_ms", e->time.v);
    publish(s, NOTICE_MOVEMENT, &e->place, &b);
}

void notice_session(struct service *s, const struct session_row *r)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    text(&b, "place", r->place.text);
    text(&b, "session", r->id.text);
    text(&b, "plate", r->plate.text);
    text(&b, "state", session_state_word(r->state));
    when(&b, "start_ms", r->start);
    when(&b, "end_ms", r->end);
    number(&b, "price_minor", r->price_minor);
    number(&b, "paid_minor", r->paid_minor);
    text(&b, "currency", r->currency.code);
    publish(s, NOTICE_SESSION, &r->place, &b);
}

void notice_payment(struct service *s, const struct payment_row *r)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    text(&b, "place", r->place.text);
    text(&b, "session", r->session.text);
    text(&b, "key", r->key);
    text(&b, "kind", payment_kind_word(r->kind));
    text(&b, "state", payment_state_word(r->state));
    number(&b, "amount_minor", r->amount.minor);
    text(&b, "currency", r->amount.currency.code);
    text(&b, "reason", r->reason);
    publish(s, NOTICE_PAYMENT, &r->place, &b);
}

static void lanes(struct buf *b, const struct telemetry *t)
{
    json_out_key(b, "lanes");
    buf_adds(b, "[");
    for (size_t i = 0; i < t->lane_count; i++) {
        const struct telemetry_lane *l = &t->lanes[i];
        buf_adds(b, i ? ",{" : "{");
        text(b, "lane", l->lane.text);
        text(b, "direction", direction_word(l->direction));
        text(b, "state", l->state);
        text(b, "arm", l->arm);
        flag(b, "online", l->online);
        number(b, "link_us", l->link_us);
        number(b, "inputs", l->inputs);
        buf_adds(b, "}");
    }
    buf_adds(b, "]");
}

void notice_edge(struct service *s, const struct edge_live_row *r)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    text(&b, "place", r->place.text);
    text(&b, "edge", r->edge.text);
    flag(&b, "online", r->online);
    when(&b, "heard_ms", r->heard);
    if (r->telemetry_at.v != 0) {
        number(&b, "outbox_depth", r->telemetry.outbox_depth);
        number(&b, "outbox_age_ms", r->telemetry.outbox_age_ms);
        number(&b, "free", r->telemetry.free);
        number(&b, "overdraft", r->telemetry.overdraft);
        text(&b, "clock", clock_state_word(r->telemetry.clock));
        lanes(&b, &r->telemetry);
    }
    publish(s, NOTICE_EDGE, &r->place, &b);
}

void notice_anomaly(struct service *s, const struct anomaly_row *r)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    text(&b, "place", r->place.text);
    text(&b, "edge", r->edge.text);
    text(&b, "kind", r->kind);
    text(&b, "detail", r->detail);
    flag(&b, "stops_offers", r->stops_offers);
    number(&b, "time_ms", r->at.v);
    publish(s, NOTICE_ANOMALY, &r->place, &b);
}

void notice_command(struct service *s, const struct command_row *r)
{
    if (!heard(s))
        return;
    char memory[NOTICE_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    text(&b, "place", r->place.text);
    text(&b, "edge", r->edge.text);
    text(&b, "lane", r->command.lane.text);
    text(&b, "command", r->command.id.text);
    text(&b, "action", action_word(r->command.action));
    text(&b, "stage", stage_word(r->stage));
    text(&b, "why", reason_word(r->why));
    number(&b, "time_ms", s->now.wall.v);
    publish(s, NOTICE_COMMAND, &r->place, &b);
}
