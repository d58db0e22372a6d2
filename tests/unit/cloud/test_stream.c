/* core/stream.h: S1..S3 for every position of an event, and every kind of hello. */
#include "cloud/core/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct digest digest_n(int n)
{
    struct digest d = stream_origin();
    d.text[31] = (char)('0' + n);
    return d;
}

static const struct stream_state at_ten = {.epoch = 5, .last = 10};

static void events(void **state)
{
    (void)state;
    struct stream_state s = at_ten;
    s.head = digest_n(1);
    struct digest head = digest_n(1), own = digest_n(2), other = digest_n(3);

    assert_int_equal(stream_judge(&s, 11, &head, &own, NULL), STREAM_NEXT);
    assert_int_equal(stream_judge(&s, 11, &other, &own, NULL), STREAM_FORK);
    assert_int_equal(stream_judge(&s, 10, &other, &own, &own), STREAM_DUPLICATE);
    assert_int_equal(stream_judge(&s, 10, &other, &own, &other), STREAM_FORK);
    assert_int_equal(stream_judge(&s, 1, &other, &own, NULL), STREAM_DUPLICATE);
    assert_int_equal(stream_judge(&s, 12, &other, &own, NULL), STREAM_AHEAD);
    assert_int_equal(stream_judge(&s, 10 + STREAM_STAGE_MAX, &other, &own, NULL), STREAM_AHEAD);
    assert_int_equal(stream_judge(&s, 11 + STREAM_STAGE_MAX, &other, &own, NULL), STREAM_TOO_FAR);
    assert_int_equal(stream_judge(&s, INT64_MAX, &other, &own, NULL), STREAM_TOO_FAR);

    for (int64_t seq = 1; seq < 14; seq++) {
        s.frozen = true;
        assert_int_equal(stream_judge(&s, seq, &head, &own, &own), STREAM_FROZEN);
        s.fenced = true;
        assert_int_equal(stream_judge(&s, seq, &head, &own, &own), STREAM_FENCED);
        s.frozen = s.fenced = false;
    }
    stream_advance(&s, &own);
    assert_int_equal(s.last, 11);
    assert_int_equal(stream_judge(&s, 12, &own, &other, NULL), STREAM_NEXT);

    struct stream_state empty = {.epoch = 1, .head = stream_origin()};
    struct digest origin = stream_origin();
    assert_int_equal(strlen(origin.text), 32);
    assert_int_equal(stream_judge(&empty, 1, &origin, &own, NULL), STREAM_NEXT);
}

static void hellos(void **state)
{
    (void)state;
    struct stream_state s = at_ten;
    s.head = digest_n(1);
    struct hello h = {.epoch = 5, .next = 11, .base = 8, .head = digest_n(1)};

    struct hello_verdict v = stream_hello(&h, &s, NULL, 5);
    assert_int_equal(v.what, HELLO_KNOWN);
    assert_int_equal(v.epoch, 5);
    assert_int_equal(v.upto, 10);
    assert_false(v.gap);

    h.next = 40; /* ahead of us: its head is not ours to judge */
    h.head = digest_n(7);
    assert_int_equal(stream_hello(&h, &s, NULL, 5).what, HELLO_KNOWN);
    h.base = 12; /* it was acknowledged more than we know */
    assert_true(stream_hello(&h, &s, NULL, 5).gap);

    h = (struct hello){.epoch = 5, .next = 11, .base = 8, .head = digest_n(2)};
    assert_int_equal(stream_hello(&h, &s, NULL, 5).what, HELLO_FORK);
    h.next = 10; /* we know more than it does: late if we went through it, else a fork */
    struct digest ninth = digest_n(2), another = digest_n(3);
    assert_int_equal(stream_hello(&h, &s, &ninth, 5).what, HELLO_STALE);
    assert_int_equal(stream_hello(&h, &s, &another, 5).what, HELLO_FORK);
    assert_int_equal(stream_hello(&h, &s, NULL, 5).what, HELLO_FORK);
    h = (struct hello){.epoch = 4, .next = 11, .head = digest_n(1)};
    assert_int_equal(stream_hello(&h, &s, NULL, 5).what, HELLO_FORK);
    h = (struct hello){.epoch = 0, .next = 1}; /* from before its first answer */
    assert_int_equal(stream_hello(&h, &s, NULL, 5).what, HELLO_STALE);

    struct stream_state unused = {.epoch = 5, .head = stream_origin()};
    v = stream_hello(&h, &unused, NULL, 5); /* our first answer was lost */
    assert_int_equal(v.what, HELLO_KNOWN);
    assert_int_equal(v.epoch, 5);
    assert_int_equal(v.upto, 0);

    s.fenced = true;
    assert_int_equal(stream_hello(&h, &s, NULL, 6).what, HELLO_RETIRED);

    v = stream_hello(&h, NULL, NULL, 0);
    assert_int_equal(v.what, HELLO_NEW);
    assert_int_equal(v.epoch, 1);
    assert_int_equal(stream_hello(&h, NULL, NULL, 7).epoch, 8);
    h.epoch = 7;
    assert_int_equal(stream_hello(&h, NULL, NULL, 7).what, HELLO_NEW);
    h.epoch = 9;
    h.base = 3;
    v = stream_hello(&h, NULL, NULL, 7);
    assert_int_equal(v.what, HELLO_ADOPTED);
    assert_int_equal(v.epoch, 9);
    assert_int_equal(v.upto, 0);
    assert_true(v.gap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),
        cmocka_unit_test(hellos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
