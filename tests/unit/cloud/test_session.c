/* core/session.h: N1, N2, the join of an exit that was known before its entry. */
#include "cloud/core/session.h"
#include "cloud/metrics.h"
#include "cloud/ports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct place_settings place = {.currency = {"KRW"}, .tariff = {"t3"}};

static struct crossing crossing_of(const char *movement, int64_t at, enum basis basis)
{
    struct crossing c = {.place = {"a"}, .edge = {"e1"}, .lane = {"in-1"}, .at = {at}};
    memcpy(c.movement.text, movement, strlen(movement) + 1);
    memcpy(c.plate.text, "22아2222", sizeof "22아2222");
    c.basis = basis;
    return c;
}

static void a_stay(void **state)
{
    (void)state;
    struct crossing in = crossing_of("00000000000000aa", 1000, BASIS_SPACE);
    struct session_row s = session_open(&in, &place);
    assert_string_equal(s.id.text, "00000000000000aa");
    assert_int_equal(s.state, SESSION_OPEN);
    assert_string_equal(s.currency.code, "KRW");
    assert_string_equal(s.tariff.text, "t3");
    assert_int_equal(session_due(&s, 500, (struct wall_ms){2000}, 100), 500);
    session_paid(&s, 500, (struct wall_ms){5000});
    assert_int_equal(session_due(&s, 500, (struct wall_ms){9000}, 100), 0);
    assert_int_equal(session_due(&s, 800, (struct wall_ms){5100}, 100), 0);
    assert_int_equal(session_due(&s, 800, (struct wall_ms){5101}, 100), 300);

    struct crossing out = crossing_of("00000000000000bb", 900, BASIS_PAID);
    session_close(&s, &out);
    assert_int_equal(s.state, SESSION_CLOSED);
    assert_int_equal(s.end.v, 1000); /* never before the start */
    assert_string_equal(s.exit_movement.text, "00000000000000bb");
    assert_int_equal(s.exit_basis, BASIS_PAID);
}

static void exit_before_entry(void **state)
{
    (void)state;
    struct crossing out = crossing_of("00000000000000bb", 9000, BASIS_OFFLINE);
    struct session_row u = session_unmatched(&out, &place);
    assert_int_equal(u.state, SESSION_UNMATCHED);
    assert_int_equal(u.start.v, 0);
    struct crossing in = crossing_of("00000000000000aa", 1000, BASIS_SPACE);
    struct session_row s = session_join(&in, &u);
    assert_int_equal(s.state, SESSION_CLOSED);
    assert_string_equal(s.id.text, "00000000000000bb");
    assert_int_equal(s.start.v, 1000);
    assert_int_equal(s.end.v, 9000);
    assert_string_equal(s.exit_movement.text, "00000000000000bb");
    assert_int_equal(s.exit_basis, BASIS_OFFLINE);
}

static void quotes(void **state)
{
    (void)state;
    struct session_row s = {.quote_at = {5}, .quote_request = {"11112222333344445555666677778888"}};
    struct request_id same = {"11112222333344445555666677778888"}, none = {""};
    assert_true(session_quote_stands(&s, &same));
    assert_false(session_quote_stands(&s, &none));
    s.quote_at.v = 0;
    assert_false(session_quote_stands(&s, &same));
}

static void words(void **state)
{
    (void)state;
    for (int i = 0; i < PAYMENT_STATES; i++) {
        enum payment_state back = PAYMENT_STATES;
        assert_int_equal(payment_state_parse(payment_state_word((enum payment_state)i), &back),
                         ERR_OK);
        assert_int_equal(back, i);
    }
    enum payment_policy p = POLICY_HOLD;
    assert_int_equal(payment_policy_parse("maybe", &p), ERR_NOTFOUND);
    assert_int_equal(p, POLICY_HOLD);
    assert_string_equal(payment_state_word(PAYMENT_STATES), "");
    for (int i = 0; i < METRICS; i++) {
        assert_non_null(metrics_row((enum metric)i)->name);
        assert_non_null(metrics_row((enum metric)i)->help);
    }
    struct metrics m = {0};
    metrics_add(&m, METRIC_ACKS, 2);
    metrics_set(&m, METRIC_PLACES, 7);
    metrics_add(NULL, METRIC_ACKS, 2);
    assert_int_equal(metrics_get(&m, METRIC_ACKS), 2);
    assert_int_equal(metrics_get(&m, METRIC_PLACES), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stay),
        cmocka_unit_test(exit_before_entry),
        cmocka_unit_test(quotes),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
