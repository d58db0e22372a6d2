/* The read side over real HTTP: every document, who may see it, and what is refused. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PLATE   "22%EC%95%842222"
#define PLATE_2 "33%EB%82%983333"

static int64_t int_of(json_t *o, const char *path)
{
    char part[64];
    while (*path != '\0') {
        size_t len = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)len, path);
        o = json_is_array(o) ? json_array_get(o, strtoul(part, NULL, 10))
                             : json_object_get(o, part);
        assert_non_null(o);
        path += len + (path[len] == '.');
    }
    assert_true(json_is_integer(o));
    return json_integer_value(o);
}

static const char *text_of(json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);
    assert_non_null(v);
    return json_is_null(v) ? "null" : json_string_value(v);
}

static void is_problem(struct answer *a, int status, const char *code)
{
    assert_int_equal(a->status, status);
    assert_string_equal(header(a, "Content-Type"), "application/problem+json");
    assert_non_null(a->json);
    assert_int_equal(int_of(a->json, "status"), status);
    assert_string_equal(text_of(a->json, "code"), code);
    assert_true(strlen(text_of(a->json, "detail")) > 0);
    assert_true(strlen(text_of(a->json, "title")) > 0);
    answer_free(a);
}

static void refused(struct fixture *f, const char *target, const char *token, int status,
                    const char *code)
{
    struct answer a = get(f, target, token);
    is_problem(&a, status, code);
}

/* ---- places ---- */

static void all_places_are_listed_in_order(void **state)
{
    struct answer a = get(*state, "/v1/places", NULL);
    assert_int_equal(a.status, 200);
    json_t *list = json_object_get(a.json, "places");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(text_of(json_array_get(list, 0), "place"), "a");
    assert_string_equal(text_of(json_array_get(list, 1), "place"), "b");
    assert_string_equal(header(&a, "Cache-Control"), "no-store");
    assert_string_equal(header(&a, "X-Content-Type-Options"), "nosniff");
    answer_free(&a);
}

