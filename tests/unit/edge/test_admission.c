/* Who may pass, and when (admission.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/core/admission.h"

static const struct admission_config config = {
    .entry_deadline_ms = 900,
    .exit_deadline_ms = 2100,
    .ask_again_ms = 5000,
    .pending_ms = 180000,
    .no_credential_ms = 5000,
    .unanswered_ms = 60000,
};

static struct admission a;
static struct admission_view view;
static int64_t t;

static void begin(enum direction direction, struct admission_view v)
{
    t = 100000;
    view = v;
    admission_begin(&a, direction, (struct mono_ms){t});
}

static struct decision consider(void)
{
    struct decision d = admission_consider(&a, &config, &view, (struct mono_ms){t});
    if (d.kind == DECISION_ASK) {
        static int n;
        snprintf(a.request.text, sizeof a.request.text, "%032d", ++n);
    }
    return d;
}

/* Moves to the next deadline, which must be `ms` away, and decides. */
static struct decision after(int64_t ms)
{
    int64_t due = admission_deadline(&a, &config, &view).v;
    assert_int_equal(due - t, ms);
    t = due;
    return consider();
}

static enum err answer(const char *id, struct passage_answer p, struct decision *ret)
{
    struct request_id r;
    memcpy(r.text, id, sizeof r.text);
    return admission_answer(&a, &config, &r, &p, &view, (struct mono_ms){t}, ret);
}

static struct decision answered(struct passage_answer p)
{
    struct decision d;
    struct request_id id = a.request;
    assert_int_equal(answer(id.text, p, &d), ERR_OK);
    return d;
}

static void no_timer(void)
{
    assert_int_equal(admission_deadline(&a, &config, &view).v, INT64_MAX);
}

static const struct admission_view ready = {
    .epoch = true, .known = true, .online = true, .free = 1};

static void entry_with_a_space_asks_nobody(void **state)
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.online = false;
    struct decision d = consider();
    assert_int_equal(d.kind, DECISION_ALLOW);
    assert_int_equal(d.basis, BASIS_SPACE);
    assert_int_equal(a.phase, ADMISSION_NONE);
    no_timer();
}

static void entry_without_a_space_never_passes(void **state) /* D1 */
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.free = 0;
    assert_int_equal(consider().kind, DECISION_ASK);
    assert_int_equal(consider().kind, DECISION_NONE);
    assert_int_equal(answered((struct passage_answer){.verdict = VERDICT_ALLOW}).kind,
                     DECISION_NONE);
    view.free = 1; /* the grant */
    assert_int_equal(consider().kind, DECISION_ALLOW);
}

static void entry_repeats_once_then_asks_the_driver_to_wait(void **state)
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.free = 0;
    assert_int_equal(consider().kind, DECISION_ASK);
    struct request_id first = a.request;
    assert_int_equal(after(300).kind, DECISION_REPEAT);
    assert_string_equal(a.request.text, first.text);
    struct decision d = after(600);
    assert_int_equal(d.kind, DECISION_DENY);
    assert_int_equal(d.reason, REASON_PLEASE_WAIT);
    /* and again, silently, under a new id, as long as the vehicle stays */
    assert_int_equal(after(5000).kind, DECISION_ASK);
    assert_string_not_equal(a.request.text, first.text);
    assert_int_equal(after(300).kind, DECISION_REPEAT);
    assert_int_equal(after(600).kind, DECISION_NONE);
    assert_int_equal(after(5000).kind, DECISION_ASK);
}

static void entry_offline_waits_for_a_space(void **state)
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.free = 0;
    view.online = false;
    assert_int_equal(consider().reason, REASON_PLEASE_WAIT);
    assert_int_equal(after(5000).kind, DECISION_NONE);
    view.free = 1;
    assert_int_equal(consider().kind, DECISION_ALLOW);
}

static void full_is_lifted_by_a_space(void **state) /* D2 */
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.free = 0;
    consider();
    struct decision d = answered((struct passage_answer){
        .verdict = VERDICT_DENY, .reason = REASON_FULL, .display = "FULL, TRY PLACE B"});
    assert_int_equal(d.kind, DECISION_DENY);
    assert_int_equal(d.reason, REASON_FULL);
    assert_string_equal(d.display, "FULL, TRY PLACE B");
    assert_int_equal(consider().kind, DECISION_NONE);
    view.free = 1;
    assert_int_equal(consider().kind, DECISION_ALLOW);
}

static void policy_is_not_lifted_by_a_space(void **state) /* D2 */
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.free = 0;
    consider();
    answered((struct passage_answer){.verdict = VERDICT_DENY, .reason = REASON_CLOSED});
    view.free = 5;
    assert_int_equal(consider().kind, DECISION_NONE);
    assert_int_equal(after(5000).kind, DECISION_ASK);
    answered((struct passage_answer){.verdict = VERDICT_ALLOW});
    assert_int_equal(a.phase, ADMISSION_NONE);
}

