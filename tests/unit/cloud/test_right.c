/* Rights as the cloud applies them to a stay (core/right.h). */
#include "cloud/core/right.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct credential_text none;

static struct right right_of(const char *id, enum right_kind kind, const char *plate, int64_t from,
                             int64_t until)
{
    struct right r = {.kind = kind, .from = {from}, .until = {until}};
    snprintf(r.id.text, sizeof r.id.text, "%s", id);
    snprintf(r.plate.text, sizeof r.plate.text, "%s", plate);
    return r;
}

static const char *covering(const struct right *list, size_t count, const char *plate, int64_t at)
{
    struct plate p = {""};
    snprintf(p.text, sizeof p.text, "%s", plate);
    const struct right *r = right_covering(list, count, &p, &none, (struct wall_ms){at});
    return r != NULL ? r->id.text : "";
}

static void a_right_that_is_valid_at_the_start_covers(void **state) /* V1 */
{
    (void)state;
    struct right list[] = {right_of("short", RIGHT_PERMIT, "A", 10, 20),
                           right_of("long", RIGHT_BOOKING, "A", 15, 30),
                           right_of("pays", RIGHT_ACCOUNT, "A", 0, 0)};
    assert_string_equal(covering(list, 3, "A", 9), "");
    assert_string_equal(covering(list, 3, "A", 10), "short");
    assert_string_equal(covering(list, 3, "A", 15), "long");
    assert_string_equal(covering(list, 3, "A", 30), "");
    assert_int_equal(right_end(&list[0]).v, 20);
    assert_int_equal(right_end(&list[2]).v, INT64_MAX);
}

static void one_confused_character_is_forgiven_a_permit(void **state) /* V2 */
{
    (void)state;
    struct right list[] = {right_of("p", RIGHT_PERMIT, "B0", 0, 0),
                           right_of("q", RIGHT_PERMIT, "8O", 0, 0),
                           right_of("d", RIGHT_DENY, "80", 0, 0)};
    assert_string_equal(covering(list, 1, "80", 1), "p");
    assert_string_equal(covering(list, 1, "8O", 1), "");
    assert_string_equal(covering(list, 2, "80", 1), "");
    struct right known[] = {list[0], list[2]};
    assert_string_equal(covering(known, 2, "80", 1), ""); /* somebody has exactly this plate */
    struct plate p = {"80"}, near = {"B0"};
    assert_true(right_bars(list, 3, &p, &none, (struct wall_ms){1}));
    assert_false(right_bars(list + 2, 1, &near, &none, (struct wall_ms){1}));
}

static void a_credential_is_as_good_as_a_plate(void **state) /* V2 */
{
    (void)state;
    struct right list[] = {right_of("card", RIGHT_PERMIT, "", 0, 0),
                           right_of("near", RIGHT_PERMIT, "B0", 0, 0),
                           right_of("stolen", RIGHT_DENY, "", 0, 0)};
    struct credential_text card = {"04A1"}, stolen = {"04A2"};
    struct plate p = {"80"}, nobody = {""};
    struct wall_ms at = {1};
    snprintf(list[0].credential, sizeof list[0].credential, "04A1");
    snprintf(list[2].credential, sizeof list[2].credential, "04A2");
    assert_string_equal(right_covering(list, 3, &p, &card, at)->id.text, "card");
    assert_string_equal(right_covering(list, 3, &nobody, &card, at)->id.text, "card");
    assert_null(right_covering(list, 3, &nobody, &none, at)); /* "" is nobody's */
    assert_null(right_covering(list, 3, &nobody, &stolen, at));
    assert_true(right_bars(list, 3, &p, &stolen, at));
    assert_false(right_bars(list, 3, &p, &card, at));
    assert_false(right_bars(list, 3, &nobody, &none, at));
}

static void what_is_covered_is_cut_off(void **state)
{
    (void)state;
    struct session_row s = {.start = {100}};
    struct wall_ms end = {200};
    assert_int_equal(session_uncovered(&s, end).v, 100);
    s.covered.v = 150;
    assert_int_equal(session_uncovered(&s, end).v, 150);
    s.covered.v = 90;
    assert_int_equal(session_uncovered(&s, end).v, 100);
    s.covered.v = INT64_MAX;
    assert_int_equal(session_uncovered(&s, end).v, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_that_is_valid_at_the_start_covers),
        cmocka_unit_test(one_confused_character_is_forgiven_a_permit),
        cmocka_unit_test(a_credential_is_as_good_as_a_plate),
        cmocka_unit_test(what_is_covered_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
