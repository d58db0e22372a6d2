/* The frames of a scan's reads (frame.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "edge/field/frame.h"

/* Ten inputs from 0x00C4 on: 1011 0011 01, in the order of their addresses. */
static const struct frame_read inputs = {0x1234, 7, FRAME_READ_INPUTS, 0x00C4, 10};
static const uint8_t inputs_answer[] = {0x12, 0x34, 0, 0, 0, 5, 7, 2, 2, 0xCD, 0x02};

static const struct frame_read words = {0xFFFF, 1, FRAME_READ_REGISTERS, 48, 2};
static const uint8_t words_answer[] = {0xFF, 0xFF, 0, 0, 0, 7, 1, 4, 4, 0x32, 0x32, 0xEC, 0x95};

static const uint8_t nothing[1];

static enum err judge(const struct frame_read *r, const uint8_t *bytes, size_t len)
{
    const uint8_t *data = nothing;
    int exception = -1;
    enum err e = frame_answer(r, bytes, len, &data, &exception);
    assert_true((data == nothing) == (e != ERR_OK)); /* untouched on failure */
    assert_true((exception == -1) == (e != ERR_DENIED));
    return e;
}

static void asks_as_the_standard_says(void **state)
{
    static const uint8_t expected[] = {0x12, 0x34, 0, 0, 0, 6, 7, 2, 0x00, 0xC4, 0, 10};
    uint8_t request[FRAME_REQUEST_BYTES];
    (void)state;
    frame_request(&inputs, request);
    assert_memory_equal(request, expected, sizeof expected);
}

static void takes_the_answer_apart(void **state)
{
    static const uint8_t expected[] = {1, 0, 1, 1, 0, 0, 1, 1, 0, 1};
    uint8_t bits[10];
    uint16_t regs[2];
    const uint8_t *data;
    int exception;
    (void)state;
    assert_int_equal(frame_answer(&inputs, inputs_answer, sizeof inputs_answer, &data, &exception),
                     ERR_OK);
    frame_bits(data, 10, bits);
    assert_memory_equal(bits, expected, sizeof expected);
    assert_int_equal(frame_answer(&words, words_answer, sizeof words_answer, &data, &exception),
                     ERR_OK);
    frame_words(data, 2, regs);
    assert_int_equal(regs[0], 0x3232);
    assert_int_equal(regs[1], 0xEC95);
}

static void an_answer_has_ended_with_its_last_byte(void **state)
{
    uint8_t large[FRAME_BYTES_MAX] = {0, 1, 0, 0, 0, FRAME_BYTES_MAX - 6};
    (void)state;
    for (size_t len = 0; len < sizeof words_answer; len++) {
        assert_false(frame_ended(words_answer, len));
        assert_int_equal(judge(&words, words_answer, len), ERR_INVAL);
    }
    assert_true(frame_ended(words_answer, sizeof words_answer));
    assert_false(frame_ended(large, sizeof large - 1)); /* 254 = 0xFE */
    assert_true(frame_ended(large, sizeof large));
}

/* Nobody waits for bytes that do not fit, or that a shorter frame does not have. */
static void nonsense_ends_at_once(void **state)
{
    static const uint8_t too_long[] = {0, 1, 0, 0, 0, 255}, empty[] = {0, 1, 0, 0, 0, 0};
    (void)state;
    assert_true(frame_ended(too_long, sizeof too_long));
    assert_true(frame_ended(empty, sizeof empty));
    assert_int_equal(judge(&words, too_long, sizeof too_long), ERR_INVAL);
    assert_int_equal(judge(&words, empty, sizeof empty), ERR_INVAL);
}

/* A bit changed anywhere before the data makes it another frame. */
static void only_the_answer_to_the_question_counts(void **state)
{
    (void)state;
    for (size_t at = 0; at < 9; at++)
        for (int bit = 0; bit < 8; bit++) {
            uint8_t other[sizeof words_answer];
            memcpy(other, words_answer, sizeof other);
            other[at] ^= (uint8_t)(1 << bit);
            assert_int_equal(judge(&words, other, sizeof other), ERR_INVAL);
        }
    uint8_t longer[sizeof words_answer + 1] = {0};
    memcpy(longer, words_answer, sizeof words_answer);
    assert_int_equal(judge(&words, longer, sizeof longer), ERR_INVAL);
}

static void an_exception_is_told_with_its_code(void **state)
{
    uint8_t answer[] = {0xFF, 0xFF, 0, 0, 0, 3, 1, 0x84, 2};
    const uint8_t *data;
    int exception;
    (void)state;
    assert_true(frame_ended(answer, sizeof answer));
    assert_int_equal(frame_answer(&words, answer, sizeof answer, &data, &exception), ERR_DENIED);
    assert_int_equal(exception, 2);
    answer[8] = 0;
    assert_int_equal(judge(&words, answer, sizeof answer), ERR_INVAL);
    answer[8] = FRAME_EXCEPTION_MAX + 1;
    assert_int_equal(judge(&words, answer, sizeof answer), ERR_INVAL);
    answer[8] = 2;
    answer[7] = 0x82; /* to another function */
    assert_int_equal(judge(&words, answer, sizeof answer), ERR_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_as_the_standard_says),
        cmocka_unit_test(takes_the_answer_apart),
        cmocka_unit_test(an_answer_has_ended_with_its_last_byte),
        cmocka_unit_test(nonsense_ends_at_once),
        cmocka_unit_test(only_the_answer_to_the_question_counts),
        cmocka_unit_test(an_exception_is_told_with_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
