/* core/ledger.h: every step keeps L1 and L2, broken rules are named, random legal histories
 * (duplicates are removed by the stream) keep it, and hold never more vehicles than capacity +
 * overdraft: without intruders, never more than the capacity. */
#include "cloud/core/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { EDGES = 3 };

struct world {
    struct place_ledger p;
    struct space_view v[EDGES];
};

static void assert_balanced(const struct world *w)
{
    struct space_view sum = {0};
    for (int i = 0; i < EDGES; i++)
        ledger_sum(&sum, &w->v[i]);
    assert_true(ledger_balanced(&w->p, &sum));
}

static struct event event_of(enum event_kind kind, enum direction direction)
{
    return (struct event){.kind = kind, .data = {.direction = direction, .spent = SPENT_SPACE}};
}

static void offer_needs_room(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(10)};
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 11), ERR_FULL);
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 0), ERR_FULL);
    assert_int_equal(w.p.pool, 10);
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 10), ERR_OK);
    assert_int_equal(w.p.pool, 0);
    assert_int_equal(w.v[0].view, 10);
    assert_balanced(&w);

    /* A count below zero is taken off what may be offered. */
    struct place_ledger p = ledger_of(10);
    p.occupied = -3;
    assert_int_equal(ledger_available(&p), 7);
    p.pool = -1;
    assert_int_equal(ledger_available(&p), 0);
}

static void one_stay(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(10)};
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 4), ERR_OK);
    assert_int_equal(ledger_accepted(&w.p, &w.v[0], GRANT_WAITING, 4, 4, 0), 0);
    assert_int_equal(w.v[0].view, 4);
    assert_int_equal(ledger_authorised(&w.p, &w.v[0], SPENT_NONE), 0);
    assert_int_equal(w.p.pending, 1);
    assert_int_equal(ledger_entered(&w.p, &w.v[0]), 0);
    assert_int_equal(w.p.occupied, 1);
    assert_int_equal(w.p.pending, 0);
    assert_int_equal(ledger_left(&w.p, &w.v[1], 0), 0);
    assert_int_equal(w.p.occupied, 0);
    assert_int_equal(w.v[1].view, 1);
    assert_int_equal(ledger_returned(&w.p, &w.v[1], 1), 0);
    assert_int_equal(w.p.pool, 7);
    assert_balanced(&w);
}

static void overdraft_is_worked_off(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(2)};
    assert_int_equal(ledger_intruded(&w.p, &w.v[0], SPENT_OVERDRAFT), 0);
    assert_int_equal(w.p.overdraft, 1);
    assert_int_equal(w.p.occupied, 1);
    assert_balanced(&w);
    /* One is inside of two: no admission may add to the intrusion. */
    assert_int_equal(ledger_available(&w.p), 1);
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 2), ERR_FULL);
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 1), ERR_OK);
    /* Accepting pays the debt first: the edge holds nothing. */
    assert_int_equal(ledger_accepted(&w.p, &w.v[0], GRANT_WAITING, 1, 1, 1), 0);
    assert_int_equal(w.v[0].view, 0);
    assert_int_equal(w.p.overdraft, 0);
    assert_int_equal(ledger_available(&w.p), 1);
    assert_balanced(&w);
    assert_int_equal(ledger_left(&w.p, &w.v[0], 1), RULE_OVERDRAFT);
    assert_balanced(&w);
}

static void grants_answered_oddly(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(10)};
    /* Not known: a restored database. The spaces come out of the pool now. */
    assert_int_equal(ledger_accepted(&w.p, &w.v[0], GRANT_NOT_KNOWN, 0, 3, 0), 0);
    assert_int_equal(w.p.pool, 7);
    assert_int_equal(w.v[0].view, 3);
    assert_int_equal(ledger_accepted(&w.p, &w.v[0], GRANT_ANSWERED, 3, 3, 0), RULE_GRANT);
    assert_int_equal(w.v[0].view, 6);
    assert_int_equal(ledger_offer(&w.p, &w.v[1], 2), ERR_OK);
    assert_int_equal(ledger_accepted(&w.p, &w.v[1], GRANT_WAITING, 2, 3, 0), RULE_GRANT);
    assert_int_equal(w.v[1].view, 3);
    assert_int_equal(ledger_declined(&w.p, &w.v[1], GRANT_ANSWERED, 2), RULE_GRANT);
    assert_int_equal(ledger_declined(&w.p, &w.v[1], GRANT_NOT_KNOWN, 0), 0);
    assert_balanced(&w);
    int64_t pool = w.p.pool;
    assert_int_equal(ledger_offer(&w.p, &w.v[1], 1), ERR_OK);
    assert_int_equal(ledger_declined(&w.p, &w.v[1], GRANT_WAITING, 1), 0);
    assert_int_equal(w.p.pool, pool);
    assert_balanced(&w);
}

