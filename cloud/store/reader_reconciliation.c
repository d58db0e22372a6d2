/* The rows of one day for the reconciliation, and its reports. */
#include "cloud/store/reader_inside.h"

#include <string.h>

static void bind_day(sqlite3_stmt *s, const struct name *place, struct wall_ms from,
                     struct wall_ms to)
{
    db_bind_text(s, 1, place->text);
    db_bind_int(s, 2, from.v);
    db_bind_int(s, 3, to.v);
}

/* ---- rows of a day ---- */

struct row_visit {
    void (*visit)(void *arg, const struct reconcile_row *row);
    void *arg;
    bool refund;
};

static enum err take_row(sqlite3_stmt *s, void *arg)
{
    const struct row_visit *v = arg;
    struct reconcile_row r = {.refund = v->refund, .done = true};
    TRY(db_column_text(s, 0, r.key, sizeof r.key));
    TRY(db_column_text(s, 1, r.session.text, sizeof r.session.text));
    r.amount.minor = number_at(s, 2);
    TRY(db_column_text(s, 3, r.amount.currency.code, sizeof r.amount.currency.code));
    r.at = time_at(s, 4);
    v->visit(v->arg, &r);
    return ERR_OK;
}

enum err reader_day_money(struct reader *r, const struct name *place, struct wall_ms from,
                          struct wall_ms to,
                          void (*visit)(void *arg, const struct reconcile_row *row), void *arg)
{
    struct row_visit v = {visit, arg, false};
    bind_day(r->statements[Q_DAY_PAYMENTS], place, from, to);
    TRY(reader_each(r->statements[Q_DAY_PAYMENTS], take_row, &v));
    v.refund = true;
    bind_day(r->statements[Q_DAY_REFUNDS], place, from, to);
    return reader_each(r->statements[Q_DAY_REFUNDS], take_row, &v);
}

struct stay_visit {
    void (*visit)(void *arg, const struct reconcile_stay *stay);
    void *arg;
};

static enum err take_stay(sqlite3_stmt *s, void *arg)
{
    const struct stay_visit *v = arg;
    struct reconcile_stay t = {0};
    char state[16], debt[16];
    TRY(db_column_text(s, 0, t.row.id.text, sizeof t.row.id.text));
    TRY(db_column_text(s, 1, state, sizeof state));
    TRY(session_state_parse(state, &t.row.state));
    TRY(db_column_text(s, 2, t.row.exit_movement.text, sizeof t.row.exit_movement.text));
    TRY(db_column_text(s, 3, t.row.currency.code, sizeof t.row.currency.code));
    t.row.price_minor = number_at(s, 4);
    t.row.paid_minor = number_at(s, 5);
    t.row.refunded_minor = number_at(s, 6);
    t.row.waived_minor = number_at(s, 7);
    TRY(db_column_text(s, 8, debt, sizeof debt));
    t.owes = debt[0] != '\0';
    if (t.owes)
        TRY(debt_state_parse(debt, &t.debt.state));
    t.debt.amount.minor = number_at(s, 9);
    t.debt.paid_minor = number_at(s, 10);
    t.debt.waived_minor = number_at(s, 11);
    t.debt.written_off_minor = number_at(s, 12);
    t.payments_minor = number_at(s, 13);
    t.refunds_minor = number_at(s, 14);
    v->visit(v->arg, &t);
    return ERR_OK;
}

enum err reader_day_stays(struct reader *r, const struct name *place, struct wall_ms from,
                          struct wall_ms to,
                          void (*visit)(void *arg, const struct reconcile_stay *stay), void *arg)
{
    struct stay_visit v = {visit, arg};
    bind_day(r->statements[Q_DAY_STAYS], place, from, to);
    return reader_each(r->statements[Q_DAY_STAYS], take_stay, &v);
}

struct exit_visit {
    void (*visit)(void *arg, const struct movement_id *id, bool ends_stay);
    void *arg;
};

static enum err take_exit(sqlite3_stmt *s, void *arg)
{
    const struct exit_visit *v = arg;
    struct movement_id id;
    TRY(db_column_text(s, 0, id.text, sizeof id.text));
    v->visit(v->arg, &id, number_at(s, 1) != 0);
    return ERR_OK;
}

