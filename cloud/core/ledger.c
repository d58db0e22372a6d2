#include "cloud/core/ledger.h"

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct place_ledger ledger_of(int64_t capacity)
{
    return (struct place_ledger){.capacity = capacity, .pool = capacity};
}

/* Each of these adds to one counter of both sides and says whether a rule broke by it: a counter
 * that was below zero before is not blamed again. */
static unsigned add_view(struct space_view *v, int64_t n)
{
    v->view += n;
    return n < 0 && v->view < 0 ? RULE_VIEW : 0;
}

static unsigned add_pending(struct place_ledger *p, struct space_view *v, int64_t n)
{
    p->pending += n;
    v->pending += n;
    return n < 0 && v->pending < 0 ? RULE_PENDING : 0;
}

static unsigned add_overdraft(struct place_ledger *p, struct space_view *v, int64_t n)
{
    p->overdraft += n;
    v->overdraft += n;
    return n < 0 && v->overdraft < 0 ? RULE_OVERDRAFT : 0;
}

/* A credit of n at the edge pays its overdraft first. */
static unsigned credit(struct place_ledger *p, struct space_view *v, int64_t n, int64_t repaid)
{
    return add_view(v, n - repaid) | add_overdraft(p, v, -repaid);
}

enum err ledger_offer(struct place_ledger *p, struct space_view *v, int64_t n)
{
    if (n < 1 || n > ledger_available(p))
        return ERR_FULL;
    p->pool -= n;
    v->view += n;
    return ERR_OK;
}

enum err ledger_hold(struct place_ledger *p, int64_t n)
{
    if (n < 1 || n > ledger_available(p))
        return ERR_FULL;
    p->pool -= n;
    p->held += n;
    return ERR_OK;
}

enum err ledger_bind(struct place_ledger *p, struct space_view *v, int64_t n)
{
    if (n < 1 || n > p->held)
        return ERR_FULL;
    p->held -= n;
    v->view += n;
    return ERR_OK;
}

unsigned ledger_accepted(struct place_ledger *p, struct space_view *v, enum grant_fact g,
                         int64_t offered, int64_t n, int64_t repaid)
{
    int64_t counted = g == GRANT_WAITING ? offered : 0;
    unsigned broken = g == GRANT_ANSWERED || (g == GRANT_WAITING && n != offered) ? RULE_GRANT : 0;
    p->pool -= n - counted;
    broken |= add_view(v, n - counted);
    return broken | credit(p, v, 0, repaid);
}

unsigned ledger_declined(struct place_ledger *p, struct space_view *v, enum grant_fact g,
                         int64_t offered)
{
    if (g != GRANT_WAITING)
        return g == GRANT_ANSWERED ? RULE_GRANT : 0;
    p->pool += offered;
    return add_view(v, -offered);
}

unsigned ledger_authorised(struct place_ledger *p, struct space_view *v, enum spent spent)
{
    unsigned broken = spent == SPENT_OVERDRAFT ? add_overdraft(p, v, 1) : add_view(v, -1);
    return broken | add_pending(p, v, 1);
}

unsigned ledger_entered(struct place_ledger *p, struct space_view *v)
{
    p->occupied += 1;
    return add_pending(p, v, -1);
}

unsigned ledger_voided(struct place_ledger *p, struct space_view *v, int64_t repaid)
{
    return add_pending(p, v, -1) | credit(p, v, 1, repaid);
}

unsigned ledger_intruded(struct place_ledger *p, struct space_view *v, enum spent spent)
{
    p->occupied += 1;
    return spent == SPENT_SPACE ? add_view(v, -1) : add_overdraft(p, v, 1);
}

unsigned ledger_left(struct place_ledger *p, struct space_view *v, int64_t repaid)
{
    p->occupied -= 1;
    return credit(p, v, 1, repaid);
}

unsigned ledger_returned(struct place_ledger *p, struct space_view *v, int64_t n)
{
    p->pool += n;
    return add_view(v, -n);
}