static void a_place_shows_both_counts_and_its_settings(void **state)
{
    struct answer a = get(*state, "/v1/places/a", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(header(&a, "Content-Type"), "application/json");
    assert_int_equal(int_of(a.json, "capacity"), 10);
    assert_int_equal(int_of(a.json, "occupied.counted"), 3);
    assert_int_equal(int_of(a.json, "occupied.derived"), 2);
    assert_int_equal(int_of(a.json, "occupied.difference"), 1);
    assert_int_equal(int_of(a.json, "pending"), 1);
    assert_int_equal(int_of(a.json, "free"), 6);
    assert_int_equal(int_of(a.json, "recent.entered"), 1);
    assert_int_equal(int_of(a.json, "recent.left"), 0);
    assert_string_equal(text_of(a.json, "zone"), "Asia/Seoul");
    assert_string_equal(text_of(a.json, "currency"), "KRW");
    assert_string_equal(text_of(a.json, "tariff"), "t1");
    assert_string_equal(text_of(a.json, "payment_policy"), "defer");
    assert_memory_equal(text_of(a.json, "time"), "2026-11-20T06:31:1", 18);
    answer_free(&a);
}

static void edges_and_lanes_show_their_state_and_age(void **state)
{
    struct answer a = get(*state, "/v1/places/a", NULL);
    json_t *edge = json_array_get(json_object_get(a.json, "edges"), 0);
    json_t *lanes = json_object_get(a.json, "lanes");
    assert_string_equal(text_of(edge, "edge"), "e1");
    assert_true(json_is_true(json_object_get(edge, "online")));
    assert_in_range(int_of(edge, "age_ms"), 2000, 9000);
    assert_int_equal(json_array_size(lanes), 2);
    json_t *in = json_array_get(lanes, 0);
    assert_string_equal(text_of(in, "lane"), "in-1");
    assert_string_equal(text_of(in, "direction"), "entry");
    assert_string_equal(text_of(in, "arm"), "up");
    assert_true(json_is_true(json_object_get(in, "online")));
    json_t *out = json_array_get(lanes, 1);
    assert_string_equal(text_of(out, "arm"), "unknown");
    assert_true(json_is_false(json_object_get(out, "online")));
    /* A lane that never spoke is trouble, which the status says. */
    assert_string_equal(text_of(a.json, "status"), "degraded");
    answer_free(&a);
}

static void a_full_place_says_full(void **state)
{
    struct answer a = get(*state, "/v1/places/b", NULL);
    assert_string_equal(text_of(a.json, "status"), "full");
    assert_int_equal(int_of(a.json, "free"), 0);
    answer_free(&a);
}

/* J2: what an edge said long ago is not shown as live. */
static void an_old_value_says_that_it_is_stale(void **state)
{
    struct fixture *f = *state;
    struct edge_live_row live = {.place = {"a"},
                                 .edge = {"e1"},
                                 .online = true,
                                 .heard = {NOW_MS - 40000},
                                 .telemetry_at = {NOW_MS - 40000}};
    live.telemetry.clock = CLOCK_SYNCED;
    pthread_mutex_lock(&f->lock);
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    assert_int_equal(f->port.save_live(f->port.self, &live), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    pthread_mutex_unlock(&f->lock);
    struct answer a = get(f, "/v1/places/a", NULL);
    json_t *edge = json_array_get(json_object_get(a.json, "edges"), 0);
    assert_true(json_is_true(json_object_get(edge, "stale")));
    assert_true(json_is_false(json_object_get(edge, "online")));
    assert_true(int_of(edge, "age_ms") >= 40000);
    answer_free(&a);
}

/* The kept response is replaced as soon as the writer commits. */
static void a_commit_is_seen_at_once(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        struct answer before = get(f, "/v1/places/a", NULL);
        int64_t entered = int_of(before.json, "recent.entered");
        answer_free(&before);
        seed_movement(f, 1000 + i, "a", "in-1", DIRECTION_ENTRY, "12A", OUTCOME_DROVE_THROUGH,
                      1000);
        for (int k = 0; k < 3; k++) { /* whichever reader answers */
            struct answer after = get(f, "/v1/places/a", NULL);
            assert_int_equal(int_of(after.json, "recent.entered"), entered + 1);
            answer_free(&after);
        }
    }
}

static void unknown_places_are_not_found(void **state)
{
    refused(*state, "/v1/places/nosuch", NULL, 404, "not_found");
    refused(*state, "/v1/places/NOT-A-NAME", NULL, 404, "not_found");
    refused(*state, "/v1/places/%EC%95%84", NULL, 404, "not_found");
    refused(*state, "/v1/places/nosuch/movements", NULL, 404, "not_found");
    refused(*state, "/v1/places/nosuch/flow", NULL, 404, "not_found");
    refused(*state, "/v1/places/nosuch/summary", OPERATOR, 404, "not_found");
}

/* ---- movements ---- */

static void movements_are_newest_first_with_masked_plates(void **state)
{
    struct answer a = get(*state, "/v1/places/a/movements", NULL);
    json_t *list = json_object_get(a.json, "movements");
    assert_int_equal(json_array_size(list), 4);
    json_t *first = json_array_get(list, 0);
    assert_string_equal(text_of(first, "plate"), "B***9");
    assert_string_equal(text_of(first, "outcome"), "");
    json_t *second = json_array_get(list, 1);
    assert_string_equal(text_of(second, "outcome"), "denied");
    assert_string_equal(text_of(second, "reason"), "full");
    assert_string_equal(text_of(second, "plate"), "");
    assert_string_equal(text_of(json_array_get(list, 2), "plate"), "22***22");
    assert_null(strstr(a.body, "22\xEC\x95\x84"));
    answer_free(&a);
}

/* J1 */
static void only_people_on_duty_see_full_plates(void **state)
{
    static const char *const tokens[] = {OPERATOR, ATTENDANT, AUDITOR, DRIVER, OPERATOR_OF_B};
    for (size_t i = 0; i < 5; i++) {
        struct answer a = get(*state, "/v1/places/a/movements", tokens[i]);
        assert_int_equal(strstr(a.body, "22\xEC\x95\x84") != NULL, i < 2);
        answer_free(&a);
    }
}

static void a_limit_is_kept_and_checked(void **state)
{
    struct answer a = get(*state, "/v1/places/a/movements?limit=2", NULL);
    assert_int_equal(json_array_size(json_object_get(a.json, "movements")), 2);
    answer_free(&a);
    static const char *const bad[] = {"0", "-1",           "201",       "1x",
                                      "",  "%31%30%30%30", "1&limit=2", "+5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char target[96];
        snprintf(target, sizeof target, "/v1/places/a/movements?limit=%s", bad[i]);
        refused(*state, target, NULL, 400, "bad_parameter");
    }
}

static void unknown_parameters_are_refused(void **state)
{
    static const char *const targets[] = {"/v1/places?x=1", "/v1/places/a?x", "/healthz?x=1",
                                          "/v1/places/a/flow?hours=3", "/v1/stream?x=1"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        refused(*state, targets[i], NULL, 400, "unknown_parameter");
}

/* The first vehicle came 20 minutes ago: 96 steps of half an hour. */
static void the_flow_ends_at_what_is_inside_now(void **state)
{
    struct answer a = get(*state, "/v1/places/a/flow", NULL);
    enum { HALF_HOUR_MS = 30 * 60000, STEPS = 96 };
    int64_t entered = 0;
    int64_t left = 0;
    assert_int_equal(int_of(a.json, "window_ms"), HALF_HOUR_MS);
    assert_int_equal(int_of(a.json, "step_ms"), HALF_HOUR_MS / STEPS);
    assert_int_equal(json_array_size(json_object_get(a.json, "occupied")), STEPS);
    assert_int_equal(int_of(a.json, "occupied.0"), 3);
    assert_int_equal(int_of(a.json, "occupied.60"), 2); /* after the exit, 20 minutes ago */
    assert_int_equal(int_of(a.json, "occupied.95"), 3); /* after the entry, 5 minutes ago */
    for (size_t i = 0; i < STEPS; i++) {
        entered += json_integer_value(json_array_get(json_object_get(a.json, "entered"), i));
        left += json_integer_value(json_array_get(json_object_get(a.json, "left"), i));
    }
    assert_int_equal(entered, 1);
    assert_int_equal(left, 1);
    answer_free(&a);
    a = get(*state, "/v1/places/b/flow", NULL);
    assert_int_equal(int_of(a.json, "window_ms"), 24 * 2 * HALF_HOUR_MS);
    answer_free(&a);
}

/* ---- business ---- */

static void a_summary_adds_up(void **state)
{
    struct answer a = get(*state, "/v1/places/a/summary", AUDITOR);
    assert_int_equal(a.status, 200);
    assert_int_equal(int_of(a.json, "entered"), 1);
    assert_int_equal(int_of(a.json, "left"), 1);
    assert_int_equal(int_of(a.json, "turned_away"), 1);
    assert_int_equal(int_of(a.json, "charged_minor"), 5500);
    assert_int_equal(int_of(a.json, "payments_succeeded"), 2);
    assert_int_equal(int_of(a.json, "payments_declined"), 1);
    assert_int_equal(int_of(a.json, "payments_open"), 1);
    assert_int_equal(int_of(a.json, "debts_open"), 2);
    assert_int_equal(int_of(a.json, "debts_open_minor"), 6000);
    assert_int_equal(int_of(a.json, "sessions_open"), 1);
    /* Midnight in Seoul was 15:00Z the day before. */
    assert_string_equal(text_of(json_object_get(a.json, "today"), "since"),
                        "2026-11-19T15:00:00.000Z");
    assert_int_equal(int_of(a.json, "today.charged_minor"), 2000);
    assert_int_equal(int_of(a.json, "today.payments_succeeded"), 1);
    answer_free(&a);
}

/* ---- stays ---- */

static void stays_show_amounts_and_payment(void **state)
{
    struct answer a = get(*state, "/v1/sessions?plate=" PLATE, OPERATOR);
    json_t *list = json_object_get(a.json, "sessions");
    assert_int_equal(a.status, 200);
    assert_int_equal(json_array_size(list), 3);
    json_t *open = json_array_get(list, 0);
    assert_string_equal(text_of(open, "state"), "open");
    assert_string_equal(text_of(open, "end"), "null");
    assert_in_range(int_of(open, "elapsed_s"), 5400, 5410);
    assert_in_range(int_of(open, "amount_minor"), 9000, 9100); /* 90 minutes so far */
    assert_string_equal(text_of(open, "payment"), "none");
    json_t *paid = json_array_get(list, 1);
    assert_string_equal(text_of(paid, "payment"), "paid");
    assert_int_equal(int_of(paid, "amount_minor"), 3500);
    assert_int_equal(int_of(paid, "due_minor"), 0);
    json_t *debt = json_array_get(list, 2);
    assert_string_equal(text_of(debt, "payment"), "debt");
    assert_int_equal(int_of(debt, "debt_minor"), 1500);
    answer_free(&a);
    a = get(*state, "/v1/sessions?plate=" PLATE_2, OPERATOR);
    assert_string_equal(text_of(json_array_get(json_object_get(a.json, "sessions"), 0), "payment"),
                        "unknown");
    answer_free(&a);
}

static void a_plate_is_normalised_before_it_is_looked_up(void **state)
{
    /* NFD (as macOS writes it), lower case, spaces, a dash */
    static const char *const spellings[] = {"22%E1%84%8B%E1%85%A12222", "22%20%EC%95%84-2222",
                                            "22+%EC%95%84+2222"};
    for (size_t i = 0; i < 3; i++) {
        char target[96];
        snprintf(target, sizeof target, "/v1/sessions?plate=%s", spellings[i]);
        struct answer a = get(*state, target, OPERATOR);
        assert_string_equal(text_of(a.json, "plate"), "22\xEC\x95\x84"
                                                      "2222");
        assert_int_equal(json_array_size(json_object_get(a.json, "sessions")), 3);
        answer_free(&a);
    }
}

static void stays_come_in_pages(void **state)
{
    struct answer a = get(*state, "/v1/sessions?plate=" PLATE "&limit=2", OPERATOR);
    char target[160];
    assert_int_equal(json_array_size(json_object_get(a.json, "sessions")), 2);
    snprintf(target, sizeof target, "/v1/sessions?plate=%s&limit=2&after=%s", PLATE,
             text_of(a.json, "next"));
    answer_free(&a);
    a = get(*state, target, OPERATOR);
    json_t *list = json_object_get(a.json, "sessions");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(text_of(json_array_get(list, 0), "payment"), "debt");
    assert_string_equal(text_of(a.json, "next"), "null");
    answer_free(&a);
    refused(*state, "/v1/sessions?plate=" PLATE "&after=zzz", OPERATOR, 400, "bad_cursor");
}

static void stays_of_a_ticket(void **state)
{
    struct answer a = get(*state, "/v1/sessions?credential=t-0000-0000-0000-0000-0", OPERATOR);
    json_t *list = json_object_get(a.json, "sessions");
    assert_int_equal(a.status, 200);
    assert_string_equal(text_of(a.json, "credential"), "T00000000000000000");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(text_of(json_array_get(list, 0), "credential"), "T00000000000000000");
    answer_free(&a);
    a = get(*state, "/v1/sessions?credential=04%3AA1", OPERATOR);
    assert_int_equal(json_array_size(json_object_get(a.json, "sessions")), 0);
    answer_free(&a);
    refused(*state, "/v1/sessions?credential=T00000000000000000", DRIVER, 403, "other_credential");
}

static void a_driver_sees_own_plates_only(void **state)
{
    struct answer a = get(*state, "/v1/sessions?plate=" PLATE, DRIVER);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    refused(*state, "/v1/sessions?plate=" PLATE_2, DRIVER, 403, "other_plate");
}

static void bad_plates_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "%20", "---", "%F0%9F%9A%97", "22%EC%95%842222&plate=1", "%ff", "%B0%A1", "a%00b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char target[128];
        snprintf(target, sizeof target, "/v1/sessions?plate=%s", bad[i]);
        refused(*state, target, OPERATOR, 400, "bad_plate");
    }
    refused(*state, "/v1/sessions", OPERATOR, 400, "plate_missing");
    refused(*state, "/v1/sessions?credential=%20", OPERATOR, 400, "bad_credential");
    refused(*state, "/v1/sessions?credential=%B0", OPERATOR, 400, "bad_credential");
    refused(*state, "/v1/sessions?credential=a&credential=b", OPERATOR, 400, "bad_credential");
    refused(*state, "/v1/sessions?credential=a&plate=" PLATE, OPERATOR, 400, "bad_query");
}

