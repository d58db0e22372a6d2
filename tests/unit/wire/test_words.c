/* Vocabularies: every value has one spelling and reads back (V1, V2 of vocabulary.h). */
#include "protocol/wire/event.h"
#include "protocol/wire/request.h"
#include "protocol/wire/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct vocabulary *const all[] = {
    &direction_vocabulary,      &clock_state_vocabulary,  &outcome_vocabulary,
    &basis_vocabulary,          &reason_vocabulary,       &spent_vocabulary,
    &alarm_vocabulary,          &verdict_vocabulary,      &lane_mode_vocabulary,
    &device_breaker_vocabulary, &cause_vocabulary,        &event_kind_vocabulary,
    &medium_vocabulary,         &request_kind_vocabulary, &right_kind_vocabulary,
    &space_rule_vocabulary,
};

static void every_word_reads_back(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof all / sizeof all[0]; v++) {
        assert_string_equal(vocabulary_word(all[v], 0), "");
        for (int i = 1; i < all[v]->count; i++) {
            const char *word = vocabulary_word(all[v], i);
            int back = 0;
            assert_non_null(word);
            assert_int_not_equal(strlen(word), 0);
            assert_int_equal(vocabulary_find(all[v], word, strlen(word), &back), ERR_OK);
            assert_int_equal(back, i); /* V2: no earlier entry has this spelling */
        }
    }
}

static void out_of_range_is_the_empty_word(void **state)
{
    (void)state;
    assert_string_equal(reason_word((enum reason)99), "");
    assert_string_equal(event_kind_word((enum event_kind) - 1), "");
    assert_string_equal(request_kind_word((enum request_kind)99), "");
}

static void unknown_words_leave_the_output_alone(void **state)
{
    (void)state;
    enum outcome o = OUTCOME_DENIED;
    assert_int_equal(outcome_parse("flew_away", &o), ERR_NOTFOUND);
    assert_int_equal(outcome_parse("", &o), ERR_NOTFOUND);
    assert_int_equal(outcome_parse("denied ", &o), ERR_NOTFOUND);
    assert_int_equal(outcome_parse("DENIED", &o), ERR_NOTFOUND);
    assert_int_equal(o, OUTCOME_DENIED);
}

static void typed_pairs_agree(void **state)
{
    (void)state;
    enum reason r;
    enum basis b;
    assert_string_equal(direction_word(DIRECTION_ENTRY), "entry");
    assert_int_equal(reason_parse("please_wait", &r), ERR_OK);
    assert_int_equal(r, REASON_PLEASE_WAIT);
    assert_int_equal(basis_parse("offline", &b), ERR_OK);
    assert_int_equal(b, BASIS_OFFLINE);
    assert_string_equal(event_kind_word(EVENT_PASSAGE_COMPLETED), "passage.completed");
    assert_string_equal(request_kind_word(REQUEST_HELLO), "hello");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_reads_back),
        cmocka_unit_test(out_of_range_is_the_empty_word),
        cmocka_unit_test(unknown_words_leave_the_output_alone),
        cmocka_unit_test(typed_pairs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
