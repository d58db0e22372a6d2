/* The feed, read by cursor. Events and facts share one count without gaps (store_event.c), so that a bound
 * on the numbers bounds the rows a query with a rare filter has to look at. */
#include "cloud/store/reader_inside.h"

enum { STRETCH = 20000 };

enum err reader_feed_head(struct reader *r, int64_t *ret)
{
    return reader_each(r->statements[Q_FEED_HEAD], reader_take_number, ret);
}

struct feed_visit {
    bool (*visit)(void *arg, const struct feed_item *i);
    void *arg;
    int64_t seen;
    int count;
    bool stopped;
};

static enum err take_item(sqlite3_stmt *s, void *arg)
{
    struct feed_visit *v = arg;
    struct feed_item i = {.at = number_at(s, 0), .event = number_at(s, 1) != 0};
    if (v->stopped)
        return ERR_OK;
    TRY(db_column_text(s, 2, i.type, sizeof i.type));
    TRY(db_column_text(s, 3, i.place.text, sizeof i.place.text));
    TRY(db_column_text(s, 4, i.subject, sizeof i.subject));
    TRY(db_column_text(s, 5, i.plate.text, sizeof i.plate.text));
    i.time = time_at(s, 6);
    i.received = time_at(s, 8);
    TRY(db_column_text(s, 9, i.trace, sizeof i.trace));
    i.bytes = sqlite3_column_blob(s, 7);
    i.len = (size_t)sqlite3_column_bytes(s, 7);
    v->stopped = !v->visit(v->arg, &i);
    if (!v->stopped) {
        v->seen = i.at;
        v->count++;
    }
    return ERR_OK;
}

enum err reader_feed(struct reader *r, const struct feed_query *q,
                     bool (*visit)(void *arg, const struct feed_item *i), void *arg,
                     int64_t *ret_seen)
{
    sqlite3_stmt *s = r->statements[Q_FEED];
    struct feed_visit v = {visit, arg, q->after, 0, false};
    int64_t head = 0;
    TRY(reader_feed_head(r, &head));
    if (q->after > head)
        return ERR_CONFLICT;
    int64_t until = head - q->after > STRETCH ? q->after + STRETCH : head;
    db_bind_int(s, 1, q->after);
    db_bind_int(s, 2, until);
    db_bind_text(s, 3, q->place.text[0] != '\0' ? q->place.text : NULL);
    db_bind_text(s, 4, q->type[0] != '\0' ? q->type : NULL);
    db_bind_int(s, 5, q->limit);
    TRY(reader_each(s, take_item, &v));
    *ret_seen = v.stopped || v.count == q->limit ? v.seen : until;
    return ERR_OK;
}
