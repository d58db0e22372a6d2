/* GET /v1/providers: how the payment providers do. */
#include "cloud/http/members.h"
#include "cloud/http/server.h"

size_t providers_take(const struct http *h, struct provider_status ret[PROVIDERS_MAX])
{
    return h->ports.providers ? h->ports.providers(h->ports.providers_self, ret, PROVIDERS_MAX) : 0;
}

static json_t *document_endpoint(const struct endpoint_status *e)
{
    json_t *o = json_object();
    set_text(o, "url", e->url);
    set_text(o, "state", e->state);
    set_int(o, "in_flight", e->in_flight);
    set_int(o, "ejections", e->ejections);
    set_int(o, "good", e->good);
    set_int(o, "failed", e->failed);
    set_int(o, "timed_out", e->timed_out);
    return o;
}

static json_t *document_outcomes(const int64_t counts[PAYMENT_RESULTS])
{
    json_t *o = json_object();
    set_int(o, "succeeded", counts[PAYMENT_RESULT_SUCCEEDED]);
    set_int(o, "declined", counts[PAYMENT_RESULT_DECLINED]);
    set_int(o, "unknown", counts[PAYMENT_RESULT_UNKNOWN]);
    set_int(o, "not_sent", counts[PAYMENT_RESULT_NOT_SENT]);
    set_int(o, "not_found", counts[PAYMENT_RESULT_NOT_FOUND]);
    return o;
}

static json_t *document_provider(const struct provider_status *s)
{
    json_t *o = json_object();
    json_t *endpoints = json_array();
    set_text(o, "provider", s->name.text);
    set_text(o, "breaker", s->breaker);
    set_int(o, "openings", s->openings);
    set_int(o, "queue", s->queue);
    set_int(o, "queue_max", s->queue_max);
    set_int(o, "in_flight", s->in_flight);
    set_int(o, "in_flight_max", s->in_flight_max);
    set_int(o, "refused_open", s->refused_open);
    set_int(o, "refused_full", s->refused_full);
    json_object_set_new(o, "charges", document_outcomes(s->outcomes[PAYMENT_CALL_CHARGE]));
    json_object_set_new(o, "refunds", document_outcomes(s->outcomes[PAYMENT_CALL_REFUND]));
    for (size_t i = 0; i < s->endpoint_count; i++)
        json_array_append_new(endpoints, document_endpoint(&s->endpoints[i]));
    json_object_set_new(o, "endpoints", endpoints);
    return o;
}

void handle_providers(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct provider_status rows[PROVIDERS_MAX];
    if (!query_known(q, NULL, 0, r))
        return;
    size_t n = providers_take(h, rows);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, document_provider(&rows[i]));
    reply_json(r, 200, json_pack("{s:o}", "providers", list));
}
