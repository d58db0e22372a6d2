#include "protocol/wire/ack.h"

#include "protocol/wire/record.h"

enum { EPOCH, UPTO, MEMBERS };

static const struct member members[MEMBERS] = {
    [EPOCH] = {ROW("epoch", MEMBER_INT, ack, epoch), .min = 1, .max = RECORD_INT_MAX},
    [UPTO] = {ROW("upto", MEMBER_INT, ack, upto), .max = RECORD_INT_MAX},
};

static const struct record_shape shape = {members, MEMBERS, MEMBER_BIT(MEMBERS) - 1, 0};

enum err ack_encode(const struct ack *a, char *ret, size_t size, size_t *ret_len)
{
    return record_encode(&shape, a, ACK_BYTES_MAX, ret, size, ret_len);
}

enum err ack_decode(const void *bytes, size_t len, struct ack *ret, char *ret_reason)
{
    struct ack a = {0};
    TRY(record_decode(&shape, bytes, len, ACK_BYTES_MAX, &a, ret_reason));
    *ret = a;
    return ERR_OK;
}
