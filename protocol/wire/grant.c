#include "protocol/wire/grant.h"

#include "protocol/wire/record.h"

#include <string.h>

enum { KIND, ID, EPOCH, N, RIGHT, MEMBERS };

enum { GRANT_SPACES_MAX = 10000 };

static const char *const kind_words[] = {"", "offer", "recall", "bound"};
static const struct vocabulary kinds = {kind_words, GRANT_BOUND + 1};

static const struct member members[MEMBERS] = {
    [KIND] = {ROW("kind", MEMBER_WORD, grant, kind), .words = &kinds},
    [ID] = {ROW("id", MEMBER_INT, grant, id), .min = 1, .max = RECORD_INT_MAX},
    [EPOCH] = {ROW("epoch", MEMBER_INT, grant, epoch), .min = 1, .max = RECORD_INT_MAX},
    [N] = {ROW("n", MEMBER_INT, grant, n), .min = 1, .max = GRANT_SPACES_MAX},
    [RIGHT] = {ROW("right", MEMBER_TEXT, grant, right)},
};

static const struct record_shape shape = {members, MEMBERS, MEMBER_BIT(RIGHT) - 1,
                                          MEMBER_BIT(RIGHT)};

/* A text for what is wrong, or NULL. */
static const char *contradiction(const struct grant *g)
{
    if (g->kind == GRANT_BOUND && g->right.text[0] == '\0')
        return "right: missing, expected the one the space is for";
    return NULL;
}

const char *grant_kind_word(enum grant_kind k)
{
    return vocabulary_word(&kinds, (int)k);
}

enum err grant_kind_parse(const char *text, enum grant_kind *ret)
{
    int value;
    TRY(vocabulary_find(&kinds, text, strlen(text), &value));
    *ret = (enum grant_kind)value;
    return ERR_OK;
}

enum err grant_encode(const struct grant *g, char *ret, size_t size, size_t *ret_len)
{
    if (contradiction(g) != NULL)
        return ERR_INVAL;
    return record_encode(&shape, g, GRANT_BYTES_MAX, ret, size, ret_len);
}

static enum err grant_read(const json_t *object, struct grant *g, char *reason)
{
    TRY(record_known_kind(object, &kinds, reason));
    TRY(record_read(object, "", &shape, g, reason));
    const char *wrong = contradiction(g);
    return wrong != NULL ? record_explain(reason, wrong) : ERR_OK;
}

enum err grant_decode(const void *bytes, size_t len, struct grant *ret, char *ret_reason)
{
    char scratch[RECORD_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    struct grant g = {0};
    json_t *object;
    TRY(record_open(bytes, len, GRANT_BYTES_MAX, &object, reason));
    enum err result = grant_read(object, &g, reason);
    json_decref(object);
    if (result == ERR_OK)
        *ret = g;
    return result;
}
