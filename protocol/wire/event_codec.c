/* Events: one table of members, one table of kinds, and the envelope around them. */
#include "protocol/wire/event_codec.h"

#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"
#include "protocol/wire/trace.h"

#include <assert.h>
#include <string.h>

static_assert((int)CODEC_REASON_SIZE == (int)RECORD_REASON_SIZE,
              "one size of reason for all of the wire");

static const char specversion[] = "1.0";
static const char type_prefix[] = "io.boomgate.";
static const char type_suffix[] = ".v1";

enum {
    LANE,
    MOVEMENT,
    DIRECTION,
    PLATE,
    RAW,
    CONFIDENCE,
    BASIS,
    REASON,
    OUTCOME,
    SPENT,
    REQUEST,
    GRANT,
    N,
    REPAID,
    ALARM,
    ACTIVE,
    VERSION,
    DETAIL,
    COMMAND,
    ACTION,
    STAGE,
    ACTOR,
    CAUSE,
    MODE,
    RIGHT,
    DUE,
    CURRENCY,
    LIST,
    CREDENTIAL,
    MEDIUM,
    DATA_MEMBERS
};

enum { CONFIDENCE_MAX = 10000, SPACES_MAX = 1000000 };

#define DUE_MAX_MINOR INT64_C(1000000000000)

static const struct member data_members[DATA_MEMBERS] = {
    [LANE] = {ROW("lane", MEMBER_NAME, event_data, lane)},
    [MOVEMENT] = {ROW("movement", MEMBER_HEX, event_data, movement)},
    [DIRECTION] = {ROW("direction", MEMBER_WORD, event_data, direction),
                   .words = &direction_vocabulary},
    [PLATE] = {ROW("plate", MEMBER_TEXT, event_data, plate)},
    [RAW] = {ROW("raw", MEMBER_TEXT, event_data, raw)},
    [CONFIDENCE] = {ROW("confidence", MEMBER_INT, event_data, confidence), .max = CONFIDENCE_MAX},
    [BASIS] = {ROW("basis", MEMBER_WORD, event_data, basis), .words = &basis_vocabulary},
    [REASON] = {ROW("reason", MEMBER_WORD, event_data, reason), .words = &reason_vocabulary},
    [OUTCOME] = {ROW("outcome", MEMBER_WORD, event_data, outcome), .words = &outcome_vocabulary},
    [SPENT] = {ROW("spent", MEMBER_WORD, event_data, spent), .words = &spent_vocabulary},
    [REQUEST] = {ROW("request", MEMBER_HEX, event_data, request)},
    [GRANT] = {ROW("grant", MEMBER_INT, event_data, grant), .min = 1, .max = RECORD_INT_MAX},
    [N] = {ROW("n", MEMBER_INT, event_data, n), .min = 1, .max = SPACES_MAX},
    [REPAID] = {ROW("repaid", MEMBER_INT, event_data, repaid), .max = SPACES_MAX},
    [ALARM] = {ROW("alarm", MEMBER_WORD, event_data, alarm), .words = &alarm_vocabulary},
    [ACTIVE] = {ROW("active", MEMBER_BOOL, event_data, active)},
    [VERSION] = {ROW("version", MEMBER_TEXT, event_data, version)},
    [DETAIL] = {ROW("detail", MEMBER_TEXT, event_data, detail)},
    [COMMAND] = {ROW("command", MEMBER_HEX, event_data, command)},
    [ACTION] = {ROW("action", MEMBER_WORD, event_data, action), .words = &action_vocabulary},
    [STAGE] = {ROW("stage", MEMBER_WORD, event_data, stage), .words = &stage_vocabulary},
    [ACTOR] = {ROW("actor", MEMBER_NAME, event_data, actor)},
    [CAUSE] = {ROW("cause", MEMBER_WORD, event_data, cause), .words = &cause_vocabulary},
    [MODE] = {ROW("mode", MEMBER_WORD, event_data, mode), .words = &lane_mode_vocabulary},
    [RIGHT] = {ROW("right", MEMBER_TEXT, event_data, right)},
    [DUE] = {ROW("due_minor", MEMBER_INT, event_data, due.minor), .max = DUE_MAX_MINOR},
    [CURRENCY] = {ROW("currency", MEMBER_CURRENCY, event_data, due.currency)},
    [LIST] = {ROW("list", MEMBER_INT, event_data, list), .min = 1, .max = RECORD_INT_MAX},
    [CREDENTIAL] = {ROW("credential", MEMBER_TEXT, event_data, credential)},
    [MEDIUM] = {ROW("medium", MEMBER_WORD, event_data, medium), .words = &medium_vocabulary},
};

