/* Which events count as which decision (cloud/service/decision_count.h). */
#include "cloud/service/decision_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum metric of(enum event_kind kind, enum basis basis, enum reason reason)
{
    const struct event e = {.kind = kind, .data = {.basis = basis, .reason = reason}};
    return decision_count(&e);
}

static void what_the_edge_or_the_cloud_allowed(void **state)
{
    (void)state;
    assert_int_equal(of(EVENT_PASSAGE_AUTHORISED, BASIS_SPACE, 0), METRIC_DECISIONS_ALLOWED);
    assert_int_equal(of(EVENT_PASSAGE_AUTHORISED, BASIS_PAID, 0), METRIC_DECISIONS_ALLOWED);
    assert_int_equal(of(EVENT_PASSAGE_AUTHORISED, BASIS_OFFLINE, 0), METRIC_DECISIONS_NO_ANSWER);
}

static void a_refusal_is_a_decision_unless_nobody_could_decide(void **state)
{
    (void)state;
    assert_int_equal(of(EVENT_PASSAGE_DENIED, 0, REASON_FULL), METRIC_DECISIONS_DENIED);
    assert_int_equal(of(EVENT_PASSAGE_DENIED, 0, REASON_BARRED), METRIC_DECISIONS_DENIED);
    assert_int_equal(of(EVENT_PASSAGE_DENIED, 0, REASON_PLEASE_WAIT), METRIC_DECISIONS_NO_ANSWER);
    assert_int_equal(of(EVENT_PASSAGE_DENIED, 0, REASON_UNAVAILABLE), METRIC_DECISIONS_FAILED);
    assert_int_equal(of(EVENT_PASSAGE_DENIED, 0, REASON_AUDIT), METRIC_DECISIONS_FAILED);
}

static void other_events_are_none(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        if (kind != EVENT_PASSAGE_AUTHORISED && kind != EVENT_PASSAGE_DENIED)
            assert_int_equal(of((enum event_kind)kind, BASIS_OFFLINE, REASON_AUDIT), METRICS);
}

static void a_span_counts_in_its_bucket_and_all_above(void **state)
{
    static struct metrics m;
    (void)state;
    metrics_time(&m, SPAN_COMMIT, 900);
    metrics_time(&m, SPAN_COMMIT, 1000);
    metrics_time(&m, SPAN_COMMIT, 1001);
    metrics_time(&m, SPAN_COMMIT, 60000000);
    struct metric_distribution d = metrics_span(&m, SPAN_COMMIT);
    assert_string_equal(metrics_bound(0), "0.001");
    assert_int_equal(d.within[0], 2);
    assert_int_equal(d.within[1], 3);
    assert_int_equal(d.within[SPAN_BUCKETS - 2], 3);
    assert_int_equal(d.within[SPAN_BUCKETS - 1], 4);
    assert_int_equal(d.sum_us, 60002901);
    assert_int_equal(metrics_span(&m, SPAN_HTTP).within[SPAN_BUCKETS - 1], 0);
    metrics_time(NULL, SPAN_COMMIT, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_edge_or_the_cloud_allowed),
        cmocka_unit_test(a_refusal_is_a_decision_unless_nobody_could_decide),
        cmocka_unit_test(other_events_are_none),
        cmocka_unit_test(a_span_counts_in_its_bucket_and_all_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
