/* Stays, payments, debts. */
#include "cloud/store/reader_inside.h"

#include <stdlib.h>
#include <string.h>

struct session_visit {
    void (*visit)(void *arg, const struct session_view *s);
    void *arg;
};

/* "percent:50,minutes:60" */
static enum err take_validations(const char *text, struct tariff_stay *stay)
{
    for (const char *at = text; *at != '\0';) {
        char word[16];
        struct tariff_validation v;
        size_t len = strcspn(at, ":");
        if (len >= sizeof word || at[len] == '\0' ||
            stay->validation_count == TARIFF_VALIDATIONS_MAX)
            return ERR_IO;
        memcpy(word, at, len);
        word[len] = '\0';
        if (tariff_validation_parse(word, &v.kind) != ERR_OK)
            return ERR_IO;
        v.value = strtoll(at + len + 1, NULL, 10);
        stay->validations[stay->validation_count++] = v;
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return ERR_OK;
}

static enum err take_stay(sqlite3_stmt *s, struct session_view *w)
{
    char given[TARIFF_VALIDATIONS_MAX * 24];
    w->tariff_version = number_at(s, 20);
    TRY(db_column_text(s, 23, given, sizeof given));
    w->stay = (struct tariff_stay){
        .entry = w->start, .settled_at = time_at(s, 21), .settled_minor = number_at(s, 22)};
    if (w->covered.v != 0) {
        w->stay.cover_count = 1;
        w->stay.covers[0] = (struct tariff_cover){w->start, w->covered};
    }
    return take_validations(given, &w->stay);
}

static enum err take_session(sqlite3_stmt *s, void *arg)
{
    const struct session_visit *v = arg;
    struct session_view w = {0};
    TRY(db_column_text(s, 0, w.id.text, sizeof w.id.text));
    TRY(db_column_text(s, 1, w.place.text, sizeof w.place.text));
    TRY(db_column_text(s, 2, w.zone, sizeof w.zone));
    TRY(db_column_text(s, 3, w.tariff.text, sizeof w.tariff.text));
    TRY(db_column_text(s, 4, w.plate.text, sizeof w.plate.text));
    TRY(db_column_text(s, 5, w.state, sizeof w.state));
    w.start = time_at(s, 6);
    w.end = time_at(s, 7);
    TRY(db_column_text(s, 8, w.exit_basis, sizeof w.exit_basis));
    TRY(db_column_text(s, 9, w.currency.code, sizeof w.currency.code));
    w.price_minor = number_at(s, 10);
    w.paid_minor = number_at(s, 11);
    w.paid_at = time_at(s, 12);
    TRY(db_column_text(s, 13, w.payment_state, sizeof w.payment_state));
    TRY(db_column_text(s, 14, w.payment_reason, sizeof w.payment_reason));
    TRY(db_column_text(s, 15, w.debt_state, sizeof w.debt_state));
    w.debt_minor = number_at(s, 16);
    TRY(db_column_text(s, 17, w.right.text, sizeof w.right.text));
    w.covered = time_at(s, 18);
    TRY(db_column_text(s, 19, w.exit_plate.text, sizeof w.exit_plate.text));
    TRY(take_stay(s, &w));
    TRY(db_column_text(s, 24, w.entry_edge.text, sizeof w.entry_edge.text));
    TRY(db_column_text(s, 25, w.entry_lane.text, sizeof w.entry_lane.text));
    TRY(db_column_text(s, 26, w.exit_edge.text, sizeof w.exit_edge.text));
    TRY(db_column_text(s, 27, w.exit_lane.text, sizeof w.exit_lane.text));
    w.stale_after_ms = number_at(s, 28);
    TRY(db_column_text(s, 29, w.parent.text, sizeof w.parent.text));
    TRY(db_column_text(s, 30, w.credential.text, sizeof w.credential.text));
    w.exit_grace_ms = number_at(s, 31);
    TRY(db_column_text(s, 32, w.joined.text, sizeof w.joined.text));
    w.lost = number_at(s, 33) != 0;
    w.refunded_minor = number_at(s, 34);
    v->visit(v->arg, &w);
    return ERR_OK;
}

enum err reader_sessions(struct reader *r, const struct plate *plate, const struct plate *alias,
                         const struct credential_text *credential,
                         const struct session_cursor *from, int limit,
                         void (*visit)(void *arg, const struct session_view *s), void *arg)
{
    struct session_visit v = {visit, arg};
    bool by_plate = plate->text[0] != '\0';
    sqlite3_stmt *s = r->statements[by_plate ? Q_SESSIONS : Q_SHOWN_SESSIONS];
    db_bind_text(s, 1, by_plate ? plate->text : credential->text);
    db_bind_int(s, 2, from->at_ms);
    db_bind_text(s, 3, from->id.text);
    db_bind_int(s, 4, limit);
    if (by_plate)
        db_bind_text(s, 5, alias->text[0] != '\0' ? alias->text : plate->text);
    return reader_each(s, take_session, &v);
}

enum err reader_sessions_of_place(struct reader *r, const struct session_filter *f,
                                  const struct session_cursor *from, int limit,
                                  void (*visit)(void *arg, const struct session_view *s), void *arg)
{
    struct session_visit v = {visit, arg};
    sqlite3_stmt *s = r->statements[Q_SESSIONS_OF_PLACE];
    db_bind_int(s, 2, from->at_ms);
    db_bind_text(s, 3, from->id.text);
    db_bind_int(s, 4, limit);
    db_bind_text(s, 5, f->place.text);
    db_bind_text(s, 6, session_state_word(f->state));
    db_bind_int(s, 7, f->begun_before.v);
    return reader_each(s, take_session, &v);
}

struct one_session {
    struct session_view view;
    bool found;
};

static void keep_session(void *arg, const struct session_view *s)
{
    struct one_session *one = arg;
    one->view = *s;
    one->found = true;
}

static enum err take_only(sqlite3_stmt *s, struct session_view *ret)
{
    struct one_session one = {.found = false};
    struct session_visit v = {keep_session, &one};
    TRY(reader_each(s, take_session, &v));
    if (!one.found)
        return ERR_NOTFOUND;
    *ret = one.view;
    return ERR_OK;
}

enum err reader_session(struct reader *r, const struct movement_id *id, struct session_view *ret)
{
    db_bind_text(r->statements[Q_SESSION], 1, id->text);
    return take_only(r->statements[Q_SESSION], ret);
}

enum err reader_plate_stay(struct reader *r, const struct name *place, const struct plate *plate,
                           struct session_view *ret)
{
    sqlite3_stmt *s = r->statements[Q_PLATE_STAY];
    db_bind_text(s, 1, plate->text);
    db_bind_text(s, 2, place->text);
    return take_only(s, ret);
}

enum err reader_credential_stay(struct reader *r, const struct name *place,
                                const struct credential_text *credential, struct session_view *ret)
{
    sqlite3_stmt *s = r->statements[Q_CREDENTIAL_STAY];
    db_bind_text(s, 1, credential->text);
    db_bind_text(s, 2, place->text);
    return take_only(s, ret);
}

static enum err take_pay_link(sqlite3_stmt *s, void *arg)
{
    struct pay_link_row *r = arg;
    TRY(db_column_text(s, 0, r->session.text, sizeof r->session.text));
    r->at_exit = number_at(s, 1) != 0;
    r->made = time_at(s, 2);
    r->until = time_at(s, 3);
    return ERR_OK;
}

enum err reader_pay_link(struct reader *r, const struct pay_token *token, struct pay_link_row *ret)
{
    sqlite3_stmt *s = r->statements[Q_PAY_LINK];
    struct pay_link_row row = {.token = *token};
    db_bind_text(s, 1, token->text);
    TRY(reader_each(s, take_pay_link, &row));
    if (row.session.text[0] == '\0')
        return ERR_NOTFOUND;
    *ret = row;
    return ERR_OK;
}

struct session_cursor session_cursor_of(const struct session_view *s)
{
    return (struct session_cursor){.at_ms = s->start.v != 0 ? s->start.v : s->end.v, .id = s->id};
}

enum { SUMS_MAX = 3 };

static enum err take_sums(sqlite3_stmt *s, void *arg)
{
    int64_t *sums = arg;
    for (int i = 0; i < sqlite3_column_count(s) && i < SUMS_MAX; i++)
        sums[i] = number_at(s, i);
    return ERR_OK;
}

static enum err place_sums(struct reader *r, enum query q, const struct name *place, int64_t *ret)
{
    db_bind_text(r->statements[q], 1, place->text);
    return reader_each(r->statements[q], take_sums, ret);
}

enum err reader_summary(struct reader *r, const struct name *place, struct wall_ms since,
                        struct summary_view *ret)
{
    int64_t crossed[SUMS_MAX] = {0};
    int64_t charged[SUMS_MAX] = {0};
    db_bind_int(r->statements[Q_CROSSED], 2, since.v);
    TRY(place_sums(r, Q_CROSSED, place, crossed));
    db_bind_int(r->statements[Q_CHARGED], 2, since.v);
    TRY(place_sums(r, Q_CHARGED, place, charged));
    *ret = (struct summary_view){
        .entered = crossed[0],
        .left = crossed[1],
        .turned_away = crossed[2],
        .charged_minor = charged[0],
        .payments_succeeded = charged[1],
        .payments_declined = charged[2],
    };
    return ERR_OK;
}

enum err reader_open_items(struct reader *r, const struct name *place, struct open_view *ret)
{
    int64_t sessions[SUMS_MAX] = {0};
    int64_t debts[SUMS_MAX] = {0};
    int64_t payments[SUMS_MAX] = {0};
    TRY(place_sums(r, Q_OPEN_SESSIONS, place, sessions));
    TRY(place_sums(r, Q_OPEN_DEBTS, place, debts));
    TRY(place_sums(r, Q_OPEN_PAYMENTS, place, payments));
    *ret = (struct open_view){
        .sessions = sessions[0],
        .debts = debts[0],
        .debts_minor = debts[1],
        .payments_open = payments[0],
        .payments_manual = payments[1],
    };
    return ERR_OK;
}