#define BIT(i)  MEMBER_BIT(i)
#define PASSAGE (BIT(LANE) | BIT(MOVEMENT) | BIT(DIRECTION))

/* E3: required and optional members of each kind. */
static const struct {
    uint32_t required, optional;
} kinds[EVENT_KINDS] = {
    [EVENT_EDGE_STARTED] = {BIT(VERSION), 0},
    [EVENT_VEHICLE_PRESENTED] = {PASSAGE, 0},
    [EVENT_CREDENTIAL_READ] = {BIT(LANE) | BIT(MOVEMENT) | BIT(PLATE) | BIT(RAW) | BIT(CONFIDENCE),
                               0},
    [EVENT_PASSAGE_AUTHORISED] = {PASSAGE | BIT(BASIS), BIT(SPENT) | BIT(PLATE) | BIT(CREDENTIAL) |
                                                            BIT(REQUEST) | BIT(RIGHT) | BIT(DUE) |
                                                            BIT(CURRENCY)},
    [EVENT_PASSAGE_DENIED] = {PASSAGE | BIT(REASON),
                              BIT(PLATE) | BIT(CREDENTIAL) | BIT(REQUEST) | BIT(RIGHT)},
    [EVENT_PASSAGE_STARTED] = {BIT(LANE) | BIT(MOVEMENT), 0},
    [EVENT_PASSAGE_COMPLETED] = {PASSAGE | BIT(REPAID), BIT(PLATE) | BIT(CREDENTIAL)},
    [EVENT_PASSAGE_VOIDED] = {PASSAGE | BIT(REASON) | BIT(REPAID),
                              BIT(PLATE) | BIT(CREDENTIAL) | BIT(RIGHT)},
    [EVENT_PASSAGE_UNAUTHORISED] = {PASSAGE,
                                    BIT(SPENT) | BIT(REPAID) | BIT(PLATE) | BIT(CREDENTIAL)},
    [EVENT_MOVEMENT_ENDED] = {BIT(LANE) | BIT(MOVEMENT) | BIT(OUTCOME), 0},
    [EVENT_SPACE_ACCEPTED] = {BIT(GRANT) | BIT(N) | BIT(REPAID), BIT(RIGHT)},
    [EVENT_SPACE_DECLINED] = {BIT(GRANT) | BIT(N) | BIT(REASON), 0},
    [EVENT_SPACE_RETURNED] = {BIT(N) | BIT(REASON), BIT(RIGHT)},
    [EVENT_LANE_ALARM] = {BIT(LANE) | BIT(ALARM) | BIT(ACTIVE), BIT(DETAIL)},
    [EVENT_EDGE_ALARM] = {BIT(ALARM) | BIT(ACTIVE), BIT(DETAIL)},
    [EVENT_COUNT_GAP] = {BIT(LANE) | BIT(DETAIL), 0},
    [EVENT_COMMAND_RESULT] = {BIT(LANE) | BIT(COMMAND) | BIT(ACTION) | BIT(STAGE),
                              BIT(REASON) | BIT(ACTOR) | BIT(DETAIL)},
    [EVENT_ARM_OPENED] = {BIT(LANE) | BIT(CAUSE), BIT(MOVEMENT) | BIT(COMMAND)},
    [EVENT_LANE_MODE] = {BIT(LANE) | BIT(MODE) | BIT(ACTIVE), BIT(COMMAND)},
    [EVENT_RIGHTS_APPLIED] = {BIT(LIST), 0},
    [EVENT_SPACE_RECALLED] = {BIT(GRANT) | BIT(N), BIT(RIGHT)},
    [EVENT_TICKET_ISSUED] = {BIT(LANE) | BIT(MOVEMENT) | BIT(CREDENTIAL), 0},
    [EVENT_CREDENTIAL_PRESENTED] = {BIT(LANE) | BIT(MOVEMENT) | BIT(CREDENTIAL) | BIT(MEDIUM), 0},
};

enum { TIME, EPOCH, PREV, BOOT, MONO, CLOCK, ENVELOPE_MEMBERS };

