#include "protocol/wire/status.h"

#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"

#include <assert.h>

static_assert((int)STATUS_BYTES_MAX <= (int)RECORD_BYTES_MAX, "a status is one record");

#define ALL(count) (MEMBER_BIT(count) - 1)

enum { COUNT_MAX = 1000000 };

/* An edge's birth or will. */
enum { ONLINE, BOOT, SESSION, STATUS_TIME, STATUS_SOFTWARE, STATUS_MEMBERS };

static const struct member status_members[STATUS_MEMBERS] = {
    [ONLINE] = {ROW("online", MEMBER_BOOL, status, online)},
    [BOOT] = {ROW("boot", MEMBER_INT, status, boot), .max = RECORD_INT_MAX},
    [SESSION] = {ROW("session", MEMBER_INT, status, session), .max = RECORD_INT_MAX},
    [STATUS_TIME] = {ROW("time", MEMBER_TIME, status, time)},
    [STATUS_SOFTWARE] = {ROW("version", MEMBER_TEXT, status, version)},
};
static const struct record_shape status_shape = {status_members, STATUS_MEMBERS,
                                                 ALL(STATUS_SOFTWARE), MEMBER_BIT(STATUS_SOFTWARE)};

enum err status_encode(const struct status *s, char *ret, size_t size, size_t *ret_len)
{
    return record_encode(&status_shape, s, STATUS_BYTES_MAX, ret, size, ret_len);
}

enum err status_decode(const void *bytes, size_t len, struct status *ret, char *ret_reason)
{
    struct status s = {0};
    TRY(record_decode(&status_shape, bytes, len, STATUS_BYTES_MAX, &s, ret_reason));
    *ret = s;
    return ERR_OK;
}

/* A cloud instance's birth or will. */
enum { CLOUD_ONLINE, CLOUD_RESYNC, CLOUD_TIME, CLOUD_MEMBERS };

static const struct member cloud_members[CLOUD_MEMBERS] = {
    [CLOUD_ONLINE] = {ROW("online", MEMBER_BOOL, cloud_status, online)},
    [CLOUD_RESYNC] = {ROW("resync", MEMBER_BOOL, cloud_status, resync)},
    [CLOUD_TIME] = {ROW("time", MEMBER_TIME, cloud_status, time)},
};
static const struct record_shape cloud_shape = {cloud_members, CLOUD_MEMBERS, ALL(CLOUD_MEMBERS),
                                                0};

enum err cloud_status_encode(const struct cloud_status *s, char *ret, size_t size, size_t *ret_len)
{
    return record_encode(&cloud_shape, s, STATUS_BYTES_MAX, ret, size, ret_len);
}

enum err cloud_status_decode(const void *bytes, size_t len, struct cloud_status *ret,
                             char *ret_reason)
{
    struct cloud_status s = {0};
    TRY(record_decode(&cloud_shape, bytes, len, STATUS_BYTES_MAX, &s, ret_reason));
    *ret = s;
    return ERR_OK;
}

/* What signs show. */
enum { CAPACITY, OCCUPIED, OCCUPANCY_FREE, FULL, OCCUPANCY_TIME, OCCUPANCY_MEMBERS };

static const struct member occupancy_members[OCCUPANCY_MEMBERS] = {
    [CAPACITY] = {ROW("capacity", MEMBER_INT, occupancy, capacity), .max = COUNT_MAX},
    [OCCUPIED] = {ROW("occupied", MEMBER_INT, occupancy, occupied), .max = COUNT_MAX},
    [OCCUPANCY_FREE] = {ROW("free", MEMBER_INT, occupancy, free), .max = COUNT_MAX},
    [FULL] = {ROW("full", MEMBER_BOOL, occupancy, full)},
    [OCCUPANCY_TIME] = {ROW("time", MEMBER_TIME, occupancy, time)},
};
static const struct record_shape occupancy_shape = {occupancy_members, OCCUPANCY_MEMBERS,
                                                    ALL(OCCUPANCY_MEMBERS), 0};

/* Published figures are clamped: an occupancy beyond its capacity is a mistake of the sender. */
static bool clamped(const struct occupancy *o)
{
    return o->occupied <= o->capacity && o->free <= o->capacity;
}

enum err occupancy_encode(const struct occupancy *o, char *ret, size_t size, size_t *ret_len)
{
    if (!clamped(o))
        return ERR_INVAL;
    return record_encode(&occupancy_shape, o, STATUS_BYTES_MAX, ret, size, ret_len);
}

enum err occupancy_decode(const void *bytes, size_t len, struct occupancy *ret, char *ret_reason)
{
    struct occupancy o = {0};
    TRY(record_decode(&occupancy_shape, bytes, len, STATUS_BYTES_MAX, &o, ret_reason));
    if (!clamped(&o))
        return record_explain(ret_reason, "occupied, free: more than capacity");
    *ret = o;
    return ERR_OK;
}
