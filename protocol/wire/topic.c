/* Topics as data: one row per kind says how many names it has and how it ends. */
#include "protocol/wire/topic.h"

#include "protocol/base/buf.h"

#include <string.h>

static const char prefix[] = "boomgate/v1/";

/* Names that would make two kinds of topic look alike. */
static const char reserved_place[] = "cloud";
static const char reserved_edge[] = "domain";

static const char *const channels[TOPIC_KINDS] = {
    [TOPIC_EVENT] = "event",         [TOPIC_ACK] = "ack",
    [TOPIC_REQUEST] = "request",     [TOPIC_RESPONSE] = "response",
    [TOPIC_GRANT] = "grant",         [TOPIC_STATUS] = "status",
    [TOPIC_TELEMETRY] = "telemetry", [TOPIC_OCCUPANCY] = "occupancy",
    [TOPIC_CLOUD_STATUS] = "status", [TOPIC_COMMAND] = "command",
    [TOPIC_RIGHTS] = "rights",
};

static enum err topic_write(enum topic_kind kind, const char *place, const char *edge, char *ret)
{
    char memory[TOPIC_SIZE];
    struct buf b = buf_of(memory, sizeof memory);
    buf_add(&b, prefix, sizeof prefix - 1);
    buf_adds(&b, kind == TOPIC_CLOUD_STATUS ? reserved_place : place);
    buf_add(&b, "/", 1);
    if (kind != TOPIC_OCCUPANCY) {
        buf_adds(&b, edge);
        buf_add(&b, "/", 1);
    }
    buf_adds(&b, channels[kind]);
    if (b.overflow)
        return ERR_FULL;
    memcpy(ret, memory, b.len + 1);
    return ERR_OK;
}

/* Exactly the names the kind needs, none of them reserved. */
static bool names_fit(const struct topic *t)
{
    struct name again;
    bool wants_place = t->kind != TOPIC_CLOUD_STATUS, wants_edge = t->kind != TOPIC_OCCUPANCY;
    if (wants_place && (name_parse(t->place.text, strlen(t->place.text), &again) != ERR_OK ||
                        strcmp(t->place.text, reserved_place) == 0))
        return false;
    if (wants_edge && name_parse(t->edge.text, strlen(t->edge.text), &again) != ERR_OK)
        return false;
    return !wants_place || !wants_edge || strcmp(t->edge.text, reserved_edge) != 0;
}

enum err topic_format(const struct topic *t, char *ret)
{
    if ((unsigned)t->kind >= TOPIC_KINDS || !names_fit(t))
        return ERR_INVAL;
    return topic_write(t->kind, t->place.text, t->edge.text, ret);
}

enum err topic_filter_all(enum topic_kind kind, char *ret)
{
    if ((unsigned)kind >= TOPIC_KINDS)
        return ERR_INVAL;
    return topic_write(kind, "+", "+", ret);
}

/* Cuts the next level off text[*at..len); false at the end. */
static bool next_level(const char *text, size_t len, size_t *at, const char **ret, size_t *ret_len)
{
    if (*at > len)
        return false;
    const char *start = text + *at;
    const char *slash = memchr(start, '/', len - *at);
    *ret = start;
    *ret_len = slash ? (size_t)(slash - start) : len - *at;
    *at += *ret_len + 1;
    return true;
}

static bool level_is(const char *level, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(level, word, len) == 0;
}

/* The kind of an edge's topic by its last level. */
static enum err edge_kind(const char *level, size_t len, enum topic_kind *ret)
{
    for (int k = 0; k < TOPIC_EDGE_KINDS; k++) {
        if (level_is(level, len, channels[k])) {
            *ret = (enum topic_kind)k;
            return ERR_OK;
        }
    }
    return ERR_INVAL;
}

enum err topic_parse(const char *text, size_t len, struct topic *ret)
{
    enum { LEVELS_MAX = 3 };
    const char *level[LEVELS_MAX];
    size_t level_len[LEVELS_MAX], count = 0, at = sizeof prefix - 1;
    if (len < at || memcmp(text, prefix, at) != 0)
        return ERR_INVAL;
    while (count < LEVELS_MAX && next_level(text, len, &at, &level[count], &level_len[count]))
        count++;
    if (at <= len)
        return ERR_INVAL;

    struct topic t = {0};
    if (count == 2 && level_is(level[1], level_len[1], channels[TOPIC_OCCUPANCY])) {
        t.kind = TOPIC_OCCUPANCY;
        TRY(name_parse(level[0], level_len[0], &t.place));
    } else if (count == 3 && level_is(level[0], level_len[0], reserved_place)) {
        if (!level_is(level[2], level_len[2], channels[TOPIC_CLOUD_STATUS]))
            return ERR_INVAL;
        t.kind = TOPIC_CLOUD_STATUS;
        TRY(name_parse(level[1], level_len[1], &t.edge));
    } else if (count == 3) {
        TRY(edge_kind(level[2], level_len[2], &t.kind));
        TRY(name_parse(level[0], level_len[0], &t.place));
        TRY(name_parse(level[1], level_len[1], &t.edge));
    } else {
        return ERR_INVAL;
    }
    if (!names_fit(&t))
        return ERR_INVAL;
    *ret = t;
    return ERR_OK;
}
