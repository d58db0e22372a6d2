/* Events: what is encoded decodes to the same value, and what is wrong is refused with a reason. */
#include "protocol/wire/event_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ZEROS "00000000000000000000000000000000"

static const struct topic source = {TOPIC_EVENT, {"lot07"}, {"e03"}};

/* An event with every member of `data` set to something legal. */
static struct event full_event(enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .place = {"lot07"},
        .edge = {"e03"},
        .epoch = 5,
        .seq = 48213,
        .prev = {"9f3c0000000000000000000000000001"},
        .time = {INT64_C(1795156272345)},
        .boot = 77,
        .mono = {81233},
        .clock = CLOCK_SYNCED,
        .data = {.lane = {"in-1"},
                 .movement = {"0123456789abcdef"},
                 .direction = DIRECTION_ENTRY,
                 .plate = {"22아2222"},
                 .raw = {"22 아-2222"},
                 .confidence = 9321,
                 .basis = BASIS_SPACE,
                 .reason = REASON_FULL,
                 .outcome = OUTCOME_DROVE_THROUGH,
                 .spent = SPENT_OVERDRAFT,
                 .request = {"00112233445566778899aabbccddeeff"},
                 .command = {"ffeeddccbbaa99887766554433221100"},
                 .action = ACTION_OPEN,
                 .stage = STAGE_DONE,
                 .actor = {"kim"},
                 .grant = 17,
                 .n = 8,
                 .repaid = 1,
                 .alarm = ALARM_FORCED,
                 .cause = CAUSE_REMOTE,
                 .mode = LANE_MODE_LOCK,
                 .active = true,
                 .version = "0.1.0",
                 .detail = "arm left \"down\"\n\\ with no command",
                 .right = {"permit:17"},
                 .due = {3500, {"KRW"}},
                 .list = 12,
                 .credential = {"T0123456789ABCDEF1"},
                 .medium = MEDIUM_QR},
    };
}

static void the_envelope_is_as_the_protocol_says(void **state)
{
    (void)state;
    struct event e = full_event(EVENT_PASSAGE_COMPLETED);
    char text[EVENT_BYTES_MAX + 1];
    size_t len;
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
    assert_int_equal(len, strlen(text));
    assert_string_equal(
        text,
        "{\"specversion\":\"1.0\",\"id\":\"lot07/e03/5/48213\",\"source\":\"/lot07/e03/in-1\","
        "\"type\":\"io.boomgate.passage.completed.v1\",\"sequence\":\"48213\","
        "\"time\":\"2026-11-20T06:31:12.345Z\",\"epoch\":5,"
        "\"prev\":\"9f3c0000000000000000000000000001\",\"boot\":77,\"mono_ms\":81233,"
        "\"clock\":\"synced\",\"data\":{\"lane\":\"in-1\",\"movement\":\"0123456789abcdef\","
        "\"direction\":\"entry\",\"plate\":\"22아2222\",\"repaid\":1,"
        "\"credential\":\"T0123456789ABCDEF1\"}}");
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    for (int k = EVENT_UNKNOWN + 1; k < EVENT_KINDS; k++) {
        struct event e = full_event((enum event_kind)k), once, twice;
        char text[EVENT_BYTES_MAX + 1], again[EVENT_BYTES_MAX + 1], reason[CODEC_REASON_SIZE];
        size_t len, again_len;
        assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
        if (event_decode(&source, text, len, &once, reason) != ERR_OK)
            fail_msg("%s: %s", text, reason);
        assert_int_equal(once.kind, k);
        assert_int_equal(once.epoch, 5);
        assert_int_equal(once.seq, 48213);
        assert_string_equal(once.prev.text, e.prev.text);
        assert_int_equal(once.time.v, e.time.v);
        assert_int_equal(once.boot, 77);
        assert_int_equal(once.mono.v, 81233);
        assert_int_equal(once.clock, CLOCK_SYNCED);
        assert_int_equal(event_encode(&once, again, sizeof again, &again_len), ERR_OK);
        assert_string_equal(again, text);
        assert_int_equal(event_decode(&source, again, again_len, &twice, NULL), ERR_OK);
        assert_memory_equal(&once, &twice, sizeof once);
    }
}

static void members_come_back_as_they_were(void **state)
{
    (void)state;
    struct event e = full_event(EVENT_LANE_ALARM), back;
    char text[EVENT_BYTES_MAX + 1];
    size_t len;
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
    assert_int_equal(event_decode(&source, text, len, &back, NULL), ERR_OK);
    assert_string_equal(back.data.detail, e.data.detail);
    assert_string_equal(back.data.lane.text, "in-1");
    assert_int_equal(back.data.alarm, ALARM_FORCED);
    assert_true(back.data.active);
    assert_string_equal(back.data.plate.text, ""); /* E3: not a member of this kind */

    e = full_event(EVENT_CREDENTIAL_READ);
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
    assert_int_equal(event_decode(&source, text, len, &back, NULL), ERR_OK);
    assert_string_equal(back.data.plate.text, "22아2222");
    assert_string_equal(back.data.raw.text, "22 아-2222");
    assert_int_equal(back.data.confidence, 9321);
}