void ledger_fence(struct place_ledger *p, struct space_view *v)
{
    p->pool -= v->overdraft;
    p->overdraft -= v->overdraft;
    v->overdraft = 0;
}

int64_t ledger_release(struct place_ledger *p, struct space_view *v)
{
    int64_t held = v->view + v->pending;
    p->pool += held;
    p->pending -= v->pending;
    v->view = v->pending = 0;
    return held;
}

void ledger_count(struct place_ledger *p, int64_t occupied)
{
    p->pool -= occupied - p->occupied;
    p->occupied = occupied;
}

void ledger_correct(struct place_ledger *p, int64_t delta)
{
    ledger_count(p, p->occupied + delta);
}

void ledger_resize(struct place_ledger *p, int64_t capacity)
{
    p->pool += capacity - p->capacity;
    p->capacity = capacity;
}

unsigned ledger_apply(struct place_ledger *p, struct space_view *v, const struct event *e,
                      enum grant_fact g, int64_t offered)
{
    const struct event_data *d = &e->data;
    bool entry = d->direction == DIRECTION_ENTRY;
    switch (e->kind) {
    case EVENT_PASSAGE_AUTHORISED: return entry ? ledger_authorised(p, v, d->spent) : 0;
    case EVENT_PASSAGE_COMPLETED:
        return entry ? ledger_entered(p, v) : ledger_left(p, v, d->repaid);
    case EVENT_PASSAGE_VOIDED: return entry ? ledger_voided(p, v, d->repaid) : 0;
    case EVENT_PASSAGE_UNAUTHORISED:
        return entry ? ledger_intruded(p, v, d->spent) : ledger_left(p, v, d->repaid);
    case EVENT_SPACE_ACCEPTED: return ledger_accepted(p, v, g, offered, d->n, d->repaid);
    case EVENT_SPACE_DECLINED: return ledger_declined(p, v, g, offered);
    case EVENT_SPACE_RETURNED: return ledger_returned(p, v, d->n);
    default: return 0;
    }
}

void ledger_sum(struct space_view *sum, const struct space_view *v)
{
    sum->view += v->view;
    sum->pending += v->pending;
    sum->overdraft += v->overdraft;
}

bool ledger_balanced(const struct place_ledger *p, const struct space_view *sum)
{
    return p->pending == sum->pending && p->overdraft == sum->overdraft &&
           p->occupied + p->pending + sum->view + p->held + p->pool == p->capacity + p->overdraft;
}

int64_t ledger_available(const struct place_ledger *p)
{
    return max_of(0, p->pool + min_of(0, p->occupied) - max_of(0, p->overdraft));
}

void ledger_published(const struct place_ledger *p, int64_t *ret_occupied, int64_t *ret_free)
{
    *ret_occupied = min_of(max_of(p->occupied, 0), p->capacity);
    int64_t taken = max_of(p->occupied, 0) + max_of(p->pending, 0) + p->held;
    *ret_free = max_of(0, p->capacity - taken);
}

int64_t offer_size(int64_t capacity, int64_t configured)
{
    int64_t size = configured > 0 ? configured : max_of(1, min_of(20, capacity / 10));
    return min_of(size, OFFER_MAX);
}

static int64_t deficit(const struct offer_edge *e, int64_t size)
{
    return max_of(0, size - max_of(e->view, 0) - e->n);
}

static bool needy(const struct offer_edge *e, int64_t size)
{
    return e->eligible && (e->asked || max_of(e->view, 0) * 3 < size);
}

void offer_plan(int64_t available, int64_t size, struct offer_edge *edges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        edges[i].n = 0;
    while (available > 0) {
        int64_t waiting = 0;
        for (size_t i = 0; i < count; i++)
            waiting += needy(&edges[i], size) && deficit(&edges[i], size) > 0;
        if (waiting == 0)
            return;
        int64_t share = max_of(1, available / waiting);
        for (size_t i = 0; i < count && available > 0; i++) {
            if (!needy(&edges[i], size))
                continue;
            int64_t n = min_of(min_of(share, deficit(&edges[i], size)), available);
            edges[i].n += n;
            available -= n;
        }
    }
}
