/* What leaves the process: recorded while the batch is decided, released after COMMIT (C1). */
#include "cloud/service/effect.h"

#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

struct effect *effect_add(struct service *s, enum effect_kind kind, const struct name *place,
                          const struct name *edge)
{
    if (s->effect_count == s->effect_size) {
        s->effect_size = s->effect_size ? s->effect_size * 2 : 256;
        s->effects = mem_resize(s->effects, s->effect_size * sizeof *s->effects);
    }
    struct effect *e = &s->effects[s->effect_count++];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    if (place)
        e->place = *place;
    if (edge)
        e->edge = *edge;
    return e;
}

static const enum metric call_metric[] = {
    [PAYMENT_CALL_CHARGE] = METRIC_PAYMENTS_STARTED,
    [PAYMENT_CALL_QUERY] = METRIC_PAYMENTS_QUERIED,
    [PAYMENT_CALL_REFUND] = METRIC_REFUNDS_STARTED,
    [PAYMENT_CALL_REFUND_QUERY] = METRIC_REFUNDS_QUERIED,
};

/* A call the port refuses is remembered and handled as "not sent" by the next batch. */
static void start_payment(struct service *s, const struct payment_call *c)
{
    metrics_add(s->options.metrics, call_metric[c->kind], 1);
    enum err e = s->ports.payments.start(s->ports.payments.self, c);
    if (e == ERR_OK)
        return;
    s->refused = mem_resize(s->refused, (s->refused_count + 1) * sizeof *s->refused);
    s->refused[s->refused_count].never = e == ERR_INVAL;
    memcpy(s->refused[s->refused_count++].key, c->key, PAYMENT_KEY_SIZE);
}

static void release(struct service *s, struct effect *e)
{
    const struct service_ports *p = &s->ports;
    switch (e->kind) {
    case EFFECT_ACK:
        metrics_add(s->options.metrics, METRIC_ACKS, 1);
        p->downlink.ack(p->downlink.self, &e->place, &e->edge, e->ack.epoch, e->ack.upto);
        break;
    case EFFECT_RESPOND:
        p->downlink.respond(p->downlink.self, &e->place, &e->edge, e->respond.correlation,
                            &e->respond.response);
        break;
    case EFFECT_OFFER: p->downlink.offer(p->downlink.self, &e->place, &e->edge, &e->offer); break;
    case EFFECT_OCCUPANCY: p->downlink.occupancy(p->downlink.self, &e->place, &e->occupancy); break;
    case EFFECT_COMMAND:
        p->downlink.command(p->downlink.self, &e->place, &e->edge, &e->command);
        break;
    case EFFECT_RESYNC: p->downlink.resync(p->downlink.self); break;
    case EFFECT_RIGHTS:
        p->downlink.rights(p->downlink.self, &e->place, &e->edge, e->rights.bytes, e->rights.len);
        free(e->rights.bytes);
        break;
    case EFFECT_PAYMENT: start_payment(s, &e->payment); break;
    case EFFECT_ADMIN:
        if (e->admin.done)
            e->admin.done(e->admin.arg, &e->admin.result);
        break;
    case EFFECT_NOTICE:
        p->notifier.publish(p->notifier.self, e->notice.notice,
                            e->place.text[0] != '\0' ? &e->place : NULL, e->notice.json);
        free(e->notice.json);
        break;
    }
}

void effects_release(struct service *s)
{
    for (size_t i = 0; i < s->effect_count; i++)
        release(s, &s->effects[i]);
    s->effect_count = 0;
}

void effects_free(struct service *s)
{
    for (size_t i = 0; i < s->effect_count; i++) {
        if (s->effects[i].kind == EFFECT_NOTICE)
            free(s->effects[i].notice.json);
        if (s->effects[i].kind == EFFECT_RIGHTS)
            free(s->effects[i].rights.bytes);
    }
    free(s->effects);
}
