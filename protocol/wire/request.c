/* Questions: a kind, an id, and the members of that kind. */
#include "protocol/wire/request.h"

#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/trace.h"

#define ALL(count) (MEMBER_BIT(count) - 1)

enum { COUNT_MAX = 1000000, DEADLINE_MAX_MS = 600000 };

enum { KIND, ID, HEADER_MEMBERS };

static const struct member header_members[HEADER_MEMBERS] = {
    [KIND] = {ROW("kind", MEMBER_WORD, request, kind), .words = &request_kind_vocabulary},
    [ID] = {ROW("id", MEMBER_HEX, request, id)},
};
static const struct record_shape header_shape = {header_members, HEADER_MEMBERS,
                                                 ALL(HEADER_MEMBERS), 0};

enum {
    JOURNAL,
    EPOCH,
    NEXT,
    BASE,
    HEAD,
    BOOT,
    SOFTWARE,
    FREE,
    OVERDRAFT,
    OLDEST,
    ASKED,
    AT,
    AT_DIGEST,
    HELLO_MEMBERS
};

static const struct member hello_members[HELLO_MEMBERS] = {
    [JOURNAL] = {ROW("journal", MEMBER_HEX, hello, journal)},
    [EPOCH] = {ROW("epoch", MEMBER_INT, hello, epoch), .max = RECORD_INT_MAX},
    [NEXT] = {ROW("next", MEMBER_INT, hello, next), .min = 1, .max = RECORD_INT_MAX},
    [BASE] = {ROW("base", MEMBER_INT, hello, base), .max = RECORD_INT_MAX},
    [HEAD] = {ROW("head", MEMBER_HEX, hello, head)},
    [BOOT] = {ROW("boot", MEMBER_INT, hello, boot), .max = RECORD_INT_MAX},
    [SOFTWARE] = {ROW("version", MEMBER_TEXT, hello, version)},
    [FREE] = {ROW("free", MEMBER_INT, hello, free), .max = COUNT_MAX},
    [OVERDRAFT] = {ROW("overdraft", MEMBER_INT, hello, overdraft), .max = COUNT_MAX},
    [OLDEST] = {ROW("oldest", MEMBER_INT, hello, oldest), .min = 1, .max = RECORD_INT_MAX},
    [ASKED] = {ROW("asked", MEMBER_HEX, hello, asked)},
    [AT] = {ROW("at", MEMBER_INT, hello, at), .min = 1, .max = RECORD_INT_MAX},
    [AT_DIGEST] = {ROW("digest", MEMBER_HEX, hello, digest)},
};
static const struct record_shape hello_shape = {hello_members, HELLO_MEMBERS, ALL(OLDEST),
                                                ALL(HELLO_MEMBERS) & ~ALL(OLDEST)};

enum { HELLO_LANE, HELLO_DIRECTION, HELLO_LANE_MEMBERS };

static const struct member lane_members[HELLO_LANE_MEMBERS] = {
    [HELLO_LANE] = {ROW("lane", MEMBER_NAME, hello_lane, lane)},
    [HELLO_DIRECTION] = {ROW("direction", MEMBER_WORD, hello_lane, direction),
                         .words = &direction_vocabulary},
};
static const struct record_shape lane_shape = {lane_members, HELLO_LANE_MEMBERS,
                                               ALL(HELLO_LANE_MEMBERS), 0};

enum { LANE, MOVEMENT, TIME, DEADLINE, PLATE, NO_SPACE, PASSBACK, CREDENTIAL, QUESTION_MEMBERS };

static const struct member question_members[QUESTION_MEMBERS] = {
    [LANE] = {ROW("lane", MEMBER_NAME, passage_question, lane)},
    [MOVEMENT] = {ROW("movement", MEMBER_HEX, passage_question, movement)},
    [TIME] = {ROW("time", MEMBER_TIME, passage_question, time)},
    [DEADLINE] = {ROW("deadline_ms", MEMBER_INT, passage_question, deadline_ms), .min = 1,
                  .max = DEADLINE_MAX_MS},
    [PLATE] = {ROW("plate", MEMBER_TEXT, passage_question, plate)},
    [NO_SPACE] = {ROW("no_space", MEMBER_BOOL, passage_question, no_space)},
    [PASSBACK] = {ROW("passback", MEMBER_BOOL, passage_question, passback)},
    [CREDENTIAL] = {ROW("credential", MEMBER_TEXT, passage_question, credential)},
};
static const struct record_shape question_shape = {
    question_members, QUESTION_MEMBERS, ALL(PLATE),
    MEMBER_BIT(PLATE) | MEMBER_BIT(NO_SPACE) | MEMBER_BIT(PASSBACK) | MEMBER_BIT(CREDENTIAL)};

