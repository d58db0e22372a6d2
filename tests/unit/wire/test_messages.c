/* The small messages: what is out of bounds is not encoded, and an output is untouched then. What is
 * decoded is in test_golden.c. */
#include "protocol/wire/ack.h"
#include "protocol/wire/command.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 8192 };

static const struct wall_ms now = {INT64_C(1795156272345)};

/* `change`s the value `*v` of a good message; encoding it must then answer `error`. */
#define REFUSE(type, good, error, change)                                                          \
    do {                                                                                           \
        struct type value_ = good, *v = &value_;                                                   \
        char text_[SIZE] = "untouched";                                                            \
        size_t len_ = 99;                                                                          \
        assert_int_equal(type##_encode(v, text_, sizeof text_, &len_), ERR_OK);                    \
        memcpy(text_, "untouched", 10);                                                            \
        len_ = 99;                                                                                 \
        change;                                                                                    \
        assert_int_equal(type##_encode(v, text_, sizeof text_, &len_), error);                     \
        assert_string_equal(text_, "untouched");                                                   \
        assert_int_equal(len_, 99);                                                                \
    } while (0)

/* One byte less than the text and its NUL is ERR_FULL, and the text itself fits exactly. */
#define FITS_EXACTLY(type, good)                                                                   \
    do {                                                                                           \
        struct type value_ = good;                                                                 \
        char text_[SIZE], tight_[SIZE] = "untouched";                                              \
        size_t len_, again_ = 99;                                                                  \
        assert_int_equal(type##_encode(&value_, text_, sizeof text_, &len_), ERR_OK);              \
        assert_int_equal(type##_encode(&value_, tight_, len_, &again_), ERR_FULL);                 \
        assert_string_equal(tight_, "untouched");                                                  \
        assert_int_equal(again_, 99);                                                              \
        assert_int_equal(type##_encode(&value_, tight_, len_ + 1, &again_), ERR_OK);               \
        assert_string_equal(tight_, text_);                                                        \
    } while (0)

static const struct ack ack = {5, 48213};
static const struct grant grant = {GRANT_OFFER, 17, 5, 8, {""}};
static const struct status status = {true, 77, 3, {INT64_C(1795156272345)}, "0.1.0"};
static const struct cloud_status cloud_status = {true, true, {INT64_C(1795156272345)}};
static const struct occupancy occupancy = {120, 117, 3, false, {INT64_C(1795156272345)}};

static struct telemetry good_telemetry(void)
{
    return (struct telemetry){
        .time = now,
        .epoch = 5,
        .next = 48214,
        .clock = CLOCK_SYNCED,
        .lane_count = 1,
        .lanes = {{.lane = {"in-1"},
                   .direction = DIRECTION_ENTRY,
                   .state = "open",
                   .arm = "up",
                   .online = true,
                   .link_us = 412,
                   .inputs = 0x3FFFFFF}},
    };
}

static struct request good_hello(void)
{
    return (struct request){
        .kind = REQUEST_HELLO,
        .id = {"00112233445566778899aabbccddeeff"},
        .hello = {.journal = {"ffeeddccbbaa99887766554433221100"},
                  .next = 1,
                  .head = {"00000000000000000000000000000000"},
                  .version = "0.1.0",
                  .lane_count = 1,
                  .lanes = {{{"in-1"}, DIRECTION_ENTRY}}},
    };
}

static struct request good_question(void)
{
    return (struct request){
        .kind = REQUEST_EXIT,
        .id = {"00112233445566778899aabbccddeeff"},
        .question = {.lane = {"out-1"},
                     .movement = {"0123456789abcdef"},
                     .plate = {"22아2222"},
                     .time = now,
                     .deadline_ms = 800},
    };
}

static struct response good_answer(void)
{
    return (struct response){
        .kind = REQUEST_EXIT,
        .id = {"00112233445566778899aabbccddeeff"},
        .answer = {.verdict = VERDICT_ALLOW, .basis = BASIS_PAID, .due = {3500, {"KRW"}}},
    };
}

static void acks_and_grants(void **state)
{
    (void)state;
    REFUSE(ack, ack, ERR_INVAL, v->epoch = 0);
    REFUSE(ack, ack, ERR_INVAL, v->upto = -1);
    REFUSE(ack, ack, ERR_INVAL, v->upto = INT64_C(9007199254740992));
    FITS_EXACTLY(ack, ack);
    REFUSE(grant, grant, ERR_INVAL, v->id = 0);
    REFUSE(grant, grant, ERR_INVAL, v->epoch = 0);
    REFUSE(grant, grant, ERR_INVAL, v->n = 0);
    REFUSE(grant, grant, ERR_INVAL, v->n = 10001);
    FITS_EXACTLY(grant, grant);
}

static void commands(void **state)
{
    (void)state;
    static const struct command command = {
        .id = {"00112233445566778899aabbccddeeff"},
        .lane = {"in-1"},
        .action = ACTION_OPEN,
        .issued = {INT64_C(1795156272345)},
        .not_after = {INT64_C(1795156302345)},
        .actor = {"kim"},
        .reason = "help call",
    };
    REFUSE(command, command, ERR_INVAL, v->id.text[0] = '\0');
    REFUSE(command, command, ERR_INVAL, v->lane.text[0] = '\0');
    REFUSE(command, command, ERR_INVAL, v->action = ACTION_NONE);
    REFUSE(command, command, ERR_INVAL, v->action = ACTION_RESET_FAULT + 1);
    REFUSE(command, command, ERR_INVAL, v->not_after = v->issued);
    REFUSE(command, command, ERR_INVAL, v->actor.text[0] = 'K');
    REFUSE(command, command, ERR_INVAL, v->reason[0] = '\0');
    REFUSE(command, command, ERR_INVAL, v->expect = EXPECT_ARM_DOWN + 1);
    FITS_EXACTLY(command, command);
}

static void states_of_an_edge(void **state)
{
    (void)state;
    REFUSE(status, status, ERR_INVAL, v->boot = -1);
    REFUSE(status, status, ERR_INVAL, v->session = -1);
    REFUSE(status, status, ERR_INVAL, v->time.v = INT64_MIN);
    REFUSE(status, status, ERR_INVAL, memset(v->version, 'v', sizeof v->version));
    FITS_EXACTLY(status, status);
    REFUSE(telemetry, good_telemetry(), ERR_INVAL, v->clock = CLOCK_NONE);
    REFUSE(telemetry, good_telemetry(), ERR_INVAL, v->next = 0);
    REFUSE(telemetry, good_telemetry(), ERR_INVAL, v->lane_count = 17);
    REFUSE(telemetry, good_telemetry(), ERR_INVAL, v->lanes[0].state[0] = '\0');
    REFUSE(telemetry, good_telemetry(), ERR_INVAL, v->lanes[0].lane.text[0] = 'I');
    REFUSE(telemetry, good_telemetry(), ERR_INVAL, v->lanes[0].link_us = -1);
    FITS_EXACTLY(telemetry, good_telemetry());
}

static void the_largest_telemetry_fits(void **state)
{
    (void)state;
    struct telemetry t = good_telemetry();
    char text[STATUS_BYTES_MAX + 1];
    size_t len;
    t.epoch = t.next = t.outbox_depth = t.outbox_age_ms = INT64_C(9007199254740991);
    t.free = t.overdraft = 1000000;
    t.lane_count = TELEMETRY_LANES_MAX;
    for (size_t i = 0; i < t.lane_count; i++)
        t.lanes[i] = (struct telemetry_lane){{"0123456789012345678901234567890"},
                                             DIRECTION_REVERSIBLE,
                                             "fifteen-letters",
                                             "eleven-char",
                                             false,
                                             INT64_C(9007199254740991),
                                             UINT32_MAX,
                                             LANE_MODE_LOCAL_STOP,
                                             true,
                                             DEVICE_BREAKER_PROBING};
    assert_int_equal(telemetry_encode(&t, text, sizeof text, &len), ERR_OK);
}

static void the_largest_hello_fits(void **state)
{
    (void)state;
    struct request r = good_hello();
    char text[REQUEST_BYTES_MAX + 1];
    size_t len;
    r.hello.lane_count = HELLO_LANES_MAX;
    for (size_t i = 0; i < r.hello.lane_count; i++)
        r.hello.lanes[i] =
            (struct hello_lane){{"0123456789012345678901234567890"}, DIRECTION_REVERSIBLE};
    assert_int_equal(request_encode(&r, text, sizeof text, &len), ERR_OK);
}

static void states_of_the_cloud(void **state)
{
    (void)state;
    FITS_EXACTLY(cloud_status, cloud_status);
    REFUSE(occupancy, occupancy, ERR_INVAL, v->occupied = 121);
    REFUSE(occupancy, occupancy, ERR_INVAL, v->free = 121);
    REFUSE(occupancy, occupancy, ERR_INVAL, v->free = -1);
    REFUSE(occupancy, occupancy, ERR_INVAL, v->occupied = -1);
    FITS_EXACTLY(occupancy, occupancy);
}

static void questions(void **state)
{
    (void)state;
    REFUSE(request, good_hello(), ERR_INVAL, v->kind = REQUEST_NONE);
    REFUSE(request, good_hello(), ERR_INVAL, v->kind = (enum request_kind)4);
    REFUSE(request, good_hello(), ERR_INVAL, v->id.text[0] = '\0');
    REFUSE(request, good_hello(), ERR_INVAL, v->hello.base = 1);
    REFUSE(request, good_hello(), ERR_INVAL, v->hello.next = 0);
    REFUSE(request, good_hello(), ERR_INVAL, v->hello.epoch = -1);
    REFUSE(request, good_hello(), ERR_INVAL, v->hello.lane_count = 17);
    REFUSE(request, good_hello(), ERR_INVAL, v->hello.lanes[0].direction = DIRECTION_NONE);
    FITS_EXACTLY(request, good_hello());
    REFUSE(request, good_question(), ERR_INVAL, v->question.deadline_ms = 0);
    REFUSE(request, good_question(), ERR_INVAL, v->question.lane.text[0] = '\0');
    REFUSE(request, good_question(), ERR_INVAL, v->question.movement.text[0] = 'g');
    REFUSE(request, good_question(), ERR_INVAL, memcpy(v->question.plate.text, "\xFF", 2));
    FITS_EXACTLY(request, good_question());
}

static void answers(void **state)
{
    (void)state;
    REFUSE(response, good_answer(), ERR_INVAL, v->kind = REQUEST_NONE);
    REFUSE(response, good_answer(), ERR_INVAL, v->answer.verdict = VERDICT_NONE);
    REFUSE(response, good_answer(), ERR_INVAL, v->answer.basis = BASIS_NONE);
    REFUSE(response, good_answer(), ERR_INVAL, v->answer.verdict = VERDICT_DENY);
    REFUSE(response, good_answer(), ERR_INVAL, v->answer.due.minor = -1);
    REFUSE(response, good_answer(), ERR_INVAL, v->answer.due.currency.code[0] = 'k');
    REFUSE(response, good_answer(), ERR_INVAL, {
        v->kind = REQUEST_ENTRY;
        v->answer.verdict = VERDICT_PENDING;
        v->answer.reason = REASON_PAYMENT;
    });
    FITS_EXACTLY(response, good_answer());
}

static void a_price_needs_its_currency(void **state)
{
    (void)state;
    struct response r = good_answer(), back;
    char text[SIZE];
    size_t len;
    r.answer.due.minor = 0;
    assert_int_equal(response_encode(&r, text, sizeof text, &len), ERR_OK);
    assert_non_null(strstr(text, "\"due_minor\":0,\"currency\":\"KRW\""));
    r.answer.due.currency = (struct currency){""};
    r.answer.due.minor = 7;
    assert_int_equal(response_encode(&r, text, sizeof text, &len), ERR_OK);
    assert_null(strstr(text, "due"));
    assert_int_equal(response_decode(text, len, &back, NULL), ERR_OK);
    assert_int_equal(back.answer.due.minor, 0);
    assert_string_equal(back.answer.due.currency.code, "");
}

/* G3, and that a part of ordinary entries fits whole. */
static void a_part_says_where_its_entries_are(void **state)
{
    (void)state;
    static struct rights_part p, back;
    static char text[RIGHTS_BYTES_MAX + 1], entries[RIGHTS_BYTES_MAX + 1];
    struct rights_span span;
    size_t len, entries_len;
    p = (struct rights_part){.version = 2, .of = 1, .count = RIGHTS_ENTRIES_MAX};
    memset(p.sha256, 'a', RIGHTS_SHA_SIZE - 1);
    for (size_t i = 0; i < p.count; i++) {
        p.entries[i] = (struct right){.kind = RIGHT_PERMIT, .plate = {"서울12가3456"}};
        snprintf(p.entries[i].id.text, RIGHT_ID_SIZE, "permit-2026-%zu", i);
        p.entries[i].from.v = 1795000000000;
        p.entries[i].until.v = 1796000000000;
    }
    assert_int_equal(rights_encode(&p, text, sizeof text, &len), ERR_OK);
    assert_int_equal(rights_decode(text, len, &back, &span, NULL), ERR_OK);
    assert_int_equal(back.count, p.count);
    assert_int_equal(back.entries[255].until.v, 1796000000000);
    assert_int_equal(
        rights_entries_encode(p.entries, p.count, entries, sizeof entries, &entries_len), ERR_OK);
    assert_int_equal(span.len, entries_len);
    assert_memory_equal(text + span.at, entries, entries_len);

    for (size_t i = 0; i < p.count; i++) { /* what does not fit is not sent */
        memset(p.entries[i].credential, '"', CREDENTIAL_TEXT_SIZE - 1);
        memset(p.entries[i].plate.text, 'X', PLATE_SIZE - 1);
    }
    size_t untouched = 7;
    assert_int_equal(rights_encode(&p, text, sizeof text, &untouched), ERR_FULL);
    p.count = 1;
    p.entries[0].kind = RIGHT_NONE;
    assert_int_equal(rights_encode(&p, text, sizeof text, &untouched), ERR_INVAL);
    assert_int_equal(untouched, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acks_and_grants),
        cmocka_unit_test(commands),
        cmocka_unit_test(states_of_an_edge),
        cmocka_unit_test(the_largest_telemetry_fits),
        cmocka_unit_test(the_largest_hello_fits),
        cmocka_unit_test(states_of_the_cloud),
        cmocka_unit_test(questions),
        cmocka_unit_test(answers),
        cmocka_unit_test(a_price_needs_its_currency),
        cmocka_unit_test(a_part_says_where_its_entries_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
