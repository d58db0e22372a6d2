#include "cloud/core/records.h"

#include <string.h>

bool place_settings_equal(const struct place_settings *a, const struct place_settings *b)
{
    return name_equal(&a->place, &b->place) && strcmp(a->title, b->title) == 0 &&
           a->capacity == b->capacity && strcmp(a->zone, b->zone) == 0 &&
           strcmp(a->currency.code, b->currency.code) == 0 && name_equal(&a->tariff, &b->tariff) &&
           a->policy == b->policy && a->hold_max_ms == b->hold_max_ms &&
           a->exit_grace_ms == b->exit_grace_ms && a->unmatched_exit == b->unmatched_exit &&
           a->grant_size == b->grant_size && a->closed == b->closed &&
           name_equal(&a->parent, &b->parent) && a->stale_after_ms == b->stale_after_ms &&
           strcmp(a->hours, b->hours) == 0;
}

/* FNV-1a. */
static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i++)
        h = (h ^ in[i]) * 0x100000001b3u;
    return h;
}

static uint64_t mix_text(uint64_t h, const char *text)
{
    return mix(h, text, strlen(text) + 1); /* with its NUL: "a","bc" is not "ab","c" */
}

static uint64_t mix_int(uint64_t h, int64_t v)
{
    return mix(h, &v, sizeof v);
}

void place_settings_tag(const struct place_settings *s, char ret[TAG_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t h = 0xcbf29ce484222325u;
    h = mix_text(h, s->place.text);
    h = mix_text(h, s->title);
    h = mix_int(h, s->capacity);
    h = mix_text(h, s->zone);
    h = mix_text(h, s->currency.code);
    h = mix_text(h, s->tariff.text);
    h = mix_int(h, s->policy);
    h = mix_int(h, s->hold_max_ms);
    h = mix_int(h, s->exit_grace_ms);
    h = mix_int(h, s->unmatched_exit);
    h = mix_int(h, s->grant_size);
    h = mix_int(h, s->closed);
    h = mix_text(h, s->parent.text);
    h = mix_int(h, s->stale_after_ms);
    h = mix_text(h, s->hours);
    for (int i = 0; i < 16; i++)
        ret[i] = digits[(h >> (60 - 4 * i)) & 15];
    ret[16] = '\0';
}
