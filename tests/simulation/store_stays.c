/* Events, Movements and sessions of the store in memory. */
#include "protocol/wire/plate_match.h"
#include "tests/simulation/store_tables.h"

#include <string.h>

enum err memory_add_event(void *self, const struct event_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of_numbers(r->stream, r->seq);
    if (table_find(&m->events, &k))
        return ERR_CONFLICT;
    struct event_row copy = *r;
    size_t kind_size = strlen(r->kind) + 1;
    char *kind = arena_take(&m->arena, kind_size + r->len);
    memcpy(kind, r->kind, kind_size);
    if (r->len > 0)
        memcpy(kind + kind_size, r->bytes, r->len);
    copy.kind = kind;
    copy.bytes = kind + kind_size;
    struct node *n = table_put(m, &m->events, &k, &copy);
    if (m->coming.events == NEWS_MAX)
        return ERR_FULL;
    m->coming_events[m->coming.events++] = n;
    return ERR_OK;
}

enum err memory_find_digest(void *self, int64_t stream, int64_t seq, struct digest *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of_numbers(stream, seq);
    struct event_row r;
    TRY(table_get(&m->events, &k, &r));
    *ret = r.digest;
    return ERR_OK;
}

/* ---- Movements ---- */

#define KEEP_TEXT(member)                                                                          \
    if (r->member.text[0] != '\0')                                                                 \
    to.member = r->member
#define KEEP_WORD(member)                                                                          \
    if (r->member != 0)                                                                            \
    to.member = r->member
#define KEEP_TIME(member)                                                                          \
    if (r->member.v != 0)                                                                          \
    to.member = r->member

enum err memory_merge_movement(void *self, const struct movement_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->id.text, "");
    struct movement_row to;
    if (table_get(&m->movements, &k, &to) != ERR_OK) {
        table_put(m, &m->movements, &k, r);
        return ERR_OK;
    }
    if (!name_equal(&to.place, &r->place) || !name_equal(&to.edge, &r->edge))
        return ERR_OK;
    KEEP_TEXT(lane);
    KEEP_TEXT(plate);
    KEEP_TEXT(raw);
    KEEP_TEXT(request);
    KEEP_TEXT(credential);
    KEEP_WORD(medium);
    KEEP_WORD(direction);
    KEEP_WORD(basis);
    KEEP_WORD(reason);
    KEEP_WORD(outcome);
    KEEP_TIME(presented);
    KEEP_TIME(authorised);
    KEEP_TIME(started);
    KEEP_TIME(completed);
    KEEP_TIME(ended);
    if (r->confidence >= 0)
        to.confidence = r->confidence;
    table_put(m, &m->movements, &k, &to);
    return ERR_OK;
}

enum err memory_find_movement(void *self, const struct movement_id *id, struct movement_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(id->text, "");
    return table_get(&m->movements, &k, ret);
}

/* ---- sessions ---- */

static struct node **sessions_of(struct store_memory *m, const struct plate *plate)
{
    struct store_key k = key_of(plate->text, "");
    struct head_row *h = row_of(table_at(m, &m->plates, &k));
    return &h->list;
}

enum err memory_save_session(void *self, const struct session_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->id.text, "");
    struct node *n = table_find(&m->sessions, &k);
    if (n) {
        struct session_row *old = row_of(n);
        if (strcmp(old->plate.text, r->plate.text) != 0) {
            list_drop(m, sessions_of(m, &old->plate), n);
            list_add(m, sessions_of(m, &r->plate), n);
        }
        arena_write(&m->arena, old, r, sizeof *r);
        return ERR_OK;
    }
    n = table_put(m, &m->sessions, &k, r);
    list_add(m, sessions_of(m, &r->plate), n);
    return ERR_OK;
}

enum err memory_find_session(void *self, const struct movement_id *id, struct session_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(id->text, "");
    return table_get(&m->sessions, &k, ret);
}

