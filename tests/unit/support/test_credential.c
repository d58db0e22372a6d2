/* What readers say, cleaned and masked. */
#include "protocol/support/credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *clean;
    } cases[] = {
        {"04:A1", "04:A1"},
        {" \tqr 0815\r\n", "qr 0815"},
        {"t-0000-0000 0000-OOOO-0", "T00000000000000000"},
        {"T0000000000000000X", "T0000000000000000X"}, /* a wrong check digit: some other code */
        {"표-1", "표-1"},
        {"012345678901234567890123456789012345678901234567",
         "012345678901234567890123456789012345678901234567"}};
    static const char *const bad[] = {"", "   ", "\xB0\xA1", "a\x01z",
                                      "0123456789012345678901234567890123456789012345678"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct credential_text c;
        assert_int_equal(credential_clean(cases[i].raw, strlen(cases[i].raw), &c), ERR_OK);
        assert_string_equal(c.text, cases[i].clean);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct credential_text c = {"kept"};
        assert_int_equal(credential_clean(bad[i], strlen(bad[i]), &c), ERR_INVAL);
        assert_string_equal(c.text, "kept");
    }
    struct credential_text c;
    assert_int_equal(credential_clean("a\0b", 3, &c), ERR_INVAL);
}

static void tickets_are_told_apart(void **state)
{
    (void)state;
    struct credential_text ticket = {"T00000000000000000"}, card = {"04:A1"};
    assert_true(credential_is_ticket(&ticket));
    assert_false(credential_is_ticket(&card));
}

static void masked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {{"", ""},
                 {"1234", "***"},
                 {"12345678", "***"},
                 {"T0123456789ABCDEF1", "***DEF1"},
                 {"가나다라마바사아자", "***바사아자"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct credential_text c = {""};
        char ret[CREDENTIAL_TEXT_SIZE] = "";
        memcpy(c.text, cases[i].text, strlen(cases[i].text));
        credential_mask(&c, ret);
        assert_string_equal(ret, cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleaned),
        cmocka_unit_test(tickets_are_told_apart),
        cmocka_unit_test(masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
