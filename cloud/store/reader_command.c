/* Commands to lanes. */
#include "cloud/store/reader_inside.h"

struct command_visit {
    void (*visit)(void *arg, const struct command_row *r);
    void *arg;
};

/* A word of a vocabulary; NULL leaves it absent. */
#define WORD(s, column, parse, ret)                                                                \
    do {                                                                                           \
        char word_[32];                                                                            \
        TRY(db_column_text((s), (column), word_, sizeof word_));                                   \
        if (word_[0] != '\0' && parse(word_, (ret)) != ERR_OK)                                     \
            return ERR_IO;                                                                         \
    } while (0)

static enum err take_command(sqlite3_stmt *s, void *arg)
{
    const struct command_visit *v = arg;
    struct command_row r = {0};
    struct command *c = &r.command;
    TRY(db_column_text(s, 0, c->id.text, sizeof c->id.text));
    TRY(db_column_text(s, 1, r.place.text, sizeof r.place.text));
    TRY(db_column_text(s, 2, r.edge.text, sizeof r.edge.text));
    TRY(db_column_text(s, 3, c->lane.text, sizeof c->lane.text));
    WORD(s, 4, action_parse, &c->action);
    WORD(s, 5, expect_parse, &c->expect);
    TRY(db_column_text(s, 6, c->actor.text, sizeof c->actor.text));
    TRY(db_column_text(s, 7, c->reason, sizeof c->reason));
    c->issued = time_at(s, 8);
    c->not_after = time_at(s, 9);
    WORD(s, 10, stage_parse, &r.stage);
    WORD(s, 11, reason_parse, &r.why);
    r.presumed = number_at(s, 12) != 0;
    r.accepted = time_at(s, 13);
    r.executing = time_at(s, 14);
    r.ended = time_at(s, 15);
    v->visit(v->arg, &r);
    return ERR_OK;
}

enum err reader_commands(struct reader *r, const struct name *place, const struct name *lane,
                         const struct list_cursor *from, int limit,
                         void (*visit)(void *arg, const struct command_row *c), void *arg)
{
    sqlite3_stmt *s = r->statements[Q_COMMANDS];
    struct command_visit v = {visit, arg};
    db_bind_text(s, 1, place->text);
    db_bind_text(s, 2, lane->text);
    db_bind_int(s, 3, limit);
    db_bind_int(s, 4, from->at);
    db_bind_text(s, 5, from->id);
    return reader_each(s, take_command, &v);
}

struct one_command {
    struct command_row row;
    bool found;
};

static void keep(void *arg, const struct command_row *r)
{
    struct one_command *one = arg;
    one->row = *r;
    one->found = true;
}

enum err reader_command(struct reader *r, const struct request_id *id, struct command_row *ret)
{
    struct one_command one = {0};
    struct command_visit v = {keep, &one};
    db_bind_text(r->statements[Q_COMMAND], 1, id->text);
    TRY(reader_each(r->statements[Q_COMMAND], take_command, &v));
    if (!one.found)
        return ERR_NOTFOUND;
    *ret = one.row;
    return ERR_OK;
}
