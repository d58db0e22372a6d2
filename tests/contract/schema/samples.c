/* Prints what the real encoders write: one line "topic payload" for each kind of message, with all of
 * its members and with the required ones only. With --words: one line per vocabulary, its name and
 * its words. */
#include "protocol/wire/ack.h"
#include "protocol/wire/command.h"
#include "protocol/wire/event_codec.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/status.h"
#include "protocol/wire/topic.h"
#include "protocol/wire/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1795156272 };

static const struct wall_ms now = {INT64_C(1000) * NOW_S + 345};

static void print(enum topic_kind kind, const char *edge, enum err result, const char *text)
{
    struct topic t = {.kind = kind};
    char name[TOPIC_SIZE];
    if (kind != TOPIC_CLOUD_STATUS)
        t.place = (struct name){"lot07"};
    if (kind != TOPIC_OCCUPANCY)
        snprintf(t.edge.text, sizeof t.edge.text, "%s", edge);
    if (result != ERR_OK || topic_format(&t, name) != ERR_OK) {
        fprintf(stderr, "sample of topic kind %d: %s\n", (int)kind, err_text(result));
        exit(1);
    }
    printf("%s %s\n", name, text);
}

#define PRINT(topic, edge, type, value)                                                            \
    do {                                                                                           \
        char text_[EVENT_BYTES_MAX + 1];                                                           \
        size_t len_;                                                                               \
        enum err result_ = type##_encode(value, text_, sizeof text_, &len_);                       \
        print(topic, edge, result_, text_);                                                        \
    } while (0)

static struct event full_event(enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .place = {"lot07"},
        .edge = {"e03"},
        .epoch = 5,
        .seq = 48213,
        .prev = {"9f3c0a1b2c3d4e5f60718293a4b5c6d7"},
        .time = now,
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
                 .action = ACTION_HOLD_OPEN,
                 .stage = STAGE_ACCEPTED,
                 .actor = {"kim"},
                 .grant = 17,
                 .n = 8,
                 .repaid = 1,
                 .alarm = ALARM_FORCED,
                 .cause = CAUSE_REMOTE,
                 .mode = LANE_MODE_HOLD_OPEN,
                 .active = true,
                 .version = "0.1.0",
                 .detail = "arm left \"down\" with no command\n",
                 .right = {"permit:2026-17"},
                 .due = {3500, {"KRW"}},
                 .list = 12,
                 .credential = {"T0123456789ABCDEF1"},
                 .medium = MEDIUM_QR},
    };
}

/* The optional members of every kind are absent; an exit needs no pocket. */
static struct event bare_event(enum event_kind kind)
{
    struct event e = full_event(kind);
    e.data.direction = DIRECTION_EXIT;
    e.data.request = (struct request_id){{0}};
    e.data.spent = SPENT_NONE;
    e.data.right = (struct right_id){{0}};
    e.data.due = (struct money){0};
    e.data.repaid = 0;
    e.data.active = false;
    e.data.actor = (struct name){{0}};
    if (kind == EVENT_COMMAND_RESULT)
        e.data.reason = REASON_NONE;
    else
        e.data.command = (struct request_id){{0}};
    if (kind == EVENT_ARM_OPENED)
        e.data.movement = (struct movement_id){{0}};
    if (kind != EVENT_CREDENTIAL_READ)
        e.data.plate = (struct plate){{0}};
    if (kind != EVENT_TICKET_ISSUED && kind != EVENT_CREDENTIAL_PRESENTED)
        e.data.credential.text[0] = '\0';
    if (kind != EVENT_COUNT_GAP)
        e.data.detail[0] = '\0';
    e.clock = CLOCK_UNSET;
    return e;
}

static void events(void)
{
    for (int k = EVENT_UNKNOWN + 1; k < EVENT_KINDS; k++) {
        struct event full = full_event((enum event_kind)k), bare = bare_event((enum event_kind)k);
        PRINT(TOPIC_EVENT, "e03", event, &full);
        PRINT(TOPIC_EVENT, "e03", event, &bare);
    }
}

