/* Reports of the daily reconciliation. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

static enum err save_report(struct store *s, const struct reconciliation_row *r)
{
    const struct reconciliation_sums *u = &r->sums;
    const int64_t numbers[] = {
        u->exits,         u->sessions,          u->payments,     u->refunds,
        u->lines,         u->priced_minor,      u->paid_minor,   u->refunded_minor,
        u->waived_minor,  u->written_off_minor, u->owed_minor,   u->excess_minor,
        u->charged_minor, u->given_back_minor,  u->booked_minor, u->booked_back_minor,
        r->mismatches};
    struct put p = {.st = s->st[ST_SAVE_RECONCILIATION]};
    put_text(&p, r->place.text);
    put_text(&p, r->day);
    put_text(&p, r->currency.code);
    put_int(&p, r->from.v);
    put_int(&p, r->to.v);
    put_int(&p, r->made.v);
    put_int(&p, r->partial);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_int(&p, numbers[i]);
    return db_run(p.st);
}

static enum err save_mismatch(struct store *s, const struct reconciliation_row *r, size_t n,
                              const struct mismatch *m)
{
    struct put p = {.st = s->st[ST_ADD_MISMATCH]};
    put_text(&p, r->place.text);
    put_text(&p, r->day);
    put_int(&p, (int64_t)n);
    put_text(&p, mismatch_class_word(m->class));
    put_text(&p, mismatch_noun_word(m->of));
    put_text(&p, m->key);
    put_optional(&p, m->session.text);
    put_int(&p, m->ours.minor);
    put_optional(&p, m->ours.currency.code);
    put_int(&p, m->theirs.minor);
    put_optional(&p, m->theirs.currency.code);
    return db_run(p.st);
}

enum err store_save_reconciliation(void *self, const struct reconciliation_row *r,
                                   const struct mismatch *mismatches, size_t count)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_DROP_MISMATCHES]};
    put_text(&p, r->place.text);
    put_text(&p, r->day);
    TRY(db_run(p.st));
    TRY(save_report(s, r));
    for (size_t i = 0; i < count; i++)
        TRY(save_mismatch(s, r, i + 1, &mismatches[i]));
    return ERR_OK;
}
