#include "cloud/service/rights_set.h"

#include "cloud/service/effect.h"
#include "protocol/support/digest.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

/* What a part has around its entries. */
enum { FRAME_MAX = 256, ENTRIES_BYTES_MAX = RIGHTS_BYTES_MAX - FRAME_MAX };

struct rights_set {
    int64_t from, version;
    struct set_part {
        char sha256[RIGHTS_SHA_SIZE];
        char *entries;
        size_t len;
    } * parts;
    size_t count, entry_count;
    struct mono_ms used;
};

struct builder {
    struct rights_set *set;
    struct right entries[RIGHTS_ENTRIES_MAX];
    size_t count;
    char text[ENTRIES_BYTES_MAX];
};

static void add_part(struct rights_set *set, const char *text, size_t len)
{
    char own[RIGHTS_SHA_SIZE];
    set->parts = mem_resize(set->parts, (set->count + 1) * sizeof *set->parts);
    struct set_part *p = &set->parts[set->count];
    const char *before = set->count > 0 ? set->parts[set->count - 1].sha256 : "";
    sha256_of(text, len, own);
    sha256_chain(before, own, p->sha256);
    p->entries = mem_copy(text, len);
    p->len = len;
    set->count++;
}

/* Entries at their longest do not all fit into one part: they are halved until they do. */
static void flush(struct builder *b, size_t at, size_t count)
{
    size_t len;
    enum err e = rights_entries_encode(b->entries + at, count, b->text, sizeof b->text, &len);
    if (e == ERR_FULL && count > 1) {
        flush(b, at, count / 2);
        flush(b, at + count / 2, count - count / 2);
        return;
    }
    if (e != ERR_OK)
        service_die("a right that cannot be encoded", e);
    add_part(b->set, b->text, len);
}

static void add(void *arg, const struct right *r)
{
    struct builder *b = arg;
    b->entries[b->count++] = *r;
    b->set->entry_count++;
    if (b->count < RIGHTS_ENTRIES_MAX)
        return;
    flush(b, 0, b->count);
    b->count = 0;
}

struct rights_set *rights_set_build(struct service *s, const struct place *p, int64_t from)
{
    struct builder *b = mem_alloc(sizeof *b);
    b->set = mem_alloc(sizeof *b->set);
    b->set->from = from;
    b->set->version = p->rights.version;
    STORE(s, each_right, &p->row.settings.place, from, add, b);
    if (b->count > 0 || b->set->count == 0)
        flush(b, 0, b->count);
    struct rights_set *set = b->set;
    free(b);
    return set;
}

void rights_set_free(struct rights_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        free(set->parts[i].entries);
    free(set->parts);
    free(set);
}

int64_t rights_set_version(const struct rights_set *set)
{
    return set->version;
}

int64_t rights_set_from(const struct rights_set *set)
{
    return set->from;
}

int64_t rights_set_parts(const struct rights_set *set)
{
    return (int64_t)set->count;
}

size_t rights_set_entries(const struct rights_set *set)
{
    return set->entry_count;
}

struct mono_ms *rights_set_used(struct rights_set *set)
{
    return &set->used;
}

static void send_part(struct service *s, const struct edge *e, const struct rights_part *frame,
                      const char *entries, size_t len)
{
    char text[RIGHTS_BYTES_MAX + 1];
    size_t text_len;
    enum err result = rights_frame(frame, entries, len, text, sizeof text, &text_len);
    if (result != ERR_OK)
        service_die("a part that cannot be encoded", result);
    struct effect *out = effect_add(s, EFFECT_RIGHTS, &e->row.place, &e->row.edge);
    out->rights.bytes = mem_copy(text, text_len);
    out->rights.len = text_len;
}

void rights_set_send(struct service *s, const struct edge *e, const struct rights_set *set,
                     int64_t i)
{
    const struct set_part *p = &set->parts[i];
    struct rights_part *frame = mem_alloc(sizeof *frame);
    frame->version = set->version;
    frame->from = set->from;
    frame->part = i;
    frame->of = (int64_t)set->count;
    memcpy(frame->sha256, p->sha256, sizeof frame->sha256);
    send_part(s, e, frame, p->entries, p->len);
    free(frame);
}

void rights_announce(struct service *s, const struct edge *e, int64_t version)
{
    struct rights_part *frame = mem_alloc(sizeof *frame);
    char own[RIGHTS_SHA_SIZE];
    frame->version = version;
    sha256_of("[]", 2, own);
    sha256_chain("", own, frame->sha256);
    send_part(s, e, frame, "[]", 2);
    free(frame);
}
