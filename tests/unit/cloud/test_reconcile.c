/* core/reconcile.h: every class of difference is found, once, and nothing else; R1 to R3. */
#include "cloud/core/reconcile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FROM = 1000000, TO = 90000000, HOUR = 3600000 };

struct bench {
    struct reconcile_row rows[16];
    struct reconcile_line lines[16];
    size_t row_count, line_count;
    struct reconciliation_sums sums;
    struct mismatch found[16];
    struct mismatch_list list;
};

static struct reconcile_row *ours(struct bench *b, const char *key, int64_t minor, int64_t at)
{
    struct reconcile_row *r = &b->rows[b->row_count++];
    *r = (struct reconcile_row){
        .done = true, .session = {"0000000000000001"}, .amount = {minor, {"KRW"}}, .at = {at}};
    memcpy(r->key, key, strlen(key) + 1);
    return r;
}

static struct reconcile_line *theirs(struct bench *b, const char *key, int64_t minor, int64_t at)
{
    struct reconcile_line *l = &b->lines[b->line_count++];
    *l = (struct reconcile_line){.amount = {minor, {"KRW"}}, .booked = {at}};
    memcpy(l->key, key, strlen(key) + 1);
    memcpy(l->provider_ref, "pi_1", 5);
    return l;
}

static void compare(struct bench *b)
{
    b->list = (struct mismatch_list){.rows = b->found, .size = 16};
    qsort(b->rows, b->row_count, sizeof b->rows[0], reconcile_row_order);
    qsort(b->lines, b->line_count, sizeof b->lines[0], reconcile_line_order);
    reconcile_money(b->rows, b->row_count, b->lines, b->line_count, (struct wall_ms){FROM},
                    (struct wall_ms){TO}, &b->sums, &b->list);
}

static void is_one(const struct bench *b, enum mismatch_class class, enum mismatch_noun of,
                   const char *key)
{
    assert_int_equal(b->list.total, 1);
    assert_int_equal(b->found[0].class, class);
    assert_int_equal(b->found[0].of, of);
    assert_string_equal(b->found[0].key, key);
}

static void what_agrees(void **state)
{
    (void)state;
    struct bench b = {0};
    ours(&b, "b:charge:1", 3500, FROM);
    theirs(&b, "a:charge:1", 1200, TO - 1);
    ours(&b, "a:charge:1", 1200, TO - 1);
    theirs(&b, "b:charge:1", 3500, FROM - 1); /* just before midnight there */
    ours(&b, "b:refund:1", 500, FROM + 5)->refund = true;
    theirs(&b, "b:refund:1", 500, FROM + HOUR)->refund = true;
    ours(&b, "y:charge:1", 700, FROM - 5); /* of yesterday, named by a line of today */
    theirs(&b, "y:charge:1", 700, FROM + 5);
    theirs(&b, "t:charge:1", 700, TO + 5); /* of tomorrow */
    compare(&b);
    assert_int_equal(b.list.total, 0);
    assert_int_equal(b.sums.payments, 2);
    assert_int_equal(b.sums.charged_minor, 4700);
    assert_int_equal(b.sums.refunds, 1);
    assert_int_equal(b.sums.given_back_minor, 500);
    assert_int_equal(b.sums.lines, 3);
    assert_int_equal(b.sums.booked_minor, 1900);
    assert_int_equal(b.sums.booked_back_minor, 500);
}

static void each_class(void **state)
{
    (void)state;
    struct bench b = {0};
    theirs(&b, "x:charge:1", 100, FROM);
    compare(&b);
    is_one(&b, MISMATCH_UNKNOWN_HERE, MISMATCH_OF_PAYMENT, "x:charge:1");

    b = (struct bench){0};
    theirs(&b, "", 100, FROM);
    compare(&b);
    is_one(&b, MISMATCH_UNKNOWN_HERE, MISMATCH_OF_PAYMENT, "pi_1");

    b = (struct bench){0};
    ours(&b, "x:charge:1", 100, FROM)->done = false;
    theirs(&b, "x:charge:1", 100, FROM);
    compare(&b);
    is_one(&b, MISMATCH_NOT_DONE_HERE, MISMATCH_OF_PAYMENT, "x:charge:1");

    b = (struct bench){0};
    ours(&b, "x:charge:1", 100, FROM);
    compare(&b);
    is_one(&b, MISMATCH_MISSING_THERE, MISMATCH_OF_PAYMENT, "x:charge:1");

    b = (struct bench){0};
    ours(&b, "x:charge:1", 100, FROM);
    theirs(&b, "x:charge:1", 101, FROM);
    compare(&b);
    is_one(&b, MISMATCH_AMOUNT, MISMATCH_OF_PAYMENT, "x:charge:1");
    assert_int_equal(b.found[0].ours.minor, 100);
    assert_int_equal(b.found[0].theirs.minor, 101);

    b = (struct bench){0};
    ours(&b, "x:charge:1", 100, FROM);
    memcpy(theirs(&b, "x:charge:1", 100, FROM)->amount.currency.code, "EUR", 4);
    compare(&b);
    is_one(&b, MISMATCH_CURRENCY, MISMATCH_OF_PAYMENT, "x:charge:1");

    b = (struct bench){0};
    ours(&b, "x:charge:1", 100, FROM);
    theirs(&b, "x:charge:1", 100, FROM);
    theirs(&b, "x:charge:1", 100, FROM + 1);
    compare(&b);
    is_one(&b, MISMATCH_TWICE_THERE, MISMATCH_OF_PAYMENT, "x:charge:1");

    b = (struct bench){0};
    ours(&b, "x:refund:1", 100, FROM)->refund = true;
    theirs(&b, "x:refund:1", 100, FROM + 7 * HOUR)->refund = true;
    compare(&b);
    is_one(&b, MISMATCH_LATE, MISMATCH_OF_REFUND, "x:refund:1");

    b = (struct bench){0}; /* a charge is no refund, whatever its key */
    ours(&b, "x:charge:1", 100, FROM);
    theirs(&b, "x:charge:1", 100, FROM)->refund = true;
    compare(&b);
    assert_int_equal(b.list.total, 2);
}

