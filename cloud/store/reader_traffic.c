/* Movements and how many crossed. */
#include "cloud/store/reader_inside.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

struct movement_visit {
    void (*visit)(void *arg, const struct movement_view *m);
    void *arg;
};

static enum err take_movement(sqlite3_stmt *s, void *arg)
{
    const struct movement_visit *v = arg;
    struct movement_view m = {0};
    TRY(db_column_text(s, 0, m.id.text, sizeof m.id.text));
    TRY(db_column_text(s, 1, m.place.text, sizeof m.place.text));
    TRY(db_column_text(s, 2, m.edge.text, sizeof m.edge.text));
    TRY(db_column_text(s, 3, m.lane.text, sizeof m.lane.text));
    TRY(db_column_text(s, 4, m.direction, sizeof m.direction));
    TRY(db_column_text(s, 5, m.plate.text, sizeof m.plate.text));
    TRY(db_column_text(s, 6, m.basis, sizeof m.basis));
    TRY(db_column_text(s, 7, m.reason, sizeof m.reason));
    TRY(db_column_text(s, 8, m.outcome, sizeof m.outcome));
    m.presented = time_at(s, 9);
    m.completed = time_at(s, 10);
    m.ended = time_at(s, 11);
    TRY(db_column_text(s, 12, m.credential.text, sizeof m.credential.text));
    TRY(db_column_text(s, 13, m.medium, sizeof m.medium));
    m.time = time_at(s, 14);
    m.first = time_at(s, 15);
    v->visit(v->arg, &m);
    return ERR_OK;
}

enum err reader_movements(struct reader *r, const struct name *place,
                          const struct list_cursor *from, int limit,
                          void (*visit)(void *arg, const struct movement_view *m), void *arg)
{
    struct movement_visit v = {visit, arg};
    db_bind_text(r->statements[Q_MOVEMENTS], 1, place->text);
    db_bind_int(r->statements[Q_MOVEMENTS], 2, limit);
    db_bind_int(r->statements[Q_MOVEMENTS], 3, from->at);
    db_bind_text(r->statements[Q_MOVEMENTS], 4, from->id);
    return reader_each(r->statements[Q_MOVEMENTS], take_movement, &v);
}

struct one_movement {
    struct movement_view view;
    bool found;
};

static void keep_movement(void *arg, const struct movement_view *m)
{
    struct one_movement *one = arg;
    one->view = *m;
    one->found = true;
}

enum err reader_movement(struct reader *r, const struct movement_id *id, struct movement_view *ret)
{
    struct one_movement one = {0};
    struct movement_visit v = {keep_movement, &one};
    db_bind_text(r->statements[Q_MOVEMENT], 1, id->text);
    TRY(reader_each(r->statements[Q_MOVEMENT], take_movement, &v));
    if (!one.found)
        return ERR_NOTFOUND;
    *ret = one.view;
    return ERR_OK;
}

enum err reader_first_movement(struct reader *r, const struct name *place, struct wall_ms *ret)
{
    int64_t first = 0;
    db_bind_text(r->statements[Q_FIRST], 1, place->text);
    TRY(reader_each(r->statements[Q_FIRST], reader_take_number, &first));
    *ret = (struct wall_ms){first};
    return ERR_OK;
}

struct flow_fill {
    size_t count;
    int64_t *entered, *left;
};

static enum err take_flow(sqlite3_stmt *s, void *arg)
{
    struct flow_fill *f = arg;
    char direction[8];
    int64_t at = number_at(s, 0);
    TRY(db_column_text(s, 1, direction, sizeof direction));
    if (at < 0 || (size_t)at >= f->count)
        return ERR_OK;
    if (strcmp(direction, "entry") == 0)
        f->entered[at] = number_at(s, 2);
    else if (strcmp(direction, "exit") == 0)
        f->left[at] = number_at(s, 2);
    return ERR_OK;
}

enum err reader_flow(struct reader *r, const struct name *place, struct wall_ms from,
                     int64_t step_ms, size_t count, int64_t *ret_entered, int64_t *ret_left)
{
    sqlite3_stmt *s = r->statements[Q_FLOW];
    int64_t *entered = mem_alloc(2 * count * sizeof *entered);
    struct flow_fill f = {count, entered, entered + count};
    db_bind_text(s, 1, place->text);
    db_bind_int(s, 2, from.v);
    db_bind_int(s, 3, step_ms);
    db_bind_int(s, 4, from.v + step_ms * (int64_t)count);
    enum err e = reader_each(s, take_flow, &f);
    if (e == ERR_OK) {
        memcpy(ret_entered, f.entered, count * sizeof *f.entered);
        memcpy(ret_left, f.left, count * sizeof *f.left);
    }
    free(entered);
    return e;
}
