#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup_with(void **state, enum payment_policy policy, bool second_provider)
{
    struct scene *c = calloc(1, sizeof *c);
    memcpy(c->w.accounts[0].plate.text, plate, sizeof plate);
    c->w.accounts[0].payer = (struct payer){1, {{{"stripe"}, "cus_1"}}};
    c->w.account_count = 1;
    if (second_provider) {
        c->w.second_provider = true;
        c->w.accounts[0].payer = (struct payer){2, {{{"toss"}, "bk/ck"}, {{"stripe"}, "cus_1"}}};
    }
    world_open(&c->w);
    world_place(&c->w, "a", 10, policy);
    c->e = edge_of("a", "e1", 1);
    assert_true(edge_hello(&c->w, &c->e, "ex"));
    c->stay = edge_enter(&c->w, &c->e, plate);
    c->other = edge_enter(&c->w, &c->e, no_account);
    world_pass_ms(&c->w, 60 * 60000);
    *state = c;
    return 0;
}

int scene_defer(void **state)
{
    return setup_with(state, POLICY_DEFER, false);
}

int scene_hold(void **state)
{
    return setup_with(state, POLICY_HOLD, false);
}

int scene_two_providers(void **state)
{
    return setup_with(state, POLICY_DEFER, true);
}

int scene_teardown(void **state)
{
    struct scene *c = *state;
    world_close(&c->w);
    free(c);
    return 0;
}

/* The price of a stay that goes on is asked for again and again, and is no fact. */
int scene_told_and_teardown(void **state)
{
    struct scene *c = *state;
    int64_t stays = world_sql(
        &c->w,
        "SELECT count(*) FROM session AS s JOIN fact AS f ON f.id = (SELECT max(id) FROM fact"
        " WHERE subject = s.id AND type LIKE 'session.%') WHERE f.data ->> 'state' <> s.state"
        " OR f.data ->> 'paid_minor' <> s.paid_minor"
        " OR f.data ->> 'refunded_minor' <> s.refunded_minor"
        " OR f.data ->> 'waived_minor' <> s.waived_minor"
        " OR (s.state = 'closed' AND f.data ->> 'price_minor' <> s.price_minor)");
    int64_t debts = world_sql(
        &c->w, "SELECT count(*) FROM debt AS d JOIN fact AS f ON f.id = (SELECT max(id) FROM fact"
               " WHERE subject = d.session AND type LIKE 'debt.%')"
               " WHERE f.data ->> 'state' <> d.state OR f.data ->> 'amount_minor' <> d.amount_minor"
               " OR f.data ->> 'paid_minor' <> d.paid_minor"
               " OR f.data ->> 'written_off_minor' <> d.written_off_minor");
    assert_int_equal(stays, 0);
    assert_int_equal(debts, 0);
    return scene_teardown(state);
}

int64_t scene_open_debts(const struct world *w)
{
    return world_sql(w, "SELECT count(*) FROM debt WHERE state = 'open'");
}
