/* Who is calling (cloud/http/auth.h, A1 to A3), without a server. */
#include "cloud/http/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct auth_token good[] = {
    {{"op"}, "operator-token-0123456789", 0, "", ""},
    {{"kim"}, "driver-token-0123456789", 3, "22\xEC\x95\x84 2222, b-xy 12", ""},
};

static void roles_and_plates_are_loaded(void **state)
{
    struct auth a;
    struct principal p;
    size_t at = 9;
    (void)state;
    assert_int_equal(auth_load(good, 2, &a, &at), ERR_OK);
    assert_int_equal(at, 9);
    assert_int_equal(auth_check(&a, "Bearer operator-token-0123456789", &p), ERR_OK);
    assert_int_equal(p.roles, ROLE_OPERATOR);
    assert_string_equal(p.name.text, "op");
    assert_int_equal(auth_check(&a, "bearer  driver-token-0123456789", &p), ERR_OK);
    assert_int_equal(p.roles, ROLE_DRIVER);
    assert_true(auth_sees_plate(&p, &(struct plate){"22\xEC\x95\x84"
                                                    "2222"}));
    assert_true(auth_sees_plate(&p, &(struct plate){"BXY12"}));
    assert_false(auth_sees_plate(&p, &(struct plate){"BXY1"}));
}

static void nobody_is_not_an_error_but_a_wrong_token_is(void **state)
{
    static const char *const wrong[] = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer operator-token-012345678",
        "Bearer operator-token-01234567890",
        "Bearer OPERATOR-TOKEN-0123456789",
        "Bearer operator-token-0123456789 ",
        "Basic operator-token-0123456789",
        "operator-token-0123456789",
    };
    struct auth a;
    struct principal p = {.roles = ROLE_AUDITOR};
    size_t at;
    (void)state;
    assert_int_equal(auth_load(good, 2, &a, &at), ERR_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(auth_check(&a, wrong[i], &p), ERR_DENIED);
        assert_int_equal(p.roles, ROLE_AUDITOR);
    }
    assert_int_equal(auth_check(&a, NULL, &p), ERR_OK);
    assert_int_equal(p.roles, 0);
    assert_false(auth_sees_plate(&p, &(struct plate){"BXY12"}));
}

static void bad_tables_name_the_row(void **state)
{
    static const struct {
        struct auth_token token;
        enum err err;
    } rows[] = {
        {{{"x"}, "short", 0, "", ""}, ERR_INVAL},
        {{{"x"}, "has a space in the token", 0, "", ""}, ERR_INVAL},
        {{{"x"}, "operator-token-0123456789", 1, "", ""}, ERR_CONFLICT},
        {{{"x"}, "another-token-0123456789", 3, "", ""}, ERR_INVAL},
        {{{"x"}, "another-token-0123456789", 0, "12A", ""}, ERR_INVAL},
        {{{"x"}, "another-token-0123456789", 3, "12A,,13B", ""}, ERR_INVAL},
        {{{"x"}, "another-token-0123456789", 3, "1,2,3,4,5,6,7,8,9", ""}, ERR_FULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct auth_token tokens[2] = {good[0], rows[i].token};
        struct auth a = {.count = 77};
        size_t at = 9;
        assert_int_equal(auth_load(tokens, 2, &a, &at), rows[i].err);
        assert_int_equal(at, 1);
        assert_int_equal(a.count, 77);
    }
}

static void a_token_may_be_bound_to_places(void **state)
{
    static const struct auth_token bound = {{"x"}, "operator-token-0123456789", 0, "", " a , b-2"};
    static const char *const wrong[] = {"a,", ",", "A", "a b", "a,,b", "1,2,3,4,5,6,7,8,9"};
    struct auth a;
    struct principal p;
    size_t at = 9;
    (void)state;
    assert_int_equal(auth_load(&bound, 1, &a, &at), ERR_OK);
    assert_int_equal(auth_check(&a, "Bearer operator-token-0123456789", &p), ERR_OK);
    assert_true(auth_sees_place(&p, &(struct name){"a"}));
    assert_true(auth_sees_place(&p, &(struct name){"b-2"}));
    assert_false(auth_sees_place(&p, &(struct name){"c"}));
    assert_int_equal(auth_load(good, 2, &a, &at), ERR_OK);
    assert_int_equal(auth_check(&a, "Bearer operator-token-0123456789", &p), ERR_OK);
    assert_true(auth_sees_place(&p, &(struct name){"c"}));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct auth_token t = bound;
        memset(t.places, 0, sizeof t.places);
        memcpy(t.places, wrong[i], strlen(wrong[i]));
        if (auth_load(&t, 1, &a, &at) == ERR_OK)
            print_error("%s\n", wrong[i]);
        assert_int_not_equal(auth_load(&t, 1, &a, &at), ERR_OK);
    }
}

static void too_many_tokens_are_refused(void **state)
{
    static struct auth_token many[AUTH_TOKENS_MAX + 1];
    static struct auth a;
    size_t at = 0;
    (void)state;
    for (int i = 0; i <= AUTH_TOKENS_MAX; i++)
        snprintf(many[i].token, sizeof many[i].token, "token-0123456789-%d", i);
    assert_int_equal(auth_load(many, AUTH_TOKENS_MAX, &a, &at), ERR_OK);
    assert_int_equal(auth_load(many, AUTH_TOKENS_MAX + 1, &a, &at), ERR_FULL);
    assert_int_equal(at, AUTH_TOKENS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_and_plates_are_loaded),
        cmocka_unit_test(nobody_is_not_an_error_but_a_wrong_token_is),
        cmocka_unit_test(bad_tables_name_the_row),
        cmocka_unit_test(a_token_may_be_bound_to_places),
        cmocka_unit_test(too_many_tokens_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