static void optional_members_may_be_absent(void **state)
{
    (void)state;
    struct event e = full_event(EVENT_PASSAGE_AUTHORISED), back;
    char text[EVENT_BYTES_MAX + 1];
    size_t len;
    e.data.plate.text[0] = '\0';
    e.data.request.text[0] = '\0';
    e.data.right.text[0] = '\0';
    e.data.due = (struct money){0};
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
    assert_null(strstr(text, "plate"));
    assert_null(strstr(text, "request"));
    assert_null(strstr(text, "right"));
    assert_null(strstr(text, "due"));
    assert_int_equal(event_decode(&source, text, len, &back, NULL), ERR_OK);
    assert_string_equal(back.data.plate.text, "");
    assert_string_equal(back.data.request.text, "");
}

static void a_required_member_that_is_absent_is_not_encoded(void **state)
{
    (void)state;
    for (int k = EVENT_UNKNOWN + 1; k < EVENT_KINDS; k++) {
        struct event e = full_event((enum event_kind)k);
        e.data = (struct event_data){0};
        char text[EVENT_BYTES_MAX + 1] = "untouched";
        size_t len = 99;
        assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_INVAL);
        assert_string_equal(text, "untouched");
        assert_int_equal(len, 99);
    }
}

static void refuse(struct event e)
{
    char text[EVENT_BYTES_MAX + 1] = "untouched";
    size_t len = 99;
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_INVAL);
    assert_string_equal(text, "untouched");
    assert_int_equal(len, 99);
}

#define REFUSE(kind, change)                                                                       \
    do {                                                                                           \
        struct event e_ = full_event(kind);                                                        \
        struct event *e = &e_;                                                                     \
        change;                                                                                    \
        refuse(e_);                                                                                \
    } while (0)

static void values_out_of_bounds_are_not_encoded(void **state)
{
    (void)state;
    REFUSE(EVENT_UNKNOWN, (void)e);
    REFUSE(EVENT_KINDS, (void)e);
    REFUSE(EVENT_EDGE_STARTED, e->seq = 0);
    REFUSE(EVENT_EDGE_STARTED, e->seq = INT64_C(9007199254740992));
    REFUSE(EVENT_EDGE_STARTED, e->epoch = 0);
    REFUSE(EVENT_EDGE_STARTED, e->boot = -1);
    REFUSE(EVENT_EDGE_STARTED, e->mono.v = -1);
    REFUSE(EVENT_EDGE_STARTED, e->clock = CLOCK_NONE);
    REFUSE(EVENT_EDGE_STARTED, e->prev.text[31] = 'X');
    REFUSE(EVENT_EDGE_STARTED, e->prev.text[31] = '\0');
    REFUSE(EVENT_EDGE_STARTED, e->place.text[0] = 'L');
    REFUSE(EVENT_EDGE_STARTED, e->edge.text[0] = '\0');
    REFUSE(EVENT_EDGE_STARTED, e->time.v = INT64_MAX);
    REFUSE(EVENT_CREDENTIAL_READ, e->data.confidence = 10001);
    REFUSE(EVENT_COMMAND_RESULT, e->data.stage = STAGE_EXPIRED + 1);
    REFUSE(EVENT_COMMAND_RESULT, e->data.command.text[31] = 'X');
    REFUSE(EVENT_CREDENTIAL_READ, e->data.confidence = -1);
    REFUSE(EVENT_CREDENTIAL_READ, memcpy(e->data.raw.text, "\xEC\x95", 3));
    REFUSE(EVENT_CREDENTIAL_READ, memcpy(e->data.raw.text, "\xC0\x80", 3));
    REFUSE(EVENT_CREDENTIAL_READ, memcpy(e->data.raw.text, "\xED\xA0\x80", 4));
    REFUSE(EVENT_CREDENTIAL_READ, memcpy(e->data.raw.text, "\xF4\x90\x80\x80", 5));
    REFUSE(EVENT_CREDENTIAL_READ, memset(e->data.plate.text, 'A', sizeof e->data.plate.text));
    REFUSE(EVENT_SPACE_ACCEPTED, e->data.n = 0);
    REFUSE(EVENT_SPACE_ACCEPTED, e->data.repaid = 9);
    REFUSE(EVENT_SPACE_ACCEPTED, e->data.grant = 0);
    REFUSE(EVENT_PASSAGE_COMPLETED, e->data.repaid = 2);
    REFUSE(EVENT_PASSAGE_COMPLETED, e->data.lane.text[0] = '/');
    REFUSE(EVENT_PASSAGE_COMPLETED, e->data.movement.text[15] = '\0');
    REFUSE(EVENT_PASSAGE_COMPLETED, e->data.direction = (enum direction)3);
    REFUSE(EVENT_PASSAGE_UNAUTHORISED, e->data.spent = SPENT_NONE);
}

