/* Traces to a collector over real HTTP (otlp.h O1 to O3). */
#include "cloud/otlp/otlp.h"
#include "tests/contract/cloud/payment/http_script.h"
#include "tests/unit/cloud/scene.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct otlp *export_to(struct scene *c, uint16_t port)
{
    struct otlp_options o = {.database = c->w.file,
                             .instance = {"cloud-1"},
                             .pause_ms = 20,
                             .timeout_ms = 5000,
                             .metrics = &c->w.metrics};
    struct otlp *t;
    snprintf(o.url, sizeof o.url, "http://127.0.0.1:%u", (unsigned)port);
    assert_int_equal(otlp_start(&o, &t), ERR_OK);
    return t;
}

static void wait_for(struct scene *c, enum metric m, int64_t at_least)
{
    for (int i = 0; i < 2000 && metrics_get(&c->w.metrics, m) < at_least; i++)
        poll(NULL, 0, 10);
    assert_true(metrics_get(&c->w.metrics, m) >= at_least);
}

static json_t *body_of(struct http_script *s, size_t i)
{
    static struct http_seen seen;
    seen = http_script_seen(s, i);
    const char *body = strstr(seen.text, "\r\n\r\n");
    assert_non_null(body);
    assert_non_null(strstr(seen.text, "POST /v1/traces HTTP/1.1\r\n"));
    assert_non_null(strstr(seen.text, "Content-Type: application/json\r\n"));
    json_t *o = json_loads(body + 4, 0, NULL);
    assert_non_null(o);
    return o;
}

/* One vehicle comes in: few enough bytes for the script's memory. */
static void what_happens_at_a_gate_is_exported(void **state)
{
    static const struct http_step ok[] = {{.status = 200, .body = "{}"}};
    struct scene *c = *state;
    struct http_script *s = http_script_start(ok, 1);
    struct otlp *t = export_to(c, http_script_port(s));
    edge_ask(&c->w, &c->e, REQUEST_ENTRY, "4444", false, 7);
    wait_for(c, METRIC_SPANS_SENT, 1);
    json_t *o = body_of(s, 0);
    json_t *resource = json_array_get(json_object_get(o, "resourceSpans"), 0);
    json_t *scope = json_array_get(json_object_get(resource, "scopeSpans"), 0);
    json_t *span = json_array_get(json_object_get(scope, "spans"), 0);
    assert_string_equal(json_string_value(json_object_get(span, "name")), "decision.made");
    assert_int_equal(strlen(json_string_value(json_object_get(span, "traceId"))), 32);
    assert_int_equal(strlen(json_string_value(json_object_get(span, "spanId"))), 16);
    assert_int_equal(strlen(json_string_value(json_object_get(span, "parentSpanId"))), 16);
    char *text = json_dumps(o, JSON_COMPACT);
    assert_non_null(
        strstr(text, "{\"key\":\"boomgate.verdict\",\"value\":{\"stringValue\":\"allow\"}}"));
    assert_non_null(strstr(text, "\"boomgate-cloud\""));
    assert_null(strstr(text, "4444"));
    free(text);
    json_decref(o);
    otlp_stop(t);
    http_script_free(s);
}

/* O2 */
static void a_collector_that_is_away_is_tried_again(void **state)
{
    static const struct http_step steps[] = {
        {.status = 503}, {.deed = HTTP_RESET}, {.status = 200, .body = "{}"}};
    struct scene *c = *state;
    struct http_script *s = http_script_start(steps, 3);
    struct otlp *t = export_to(c, http_script_port(s));
    edge_ask(&c->w, &c->e, REQUEST_ENTRY, "4444", false, 7);
    wait_for(c, METRIC_SPANS_SENT, 1);
    assert_true(http_script_count(s) >= 3);
    assert_int_equal(metrics_get(&c->w.metrics, METRIC_SPANS_DROPPED), 0);
    otlp_stop(t);
    http_script_free(s);
}

static void what_is_refused_is_left_out(void **state)
{
    static const struct http_step steps[] = {{.status = 400}, {.status = 200, .body = "{}"}};
    struct scene *c = *state;
    struct http_script *s = http_script_start(steps, 2);
    struct otlp *t = export_to(c, http_script_port(s));
    edge_ask(&c->w, &c->e, REQUEST_ENTRY, "4444", false, 7);
    wait_for(c, METRIC_SPANS_DROPPED, 1);
    edge_ask(&c->w, &c->e, REQUEST_ENTRY, "4444", false, 8);
    wait_for(c, METRIC_SPANS_SENT, 1);
    otlp_stop(t);
    http_script_free(s);
}

/* A stop does not wait for a collector that says nothing. */
static void a_silent_collector_holds_nobody(void **state)
{
    static const struct http_step hang[] = {{.deed = HTTP_HANG}};
    struct scene *c = *state;
    struct http_script *s = http_script_start(hang, 1);
    struct otlp *t = export_to(c, http_script_port(s));
    edge_ask(&c->w, &c->e, REQUEST_ENTRY, "4444", false, 7);
    for (int i = 0; i < 2000 && http_script_count(s) == 0; i++)
        poll(NULL, 0, 10);
    assert_true(http_script_count(s) > 0);
    otlp_stop(t);
    assert_int_equal(metrics_get(&c->w.metrics, METRIC_SPANS_SENT), 0);
    http_script_free(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_defer, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_happens_at_a_gate_is_exported),
        TEST(a_collector_that_is_away_is_tried_again),
        TEST(what_is_refused_is_left_out),
        TEST(a_silent_collector_holds_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
