/* Members of JSON documents, one line each. */
#ifndef BOOMGATE_CLOUD_HTTP_MEMBERS_H
#define BOOMGATE_CLOUD_HTTP_MEMBERS_H

#include "cloud/http/documents.h"

static inline void set_int(json_t *o, const char *key, int64_t v)
{
    json_object_set_new(o, key, json_integer(v));
}

static inline void set_bool(json_t *o, const char *key, bool v)
{
    json_object_set_new(o, key, json_boolean(v));
}

static inline void set_text(json_t *o, const char *key, const char *v)
{
    json_object_set_new(o, key, json_string(v));
}

static inline void set_time(json_t *o, const char *key, struct wall_ms v)
{
    json_object_set_new(o, key, json_time(v));
}

#endif
