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

static enum hello_case case_of(const struct hello *h, const struct stream_state *s,
                               int64_t newest_epoch)
{
    struct hello_facts f = {.newest = s, .newest_epoch = newest_epoch};
    f.own = s && s->epoch == h->epoch ? s : NULL;
    return stream_hello(h, &f).what;
}

static void hellos(void **state)
{
    (void)state;
    struct stream_state s = at_ten;
    s.head = digest_n(1);
    struct hello h = {.epoch = 5, .next = 11, .base = 8, .oldest = 1, .head = digest_n(1)};
    struct hello_facts f = {.newest = &s, .own = &s, .newest_epoch = 5};

    struct hello_verdict v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_KNOWN);
    assert_int_equal(v.epoch, 5);
    assert_int_equal(v.upto, 10);
    assert_false(v.gap);

    h.next = 40; /* ahead of us: it has to show that it went through our last one */
    h.head = digest_n(7);
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_PROBE);
    assert_int_equal(v.search.at, 10);
    h = (struct hello){.epoch = 5, .next = 6, .base = 3, .oldest = 1}; /* late, or set back? */
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_PROBE);
    assert_int_equal(v.search.at, 5);
    h.next = 40;
    h.base = 30;
    h.oldest = 13; /* 11 and 12 are gone for good */
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_REPLAY);
    assert_int_equal(v.epoch, 6);
    assert_int_equal(v.common, 12);
    assert_true(v.gap);

    struct stream_state unused = {.epoch = 5, .head = stream_origin()};
    h = (struct hello){.epoch = 0, .next = 1, .oldest = 1};
    assert_int_equal(case_of(&h, &unused, 5), HELLO_KNOWN); /* our first answer was lost */
    assert_int_equal(case_of(&h, &s, 5), HELLO_PROBE);      /* from before its first answer */
    s.frozen = true;
    assert_int_equal(case_of(&h, &s, 5), HELLO_FROZEN);
    s.frozen = false;
    s.fenced = true;
    assert_int_equal(case_of(&h, &s, 6), HELLO_RETIRED);

    f = (struct hello_facts){0};
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_NEW);
    assert_int_equal(v.epoch, 1);
    f.newest_epoch = 7;
    assert_int_equal(stream_hello(&h, &f).epoch, 8);
    h.epoch = 7; /* of a journal this database lost, as another one's */
    h.base = 2;
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_REPLAY);
    assert_int_equal(v.epoch, 8);
    assert_int_equal(v.common, 0);
    assert_true(v.gap);
    h.epoch = 9;
    h.base = 3;
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_ADOPTED);
    assert_int_equal(v.epoch, 9);
    assert_int_equal(v.upto, 0);
    assert_true(v.gap);
    h.oldest = 3; /* its beginning is gone */
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_REPLAY);
    assert_int_equal(v.epoch, 10);
    assert_int_equal(v.common, 2);
}

/* ---- the dialogue: where do two histories part? ---- */

enum { LONGEST = 70 };

/* One and the same event has one digest on both sides up to `common`, another on each behind it. */
static struct digest digest_at(int64_t seq, int64_t common, bool edge)
{
    struct digest d = stream_origin();
    d.text[0] = (char)('a' + (seq > common ? edge : 2));
    d.text[30] = (char)('0' + seq / 10);
    d.text[31] = (char)('0' + seq % 10);
    return d;
}

/* Asks and answers until there is a verdict; the edge keeps its events from `oldest` on. */
static struct hello_verdict settle(const struct stream_state *own,
                                   const struct stream_state *newest, int64_t n, int64_t common,
                                   int64_t oldest)
{
    struct hello_facts f = {.own = own, .newest = newest, .newest_epoch = newest->epoch};
    struct hello h = {.epoch = own->epoch, .next = n + 1, .base = oldest - 1, .oldest = oldest};
    struct digest ours;
    h.head = n > 0 ? digest_at(n, common, true) : stream_origin();
    struct hello_verdict v = stream_hello(&h, &f);
    for (int rounds = 0; v.what == HELLO_PROBE; rounds++) {
        assert_true(rounds < 12);
        int64_t at = v.search.at;
        f.fresh = true;
        f.search = v.search;
        ours = digest_at(at, common, false);
        f.ours = at >= 1 && at <= own->last ? &ours : NULL;
        h.at = at;
        h.digest = at >= oldest && at <= n ? digest_at(at, common, true) : (struct digest){{0}};
        v = stream_hello(&h, &f);
    }
    return v;
}

