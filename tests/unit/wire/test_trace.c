/* Trace context (trace.h R1, R2; PROTOCOL.md, "Traces"). */
#include "protocol/wire/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct movement_id movement = {"0123456789abcdef"};

/* Reckoned by hand from the rule in PROTOCOL.md, so that another implementation comes to the same. */
static void a_trace_is_a_function_of_its_movement(void **state)
{
    (void)state;
    char text[TRACEPARENT_SIZE];
    struct trace t = trace_of(&movement);
    struct span_id root = trace_root(&t);
    traceparent_format(&t, &root, text);
    assert_string_equal(text, "00-0123456789abcdef5ff6c45c9b635362-e1d8614be502fc4f-01");
    assert_string_equal(trace_movement(&t).text, movement.text);
}

static void spans_differ_by_name_and_trace(void **state)
{
    (void)state;
    struct movement_id other = {"0123456789abcdee"};
    struct trace a = trace_of(&movement), b = trace_of(&other);
    struct span_id one = trace_span(&a, "x"), same = trace_span(&a, "x"), two = trace_span(&a, "y"),
                   three = trace_span(&b, "x");
    assert_string_equal(one.text, same.text);
    assert_string_not_equal(one.text, two.text);
    assert_string_not_equal(one.text, three.text);
    assert_string_not_equal(one.text, trace_root(&a).text);
    assert_int_equal(strlen(one.text), SPAN_ID_SIZE - 1);
}

static void nobody_has_no_trace(void **state)
{
    (void)state;
    struct movement_id none = {""};
    char text[TRACEPARENT_SIZE] = "untouched";
    struct trace t = trace_of(&none);
    struct span_id root = trace_root(&t);
    traceparent_format(&t, &root, text);
    assert_string_equal(t.text, "");
    assert_string_equal(text, "");
    assert_string_equal(trace_movement(&t).text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_a_function_of_its_movement),
        cmocka_unit_test(spans_differ_by_name_and_trace),
        cmocka_unit_test(nobody_has_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