static const struct node *plate_list(const struct store_memory *m, const struct plate *plate)
{
    struct store_key k = key_of(plate->text, "");
    const struct node *n = table_find(&m->plates, &k);
    return n ? ((struct head_row *)row_of(n))->list : NULL;
}

/* What began by `at` before what did not, then the latest. */
static bool begins_better(const struct session_row *r, const struct session_row *best,
                          struct wall_ms at)
{
    bool by = r->start.v <= at.v, best_by = best->start.v <= at.v;
    return by != best_by ? by : r->start.v > best->start.v;
}

enum err memory_find_open_session(void *self, const struct name *place, const struct plate *plate,
                                  struct wall_ms at, struct session_row *ret)
{
    const struct session_row *best = NULL;
    for (const struct node *n = plate_list(self, plate); n; n = n->list) {
        const struct session_row *r = row_of(n);
        if (r->state == SESSION_OPEN && name_equal(&r->place, place) &&
            (!best || begins_better(r, best, at)))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}

enum err memory_find_unmatched(void *self, const struct name *place, const struct plate *plate,
                               struct wall_ms from, struct session_row *ret)
{
    const struct session_row *best = NULL;
    for (const struct node *n = plate_list(self, plate); n; n = n->list) {
        const struct session_row *r = row_of(n);
        if (r->state == SESSION_UNMATCHED && name_equal(&r->place, place) && r->end.v >= from.v &&
            (!best || r->end.v < best->end.v))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}

static int64_t began(const struct session_row *r)
{
    return r->start.v != 0 ? r->start.v : r->end.v;
}

static bool fits_better(const struct session_row *r, const struct session_row *best,
                        const struct name *place)
{
    bool here = name_equal(&r->place, place), best_here = name_equal(&best->place, place);
    if (here != best_here)
        return here;
    if ((r->state == SESSION_OPEN) != (best->state == SESSION_OPEN))
        return r->state == SESSION_OPEN;
    return began(r) > began(best);
}

enum err memory_find_credential_session(void *self, const struct name *place,
                                        const struct credential_text *credential,
                                        struct session_row *ret)
{
    struct store_memory *m = self;
    const struct session_row *best = NULL;
    for (struct node *n = m->sessions.first; n; n = n->later) {
        const struct session_row *r = row_of(n);
        if (r->credential.text[0] != '\0' && strcmp(r->credential.text, credential->text) == 0 &&
            (!best || fits_better(r, best, place)))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}

enum err memory_find_unmatched_credential(void *self, const struct name *place,
                                          const struct credential_text *credential,
                                          struct wall_ms from, struct session_row *ret)
{
    struct store_memory *m = self;
    const struct session_row *best = NULL;
    for (struct node *n = m->sessions.first; n; n = n->later) {
        const struct session_row *r = row_of(n);
        if (r->state == SESSION_UNMATCHED && name_equal(&r->place, place) && r->end.v >= from.v &&
            strcmp(r->credential.text, credential->text) == 0 && (!best || r->end.v < best->end.v))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}

/* Sessions stand under their plate: the plates with this folded form, then theirs in that state. */
enum err memory_near_sessions(void *self, const struct name *place, const struct plate *plate,
                              enum session_state state, struct wall_ms from,
                              struct session_row *ret, size_t max, size_t *ret_count)
{
    struct store_memory *m = self;
    size_t count = 0;
    for (struct node *p = m->plates.first; p; p = p->later) {
        const struct head_row *h = row_of(p);
        const struct session_row *any = h->list ? row_of(h->list) : NULL;
        if (!any || any->plate.text[0] == '\0' || plate_confusions(&any->plate, plate) < 0)
            continue;
        for (const struct node *n = h->list; n && count < max; n = n->list) {
            const struct session_row *r = row_of(n);
            if (r->state == state && name_equal(&r->place, place) &&
                (state == SESSION_OPEN || r->end.v >= from.v))
                ret[count++] = *r;
        }
    }
    *ret_count = count;
    return ERR_OK;
}
