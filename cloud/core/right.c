#include "cloud/core/right.h"

#include "protocol/wire/plate_match.h"

#include <string.h>

static bool in_time(const struct right *r, struct wall_ms t)
{
    return (r->from.v == 0 || t.v >= r->from.v) && (r->until.v == 0 || t.v < r->until.v);
}

static bool valid_at(const struct right *r, struct wall_ms t)
{
    return (r->kind == RIGHT_PERMIT || r->kind == RIGHT_BOOKING) && in_time(r, t);
}

static bool shown(const struct right *r, const struct credential_text *credential)
{
    return credential->text[0] != '\0' && strcmp(r->credential, credential->text) == 0;
}

/* How many characters of its plate differ from this one; -1: it is not meant. */
static int distance(const struct right *r, const struct plate *plate,
                    const struct credential_text *credential)
{
    if (shown(r, credential))
        return 0;
    bool both = r->plate.text[0] != '\0' && plate->text[0] != '\0';
    return both ? plate_confusions(&r->plate, plate) : -1;
}

const struct right *right_covering(const struct right *rights, size_t count,
                                   const struct plate *plate,
                                   const struct credential_text *credential, struct wall_ms start)
{
    const struct right *exact = NULL, *near = NULL;
    size_t exact_count = 0, near_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct right *r = &rights[i];
        int differ = distance(r, plate, credential);
        exact_count += differ == 0;
        if (differ == 0 && valid_at(r, start) &&
            (exact == NULL || right_end(r).v > right_end(exact).v))
            exact = r;
        if (differ == 1 && r->kind == RIGHT_PERMIT) {
            near_count++;
            near = r;
        }
    }
    if (exact_count > 0)
        return exact;
    return near_count == 1 && valid_at(near, start) ? near : NULL;
}

bool right_bars(const struct right *rights, size_t count, const struct plate *plate,
                const struct credential_text *credential, struct wall_ms at)
{
    for (size_t i = 0; i < count; i++)
        if (rights[i].kind == RIGHT_DENY && in_time(&rights[i], at) &&
            distance(&rights[i], plate, credential) == 0)
            return true;
    return false;
}

struct wall_ms right_end(const struct right *r)
{
    return r->until.v != 0 ? r->until : (struct wall_ms){INT64_MAX};
}

struct wall_ms session_uncovered(const struct session_row *s, struct wall_ms end)
{
    struct wall_ms t = s->covered.v > s->start.v ? s->covered : s->start;
    return t.v < end.v ? t : end;
}

bool right_equal(const struct right *a, const struct right *b)
{
    return strcmp(a->id.text, b->id.text) == 0 && a->removed == b->removed && a->kind == b->kind &&
           strcmp(a->plate.text, b->plate.text) == 0 && strcmp(a->credential, b->credential) == 0 &&
           a->from.v == b->from.v && a->until.v == b->until.v && a->offline_s == b->offline_s &&
           a->space == b->space;
}
