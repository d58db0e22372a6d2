#include "cloud/core/exit_decision.h"

#include "protocol/base/buf.h"

#include <string.h>

static enum exit_action by_policy(const struct exit_facts *f)
{
    return f->policy == POLICY_HOLD && !f->hold_over ? EXIT_HOLD : EXIT_ALLOW_DEFERRED;
}

enum exit_action exit_decide(const struct exit_facts *f)
{
    if (!f->session && f->ticket_used)
        return EXIT_DENY_TICKET_USED;
    if (!f->session && f->other_place)
        return EXIT_DENY_OTHER_PLACE;
    if (!f->session)
        return f->unmatched == UNMATCHED_OPEN ? EXIT_ALLOW_UNMATCHED : EXIT_DENY_NO_SESSION;
    if (f->due_minor <= 0)
        return f->price_minor > 0 ? EXIT_ALLOW_PAID : EXIT_ALLOW_FREE;
    bool link = f->link && !f->pay_over;
    if (f->payment_declined)
        return link ? EXIT_PAY_DECLINED : EXIT_DENY_DECLINED;
    if (f->failed)
        return by_policy(f);
    if (f->payment_open)
        return EXIT_WAIT;
    if (!f->account)
        return link ? EXIT_PAY : EXIT_DENY_NO_ACCOUNT;
    return f->available ? EXIT_CHARGE : by_policy(f);
}

/* The row of each action: what the lane is told. `text` may contain one %s for the amount; every
 * text fits the display with the longest amount that MONEY_TEXT_SIZE allows for, or is shown
 * without it. */
struct spoken {
    enum verdict verdict;
    enum basis basis;
    enum reason reason;
    bool amount_first;
    const char *text;
};

static const struct spoken spoken[EXIT_ACTIONS] = {
    [EXIT_ALLOW_FREE] = {VERDICT_ALLOW, BASIS_FREE, REASON_NONE, false, "FREE / 무료"},
    [EXIT_ALLOW_PAID] = {VERDICT_ALLOW, BASIS_PAID, REASON_NONE, true, "paid"},
    [EXIT_ALLOW_DEFERRED] = {VERDICT_ALLOW, BASIS_DEFERRED, REASON_NONE, true, "pay later"},
    [EXIT_ALLOW_UNMATCHED] = {VERDICT_ALLOW, BASIS_DEFERRED, REASON_NONE, false, "OPEN / 출차"},
    [EXIT_DENY_NO_SESSION] = {VERDICT_DENY, BASIS_NONE, REASON_NO_SESSION, false,
                              "NO STAY / 기록없음"},
    [EXIT_DENY_TICKET_USED] = {VERDICT_DENY, BASIS_NONE, REASON_TICKET_USED, false,
                               "TICKET USED / 사용된 표"},
    [EXIT_DENY_OTHER_PLACE] = {VERDICT_DENY, BASIS_NONE, REASON_OTHER_PLACE, false,
                               "OTHER CAR PARK / 다른 곳"},
    [EXIT_DENY_NO_ACCOUNT] = {VERDICT_DENY, BASIS_NONE, REASON_NO_ACCOUNT, true, "no account"},
    [EXIT_DENY_DECLINED] = {VERDICT_DENY, BASIS_NONE, REASON_DECLINED, true, "declined"},
    [EXIT_PAY] = {VERDICT_PENDING, BASIS_NONE, REASON_NO_ACCOUNT, true, "pay"},
    [EXIT_PAY_DECLINED] = {VERDICT_PENDING, BASIS_NONE, REASON_DECLINED, true, "declined, pay"},
    [EXIT_CHARGE] = {VERDICT_PENDING, BASIS_NONE, REASON_PAYMENT, true, "please wait"},
    [EXIT_WAIT] = {VERDICT_PENDING, BASIS_NONE, REASON_PAYMENT, true, "please wait"},
    [EXIT_HOLD] = {VERDICT_PENDING, BASIS_NONE, REASON_PAYMENT, true, "please wait"},
};

struct passage_answer exit_answer(enum exit_action a, struct money due)
{
    const struct spoken *s = &spoken[a];
    struct passage_answer answer = {.verdict = s->verdict, .basis = s->basis, .reason = s->reason};
    if (a != EXIT_ALLOW_UNMATCHED && a != EXIT_DENY_NO_SESSION && a != EXIT_DENY_TICKET_USED &&
        a != EXIT_DENY_OTHER_PLACE)
        answer.due = due;

    char amount[MONEY_TEXT_SIZE];
    money_format(due, amount);
    char memory[DISPLAY_SIZE];
    struct buf b = buf_of(memory, sizeof memory);
    if (s->amount_first)
        buf_addf(&b, "%s %s", amount, s->text);
    if (!s->amount_first || b.overflow) {
        b = buf_of(memory, sizeof memory);
        buf_adds(&b, s->text);
    }
    memcpy(answer.display, memory, b.len + 1);
    return answer;
}
