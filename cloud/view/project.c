#include "cloud/view/project.h"

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "protocol/support/db.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, ENTRY_BYTES_MAX = 16384 };

#define STATEMENTS(X)                                                                              \
    X(MINUTE, "INSERT INTO minute VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "          \
              "entered = entered + excluded.entered, left = left + excluded.left, "                \
              "corrected = corrected + excluded.corrected")                                        \
    X(HOUR, "INSERT INTO hour VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET "  \
            "entered = entered + excluded.entered, left = left + excluded.left, "                  \
            "corrected = corrected + excluded.corrected, denied = denied + excluded.denied, "      \
            "unauthorised = unauthorised + excluded.unauthorised")                                 \
    X(STAY, "INSERT OR REPLACE INTO stay VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")                    \
    X(RECEIPT, "INSERT OR REPLACE INTO receipt VALUES (?,?,?,?,?,?,?)")                            \
    X(STEP, "INSERT OR REPLACE INTO step VALUES (?,?,?,?,?,?,?,?)")                                \
    X(NAMELESS_STAY, "UPDATE stay SET plate = NULL WHERE session = ?")                             \
    X(NAMELESS_DEBT, "UPDATE debt SET plate = NULL WHERE session = ?")                             \
    X(FORGET, "DELETE FROM step WHERE cursor <= ?")                                                \
    X(DEBT, "INSERT OR REPLACE INTO debt VALUES (?,?,?,?,?,?,?,?,?)")

enum statement {
#define ENUM(name, sql) P_##name,
    STATEMENTS(ENUM)
#undef ENUM
        P_COUNT
};

static const char *const sql[P_COUNT] = {
#define SQL(name, text) [P_##name] = text,
    STATEMENTS(SQL)
#undef SQL
};

struct projector {
    sqlite3_stmt *st[P_COUNT];
};

enum err projector_new(sqlite3 *db, struct projector **ret)
{
    struct projector *p = mem_alloc(sizeof *p);
    for (int i = 0; i < P_COUNT; i++) {
        enum err e = db_prepare(db, sql[i], &p->st[i]);
        if (e != ERR_OK) {
            projector_free(p);
            return e;
        }
    }
    *ret = p;
    return ERR_OK;
}

void projector_free(struct projector *p)
{
    if (p == NULL)
        return;
    for (int i = 0; i < P_COUNT; i++)
        sqlite3_finalize(p->st[i]);
    free(p);
}

/* ---- members of an entry: what is absent or strange is "" and 0 ---- */

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text != NULL ? text : "";
}

static int64_t number_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void bind_time(sqlite3_stmt *s, int at, const json_t *o, const char *key)
{
    const char *text = text_of(o, key);
    struct wall_ms t;
    if (timestamp_parse(text, strlen(text), &t) == ERR_OK)
        db_bind_int(s, at, t.v);
    else
        db_bind_null(s, at);
}

static void bind_optional(sqlite3_stmt *s, int at, const char *text)
{
    db_bind_text(s, at, text[0] != '\0' ? text : NULL);
}

static int64_t bucket(struct wall_ms t, int64_t size_ms)
{
    int64_t rest = t.v % size_ms;
    return t.v - (rest < 0 ? rest + size_ms : rest);
}

/* ---- crossings ---- */

struct change {
    const char *lane;
    int64_t entered, left, corrected, denied, unauthorised;
};

static enum err count(struct projector *p, const struct feed_item *i, struct wall_ms at,
                      const struct change *c)
{
    sqlite3_stmt *s = p->st[P_MINUTE];
    if (c->entered != 0 || c->left != 0 || c->corrected != 0) {
        db_bind_text(s, 1, i->place.text);
        db_bind_int(s, 2, bucket(at, MINUTE_MS));
        db_bind_int(s, 3, c->entered);
        db_bind_int(s, 4, c->left);
        db_bind_int(s, 5, c->corrected);
        TRY(db_run(s));
    }
    s = p->st[P_HOUR];
    db_bind_text(s, 1, i->place.text);
    db_bind_int(s, 2, bucket(at, HOUR_MS));
    db_bind_text(s, 3, c->lane);
    db_bind_int(s, 4, c->entered);
    db_bind_int(s, 5, c->left);
    db_bind_int(s, 6, c->corrected);
    db_bind_int(s, 7, c->denied);
    db_bind_int(s, 8, c->unauthorised);
    return db_run(s);
}

