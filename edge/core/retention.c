#include "edge/core/retention.h"

bool retention_observation(enum event_kind kind)
{
    return kind == EVENT_VEHICLE_PRESENTED || kind == EVENT_CREDENTIAL_READ ||
           kind == EVENT_CREDENTIAL_PRESENTED || kind == EVENT_PASSAGE_STARTED;
}

int retention_percent(int64_t room_bytes, int64_t limit_bytes)
{
    if (room_bytes >= limit_bytes)
        return 0;
    if (room_bytes <= 0)
        return 100;
    return (int)(100 - (double)room_bytes * 100 / (double)limit_bytes);
}

enum storage_level retention_level(enum storage_level before, int percent)
{
    if (percent >= RETENTION_FRUGAL - (before == STORAGE_FRUGAL ? RETENTION_SLACK : 0))
        return STORAGE_FRUGAL;
    if (percent >= RETENTION_TIGHT - (before != STORAGE_NORMAL ? RETENTION_SLACK : 0))
        return STORAGE_TIGHT;
    return STORAGE_NORMAL;
}
