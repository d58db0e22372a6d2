#include "cloud/service/rights.h"

#include "cloud/core/right.h"
#include "cloud/service/feed.h"
#include "cloud/service/request.h"
#include "cloud/service/rights_set.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/wire/record.h"

#include <stdlib.h>
#include <string.h>

#define HAVE_MAX (RECORD_INT_MAX / 2)

enum {
    CANDIDATES_MAX = 64,
    UNUSED_MS = 10 * 60 * 1000,             /* a list nobody asks for any more, real time */
    REMOVED_KEEP_MS = 7 * 24 * 3600 * 1000, /* domain time */
    EXPIRED_KEEP_MS = 24 * 3600 * 1000,     /* a stay may have begun under it */
    EXPIRED_MAX = 1000,                     /* at a time */
    DELTA_MAX = 50000,                      /* changes; with more a whole list is no longer */
};

static struct right_list_row *list_of(struct service *s, struct place *p)
{
    if (p->rights_known)
        return &p->rights;
    if (!FOUND(s, find_right_list, &p->row.settings.place, &p->rights))
        p->rights = (struct right_list_row){.place = p->row.settings.place};
    p->rights_known = true;
    return &p->rights;
}

/* ---- changes ---- */

static void announce(struct service *s, const struct place *p)
{
    for (size_t i = 0; i < p->edge_count; i++)
        if (p->edges[i]->live.online)
            rights_announce(s, p->edges[i], p->rights.version);
}

/* Is it news? A removal of what is not there is not. */
static bool is_news(struct service *s, const struct name *place, const struct right *r)
{
    struct right_row old;
    bool found = FOUND(s, find_right, place, &r->id, &old);
    return r->removed ? found && !old.right.removed : !found || !right_equal(&old.right, r);
}

static void put_all(struct service *s, struct place *p, const struct work *w,
                    struct admin_result *ret)
{
    struct right_list_row *list = list_of(s, p);
    for (size_t at = 0; at + sizeof(struct right) <= w->len; at += sizeof(struct right)) {
        struct right_row row = {
            .place = p->row.settings.place, .version = list->version + 1, .changed = s->now.wall};
        memcpy(&row.right, w->bytes + at, sizeof row.right);
        if (!is_news(s, &row.place, &row.right))
            continue;
        STORE(s, save_right, &row);
        ret->rights_changed++;
    }
    if (ret->rights_changed > 0) {
        list->version++;
        STORE(s, save_right_list, list);
        feed_rights(s, &p->row.settings.place, list->version, ret->rights_changed);
        announce(s, p);
        log_notice("rights.changed", LT("place", p->row.settings.place.text),
                   LN("version", list->version), LN("changed", ret->rights_changed));
    }
    ret->rights_version = list->version;
}

/* The first right at fault, in words. */
static bool fault_in(const struct work *w, char *ret_reason, size_t size)
{
    for (size_t at = 0; at + sizeof(struct right) <= w->len; at += sizeof(struct right)) {
        struct right r;
        memcpy(&r, w->bytes + at, sizeof r);
        const char *wrong = right_fault(&r);
        if (wrong == NULL)
            continue;
        struct buf b = buf_of(ret_reason, size);
        buf_addf(&b, "%s: %s", r.id.text, wrong);
        return true;
    }
    return false;
}

enum err rights_put(struct service *s, const struct work *w, struct admin_result *r)
{
    struct place *p = state_place(s, &w->admin.place.place);
    if (!p) {
        struct buf b = buf_of(r->reason, sizeof r->reason);
        buf_adds(&b, "no such place");
        return ERR_NOTFOUND;
    }
    if (fault_in(w, r->reason, sizeof r->reason))
        return ERR_INVAL;
    put_all(s, p, w, r);
    return ERR_OK;
}

static enum err refuse(struct admin_result *r, const char *reason)
{
    struct buf b = buf_of(r->reason, sizeof r->reason);
    buf_adds(&b, reason);
    return ERR_NOTFOUND;
}

/* Edges forget where a right is when it changes, and all rights with a whole list: the same right in a
 * new version, or a floor that leaves only whole lists. */
