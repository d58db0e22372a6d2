#include "tests/unit/edge/lane_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/buf.h"

static void word(struct bench *b, const char *format, const char *value)
{
    struct buf out = {b->said, strlen(b->said), sizeof b->said, false};
    if (out.len > 0)
        buf_adds(&out, " ");
    buf_adds(&out, format);
    buf_adds(&out, value);
    assert_false(out.overflow);
}

static void say_fact(struct bench *b, const struct lane_fact *f)
{
    switch (f->kind) {
    case LANE_FACT_PRESENTED: word(b, "presented", ""); break;
    case LANE_FACT_AUTHORISED: word(b, f->manual ? "manual" : "authorised", ""); break;
    case LANE_FACT_REFUSED: word(b, "refused", ""); break;
    case LANE_FACT_STARTED: word(b, "started", ""); break;
    case LANE_FACT_COMPLETED: word(b, "completed", ""); break;
    case LANE_FACT_VOIDED: word(b, "void:", reason_word(f->reason)); break;
    case LANE_FACT_UNAUTHORISED: /* the direction if it is not the lane's */
        word(b, f->direction == lane_direction(&b->lane) ? "unauthorised" : "unauthorised:",
             f->direction == lane_direction(&b->lane) ? "" : direction_word(f->direction));
        break;
    case LANE_FACT_ENDED: word(b, "ended:", outcome_word(f->outcome)); break;
    case LANE_FACT_ALARM: word(b, f->active ? "+" : "-", alarm_word(f->alarm)); break;
    case LANE_FACT_GAP: word(b, "gap", ""); break;
    case LANE_FACT_OPENED:
        if (f->cause != CAUSE_NONE) /* of the vehicle just authorised */
            word(b, "opened:", cause_word(f->cause));
        break;
    case LANE_FACT_MODE: word(b, f->active ? "+" : "-", lane_mode_word(f->mode)); break;
    }
}

static void say(struct bench *b, const struct lane_out *out)
{
    for (size_t i = 0; i < out->count; i++)
        say_fact(b, &out->facts[i]);
    if (out->acts & LANE_ACT_OPEN)
        word(b, "OPEN", "");
    if (out->acts & LANE_ACT_CLOSE)
        word(b, "CLOSE", "");
    if (out->acts & LANE_ACT_STOP)
        word(b, "STOP", "");
    if (out->acts & LANE_ACT_CAMERA)
        word(b, "CAMERA", "");
}

void bench_restart(struct bench *b, enum direction direction, int loops,
                   const struct lane_restored *restored)
{
    struct lane_config config = lane_config_default(direction, loops);
    *b = (struct bench){.t = 1000000};
    b->bits = 1U << IN_ARM_DOWN | 1U << IN_ARM_ATTACHED | 1U << IN_PHOTOCELL_CLEAR |
              1U << IN_EDGE_OK | 1U << IN_LOCAL_STOP_OK | 1U << IN_MAINS_OK | 1U << IN_BATTERY_OK |
              1U << IN_CABINET_CLOSED;
    lane_init(&b->lane, &config, restored);
}

void bench_init(struct bench *b, enum direction direction, int loops)
{
    bench_restart(b, direction, loops, NULL);
    bench_see(b);
    bench_said(b, LANE_IDLE, "");
}

void bench_present(struct bench *b, enum direction direction, int loops)
{
    bench_init(b, direction, loops);
    bench_on(b, IN_LOOP_A);
    bench_wait(b, b->lane.config.a_debounce_ms);
}

void bench_see(struct bench *b)
{
    struct lane_out out = {0};
    lane_inputs(&b->lane, b->bits, (struct mono_ms){b->t}, (struct mono_ms){b->t}, &out);
    say(b, &out);
}

void bench_on(struct bench *b, enum lane_input i)
{
    b->bits |= 1U << i;
    bench_see(b);
}

void bench_off(struct bench *b, enum lane_input i)
{
    b->bits &= ~(1U << i);
    bench_see(b);
}

void bench_wait(struct bench *b, int64_t ms)
{
    int64_t until = b->t + ms;
    for (;;) {
        int64_t due = lane_deadline(&b->lane).v;
        b->t = due < until ? (due > b->t ? due : b->t) : until;
        struct lane_out out = {0};
        lane_tick(&b->lane, (struct mono_ms){b->t}, &out);
        say(b, &out);
        if (due > until)
            return;
        assert_true(lane_deadline(&b->lane).v > b->t); /* a tick does what is due */
    }
}

void bench_order(struct bench *b, enum lane_command order)
{
    struct lane_out out = {0};
    enum reason why = REASON_NONE;
    enum err e = lane_order(&b->lane, order, CAUSE_REMOTE, (struct mono_ms){b->t}, &out, &why);
    assert_string_equal(reason_word(why), "");
    assert_int_equal(e, ERR_OK);
    say(b, &out);
}

void bench_refused(struct bench *b, enum lane_command order, enum reason expected)
{
    struct lane_out out = {0};
    enum reason why = REASON_NONE;
    enum err e = lane_order(&b->lane, order, CAUSE_REMOTE, (struct mono_ms){b->t}, &out, &why);
    assert_int_equal(e, ERR_DENIED);
    assert_string_equal(reason_word(why), reason_word(expected));
    assert_int_equal(out.count, 0);
    assert_int_equal(out.acts, 0);
}

void bench_event(struct bench *b, enum lane_event e)
{
    struct lane_out out = {0};
    assert_int_equal(lane_step(&b->lane, e, (struct mono_ms){b->t}, &out), ERR_OK);
    say(b, &out);
}

void bench_arm_up(struct bench *b)
{
    bench_off(b, IN_ARM_DOWN);
    bench_wait(b, 2000);
    bench_on(b, IN_ARM_UP);
}

void bench_arm_down(struct bench *b)
{
    bench_off(b, IN_ARM_UP);
    bench_wait(b, 2000);
    bench_on(b, IN_ARM_DOWN);
}

void bench_said(struct bench *b, enum lane_state s, const char *words)
{
    assert_string_equal(b->said, words);
    assert_string_equal(lane_state_word(b->lane.state), lane_state_word(s));
    b->said[0] = '\0';
}

/* A vehicle on A, allowed, arm up. */
void bench_let_in(struct bench *b)
{
    bench_on(b, IN_LOOP_A);
    bench_wait(b, 100);
    bench_event(b, LANE_EV_CREDENTIAL);
    bench_event(b, LANE_EV_ALLOWED);
    bench_said(b, LANE_OPENING, "presented CAMERA authorised OPEN");
    bench_arm_up(b);
    bench_said(b, LANE_OPEN, "");
}

/* It drives over B and away. */
void bench_drive_through(struct bench *b)
{
    bench_on(b, IN_LOOP_B);
    bench_wait(b, 500);
    bench_off(b, IN_LOOP_A);
    bench_wait(b, 500);
    bench_off(b, IN_LOOP_B);
    bench_wait(b, 200);
}
