/* Topics: format and parse are inverse, and nothing else is accepted. */
#include "protocol/wire/topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    struct topic topic;
    const char *text;
    const char *filter;
} good[] = {
    {{TOPIC_EVENT, {"a"}, {"e1"}}, "boomgate/v1/a/e1/event", "boomgate/v1/+/+/event"},
    {{TOPIC_ACK, {"a"}, {"e1"}}, "boomgate/v1/a/e1/ack", "boomgate/v1/+/+/ack"},
    {{TOPIC_REQUEST, {"a"}, {"e1"}}, "boomgate/v1/a/e1/request", "boomgate/v1/+/+/request"},
    {{TOPIC_RESPONSE, {"a"}, {"e1"}}, "boomgate/v1/a/e1/response", "boomgate/v1/+/+/response"},
    {{TOPIC_GRANT, {"a"}, {"e1"}}, "boomgate/v1/a/e1/grant", "boomgate/v1/+/+/grant"},
    {{TOPIC_STATUS, {"a"}, {"e1"}}, "boomgate/v1/a/e1/status", "boomgate/v1/+/+/status"},
    {{TOPIC_COMMAND, {"a"}, {"e1"}}, "boomgate/v1/a/e1/command", "boomgate/v1/+/+/command"},
    {{TOPIC_TELEMETRY, {"a"}, {"e1"}}, "boomgate/v1/a/e1/telemetry", "boomgate/v1/+/+/telemetry"},
    {{TOPIC_RIGHTS, {"a"}, {"e1"}}, "boomgate/v1/a/e1/rights", "boomgate/v1/+/+/rights"},
    {{TOPIC_OCCUPANCY, {"lot-07"}, {""}},
     "boomgate/v1/lot-07/occupancy",
     "boomgate/v1/+/occupancy"},
    {{TOPIC_CLOUD_STATUS, {""}, {"c1"}},
     "boomgate/v1/cloud/c1/status",
     "boomgate/v1/cloud/+/status"},
};

static void format_and_parse_are_inverse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[TOPIC_SIZE];
        struct topic back;
        assert_int_equal(topic_format(&good[i].topic, text), ERR_OK);
        assert_string_equal(text, good[i].text);
        assert_int_equal(topic_parse(text, strlen(text), &back), ERR_OK);
        assert_int_equal(back.kind, good[i].topic.kind);
        assert_true(name_equal(&back.place, &good[i].topic.place));
        assert_true(name_equal(&back.edge, &good[i].topic.edge));
        assert_int_equal(topic_filter_all(good[i].topic.kind, text), ERR_OK);
        assert_string_equal(text, good[i].filter);
    }
}

static void the_longest_names_fit(void **state)
{
    (void)state;
    struct topic t = {
        TOPIC_TELEMETRY, {"0123456789012345678901234567890"}, {"abcdefghijabcdefghijabcdefghij-"}};
    char text[TOPIC_SIZE];
    struct topic back;
    assert_int_equal(topic_format(&t, text), ERR_OK);
    assert_int_equal(topic_parse(text, strlen(text), &back), ERR_OK);
    assert_true(name_equal(&back.place, &t.place));
    assert_true(name_equal(&back.edge, &t.edge));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "boomgate",
        "boomgate/v1/",
        "boomgate/v1/a",
        "boomgate/v1/a/",
        "boomgate/v1/a/e1",
        "boomgate/v1/a/e1/",
        "boomgate/v1/a/e1/event/",
        "boomgate/v1/a/e1/event/more",
        "boomgate/v1/a/e1/config/desired",
        "boomgate/v1//e1/event",
        "boomgate/v1/a//event",
        "boomgate/v1/A/e1/event",
        "boomgate/v1/+/e1/event",
        "boomgate/v1/a/e1/events",
        "boomgate/v2/a/e1/event",
        "/boomgate/v1/a/e1/event",
        "boomgate/v1/cloud/e1/event",
        "boomgate/v1/cloud/occupancy",
        "boomgate/v1/cloud//status",
        "boomgate/v1/a/domain/status",
        "boomgate/v1/a/occupancy/x",
        "boomgate/v1/01234567890123456789012345678901/e1/event",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct topic t = {TOPIC_GRANT, {"keep"}, {"me"}};
        if (topic_parse(bad[i], strlen(bad[i]), &t) != ERR_INVAL)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(t.kind, TOPIC_GRANT);
        assert_string_equal(t.place.text, "keep");
    }
    struct topic t;
    assert_int_equal(topic_parse("boomgate/v1/a/e1/event\0", 23, &t), ERR_INVAL);
}

static void bad_values_are_not_formatted(void **state)
{
    (void)state;
    static const struct topic bad[] = {
        {TOPIC_EVENT, {"cloud"}, {"e1"}},  {TOPIC_EVENT, {"a"}, {"domain"}},
        {TOPIC_EVENT, {""}, {"e1"}},       {TOPIC_EVENT, {"a"}, {""}},
        {TOPIC_EVENT, {"a/b"}, {"e1"}},    {TOPIC_OCCUPANCY, {"cloud"}, {""}},
        {TOPIC_CLOUD_STATUS, {""}, {"#"}}, {TOPIC_KINDS, {"a"}, {"e1"}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[TOPIC_SIZE] = "untouched";
        assert_int_equal(topic_format(&bad[i], text), ERR_INVAL);
        assert_string_equal(text, "untouched");
    }
    char text[TOPIC_SIZE] = "untouched";
    assert_int_equal(topic_filter_all(TOPIC_KINDS, text), ERR_INVAL);
    assert_string_equal(text, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_and_parse_are_inverse),
        cmocka_unit_test(the_longest_names_fit),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(bad_values_are_not_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