enum err rights_neutral(struct service *s, const struct work *w, struct admin_result *r)
{
    struct place *p = state_place(s, &w->admin.place.place);
    struct right_row row;
    struct right_id id = {""};
    if (!p)
        return refuse(r, "no such place");
    struct right_list_row *list = list_of(s, p);
    if (w->len == sizeof id) {
        memcpy(&id, w->bytes, sizeof id);
        if (!FOUND(s, find_right, &p->row.settings.place, &id, &row) || row.right.removed)
            return refuse(r, "no such right");
        row.version = list->version + 1;
        row.changed = s->now.wall;
        STORE(s, save_right, &row);
    }
    list->version++;
    if (w->len == 0)
        list->floor = list->version;
    STORE(s, save_right_list, list);
    announce(s, p);
    log_notice("rights.neutral", LT("place", p->row.settings.place.text), LT("right", id.text),
               LN("version", list->version));
    r->rights_version = list->version;
    r->rights_changed = 1;
    return ERR_OK;
}

/* ---- lists for edges ---- */

/* From here on edges take whole lists only. The new version is one that no ledger that is gone can have
 * given: those counted up from 1, or from an earlier time. */
static void begin_anew(struct service *s, struct place *p, int64_t have)
{
    struct right_list_row *list = list_of(s, p);
    int64_t seconds = s->now.wall.v / 1000;
    int64_t next = (have > list->version ? have : list->version) + 1;
    log_warn("rights.anew", LT("place", p->row.settings.place.text), LN("edge", have),
             LN("ours", list->version));
    list->version = next > seconds ? next : seconds;
    list->floor = list->version;
    STORE(s, save_right_list, list);
}

/* An edge that has, or fetches, more than we know of was served by a ledger that is gone: its list is
 * outbid, so that it takes ours. A number that cannot be counted up from is nobody's. */
static void outbid(struct service *s, struct place *p, int64_t have)
{
    if (have > list_of(s, p)->version && have <= HAVE_MAX)
        begin_anew(s, p, have);
}

void rights_restored(struct service *s, struct place *p)
{
    begin_anew(s, p, 0);
    announce(s, p);
}

static struct rights_set **slot_of(struct place *p, int64_t version, int64_t have)
{
    for (size_t i = 0; i < RIGHTS_SETS; i++) {
        struct rights_set *set = p->sets[i];
        if (set && rights_set_version(set) == version &&
            (rights_set_from(set) == 0 || rights_set_from(set) == have))
            return &p->sets[i];
    }
    return NULL;
}

/* An empty slot, or the one that was not used for the longest time. */
static struct rights_set **free_slot(struct place *p)
{
    struct rights_set **oldest = &p->sets[0];
    for (size_t i = 0; i < RIGHTS_SETS; i++) {
        if (!p->sets[i])
            return &p->sets[i];
        if (rights_set_used(p->sets[i])->v < rights_set_used(*oldest)->v)
            oldest = &p->sets[i];
    }
    rights_set_free(*oldest);
    *oldest = NULL;
    return oldest;
}

/* The list an edge fetches on with, or the newest for it. */
static struct rights_set *set_for(struct service *s, struct place *p,
                                  const struct rights_question *q)
{
    struct rights_set **slot = q->version != 0 ? slot_of(p, q->version, q->have) : NULL;
    if (!slot)
        slot = slot_of(p, p->rights.version, q->have);
    if (!slot) {
        bool delta = q->have > 0 && q->have >= p->rights.floor && q->have < p->rights.version;
        slot = free_slot(p);
        *slot = rights_set_build(s, p, delta ? q->have : 0);
        if (delta && rights_set_entries(*slot) > DELTA_MAX) {
            rights_set_free(*slot);
            *slot = rights_set_build(s, p, 0);
        }
    }
    *rights_set_used(*slot) = s->now.mono;
    return *slot;
}

