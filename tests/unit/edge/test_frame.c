/* The frames of a client (frame.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "edge/field/frame.h"

/* Ten inputs from 0x00C4 on: 1011 0011 01, in the order of their addresses. */
static const struct frame_request inputs = {0x1234, 7, FRAME_READ_INPUTS, 0x00C4, 10, NULL};
static const uint8_t inputs_answer[] = {0x12, 0x34, 0, 0, 0, 5, 7, 2, 2, 0xCD, 0x02};

static const struct frame_request words = {0xFFFF, 1, FRAME_READ_REGISTERS, 48, 2, NULL};
static const uint8_t words_answer[] = {0xFF, 0xFF, 0, 0, 0, 7, 1, 4, 4, 0x32, 0x32, 0xEC, 0x95};

static const uint8_t nothing[1];

static enum err judge(const struct frame_request *r, const uint8_t *bytes, size_t len)
{
    const uint8_t *data = nothing;
    int exception = -1;
    enum err e = frame_answer(FRAME_TCP, r, bytes, len, &data, &exception);
    assert_true((data == nothing) == (e != ERR_OK)); /* untouched on failure */
    assert_true((exception == -1) == (e != ERR_DENIED));
    return e;
}

static void asks_as_the_standard_says(void **state)
{
    static const uint8_t expected[] = {0x12, 0x34, 0, 0, 0, 6, 7, 2, 0x00, 0xC4, 0, 10};
    uint8_t request[FRAME_BYTES_MAX];
    (void)state;
    assert_int_equal(frame_request(FRAME_TCP, &inputs, request), sizeof expected);
    assert_memory_equal(request, expected, sizeof expected);
}

static void takes_the_answer_apart(void **state)
{
    const uint8_t *data;
    int exception;
    (void)state;
    assert_int_equal(
        frame_answer(FRAME_TCP, &inputs, inputs_answer, sizeof inputs_answer, &data, &exception),
        ERR_OK);
    assert_ptr_equal(data, inputs_answer + 9);
    assert_int_equal(frame_data_bytes(FRAME_READ_INPUTS, 10), 2);
    assert_int_equal(
        frame_answer(FRAME_TCP, &words, words_answer, sizeof words_answer, &data, &exception),
        ERR_OK);
    assert_ptr_equal(data, words_answer + 9);
    assert_int_equal(frame_data_bytes(FRAME_READ_REGISTERS, 2), 4);
}

static void an_answer_has_ended_with_its_last_byte(void **state)
{
    uint8_t large[FRAME_BYTES_MAX] = {0, 1, 0, 0, 0, FRAME_BYTES_MAX - 6};
    (void)state;
    for (size_t len = 0; len < sizeof words_answer; len++) {
        assert_false(frame_ended(FRAME_TCP, &words, words_answer, len));
        assert_int_equal(judge(&words, words_answer, len), ERR_INVAL);
    }
    assert_true(frame_ended(FRAME_TCP, &words, words_answer, sizeof words_answer));
    assert_false(frame_ended(FRAME_TCP, &words, large, sizeof large - 1)); /* 254 = 0xFE */
    assert_true(frame_ended(FRAME_TCP, &words, large, sizeof large));
}

/* Nobody waits for bytes that do not fit, or that a shorter frame does not have. */
static void nonsense_ends_at_once(void **state)
{
    static const uint8_t too_long[] = {0, 1, 0, 0, 0, 255}, empty[] = {0, 1, 0, 0, 0, 0};
    (void)state;
    assert_true(frame_ended(FRAME_TCP, &words, too_long, sizeof too_long));
    assert_true(frame_ended(FRAME_TCP, &words, empty, sizeof empty));
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
    assert_true(frame_ended(FRAME_TCP, &words, answer, sizeof answer));
    assert_int_equal(frame_answer(FRAME_TCP, &words, answer, sizeof answer, &data, &exception),
                     ERR_DENIED);
    assert_int_equal(exception, 2);
    answer[8] = 0;
    assert_int_equal(judge(&words, answer, sizeof answer), ERR_INVAL);
    answer[8] = FRAME_EXCEPTION_MAX + 1;
    assert_int_equal(judge(&words, answer, sizeof answer), ERR_INVAL);
    answer[8] = 2;
    answer[7] = 0x82; /* to another function */
    assert_int_equal(judge(&words, answer, sizeof answer), ERR_INVAL);
}