/* Every kind, in both directions, from nothing: whatever is reported, L1 and L2 stay. */
static void any_event_balances(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        for (int direction = 0; direction <= DIRECTION_EXIT; direction++)
            for (int repaid = 0; repaid <= 1; repaid++)
                for (int g = GRANT_NOT_KNOWN; g <= GRANT_ANSWERED; g++) {
                    struct world w = {.p = ledger_of(5)};
                    if (g == GRANT_WAITING)
                        assert_int_equal(ledger_offer(&w.p, &w.v[0], 2), ERR_OK);
                    struct event e = event_of((enum event_kind)kind, (enum direction)direction);
                    e.data.repaid = repaid;
                    e.data.n = 3;
                    e.data.spent = repaid ? SPENT_OVERDRAFT : SPENT_SPACE;
                    ledger_apply(&w.p, &w.v[0], &e, (enum grant_fact)g, 2);
                    assert_balanced(&w);
                }
}

/* What nobody works off any more the pool pays; the rest stays reserved. */
static void fencing_leaves_no_overdraft(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(5)};
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 3), ERR_OK);
    assert_int_equal(ledger_intruded(&w.p, &w.v[0], SPENT_OVERDRAFT), 0);
    assert_int_equal(ledger_authorised(&w.p, &w.v[0], SPENT_OVERDRAFT), 0);
    assert_int_equal(ledger_authorised(&w.p, &w.v[0], SPENT_NONE), 0);
    assert_balanced(&w);
    ledger_fence(&w.p, &w.v[0]);
    assert_balanced(&w);
    assert_int_equal(w.v[0].overdraft, 0);
    assert_int_equal(w.v[0].view, 2);
    assert_int_equal(w.v[0].pending, 2);
    assert_int_equal(w.p.pool, 0);
    assert_int_equal(ledger_available(&w.p), 0);
}

/* What is held for rights is not offered to others. */
static void held_then_bound(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(2)};
    assert_int_equal(ledger_bind(&w.p, &w.v[0], 1), ERR_FULL);
    assert_int_equal(ledger_hold(&w.p, 1), ERR_OK);
    assert_int_equal(ledger_available(&w.p), 1);
    assert_int_equal(ledger_hold(&w.p, 2), ERR_FULL);
    assert_balanced(&w);
    assert_int_equal(ledger_bind(&w.p, &w.v[0], 1), ERR_OK);
    assert_int_equal(w.p.held, 0);
    assert_int_equal(w.v[0].view, 1);
    assert_balanced(&w);
}

/* A count takes the place of the books: fewer inside fill the pool, more empty it below zero. */
static void a_count_and_what_comes_back(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(5)};
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 3), ERR_OK);
    assert_int_equal(ledger_authorised(&w.p, &w.v[0], SPENT_NONE), 0);
    assert_int_equal(ledger_release(&w.p, &w.v[0]), 3);
    assert_int_equal(w.v[0].view, 0);
    assert_int_equal(w.p.pending, 0);
    assert_int_equal(w.p.pool, 5);
    ledger_count(&w.p, 7);
    assert_int_equal(w.p.occupied, 7);
    assert_int_equal(w.p.pool, -2);
    assert_balanced(&w);
    ledger_count(&w.p, 0);
    assert_int_equal(w.p.pool, 5);
    assert_balanced(&w);
}

static void rules_are_named(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(5)};
    assert_int_equal(ledger_authorised(&w.p, &w.v[0], SPENT_NONE), RULE_VIEW);
    assert_int_equal(ledger_entered(&w.p, &w.v[0]), 0);
    assert_int_equal(ledger_entered(&w.p, &w.v[0]), RULE_PENDING);
    assert_int_equal(ledger_voided(&w.p, &w.v[0], 0), RULE_PENDING);
    assert_int_equal(ledger_returned(&w.p, &w.v[1], 1), RULE_VIEW);
    assert_balanced(&w);
}

static void capacity_changes(void **state)
{
    (void)state;
    struct world w = {.p = ledger_of(10)};
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 8), ERR_OK);
    ledger_resize(&w.p, 5);
    assert_int_equal(w.p.pool, -3);
    assert_int_equal(ledger_available(&w.p), 0);
    assert_int_equal(ledger_offer(&w.p, &w.v[0], 1), ERR_FULL);
    assert_balanced(&w);
    ledger_resize(&w.p, 20);
    assert_int_equal(ledger_available(&w.p), 12);
    assert_balanced(&w);
}

