/* core/books.h: B1 to B4, by cases and under any order of what can happen to the money of a stay. */
#include "cloud/core/books.h"
#include "cloud/core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAYMENTS = 6, STEPS = 60, RUNS = 4000 };

static const struct wall_ms now = {1000};

/* A stay with all its money, and what really moved. */
struct till {
    struct session_row s;
    struct debt_row d;
    bool debt;
    struct payment_row payments[PAYMENTS];
    size_t count;
    int64_t charged, given_back;
    int64_t refused; /* of what was to be given back, by the provider */
};

static struct till stay_of(int64_t price_minor, enum session_state state)
{
    return (struct till){.s = {.id = {"0000000000000001"},
                               .place = {"a"},
                               .state = state,
                               .currency = {"KRW"},
                               .price_minor = price_minor}};
}

static int64_t settle(struct till *t, int64_t credit_minor)
{
    int64_t excess = -1;
    if (books_settle(&t->s, credit_minor, t->debt, now, &t->d, &excess) == BOOKS_DEBT_OPENED)
        t->debt = true;
    return excess;
}

static int64_t pay(struct till *t, int64_t minor)
{
    struct payment_row *p = &t->payments[t->count++];
    *p = (struct payment_row){.state = PAYMENT_SUCCEEDED, .amount = {minor, {"KRW"}}};
    t->charged += minor;
    session_paid(&t->s, minor, now);
    return t->s.state == SESSION_CLOSED ? settle(t, minor) : 0;
}

/* B3: an excess goes back at once, out of whatever payments have it. */
static void give_back(struct till *t, int64_t minor)
{
    for (size_t i = t->count; i-- > 0 && minor > 0;) {
        int64_t n = books_refundable(&t->payments[i]);
        n = n < minor ? n : minor;
        if (n <= 0)
            continue;
        assert_int_equal(books_refund(&t->s, &t->payments[i], n, false), ERR_OK);
        t->given_back += n;
        minor -= n;
    }
    assert_int_equal(minor, 0);
}

static void check(const struct till *t)
{
    const struct debt_row *d = t->debt ? &t->d : NULL;
    int64_t back = 0;
    assert_true(books_balanced(&t->s, d));
    assert_int_equal(t->s.paid_minor, t->charged);
    assert_true(books_kept(&t->s) <= t->charged && books_kept(&t->s) >= 0); /* B2 */
    for (size_t i = 0; i < t->count; i++) {
        assert_in_range(t->payments[i].refunded_minor, 0, t->payments[i].amount.minor);
        back += t->payments[i].refunded_minor;
    }
    assert_int_equal(back, t->s.refunded_minor);
    if (t->s.state != SESSION_CLOSED)
        return;
    int64_t excess = books_excess(&t->s, d), owed = d ? books_owed(d) : 0;
    assert_true(excess == 0 || owed == 0);
    assert_int_equal(t->s.paid_minor - t->s.refunded_minor + owed + t->s.waived_minor +
                         (d ? d->written_off_minor : 0),
                     t->s.price_minor + excess); /* B1 */
    assert_true(excess <= t->refused);
    if (d)
        assert_int_equal(d->state == DEBT_OPEN, owed > 0);
}

/* ---- cases ---- */

static void a_deferred_exit_is_paid_later(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_CLOSED);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(t.d.amount.minor, 6000);
    assert_int_equal(pay(&t, 2500), 0);
    assert_int_equal(t.d.state, DEBT_OPEN);
    assert_int_equal(books_owed(&t.d), 3500);
    assert_int_equal(pay(&t, 3500), 0);
    assert_int_equal(t.d.state, DEBT_PAID);
    assert_int_equal(t.d.settled.v, now.v);
    check(&t);
}

/* B3 */
static void late_money_after_a_waiver_goes_back(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_CLOSED);
    settle(&t, 0);
    assert_int_equal(books_waive(&t.s, &t.d, now), ERR_OK);
    assert_int_equal(t.d.state, DEBT_WAIVED);
    assert_int_equal(books_waive(&t.s, &t.d, now), ERR_CONFLICT);
    check(&t);
    assert_int_equal(pay(&t, 6000), 6000);
    give_back(&t, 6000);
    assert_int_equal(t.d.state, DEBT_WAIVED);
    check(&t);
}

static void late_money_after_a_write_off_is_taken(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_CLOSED);
    settle(&t, 0);
    assert_int_equal(books_write_off(&t.d, now), ERR_OK);
    assert_int_equal(t.d.state, DEBT_WRITTEN_OFF);
    assert_int_equal(books_write_off(&t.d, now), ERR_CONFLICT);
    assert_int_equal(pay(&t, 4000), 0);
    assert_int_equal(t.d.written_off_minor, 2000);
    assert_int_equal(pay(&t, 4000), 2000);
    assert_int_equal(t.d.state, DEBT_PAID);
    give_back(&t, 2000);
    check(&t);
}

/* B4 */
static void what_a_person_gives_back(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_OPEN);
    pay(&t, 6000);
    assert_int_equal(session_due(&t.s, 6000, now, 0), 0);
    assert_int_equal(books_refund(&t.s, &t.payments[0], 6001, false), ERR_CONFLICT);
    assert_int_equal(books_refund(&t.s, &t.payments[0], 0, false), ERR_CONFLICT);
    assert_int_equal(books_refund(&t.s, &t.payments[0], 1000, false), ERR_OK);
    assert_int_equal(session_due(&t.s, 6000, now, 60000), 1000); /* and no grace */
    t.s.state = SESSION_CLOSED;
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(books_owed(&t.d), 1000);
    assert_int_equal(books_refund(&t.s, &t.payments[0], 2000, true), ERR_OK);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(books_owed(&t.d), 1000); /* forgiven: not owed again */
    check(&t);
    books_refund_failed(&t.s, &t.payments[0], 2000, true);
    check(&t);
    assert_int_equal(books_kept(&t.s), 5000);
}

