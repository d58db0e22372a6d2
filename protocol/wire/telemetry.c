#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"
#include "protocol/wire/status.h"

#define ALL(count) (MEMBER_BIT(count) - 1)

enum { COUNT_MAX = 1000000 };

enum { TIME, EPOCH, NEXT, DEPTH, AGE, FREE, OVERDRAFT, CLOCK, TELEMETRY_MEMBERS };

static const struct member telemetry_members[TELEMETRY_MEMBERS] = {
    [TIME] = {ROW("time", MEMBER_TIME, telemetry, time)},
    [EPOCH] = {ROW("epoch", MEMBER_INT, telemetry, epoch), .max = RECORD_INT_MAX},
    [NEXT] = {ROW("next", MEMBER_INT, telemetry, next), .min = 1, .max = RECORD_INT_MAX},
    [DEPTH] = {ROW("outbox_depth", MEMBER_INT, telemetry, outbox_depth), .max = RECORD_INT_MAX},
    [AGE] = {ROW("outbox_age_ms", MEMBER_INT, telemetry, outbox_age_ms), .max = RECORD_INT_MAX},
    [FREE] = {ROW("free", MEMBER_INT, telemetry, free), .max = COUNT_MAX},
    [OVERDRAFT] = {ROW("overdraft", MEMBER_INT, telemetry, overdraft), .max = COUNT_MAX},
    [CLOCK] = {ROW("clock", MEMBER_WORD, telemetry, clock), .words = &clock_state_vocabulary},
};
static const struct record_shape telemetry_shape = {telemetry_members, TELEMETRY_MEMBERS,
                                                    ALL(TELEMETRY_MEMBERS), 0};

enum { LANE, DIRECTION, STATE, ARM, ONLINE, LINK, INPUTS, MODE, DEGRADED, BREAKER, LANE_MEMBERS };

static const struct member lane_members[LANE_MEMBERS] = {
    [LANE] = {ROW("lane", MEMBER_NAME, telemetry_lane, lane)},
    [DIRECTION] = {ROW("direction", MEMBER_WORD, telemetry_lane, direction),
                   .words = &direction_vocabulary},
    [STATE] = {ROW("state", MEMBER_TEXT, telemetry_lane, state)},
    [ARM] = {ROW("arm", MEMBER_TEXT, telemetry_lane, arm)},
    [ONLINE] = {ROW("online", MEMBER_BOOL, telemetry_lane, online)},
    [LINK] = {ROW("link_us", MEMBER_INT, telemetry_lane, link_us), .max = RECORD_INT_MAX},
    [INPUTS] = {ROW("inputs", MEMBER_U32, telemetry_lane, inputs)},
    [MODE] = {ROW("mode", MEMBER_WORD, telemetry_lane, mode), .words = &lane_mode_vocabulary},
    [DEGRADED] = {ROW("degraded", MEMBER_BOOL, telemetry_lane, degraded)},
    [BREAKER] = {ROW("breaker", MEMBER_WORD, telemetry_lane, breaker),
                 .words = &device_breaker_vocabulary},
};
#define OPTIONAL (MEMBER_BIT(MODE) | MEMBER_BIT(DEGRADED) | MEMBER_BIT(BREAKER))
static const struct record_shape lane_shape = {lane_members, LANE_MEMBERS,
                                               ALL(LANE_MEMBERS) & ~OPTIONAL, OPTIONAL};

enum err telemetry_encode(const struct telemetry *t, char *ret, size_t size, size_t *ret_len)
{
    char memory[STATUS_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    if (t->lane_count > TELEMETRY_LANES_MAX)
        return ERR_INVAL;
    buf_adds(&b, "{");
    TRY(record_write(&b, &telemetry_shape, t));
    TRY(record_write_list(&b, "lanes", &lane_shape, t->lanes, sizeof t->lanes[0], t->lane_count));
    buf_adds(&b, "}");
    return json_out_finish(&b, ret, size, ret_len);
}

enum err telemetry_decode(const void *bytes, size_t len, struct telemetry *ret, char *ret_reason)
{
    char scratch[RECORD_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    struct telemetry t = {0};
    json_t *object;
    TRY(record_open(bytes, len, STATUS_BYTES_MAX, &object, reason));
    enum err result = record_read(object, "", &telemetry_shape, &t, reason);
    if (result == ERR_OK)
        result = record_read_list(object, "lanes", &lane_shape, t.lanes, sizeof t.lanes[0],
                                  TELEMETRY_LANES_MAX, &t.lane_count, reason);
    json_decref(object);
    if (result == ERR_OK)
        *ret = t;
    return result;
}