static void entry_without_credential(void **state)
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.known = false;
    assert_int_equal(consider().kind, DECISION_NONE);
    struct decision d = after(5000);
    assert_int_equal(d.reason, REASON_NO_CREDENTIAL);
    no_timer();
    assert_int_equal(consider().kind, DECISION_NONE);
    view.known = true;
    admission_credential(&a, (struct mono_ms){t});
    assert_int_equal(consider().kind, DECISION_ALLOW);
}

static void entry_without_an_epoch_stays_closed(void **state)
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    view.epoch = false;
    assert_int_equal(consider().reason, REASON_UNAVAILABLE);
    assert_int_equal(consider().kind, DECISION_NONE);
    no_timer();
    view.epoch = true;
    assert_int_equal(consider().kind, DECISION_ALLOW);
}

static void exit_is_asked_and_allowed(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    assert_int_equal(consider().kind, DECISION_ASK);
    struct decision d =
        answered((struct passage_answer){.verdict = VERDICT_ALLOW, .basis = BASIS_PAID});
    assert_int_equal(d.kind, DECISION_ALLOW);
    assert_int_equal(d.basis, BASIS_PAID);
}

static void exit_without_an_answer_opens(void **state) /* D3 */
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    assert_int_equal(consider().kind, DECISION_ASK);
    assert_int_equal(after(700).kind, DECISION_REPEAT);
    struct decision d = after(1400);
    assert_int_equal(d.kind, DECISION_ALLOW);
    assert_int_equal(d.basis, BASIS_OFFLINE);
}

static void exit_offline_opens_once_that_is_settled(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    view.online = false;
    assert_int_equal(consider().kind, DECISION_NONE);
    view.settled = true;
    assert_int_equal(consider().basis, BASIS_OFFLINE);
}

static void exit_asks_again_when_the_uplink_returns_in_time(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    consider();
    struct request_id first = a.request;
    after(700);
    view.online = false;
    t += 300;
    assert_int_equal(consider().kind, DECISION_NONE);
    view.online = true;
    admission_reconnected(&a, (struct mono_ms){t});
    assert_int_equal(consider().kind, DECISION_REPEAT);
    assert_string_equal(a.request.text, first.text);
    assert_int_equal(after(1100).basis, BASIS_OFFLINE);
}

static void exit_pending_waits_for_the_final_answer(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    consider();
    struct request_id first = a.request;
    struct passage_answer pending = {
        .verdict = VERDICT_PENDING, .reason = REASON_PAYMENT, .display = "PAYING 3500 KRW"};
    struct decision d = answered(pending);
    assert_int_equal(d.kind, DECISION_WAIT);
    assert_string_equal(d.display, "PAYING 3500 KRW");
    for (int i = 0; i < 10; i++) { /* a lost final answer is asked for */
        assert_int_equal(after(5000).kind, DECISION_REPEAT);
        assert_string_equal(a.request.text, first.text);
        answered(pending);
    }
    d = answered((struct passage_answer){.verdict = VERDICT_DENY, .reason = REASON_DECLINED});
    assert_int_equal(d.reason, REASON_DECLINED);
    assert_int_equal(after(5000).kind, DECISION_ASK);
    assert_string_not_equal(a.request.text, first.text);
}

static void exit_pending_does_not_trap(void **state) /* D3 */
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    consider();
    answered((struct passage_answer){.verdict = VERDICT_PENDING});
    int64_t since = t;
    struct decision d;
    do { /* repeated `pending` does not prolong it */
        t = admission_deadline(&a, &config, &view).v;
        d = consider();
        if (d.kind == DECISION_REPEAT)
            answered((struct passage_answer){.verdict = VERDICT_PENDING});
    } while (d.kind == DECISION_REPEAT);
    assert_int_equal(d.basis, BASIS_OFFLINE);
    assert_int_equal(t - since, 180000);
}

static void exit_pending_when_the_uplink_goes(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    consider();
    answered((struct passage_answer){.verdict = VERDICT_PENDING});
    view.online = false;
    view.settled = true;
    assert_int_equal(consider().basis, BASIS_OFFLINE);
}

static void exit_denied_says_so_each_time(void **state)
{
    (void)state;
    struct passage_answer no = {.verdict = VERDICT_DENY, .reason = REASON_DECLINED};
    begin(DIRECTION_EXIT, ready);
    consider();
    assert_int_equal(answered(no).kind, DECISION_DENY);
    after(5000);
    answered((struct passage_answer){.verdict = VERDICT_PENDING});
    assert_int_equal(answered(no).kind, DECISION_DENY); /* replaces the text of `pending` */
    assert_int_equal(after(5000).kind, DECISION_ASK);
    assert_int_equal(after(700).kind, DECISION_REPEAT);
    assert_int_equal(after(1400).basis, BASIS_OFFLINE); /* then nobody answers any more */
}

static void exit_without_credential_opens_after_a_minute(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    view.known = false;
    assert_int_equal(consider().kind, DECISION_NONE);
    assert_int_equal(after(5000).reason, REASON_NO_CREDENTIAL);
    assert_int_equal(after(55000).basis, BASIS_OFFLINE);
}

static void exit_without_an_epoch_opens(void **state)
{
    (void)state;
    begin(DIRECTION_EXIT, ready);
    view.epoch = false;
    assert_int_equal(consider().basis, BASIS_OFFLINE);
}

