#include "cloud/service/debt.h"

#include "cloud/service/feed.h"
#include "cloud/service/payment.h"
#include "protocol/base/buf.h"

static const char no_account[] = "no_account";

enum { COLLECT_MAX = 32 }; /* calls begun in one round */

void debt_open(struct service *s, const struct session_row *r, int64_t due_minor)
{
    struct debt_row d = {
        .session = r->id,
        .place = r->place,
        .plate = r->plate,
        .amount = {due_minor, r->currency},
        .state = DEBT_OPEN,
        .created = s->now.wall,
    };
    STORE(s, save_debt, &d);
    feed_debt(s, "debt.opened", &d);
    metrics_add(s->options.metrics, METRIC_DEBTS_OPENED, 1);
    struct payment *p = payment_of(s, &r->id);
    if (p)
        p->wanted = true;
}

bool debt_is_open(struct service *s, const struct movement_id *session)
{
    struct debt_row d;
    return FOUND(s, find_debt, session, &d) && d.state == DEBT_OPEN;
}

void debt_credit(struct service *s, const struct movement_id *session, int64_t minor)
{
    struct debt_row d;
    if (!FOUND(s, find_debt, session, &d) || d.state != DEBT_OPEN)
        return;
    d.paid_minor += minor;
    d.reason[0] = '\0';
    if (d.paid_minor >= d.amount.minor) {
        d.state = DEBT_PAID;
        d.settled = s->now.wall;
        metrics_add(s->options.metrics, METRIC_DEBTS_SETTLED, 1);
    }
    STORE(s, save_debt, &d);
    feed_debt(s, d.state == DEBT_PAID ? "debt.paid" : "debt.credited", &d);
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

static void collect(struct service *s, struct debt_row *d)
{
    const struct account *account = account_of(s, &d->plate);
    struct money rest = {d->amount.minor - d->paid_minor, d->amount.currency};
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
    if (begun == COLLECT_MAX)
        return;
    STORE(s, collectable_debts, debts, COLLECT_MAX - begun, &n);
    for (size_t i = 0; i < n; i++)
        collect(s, &debts[i]);
}