static void requests(void)
{
    struct request hello = {
        .kind = REQUEST_HELLO,
        .id = {"00112233445566778899aabbccddeeff"},
        .hello = {.journal = {"ffeeddccbbaa99887766554433221100"},
                  .epoch = 5,
                  .next = 48214,
                  .base = 48200,
                  .head = {"9f3c0a1b2c3d4e5f60718293a4b5c6d7"},
                  .boot = 77,
                  .version = "0.1.0",
                  .free = 12,
                  .overdraft = 0,
                  .lane_count = 2,
                  .lanes = {{{"in-1"}, DIRECTION_ENTRY}, {{"out-1"}, DIRECTION_REVERSIBLE}}},
    };
    PRINT(TOPIC_REQUEST, "e03", request, &hello);
    hello.hello.oldest = 47000;
    hello.hello.asked = (struct request_id){"0123456789abcdef0123456789abcdef"};
    hello.hello.at = 48199;
    memset(hello.hello.digest.text, 'e', DIGEST_SIZE - 1);
    PRINT(TOPIC_REQUEST, "e03", request, &hello);
    hello.hello.epoch = 0;
    hello.hello.next = 1;
    hello.hello.base = 0;
    hello.hello.lane_count = 0;
    PRINT(TOPIC_REQUEST, "e03", request, &hello);

    struct request question = {
        .kind = REQUEST_ENTRY,
        .id = {"00112233445566778899aabbccddeeff"},
        .question = {.lane = {"in-1"},
                     .movement = {"0123456789abcdef"},
                     .plate = {"22아2222"},
                     .time = now,
                     .deadline_ms = 800,
                     .no_space = true,
                     .passback = true,
                     .credential = {"QR-0815"}},
    };
    PRINT(TOPIC_REQUEST, "e03", request, &question);
    question.kind = REQUEST_EXIT;
    question.question.plate.text[0] = question.question.credential.text[0] = '\0';
    question.question.no_space = question.question.passback = false;
    PRINT(TOPIC_REQUEST, "e03", request, &question);
}

static void lists(void)
{
    static struct rights_part p = {
        .version = 13,
        .from = 12,
        .of = 2,
        .part = 1,
        .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        .count = 3,
        .entries = {{.id = {"permit:1"}, .removed = true},
                    {.id = {"permit:2"},
                     .kind = RIGHT_PERMIT,
                     .plate = {"22아2222"},
                     .credential = "QR-0815",
                     .from = {INT64_C(1000) * NOW_S + 345},
                     .until = {INT64_C(1000) * NOW_S + 86400345},
                     .offline_s = 900,
                     .space = SPACE_RULE_BOUND},
                    {.id = {"deny:1"}, .kind = RIGHT_DENY, .plate = {"33나3333"}}},
    };
    PRINT(TOPIC_RIGHTS, "e03", rights, &p);
    p.of = p.part = 0;
    p.count = 0;
    PRINT(TOPIC_RIGHTS, "e03", rights, &p);

    struct request q = {
        .kind = REQUEST_RIGHTS, .id = {"00112233445566778899aabbccddeeff"}, .rights = {12, 13, 4}};
    PRINT(TOPIC_REQUEST, "e03", request, &q);
    q.rights = (struct rights_question){0};
    PRINT(TOPIC_REQUEST, "e03", request, &q);
    struct response r = {
        .kind = REQUEST_RIGHTS, .id = {"00112233445566778899aabbccddeeff"}, .rights = {13, 12, 2}};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
}

static void responses(void)
{
    struct response r = {.kind = REQUEST_HELLO,
                         .id = {"00112233445566778899aabbccddeeff"},
                         .hello = {.epoch = 5, .upto = 48200, .lease_ms = 259200000}};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
    r.hello =
        (struct hello_answer){.epoch = 6, .lease_ms = 259200000, .common = 48190, .audited = 7};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
    r.hello = (struct hello_answer){.epoch = 5, .probe = 48199};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);

    r.kind = REQUEST_EXIT;
    r.answer = (struct passage_answer){.verdict = VERDICT_ALLOW,
                                       .basis = BASIS_PAID,
                                       .due = {3500, {"KRW"}},
                                       .display = "감사합니다"};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
    r.answer = (struct passage_answer){
        .verdict = VERDICT_PENDING, .reason = REASON_PAYMENT, .due = {350, {"EUR"}}};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
    r.kind = REQUEST_ENTRY;
    r.answer = (struct passage_answer){.verdict = VERDICT_DENY, .reason = REASON_FULL};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
    r.answer = (struct passage_answer){.verdict = VERDICT_ALLOW, .basis = BASIS_SPACE};
    PRINT(TOPIC_RESPONSE, "e03", response, &r);
}

