#include "cloud/core/books.h"

int64_t books_kept(const struct session_row *s)
{
    return s->paid_minor - s->refunded_minor;
}

int64_t books_owed(const struct debt_row *d)
{
    return d->amount.minor - d->paid_minor - d->waived_minor - d->written_off_minor;
}

/* Price that is neither paid nor given up; below 0: an excess. */
static int64_t rest_of(const struct session_row *s, const struct debt_row *d)
{
    return s->price_minor - s->waived_minor - (d ? d->written_off_minor : 0) - books_kept(s);
}

int64_t books_excess(const struct session_row *s, const struct debt_row *d)
{
    int64_t rest = rest_of(s, d);
    return s->state == SESSION_CLOSED && rest < 0 ? -rest : 0;
}

bool books_balanced(const struct session_row *s, const struct debt_row *d)
{
    int64_t owed = d ? books_owed(d) : 0;
    if (s->refunded_minor < 0 || s->refunded_minor > s->paid_minor || s->waived_minor < 0)
        return false;
    if (d && (owed < 0 || d->waived_minor < 0 || d->written_off_minor < 0 || d->paid_minor < 0 ||
              d->paid_minor > s->paid_minor))
        return false;
    int64_t rest = rest_of(s, d);
    return s->state != SESSION_CLOSED || (rest > 0 ? rest : 0) == owed;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* B3: money that comes after the rest was given up as lost. */
static void take_back_write_off(const struct session_row *s, struct debt_row *d)
{
    int64_t back = smaller(books_excess(s, d), d->written_off_minor);
    d->written_off_minor -= back;
    d->paid_minor += back;
}

static enum books_debt open_debt(const struct session_row *s, int64_t owed_minor,
                                 struct wall_ms now, struct debt_row *ret)
{
    *ret = (struct debt_row){
        .session = s->id,
        .place = s->place,
        .plate = s->plate,
        .amount = {owed_minor, s->currency},
        .state = DEBT_OPEN,
        .created = now,
    };
    return BOOKS_DEBT_OPENED;
}

enum books_debt books_settle(const struct session_row *s, int64_t credit_minor, bool known,
                             struct wall_ms now, struct debt_row *d, int64_t *ret_excess)
{
    if (!known) {
        int64_t rest = rest_of(s, NULL);
        *ret_excess = rest < 0 ? -rest : 0;
        return rest > 0 ? open_debt(s, rest, now, d) : BOOKS_DEBT_SAME;
    }
    struct debt_row old = *d;
    d->paid_minor += smaller(credit_minor, books_owed(d));
    take_back_write_off(s, d);
    int64_t rest = rest_of(s, d);
    d->amount.minor += (rest > 0 ? rest : 0) - books_owed(d);
    *ret_excess = rest < 0 ? -rest : 0;
    if (rest > 0) {
        d->state = DEBT_OPEN;
        d->settled.v = 0;
    } else if (old.state == DEBT_OPEN) {
        d->state = DEBT_PAID;
        d->settled = now;
    } else if (old.state == DEBT_WRITTEN_OFF && d->written_off_minor == 0) {
        d->state = DEBT_PAID;
    }
    if (old.state == DEBT_OPEN && d->state != DEBT_OPEN)
        return BOOKS_DEBT_SETTLED;
    bool same = old.state == d->state && old.amount.minor == d->amount.minor &&
                old.paid_minor == d->paid_minor && old.written_off_minor == d->written_off_minor;
    return same ? BOOKS_DEBT_SAME : BOOKS_DEBT_CHANGED;
}

void books_reprice(struct session_row *s, struct debt_row *d, int64_t price_minor)
{
    s->price_minor = price_minor;
    int64_t needless = smaller(books_excess(s, d), s->waived_minor);
    s->waived_minor -= needless;
    if (!d)
        return;
    int64_t of_debt = smaller(needless, d->waived_minor);
    int64_t never_lost = smaller(books_excess(s, d), d->written_off_minor);
    d->waived_minor -= of_debt;
    d->written_off_minor -= never_lost;
    d->amount.minor -= of_debt + never_lost;
    if ((d->state == DEBT_WAIVED && d->waived_minor == 0) ||
        (d->state == DEBT_WRITTEN_OFF && d->written_off_minor == 0))
        d->state = DEBT_PAID;
}

enum err books_waive(struct session_row *s, struct debt_row *d, struct wall_ms now)
{
    int64_t owed = books_owed(d);
    if (d->state != DEBT_OPEN || owed <= 0)
        return ERR_CONFLICT;
    d->waived_minor += owed;
    s->waived_minor += owed;
    d->state = DEBT_WAIVED;
    d->settled = now;
    return ERR_OK;
}

enum err books_write_off(struct debt_row *d, struct wall_ms now)
{
    int64_t owed = books_owed(d);
    if (d->state != DEBT_OPEN || owed <= 0)
        return ERR_CONFLICT;
    d->written_off_minor += owed;
    d->state = DEBT_WRITTEN_OFF;
    d->settled = now;
    return ERR_OK;
}

int64_t books_refundable(const struct payment_row *p)
{
    return p->state == PAYMENT_SUCCEEDED ? p->amount.minor - p->refunded_minor : 0;
}

enum err books_refund(struct session_row *s, struct payment_row *p, int64_t minor, bool forgive)
{
    if (minor <= 0 || minor > books_refundable(p) || minor > books_kept(s))
        return ERR_CONFLICT;
    p->refunded_minor += minor;
    s->refunded_minor += minor;
    if (forgive)
        s->waived_minor += minor;
    if (s->state == SESSION_OPEN) {
        s->paid_at.v = 0;
        s->settled_at.v = 0;
        s->settled_minor = 0;
    }
    return ERR_OK;
}

int64_t books_refund_failed(struct session_row *s, struct payment_row *p, int64_t minor,
                            bool forgiven)
{
    int64_t forgiven_minor = forgiven ? smaller(minor, s->waived_minor) : 0;
    p->refunded_minor -= minor;
    s->refunded_minor -= minor;
    s->waived_minor -= forgiven_minor;
    return minor - forgiven_minor;
}