/* An edge whose clock cannot be trusted is placed by when it was heard. */
static struct wall_ms time_of(const struct feed_item *i, const json_t *event)
{
    return strcmp(text_of(event, "clock"), "unset") == 0 ? i->received : i->time;
}

static enum err apply_passage(struct projector *p, const struct feed_item *i, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    const char *direction = text_of(data, "direction");
    struct change c = {.lane = text_of(data, "lane")};
    bool entry = strcmp(direction, "entry") == 0;
    bool exit = strcmp(direction, "exit") == 0;
    if (strcmp(i->type, "passage.denied") == 0) {
        c.denied = entry;
    } else {
        c.entered = entry;
        c.left = exit;
        c.unauthorised = strcmp(i->type, "passage.unauthorised") == 0;
    }
    return c.denied || entry || exit ? count(p, i, time_of(i, event), &c) : ERR_OK;
}

static enum err apply_audit(struct projector *p, const struct feed_item *i, const json_t *data)
{
    struct change c = {.lane = "",
                       .corrected = number_of(data, "counted") + number_of(data, "since") -
                                    number_of(data, "before")};
    return c.corrected != 0 ? count(p, i, i->time, &c) : ERR_OK;
}

static enum err apply_correction(struct projector *p, const struct feed_item *i, const json_t *data)
{
    struct change c = {.lane = "", .corrected = number_of(data, "delta")};
    return c.corrected != 0 ? count(p, i, i->time, &c) : ERR_OK;
}

/* ---- stays and money ---- */

static enum err apply_session(struct projector *p, const struct feed_item *i, const json_t *data)
{
    sqlite3_stmt *s = p->st[P_STAY];
    db_bind_text(s, 1, text_of(data, "session"));
    db_bind_text(s, 2, i->place.text);
    bind_optional(s, 3, i->plate.text);
    db_bind_text(s, 4, text_of(data, "state"));
    bind_time(s, 5, data, "start");
    bind_time(s, 6, data, "end");
    db_bind_text(s, 7, text_of(data, "entry_lane"));
    db_bind_text(s, 8, text_of(data, "exit_lane"));
    db_bind_text(s, 9, text_of(data, "exit_basis"));
    db_bind_text(s, 10, text_of(data, "exit_movement"));
    db_bind_text(s, 11, text_of(data, "tariff"));
    db_bind_text(s, 12, text_of(data, "currency"));
    db_bind_int(s, 13, number_of(data, "price_minor"));
    db_bind_int(s, 14, number_of(data, "paid_minor"));
    return db_run(s);
}

static enum err apply_receipt(struct projector *p, const struct feed_item *i, const json_t *data)
{
    sqlite3_stmt *s = p->st[P_RECEIPT];
    db_bind_text(s, 1, text_of(data, "key"));
    db_bind_text(s, 2, i->place.text);
    db_bind_text(s, 3, text_of(data, "session"));
    db_bind_text(s, 4, text_of(data, "kind"));
    db_bind_int(s, 5, i->time.v);
    db_bind_int(s, 6, number_of(data, "amount_minor"));
    db_bind_text(s, 7, text_of(data, "currency"));
    return db_run(s);
}

static enum err apply_refund(struct projector *p, const struct feed_item *i, const json_t *data)
{
    sqlite3_stmt *s = p->st[P_RECEIPT];
    db_bind_text(s, 1, text_of(data, "key"));
    db_bind_text(s, 2, i->place.text);
    db_bind_text(s, 3, text_of(data, "session"));
    db_bind_text(s, 4, "refund");
    db_bind_int(s, 5, i->time.v);
    db_bind_int(s, 6, -number_of(data, "amount_minor"));
    db_bind_text(s, 7, text_of(data, "currency"));
    return db_run(s);
}

static enum err apply_debt(struct projector *p, const struct feed_item *i, const json_t *data)
{
    sqlite3_stmt *s = p->st[P_DEBT];
    db_bind_text(s, 1, text_of(data, "session"));
    db_bind_text(s, 2, i->place.text);
    bind_optional(s, 3, i->plate.text);
    db_bind_text(s, 4, text_of(data, "state"));
    db_bind_int(s, 5, number_of(data, "amount_minor"));
    db_bind_int(s, 6, number_of(data, "paid_minor"));
    db_bind_text(s, 7, text_of(data, "currency"));
    db_bind_text(s, 8, text_of(data, "reason"));
    bind_time(s, 9, data, "created");
    return db_run(s);
}