/* H3 */
static void money_and_plates_need_the_right_token(void **state)
{
    struct answer a = get(*state, "/v1/sessions?plate=" PLATE, NULL);
    assert_string_equal(header(&a, "WWW-Authenticate"), "Bearer realm=\"boomgate\"");
    is_problem(&a, 401, "unauthorized");
    a = get(*state, "/v1/sessions?plate=" PLATE, "no-such-token-0123456789");
    assert_non_null(strstr(header(&a, "WWW-Authenticate"), "invalid_token"));
    is_problem(&a, 401, "invalid_token");
    refused(*state, "/v1/sessions?plate=" PLATE, AUDITOR, 403, "forbidden");
    refused(*state, "/v1/places/a/summary", NULL, 401, "unauthorized");
    refused(*state, "/v1/places/a/summary", DRIVER, 403, "forbidden");
    /* A3: also where no token is needed */
    refused(*state, "/v1/places", "no-such-token-0123456789", 401, "invalid_token");
}

/* ---- health and metrics ---- */

static void health_and_readiness(void **state)
{
    struct fixture *f = *state;
    struct answer a = get(f, "/healthz", NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = get(f, "/readyz", NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    metrics_set(&f->metrics, METRIC_BROKER_UP, 0);
    refused(f, "/readyz", NULL, 503, "no_broker");
}

static void providers_are_shown(void **state)
{
    struct fixture *f = *state;
    refused(f, "/v1/providers", NULL, 401, "unauthorized");
    struct answer a = get(f, "/v1/providers", AUDITOR);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"provider\":\"stripe\",\"breaker\":\"open\",\"openings\":2"));
    assert_non_null(strstr(a.body, "\"refunds\":{\"succeeded\":0,\"declined\":6,"));
    assert_non_null(strstr(a.body, "\"url\":\"https://pay.example\",\"state\":\"ejected\""));
    answer_free(&a);
}