static void states(void)
{
    struct ack ack = {5, 48213}, none = {1, 0};
    struct grant grant = {GRANT_OFFER, 17, 5, 8, {""}}, recall = {GRANT_RECALL, 18, 5, 3, {""}};
    struct grant bound = {GRANT_BOUND, 19, 5, 1, {"permit:1"}};
    struct status birth = {true, 77, 3, now, "0.1.0"}, will = {false, 77, 3, now, ""};
    struct cloud_status cloud = {true, true, now}, cloud_will = {false, false, now};
    struct occupancy some = {120, 117, 3, false, now}, full = {120, 120, 0, true, now};
    struct telemetry t = {
        .time = now,
        .epoch = 5,
        .next = 48214,
        .outbox_depth = 3,
        .outbox_age_ms = 120,
        .free = 12,
        .clock = CLOCK_HOLDOVER,
        .lane_count = 1,
        .lanes = {{{"in-1"},
                   DIRECTION_ENTRY,
                   "open",
                   "up",
                   true,
                   412,
                   0x3FFFFFF,
                   LANE_MODE_FIRE,
                   true,
                   DEVICE_BREAKER_OPEN}},
    };
    PRINT(TOPIC_ACK, "e03", ack, &ack);
    PRINT(TOPIC_ACK, "e03", ack, &none);
    PRINT(TOPIC_GRANT, "e03", grant, &grant);
    PRINT(TOPIC_GRANT, "e03", grant, &recall);
    PRINT(TOPIC_GRANT, "e03", grant, &bound);
    PRINT(TOPIC_STATUS, "e03", status, &birth);
    PRINT(TOPIC_STATUS, "e03", status, &will);
    PRINT(TOPIC_CLOUD_STATUS, "c1", cloud_status, &cloud);
    PRINT(TOPIC_CLOUD_STATUS, "c1", cloud_status, &cloud_will);
    PRINT(TOPIC_OCCUPANCY, "", occupancy, &some);
    PRINT(TOPIC_OCCUPANCY, "", occupancy, &full);
    PRINT(TOPIC_TELEMETRY, "e03", telemetry, &t);
    t.epoch = 0;
    t.next = 1;
    t.lanes[0] = (struct telemetry_lane){
        {"in-1"}, DIRECTION_REVERSIBLE, "idle", "down", true, 0, 0, LANE_MODE_NONE,
        false,    DEVICE_BREAKER_CLOSED};
    PRINT(TOPIC_TELEMETRY, "e03", telemetry, &t);
    t.lane_count = 0;
    PRINT(TOPIC_TELEMETRY, "e03", telemetry, &t);
}

static void commands(void)
{
    struct command c = {
        .id = {"ffeeddccbbaa99887766554433221100"},
        .lane = {"in-1"},
        .action = ACTION_OPEN,
        .issued = now,
        .not_after = {now.v + 30000},
        .actor = {"kim"},
        .reason = "\"help\" call, 창구 3",
        .expect = EXPECT_ARM_DOWN,
    };
    PRINT(TOPIC_COMMAND, "e03", command, &c);
    c.action = ACTION_RESET_FAULT;
    c.expect = EXPECT_NONE;
    PRINT(TOPIC_COMMAND, "e03", command, &c);
}

static void words(void)
{
    static const struct {
        const char *name;
        const struct vocabulary *v;
    } all[] = {
        {"direction", &direction_vocabulary},
        {"clock", &clock_state_vocabulary},
        {"outcome", &outcome_vocabulary},
        {"basis", &basis_vocabulary},
        {"reason", &reason_vocabulary},
        {"spent", &spent_vocabulary},
        {"alarm", &alarm_vocabulary},
        {"verdict", &verdict_vocabulary},
        {"lane_mode", &lane_mode_vocabulary},
        {"cause", &cause_vocabulary},
        {"action", &action_vocabulary},
        {"stage", &stage_vocabulary},
        {"expect", &expect_vocabulary},
        {"event_kind", &event_kind_vocabulary},
        {"request_kind", &request_kind_vocabulary},
        {"medium", &medium_vocabulary},
        {"right_kind", &right_kind_vocabulary},
        {"space_rule", &space_rule_vocabulary},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        printf("%s", all[i].name);
        for (int w = 1; w < all[i].v->count; w++)
            printf(" %s", all[i].v->words[w]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--words") == 0) {
        words();
        return 0;
    }
    events();
    requests();
    responses();
    lists();
    states();
    commands();
    return 0;
}