/* ---- stays ---- */

static struct reconcile_stay stay_of(int64_t price_minor, int64_t paid_minor)
{
    return (struct reconcile_stay){.row = {.id = {"0000000000000001"},
                                           .state = SESSION_CLOSED,
                                           .exit_movement = {"0000000000000002"},
                                           .currency = {"KRW"},
                                           .price_minor = price_minor,
                                           .paid_minor = paid_minor},
                                   .payments_minor = paid_minor};
}

static void see(struct bench *b, const struct reconcile_stay *s)
{
    b->sums = (struct reconciliation_sums){0};
    b->list = (struct mismatch_list){.rows = b->found, .size = 16};
    reconcile_stay(s, &b->sums, &b->list);
}

static void stays(void **state)
{
    (void)state;
    static const char id[] = "0000000000000001";
    struct bench b;
    struct reconcile_stay s = stay_of(3500, 3500);
    see(&b, &s);
    assert_int_equal(b.list.total, 0);
    assert_int_equal(b.sums.priced_minor, 3500);
    s.row.exit_movement.text[0] = '\0';
    see(&b, &s);
    is_one(&b, MISMATCH_WITHOUT_EXIT, MISMATCH_OF_SESSION, id);
    s = stay_of(3500, 1000);
    see(&b, &s);
    is_one(&b, MISMATCH_UNPAID, MISMATCH_OF_SESSION, id);
    s.owes = true;
    s.debt = (struct debt_row){.amount = {2500, {"KRW"}}};
    see(&b, &s);
    assert_int_equal(b.list.total, 0);
    assert_int_equal(b.sums.owed_minor, 2500);
    s = stay_of(3500, 3500);
    s.payments_minor = 3000;
    see(&b, &s);
    is_one(&b, MISMATCH_PAYMENTS_DIFFER, MISMATCH_OF_SESSION, id);
    s = stay_of(3500, 3500);
    s.refunds_minor = 100;
    see(&b, &s);
    is_one(&b, MISMATCH_REFUNDS_DIFFER, MISMATCH_OF_SESSION, id);
    s = stay_of(3500, 4000);
    see(&b, &s);
    is_one(&b, MISMATCH_NOT_GIVEN_BACK, MISMATCH_OF_SESSION, id);
    assert_int_equal(b.sums.excess_minor, 500);
}

/* ---- any order, and no more than fits ---- */

static int64_t below(uint64_t *seed, int64_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(*seed >> 33) % n;
}

static void any_order(void **state)
{
    (void)state;
    for (uint64_t run = 0; run < 500; run++) {
        uint64_t seed = run;
        struct bench a = {0};
        for (int i = 0; i < 8; i++) {
            char key[] = "k:charge:1";
            key[0] = (char)('a' + i);
            if (below(&seed, 3) > 0)
                ours(&a, key, 100, FROM + below(&seed, TO - FROM))->done = below(&seed, 4) > 0;
            for (int64_t k = below(&seed, 3); k > 0; k--)
                theirs(&a, key, 100 + below(&seed, 2), FROM + below(&seed, TO - FROM));
        }
        struct bench b = a;
        for (size_t i = b.row_count; i > 1; i--) {
            size_t k = (size_t)below(&seed, (int64_t)i);
            struct reconcile_row swap = b.rows[i - 1];
            b.rows[i - 1] = b.rows[k];
            b.rows[k] = swap;
        }
        for (size_t i = b.line_count; i > 1; i--) {
            size_t k = (size_t)below(&seed, (int64_t)i);
            struct reconcile_line swap = b.lines[i - 1];
            b.lines[i - 1] = b.lines[k];
            b.lines[k] = swap;
        }
        compare(&a);
        compare(&b);
        assert_int_equal(a.list.total, b.list.total);
        assert_memory_equal(&a.sums, &b.sums, sizeof a.sums);
        for (size_t i = 0; i < a.list.count; i++) {
            assert_int_equal(a.found[i].class, b.found[i].class);
            assert_string_equal(a.found[i].key, b.found[i].key);
        }
    }
}

static void what_does_not_fit_is_counted(void **state)
{
    (void)state;
    struct bench b = {0};
    struct mismatch one[1];
    struct mismatch_list list = {.rows = one, .size = 1};
    theirs(&b, "x:charge:1", 100, FROM);
    theirs(&b, "y:charge:1", 100, FROM);
    reconcile_money(b.rows, 0, b.lines, 2, (struct wall_ms){FROM}, (struct wall_ms){TO}, &b.sums,
                    &list);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.total, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_agrees),
        cmocka_unit_test(each_class),
        cmocka_unit_test(stays),
        cmocka_unit_test(any_order),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
