/* core/exit_decision.h: all combinations of facts against X1..X3, and what the lane is told. */
#include "cloud/core/exit_decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BITS = 10 };

static struct exit_facts facts_of(unsigned m)
{
    return (struct exit_facts){
        .session = m & 1,
        .due_minor = m & 2 ? 3500 : 0,
        .price_minor = m & 2 || m & 4 ? 4000 : 0,
        .account = m & 8,
        .available = m & 16,
        .payment_open = m & 32,
        .payment_declined = m & 64,
        .failed = m & 128,
        .hold_over = m & 256,
        .policy = m & 512 ? POLICY_HOLD : POLICY_DEFER,
        .unmatched = m & 1024 ? UNMATCHED_DENY : UNMATCHED_OPEN,
    };
}

static bool arm_stays_down(enum exit_action a)
{
    return a == EXIT_DENY_NO_SESSION || a == EXIT_DENY_NO_ACCOUNT || a == EXIT_DENY_DECLINED;
}

static void all_combinations(void **state)
{
    (void)state;
    for (unsigned m = 0; m < 1u << (BITS + 1); m++) {
        struct exit_facts f = facts_of(m);
        enum exit_action a = exit_decide(&f);
        if (!f.session) {
            assert_int_equal(a, f.unmatched == UNMATCHED_OPEN ? EXIT_ALLOW_UNMATCHED
                                                              : EXIT_DENY_NO_SESSION);
            continue;
        }
        if (f.due_minor == 0) {
            assert_int_equal(a, f.price_minor ? EXIT_ALLOW_PAID : EXIT_ALLOW_FREE);
            continue;
        }
        assert_true(a != EXIT_ALLOW_FREE && a != EXIT_ALLOW_PAID);
        /* X1 */
        if (f.failed && !f.payment_declined)
            assert_int_equal(a, f.policy == POLICY_HOLD && !f.hold_over ? EXIT_HOLD
                                                                        : EXIT_ALLOW_DEFERRED);
        /* X2 */
        if (a == EXIT_CHARGE)
            assert_true(!f.payment_open && f.account && f.available && !f.failed);
        /* X3 */
        if (arm_stays_down(a))
            assert_true(f.payment_declined || !f.account);
        if (a == EXIT_HOLD)
            assert_true(f.policy == POLICY_HOLD && !f.hold_over);
    }
}

/* X3 */
static void a_ticket_that_is_not_for_leaving_here(void **state)
{
    (void)state;
    for (unsigned m = 0; m < 1u << (BITS + 1); m++) {
        struct exit_facts f = facts_of(m), plain = f;
        f.ticket_used = true;
        assert_int_equal(exit_decide(&f), f.session ? exit_decide(&plain) : EXIT_DENY_TICKET_USED);
        f.ticket_used = false;
        f.other_place = true;
        assert_int_equal(exit_decide(&f), f.session ? exit_decide(&plain) : EXIT_DENY_OTHER_PLACE);
    }
    assert_int_equal(exit_answer(EXIT_DENY_TICKET_USED, (struct money){0}).reason,
                     REASON_TICKET_USED);
    assert_int_equal(exit_answer(EXIT_DENY_OTHER_PLACE, (struct money){0}).reason,
                     REASON_OTHER_PLACE);
}

static bool utf8_whole(const char *t)
{
    size_t i = 0, n = strlen(t);
    while (i < n) {
        unsigned char c = (unsigned char)t[i];
        size_t k = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        if (i + k > n)
            return false;
        i += k;
    }
    return true;
}

static void displays_fit(void **state)
{
    (void)state;
    const struct money amounts[] = {
        {0, {"KRW"}}, {3500, {"KRW"}}, {1250, {"EUR"}}, {INT64_MAX, {"EUR"}}, {INT64_MIN, {"KWD"}}};
    for (int a = 0; a < EXIT_ACTIONS; a++)
        for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
            struct passage_answer w = exit_answer((enum exit_action)a, amounts[i]);
            assert_true(strlen(w.display) > 0 && strlen(w.display) <= 32);
            assert_true(utf8_whole(w.display));
            assert_true(w.verdict != VERDICT_NONE);
            assert_int_equal(w.verdict == VERDICT_ALLOW, w.basis != BASIS_NONE);
            assert_int_equal(w.verdict == VERDICT_ALLOW, w.reason == REASON_NONE);
        }
    assert_string_equal(exit_answer(EXIT_ALLOW_PAID, amounts[1]).display, "3500 KRW paid");
    assert_string_equal(exit_answer(EXIT_DENY_DECLINED, amounts[2]).display, "12.50 EUR declined");
    assert_string_equal(exit_answer(EXIT_DENY_DECLINED, amounts[3]).display, "declined");
    assert_int_equal(exit_answer(EXIT_DENY_DECLINED, amounts[2]).due.minor, 1250);
    assert_string_equal(exit_answer(EXIT_DENY_NO_SESSION, amounts[2]).due.currency.code, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_combinations),
        cmocka_unit_test(a_ticket_that_is_not_for_leaving_here),
        cmocka_unit_test(displays_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