static void published_is_clamped(void **state)
{
    (void)state;
    int64_t occupied, free_spaces;
    struct place_ledger p = {.capacity = 10, .occupied = -2, .pending = 1};
    ledger_published(&p, &occupied, &free_spaces);
    assert_int_equal(occupied, 0);
    assert_int_equal(free_spaces, 9);
    p.occupied = 12;
    ledger_published(&p, &occupied, &free_spaces);
    assert_int_equal(occupied, 10);
    assert_int_equal(free_spaces, 0);
}

static void offers_are_fair(void **state)
{
    (void)state;
    assert_int_equal(offer_size(3, 0), 1);
    assert_int_equal(offer_size(100, 0), 10);
    assert_int_equal(offer_size(5000, 0), 20);
    assert_int_equal(offer_size(5000, 70), 70);

    struct offer_edge e[4] = {{.eligible = true},
                              {.eligible = true, .view = 3},
                              {.eligible = true, .view = 4},
                              {.eligible = false}};
    offer_plan(100, 10, e, 4); /* below a third: 0 and 3; 4 is enough */
    assert_int_equal(e[0].n, 10);
    assert_int_equal(e[1].n, 7);
    assert_int_equal(e[2].n, 0);
    assert_int_equal(e[3].n, 0);

    e[2].asked = true;
    offer_plan(6, 10, e, 4);
    assert_int_equal(e[0].n + e[1].n + e[2].n, 6);
    assert_int_equal(e[0].n, 2);
    assert_int_equal(e[1].n, 2);
    offer_plan(0, 10, e, 4);
    assert_int_equal(e[0].n, 0);
    offer_plan(2, 10, e, 4);
    assert_int_equal(e[0].n, 1);
    assert_int_equal(e[1].n, 1);
    struct offer_edge below = {.eligible = true, .view = -5};
    offer_plan(100, 10, &below, 1); /* a broken view never asks for more than the size */
    assert_int_equal(below.n, 10);
}

/* An edge that follows the rules of wire.md, with events that reach the cloud late. */
struct model_edge {
    int64_t s, d, bound;
    struct event queue[64];
    int head, tail;
};

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void report(struct model_edge *m, struct event e)
{
    m->queue[m->tail++ % 64] = e;
}

static int64_t credit(struct model_edge *m, int64_t n)
{
    int64_t repaid = m->d < n ? m->d : n;
    m->d -= repaid;
    m->s += n - repaid;
    return repaid;
}

/* One random step of an edge; *inside counts vehicles. Every other history has intruders. */
static void edge_step(struct model_edge *m, uint64_t r, int64_t *inside, bool intruders)
{
    struct event e;
    if (m->tail - m->head > 60)
        return;
    switch (r % 7) {
    case 0:
        if (m->s < 1)
            return;
        m->s--;
        m->bound++;
        report(m, event_of(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY));
        return;
    case 1:
        if (m->bound < 1)
            return;
        m->bound--;
        *inside += 1;
        report(m, event_of(EVENT_PASSAGE_COMPLETED, DIRECTION_ENTRY));
        return;
    case 2:
        if (m->bound < 1)
            return;
        m->bound--;
        e = event_of(EVENT_PASSAGE_VOIDED, DIRECTION_ENTRY);
        e.data.repaid = credit(m, 1);
        report(m, e);
        return;
    case 3:
        if (*inside < 1)
            return;
        *inside -= 1;
        e = event_of(EVENT_PASSAGE_COMPLETED, DIRECTION_EXIT);
        e.data.repaid = credit(m, 1);
        report(m, e);
        return;
    case 4:
        if (!intruders || r % 11 != 0)
            return;
        e = event_of(EVENT_PASSAGE_UNAUTHORISED, DIRECTION_ENTRY);
        e.data.spent = m->s > 0 ? SPENT_SPACE : SPENT_OVERDRAFT;
        *inside += 1;
        if (m->s > 0)
            m->s--;
        else
            m->d++;
        report(m, e);
        return;
    default:
        if (m->s < 1)
            return;
        e = event_of(EVENT_SPACE_RETURNED, DIRECTION_NONE);
        e.data.n = 1 + (int64_t)(r / 7 % (uint64_t)m->s);
        m->s -= e.data.n;
        report(m, e);
        return;
    }
}

