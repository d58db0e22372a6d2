/* The file of payer accounts: what is read, and the line at fault when it is not. */
#include "cloud/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct account_providers both = {2, {{"stripe"}, {"toss"}}};

static void test_reads_and_normalises(void **state)
{
    (void)state;
    static const char text[] = "plate,token\r\n"
                               "# a comment, with a comma\n"
                               "\n"
                               "b-AB 1234 , cus_2/pm_2\r\n"
                               "22아2222,cus_1\n"
                               "서울12가3456,cus_3"; /* no newline at the end */
    struct account *a = NULL;
    size_t count = 0;
    assert_int_equal(accounts_parse(text, sizeof text - 1, &both, &a, &count, NULL), ERR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(a[0].plate.text, "22아2222"); /* sorted */
    assert_int_equal(a[0].payer.count, 1);
    assert_string_equal(a[0].payer.tokens[0].provider.text, "stripe");
    assert_string_equal(a[0].payer.tokens[0].token, "cus_1");
    assert_string_equal(a[1].plate.text, "BAB1234");
    assert_string_equal(a[1].payer.tokens[0].token, "cus_2/pm_2");
    assert_string_equal(a[2].plate.text, "서울12가3456");
    free(a);
}

static void test_an_empty_file_is_no_account(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "plate,token\n", "# nothing"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct account sentinel;
        struct account *a = &sentinel;
        size_t count = 7;
        assert_int_equal(accounts_parse(texts[i], strlen(texts[i]), &both, &a, &count, NULL),
                         ERR_OK);
        assert_int_equal(count, 0);
        assert_null(a);
    }
}

static void refused(const char *text, const char *expected)
{
    struct account sentinel;
    struct account *a = &sentinel;
    size_t count = 7;
    char reason[ACCOUNTS_REASON_SIZE];
    assert_int_equal(accounts_parse(text, strlen(text), &both, &a, &count, reason), ERR_INVAL);
    assert_string_equal(reason, expected);
    assert_ptr_equal(a, &sentinel);
    assert_int_equal(count, 7);
}

static void test_bad_lines_are_named(void **state)
{
    (void)state;
    refused("A1,t\nnonsense\n", "line 2: expected plate,token");
    refused("A1,t\n\n,cus_1\n", "line 3: this is no plate");
    refused("A1,t\nB!2,cus_1\n", "line 2: this is no plate");
    refused("\xb0\xa1 1,cus_1\n", "line 1: this is no plate"); /* EUC-KR */
    refused("A1,\n", "line 1: the token is missing");
    refused("A1,  \t\n", "line 1: the token is missing");
    refused("A1,cus 1\n", "line 1: a token is printable ASCII without spaces, quotes, "
                          "backslashes and commas");
    refused("A1,cus_1,more\n", "line 1: a token is printable ASCII without spaces, quotes, "
                               "backslashes and commas");
    refused("A1,cu\"s\n", "line 1: a token is printable ASCII without spaces, quotes, "
                          "backslashes and commas");
    refused("A1,c\xc3\xa4\n", "line 1: a token is printable ASCII without spaces, quotes, "
                              "backslashes and commas");
    refused("A1,0123456789012345678901234567890123456789012345678901234567890123"
            "0123456789012345678901234567890123456789012345678901234567890123\n",
            "line 1: the token is longer than 127 characters");
}

static void test_a_column_for_each_provider(void **state)
{
    (void)state;
    static const char text[] = "plate,toss,stripe\nA1,bk/ck,cus_1\nB2, ,cus_2\nC3,bk3/ck,\n";
    struct account *a = NULL;
    size_t count = 0;
    assert_int_equal(accounts_parse(text, sizeof text - 1, &both, &a, &count, NULL), ERR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(a[0].payer.count, 2);
    assert_string_equal(a[0].payer.tokens[0].provider.text, "toss");
    assert_string_equal(a[0].payer.tokens[0].token, "bk/ck");
    assert_string_equal(a[0].payer.tokens[1].provider.text, "stripe");
    assert_string_equal(a[0].payer.tokens[1].token, "cus_1");
    assert_int_equal(a[1].payer.count, 1);
    assert_string_equal(a[1].payer.tokens[0].token, "cus_2");
    assert_int_equal(a[2].payer.count, 1);
    assert_string_equal(a[2].payer.tokens[0].provider.text, "toss");
    free(a);
    refused("plate,stripe,paypal\n", "line 1: the heading names a provider that is not configured");
    refused("plate,stripe,stripe\n", "line 1: the heading names a provider twice");
    refused("plate,Stripe!\n",
            "line 1: the heading is plate,token or plate and the names of providers");
    refused("plate,stripe,toss\nA1,x\n", "line 2: expected as many fields as the heading has");
    refused("plate,stripe,toss\nA1,x,y,z\n", "line 2: expected as many fields as the heading has");
    refused("plate,stripe,toss\nA1,,\n", "line 2: no token at all");
    refused("plate,stripe,toss\nA1,x y,z\n",
            "line 2: a token is printable ASCII without spaces, quotes, backslashes and commas");
}

static void test_a_plate_has_one_account(void **state)
{
    (void)state;
    refused("A1,t1\nB2,t2\na-1,t3\n", "line 3: this plate has an account already");
}

static void test_a_missing_file(void **state)
{
    (void)state;
    struct account *a = NULL;
    size_t count = 0;
    char reason[ACCOUNTS_REASON_SIZE];
    assert_int_equal(accounts_load("/nonexistent/accounts", &both, &a, &count, reason),
                     ERR_NOTFOUND);
    assert_string_equal(reason, "No such file or directory");
    assert_int_equal(accounts_load("/tmp", &both, &a, &count, reason), ERR_NOTFOUND);
    assert_string_equal(reason, "cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_and_normalises),
        cmocka_unit_test(test_an_empty_file_is_no_account),
        cmocka_unit_test(test_bad_lines_are_named),
        cmocka_unit_test(test_a_column_for_each_provider),
        cmocka_unit_test(test_a_plate_has_one_account),
        cmocka_unit_test(test_a_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