static void late_and_foreign_answers_change_nothing(void **state) /* D4 */
{
    (void)state;
    struct passage_answer yes = {.verdict = VERDICT_ALLOW, .basis = BASIS_PAID};
    begin(DIRECTION_EXIT, ready);
    consider();
    struct request_id id = a.request;
    struct admission before = a;
    struct decision d = {.kind = DECISION_WAIT};
    assert_int_equal(answer("ffffffffffffffffffffffffffffffff", yes, &d), ERR_CONFLICT);
    assert_int_equal(answer(id.text, (struct passage_answer){0}, &d), ERR_INVAL);
    assert_memory_equal(&a, &before, sizeof a);
    assert_int_equal(d.kind, DECISION_WAIT);
    answered(yes);
    assert_int_equal(answer(id.text, yes, &d), ERR_CONFLICT); /* decided already */
    begin(DIRECTION_ENTRY, ready);
    view.free = 0;
    consider();
    id = a.request;
    assert_int_equal(answer(id.text, (struct passage_answer){.verdict = VERDICT_PENDING}, &d),
                     ERR_INVAL); /* only for exits */
}

static void a_restart_repeats_the_question(void **state)
{
    (void)state;
    struct request_id id = {"0123456789abcdef0123456789abcdef"};
    begin(DIRECTION_EXIT, ready);
    admission_resume(&a, &config, &id, (struct mono_ms){t});
    assert_int_equal(consider().kind, DECISION_REPEAT);
    assert_string_equal(a.request.text, id.text);
    assert_int_equal(
        answered((struct passage_answer){.verdict = VERDICT_ALLOW, .basis = BASIS_FREE}).basis,
        BASIS_FREE);
}

static void nothing_happens_while_nobody_waits(void **state)
{
    (void)state;
    begin(DIRECTION_ENTRY, ready);
    admission_end(&a);
    assert_int_equal(consider().kind, DECISION_NONE);
    admission_credential(&a, (struct mono_ms){t});
    admission_reconnected(&a, (struct mono_ms){t});
    assert_int_equal(a.phase, ADMISSION_NONE);
    no_timer();
}

static void every_text_fits_the_display(void **state)
{
    (void)state;
    for (int r = REASON_NONE; r <= REASON_UNAVAILABLE + 1; r++)
        assert_true(strlen(admission_text((enum reason)r)) < DISPLAY_SIZE);
    assert_string_equal(admission_text(REASON_FULL), "FULL");
}

/* Anti-passback without the cloud: who sees both sides refuses, another lets in, on what it holds. */
static void a_right_that_seems_inside_without_the_cloud(void **state)
{
    (void)state;
    struct admission_view v = {.epoch = true, .known = true, .right = RIGHT_PASSBACK};
    struct decision d;
    begin(DIRECTION_ENTRY, v);
    d = consider();
    assert_int_equal(d.kind, DECISION_DENY); /* no space */
    assert_int_equal(d.reason, REASON_PLEASE_WAIT);
    v.free = 1;
    begin(DIRECTION_ENTRY, v);
    d = consider();
    assert_int_equal(d.kind, DECISION_ALLOW);
    assert_int_equal(d.basis, BASIS_RIGHT);
    v.bound = true;
    begin(DIRECTION_ENTRY, v);
    assert_int_equal(consider().basis, BASIS_BOUND);
    v.sees_both_sides = true;
    begin(DIRECTION_ENTRY, v);
    d = consider();
    assert_int_equal(d.kind, DECISION_DENY);
    assert_int_equal(d.reason, REASON_PASSBACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_with_a_space_asks_nobody),
        cmocka_unit_test(a_right_that_seems_inside_without_the_cloud),
        cmocka_unit_test(entry_without_a_space_never_passes),
        cmocka_unit_test(entry_repeats_once_then_asks_the_driver_to_wait),
        cmocka_unit_test(entry_offline_waits_for_a_space),
        cmocka_unit_test(full_is_lifted_by_a_space),
        cmocka_unit_test(policy_is_not_lifted_by_a_space),
        cmocka_unit_test(entry_without_credential),
        cmocka_unit_test(entry_without_an_epoch_stays_closed),
        cmocka_unit_test(exit_is_asked_and_allowed),
        cmocka_unit_test(exit_without_an_answer_opens),
        cmocka_unit_test(exit_offline_opens_once_that_is_settled),
        cmocka_unit_test(exit_asks_again_when_the_uplink_returns_in_time),
        cmocka_unit_test(exit_pending_waits_for_the_final_answer),
        cmocka_unit_test(exit_pending_does_not_trap),
        cmocka_unit_test(exit_pending_when_the_uplink_goes),
        cmocka_unit_test(exit_denied_says_so_each_time),
        cmocka_unit_test(exit_without_credential_opens_after_a_minute),
        cmocka_unit_test(exit_without_an_epoch_opens),
        cmocka_unit_test(late_and_foreign_answers_change_nothing),
        cmocka_unit_test(a_restart_repeats_the_question),
        cmocka_unit_test(nothing_happens_while_nobody_waits),
        cmocka_unit_test(every_text_fits_the_display),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
