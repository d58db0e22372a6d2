/* Answers: a kind and an id as in the question, and the members of that kind. */
#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"

#define ALL(count) (MEMBER_BIT(count) - 1)

#define DUE_MAX_MINOR INT64_C(1000000000000)

enum { KIND, ID, HEADER_MEMBERS };

static const struct member header_members[HEADER_MEMBERS] = {
    [KIND] = {ROW("kind", MEMBER_WORD, response, kind), .words = &request_kind_vocabulary},
    [ID] = {ROW("id", MEMBER_HEX, response, id)},
};
static const struct record_shape header_shape = {header_members, HEADER_MEMBERS,
                                                 ALL(HEADER_MEMBERS), 0};

enum { EPOCH, UPTO, LEASE, COMMON, AUDITED, PROBE, HELLO_MEMBERS };

static const struct member hello_members[HELLO_MEMBERS] = {
    [EPOCH] = {ROW("epoch", MEMBER_INT, hello_answer, epoch), .min = 1, .max = RECORD_INT_MAX},
    [UPTO] = {ROW("upto", MEMBER_INT, hello_answer, upto), .max = RECORD_INT_MAX},
    [LEASE] = {ROW("lease_ms", MEMBER_INT, hello_answer, lease_ms), .max = RECORD_INT_MAX},
    [COMMON] = {ROW("common", MEMBER_INT, hello_answer, common), .min = 1, .max = RECORD_INT_MAX},
    [AUDITED] = {ROW("audited", MEMBER_INT, hello_answer, audited), .min = 1,
                 .max = RECORD_INT_MAX},
    [PROBE] = {ROW("probe", MEMBER_INT, hello_answer, probe), .min = 1, .max = RECORD_INT_MAX},
};
static const struct record_shape hello_shape = {hello_members, HELLO_MEMBERS, ALL(COMMON),
                                                MEMBER_BIT(COMMON) | MEMBER_BIT(AUDITED) |
                                                    MEMBER_BIT(PROBE)};

enum { VERDICT, BASIS, REASON, DISPLAY, DUE, CURRENCY, ANSWER_MEMBERS };

static const struct member answer_members[ANSWER_MEMBERS] = {
    [VERDICT] = {ROW("verdict", MEMBER_WORD, passage_answer, verdict),
                 .words = &verdict_vocabulary},
    [BASIS] = {ROW("basis", MEMBER_WORD, passage_answer, basis), .words = &basis_vocabulary},
    [REASON] = {ROW("reason", MEMBER_WORD, passage_answer, reason), .words = &reason_vocabulary},
    [DISPLAY] = {ROW("display", MEMBER_TEXT, passage_answer, display)},
    [DUE] = {ROW("due_minor", MEMBER_INT, passage_answer, due.minor), .max = DUE_MAX_MINOR},
    [CURRENCY] = {ROW("currency", MEMBER_CURRENCY, passage_answer, due.currency)},
};

enum { LIST_VERSION, LIST_FROM, LIST_PARTS, RIGHTS_MEMBERS };

static const struct member rights_members[RIGHTS_MEMBERS] = {
    [LIST_VERSION] = {ROW("version", MEMBER_INT, rights_answer, version), .max = RECORD_INT_MAX},
    [LIST_FROM] = {ROW("from", MEMBER_INT, rights_answer, from), .max = RECORD_INT_MAX},
    [LIST_PARTS] = {ROW("of", MEMBER_INT, rights_answer, of), .max = RIGHTS_PARTS_MAX},
};
static const struct record_shape rights_shape = {rights_members, RIGHTS_MEMBERS,
                                                 ALL(RIGHTS_MEMBERS), 0};

/* A verdict brings its grounds; an amount and its currency come together or not at all. */
static struct record_shape answer_shape(enum verdict verdict, bool priced)
{
    uint32_t required = MEMBER_BIT(VERDICT), optional = MEMBER_BIT(DISPLAY);
    required |= verdict == VERDICT_ALLOW ? MEMBER_BIT(BASIS) : MEMBER_BIT(REASON);
    if (priced)
        required |= MEMBER_BIT(DUE) | MEMBER_BIT(CURRENCY);
    return (struct record_shape){answer_members, ANSWER_MEMBERS, required, optional};
}

/* A text for what is wrong, or NULL. */
static const char *contradiction(const struct response *r)
{
    if (r->kind == REQUEST_ENTRY && r->answer.verdict == VERDICT_PENDING)
        return "verdict: found pending, expected allow or deny for an entry";
    return NULL;
}

static enum err answer_write(struct buf *b, const struct response *r)
{
    const struct passage_answer *a = &r->answer;
    struct record_shape shape = answer_shape(a->verdict, a->due.currency.code[0] != '\0');
    if (contradiction(r) != NULL)
        return ERR_INVAL;
    return record_write(b, &shape, a);
}

enum err response_encode(const struct response *r, char *ret, size_t size, size_t *ret_len)
{
    char memory[REQUEST_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{");
    TRY(record_write(&b, &header_shape, r));
    if (r->kind == REQUEST_HELLO)
        TRY(record_write(&b, &hello_shape, &r->hello));
    else if (r->kind == REQUEST_RIGHTS)
        TRY(record_write(&b, &rights_shape, &r->rights));
    else
        TRY(answer_write(&b, r));
    buf_adds(&b, "}");
    return json_out_finish(&b, ret, size, ret_len);
}

static enum err answer_read(const json_t *object, struct response *r, char *reason)
{
    struct record_shape verdict = {answer_members, ANSWER_MEMBERS, MEMBER_BIT(VERDICT), 0};
    TRY(record_read(object, "", &verdict, &r->answer, reason));
    bool priced = json_object_get(object, "due_minor") || json_object_get(object, "currency");
    struct record_shape shape = answer_shape(r->answer.verdict, priced);
    TRY(record_read(object, "", &shape, &r->answer, reason));
    const char *wrong = contradiction(r);
    return wrong != NULL ? record_explain(reason, wrong) : ERR_OK;
}

static enum err response_read(const json_t *object, struct response *r, char *reason)
{
    TRY(record_known_kind(object, &request_kind_vocabulary, reason));
    TRY(record_read(object, "", &header_shape, r, reason));
    if (r->kind == REQUEST_HELLO)
        return record_read(object, "", &hello_shape, &r->hello, reason);
    if (r->kind == REQUEST_RIGHTS)
        return record_read(object, "", &rights_shape, &r->rights, reason);
    return answer_read(object, r, reason);
}

enum err response_decode(const void *bytes, size_t len, struct response *ret, char *ret_reason)
{
    char scratch[RECORD_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    struct response r = {0};
    json_t *object;
    TRY(record_open(bytes, len, REQUEST_BYTES_MAX, &object, reason));
    enum err result = response_read(object, &r, reason);
    json_decref(object);
    if (result == ERR_OK)
        *ret = r;
    return result;
}