static void the_last_common_event_is_found(void **state)
{
    (void)state;
    for (int64_t last = 0; last < LONGEST; last += 3)
        for (int64_t n = 0; n < LONGEST; n += 2)
            for (int64_t common = 0; common <= last && common <= n; common++) {
                struct stream_state own = {.epoch = 5, .last = last};
                own.head = last > 0 ? digest_at(last, common, false) : stream_origin();
                struct hello_verdict v = settle(&own, &own, n, common, 1);
                if (common == last) {
                    assert_int_equal(v.what, HELLO_KNOWN);
                    assert_int_equal(v.upto, last);
                    continue;
                }
                assert_int_equal(v.what, HELLO_REPLAY);
                assert_int_equal(v.epoch, 6);
                assert_int_equal(v.common, common);
                assert_false(v.gap);
                assert_false(v.copy);
            }
}

static void of_an_older_epoch(void **state)
{
    (void)state;
    struct stream_state old = {.epoch = 5, .last = 20, .fenced = true};
    struct stream_state newest = {.epoch = 6, .head = stream_origin()};
    old.head = digest_at(20, 12, false);
    struct hello_verdict v = settle(&old, &newest, 17, 12, 1); /* our answer was lost */
    assert_int_equal(v.what, HELLO_AGAIN);
    assert_int_equal(v.epoch, 6);
    assert_int_equal(v.common, 12);
    newest.last = 1; /* somebody uses it: set back once more, or a copy */
    v = settle(&old, &newest, 17, 12, 1);
    assert_int_equal(v.what, HELLO_REPLAY);
    assert_int_equal(v.epoch, 7);
    assert_true(v.copy);
    v = settle(&old, &old, 20, 20, 1); /* a person released it */
    assert_int_equal(v.what, HELLO_REPLAY);
    assert_int_equal(v.common, 20);
    assert_false(v.copy);
}

static void what_is_not_kept_was_acknowledged(void **state)
{
    (void)state;
    struct stream_state own = {.epoch = 5, .last = 20};
    own.head = digest_at(20, 30, false);
    struct hello_verdict v = settle(&own, &own, 30, 30, 21); /* its next row is the one we need */
    assert_int_equal(v.what, HELLO_KNOWN);
    assert_false(v.gap);
    v = settle(&own, &own, 30, 30, 24);
    assert_int_equal(v.what, HELLO_REPLAY);
    assert_int_equal(v.common, 23);
    assert_true(v.gap);
}

/* A hello that was overtaken by its own events is answered by a newer one before anything is decided. */
static void a_late_hello_changes_nothing(void **state)
{
    (void)state;
    struct stream_state own = {.epoch = 5, .last = 12};
    struct hello_facts f = {.own = &own, .newest = &own, .newest_epoch = 5};
    struct hello h = {.epoch = 5, .next = 11, .oldest = 1};
    own.head = digest_at(12, 50, false);
    h.head = digest_at(10, 50, true);
    struct hello_verdict v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_PROBE);
    assert_int_equal(v.search.at, 10);

    struct digest ours = digest_at(10, 50, false);
    f = (struct hello_facts){.own = &own,
                             .newest = &own,
                             .newest_epoch = 5,
                             .fresh = true,
                             .search = v.search,
                             .ours = &ours};
    own.last = 15; /* more of them came meanwhile */
    own.head = digest_at(15, 50, false);
    h = (struct hello){.epoch = 5, .next = 14, .oldest = 1, .at = 10, .digest = ours};
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_PROBE);
    assert_int_equal(v.search.at, 12);
    ours = h.digest = digest_at(12, 50, false);
    f.search = v.search;
    v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_KNOWN);
    assert_int_equal(v.upto, 15);
}

/* Asked before its first event was applied, for the sake of an audit; then three were. */
static void events_that_come_meanwhile_are_no_gap(void **state)
{
    (void)state;
    struct stream_state own = {.epoch = 5, .last = 3, .head = digest_at(3, 50, false)};
    struct digest ours = digest_at(1, 50, false);
    struct hello_facts f = {.own = &own,
                            .newest = &own,
                            .newest_epoch = 5,
                            .fresh = true,
                            .search = {.at = 1, .hi = 1, .last = 0},
                            .ours = &ours};
    struct hello h = {.epoch = 5, .next = 5, .base = 3, .oldest = 1, .at = 1, .digest = ours};
    h.head = digest_at(4, 50, false);
    struct hello_verdict v = stream_hello(&h, &f);
    assert_int_equal(v.what, HELLO_KNOWN);
    assert_int_equal(v.upto, 3);
    assert_false(v.gap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),
        cmocka_unit_test(hellos),
        cmocka_unit_test(the_last_common_event_is_found),
        cmocka_unit_test(of_an_older_epoch),
        cmocka_unit_test(what_is_not_kept_was_acknowledged),
        cmocka_unit_test(a_late_hello_changes_nothing),
        cmocka_unit_test(events_that_come_meanwhile_are_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