static void a_small_buffer_gets_nothing(void **state)
{
    (void)state;
    struct event e = full_event(EVENT_PASSAGE_COMPLETED);
    char text[EVENT_BYTES_MAX + 1];
    size_t len, again = 99;
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
    char tight[EVENT_BYTES_MAX + 1] = "untouched";
    assert_int_equal(event_encode(&e, tight, len, &again), ERR_FULL);
    assert_string_equal(tight, "untouched");
    assert_int_equal(again, 99);
    assert_int_equal(event_encode(&e, tight, len + 1, &again), ERR_OK);
}

static void an_unknown_type_keeps_its_envelope(void **state)
{
    (void)state;
    static const char text[] =
        "{\"specversion\":\"1.0\",\"id\":\"lot07/e03/5/9\",\"source\":\"/lot07/e03/cam\","
        "\"type\":\"io.boomgate.camera.cleaned.v1\",\"sequence\":\"9\",\"more\":[1,2],"
        "\"time\":\"2026-11-20T06:31:12.345Z\",\"epoch\":5,\"prev\":\"" ZEROS "\",\"boot\":77,"
        "\"mono_ms\":81233,\"clock\":\"unset\",\"data\":\"anything\"}";
    struct event e;
    assert_int_equal(event_decode(&source, text, strlen(text), &e, NULL), ERR_OK);
    assert_int_equal(e.kind, EVENT_UNKNOWN);
    assert_int_equal(e.seq, 9);
    assert_int_equal(e.clock, CLOCK_UNSET);
}

/* The start of the stream, twice: as JSON and as what is left of it. */
static void a_bad_body_keeps_its_place(void **state)
{
    (void)state;
    static const char *const readable[] = {
        "{\"epoch\":5,\"sequence\":\"9\",\"prev\":\"" ZEROS "\"}",
        " { \"data\" : { \"epoch\" : 7, \"x\":[\"]}\", {}] } , \"epoch\" : 5 , \"sequence\" : \"9\""
        ", \"prev\":\"" ZEROS "\" } ",
        "{\"epoch\":5,\"sequence\":\"9\",\"prev\":\"" ZEROS "\",\"data\":{\"raw\":\"\xEC\x95\"}}",
        "{\"a\":1,\"a\":2,\"epoch\":5,\"sequence\":\"9\",\"prev\":\"" ZEROS "\",\"data\":{\"cut",
        "{\"a\\\"epoch\":7,\"epoch\":5,\"sequence\":\"9\",\"prev\":\"" ZEROS "\"}",
    };
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        struct event_header h = {0};
        if (event_peek(readable[i], strlen(readable[i]), &h) != ERR_OK)
            fail_msg("not read: %s", readable[i]);
        assert_int_equal(h.epoch, 5);
        assert_int_equal(h.seq, 9);
        assert_string_equal(h.prev.text, ZEROS);
    }
    static const char *const unreadable[] = {
        "",
        "[]",
        "{}",
        "{\"epoch\":5,\"sequence\":\"9\"}",
        "{\"data\":{\"epoch\":5,\"sequence\":\"9\",\"prev\":\"" ZEROS "\"}}",
        "{\"epoch\":5,\"epoch\":6,\"sequence\":\"9\",\"prev\":\"" ZEROS "\"}",
        "{\"epoch\":5,\"sequence\":\"09\",\"prev\":\"" ZEROS "\"}",
        "{\"epoch\":-5,\"sequence\":\"9\",\"prev\":\"" ZEROS "\"}",
        "{\"sequence\":\"9\",\"prev\":\"" ZEROS "\",\"epoch\":5",
        "{\"epoch\":5,\"sequence\":\"9\",\"prev\":\"0\"}",
        "{\"epoch\":5,\"sequence\":\"99999999999999999\",\"prev\":\"" ZEROS "\"}",
    };
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        struct event_header h = {.seq = 99};
        if (event_peek(unreadable[i], strlen(unreadable[i]), &h) != ERR_INVAL)
            fail_msg("read: %s", unreadable[i]);
        assert_int_equal(h.seq, 99);
    }
}

static void the_topic_decides_who_speaks(void **state)
{
    (void)state;
    struct event e = full_event(EVENT_EDGE_STARTED), back = {.seq = 1};
    char text[EVENT_BYTES_MAX + 1], reason[CODEC_REASON_SIZE];
    size_t len;
    struct topic other = {TOPIC_EVENT, {"lot07"}, {"e04"}};
    assert_int_equal(event_encode(&e, text, sizeof text, &len), ERR_OK);
    assert_int_equal(event_decode(&other, text, len, &back, reason), ERR_INVAL);
    assert_string_equal(reason, "id: found \"lot07/e03/5/48213\", expected lot07/e04/5/48213");
    assert_int_equal(back.seq, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_envelope_is_as_the_protocol_says),
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(members_come_back_as_they_were),
        cmocka_unit_test(optional_members_may_be_absent),
        cmocka_unit_test(a_required_member_that_is_absent_is_not_encoded),
        cmocka_unit_test(values_out_of_bounds_are_not_encoded),
        cmocka_unit_test(a_small_buffer_gets_nothing),
        cmocka_unit_test(an_unknown_type_keeps_its_envelope),
        cmocka_unit_test(a_bad_body_keeps_its_place),
        cmocka_unit_test(the_topic_decides_who_speaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
