#include "cloud/ingest/ingest.h"

#include "protocol/wire/topic.h"

#include <string.h>

/* -1: none of our business. */
static int work_kind_of(enum topic_kind kind)
{
    switch (kind) {
    case TOPIC_EVENT: return WORK_EVENT;
    case TOPIC_REQUEST: return WORK_REQUEST;
    case TOPIC_STATUS: return WORK_STATUS;
    case TOPIC_TELEMETRY: return WORK_TELEMETRY;
    default: return -1;
    }
}

void ingest_message(void *self, const struct mqtt_message *m)
{
    struct ingest *in = self;
    struct topic t;
    enum err e = topic_parse(m->topic, strlen(m->topic), &t);
    if (e == ERR_OK && t.kind == TOPIC_CLOUD_STATUS)
        return; /* ours or a neighbour's: the filter of edge statuses matches it too */
    int kind = e == ERR_OK ? work_kind_of(t.kind) : -1;
    if (kind < 0 || m->len > INGEST_BYTES_MAX || (kind == WORK_REQUEST && !m->correlation)) {
        metrics_add(in->metrics, METRIC_INGEST_IGNORED, 1);
        return;
    }
    struct work *w = work_new((enum work_kind)kind, m->payload, m->len);
    w->place = t.place;
    w->edge = t.edge;
    if (m->correlation)
        memcpy(w->correlation, m->correlation, sizeof w->correlation);
    if (in->post(in->arg, w) != ERR_OK)
        work_free(w);
}

enum err ingest_changed(void *self, bool up, uint16_t receive_max)
{
    struct ingest *in = self;
    struct work *w = work_new(WORK_BROKER, NULL, 0);
    w->broker.up = up;
    w->broker.receive_max = receive_max;
    enum err e = in->post(in->arg, w);
    if (e != ERR_OK)
        work_free(w);
    return e;
}
