/* What the service starts from. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

static void take_place(struct take *t, const struct store_visitor *v)
{
    struct place_row r = {0};
    struct place_settings *p = &r.settings;
    TAKE_TEXT(t, p->place.text);
    TAKE_TEXT(t, p->title);
    p->capacity = take_int(t);
    TAKE_TEXT(t, p->zone);
    TAKE_TEXT(t, p->currency.code);
    TAKE_TEXT(t, p->tariff.text);
    TAKE_WORD(t, payment_policy_parse, &p->policy);
    p->hold_max_ms = take_int(t);
    p->exit_grace_ms = take_int(t);
    TAKE_WORD(t, unmatched_policy_parse, &p->unmatched_exit);
    p->grant_size = take_int(t);
    p->closed = take_int(t) != 0;
    r.pool = take_int(t);
    r.occupied = take_int(t);
    r.pending = take_int(t);
    r.held = take_int(t);
    r.overdraft = take_int(t);
    r.open_sessions = take_int(t);
    r.next_grant = take_int(t);
    r.offers_stopped = take_int(t) != 0;
    r.changed = take_time(t);
    TAKE_TEXT(t, p->parent.text);
    p->stale_after_ms = take_int(t);
    TAKE_TEXT(t, p->hours);
    r.shut = take_int(t) != 0;
    if (t->err == ERR_OK)
        v->place(v->self, &r);
}

static void take_edge(struct take *t, const struct store_visitor *v)
{
    struct edge_row r = {0};
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.edge.text);
    r.newest_epoch = take_int(t);
    r.hello_at = take_time(t);
    TAKE_TEXT(t, r.version);
    if (t->err == ERR_OK)
        v->edge(v->self, &r);
}

static void take_stream(struct take *t, const struct store_visitor *v)
{
    struct stream_row r = {0};
    r.id = take_int(t);
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.edge.text);
    TAKE_TEXT(t, r.journal.text);
    r.epoch = take_int(t);
    r.last = take_int(t);
    TAKE_TEXT(t, r.head.text);
    r.view = take_int(t);
    r.pending = take_int(t);
    r.overdraft = take_int(t);
    r.frozen = take_int(t) != 0;
    r.fenced = take_int(t) != 0;
    r.owed = take_int(t);
    r.lease_until = take_time(t);
    r.audited = take_int(t);
    r.bound = take_int(t);
    if (t->err == ERR_OK)
        v->stream(v->self, &r);
}

static void take_lane(struct take *t, const struct store_visitor *v)
{
    struct name place = {""}, edge = {""};
    struct hello_lane lane = {0};
    TAKE_TEXT(t, place.text);
    TAKE_TEXT(t, edge.text);
    TAKE_TEXT(t, lane.lane.text);
    TAKE_WORD(t, direction_parse, &lane.direction);
    if (t->err == ERR_OK)
        v->lane(v->self, &place, &edge, &lane);
}

void take_grant(struct take *t, struct grant_row *ret)
{
    struct grant_row r = {0};
    TAKE_TEXT(t, r.place.text);
    TAKE_WORD(t, grant_kind_parse, &r.kind);
    r.id = take_int(t);
    r.stream = take_int(t);
    r.epoch = take_int(t);
    r.n = take_int(t);
    TAKE_TEXT(t, r.right.text);
    if (r.kind == GRANT_OFFER && r.right.text[0] != '\0')
        r.kind = GRANT_BOUND;
    TAKE_WORD(t, grant_state_parse, &r.state);
    r.made = take_time(t);
    *ret = r;
}

static void visit_grant(struct take *t, const struct store_visitor *v)
{
    struct grant_row r;
    take_grant(t, &r);
    if (t->err == ERR_OK)
        v->grant(v->self, &r);
}

void take_payment(struct take *t, struct payment_row *ret)
{
    struct payment_row r = {0};
    TAKE_TEXT(t, r.key);
    TAKE_TEXT(t, r.session.text);
    TAKE_TEXT(t, r.place.text);
    TAKE_WORD(t, payment_kind_parse, &r.kind);
    TAKE_TEXT(t, r.provider.text);
    TAKE_TEXT(t, r.token);
    r.amount.minor = take_int(t);
    TAKE_TEXT(t, r.amount.currency.code);
    TAKE_WORD(t, payment_state_parse, &r.state);
    r.attempts = take_int(t);
    r.created = take_time(t);
    r.changed = take_time(t);
    TAKE_TEXT(t, r.provider_ref);
    TAKE_TEXT(t, r.reason);
    r.refunded_minor = take_int(t);
    TAKE_TEXT(t, r.actor.text);
    TAKE_TEXT(t, r.note);
    *ret = r;
}

static void visit_payment(struct take *t, const struct store_visitor *v)
{
    struct payment_row r;
    take_payment(t, &r);
    if (t->err == ERR_OK)
        v->payment(v->self, &r);
}

static void visit_refund(struct take *t, const struct store_visitor *v)
{
    struct refund_row r;
    take_refund(t, &r);
    if (t->err == ERR_OK)
        v->refund(v->self, &r);
}

static void visit_command(struct take *t, const struct store_visitor *v)
{
    struct command_row r;
    take_command(t, &r);
    if (t->err == ERR_OK)
        v->command(v->self, &r);
}

static void visit_audit(struct take *t, const struct store_visitor *v)
{
    struct audit_row r;
    take_audit(t, &r);
    if (t->err == ERR_OK)
        v->audit(v->self, &r);
}

static enum err each(sqlite3_stmt *st, const struct store_visitor *v,
                     void (*take)(struct take *, const struct store_visitor *))
{
    struct take t = {.st = st};
    bool row = true;
    while (t.err == ERR_OK) {
        enum err e = db_step(st, &row);
        if (e != ERR_OK || !row) {
            sqlite3_reset(st);
            return e;
        }
        t.at = 0;
        take(&t, v);
    }
    return take_done(&t);
}

enum err store_load(void *self, const struct store_visitor *v)
{
    struct store *s = self;
    TRY(each(s->st[ST_LOAD_PLACES], v, take_place));
    TRY(each(s->st[ST_LOAD_EDGES], v, take_edge));
    TRY(each(s->st[ST_LOAD_STREAMS], v, take_stream));
    TRY(each(s->st[ST_LOAD_LANES], v, take_lane));
    TRY(each(s->st[ST_LOAD_GRANTS], v, visit_grant));
    TRY(each(s->st[ST_LOAD_PAYMENTS], v, visit_payment));
    TRY(each(s->st[ST_LOAD_REFUNDS], v, visit_refund));
    TRY(each(s->st[ST_LOAD_COMMANDS], v, visit_command));
    return each(s->st[ST_LOAD_AUDITS], v, visit_audit);
}
