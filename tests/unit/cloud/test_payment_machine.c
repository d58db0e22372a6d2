/* core/payment_machine.h: every cell against P1..P3. */
#include "cloud/core/payment_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_cell(void **state)
{
    (void)state;
    for (int s = 0; s < PAYMENT_STATES; s++)
        for (int e = 0; e < PAYMENT_EVENTS; e++) {
            struct payment_step step = {PAYMENT_STATES, 0x55};
            enum err err = payment_next((enum payment_state)s, (enum payment_event)e, &step);
            if (err != ERR_OK) { /* refused: untouched */
                assert_int_equal(err, ERR_CONFLICT);
                assert_int_equal(step.next, PAYMENT_STATES);
                assert_int_equal(step.acts, 0x55);
                continue;
            }
            bool resolved = e == PAYMENT_EV_RESOLVED_PAID || e == PAYMENT_EV_RESOLVED_FAILED;
            assert_int_equal(s == PAYMENT_MANUAL, resolved);
            assert_true(resolved || !payment_is_final((enum payment_state)s)); /* P3 */
            if (e == PAYMENT_EV_VOID)
                assert_int_equal(s, PAYMENT_CREATED); /* P4 */
            assert_int_equal(e == PAYMENT_EV_VOID, step.next == PAYMENT_VOID);
            assert_int_equal(!!(step.acts & PAYMENT_ACT_AGAIN), e == PAYMENT_EV_RESOLVED_FAILED);
            if (e == PAYMENT_EV_SENT) {
                assert_int_equal(s, PAYMENT_CREATED); /* P1 */
                assert_int_equal(step.next, PAYMENT_SENT);
            }
            if (step.next == PAYMENT_CREATED && s != PAYMENT_CREATED) /* P2 */
                assert_true((s == PAYMENT_SENT && e == PAYMENT_EV_NOT_SENT) ||
                            (s == PAYMENT_QUERYING && e == PAYMENT_EV_NOT_FOUND));
            if (e == PAYMENT_EV_RESTART || e == PAYMENT_EV_TIMEOUT)
                assert_int_equal(step.next, PAYMENT_UNKNOWN);
            assert_int_equal(!!(step.acts & PAYMENT_ACT_BOOK), step.next == PAYMENT_SUCCEEDED);
            assert_int_equal(!!(step.acts & PAYMENT_ACT_REFUSE),
                             step.next == PAYMENT_DECLINED && !resolved);
            assert_int_equal(!!(step.acts & PAYMENT_ACT_PERSON), step.next == PAYMENT_MANUAL);
        }
}

/* No open state is a trap: each takes a restart and has a way to a final state. */
static void every_state_ends(void **state)
{
    (void)state;
    for (int s = 0; s < PAYMENT_STATES; s++) {
        struct payment_step step;
        if (payment_is_final((enum payment_state)s))
            continue;
        assert_int_equal(payment_next((enum payment_state)s, PAYMENT_EV_RESTART, &step), ERR_OK);
        assert_int_equal(payment_next(step.next, PAYMENT_EV_QUERY, &step), ERR_OK);
        assert_int_equal(payment_next(step.next, PAYMENT_EV_NOT_FOUND, &step), ERR_OK);
        assert_int_equal(payment_next(step.next, PAYMENT_EV_SENT, &step), ERR_OK);
        assert_int_equal(payment_next(step.next, PAYMENT_EV_SUCCEEDED, &step), ERR_OK);
        assert_true(payment_is_final(step.next));
    }
    struct payment_step step;
    assert_int_equal(payment_next(PAYMENT_STATES, PAYMENT_EV_SENT, &step), ERR_CONFLICT);
    assert_int_equal(payment_next(PAYMENT_CREATED, PAYMENT_EVENTS, &step), ERR_CONFLICT);
}

static void keys(void **state)
{
    (void)state;
    struct movement_id session = {"0123456789abcdef"};
    char key[PAYMENT_KEY_SIZE];
    assert_int_equal(payment_key(&session, "stay", 12, key), ERR_OK);
    assert_string_equal(key, "0123456789abcdef:stay:12");
    char before[PAYMENT_KEY_SIZE];
    memcpy(before, key, sizeof key);
    assert_int_equal(payment_key(&session, "a-kind-that-is-much-too-long", 1, key), ERR_INVAL);
    assert_memory_equal(before, key, sizeof key);
}

static void pauses_grow(void **state)
{
    (void)state;
    assert_int_equal(payment_retry_ms(0), 1000);
    assert_int_equal(payment_retry_ms(1), 1000);
    assert_int_equal(payment_retry_ms(2), 5000);
    assert_int_equal(payment_retry_ms(5), 3600 * 1000);
    assert_int_equal(payment_retry_ms(500), 3600 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
        cmocka_unit_test(every_state_ends),
        cmocka_unit_test(keys),
        cmocka_unit_test(pauses_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
