/* What the list says of a vehicle (right.h, R1 to R4), and how a list comes in (rights_fetch.h). */
#include "edge/core/right.h"
#include "edge/core/rights_fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR_MS = 3600 * 1000 };

static const struct right_clock noon = {.trusted = true, .now = {1000}, .unconfirmed_ms = HOUR_MS};

static struct right right_of(const char *id, enum right_kind kind, const char *plate)
{
    struct right r = {.kind = kind};
    snprintf(r.id.text, sizeof r.id.text, "%s", id);
    snprintf(r.plate.text, sizeof r.plate.text, "%s", plate);
    return r;
}

static void judged(const struct right *list, size_t count, const char *plate,
                   const struct right_clock *clock, enum right_verdict verdict, const char *id)
{
    struct plate p = {""};
    snprintf(p.text, sizeof p.text, "%s", plate);
    struct right_found f = right_judge(list, count, &p, "", clock);
    assert_int_equal(f.verdict, verdict);
    assert_string_equal(f.id.text, id);
}

static void a_deny_entry_wins_and_needs_the_exact_plate(void **state) /* R1 */
{
    (void)state;
    struct right list[] = {right_of("permit", RIGHT_PERMIT, "B1"),
                           right_of("no", RIGHT_DENY, "B1")};
    struct right_clock old = {.trusted = true, .now = {1000}, .unconfirmed_ms = INT64_MAX};
    judged(list, 2, "B1", &noon, RIGHT_BARRED, "no");
    judged(list, 2, "B1", &old, RIGHT_BARRED, "no");
    judged(list + 1, 1, "81", &noon, RIGHT_UNKNOWN, "");
    list[1].until.v = 1000; /* over */
    judged(list, 2, "B1", &noon, RIGHT_HONOURED, "permit");
    judged(list, 2, "B1", &old, RIGHT_UNKNOWN, "");
}

static void a_right_counts_within_its_validity(void **state)
{
    (void)state;
    struct right r = right_of("p", RIGHT_PERMIT, "A1");
    r.from.v = 1000;
    r.until.v = 1001;
    judged(&r, 1, "A1", &noon, RIGHT_HONOURED, "p");
    r.from.v = 1001;
    r.until.v = 0;
    judged(&r, 1, "A1", &noon, RIGHT_NOT_VALID, "p");
    r.from.v = 0;
    r.until.v = 1000;
    judged(&r, 1, "A1", &noon, RIGHT_NOT_VALID, "p");
    struct right both[] = {r, right_of("q", RIGHT_BOOKING, "A1")};
    judged(both, 2, "A1", &noon, RIGHT_HONOURED, "q");
    r.kind = RIGHT_ACCOUNT;
    judged(&r, 1, "A1", &noon, RIGHT_UNKNOWN, "");
}

static void a_list_that_was_not_confirmed_is_of_no_use(void **state) /* R2 */
{
    (void)state;
    struct right r = right_of("p", RIGHT_PERMIT, "A1");
    struct right_clock c = noon;
    c.unconfirmed_ms = 24 * HOUR_MS - 1;
    judged(&r, 1, "A1", &c, RIGHT_HONOURED, "p");
    c.unconfirmed_ms = 24 * HOUR_MS;
    judged(&r, 1, "A1", &c, RIGHT_UNKNOWN, "");
    r.offline_s = 900;
    c.unconfirmed_ms = 900 * 1000;
    judged(&r, 1, "A1", &c, RIGHT_UNKNOWN, "");
    c.unconfirmed_ms = INT64_MAX;
    judged(&r, 1, "A1", &c, RIGHT_UNKNOWN, "");
}

static void one_confused_character_is_forgiven_a_permit(void **state) /* R3 */
{
    (void)state;
    struct right p = right_of("p", RIGHT_PERMIT, "B0S1"), b = right_of("b", RIGHT_BOOKING, "B0S1");
    judged(&p, 1, "80S1", &noon, RIGHT_HONOURED, "p");
    judged(&p, 1, "8051", &noon, RIGHT_UNKNOWN, "");
    judged(&b, 1, "80S1", &noon, RIGHT_UNKNOWN, "");
    struct right two[] = {p, right_of("q", RIGHT_PERMIT, "8OS1")};
    judged(two, 2, "80S1", &noon, RIGHT_UNKNOWN, ""); /* either may be meant */
    struct right known[] = {p, right_of("a", RIGHT_ACCOUNT, "80S1")};
    judged(known, 2, "80S1", &noon, RIGHT_UNKNOWN, ""); /* somebody has exactly this plate */
    p.until.v = 5;
    judged(&p, 1, "80S1", &noon, RIGHT_UNKNOWN, "");
}

static void a_clock_nobody_trusts_judges_no_validity(void **state) /* R4 */
{
    (void)state;
    struct right_clock unset = {.trusted = false, .now = {0}, .unconfirmed_ms = 0};
    struct right r = right_of("p", RIGHT_PERMIT, "A1"), d = right_of("d", RIGHT_DENY, "A1");
    judged(&r, 1, "A1", &unset, RIGHT_HONOURED, "p");
    r.until.v = 5;
    judged(&r, 1, "A1", &unset, RIGHT_UNKNOWN, "");
    d.from.v = 5;
    judged(&d, 1, "A1", &unset, RIGHT_BARRED, "d");
}

