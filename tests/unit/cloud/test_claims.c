/* What a verified token says (cloud/identity/claims.h, K1 to K3). */
#include "cloud/identity/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1795156272

static const struct claims_rule rule = {"https://us", "boomgate", "realm.roles", NOW_S};

#define GOOD                                                                                       \
    "\"iss\":\"https://us\",\"aud\":[\"x\",\"boomgate\"],\"sub\":\"kim\",\"exp\":1795156273"

static enum err read(const char *text, struct principal *ret, const char **ret_why)
{
    json_t *claims = json_loads(text, 0, NULL);
    assert_non_null(claims);
    enum err e = claims_read(claims, &rule, ret, ret_why);
    json_decref(claims);
    return e;
}

static void all_of_it_is_read(void **state)
{
    struct principal p;
    const char *why;
    (void)state;
    assert_int_equal(read("{" GOOD ",\"nbf\":1795156332.5,\"iat\":0,\"places\":[\"a\",\"b-2\"],"
                          "\"plates\":[\"22\xEC\x95\x84 2222\"],\"credentials\":[\"T-1\"],"
                          "\"realm\":{\"roles\":[\"driver\",\"offline_access\",7]}}",
                          &p, &why),
                     ERR_OK);
    assert_string_equal(p.name.text, "kim");
    assert_int_equal(p.roles, ROLE_DRIVER);
    assert_true(auth_sees_place(&p, &(struct name){"b-2"}));
    assert_false(auth_sees_place(&p, &(struct name){"c"}));
    assert_true(auth_sees_plate(&p, &(struct plate){"22\xEC\x95\x84"
                                                    "2222"}));
    assert_true(auth_sees_credential(&p, "T-1"));
    assert_false(auth_sees_credential(&p, "T-2"));
}

static void another_issuers_subject_becomes_a_name(void **state)
{
    struct principal p, q;
    const char *why;
    (void)state;
    assert_int_equal(read("{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"exp\":1795156273,"
                          "\"sub\":\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"}",
                          &p, &why),
                     ERR_OK);
    assert_int_equal(read("{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"exp\":1795156273,"
                          "\"sub\":\"f81d4fae-7dec-11d0-a765-00a0c91e6bf7\"}",
                          &q, &why),
                     ERR_OK);
    assert_int_equal(strlen(p.name.text), 18);
    assert_string_not_equal(p.name.text, q.name.text);
    assert_int_equal(p.roles, 0); /* somebody, who may do nothing */
}

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *claims, *why;
    } rows[] = {
        {"{}", "another issuer"},
        {"{\"iss\":\"https://us/\",\"aud\":\"boomgate\",\"sub\":\"k\",\"exp\":1795156273}",
         "another issuer"},
        {"{\"iss\":[\"https://us\"],\"aud\":\"boomgate\",\"sub\":\"k\",\"exp\":1795156273}",
         "another issuer"},
        {"{\"iss\":\"https://us\",\"sub\":\"k\",\"exp\":1795156273}", "another audience"},
        {"{\"iss\":\"https://us\",\"aud\":\"boom\",\"sub\":\"k\",\"exp\":1795156273}",
         "another audience"},
        {"{\"iss\":\"https://us\",\"aud\":[],\"sub\":\"k\",\"exp\":1795156273}",
         "another audience"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"sub\":\"k\"}", "no end of validity"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"sub\":\"k\",\"exp\":\"1795156273\"}",
         "no end of validity"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"sub\":\"k\",\"exp\":-1}",
         "no end of validity"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"sub\":\"k\",\"exp\":1e300}",
         "no end of validity"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"sub\":\"k\",\"exp\":1795156272}",
         "expired"},
        {"{" GOOD ",\"nbf\":1795156333}", "not valid yet"},
        {"{" GOOD ",\"iat\":1795156333}", "not valid yet"},
        {"{" GOOD ",\"nbf\":\"x\"}", "not valid yet"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"exp\":1795156273}", "no subject"},
        {"{\"iss\":\"https://us\",\"aud\":\"boomgate\",\"exp\":1795156273,\"sub\":\"\"}",
         "no subject"},
        {"{" GOOD ",\"places\":[]}", "its places, plates or credentials are none"},
        {"{" GOOD ",\"places\":\"a\"}", "its places, plates or credentials are none"},
        {"{" GOOD ",\"places\":[\"A B\"]}", "its places, plates or credentials are none"},
        {"{" GOOD ",\"plates\":[\"\"]}", "its places, plates or credentials are none"},
        {"{" GOOD ",\"credentials\":[3]}", "its places, plates or credentials are none"},
    };
    struct principal p = {.roles = 77};
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read(rows[i].claims, &p, &why), ERR_DENIED);
        assert_string_equal(why, rows[i].why);
    }
    assert_int_equal(p.roles, 77);
}

static void what_is_written_is_read(void **state)
{
    struct principal p = {.roles = ROLE_DRIVER | ROLE_SERVICE, .name = {"kim"}}, q;
    struct claims_rule ours = rule;
    const char *why;
    (void)state;
    assert_int_equal(principal_add_each(&p, "22A 2222, X1", principal_add_plate), ERR_OK);
    assert_int_equal(principal_add_each(&p, "a,b", principal_add_place), ERR_OK);
    assert_int_equal(principal_add_each(&p, "T-1", principal_add_credential), ERR_OK);
    json_t *claims = json_loads("{" GOOD "}", 0, NULL);
    claims_set_principal(claims, &p);
    ours.roles_claim = "roles";
    assert_int_equal(claims_read(claims, &ours, &q, &why), ERR_OK);
    assert_memory_equal(&p, &q, sizeof p);
    json_decref(claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_read),
        cmocka_unit_test(another_issuers_subject_becomes_a_name),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
