#include "edge/core/right.h"

#include "protocol/wire/plate_match.h"

#include <string.h>

enum nearness { NEAR_NOT, NEAR_ONE, NEAR_EXACT };

static enum nearness nearness_of(const struct right *r, const struct plate *plate,
                                 const char *credential)
{
    if (credential[0] != '\0' && strcmp(r->credential, credential) == 0)
        return NEAR_EXACT;
    if (plate->text[0] == '\0' || r->plate.text[0] == '\0')
        return NEAR_NOT;
    int differ = plate_confusions(&r->plate, plate);
    return differ == 0 ? NEAR_EXACT : differ == 1 ? NEAR_ONE : NEAR_NOT;
}

static bool within(const struct right *r, const struct right_clock *c)
{
    return (r->from.v == 0 || c->now.v >= r->from.v) && (r->until.v == 0 || c->now.v < r->until.v);
}

/* R4 */
static bool tellable(const struct right *r, const struct right_clock *c)
{
    return c->trusted || (r->from.v == 0 && r->until.v == 0);
}

/* R2 */
static bool confirmed(const struct right *r, const struct right_clock *c)
{
    int64_t offline_s = r->offline_s > 0 ? r->offline_s : RIGHT_OFFLINE_DEFAULT_S;
    return c->unconfirmed_ms / 1000 < offline_s;
}

static bool carries(const struct right *r)
{
    return r->kind == RIGHT_PERMIT || r->kind == RIGHT_BOOKING;
}

static struct right_found found(enum right_verdict verdict, const struct right *r)
{
    return (struct right_found){.verdict = verdict, .id = r->id, .space = r->space};
}

static const struct right *barring(const struct right *list, size_t count,
                                   const struct plate *plate, const char *credential,
                                   const struct right_clock *c)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == RIGHT_DENY && nearness_of(&list[i], plate, credential) == NEAR_EXACT &&
            (!c->trusted || within(&list[i], c)))
            return &list[i];
    return NULL;
}

/* R3: the one permit that is meant, or NULL. */
static const struct right *nearly(const struct right *list, size_t count, const struct plate *plate,
                                  const struct right_clock *c)
{
    const struct right *one = NULL;
    for (size_t i = 0; i < count; i++) {
        enum nearness n = nearness_of(&list[i], plate, "");
        if (n == NEAR_EXACT)
            return NULL;
        if (n != NEAR_ONE || list[i].kind != RIGHT_PERMIT)
            continue;
        if (one != NULL)
            return NULL;
        one = &list[i];
    }
    bool good = one != NULL && tellable(one, c) && confirmed(one, c) && within(one, c);
    return good ? one : NULL;
}

struct right_found right_judge(const struct right *list, size_t count, const struct plate *plate,
                               const char *credential, const struct right_clock *clock)
{
    const struct right *outside = NULL;
    const struct right *bar = barring(list, count, plate, credential, clock);
    if (bar != NULL)
        return found(RIGHT_BARRED, bar);
    for (size_t i = 0; i < count; i++) {
        const struct right *r = &list[i];
        if (!carries(r) || nearness_of(r, plate, credential) != NEAR_EXACT || !tellable(r, clock) ||
            !confirmed(r, clock))
            continue;
        if (within(r, clock))
            return found(RIGHT_HONOURED, r);
        outside = r;
    }
    if (outside != NULL)
        return found(RIGHT_NOT_VALID, outside);
    const struct right *near = nearly(list, count, plate, clock);
    return near != NULL ? found(RIGHT_HONOURED, near) : (struct right_found){0};
}
