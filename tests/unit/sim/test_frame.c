/* sim/hardware/frame.h: F1..F3. Run with the address sanitizer, this is also the memory check. */
#include "sim/hardware/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parses from memory that ends exactly at `len`, so that one byte too far is an error (F1). */
static enum frame_verdict parse(const uint8_t *bytes, size_t len, struct frame_request *r,
                                size_t *used, enum frame_exception *e)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    enum frame_verdict v = frame_parse(exact, len, r, used, e);
    free(exact);
    return v;
}

static void a_read_and_its_answer(void **state)
{
    (void)state;
    const uint8_t ask[] = {0x12, 0x34, 0, 0, 0, 6, 3, 4, 0, 48, 0, 2, 0xAA};
    struct frame_request r;
    size_t used = 0;
    enum frame_exception e = FRAME_OK;
    assert_int_equal(parse(ask, sizeof ask, &r, &used, &e), FRAME_READY);
    assert_int_equal(used, 12); /* the byte behind belongs to the next frame */
    assert_int_equal(r.transaction, 0x1234);
    assert_int_equal(r.unit, 3);
    assert_int_equal(r.address, 48);
    assert_int_equal(r.count, 2);
    union frame_values v = {.registers = {0xEC95, 0x8432}};
    uint8_t out[FRAME_BYTES_MAX];
    const uint8_t want[] = {0x12, 0x34, 0, 0, 0, 7, 3, 4, 4, 0xEC, 0x95, 0x84, 0x32};
    assert_int_equal(frame_answer(&r, &v, out), sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

static void bits_are_packed_low_first(void **state)
{
    (void)state;
    const uint8_t ask[] = {0, 1, 0, 0, 0, 6, 1, 2, 0, 0, 0, 10};
    const uint8_t want[] = {0, 1, 0, 0, 0, 5, 1, 2, 2, 0x05, 0x02};
    struct frame_request r;
    size_t used;
    enum frame_exception e;
    assert_int_equal(parse(ask, sizeof ask, &r, &used, &e), FRAME_READY);
    union frame_values v = {.bits = {1, 0, 1, 0, 0, 0, 0, 0, 0, 1}};
    uint8_t out[FRAME_BYTES_MAX];
    assert_int_equal(frame_answer(&r, &v, out), sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

static void writes_carry_their_values(void **state)
{
    (void)state;
    const uint8_t regs[] = {0, 1, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 0, 1, 0, 7};
    const uint8_t coils[] = {0, 1, 0, 0, 0, 9, 1, 15, 0, 5, 0, 9, 2, 0x01, 0x01};
    const uint8_t coil[] = {0, 1, 0, 0, 0, 6, 1, 5, 0, 8, 0xFF, 0};
    const uint8_t reg[] = {0, 1, 0, 0, 0, 6, 1, 6, 0, 2, 0x01, 0x02};
    struct frame_request r;
    size_t used;
    enum frame_exception e;
    uint8_t out[FRAME_BYTES_MAX];
    assert_int_equal(parse(regs, sizeof regs, &r, &used, &e), FRAME_READY);
    assert_int_equal(r.registers[0], 1);
    assert_int_equal(r.registers[1], 7);
    assert_int_equal(frame_answer(&r, NULL, out), 12);
    assert_memory_equal(out + 6, regs + 6, 6);
    assert_int_equal(out[5], 6);
    assert_int_equal(parse(coils, sizeof coils, &r, &used, &e), FRAME_READY);
    assert_int_equal(r.bits[0], 1);
    assert_int_equal(r.bits[7], 0);
    assert_int_equal(r.bits[8], 1);
    assert_int_equal(parse(coil, sizeof coil, &r, &used, &e), FRAME_READY);
    assert_int_equal(r.bits[0], 1);
    assert_int_equal(frame_answer(&r, NULL, out), sizeof coil);
    assert_memory_equal(out, coil, sizeof coil);
    assert_int_equal(parse(reg, sizeof reg, &r, &used, &e), FRAME_READY);
    assert_int_equal(r.registers[0], 0x0102);
    assert_int_equal(frame_answer(&r, NULL, out), sizeof reg);
    assert_memory_equal(out, reg, sizeof reg);
}

static void every_prefix_is_incomplete(void **state)
{
    (void)state;
    const uint8_t ask[] = {0, 1, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 0, 1, 0, 7};
    struct frame_request r;
    size_t used;
    enum frame_exception e;
    for (size_t n = 0; n < sizeof ask; n++)
        assert_int_equal(parse(ask, n, &r, &used, &e), FRAME_INCOMPLETE);
}

struct hostile {
    const char *what;
    uint8_t bytes[24];
    size_t len;
    enum frame_verdict verdict;
    enum frame_exception exception;
};

static const struct hostile hostile[] = {
    {"protocol 1", {0, 1, 0, 1, 0, 6, 1, 3, 0, 0, 0, 1}, 12, FRAME_BROKEN, 0},
    {"protocol 1, early", {0, 1, 0, 1}, 4, FRAME_BROKEN, 0},
    {"length 0", {0, 1, 0, 0, 0, 0}, 6, FRAME_BROKEN, 0},
    {"length 1", {0, 1, 0, 0, 0, 1, 1}, 7, FRAME_BROKEN, 0},
    {"length 255", {0, 1, 0, 0, 0, 255, 1, 3}, 8, FRAME_BROKEN, 0},
    {"length 65535", {0, 1, 0, 0, 255, 255, 1, 3}, 8, FRAME_BROKEN, 0},
    {"HTTP", "GET / HTTP/1.1", 14, FRAME_BROKEN, 0},
    {"function 0", {0, 1, 0, 0, 0, 2, 1, 0}, 8, FRAME_REFUSED, FRAME_ILLEGAL_FUNCTION},
    {"function 7", {0, 1, 0, 0, 0, 2, 1, 7}, 8, FRAME_REFUSED, FRAME_ILLEGAL_FUNCTION},
    {"function 0x83", {0, 1, 0, 0, 0, 2, 1, 0x83}, 8, FRAME_REFUSED, FRAME_ILLEGAL_FUNCTION},
    {"read without count", {0, 1, 0, 0, 0, 4, 1, 3, 0, 0}, 10, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
    {"read of 0", {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 0}, 12, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
    {"read of 126", {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 126}, 12, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
    {"2001 bits", {0, 1, 0, 0, 0, 6, 1, 2, 0, 0, 7, 0xD1}, 12, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
    {"wraps", {0, 1, 0, 0, 0, 6, 1, 3, 255, 255, 0, 2}, 12, FRAME_REFUSED, FRAME_ILLEGAL_ADDRESS},
    {"half coil", {0, 1, 0, 0, 0, 6, 1, 5, 0, 5, 0, 1}, 12, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
    {"bytes lie",
     {0, 1, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 5, 0, 1, 0, 7},
     17,
     FRAME_REFUSED,
     FRAME_ILLEGAL_VALUE},
    {"count lies",
     {0, 1, 0, 0, 0, 11, 1, 16, 0, 0, 0, 120, 4, 0, 1, 0, 7},
     17,
     FRAME_REFUSED,
     FRAME_ILLEGAL_VALUE},
    {"no values", {0, 1, 0, 0, 0, 7, 1, 16, 0, 0, 0, 0, 0}, 13, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
    {"coils lie",
     {0, 1, 0, 0, 0, 8, 1, 15, 0, 5, 0, 9, 1, 1},
     14,
     FRAME_REFUSED,
     FRAME_ILLEGAL_VALUE},
    {"values missing",
     {0, 1, 0, 0, 0, 9, 1, 16, 0, 0, 0, 2, 4, 0, 1},
     15,
     FRAME_REFUSED,
     FRAME_ILLEGAL_VALUE},
    {"values too many",
     {0, 1, 0, 0, 0, 12, 1, 16, 0, 0, 0, 2, 4, 0, 1, 0, 7, 0},
     18,
     FRAME_REFUSED,
     FRAME_ILLEGAL_VALUE},
    {"read too long",
     {0, 1, 0, 0, 0, 7, 1, 3, 0, 0, 0, 1, 0},
     13,
     FRAME_REFUSED,
     FRAME_ILLEGAL_VALUE},
    {"write cut", {0, 1, 0, 0, 0, 3, 1, 16, 0}, 9, FRAME_REFUSED, FRAME_ILLEGAL_VALUE},
};

static void hostile_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const struct hostile *h = &hostile[i];
        struct frame_request r;
        size_t used = 0;
        enum frame_exception e = FRAME_OK;
        enum frame_verdict v = parse(h->bytes, h->len, &r, &used, &e);
        if (v != h->verdict || (v == FRAME_REFUSED && e != h->exception))
            fail_msg("%s: verdict %d exception %d", h->what, (int)v, (int)e);
        if (v == FRAME_REFUSED) {
            uint8_t out[FRAME_BYTES_MAX];
            assert_int_equal(used, h->len);
            assert_int_equal(frame_refuse(&r, e, out), 9);
            assert_int_equal(out[7], (h->bytes[7] | 0x80));
            assert_int_equal(out[8], e);
        }
    }
}

/* Random bytes behind a plausible header: whatever comes out stays inside its bounds. */
static void noise(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ULL;
    union frame_values v = {0};
    for (int round = 0; round < 100000; round++) {
        uint8_t bytes[FRAME_BYTES_MAX];
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        size_t len = seed % sizeof bytes;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(seed >> (i % 8 * 8)) ^ (uint8_t)(i * 31);
        if (len > 8) {
            bytes[2] = bytes[3] = bytes[4] = 0;
            bytes[5] = (uint8_t)(len - 6);
            bytes[7] = (uint8_t)(seed % 18);
        }
        struct frame_request r;
        size_t used = 0;
        enum frame_exception e = FRAME_OK;
        enum frame_verdict verdict = parse(bytes, len, &r, &used, &e);
        uint8_t out[FRAME_BYTES_MAX];
        if (verdict == FRAME_READY) {
            assert_in_range(used, 8, len);
            assert_in_range(frame_answer(&r, &v, out), 9, FRAME_BYTES_MAX);
        }
    }
}

static void the_largest_answers_fit(void **state)
{
    (void)state;
    union frame_values v = {0};
    uint8_t out[FRAME_BYTES_MAX];
    struct frame_request r = {.function = FRAME_READ_HOLDING, .count = FRAME_READ_REGISTERS_MAX};
    assert_int_equal(frame_answer(&r, &v, out), 259);
    r.function = FRAME_READ_INPUTS;
    r.count = FRAME_READ_BITS_MAX;
    assert_int_equal(frame_answer(&r, &v, out), 259);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_and_its_answer),
        cmocka_unit_test(bits_are_packed_low_first),
        cmocka_unit_test(writes_carry_their_values),
        cmocka_unit_test(every_prefix_is_incomplete),
        cmocka_unit_test(hostile_frames),
        cmocka_unit_test(noise),
        cmocka_unit_test(the_largest_answers_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
