#include "protocol/wire/grant.h"

#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"

enum { ID, EPOCH, N, MEMBERS };

enum { GRANT_SPACES_MAX = 10000 };

static const struct member members[MEMBERS] = {
    [ID] = {ROW("id", MEMBER_INT, grant, id), .min = 1, .max = RECORD_INT_MAX},
    [EPOCH] = {ROW("epoch", MEMBER_INT, grant, epoch), .min = 1, .max = RECORD_INT_MAX},
    [N] = {ROW("n", MEMBER_INT, grant, n), .min = 1, .max = GRANT_SPACES_MAX},
};

static const struct record_shape shape = {members, MEMBERS, MEMBER_BIT(MEMBERS) - 1, 0};

enum err grant_encode(const struct grant *g, char *ret, size_t size, size_t *ret_len)
{
    char memory[GRANT_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    buf_adds(&b, "{\"kind\":\"offer\"");
    TRY(record_write(&b, &shape, g));
    buf_adds(&b, "}");
    return json_out_finish(&b, ret, size, ret_len);
}

static const char *const kind_words[] = {"", "offer"};
static const struct vocabulary kinds = {kind_words, 2};

static enum err grant_read(const json_t *object, struct grant *g, char *reason)
{
    TRY(record_known_kind(object, &kinds, reason));
    return record_read(object, "", &shape, g, reason);
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
