/* Ticket numbers. Cites protocol/base/ticket.h. */
#include "protocol/base/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 7;

static struct ticket some(void)
{
    uint8_t bytes[TICKET_RANDOM_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    return ticket_from(bytes);
}

static enum err parse(const char *text, struct ticket *ret)
{
    return ticket_parse(text, strlen(text), ret);
}

static void what_was_issued_is_read(void **state) /* T1 */
{
    (void)state;
    static const uint8_t zeros[TICKET_RANDOM_BYTES];
    assert_string_equal(ticket_from(zeros).text, "T00000000000000000");
    for (int i = 0; i < 1000; i++) {
        struct ticket t = some(), back = {"x"};
        assert_int_equal(strlen(t.text), TICKET_SIZE - 1);
        assert_int_equal(parse(t.text, &back), ERR_OK);
        assert_string_equal(back.text, t.text);
    }
    uint8_t bits[TICKET_RANDOM_BYTES];
    for (size_t i = 0; i < 8 * sizeof bits; i++) { /* each bit makes another number */
        memset(bits, 0, sizeof bits);
        bits[i / 8] = (uint8_t)(1u << i % 8);
        assert_string_not_equal(ticket_from(bits).text, ticket_from(zeros).text);
    }
}

static void typed_by_hand_it_is_the_same(void **state) /* T2 */
{
    (void)state;
    static const uint8_t bytes[TICKET_RANDOM_BYTES] = {0x01, 0x23, 0x45, 0x67, 0x89,
                                                       0xab, 0xcd, 0xef, 0x00, 0x21};
    struct ticket t = ticket_from(bytes), back;
    char typed[64] = "t", *to = typed + 1;
    for (size_t i = 1; i < TICKET_SIZE - 1; i++) {
        char c = t.text[i];
        if (i % 4 == 1)
            *to++ = i == 1 ? ' ' : '-';
        *to++ = c == '0' ? 'o' : c == '1' ? (i % 2 ? 'I' : 'l') : c >= 'A' ? (char)(c + 32) : c;
    }
    *to = '\0';
    assert_int_equal(parse(typed, &back), ERR_OK);
    assert_string_equal(back.text, t.text);
}

static void one_slip_is_found(void **state) /* T3 */
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (int k = 0; k < 20; k++) {
        struct ticket t = some(), back;
        for (size_t i = 1; i < TICKET_SIZE - 1; i++) {
            struct ticket slip = t;
            for (size_t c = 0; c < 32; c++) {
                slip.text[i] = alphabet[c];
                enum err expected = slip.text[i] == t.text[i] ? ERR_OK : ERR_INVAL;
                assert_int_equal(parse(slip.text, &back), expected);
            }
            if (i < 2 || t.text[i] == t.text[i - 1])
                continue;
            slip = t;
            slip.text[i] = t.text[i - 1];
            slip.text[i - 1] = t.text[i];
            assert_int_equal(parse(slip.text, &back), ERR_INVAL);
        }
    }
}

static void anything_else_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "T",
                                      "T0000000000000000",   /* short */
                                      "T000000000000000000", /* long */
                                      "X00000000000000000",
                                      "T0000000000000000U",
                                      "T0000000000000000\xEC",
                                      "22아2222",
                                      "----------"};
    struct ticket t = {"kept"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i], &t), ERR_INVAL);
    assert_int_equal(ticket_parse("T00000000000000000", 10, &t), ERR_INVAL);
    assert_int_equal(ticket_parse("T0000000000000000\0", 18, &t), ERR_INVAL);
    assert_string_equal(t.text, "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_issued_is_read),
        cmocka_unit_test(typed_by_hand_it_is_the_same),
        cmocka_unit_test(one_slip_is_found),
        cmocka_unit_test(anything_else_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
