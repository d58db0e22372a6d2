/* The file of payer accounts: what is read, and the line at fault when it is not. */
#include "cloud/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
    assert_int_equal(accounts_parse(text, sizeof text - 1, &a, &count, NULL), ERR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(a[0].plate.text, "22아2222"); /* sorted */
    assert_string_equal(a[0].token, "cus_1");
    assert_string_equal(a[1].plate.text, "BAB1234");
    assert_string_equal(a[1].token, "cus_2/pm_2");
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
        assert_int_equal(accounts_parse(texts[i], strlen(texts[i]), &a, &count, NULL), ERR_OK);
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
    assert_int_equal(accounts_parse(text, strlen(text), &a, &count, reason), ERR_INVAL);
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
    refused("A1,0123456789012345678901234567890123456789012345678901234567890123\n",
            "line 1: the token is longer than 63 characters");
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
    assert_int_equal(accounts_load("/nonexistent/accounts", &a, &count, reason), ERR_NOTFOUND);
    assert_string_equal(reason, "No such file or directory");
    assert_int_equal(accounts_load("/tmp", &a, &count, reason), ERR_NOTFOUND);
    assert_string_equal(reason, "cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_and_normalises),
        cmocka_unit_test(test_an_empty_file_is_no_account),
        cmocka_unit_test(test_bad_lines_are_named),
        cmocka_unit_test(test_a_plate_has_one_account),
        cmocka_unit_test(test_a_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