static enum err apply_forgotten(struct projector *p, const struct feed_item *i, const json_t *data)
{
    (void)data;
    db_bind_text(p->st[P_NAMELESS_STAY], 1, i->subject);
    TRY(db_run(p->st[P_NAMELESS_STAY]));
    db_bind_text(p->st[P_NAMELESS_DEBT], 1, i->subject);
    return db_run(p->st[P_NAMELESS_DEBT]);
}

/* ---- which entry is whose ---- */

static const struct projection {
    const char *type; /* with '.' at its end: all that begin so */
    bool event;
    enum err (*apply)(struct projector *p, const struct feed_item *i, const json_t *o);
} projections[] = {
    {"passage.completed", true, apply_passage},  {"passage.unauthorised", true, apply_passage},
    {"passage.denied", true, apply_passage},     {"audit.applied", false, apply_audit},
    {"act.correction", false, apply_correction}, {"session.", false, apply_session},
    {"payment.succeeded", false, apply_receipt}, {"debt.", false, apply_debt},
    {"plate.forgotten", false, apply_forgotten}, {"refund.succeeded", false, apply_refund},
};

static bool fits(const struct projection *x, const struct feed_item *i)
{
    size_t len = strlen(x->type);
    bool all = x->type[len - 1] == '.';
    return x->event == i->event &&
           (all ? strncmp(i->type, x->type, len) == 0 : strcmp(i->type, x->type) == 0);
}

/* ---- traces ---- */

/* Members worth a word in a chain, in this order. */
static const char *const told[] = {"lane",  "direction", "verdict",      "basis",    "reason",
                                   "cause", "outcome",   "state",        "kind",     "key",
                                   "stage", "request",   "amount_minor", "currency", "session"};

static void write_step(struct buf *b, const json_t *data)
{
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        const json_t *v = json_object_get(data, told[i]);
        size_t before = b->len;
        if (json_is_string(v))
            buf_addf(b, "%s%s=%s", before ? " " : "", told[i], json_string_value(v));
        else if (json_is_integer(v))
            buf_addf(b, "%s%s=%lld", before ? " " : "", told[i], (long long)json_integer_value(v));
    }
}

static enum err apply_step(struct projector *p, const struct feed_item *i, const json_t *o)
{
    enum { TRACE_AT = 3, TEXT_SIZE = 512 };
    char memory[TEXT_SIZE];
    const json_t *data = i->event ? json_object_get(o, "data") : o;
    const char *trace = i->event ? text_of(o, "traceparent") : i->trace;
    struct movement_id movement = {""};
    struct buf text = buf_of(memory, sizeof memory);
    sqlite3_stmt *s = p->st[P_STEP];
    memory[0] = '\0';
    const char *from = i->event ? text_of(data, "movement") : trace;
    size_t skip = i->event ? 0 : TRACE_AT;
    if (strlen(from) < skip + MOVEMENT_ID_SIZE - 1 ||
        movement_id_parse(from + skip, MOVEMENT_ID_SIZE - 1, &movement) != ERR_OK)
        return ERR_OK;
    write_step(&text, data);
    db_bind_int(s, 1, i->at);
    db_bind_text(s, 2, movement.text);
    db_bind_text(s, 3, i->place.text);
    db_bind_text(s, 4, i->type);
    db_bind_int(s, 5, i->time.v);
    db_bind_int(s, 6, i->received.v);
    db_bind_text(s, 7, strlen(trace) < TRACEPARENT_SIZE ? trace : "");
    db_bind_text(s, 8, text.text);
    return db_run(s);
}

enum err projector_forget(struct projector *p, int64_t seen)
{
    if (seen <= PROJECT_STEPS_KEPT)
        return ERR_OK;
    db_bind_int(p->st[P_FORGET], 1, seen - PROJECT_STEPS_KEPT);
    return db_run(p->st[P_FORGET]);
}

enum err projector_apply(struct projector *p, const struct feed_item *i)
{
    const struct projection *x = NULL;
    json_t *o;
    for (size_t k = 0; k < sizeof projections / sizeof projections[0] && x == NULL; k++)
        x = fits(&projections[k], i) ? &projections[k] : NULL;
    if (json_read(i->bytes, i->len, ENTRY_BYTES_MAX, &o, NULL) != ERR_OK)
        return ERR_OK;
    enum err e = apply_step(p, i, o);
    if (e == ERR_OK && x != NULL)
        e = x->apply(p, i, o);
    json_decref(o);
    return e;
}
