/* core/match.h: M1 and M2; and how a stay ends and begins again by hand (core/session.h). */
#include "cloud/core/match.h"
#include "cloud/core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct plate plate_of(const char *text)
{
    struct plate p = {0};
    snprintf(p.text, sizeof p.text, "%s", text);
    return p;
}

static void one_wrong_character_is_found(void **state) /* M1 */
{
    static const struct {
        const char *entry, *exit;
        enum match_why why;
    } rows[] = {
        {"22\xEC\x95\x84"
         "2222",
         "22\xEC\x95\x84"
         "2222",
         MATCH_SAME},
        {"22\xEC\x95\x84"
         "2222",
         "22\xEC\x95\x84"
         "2223",
         MATCH_ONE_CHARACTER},
        {"22\xEC\x95\x84"
         "2222",
         "22\xEB\x82\x98"
         "2222",
         MATCH_ONE_CHARACTER}, /* a syllable */
        {"22\xEC\x95\x84"
         "2222",
         "22\xEC\x95\x84"
         "222",
         MATCH_ONE_CHARACTER},
        {"22\xEC\x95\x84"
         "2222",
         "122\xEC\x95\x84"
         "2222",
         MATCH_ONE_CHARACTER},
        {"22\xEC\x95\x84"
         "2222",
         "222222", MATCH_ONE_CHARACTER},
        {"22\xEC\x95\x84"
         "2222",
         "32\xEC\x95\x84"
         "2223",
         MATCH_NONE},
        {"22\xEC\x95\x84"
         "2222",
         "22\xEB\x82\x98"
         "2223",
         MATCH_NONE},
        {"BO123", "80123", MATCH_CONFUSED},
        {"AB123", "BA123", MATCH_NONE},
        {"A", "", MATCH_UNREAD},
        {"", "", MATCH_UNREAD},
        {"A", "B", MATCH_ONE_CHARACTER},
        {"A1", "B2", MATCH_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plate a = plate_of(rows[i].entry), b = plate_of(rows[i].exit);
        assert_int_equal(match_plates(&a, &b), rows[i].why);
        assert_int_equal(match_plates(&b, &a), rows[i].why);
    }
}

static void what_was_shown_counts_more(void **state) /* M2 */
{
    struct session_row open = {.start = {1000}, .credential = {"T1"}, .plate = {"A1"}};
    struct session_row exit = {.end = {2000}, .credential = {"T1"}, .plate = {"ZZZZ9"}};
    (void)state;
    assert_int_equal(match_stays(&open, &exit), MATCH_CREDENTIAL);
    exit.end.v = 999;
    assert_int_equal(match_stays(&open, &exit), MATCH_NONE);
    exit.end.v = 1000;
    exit.credential.text[0] = open.credential.text[0] = '\0';
    assert_int_equal(match_stays(&open, &exit), MATCH_NONE);
    exit.plate = (struct plate){"A7"};
    assert_int_equal(match_stays(&open, &exit), MATCH_ONE_CHARACTER);
}

/* By members: what lies between them in memory is nobody's. */
static void same_stay(const struct session_row *a, const struct session_row *b)
{
    assert_string_equal(a->id.text, b->id.text);
    assert_string_equal(a->plate.text, b->plate.text);
    assert_string_equal(a->exit_plate.text, b->exit_plate.text);
    assert_string_equal(a->entry_edge.text, b->entry_edge.text);
    assert_string_equal(a->entry_lane.text, b->entry_lane.text);
    assert_string_equal(a->exit_edge.text, b->exit_edge.text);
    assert_string_equal(a->exit_lane.text, b->exit_lane.text);
    assert_string_equal(a->exit_movement.text, b->exit_movement.text);
    assert_string_equal(a->credential.text, b->credential.text);
    assert_string_equal(a->tariff.text, b->tariff.text);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->exit_basis, b->exit_basis);
    assert_int_equal(a->start.v, b->start.v);
    assert_int_equal(a->end.v, b->end.v);
    assert_int_equal(a->price_minor, b->price_minor);
    assert_int_equal(a->paid_minor, b->paid_minor);
    assert_int_equal(a->settled_at.v, b->settled_at.v);
}

static void same_crossing(const struct crossing *a, const struct crossing *b)
{
    assert_string_equal(a->movement.text, b->movement.text);
    assert_string_equal(a->place.text, b->place.text);
    assert_string_equal(a->edge.text, b->edge.text);
    assert_string_equal(a->lane.text, b->lane.text);
    assert_string_equal(a->plate.text, b->plate.text);
    assert_string_equal(a->credential.text, b->credential.text);
    assert_int_equal(a->at.v, b->at.v);
    assert_int_equal(a->basis, b->basis);
}

static void a_split_undoes_a_close(void **state)
{
    struct place_settings place = {.place = {"a"}, .currency = {"KRW"}, .tariff = {"t3"}};
    struct crossing in = {.movement = {"1111111111111111"},
                          .place = {"a"},
                          .lane = {"in-1"},
                          .plate = {"A1"},
                          .at = {1000}};
    struct crossing out = {.movement = {"2222222222222222"},
                           .place = {"a"},
                           .edge = {"e1"},
                           .lane = {"out-1"},
                           .plate = {"A7"},
                           .at = {9000},
                           .basis = BASIS_FREE};
    struct session_row before = session_open(&in, &place), s = before;
    (void)state;
    session_close(&s, &out);
    struct session_row exit = session_split(&s);
    same_stay(&s, &before);
    struct session_row alone = session_unmatched(&out, &place);
    same_stay(&exit, &alone);
    struct crossing again = session_exit(&exit);
    same_crossing(&again, &out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_wrong_character_is_found),
        cmocka_unit_test(what_was_shown_counts_more),
        cmocka_unit_test(a_split_undoes_a_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