static void another_price(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_CLOSED);
    pay(&t, 3000);
    books_waive(&t.s, &t.d, now);
    books_reprice(&t.s, &t.d, 2000); /* what was forgiven shrinks first, the rest goes back */
    assert_int_equal(t.s.waived_minor, 0);
    int64_t excess = settle(&t, 0);
    assert_int_equal(excess, 1000);
    give_back(&t, excess);
    check(&t);
    books_reprice(&t.s, &t.d, 9000);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(t.d.state, DEBT_OPEN);
    assert_int_equal(books_owed(&t.d), 7000);
    check(&t);
}

/* Given back before it left, and owed when it left; then the provider refuses to give it back. */
static void a_refund_fails_after_the_exit(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_OPEN);
    pay(&t, 6000);
    assert_int_equal(books_refund(&t.s, &t.payments[0], 6000, false), ERR_OK);
    t.s.state = SESSION_CLOSED;
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(books_owed(&t.d), 6000);
    assert_int_equal(settle(&t, books_refund_failed(&t.s, &t.payments[0], 6000, false)), 0);
    assert_int_equal(t.d.state, DEBT_PAID);
    check(&t);
}

/* Forgiven after it left; then that was no exit after all, and nothing is to be forgiven any more. */
static void a_forgiven_refund_fails_after_a_split(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_CLOSED);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(pay(&t, 6000), 0);
    assert_int_equal(books_refund(&t.s, &t.payments[0], 6000, true), ERR_OK);
    books_reprice(&t.s, &t.d, 0);
    assert_int_equal(settle(&t, 0), 0);
    t.s.state = SESSION_OPEN;
    assert_int_equal(books_refund_failed(&t.s, &t.payments[0], 6000, true), 6000);
    assert_int_equal(books_kept(&t.s), 6000);
    assert_int_equal(t.s.waived_minor, 0);
    check(&t);
}

/* What was given up as lost and is not owed any more was not paid thereby. */
static void a_lower_price_pays_no_debt(void **state)
{
    (void)state;
    struct till t = stay_of(6000, SESSION_CLOSED);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(books_write_off(&t.d, now), ERR_OK);
    books_reprice(&t.s, &t.d, 0);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(t.d.paid_minor, 0);
    assert_int_equal(t.d.amount.minor, 0);
    assert_int_equal(t.d.state, DEBT_PAID);
    books_reprice(&t.s, &t.d, 6000);
    assert_int_equal(settle(&t, 0), 0);
    assert_int_equal(t.d.amount.minor, 6000);
    assert_int_equal(books_owed(&t.d), 6000);
    check(&t);
}

/* ---- any order ---- */

static uint64_t state_of_chance;

static int64_t below(int64_t n)
{
    state_of_chance =
        state_of_chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(state_of_chance >> 33) % n;
}

static void person_refunds(struct till *t)
{
    if (t->count == 0)
        return;
    struct payment_row *p = &t->payments[below((int64_t)t->count)];
    bool closed = t->s.state == SESSION_CLOSED;
    int64_t minor = 1 + below(books_refundable(p) + 2);
    int64_t excess = books_excess(&t->s, t->debt ? &t->d : NULL);
    bool forgive = closed && excess == 0;
    if (excess > 0 && minor > excess)
        minor = excess;
    if (books_refund(&t->s, p, minor, forgive) != ERR_OK)
        return;
    t->given_back += minor;
    if (below(3) > 0)
        return;
    if (closed && t->count % 2 == 0) { /* another price meanwhile */
        books_reprice(&t->s, t->debt ? &t->d : NULL, books_kept(&t->s));
        give_back(t, settle(t, 0));
    }
    int64_t credit = books_refund_failed(&t->s, p, minor, forgive);
    t->given_back -= minor;
    excess = closed ? settle(t, credit) : 0;
    t->refused += excess;
}

static void anything(struct till *t)
{
    bool closed = t->s.state == SESSION_CLOSED;
    switch (below(7)) {
    case 0:
    case 1:
        if (t->count < PAYMENTS)
            give_back(t, pay(t, 1 + below(5000)));
        break;
    case 2: person_refunds(t); break;
    case 3:
        if (!closed) {
            t->s.price_minor = below(8000);
            t->s.state = SESSION_CLOSED;
            give_back(t, settle(t, 0));
        }
        break;
    case 4:
        if (t->debt)
            books_waive(&t->s, &t->d, now);
        break;
    case 5:
        if (t->debt)
            books_write_off(&t->d, now);
        break;
    case 6:
        if (closed) {
            books_reprice(&t->s, t->debt ? &t->d : NULL, below(8000));
            give_back(t, settle(t, 0));
        }
        break;
    }
}

static void any_order(void **state)
{
    (void)state;
    for (int run = 0; run < RUNS; run++) {
        struct till t = stay_of(0, SESSION_OPEN);
        state_of_chance = (uint64_t)run;
        for (int i = 0; i < STEPS; i++) {
            anything(&t);
            check(&t);
            assert_int_equal(t.given_back, t.s.refunded_minor);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deferred_exit_is_paid_later),
        cmocka_unit_test(late_money_after_a_waiver_goes_back),
        cmocka_unit_test(late_money_after_a_write_off_is_taken),
        cmocka_unit_test(a_lower_price_pays_no_debt),
        cmocka_unit_test(a_refund_fails_after_the_exit),
        cmocka_unit_test(a_forgiven_refund_fails_after_a_split),
        cmocka_unit_test(what_a_person_gives_back),
        cmocka_unit_test(another_price),
        cmocka_unit_test(any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