static void metrics_are_prometheus_text(void **state)
{
    struct fixture *f = *state;
    metrics_add(&f->metrics, METRIC_EVENTS_APPLIED, 42);
    struct answer a = get(f, "/metrics", NULL);
    assert_int_equal(a.status, 200);
    assert_memory_equal(header(&a, "Content-Type"), "text/plain; version=0.0.4", 25);
    const struct metric_row *row = metrics_row(METRIC_EVENTS_APPLIED);
    char line[256];
    snprintf(line, sizeof line, "\n%s%s%s%s 42\n", row->name, row->label[0] ? "{" : "", row->label,
             row->label[0] ? "}" : "");
    assert_non_null(strstr(a.body, line));
    assert_non_null(strstr(a.body, "boomgate_payment_breaker_closed{provider=\"stripe\"} 0\n"));
    static const char *const provider_lines[] = {
        "boomgate_provider_queue{provider=\"stripe\"} 3\n",
        "boomgate_provider_in_flight{provider=\"stripe\"} 4\n",
        "boomgate_provider_breaker_openings_total{provider=\"stripe\"} 2\n",
        "boomgate_provider_calls_total{provider=\"stripe\",kind=\"refund\",result=\"declined\"} "
        "6\n",
        "boomgate_provider_call_duration_seconds_bucket{provider=\"stripe\",le=\"0.25\"} 2\n",
        "boomgate_provider_call_duration_seconds_bucket{provider=\"stripe\",le=\"+Inf\"} 9\n",
        "boomgate_provider_call_duration_seconds_sum{provider=\"stripe\"} 12.345\n",
        "boomgate_provider_endpoint_in{provider=\"stripe\",endpoint=\"https://pay.example\"} 0\n",
        "boomgate_provider_attempts_total{provider=\"stripe\",endpoint=\"https://pay.example\","
        "result=\"failed\"} 5\n",
    };
    for (size_t i = 0; i < sizeof provider_lines / sizeof provider_lines[0]; i++)
        assert_non_null(strstr(a.body, provider_lines[i]));
    assert_non_null(strstr(a.body, "boomgate_place_spaces{place=\"a\",count=\"occupied\"} 3\n"));
    assert_non_null(strstr(a.body, "boomgate_edge_online{place=\"a\",edge=\"e1\"} "));
    assert_non_null(strstr(a.body, "boomgate_lane_online{place=\"a\",edge=\"e1\",lane="));
    assert_non_null(strstr(a.body, "_bucket{le=\"+Inf\"} "));
    for (int i = 0; i < METRICS; i++)
        assert_non_null(strstr(a.body, metrics_row((enum metric)i)->name));
    answer_free(&a);
}

