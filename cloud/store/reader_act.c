/* Acts of people. */
#include "cloud/store/reader_inside.h"

#include <string.h>

struct act_visit {
    void (*visit)(void *arg, const struct act_view *a);
    void *arg;
    size_t count;
};

static enum err take_act(sqlite3_stmt *s, void *arg)
{
    struct act_visit *v = arg;
    struct act_view a = {0};
    char word[24];
    TRY(db_column_text(s, 0, a.row.place.text, sizeof a.row.place.text));
    a.row.id = number_at(s, 1);
    TRY(db_column_text(s, 2, word, sizeof word));
    TRY(act_kind_parse(word, &a.row.kind));
    TRY(db_column_text(s, 3, a.row.actor.text, sizeof a.row.actor.text));
    TRY(db_column_text(s, 4, a.row.reason, sizeof a.row.reason));
    TRY(db_column_text(s, 5, a.row.session.text, sizeof a.row.session.text));
    TRY(db_column_text(s, 6, a.row.other.text, sizeof a.row.other.text));
    a.row.delta = number_at(s, 7);
    a.row.undoes = number_at(s, 8);
    a.row.at = time_at(s, 9);
    TRY(db_column_text(s, 10, a.row.digest.text, sizeof a.row.digest.text));
    TRY(db_column_text(s, 11, a.row.text, sizeof a.row.text));
    a.row.len = strlen(a.row.text);
    a.undone_by = number_at(s, 12);
    v->count++;
    v->visit(v->arg, &a);
    return ERR_OK;
}

enum err reader_acts(struct reader *r, const struct name *place, const char *kind, int64_t before,
                     int limit, void (*visit)(void *arg, const struct act_view *a), void *arg)
{
    sqlite3_stmt *s = r->statements[Q_ACTS];
    struct act_visit v = {visit, arg, 0};
    db_bind_text(s, 1, place->text);
    db_bind_int(s, 2, before > 0 ? before : INT64_MAX);
    db_bind_text(s, 3, kind);
    db_bind_int(s, 4, limit);
    return reader_each(s, take_act, &v);
}

static void keep_act(void *arg, const struct act_view *a)
{
    *(struct act_view *)arg = *a;
}

enum err reader_act(struct reader *r, const struct name *place, int64_t id, struct act_view *ret)
{
    sqlite3_stmt *s = r->statements[Q_ACT];
    struct act_view a;
    struct act_visit v = {keep_act, &a, 0};
    db_bind_text(s, 1, place->text);
    db_bind_int(s, 2, id);
    TRY(reader_each(s, take_act, &v));
    if (v.count == 0)
        return ERR_NOTFOUND;
    *ret = a;
    return ERR_OK;
}
