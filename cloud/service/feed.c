#include "cloud/service/feed.h"

#include "protocol/support/log.h"
#include "protocol/wire/json_out.h"

#include <string.h>

/* ---- data ---- */

void feed_begin(struct feed_data *d)
{
    d->buf = buf_of(d->memory, sizeof d->memory);
    buf_adds(&d->buf, "{");
}

void feed_text(struct feed_data *d, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    size_t before = d->buf.len;
    json_out_key(&d->buf, key);
    if (json_out_text(&d->buf, value) == ERR_OK)
        return;
    d->buf.len = before; /* no UTF-8: a word from outside */
    d->memory[before] = '\0';
}

void feed_int(struct feed_data *d, const char *key, int64_t value)
{
    json_out_key(&d->buf, key);
    json_out_int(&d->buf, value);
}

void feed_bool(struct feed_data *d, const char *key, bool value)
{
    json_out_key(&d->buf, key);
    buf_adds(&d->buf, value ? "true" : "false");
}

void feed_time(struct feed_data *d, const char *key, struct wall_ms value)
{
    char text[TIMESTAMP_SIZE];
    if (value.v != 0 && timestamp_format(value, text) == ERR_OK)
        feed_text(d, key, text);
}

void feed_cause(struct service *s, const struct trace *trace, const char *span)
{
    s->trace = *trace;
    s->span = trace_span(trace, span);
}

void feed_append(struct service *s, const char *type, const struct name *place, const char *subject,
                 const struct plate *plate, struct feed_data *d)
{
    struct fact_row r = {.type = type, .at = s->now.wall};
    struct buf b = buf_of(r.subject, sizeof r.subject);
    buf_adds(&b, subject);
    buf_adds(&d->buf, "}");
    if (d->buf.overflow) {
        log_error("feed.too_long", LT("type", type), LT("subject", subject));
        feed_begin(d);
        buf_adds(&d->buf, "}");
    }
    if (place)
        r.place = *place;
    if (plate)
        r.plate = *plate;
    traceparent_format(&s->trace, &s->span, r.trace);
    r.data = d->memory;
    r.len = d->buf.len;
    STORE(s, add_fact, &r);
}

/* ---- facts ---- */

void feed_session(struct service *s, const char *type, const struct session_row *r)
{
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "session", r->id.text);
    feed_text(&d, "state", session_state_word(r->state));
    feed_time(&d, "start", r->start);
    feed_time(&d, "end", r->end);
    feed_text(&d, "entry_lane", r->entry_lane.text);
    feed_text(&d, "exit_lane", r->exit_lane.text);
    feed_text(&d, "exit_movement", r->exit_movement.text);
    feed_text(&d, "exit_basis", basis_word(r->exit_basis));
    feed_text(&d, "tariff", r->tariff.text);
    feed_text(&d, "currency", r->currency.code);
    feed_int(&d, "price_minor", r->price_minor);
    feed_int(&d, "paid_minor", r->paid_minor);
    feed_int(&d, "refunded_minor", r->refunded_minor);
    feed_int(&d, "waived_minor", r->waived_minor);
    feed_text(&d, "right", r->right.text);
    feed_append(s, type, &r->place, r->id.text, &r->plate, &d);
}

void feed_payment(struct service *s, const struct payment_row *r)
{
    static const char *const types[PAYMENT_STATES] = {
        [PAYMENT_CREATED] = "payment.created",     [PAYMENT_SENT] = "payment.sent",
        [PAYMENT_UNKNOWN] = "payment.unknown",     [PAYMENT_QUERYING] = "payment.querying",
        [PAYMENT_SUCCEEDED] = "payment.succeeded", [PAYMENT_DECLINED] = "payment.declined",
        [PAYMENT_MANUAL] = "payment.manual",       [PAYMENT_VOID] = "payment.void",
    };
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "session", r->session.text);
    feed_text(&d, "key", r->key);
    feed_text(&d, "kind", payment_kind_word(r->kind));
    feed_text(&d, "state", payment_state_word(r->state));
    feed_int(&d, "amount_minor", r->amount.minor);
    feed_text(&d, "currency", r->amount.currency.code);
    feed_int(&d, "attempts", r->attempts);
    feed_text(&d, "provider_ref", r->provider_ref);
    feed_text(&d, "reason", r->reason);
    feed_append(s, types[r->state], &r->place, r->key, NULL, &d);
}

void feed_refund(struct service *s, const struct refund_row *r)
{
    static const char *const types[PAYMENT_STATES] = {
        [PAYMENT_CREATED] = "refund.created",     [PAYMENT_SENT] = "refund.sent",
        [PAYMENT_UNKNOWN] = "refund.unknown",     [PAYMENT_QUERYING] = "refund.querying",
        [PAYMENT_SUCCEEDED] = "refund.succeeded", [PAYMENT_DECLINED] = "refund.declined",
        [PAYMENT_MANUAL] = "refund.manual",
    };
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "session", r->session.text);
    feed_text(&d, "key", r->key);
    feed_text(&d, "payment", r->payment);
    feed_text(&d, "state", payment_state_word(r->state));
    feed_text(&d, "cause", refund_cause_word(r->cause));
    feed_int(&d, "amount_minor", r->amount.minor);
    feed_text(&d, "currency", r->amount.currency.code);
    feed_text(&d, "actor", r->actor.text);
    feed_text(&d, "note", r->note);
    feed_text(&d, "provider_ref", r->provider_ref);
    feed_text(&d, "reason", r->reason);
    feed_append(s, types[r->state], &r->place, r->key, NULL, &d);
}

