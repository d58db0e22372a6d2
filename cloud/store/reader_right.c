/* Rights and which edge has which version of their list. */
#include "cloud/store/reader_inside.h"

#include <string.h>

struct right_visit {
    void (*visit)(void *arg, const struct right_row *r);
    void *arg;
    struct name place;
    size_t count;
};

static enum err take_right(sqlite3_stmt *s, void *arg)
{
    struct right_visit *v = arg;
    struct right_row row = {.place = v->place};
    struct right *r = &row.right;
    char word[16];
    TRY(db_column_text(s, 0, r->id.text, sizeof r->id.text));
    TRY(db_column_text(s, 1, word, sizeof word));
    TRY(right_kind_parse(word, &r->kind));
    TRY(db_column_text(s, 2, r->plate.text, sizeof r->plate.text));
    TRY(db_column_text(s, 3, r->credential, sizeof r->credential));
    r->from = time_at(s, 4);
    r->until = time_at(s, 5);
    r->offline_s = number_at(s, 6);
    TRY(db_column_text(s, 7, word, sizeof word));
    if (word[0] != '\0')
        TRY(space_rule_parse(word, &r->space));
    row.version = number_at(s, 8);
    row.changed = time_at(s, 9);
    v->count++;
    v->visit(v->arg, &row);
    return ERR_OK;
}

enum err reader_rights(struct reader *r, const struct name *place, const struct right_id *after,
                       int limit, void (*visit)(void *arg, const struct right_row *row), void *arg)
{
    sqlite3_stmt *s = r->statements[Q_RIGHTS];
    struct right_visit v = {visit, arg, *place, 0};
    db_bind_text(s, 1, place->text);
    db_bind_text(s, 2, after->text);
    db_bind_int(s, 3, limit);
    return reader_each(s, take_right, &v);
}

static void keep_right(void *arg, const struct right_row *row)
{
    *(struct right_row *)arg = *row;
}

enum err reader_right(struct reader *r, const struct name *place, const struct right_id *id,
                      struct right_row *ret)
{
    sqlite3_stmt *s = r->statements[Q_RIGHT];
    struct right_row row;
    struct right_visit v = {keep_right, &row, *place, 0};
    db_bind_text(s, 1, place->text);
    db_bind_text(s, 2, id->text);
    TRY(reader_each(s, take_right, &v));
    if (v.count == 0)
        return ERR_NOTFOUND;
    *ret = row;
    return ERR_OK;
}

static enum err take_count(sqlite3_stmt *s, void *arg)
{
    *(struct right_count *)arg = (struct right_count){number_at(s, 0), number_at(s, 1)};
    return ERR_OK;
}

enum err reader_right_count(struct reader *r, const struct name *place, struct right_count *ret)
{
    sqlite3_stmt *s = r->statements[Q_RIGHT_COUNT];
    struct right_count count = {0};
    db_bind_text(s, 1, place->text);
    TRY(reader_each(s, take_count, &count));
    *ret = count;
    return ERR_OK;
}

struct applied_visit {
    void (*visit)(void *arg, const struct name *edge, int64_t version, struct wall_ms at);
    void *arg;
};

static enum err take_applied(sqlite3_stmt *s, void *arg)
{
    const struct applied_visit *v = arg;
    struct name edge = {""};
    TRY(db_column_text(s, 0, edge.text, sizeof edge.text));
    v->visit(v->arg, &edge, number_at(s, 1), time_at(s, 2));
    return ERR_OK;
}

enum err reader_rights_applied(struct reader *r, const struct name *place,
                               void (*visit)(void *arg, const struct name *edge, int64_t version,
                                             struct wall_ms at),
                               void *arg)
{
    sqlite3_stmt *s = r->statements[Q_RIGHTS_APPLIED];
    struct applied_visit v = {visit, arg};
    db_bind_text(s, 1, place->text);
    return reader_each(s, take_applied, &v);
}
