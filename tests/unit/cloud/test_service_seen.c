/* Who changes what somebody else changed meanwhile is told so, and changes nothing (struct seen). */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct admin_result *put(struct world *w, const char *place, int64_t capacity,
                                      enum seen_kind kind, const char *tag)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_PLACE_PUT;
    work->admin.place = world_settings(place, capacity);
    work->admin.seen.kind = kind;
    snprintf(work->admin.seen.tag, sizeof work->admin.seen.tag, "%s", tag);
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return &w->admin;
}

static void a_place_is_changed_as_it_was_seen(void **state)
{
    struct world *w = *state;
    struct place_settings seen = world_settings("a", 10);
    char tag[TAG_SIZE], other[TAG_SIZE];
    assert_int_equal(put(w, "a", 10, SEEN_NOTHING, "")->err, ERR_OK);
    place_settings_tag(&w->admin.place, tag);
    seen.capacity = 11;
    place_settings_tag(&seen, other);
    assert_string_not_equal(tag, other);
    assert_int_equal(strlen(tag), 16);
    assert_true(put(w, "a", 12, SEEN_TAG, other)->changed);
    assert_int_equal(w->admin.err, ERR_CONFLICT);
    assert_int_equal(put(w, "a", 12, SEEN_TAG, tag)->err, ERR_OK);
    assert_true(put(w, "a", 13, SEEN_TAG, tag)->changed); /* it was changed by the one before */
    assert_int_equal(put(w, "a", 13, SEEN_IT, "")->err, ERR_OK);
    assert_true(put(w, "a", 14, SEEN_NONE, "")->changed);
    assert_true(put(w, "new", 14, SEEN_IT, "")->changed);
    assert_true(put(w, "new", 14, SEEN_TAG, tag)->changed);
    assert_int_equal(put(w, "new", 14, SEEN_NONE, "")->err, ERR_OK);
    assert_true(w->admin.created);
}

static void what_exists_is_not_changed_unseen(void **state)
{
    struct world *w = *state;
    assert_true(put(w, "a", 12, SEEN_NEEDED, "")->seen_needed);
    assert_false(w->admin.changed);
    assert_int_equal(w->admin.err, ERR_CONFLICT);
    assert_int_equal(put(w, "new", 12, SEEN_NEEDED, "")->err, ERR_OK);
    assert_true(w->admin.created);
}

static const struct admin_result *put_right(struct world *w, const char *plate, enum seen_kind kind,
                                            const char *tag, size_t count)
{
    struct right rights[2] = {{.id = {"r:1"}, .kind = RIGHT_PERMIT},
                              {.id = {"r:2"}, .kind = RIGHT_PERMIT}};
    for (int i = 0; i < 2; i++)
        snprintf(rights[i].plate.text, sizeof rights[i].plate.text, "%s%d", plate, i);
    struct work *work = work_new(WORK_ADMIN, rights, count * sizeof rights[0]);
    work->admin.kind = ADMIN_RIGHTS;
    work->admin.place.place = (struct name){"a"};
    work->admin.seen.kind = kind;
    snprintf(work->admin.seen.tag, sizeof work->admin.seen.tag, "%s", tag);
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return &w->admin;
}

static void a_right_is_changed_as_it_was_seen(void **state)
{
    struct world *w = *state;
    assert_int_equal(put_right(w, "X1", SEEN_NONE, "", 1)->err, ERR_OK);
    assert_int_equal(w->admin.rights_version, 1);
    assert_true(put_right(w, "X2", SEEN_NONE, "", 1)->changed);
    assert_true(put_right(w, "X2", SEEN_TAG, "7", 1)->changed);
    assert_int_equal(put_right(w, "X2", SEEN_TAG, "1", 1)->err, ERR_OK);
    assert_true(put_right(w, "X3", SEEN_TAG, "1", 1)->changed);
    assert_int_equal(put_right(w, "X3", SEEN_TAG, "2", 1)->err, ERR_OK);
    assert_true(put_right(w, "X4", SEEN_TAG, "3", 2)->changed); /* many have no tag */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_place_is_changed_as_it_was_seen),
        TEST(what_exists_is_not_changed_unseen),
        TEST(a_right_is_changed_as_it_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