/* The envelope without what is derived: specversion, id, source, type, sequence. */
static const struct member envelope_members[ENVELOPE_MEMBERS] = {
    [TIME] = {ROW("time", MEMBER_TIME, event, time)},
    [EPOCH] = {ROW("epoch", MEMBER_INT, event, epoch), .min = 1, .max = RECORD_INT_MAX},
    [PREV] = {ROW("prev", MEMBER_HEX, event, prev)},
    [BOOT] = {ROW("boot", MEMBER_INT, event, boot), .max = RECORD_INT_MAX},
    [MONO] = {ROW("mono_ms", MEMBER_INT, event, mono), .max = RECORD_INT_MAX},
    [CLOCK] = {ROW("clock", MEMBER_WORD, event, clock), .words = &clock_state_vocabulary},
};

static const struct record_shape envelope_shape = {envelope_members, ENVELOPE_MEMBERS,
                                                   BIT(ENVELOPE_MEMBERS) - 1, 0};

static struct record_shape data_shape(enum event_kind kind)
{
    return (struct record_shape){data_members, DATA_MEMBERS, kinds[kind].required,
                                 kinds[kind].optional};
}

/* Rules that need two members. A text for what is wrong, or NULL. */
static const char *contradiction(const struct event *e)
{
    const struct event_data *d = &e->data;
    int64_t credited = e->kind == EVENT_SPACE_ACCEPTED ? d->n : 1;
    if (d->repaid > credited)
        return "data.repaid: more than was credited";
    if (e->kind == EVENT_PASSAGE_UNAUTHORISED && d->direction == DIRECTION_ENTRY &&
        d->spent == SPENT_NONE)
        return "data.spent: missing, expected space or overdraft for an entry";
    if (d->direction == DIRECTION_REVERSIBLE)
        return "data.direction: \"reversible\" is a lane's, expected entry or exit";
    if (d->due.minor > 0 && d->due.currency.code[0] == '\0')
        return "data.currency: missing beside data.due_minor";
    return NULL;
}

/* "/place/edge", and "/lane" if the event is about one. */
static void source_write(struct buf *b, const struct name *place, const struct name *edge,
                         const struct name *lane)
{
    buf_add(b, "/", 1);
    buf_adds(b, place->text);
    buf_add(b, "/", 1);
    buf_adds(b, edge->text);
    if (lane->text[0] != '\0') {
        buf_add(b, "/", 1);
        buf_adds(b, lane->text);
    }
}

/* E1: "place/edge/epoch/seq". */
static void id_write(struct buf *b, const struct name *place, const struct name *edge,
                     int64_t epoch, int64_t seq)
{
    buf_adds(b, place->text);
    buf_add(b, "/", 1);
    buf_adds(b, edge->text);
    buf_add(b, "/", 1);
    json_out_int(b, epoch);
    buf_add(b, "/", 1);
    json_out_int(b, seq);
}

/* The Movement's first event says its trace (CloudEvents, distributed tracing extension). */
static void traceparent_write(struct buf *b, const struct movement_id *movement)
{
    char text[TRACEPARENT_SIZE];
    struct trace trace = trace_of(movement);
    struct span_id root = trace_root(&trace);
    traceparent_format(&trace, &root, text);
    json_out_key(b, "traceparent");
    (void)json_out_text(b, text);
}

static void derived_write(struct buf *b, const struct event *e)
{
    static const struct name no_lane;
    bool has_lane = (kinds[e->kind].required | kinds[e->kind].optional) & BIT(LANE);
    buf_adds(b, "{\"specversion\":\"1.0\",\"id\":\"");
    id_write(b, &e->place, &e->edge, e->epoch, e->seq);
    buf_adds(b, "\",\"source\":\"");
    source_write(b, &e->place, &e->edge, has_lane ? &e->data.lane : &no_lane);
    buf_adds(b, "\",\"type\":\"");
    buf_adds(b, type_prefix);
    buf_adds(b, event_kind_word(e->kind));
    buf_adds(b, type_suffix);
    buf_adds(b, "\",\"sequence\":\"");
    json_out_int(b, e->seq);
    buf_adds(b, "\"");
    if (e->kind == EVENT_VEHICLE_PRESENTED)
        traceparent_write(b, &e->data.movement);
}

enum err event_encode(const struct event *e, char *ret, size_t size, size_t *ret_len)
{
    struct name again;
    if (e->kind <= EVENT_UNKNOWN || e->kind >= EVENT_KINDS || e->seq < 1 ||
        e->seq > RECORD_INT_MAX || contradiction(e) != NULL)
        return ERR_INVAL;
    TRY(name_parse(e->place.text, strnlen(e->place.text, NAME_SIZE), &again));
    TRY(name_parse(e->edge.text, strnlen(e->edge.text, NAME_SIZE), &again));