void rights_ask(struct service *s, const struct work *w, struct edge *e, const struct request *r)
{
    const struct rights_question *q = &r->rights;
    struct place *p = e->place;
    struct decision_row d = {.place = w->place, .edge = w->edge};
    outbid(s, p, q->version > q->have ? q->version : q->have);
    struct right_list_row *list = list_of(s, p);
    d.response = (struct response){.kind = REQUEST_RIGHTS, .id = r->id};
    d.response.rights.version = list->version;
    d.response.rights.from = list->version;
    if (q->have == list->version) {
        respond(s, &d, w->correlation);
        return;
    }
    struct rights_set *set = set_for(s, p, q);
    int64_t of = rights_set_parts(set);
    bool on = q->version == rights_set_version(set) && q->part < of;
    d.response.rights = (struct rights_answer){rights_set_version(set), rights_set_from(set), of};
    respond(s, &d, w->correlation);
    for (int64_t i = on ? q->part : 0, n = 0; i < of && n < RIGHTS_AT_ONCE; i++, n++)
        rights_set_send(s, e, set, i);
}

/* ---- what they mean ---- */

static size_t rights_of(struct service *s, struct place *p, const struct plate *plate,
                        const struct credential_text *credential, struct right *ret)
{
    size_t count = 0;
    if ((plate->text[0] == '\0' && credential->text[0] == '\0') || list_of(s, p)->version == 0)
        return 0;
    STORE(s, rights_of, &p->row.settings.place, plate, credential, ret, CANDIDATES_MAX, &count);
    return count;
}

void rights_cover(struct service *s, struct place *p, struct session_row *r)
{
    struct right rights[CANDIDATES_MAX];
    size_t count = rights_of(s, p, &r->plate, &r->credential, rights);
    const struct right *found = right_covering(rights, count, &r->plate, &r->credential, r->start);
    if (!found)
        return;
    r->right = found->id;
    r->covered = right_end(found);
}

bool rights_bar(struct service *s, struct place *p, const struct plate *plate,
                const struct credential_text *credential)
{
    struct right rights[CANDIDATES_MAX];
    size_t count = rights_of(s, p, plate, credential, rights);
    return right_bars(rights, count, plate, credential, s->now.wall);
}

/* ---- the end ---- */

/* What ended long ago leaves the list as if it were taken away. */
static void drop_expired(struct service *s, struct place *p)
{
    const struct name *place = &p->row.settings.place;
    struct right_id *ended = mem_alloc(EXPIRED_MAX * sizeof *ended);
    struct right *removed = mem_alloc(EXPIRED_MAX * sizeof *removed);
    struct admin_result r = {.err = ERR_OK};
    size_t count = 0;
    STORE(s, expired_rights, place, wall_after(s->now.wall, -(int64_t)EXPIRED_KEEP_MS), ended,
          EXPIRED_MAX, &count);
    for (size_t i = 0; i < count; i++)
        removed[i] = (struct right){.id = ended[i], .removed = true};
    if (count > 0) {
        struct work *w = work_new(WORK_ADMIN, removed, count * sizeof *removed);
        w->admin.place.place = *place;
        put_all(s, p, w, &r);
        work_free(w);
        log_notice("rights.expired", LT("place", place->text), LN("count", count));
    }
    free(removed);
    free(ended);
}

void rights_prune(struct service *s)
{
    struct wall_ms before = wall_after(s->now.wall, -(int64_t)REMOVED_KEEP_MS);
    for (size_t i = 0; i < s->place_count; i++) {
        struct place *p = s->places[i];
        if (list_of(s, p)->version == 0)
            continue;
        drop_expired(s, p);
        STORE(s, prune_rights, &p->row.settings.place, before);
        p->rights_known = false; /* the floor may have risen */
        for (size_t k = 0; k < RIGHTS_SETS; k++) {
            if (!p->sets[k] ||
                mono_diff_ms(s->now.mono, *rights_set_used(p->sets[k])) < real_ms(s, UNUSED_MS))
                continue;
            rights_set_free(p->sets[k]);
            p->sets[k] = NULL;
        }
    }
}

void rights_forget(struct place *p)
{
    for (size_t i = 0; i < RIGHTS_SETS; i++)
        rights_set_free(p->sets[i]);
}
