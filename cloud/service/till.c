#include "cloud/service/till.h"

#include "cloud/core/books.h"
#include "cloud/core/session.h"
#include "cloud/service/debt.h"
#include "cloud/service/feed.h"
#include "cloud/service/notice.h"
#include "cloud/service/payment.h"
#include "cloud/service/refund.h"
#include "cloud/service/stay.h"

void till_settle(struct service *s, struct session_row *r, int64_t credit_minor)
{
    struct debt_row d;
    int64_t excess = 0;
    bool known = FOUND(s, find_debt, &r->id, &d);
    enum books_debt done = books_settle(r, credit_minor, known, s->now.wall, &d, &excess);
    if (credit_minor > 0 && known)
        d.reason[0] = '\0';
    debt_save(s, &d, done);
    if (excess > 0)
        refund_excess(s, r, excess);
    STORE(s, save_session, r);
    if (excess > 0)
        feed_session(s, "session.changed", r);
    payment_follow(s, &r->id);
}

void till_reprice(struct service *s, struct session_row *r, int64_t price_minor)
{
    struct debt_row d;
    bool known = FOUND(s, find_debt, &r->id, &d);
    books_reprice(r, known ? &d : NULL, price_minor);
    if (known) {
        STORE(s, save_debt, &d);
        feed_debt(s, "debt.changed", &d);
    }
    till_settle(s, r, 0);
}

void till_credit(struct service *s, const struct payment_row *row)
{
    struct session_row r;
    if (!FOUND(s, find_session, &row->session, &r))
        service_die("payment without a session", ERR_IO);
    /* The grace runs from when the amount was quoted: a late answer to an old question starts none. */
    session_paid(&r, row->amount.minor, row->created);
    int64_t price;
    if (r.state == SESSION_OPEN &&
        stay_price(s, state_place(s, &r.place), &r, row->created, &price))
        session_settled(&r, price, row->created);
    STORE(s, save_session, &r);
    feed_session(s, "session.paid", &r);
    if (r.state == SESSION_CLOSED)
        till_settle(s, &r, row->amount.minor);
    notice_session(s, &r);
}