/* The examples of the serial line guide: the CRC's low byte goes first. */
static void a_serial_frame_ends_with_its_crc(void **state)
{
    static const struct frame_request r = {0, 1, FRAME_READ_HOLDING, 0, 10, NULL};
    static const uint8_t expected[] = {1, 3, 0, 0, 0, 10, 0xC5, 0xCD};
    uint8_t request[FRAME_BYTES_MAX];
    (void)state;
    assert_int_equal(frame_request(FRAME_RTU, &r, request), sizeof expected);
    assert_memory_equal(request, expected, sizeof expected);
}

static void a_serial_answer_is_whole_by_its_length(void **state)
{
    static const struct frame_request r = {0, 17, FRAME_READ_INPUTS, 0, 10, NULL};
    uint8_t answer[] = {17, 2, 2, 0xCD, 0x02, 0, 0}, exception[] = {17, 0x82, 2, 0, 0};
    const uint8_t *data;
    int code;
    (void)state;
    uint16_t crc = frame_crc(answer, 5);
    answer[5] = (uint8_t)crc;
    answer[6] = (uint8_t)(crc >> 8);
    for (size_t len = 0; len < sizeof answer; len++)
        assert_false(frame_ended(FRAME_RTU, &r, answer, len));
    assert_true(frame_ended(FRAME_RTU, &r, answer, sizeof answer));
    assert_int_equal(frame_answer(FRAME_RTU, &r, answer, sizeof answer, &data, &code), ERR_OK);
    assert_ptr_equal(data, answer + 3);
    for (size_t at = 0; at < sizeof answer; at++) /* any bit wrong: the CRC tells */
        for (int bit = 0; bit < 8; bit++) {
            answer[at] ^= (uint8_t)(1 << bit);
            assert_int_equal(frame_answer(FRAME_RTU, &r, answer, sizeof answer, &data, &code),
                             ERR_INVAL);
            answer[at] ^= (uint8_t)(1 << bit);
        }
    crc = frame_crc(exception, 3);
    exception[3] = (uint8_t)crc;
    exception[4] = (uint8_t)(crc >> 8);
    assert_true(frame_ended(FRAME_RTU, &r, exception, sizeof exception));
    assert_int_equal(frame_answer(FRAME_RTU, &r, exception, sizeof exception, &data, &code),
                     ERR_DENIED);
    assert_int_equal(code, 2);
}

/* The answer to a write says what was written where; anything else is an answer to something else. */
static void a_write_is_confirmed_word_by_word(void **state)
{
    static const uint16_t values[2] = {1, 0xABCD}, on[1] = {1};
    static const struct frame_request pair = {5, 1, FRAME_WRITE_REGISTERS, 0, 2, values};
    static const struct frame_request coil = {6, 1, FRAME_WRITE_COIL, 8, 1, on};
    static const uint8_t asked[] = {0, 5, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 0, 1, 0xAB, 0xCD};
    static const uint8_t set[] = {0, 6, 0, 0, 0, 6, 1, 5, 0, 8, 0xFF, 0};
    uint8_t answer[] = {0, 5, 0, 0, 0, 6, 1, 16, 0, 0, 0, 2}, request[FRAME_BYTES_MAX];
    const uint8_t *data;
    int code;
    (void)state;
    assert_int_equal(frame_request(FRAME_TCP, &pair, request), sizeof asked);
    assert_memory_equal(request, asked, sizeof asked);
    assert_int_equal(frame_answer(FRAME_TCP, &pair, answer, sizeof answer, &data, &code), ERR_OK);
    answer[11] = 1;
    assert_int_equal(frame_answer(FRAME_TCP, &pair, answer, sizeof answer, &data, &code),
                     ERR_INVAL);
    assert_int_equal(frame_request(FRAME_TCP, &coil, request), sizeof set);
    assert_memory_equal(request, set, sizeof set);
    assert_int_equal(frame_answer(FRAME_TCP, &coil, set, sizeof set, &data, &code), ERR_OK);
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
        cmocka_unit_test(a_serial_frame_ends_with_its_crc),
        cmocka_unit_test(a_serial_answer_is_whole_by_its_length),
        cmocka_unit_test(a_write_is_confirmed_word_by_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
