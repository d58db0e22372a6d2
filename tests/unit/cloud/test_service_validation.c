/* Validations: a shop's discount lowers what a stay costs, as often as the shop may. */
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct issuer shops[] = {
    {.name = {"cafe"}, .per_stay = 1, .per_day = 2, .most = {[TARIFF_VALIDATION_PERCENT] = 50}},
    {.name = {"kiosk"},
     .place = {"a"},
     .per_stay = 20,
     .most = {[TARIFF_VALIDATION_AMOUNT] = 100000, [TARIFF_VALIDATION_MINUTES] = 30}},
    {.name = {"far"}, .place = {"b"}, .per_stay = 1, .most = {[TARIFF_VALIDATION_PERCENT] = 100}},
};

static int setup(void **state)
{
    int rc = scene_defer(state);
    struct scene *c = *state;
    c->w.issuers = shops;
    c->w.issuer_count = 3;
    world_restart(&c->w);
    world_run(&c->w);
    return rc;
}

static enum err give(struct scene *c, const char *id, const char *shop, const char *car,
                     enum tariff_validation_kind kind, int64_t value)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    struct validation_order *o = &work->admin.validation;
    work->admin.kind = ADMIN_VALIDATE;
    work->admin.done = world_admin_done;
    work->admin.arg = &c->w;
    o->stay.place = (struct name){"a"};
    snprintf(o->stay.plate.text, sizeof o->stay.plate.text, "%s", car);
    snprintf(o->row.id, sizeof o->row.id, "%s", id);
    snprintf(o->row.issuer.text, sizeof o->row.issuer.text, "%s", shop);
    o->row.actor = (struct name){"till"};
    o->row.what = (struct tariff_validation){kind, value};
    assert_int_equal(service_post(c->w.service, work), ERR_OK);
    world_run(&c->w);
    return c->w.admin.err;
}

static void a_validation_lowers_the_charge(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_PERCENT, 50), ERR_OK);
    assert_int_equal(w->admin.price_minor, KRW_HOUR / 2);
    assert_int_equal(w->admin.due_minor, KRW_HOUR / 2);
    assert_string_equal(w->admin.session.text, c->stay.text);
    edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    assert_int_equal(w->call_count, 1);
    assert_int_equal(w->calls[0].amount.minor, KRW_HOUR / 2);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM fact WHERE type = 'validation.given'"), 1);
}

static void the_same_id_is_the_same_validation(void **state)
{
    struct scene *c = *state;
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_PERCENT, 50), ERR_OK);
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_PERCENT, 50), ERR_OK);
    assert_int_equal(c->w.admin.price_minor, KRW_HOUR / 2);
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_PERCENT, 40), ERR_CONFLICT);
    assert_int_equal(give(c, "v1", "cafe", no_account, TARIFF_VALIDATION_PERCENT, 50),
                     ERR_CONFLICT);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM validation"), 1);
}

static void limits_hold(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_PERCENT, 51), ERR_INVAL);
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_AMOUNT, 1), ERR_INVAL);
    assert_int_equal(give(c, "v1", "nobody", plate, TARIFF_VALIDATION_PERCENT, 5), ERR_NOTFOUND);
    assert_int_equal(give(c, "v1", "far", plate, TARIFF_VALIDATION_PERCENT, 5), ERR_NOTFOUND);
    assert_int_equal(give(c, "v1", "cafe", "44가4444", TARIFF_VALIDATION_PERCENT, 5), ERR_NOTFOUND);
    assert_int_equal(give(c, "v1", "cafe", plate, TARIFF_VALIDATION_PERCENT, 5), ERR_OK);
    assert_int_equal(give(c, "v2", "cafe", plate, TARIFF_VALIDATION_PERCENT, 5), ERR_CONFLICT);
    assert_int_equal(give(c, "v3", "cafe", no_account, TARIFF_VALIDATION_PERCENT, 5), ERR_OK);
    edge_enter(w, &c->e, "55나5555");
    assert_int_equal(give(c, "v4", "cafe", "55나5555", TARIFF_VALIDATION_PERCENT, 5), ERR_CONFLICT);
    assert_string_equal(w->admin.reason, "this shop has given all it may in 24 hours");
    for (int i = 0; i < TARIFF_VALIDATIONS_MAX - 1; i++) {
        char id[16];
        snprintf(id, sizeof id, "k%d", i);
        assert_int_equal(give(c, id, "kiosk", plate, TARIFF_VALIDATION_AMOUNT, 1), ERR_OK);
    }
    assert_int_equal(give(c, "k99", "kiosk", plate, TARIFF_VALIDATION_AMOUNT, 1), ERR_CONFLICT);
    assert_string_equal(w->admin.reason, "this stay has as many validations as there can be");
}

/* A stay that ended is settled; one that costs nothing any more leaves for free, and owes nothing. */
static void nothing_is_given_to_the_past(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    assert_int_equal(give(c, "k1", "kiosk", no_account, TARIFF_VALIDATION_AMOUNT, 100000), ERR_OK);
    assert_int_equal(w->admin.due_minor, 0);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, no_account, false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_FREE);
    edge_leave(w, &c->e, no_account, BASIS_FREE, &id);
    assert_int_equal(scene_open_debts(w), 0);
    assert_int_equal(give(c, "k2", "kiosk", no_account, TARIFF_VALIDATION_AMOUNT, 5), ERR_NOTFOUND);
}

/* The version in force at entry stays the stay's own. */
static void a_stay_keeps_its_version(void **state)
{
    struct scene *c = *state;
    assert_int_equal(world_sql(&c->w, "SELECT min(tariff_version) FROM session"), 7);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        T(a_validation_lowers_the_charge), T(the_same_id_is_the_same_validation), T(limits_hold),
        T(nothing_is_given_to_the_past),   T(a_stay_keeps_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