/* ---- the page ---- */

static void the_page_is_served_under_a_strict_policy(void **state)
{
    static const char *const files[] = {"/",          "/app.css",  "/app.js",  "/card.js",
                                        "/stream.js", "/words.js", "/icon.svg"};
    size_t total = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct answer a = get(*state, files[i], NULL);
        char more[96];
        assert_int_equal(a.status, 200);
        assert_true(a.body_len > 100);
        total += a.body_len;
        assert_non_null(strstr(header(&a, "Content-Security-Policy"), "default-src 'none'"));
        assert_null(strstr(header(&a, "Content-Security-Policy"), "unsafe"));
        assert_string_equal(header(&a, "X-Content-Type-Options"), "nosniff");
        snprintf(more, sizeof more, "If-None-Match: %s\r\n", header(&a, "ETag"));
        answer_free(&a);
        a = ask(*state, "GET", files[i], NULL, NULL, more);
        assert_int_equal(a.status, 304);
        answer_free(&a);
    }
    assert_true(total < 100 * 1024); /* pages.md: first paint under 100 kB */
}

static void head_answers_like_get_without_a_body(void **state)
{
    struct answer a = ask(*state, "HEAD", "/v1/places/a", NULL, NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_true(strtoul(header(&a, "Content-Length"), NULL, 10) > 100);
    answer_free(&a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_places_are_listed_in_order),
        TEST(a_place_shows_both_counts_and_its_settings),
        TEST(edges_and_lanes_show_their_state_and_age),
        TEST(a_full_place_says_full),
        TEST(an_old_value_says_that_it_is_stale),
        TEST(a_commit_is_seen_at_once),
        TEST(unknown_places_are_not_found),
        TEST(movements_are_newest_first_with_masked_plates),
        TEST(only_people_on_duty_see_full_plates),
        TEST(a_limit_is_kept_and_checked),
        TEST(unknown_parameters_are_refused),
        TEST(the_flow_ends_at_what_is_inside_now),
        TEST(a_summary_adds_up),
        TEST(stays_show_amounts_and_payment),
        TEST(a_plate_is_normalised_before_it_is_looked_up),
        TEST(stays_come_in_pages),
        TEST(stays_of_a_ticket),
        TEST(a_driver_sees_own_plates_only),
        TEST(bad_plates_are_refused),
        TEST(money_and_plates_need_the_right_token),
        TEST(health_and_readiness),
        TEST(providers_are_shown),
        TEST(metrics_are_prometheus_text),
        TEST(the_page_is_served_under_a_strict_policy),
        TEST(head_answers_like_get_without_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