static bool all_at_rest(const struct model_edge *m)
{
    for (int i = 0; i < EDGES; i++)
        if (m[i].head < m[i].tail || m[i].bound > 0)
            return false;
    return true;
}

/* What does not happen every day, to edge i with nothing under way: its epoch ends and an audit gives
 * back what it held; a history that turned out void let somebody in; somebody left unseen and a person
 * counts; a space is bound. */
static void rare_step(struct world *w, struct model_edge *m, int i, uint64_t r, int64_t *inside,
                      bool intruders)
{
    struct model_edge *e = &m[i];
    if (e->head < e->tail || e->bound > 0)
        return;
    if (r % 4 == 0) {
        ledger_fence(&w->p, &w->v[i]);
        assert_balanced(w);
        assert_int_equal(ledger_release(&w->p, &w->v[i]), e->s);
        e->s = e->d = 0;
    } else if (r % 4 == 1 && intruders && r / 4 % 5 == 0) {
        struct event in = event_of(EVENT_PASSAGE_AUTHORISED, DIRECTION_ENTRY);
        in.data.spent = e->s > 0 ? SPENT_SPACE : SPENT_OVERDRAFT;
        e->d += e->s == 0;
        e->s -= e->s > 0;
        report(e, in);
        report(e, event_of(EVENT_PASSAGE_COMPLETED, DIRECTION_ENTRY));
        *inside += 1;
    } else if (r % 4 == 2 && *inside > 0 && all_at_rest(m)) {
        *inside -= 1;
        ledger_count(&w->p, *inside);
        assert_int_equal(w->p.occupied, *inside);
    } else if (r % 4 == 3 && e->d == 0 && ledger_hold(&w->p, 1) == ERR_OK) {
        struct event in = event_of(EVENT_SPACE_ACCEPTED, DIRECTION_NONE);
        assert_int_equal(ledger_bind(&w->p, &w->v[i], 1), ERR_OK);
        in.data.n = 1;
        e->s += 1;
        report(e, in);
    }
}

static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t x = seed * 0x9E3779B97F4A7C15u;
        struct world w = {.p = ledger_of(1 + (int64_t)(seed % 17))};
        struct model_edge m[EDGES] = {0};
        int64_t inside = 0;
        for (int step = 0; step < 3000; step++) {
            uint64_t r = next_random(&x);
            int i = (int)(r % EDGES);
            r /= EDGES;
            if (r % 23 == 0) {
                rare_step(&w, m, i, r / 23, &inside, seed % 2);
            } else if (r % 3 == 0 && m[i].head < m[i].tail) { /* the cloud applies one event */
                struct event *e = &m[i].queue[m[i].head++ % 64];
                bool answer = e->kind == EVENT_SPACE_ACCEPTED;
                assert_int_equal(ledger_apply(&w.p, &w.v[i], e,
                                              answer ? GRANT_WAITING : GRANT_NOT_KNOWN, e->data.n),
                                 0);
            } else if (r % 3 == 1) { /* the cloud offers; the edge accepts at once */
                int64_t n = 1 + (int64_t)(r / 3 % 3);
                if (m[i].tail - m[i].head > 60 || ledger_offer(&w.p, &w.v[i], n) != ERR_OK)
                    continue;
                struct event e = event_of(EVENT_SPACE_ACCEPTED, DIRECTION_NONE);
                e.data.n = n;
                e.data.repaid = credit(&m[i], n);
                report(&m[i], e);
            } else {
                edge_step(&m[i], r / 3, &inside, seed % 2);
            }
            assert_balanced(&w);
            int64_t overdraft = 0;
            for (int k = 0; k < EDGES; k++)
                overdraft += m[k].d;
            /* A pool below zero is what an ended epoch or a count left to be worked off. */
            int64_t missing = w.p.pool < 0 ? -w.p.pool : 0;
            assert_true(inside <= w.p.capacity + overdraft + missing);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offer_needs_room),
        cmocka_unit_test(one_stay),
        cmocka_unit_test(overdraft_is_worked_off),
        cmocka_unit_test(grants_answered_oddly),
        cmocka_unit_test(any_event_balances),
        cmocka_unit_test(rules_are_named),
        cmocka_unit_test(fencing_leaves_no_overdraft),
        cmocka_unit_test(a_count_and_what_comes_back),
        cmocka_unit_test(held_then_bound),
        cmocka_unit_test(capacity_changes),
        cmocka_unit_test(published_is_clamped),
        cmocka_unit_test(offers_are_fair),
        cmocka_unit_test(random_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
