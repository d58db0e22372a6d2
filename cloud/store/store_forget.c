/* Plates are forgotten: a keyed name takes their place wherever they stand. What a Movement and its stay left
 * is found by the Movement's id; the events of edges keep their digest (blank.h, K1). */
#include "cloud/store/blank.h"
#include "cloud/store/sqlite.h"
#include "cloud/store/store.h"
#include "protocol/support/db.h"

#include <string.h>

static const enum statement forgetting[] = {ST_FORGET_MOVEMENT, ST_FORGET_SESSION, ST_FORGET_DEBT,
                                            ST_FORGET_FACT, ST_FORGET_EVENT};

/* What was forgotten stays what it is. */
static void alias_of(void *arg, const char *text, size_t len, struct buf *to)
{
    const struct store *s = arg;
    char plain[EVENT_BYTES_MAX + 1], alias[PSEUDONYM_SIZE];
    memcpy(plain, text, len);
    plain[len] = '\0';
    if (pseudonym_is(plain)) {
        buf_adds(to, plain);
        return;
    }
    pseudonym_of(&s->pseudonym_key, plain, alias);
    buf_adds(to, alias);
}

static void sql_pseudonym(sqlite3_context *c, int count, sqlite3_value **values)
{
    char memory[PSEUDONYM_SIZE + EVENT_BYTES_MAX];
    struct buf b = buf_of(memory, sizeof memory);
    const char *text = (const char *)sqlite3_value_text(values[0]);
    size_t len = (size_t)sqlite3_value_bytes(values[0]);
    if (count != 1 || text == NULL || len > EVENT_BYTES_MAX) {
        sqlite3_result_null(c);
        return;
    }
    alias_of(sqlite3_user_data(c), text, len, &b);
    sqlite3_result_text(c, memory, (int)b.len, SQLITE_TRANSIENT);
}

static void sql_blank(sqlite3_context *c, int count, sqlite3_value **values)
{
    char memory[4 * EVENT_BYTES_MAX];
    const char *bytes = sqlite3_value_blob(values[0]);
    size_t len = (size_t)sqlite3_value_bytes(values[0]), blanked = 0;
    if (count != 1 || bytes == NULL || len > EVENT_BYTES_MAX ||
        blank_plates(bytes, len, alias_of, sqlite3_user_data(c), memory, sizeof memory, &blanked) !=
            ERR_OK)
        sqlite3_result_error(c, "a message that cannot be blanked", -1);
    else
        sqlite3_result_blob(c, memory, (int)blanked, SQLITE_TRANSIENT);
}

enum err store_forget_init(struct store *s)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function_v2(s->db, "pseudonym", 1, flags, s, sql_pseudonym, NULL, NULL,
                                        NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(s->db, "blank", 1, flags, s, sql_blank, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : ERR_IO;
}

void store_set_pseudonym_key(struct store *s, const struct pseudonym_key *key)
{
    s->pseudonym_key = *key;
}

static enum err candidates(struct store *s, struct wall_ms before, struct movement_id *ret,
                           size_t max, size_t *ret_count)
{
    struct put p = {.st = s->st[ST_NAMED_MOVEMENTS]};
    struct take t = {.st = p.st};
    bool row = false;
    size_t n = 0;
    put_int(&p, before.v);
    put_int(&p, (int64_t)max);
    enum err e;
    while ((e = db_step(t.st, &row)) == ERR_OK && row && n < max) {
        t.at = 0;
        TAKE_TEXT(&t, ret[n].text);
        n++;
    }
    t.err = t.err == ERR_OK ? e : t.err;
    TRY(take_done(&t));
    *ret_count = n;
    return ERR_OK;
}

enum err store_forget_plates(void *self, struct wall_ms before, struct movement_id *ret, size_t max,
                             size_t *ret_count)
{
    struct store *s = self;
    size_t count = 0;
    TRY(candidates(s, before, ret, max, &count));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof forgetting / sizeof forgetting[0]; k++) {
            struct put p = {.st = s->st[forgetting[k]]};
            put_text(&p, ret[i].text);
            TRY(db_run(p.st));
        }
    *ret_count = count;
    return ERR_OK;
}