enum { HAVE, WANTED, PART, RIGHTS_MEMBERS };

static const struct member rights_members[RIGHTS_MEMBERS] = {
    [HAVE] = {ROW("have", MEMBER_INT, rights_question, have), .max = RECORD_INT_MAX},
    [WANTED] = {ROW("version", MEMBER_INT, rights_question, version), .max = RECORD_INT_MAX},
    [PART] = {ROW("part", MEMBER_INT, rights_question, part), .max = RIGHTS_PARTS_MAX},
};
static const struct record_shape rights_shape = {rights_members, RIGHTS_MEMBERS, MEMBER_BIT(HAVE),
                                                 MEMBER_BIT(WANTED) | MEMBER_BIT(PART)};

/* What a hello says of its own stream must fit together. A text for what is wrong, or NULL. */
static const char *contradiction(const struct hello *h)
{
    if (h->lane_count > HELLO_LANES_MAX)
        return "lanes: too many";
    if (h->base >= h->next)
        return "base: not below next";
    return NULL;
}

static enum err hello_write(struct buf *b, const struct hello *h)
{
    if (contradiction(h) != NULL)
        return ERR_INVAL;
    TRY(record_write(b, &hello_shape, h));
    return record_write_list(b, "lanes", &lane_shape, h->lanes, sizeof h->lanes[0], h->lane_count);
}

/* With the span of this question, in its Movement's trace. */
static enum err question_write(struct buf *b, const struct request *r)
{
    char text[TRACEPARENT_SIZE];
    struct trace trace = trace_of(&r->question.movement);
    struct span_id span = trace_span(&trace, r->id.text);
    TRY(record_write(b, &question_shape, &r->question));
    traceparent_format(&trace, &span, text);
    json_out_key(b, "traceparent");
    return json_out_text(b, text);
}

enum err request_encode(const struct request *r, char *ret, size_t size, size_t *ret_len)
{
    char memory[REQUEST_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    TRY(record_write(&b, &header_shape, r));
    if (r->kind == REQUEST_HELLO)
        TRY(hello_write(&b, &r->hello));
    else if (r->kind == REQUEST_RIGHTS)
        TRY(record_write(&b, &rights_shape, &r->rights));
    else
        TRY(question_write(&b, r));
    buf_adds(&b, "}");
    return json_out_finish(&b, ret, size, ret_len);
}

static enum err hello_read(const json_t *object, struct hello *h, char *reason)
{
    TRY(record_read(object, "", &hello_shape, h, reason));
    TRY(record_read_list(object, "lanes", &lane_shape, h->lanes, sizeof h->lanes[0],
                         HELLO_LANES_MAX, &h->lane_count, reason));
    const char *wrong = contradiction(h);
    return wrong != NULL ? record_explain(reason, wrong) : ERR_OK;
}

static enum err request_read(const json_t *object, struct request *r, char *reason)
{
    TRY(record_known_kind(object, &request_kind_vocabulary, reason));
    TRY(record_read(object, "", &header_shape, r, reason));
    if (r->kind == REQUEST_HELLO)
        return hello_read(object, &r->hello, reason);
    if (r->kind == REQUEST_RIGHTS)
        return record_read(object, "", &rights_shape, &r->rights, reason);
    return record_read(object, "", &question_shape, &r->question, reason);
}

enum err request_decode(const void *bytes, size_t len, struct request *ret, char *ret_reason)
{
    char scratch[RECORD_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    struct request r = {0};
    json_t *object;
    TRY(record_open(bytes, len, REQUEST_BYTES_MAX, &object, reason));
    enum err result = request_read(object, &r, reason);
    json_decref(object);
    if (result == ERR_OK)
        *ret = r;
    return result;
}