static void a_credential_names_its_right(void **state)
{
    (void)state;
    struct right r = right_of("p", RIGHT_PERMIT, "");
    struct plate none = {""};
    snprintf(r.credential, sizeof r.credential, "QR-1");
    assert_int_equal(right_judge(&r, 1, &none, "QR-1", &noon).verdict, RIGHT_HONOURED);
    assert_int_equal(right_judge(&r, 1, &none, "QR-2", &noon).verdict, RIGHT_UNKNOWN);
    assert_int_equal(right_judge(&r, 1, &none, "", &noon).verdict, RIGHT_UNKNOWN);
}

/* --- lists --- */

static char right_sha[RIGHTS_SHA_SIZE], wrong_sha[RIGHTS_SHA_SIZE];

static struct rights_part *part_of(int64_t version, int64_t from, int64_t part, int64_t of)
{
    static struct rights_part p;
    memset(right_sha, 'a', RIGHTS_SHA_SIZE - 1);
    memset(wrong_sha, 'b', RIGHTS_SHA_SIZE - 1);
    p = (struct rights_part){.version = version, .from = from, .part = part, .of = of};
    memcpy(p.sha256, right_sha, sizeof p.sha256);
    return &p;
}

#define TAKE(f, verdict, ...)                                                                      \
    assert_int_equal(rights_fetch_part(f, part_of(__VA_ARGS__), right_sha), verdict)

static void parts_are_taken_in_order(void **state) /* F1, F2, F3 */
{
    (void)state;
    struct rights_fetch f = {.have = 3}, before;
    TAKE(&f, FETCH_DROP, 5, 0, 1, 3); /* without its first part */
    TAKE(&f, FETCH_STAGE, 5, 0, 0, 3);
    before = f;
    TAKE(&f, FETCH_DROP, 5, 0, 0, 3); /* again */
    TAKE(&f, FETCH_DROP, 5, 0, 2, 3); /* too early */
    TAKE(&f, FETCH_DROP, 4, 0, 1, 3); /* of an older list */
    TAKE(&f, FETCH_DROP, 3, 0, 0, 1); /* in force already */
    TAKE(&f, FETCH_DROP, 6, 0, 1, 3); /* of another one */
    TAKE(&f, FETCH_DROP, 6, 0, 0, 0); /* newer: afterwards */
    assert_memory_equal(&f, &before, sizeof f);
    assert_string_equal(rights_fetch_before(&f, part_of(5, 0, 1, 3)), right_sha);
    assert_string_equal(rights_fetch_before(&f, part_of(6, 0, 0, 3)), "");
    TAKE(&f, FETCH_STAGE, 5, 0, 1, 3);
    assert_int_equal(f.have, 3);
    TAKE(&f, FETCH_COMPLETE, 5, 0, 2, 3);
    assert_int_equal(f.have, 5);
    assert_int_equal(f.version, 0);
    TAKE(&f, FETCH_DROP, 5, 0, 2, 3);
    TAKE(&f, FETCH_DROP, 5, 5, 0, 0);
    TAKE(&f, FETCH_NEWER, 6, 5, 0, 0);
}

static void changes_need_what_they_change(void **state)
{
    (void)state;
    struct rights_fetch f = {.have = 3};
    TAKE(&f, FETCH_COMPLETE, 4, 3, 0, 1);
    TAKE(&f, FETCH_ABANDON, 6, 5, 0, 1);
    assert_int_equal(f.have, 4);
    TAKE(&f, FETCH_STAGE, 6, 4, 0, 2);
    TAKE(&f, FETCH_STAGE, 7, 0, 0, 2); /* a newer list begins: it takes the place */
    TAKE(&f, FETCH_COMPLETE, 7, 0, 1, 2);
}

static void a_broken_part_is_asked_for_three_times(void **state) /* F4 */
{
    (void)state;
    struct rights_fetch f = {.have = 3};
    TAKE(&f, FETCH_STAGE, 5, 0, 0, 3);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rights_fetch_part(&f, part_of(5, 0, 1, 3), wrong_sha), FETCH_BROKEN);
    assert_int_equal(f.next, 1);
    TAKE(&f, FETCH_STAGE, 5, 0, 1, 3);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rights_fetch_part(&f, part_of(5, 0, 2, 3), wrong_sha), FETCH_BROKEN);
    assert_int_equal(rights_fetch_part(&f, part_of(5, 0, 2, 3), wrong_sha), FETCH_ABANDON);
    assert_int_equal(f.have, 3);
    assert_int_equal(f.version, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deny_entry_wins_and_needs_the_exact_plate),
        cmocka_unit_test(a_right_counts_within_its_validity),
        cmocka_unit_test(a_list_that_was_not_confirmed_is_of_no_use),
        cmocka_unit_test(one_confused_character_is_forgiven_a_permit),
        cmocka_unit_test(a_clock_nobody_trusts_judges_no_validity),
        cmocka_unit_test(a_credential_names_its_right),
        cmocka_unit_test(parts_are_taken_in_order),
        cmocka_unit_test(changes_need_what_they_change),
        cmocka_unit_test(a_broken_part_is_asked_for_three_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