    char memory[EVENT_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    struct record_shape data = data_shape(e->kind);
    derived_write(&b, e);
    TRY(record_write(&b, &envelope_shape, e));
    buf_adds(&b, ",\"data\":{");
    TRY(record_write(&b, &data, &e->data));
    buf_adds(&b, "}}");
    return json_out_finish(&b, ret, size, ret_len);
}

/* The member must be exactly this text. */
static enum err expect_text(const json_t *object, const char *key, const char *text, char *reason)
{
    const json_t *v = json_object_get(object, key);
    if (json_is_string(v) && json_string_length(v) == strlen(text) &&
        strcmp(json_string_value(v), text) == 0)
        return ERR_OK;
    return record_refuse(reason, "", key, v, text);
}

static enum err read_sequence(const json_t *object, int64_t *ret, char *reason)
{
    const json_t *v = json_object_get(object, "sequence");
    if (json_is_string(v) &&
        record_decimal(json_string_value(v), json_string_length(v), ret) == ERR_OK)
        return ERR_OK;
    return record_refuse(reason, "", "sequence", v, "a decimal number from 1 as text");
}

/* A type we do not know is no error: EVENT_UNKNOWN. */
static enum err read_type(const json_t *object, enum event_kind *ret, char *reason)
{
    enum { PREFIX = sizeof type_prefix - 1, SUFFIX = sizeof type_suffix - 1 };
    const json_t *v = json_object_get(object, "type");
    const char *text = json_string_value(v);
    size_t len = json_string_length(v);
    int kind = EVENT_UNKNOWN;
    if (text == NULL || len == 0)
        return record_refuse(reason, "", "type", v, "io.boomgate.{word}.v1");
    if (len > PREFIX + SUFFIX && memcmp(text, type_prefix, PREFIX) == 0 &&
        memcmp(text + len - SUFFIX, type_suffix, SUFFIX) == 0 &&
        vocabulary_find(&event_kind_vocabulary, text + PREFIX, len - PREFIX - SUFFIX, &kind) !=
            ERR_OK)
        kind = EVENT_UNKNOWN;
    *ret = (enum event_kind)kind;
    return ERR_OK;
}

/* Place and edge are the topic's; the id and the source must agree with them (E1). */
static enum err check_identity(const json_t *object, const struct event *e, char *reason)
{
    char text[4 * NAME_SIZE];
    struct buf b = buf_of(text, sizeof text);
    id_write(&b, &e->place, &e->edge, e->epoch, e->seq);
    TRY(expect_text(object, "id", text, reason));
    if (e->kind == EVENT_UNKNOWN)
        return ERR_OK;
    b = buf_of(text, sizeof text);
    source_write(&b, &e->place, &e->edge, &e->data.lane);
    return expect_text(object, "source", text, reason);
}

static enum err read_data(const json_t *object, struct event *e, char *reason)
{
    struct record_shape shape = data_shape(e->kind);
    const json_t *data = json_object_get(object, "data");
    if (!json_is_object(data))
        return record_refuse(reason, "", "data", data, "an object");
    TRY(record_read(data, "data.", &shape, &e->data, reason));
    const char *wrong = contradiction(e);
    return wrong != NULL ? record_explain(reason, wrong) : ERR_OK;
}

static enum err event_read(const json_t *object, struct event *e, char *reason)
{
    TRY(expect_text(object, "specversion", specversion, reason));
    TRY(read_type(object, &e->kind, reason));
    TRY(read_sequence(object, &e->seq, reason));
    TRY(record_read(object, "", &envelope_shape, e, reason));
    if (e->kind != EVENT_UNKNOWN)
        TRY(read_data(object, e, reason));
    return check_identity(object, e, reason);
}

enum err event_decode(const struct topic *source, const void *bytes, size_t len, struct event *ret,
                      char *ret_reason)
{
    char scratch[CODEC_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    struct event e = {.place = source->place, .edge = source->edge};
    json_t *object;
    TRY(record_open(bytes, len, EVENT_BYTES_MAX, &object, reason));
    enum err result = event_read(object, &e, reason);
    json_decref(object);
    if (result == ERR_OK)
        *ret = e;
    return result;
}
