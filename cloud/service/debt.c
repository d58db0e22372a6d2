#include "cloud/service/debt.h"

#include "cloud/service/feed.h"
#include "cloud/service/notice.h"
#include "cloud/service/payment.h"
#include "cloud/service/refund.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"

static const char no_account[] = "no_account";

enum { COLLECT_MAX = 32 }; /* calls begun in one round */

void debt_save(struct service *s, const struct debt_row *d, enum books_debt done)
{
    static const enum metric counted[] = {[BOOKS_DEBT_OPENED] = METRIC_DEBTS_OPENED,
                                          [BOOKS_DEBT_CHANGED] = 0,
                                          [BOOKS_DEBT_SETTLED] = METRIC_DEBTS_SETTLED};
    static const char *const types[] = {[BOOKS_DEBT_OPENED] = "debt.opened",
                                        [BOOKS_DEBT_CHANGED] = "debt.changed",
                                        [BOOKS_DEBT_SETTLED] = "debt.paid"};
    if (done == BOOKS_DEBT_SAME)
        return;
    STORE(s, save_debt, d);
    feed_debt(s, types[done], d);
    if (counted[done])
        metrics_add(s->options.metrics, counted[done], 1);
}

bool debt_is_open(struct service *s, const struct movement_id *session)
{
    struct debt_row d;
    return FOUND(s, find_debt, session, &d) && d.state == DEBT_OPEN;
}

void debt_note(struct service *s, const struct movement_id *session, const char *word,
               const char *detail)
{
    struct debt_row d;
    if (!FOUND(s, find_debt, session, &d) || d.state != DEBT_OPEN)
        return;
    struct buf b = buf_of(d.reason, sizeof d.reason);
    buf_adds(&b, word);
    if (detail[0] != '\0')
        buf_addf(&b, ": %s", detail);
    STORE(s, save_debt, &d);
    feed_debt(s, "debt.noted", &d);
}

void debt_again(struct service *s, const struct movement_id *session)
{
    struct debt_row d;
    if (!FOUND(s, find_debt, session, &d) || d.state != DEBT_OPEN || d.reason[0] == '\0')
        return;
    d.reason[0] = '\0';
    STORE(s, save_debt, &d);
    feed_debt(s, "debt.changed", &d);
}

/* ---- by a person ---- */

static enum err refuse(struct admin_result *ret, enum err e, const char *reason)
{
    struct buf b = buf_of(ret->reason, sizeof ret->reason);
    buf_adds(&b, reason);
    return e;
}

static void sign(struct debt_row *d, const struct money_order *o)
{
    struct buf b = buf_of(d->note, sizeof d->note);
    d->actor = o->actor;
    buf_adds(&b, o->reason);
}

/* Nobody is asked for the rest any more; a payment that is under way is waited for, and what it brings
 * goes back (waived) or is taken (written off). */
static enum err give_up(struct service *s, const struct money_order *o, struct debt_row *d)
{
    struct session_row r;
    if (!FOUND(s, find_session, &d->session, &r))
        service_die("debt without a session", ERR_IO);
    if (o->action == MONEY_WAIVE)
        TRY(books_waive(&r, d, s->now.wall));
    else
        TRY(books_write_off(d, s->now.wall));
    d->reason[0] = '\0';
    sign(d, o);
    STORE(s, save_debt, d);
    STORE(s, save_session, &r);
    feed_debt(s, o->action == MONEY_WAIVE ? "debt.waived" : "debt.written_off", d);
    if (o->action == MONEY_WAIVE)
        feed_session(s, "session.changed", &r);
    notice_session(s, &r);
    payment_follow(s, &d->session);
    return ERR_OK;
}

enum err debt_order(struct service *s, const struct money_order *o, struct admin_result *ret)
{
    struct debt_row d;
    if (!FOUND(s, find_debt, &o->session, &d))
        return refuse(ret, ERR_NOTFOUND, "no such debt");
    if (d.state != DEBT_OPEN)
        return refuse(ret, ERR_CONFLICT, "the debt is not open");
    if (o->action == MONEY_COLLECT) {
        struct payment *p = payment_of(s, &d.session);
        d.reason[0] = '\0';
        sign(&d, o);
        STORE(s, save_debt, &d);
        feed_debt(s, "debt.changed", &d);
        if (p)
            payment_drive(s, p);
        s->collect_at = s->now.mono;
    } else if (give_up(s, o, &d) != ERR_OK) {
        return refuse(ret, ERR_CONFLICT, "nothing of it is owed any more");
    }
    log_notice("debt.ordered", LT("place", d.place.text), LT("session", d.session.text),
               LT("action", money_action_word(o->action)), LT("actor", o->actor.text));
    return ERR_OK;
}

/* ---- collecting ---- */

static void collect(struct service *s, struct debt_row *d)
{
    const struct account *account = account_of(s, &d->plate);
    struct money rest = {books_owed(d), d->amount.currency};
    if (account && payment_possible(s, &account->payer))
        payment_create(s, &d->session, &d->place, PAYMENT_KIND_DEBT, &account->payer, rest);
    else
        debt_note(s, &d->session, no_account, "");
}

void debt_timers(struct service *s)
{
    struct debt_row debts[COLLECT_MAX];
    size_t n = 0;
    if (!reached(s->now.mono, s->collect_at))
        return;
    s->collect_at = mono_after(s->now.mono, real_ms(s, s->options.collect_ms));
    bool available = s->ports.payments.available(s->ports.payments.self, NULL);
    bool back = available && !s->provider_was_available;
    s->provider_was_available = available;
    if (!available)
        return;
    if (back) /* at the start, too: the accounts were read anew, who had none may have one */
        STORE(s, retry_debts, no_account);
    size_t begun = payment_drive_due(s, back, COLLECT_MAX);
    begun += refund_drive_due(s, back, COLLECT_MAX - begun);
    if (begun == COLLECT_MAX)
        return;
    STORE(s, collectable_debts, debts, COLLECT_MAX - begun, &n);
    for (size_t i = 0; i < n; i++)
        collect(s, &debts[i]);
}
