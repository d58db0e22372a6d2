#include "cloud/core/reconcile.h"

#include "cloud/core/books.h"
#include "protocol/base/buf.h"

#include <string.h>

/* Later than this after we learned of it, a booking is late. */
enum { LATE_MS = 6 * 3600 * 1000 };

void mismatch_add(struct mismatch_list *out, enum mismatch_class class, enum mismatch_noun of,
                  const char *key, const struct movement_id *session, struct money ours,
                  struct money theirs)
{
    out->total++;
    if (out->count == out->size)
        return;
    struct mismatch m = {.class = class, .of = of, .ours = ours, .theirs = theirs};
    struct buf b = buf_of(m.key, sizeof m.key);
    buf_adds(&b, key);
    if (session)
        m.session = *session;
    out->rows[out->count++] = m;
}

/* ---- stays ---- */

static void stay_wrong(const struct reconcile_stay *s, enum mismatch_class class, int64_t ours,
                       int64_t theirs, struct mismatch_list *out)
{
    struct currency c = s->row.currency;
    mismatch_add(out, class, MISMATCH_OF_SESSION, s->row.id.text, &s->row.id,
                 (struct money){ours, c}, (struct money){theirs, c});
}

void reconcile_stay(const struct reconcile_stay *s, struct reconciliation_sums *sums,
                    struct mismatch_list *out)
{
    const struct session_row *r = &s->row;
    const struct debt_row *d = s->owes ? &s->debt : NULL;
    int64_t excess = books_excess(r, d);
    sums->sessions++;
    sums->priced_minor += r->price_minor;
    sums->paid_minor += r->paid_minor;
    sums->refunded_minor += r->refunded_minor;
    sums->waived_minor += r->waived_minor;
    sums->excess_minor += excess;
    if (d) {
        sums->owed_minor += books_owed(d);
        sums->written_off_minor += d->written_off_minor;
    }
    if (r->state == SESSION_CLOSED && r->exit_movement.text[0] == '\0')
        stay_wrong(s, MISMATCH_WITHOUT_EXIT, 0, 0, out);
    if (s->payments_minor != r->paid_minor)
        stay_wrong(s, MISMATCH_PAYMENTS_DIFFER, r->paid_minor, s->payments_minor, out);
    if (s->refunds_minor != r->refunded_minor)
        stay_wrong(s, MISMATCH_REFUNDS_DIFFER, r->refunded_minor, s->refunds_minor, out);
    if (!books_balanced(r, d))
        stay_wrong(s, MISMATCH_UNPAID, r->price_minor, books_kept(r), out);
    if (excess > 0)
        stay_wrong(s, MISMATCH_NOT_GIVEN_BACK, r->price_minor, books_kept(r), out);
}

/* ---- payments and refunds ---- */

static int by_key(const char *a_key, bool a_refund, const char *b_key, bool b_refund)
{
    int order = strcmp(a_key, b_key);
    return order != 0 ? order : (int)a_refund - (int)b_refund;
}

int reconcile_row_order(const void *a, const void *b)
{
    const struct reconcile_row *x = a, *y = b;
    return by_key(x->key, x->refund, y->key, y->refund);
}

int reconcile_line_order(const void *a, const void *b)
{
    const struct reconcile_line *x = a, *y = b;
    int order = by_key(x->key, x->refund, y->key, y->refund);
    if (order == 0)
        order = (x->booked.v > y->booked.v) - (x->booked.v < y->booked.v);
    return order != 0 ? order : strcmp(x->provider_ref, y->provider_ref);
}

struct day {
    struct wall_ms from, to;
    struct mismatch_list *out;
};

static bool within(const struct day *d, struct wall_ms t)
{
    return t.v >= d->from.v && t.v < d->to.v;
}

static void line_wrong(const struct day *d, enum mismatch_class class,
                       const struct reconcile_row *ours, const struct reconcile_line *l)
{
    static const struct money none;
    mismatch_add(d->out, class, l->refund ? MISMATCH_OF_REFUND : MISMATCH_OF_PAYMENT,
                 l->key[0] != '\0' ? l->key : l->provider_ref, ours ? &ours->session : NULL,
                 ours ? ours->amount : none, l->amount);
}

static void row_wrong(const struct day *d, enum mismatch_class class, const struct reconcile_row *r)
{
    static const struct money none;
    mismatch_add(d->out, class, r->refund ? MISMATCH_OF_REFUND : MISMATCH_OF_PAYMENT, r->key,
                 &r->session, r->amount, none);
}

/* Ours, done on the day, against what the provider booked under its key. */
static void compare(const struct day *d, const struct reconcile_row *r,
                    const struct reconcile_line *lines, size_t count)
{
    if (count == 0) {
        row_wrong(d, MISMATCH_MISSING_THERE, r);
        return;
    }
    const struct reconcile_line *l = &lines[0];
    if (strcmp(l->amount.currency.code, r->amount.currency.code) != 0)
        line_wrong(d, MISMATCH_CURRENCY, r, l);
    else if (l->amount.minor != r->amount.minor)
        line_wrong(d, MISMATCH_AMOUNT, r, l);
    if (wall_diff_ms(l->booked, r->at) > LATE_MS)
        line_wrong(d, MISMATCH_LATE, r, l);
    for (size_t i = 1; i < count; i++)
        line_wrong(d, MISMATCH_TWICE_THERE, r, &lines[i]);
}

/* Not ours, or not done as far as we know: each booking of the day is one difference. */
static void compare_booked(const struct day *d, const struct reconcile_row *r,
                           const struct reconcile_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (within(d, lines[i].booked))
            line_wrong(d, r ? MISMATCH_NOT_DONE_HERE : MISMATCH_UNKNOWN_HERE, r, &lines[i]);
}

static void add_up(const struct day *d, const struct reconcile_row *rows, size_t row_count,
                   const struct reconcile_line *lines, size_t line_count,
                   struct reconciliation_sums *sums)
{
    for (size_t i = 0; i < row_count; i++) {
        if (!rows[i].done || !within(d, rows[i].at))
            continue;
        *(rows[i].refund ? &sums->refunds : &sums->payments) += 1;
        *(rows[i].refund ? &sums->given_back_minor : &sums->charged_minor) += rows[i].amount.minor;
    }
    for (size_t i = 0; i < line_count; i++) {
        if (!within(d, lines[i].booked))
            continue;
        sums->lines++;
        *(lines[i].refund ? &sums->booked_back_minor : &sums->booked_minor) +=
            lines[i].amount.minor;
    }
}

void reconcile_money(const struct reconcile_row *rows, size_t row_count,
                     const struct reconcile_line *lines, size_t line_count, struct wall_ms from,
                     struct wall_ms to, struct reconciliation_sums *sums, struct mismatch_list *out)
{
    struct day d = {from, to, out};
    size_t r = 0, l = 0;
    add_up(&d, rows, row_count, lines, line_count, sums);
    while (r < row_count || l < line_count) {
        int order = r == row_count ? 1
                    : l == line_count
                        ? -1
                        : by_key(rows[r].key, rows[r].refund, lines[l].key, lines[l].refund);
        size_t n = 0;
        if (order >= 0)
            while (l + n < line_count && by_key(lines[l].key, lines[l].refund, lines[l + n].key,
                                                lines[l + n].refund) == 0)
                n++;
        const struct reconcile_row *row = order <= 0 ? &rows[r++] : NULL;
        if (!row || !row->done)
            compare_booked(&d, row, &lines[l], n);
        else if (within(&d, row->at))
            compare(&d, row, &lines[l], n);
        l += n;
    }
}
