/* Audits. */
#include "cloud/store/store.h"
#include "protocol/base/buf.h"
#include "protocol/support/db.h"

#include <stdlib.h>
#include <string.h>

enum { POSITIONS_SIZE = AUDIT_STREAMS_MAX * 44, GONE_SIZE = AUDIT_GONE_MAX * NAME_SIZE };

static void write_positions(const struct audit_row *r, char *ret)
{
    struct buf b = buf_of(ret, POSITIONS_SIZE);
    for (size_t i = 0; i < r->position_count; i++)
        buf_addf(&b, "%s%lld:%lld", i > 0 ? " " : "", (long long)r->positions[i].stream,
                 (long long)r->positions[i].seq);
}

static void write_gone(const struct audit_row *r, char *ret)
{
    struct buf b = buf_of(ret, GONE_SIZE);
    for (size_t i = 0; i < r->gone_count; i++)
        buf_addf(&b, "%s%s", i > 0 ? " " : "", r->gone[i].text);
}

enum err store_save_audit(void *self, const struct audit_row *r)
{
    struct store *s = self;
    char positions[POSITIONS_SIZE] = "", gone[GONE_SIZE] = "";
    struct put p = {.st = s->st[ST_SAVE_AUDIT]};
    write_positions(r, positions);
    write_gone(r, gone);
    put_text(&p, r->place.text);
    put_int(&p, r->id);
    put_text(&p, audit_state_word(r->state));
    put_int(&p, r->counted);
    put_text(&p, r->actor.text);
    put_text(&p, r->reason);
    put_text(&p, gone);
    put_text(&p, positions);
    put_text(&p, r->waits);
    put_int(&p, r->since);
    put_int(&p, r->before);
    put_int(&p, r->released);
    put_int(&p, r->shortfall);
    put_int(&p, r->made.v);
    put_time(&p, r->ended);
    return db_run(p.st);
}

enum err store_last_audit(void *self, const struct name *place, struct wall_ms *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_LAST_AUDIT]};
    bool row = false;
    put_text(&p, place->text);
    enum err e = db_step(p.st, &row);
    if (e == ERR_OK && row)
        ret->v = sqlite3_column_int64(p.st, 0);
    sqlite3_reset(p.st);
    return e == ERR_OK && !row ? ERR_NOTFOUND : e;
}

/* ERR_IO: not as we write it. */
static enum err read_positions(const char *text, struct audit_row *r)
{
    for (const char *at = text; *at != '\0';) {
        char *end;
        struct audit_position p = {.stream = strtoll(at, &end, 10)};
        if (end == at || *end != ':' || r->position_count == AUDIT_STREAMS_MAX)
            return ERR_IO;
        at = end + 1;
        p.seq = strtoll(at, &end, 10);
        if (end == at || (*end != ' ' && *end != '\0'))
            return ERR_IO;
        r->positions[r->position_count++] = p;
        at = *end == ' ' ? end + 1 : end;
    }
    return ERR_OK;
}

static enum err read_gone(const char *text, struct audit_row *r)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (r->gone_count == AUDIT_GONE_MAX ||
            name_parse(at, len, &r->gone[r->gone_count]) != ERR_OK)
            return ERR_IO;
        r->gone_count++;
        at += len + (at[len] == ' ');
    }
    return ERR_OK;
}

void take_audit(struct take *t, struct audit_row *ret)
{
    struct audit_row r = {0};
    char positions[POSITIONS_SIZE], gone[GONE_SIZE];
    TAKE_TEXT(t, r.place.text);
    r.id = take_int(t);
    TAKE_WORD(t, audit_state_parse, &r.state);
    r.counted = take_int(t);
    TAKE_TEXT(t, r.actor.text);
    TAKE_TEXT(t, r.reason);
    TAKE_TEXT(t, gone);
    TAKE_TEXT(t, positions);
    TAKE_TEXT(t, r.waits);
    r.since = take_int(t);
    r.before = take_int(t);
    r.released = take_int(t);
    r.shortfall = take_int(t);
    r.made = take_time(t);
    r.ended = take_time(t);
    if (t->err == ERR_OK)
        t->err = read_positions(positions, &r);
    if (t->err == ERR_OK)
        t->err = read_gone(gone, &r);
    *ret = r;
}
