/* TZif files (RFC 8536), version 2 and later: the second, 64-bit block is read and its footer, a
 * POSIX TZ rule, expanded up to 2100. Files with leap seconds (the "right/" zones) are refused: our
 * count of seconds has none. */
#include "protocol/support/zone.h"

#include "protocol/support/memory.h"
#include "protocol/support/zone_rule.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 65536,
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    FOOTER_MAX = 64,
    OFFSET_MAX_S = 26 * 3600
};

struct reader {
    const unsigned char *bytes;
    size_t len;
};

/* The counts of a TZif header, in the order of the file. */
struct header {
    uint32_t isut, isstd, leap, time, type, chars;
};

static int64_t big_endian(const unsigned char *p, size_t bytes)
{
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

static enum err take(struct reader *r, size_t len, const unsigned char **ret)
{
    if (len > r->len)
        return ERR_INVAL;
    *ret = r->bytes;
    r->bytes += len;
    r->len -= len;
    return ERR_OK;
}

static enum err take_header(struct reader *r, struct header *ret)
{
    const unsigned char *p;
    TRY(take(r, HEADER_SIZE, &p));
    if (memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return ERR_INVAL;
    uint32_t counts[6];
    for (size_t i = 0; i < 6; i++) {
        counts[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
        if (counts[i] > FILE_MAX)
            return ERR_INVAL;
    }
    *ret = (struct header){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
    return ERR_OK;
}

static size_t block_size(const struct header *h, size_t time_size)
{
    return h->time * time_size + h->time + (size_t)h->type * TYPE_SIZE + h->chars +
           h->leap * (time_size + 4) + h->isstd + h->isut;
}

/* Appends a transition unless it changes nothing (a new abbreviation, a flag). */
static enum err append(struct zone_table *z, int64_t at_s, int64_t offset_s)
{
    int32_t before = z->count == 0 ? z->first_offset_s : z->transitions[z->count - 1].offset_s;
    if (offset_s == before)
        return ERR_OK;
    if (z->count == ZONE_TRANSITIONS_MAX)
        return ERR_INVAL;
    z->transitions[z->count++] = (struct zone_transition){at_s, (int32_t)offset_s};
    return ERR_OK;
}

static enum err read_block(const unsigned char *p, const struct header *h, struct zone_table *z,
                           int64_t *ret_last_s)
{
    const unsigned char *indices = p + 8 * (size_t)h->time;
    const unsigned char *types = indices + h->time;
    int64_t last_s = INT64_MIN;
    z->first_offset_s = (int32_t)big_endian(types, 4);
    for (uint32_t i = 0; i < h->type; i++) {
        int64_t offset_s = big_endian(types + (size_t)i * TYPE_SIZE, 4);
        if (offset_s < -OFFSET_MAX_S || offset_s > OFFSET_MAX_S)
            return ERR_INVAL;
    }
    for (uint32_t i = 0; i < h->time; i++) {
        int64_t at_s = big_endian(p + 8 * (size_t)i, 8);
        if (indices[i] >= h->type || (i > 0 && at_s <= last_s))
            return ERR_INVAL;
        TRY(append(z, at_s, big_endian(types + (size_t)indices[i] * TYPE_SIZE, 4)));
        last_s = at_s;
    }
    *ret_last_s = last_s;
    return ERR_OK;
}

/* "\n" rule "\n"; an empty rule: the last transition holds for ever. */
static enum err read_footer(struct reader *r, struct zone_table *z, int64_t last_s)
{
    char text[FOOTER_MAX];
    const unsigned char *p;
    TRY(take(r, 1, &p));
    const unsigned char *end = memchr(r->bytes, '\n', r->len);
    if (*p != '\n' || !end || end - r->bytes >= FOOTER_MAX)
        return ERR_INVAL;
    size_t len = (size_t)(end - r->bytes);
    memcpy(text, r->bytes, len);
    text[len] = '\0';
    if (len == 0)
        return ERR_OK;
    struct zone_rule rule;
    struct zone_transition list[ZONE_RULE_TRANSITIONS_MAX];
    TRY(zone_rule_parse(text, &rule));
    size_t count = zone_rule_expand(&rule, last_s, list);
    for (size_t i = 0; i < count; i++)
        TRY(append(z, list[i].at_s, list[i].offset_s));
    return ERR_OK;
}

static enum err read_zone(struct reader r, struct zone_table *z)
{
    struct header h;
    const unsigned char *block;
    int64_t last_s;
    TRY(take_header(&r, &h));
    TRY(take(&r, block_size(&h, 4), &block));
    TRY(take_header(&r, &h));
    if (h.type == 0 || h.leap != 0)
        return ERR_INVAL;
    TRY(take(&r, block_size(&h, 8), &block));
    TRY(read_block(block, &h, z, &last_s));
    return read_footer(&r, z, last_s);
}

/* Letters, digits and "_+-/" in parts that are not empty: no way out of the folder. */
static bool is_zone_name(const char *name)
{
    size_t len = strlen(name);
    if (len < 1 || len >= sizeof((struct zone_table *)0)->name || name[0] == '/' ||
        name[len - 1] == '/' || strstr(name, "//"))
        return false;
    for (const char *p = name; *p; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9') &&
            !strchr("_+-/", *p))
            return false;
    return true;
}

enum err zone_load(const char *name, struct zone_table *ret)
{
    if (!is_zone_name(name))
        return ERR_INVAL;
    const char *folder = getenv("TZDIR");
    char path[512];
    int n = snprintf(path, sizeof path, "%s/%s",
                     folder && folder[0] ? folder : "/usr/share/zoneinfo", name);
    if (n < 0 || (size_t)n >= sizeof path)
        return ERR_INVAL;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return ERR_NOTFOUND;
    unsigned char *bytes = mem_alloc(FILE_MAX);
    size_t len = fread(bytes, 1, FILE_MAX, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    struct zone_table *z = mem_alloc(sizeof *z);
    snprintf(z->name, sizeof z->name, "%s", name);
    enum err e = failed ? ERR_NOTFOUND : read_zone((struct reader){bytes, len}, z);
    if (e == ERR_OK)
        *ret = *z;
    free(z);
    free(bytes);
    return e;
}