enum err reader_day_exits(struct reader *r, const struct name *place, struct wall_ms from,
                          struct wall_ms to,
                          void (*visit)(void *arg, const struct movement_id *id, bool ends_stay),
                          void *arg)
{
    struct exit_visit v = {visit, arg};
    bind_day(r->statements[Q_DAY_EXITS], place, from, to);
    return reader_each(r->statements[Q_DAY_EXITS], take_exit, &v);
}

/* ---- reports ---- */

static enum err report_at(sqlite3_stmt *s, struct reconciliation_row *ret)
{
    struct reconciliation_row r = {0};
    struct reconciliation_sums *u = &r.sums;
    int64_t *const numbers[] = {
        &u->exits,         &u->sessions,          &u->payments,     &u->refunds,
        &u->lines,         &u->priced_minor,      &u->paid_minor,   &u->refunded_minor,
        &u->waived_minor,  &u->written_off_minor, &u->owed_minor,   &u->excess_minor,
        &u->charged_minor, &u->given_back_minor,  &u->booked_minor, &u->booked_back_minor,
        &r.mismatches};
    TRY(db_column_text(s, 0, r.place.text, sizeof r.place.text));
    TRY(db_column_text(s, 1, r.day, sizeof r.day));
    TRY(db_column_text(s, 2, r.currency.code, sizeof r.currency.code));
    r.from = time_at(s, 3);
    r.to = time_at(s, 4);
    r.made = time_at(s, 5);
    r.partial = number_at(s, 6) != 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = number_at(s, 7 + (int)i);
    *ret = r;
    return ERR_OK;
}

struct report_visit {
    void (*visit)(void *arg, const struct reconciliation_row *row);
    void *arg;
};

static enum err take_report(sqlite3_stmt *s, void *arg)
{
    const struct report_visit *v = arg;
    struct reconciliation_row r;
    TRY(report_at(s, &r));
    v->visit(v->arg, &r);
    return ERR_OK;
}

enum err reader_reconciliations(struct reader *r, const struct name *place, const char *before,
                                int limit,
                                void (*visit)(void *arg, const struct reconciliation_row *row),
                                void *arg)
{
    struct report_visit v = {visit, arg};
    sqlite3_stmt *s = r->statements[Q_RECONCILIATIONS];
    db_bind_text(s, 1, place->text);
    db_bind_text(s, 2, before);
    db_bind_int(s, 3, limit);
    return reader_each(s, take_report, &v);
}

static void keep_report(void *arg, const struct reconciliation_row *row)
{
    *(struct reconciliation_row *)arg = *row;
}

enum err reader_reconciliation(struct reader *r, const struct name *place, const char *day,
                               struct reconciliation_row *ret)
{
    struct reconciliation_row row = {0};
    struct report_visit v = {keep_report, &row};
    sqlite3_stmt *s = r->statements[Q_RECONCILIATION];
    db_bind_text(s, 1, place->text);
    db_bind_text(s, 2, day);
    TRY(reader_each(s, take_report, &v));
    if (row.day[0] == '\0')
        return ERR_NOTFOUND;
    *ret = row;
    return ERR_OK;
}

struct mismatch_visit {
    void (*visit)(void *arg, const struct mismatch *m);
    void *arg;
};

static enum err take_mismatch(sqlite3_stmt *s, void *arg)
{
    const struct mismatch_visit *v = arg;
    struct mismatch m = {0};
    char class[24], noun[16];
    TRY(db_column_text(s, 0, class, sizeof class));
    TRY(db_column_text(s, 1, noun, sizeof noun));
    TRY(mismatch_class_parse(class, &m.class));
    TRY(mismatch_noun_parse(noun, &m.of));
    TRY(db_column_text(s, 2, m.key, sizeof m.key));
    TRY(db_column_text(s, 3, m.session.text, sizeof m.session.text));
    m.ours.minor = number_at(s, 4);
    TRY(db_column_text(s, 5, m.ours.currency.code, sizeof m.ours.currency.code));
    m.theirs.minor = number_at(s, 6);
    TRY(db_column_text(s, 7, m.theirs.currency.code, sizeof m.theirs.currency.code));
    v->visit(v->arg, &m);
    return ERR_OK;
}

enum err reader_mismatches(struct reader *r, const struct name *place, const char *day,
                           void (*visit)(void *arg, const struct mismatch *m), void *arg)
{
    struct mismatch_visit v = {visit, arg};
    sqlite3_stmt *s = r->statements[Q_MISMATCHES];
    db_bind_text(s, 1, place->text);
    db_bind_text(s, 2, day);
    return reader_each(s, take_mismatch, &v);
}