void feed_reconciliation(struct service *s, const struct reconciliation_row *r)
{
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "day", r->day);
    feed_bool(&d, "partial", r->partial);
    feed_int(&d, "differences", r->mismatches);
    feed_append(s, "reconciliation.made", &r->place, r->day, NULL, &d);
}

void feed_debt(struct service *s, const char *type, const struct debt_row *r)
{
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "session", r->session.text);
    feed_text(&d, "state", debt_state_word(r->state));
    feed_int(&d, "amount_minor", r->amount.minor);
    feed_int(&d, "paid_minor", r->paid_minor);
    feed_int(&d, "waived_minor", r->waived_minor);
    feed_int(&d, "written_off_minor", r->written_off_minor);
    feed_text(&d, "actor", r->actor.text);
    feed_text(&d, "note", r->note);
    feed_text(&d, "currency", r->amount.currency.code);
    feed_text(&d, "reason", r->reason);
    feed_time(&d, "created", r->created);
    feed_time(&d, "settled", r->settled);
    feed_append(s, type, &r->place, r->session.text, &r->plate, &d);
}

void feed_place(struct service *s, const char *type, const struct place *p)
{
    const struct place_settings *c = &p->row.settings;
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "place", c->place.text);
    feed_text(&d, "title", c->title);
    feed_int(&d, "capacity", c->capacity);
    feed_text(&d, "zone", c->zone);
    feed_text(&d, "currency", c->currency.code);
    feed_text(&d, "tariff", c->tariff.text);
    feed_bool(&d, "closed", c->closed);
    feed_int(&d, "occupied", p->ledger.occupied);
    feed_append(s, type, &c->place, c->place.text, NULL, &d);
}

void feed_decision(struct service *s, const struct decision_row *r)
{
    const struct passage_answer *a = &r->response.answer;
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "request", r->request.text);
    feed_text(&d, "movement", r->movement.text);
    feed_text(&d, "edge", r->edge.text);
    feed_text(&d, "kind", request_kind_word(r->response.kind));
    feed_text(&d, "verdict", verdict_word(a->verdict));
    feed_text(&d, "basis", basis_word(a->basis));
    feed_text(&d, "reason", reason_word(a->reason));
    if (a->due.currency.code[0] != '\0') {
        feed_int(&d, "due_minor", a->due.minor);
        feed_text(&d, "currency", a->due.currency.code);
    }
    feed_append(s, "decision.made", &r->place, r->movement.text, NULL, &d);
}

void feed_anomaly(struct service *s, const struct anomaly_row *r)
{
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "kind", r->kind);
    feed_text(&d, "edge", r->edge.text);
    feed_int(&d, "epoch", r->epoch);
    feed_int(&d, "seq", r->seq);
    feed_bool(&d, "stops_offers", r->stops_offers);
    feed_text(&d, "detail", r->detail);
    feed_append(s, "anomaly.recorded", &r->place, r->kind, NULL, &d);
}

void feed_audit(struct service *s, const char *type, const struct audit_row *r)
{
    char id[24];
    struct buf b = buf_of(id, sizeof id);
    struct feed_data d;
    buf_addf(&b, "%lld", (long long)r->id);
    feed_begin(&d);
    feed_int(&d, "audit", r->id);
    feed_text(&d, "state", audit_state_word(r->state));
    feed_int(&d, "counted", r->counted);
    feed_text(&d, "actor", r->actor.text);
    feed_text(&d, "reason", r->reason);
    if (r->state == AUDIT_APPLIED) {
        feed_int(&d, "since", r->since);
        feed_int(&d, "before", r->before);
        feed_int(&d, "released", r->released);
        feed_int(&d, "shortfall", r->shortfall);
    }
    feed_append(s, type, &r->place, id, NULL, &d);
}

void feed_rights(struct service *s, const struct name *place, int64_t version, int64_t changed)
{
    struct feed_data d;
    feed_begin(&d);
    feed_int(&d, "version", version);
    feed_int(&d, "changed", changed);
    feed_append(s, "rights.changed", place, place->text, NULL, &d);
}

void feed_command(struct service *s, const struct command_row *r)
{
    struct feed_data d;
    feed_begin(&d);
    feed_text(&d, "command", r->command.id.text);
    feed_text(&d, "edge", r->edge.text);
    feed_text(&d, "lane", r->command.lane.text);
    feed_text(&d, "action", action_word(r->command.action));
    feed_text(&d, "actor", r->command.actor.text);
    feed_text(&d, "reason", r->command.reason);
    feed_text(&d, "stage", stage_word(r->stage));
    feed_text(&d, "why", reason_word(r->why));
    feed_bool(&d, "presumed", r->presumed);
    feed_append(s, r->stage == STAGE_NONE ? "command.ordered" : "command.changed", &r->place,
                r->command.id.text, NULL, &d);
}
