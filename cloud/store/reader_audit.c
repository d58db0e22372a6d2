/* Audits. */
#include "cloud/store/reader_inside.h"

struct audit_visit {
    void (*visit)(void *arg, const struct audit_view *a);
    void *arg;
};

static enum err take_audit(sqlite3_stmt *s, void *arg)
{
    const struct audit_visit *v = arg;
    struct audit_view a = {.id = number_at(s, 0)};
    TRY(db_column_text(s, 1, a.state, sizeof a.state));
    a.counted = number_at(s, 2);
    TRY(db_column_text(s, 3, a.actor.text, sizeof a.actor.text));
    TRY(db_column_text(s, 4, a.reason, sizeof a.reason));
    TRY(db_column_text(s, 5, a.gone, sizeof a.gone));
    TRY(db_column_text(s, 6, a.waits, sizeof a.waits));
    a.since = number_at(s, 7);
    a.before = number_at(s, 8);
    a.released = number_at(s, 9);
    a.shortfall = number_at(s, 10);
    a.made = time_at(s, 11);
    a.ended = time_at(s, 12);
    v->visit(v->arg, &a);
    return ERR_OK;
}

enum err reader_audits(struct reader *r, const struct name *place, const struct list_cursor *from,
                       int limit, void (*visit)(void *arg, const struct audit_view *a), void *arg)
{
    sqlite3_stmt *s = r->statements[Q_AUDITS];
    struct audit_visit v = {visit, arg};
    db_bind_text(s, 1, place->text);
    db_bind_int(s, 2, limit);
    db_bind_int(s, 3, from->at);
    return reader_each(s, take_audit, &v);
}
