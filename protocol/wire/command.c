#include "protocol/wire/command.h"

#include "protocol/wire/record.h"

enum { ID, LANE, ACTION, ISSUED, NOT_AFTER, ACTOR, REASON, EXPECT, MEMBERS };

static const struct member members[MEMBERS] = {
    [ID] = {ROW("id", MEMBER_HEX, command, id)},
    [LANE] = {ROW("lane", MEMBER_NAME, command, lane)},
    [ACTION] = {ROW("action", MEMBER_WORD, command, action), .words = &action_vocabulary},
    [ISSUED] = {ROW("issued", MEMBER_TIME, command, issued)},
    [NOT_AFTER] = {ROW("not_after", MEMBER_TIME, command, not_after)},
    [ACTOR] = {ROW("actor", MEMBER_NAME, command, actor)},
    [REASON] = {ROW("reason", MEMBER_TEXT, command, reason)},
    [EXPECT] = {ROW("expect", MEMBER_WORD, command, expect), .words = &expect_vocabulary},
};

static const struct record_shape shape = {
    members, MEMBERS, (MEMBER_BIT(MEMBERS) - 1) & ~MEMBER_BIT(EXPECT), MEMBER_BIT(EXPECT)};

enum err command_encode(const struct command *c, char *ret, size_t size, size_t *ret_len)
{
    if (c->not_after.v <= c->issued.v)
        return ERR_INVAL;
    return record_encode(&shape, c, COMMAND_BYTES_MAX, ret, size, ret_len);
}

enum err command_decode(const void *bytes, size_t len, struct command *ret, char *ret_reason)
{
    struct command c = {0};
    TRY(record_decode(&shape, bytes, len, COMMAND_BYTES_MAX, &c, ret_reason));
    if (c.not_after.v <= c.issued.v)
        return record_explain(ret_reason, "not_after: not after issued");
    *ret = c;
    return ERR_OK;
}
