#include "cloud/service/act.h"

#include "cloud/service/correction.h"
#include "cloud/service/feed.h"
#include "cloud/service/session_order.h"
#include "protocol/support/digest.h"
#include "protocol/support/log.h"
#include "protocol/wire/json_out.h"

#include <string.h>

enum { ACT_PLAIN_SIZE = ACT_TEXT_SIZE / 2 }; /* indented, with key and signature, it fits */

enum err act_refuse(struct admin_result *r, enum err e, const char *reason)
{
    struct buf b = buf_of(r->reason, sizeof r->reason);
    buf_adds(&b, reason);
    return e;
}

void act_values_begin(struct act_values *v)
{
    v->before = buf_of(v->memory[0], sizeof v->memory[0]);
    v->after = buf_of(v->memory[1], sizeof v->memory[1]);
    buf_adds(&v->before, "{");
    buf_adds(&v->after, "{");
}

struct act_row act_of(const struct act_order *o, enum act_kind kind)
{
    struct act_row a = {.place = o->place, .kind = kind, .actor = o->actor};
    memcpy(a.reason, o->reason, sizeof a.reason);
    return a;
}

static void text(struct buf *b, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    json_out_key(b, key);
    if (json_out_text(b, value) != ERR_OK)
        b->overflow = true;
}

static void number(struct buf *b, const char *key, int64_t value)
{
    if (value == 0)
        return;
    json_out_key(b, key);
    json_out_int(b, value);
}

/* The object that is signed. `prev`: digest of the act before, zeros if this is the first one. */
static void write(struct buf *b, const struct act_row *a, struct act_values *v, const char *prev)
{
    char at[TIMESTAMP_SIZE] = "";
    (void)timestamp_format(a->at, at);
    buf_adds(b, "{");
    number(b, "act", a->id);
    text(b, "place", a->place.text);
    text(b, "kind", act_kind_word(a->kind));
    text(b, "time", at);
    text(b, "actor", a->actor.text);
    text(b, "reason", a->reason);
    text(b, "session", a->session.text);
    text(b, "other", a->other.text);
    number(b, "delta", a->delta);
    number(b, "undoes", a->undoes);
    text(b, "prev", prev);
    buf_adds(&v->before, "}");
    buf_adds(&v->after, "}");
    json_out_key(b, "before");
    buf_add(b, v->before.text, v->before.len);
    json_out_key(b, "after");
    buf_add(b, v->after.text, v->after.len);
    buf_adds(b, "}");
    b->overflow = b->overflow || v->before.overflow || v->after.overflow;
}

static void tell(struct service *s, const struct act_row *a)
{
    static const char *const types[ACT_KINDS] = {
        [ACT_CORRECTION] = "act.correction",           [ACT_SESSION_CLOSE] = "act.session_closed",
        [ACT_SESSION_REOPEN] = "act.session_reopened", [ACT_SESSION_MATCH] = "act.session_matched",
        [ACT_SESSION_SPLIT] = "act.session_split",
    };
    struct feed_data d;
    feed_begin(&d);
    feed_int(&d, "act", a->id);
    feed_text(&d, "actor", a->actor.text);
    feed_text(&d, "reason", a->reason);
    feed_text(&d, "session", a->session.text);
    feed_text(&d, "other", a->other.text);
    if (a->delta != 0)
        feed_int(&d, "delta", a->delta);
    if (a->undoes != 0)
        feed_int(&d, "undoes", a->undoes);
    feed_append(s, types[a->kind], &a->place, a->session.text, NULL, &d);
}

enum err act_record(struct service *s, struct act_row *a, struct act_values *v,
                    struct admin_result *r)
{
    static const char none[] = "00000000000000000000000000000000";
    char plain[ACT_PLAIN_SIZE];
    struct buf b = buf_of(plain, sizeof plain);
    struct act_row last;
    bool chained = FOUND(s, last_act, &a->place, &last);
    const struct signer_port *signer = &s->ports.signer;
    a->id = chained ? last.id + 1 : 1;
    a->at = s->now.wall;
    write(&b, a, v, chained ? last.digest.text : none);
    if (b.overflow)
        return act_refuse(r, ERR_INVAL, "reason: not UTF-8 text");
    if (signer->sign == NULL ||
        signer->sign(signer->self, b.text, b.len, a->text, sizeof a->text, &a->len) != ERR_OK)
        return act_refuse(r, ERR_UNAVAIL, "the ledger's key cannot sign now: nothing was changed");
    digest_of(a->text, a->len, &a->digest);
    STORE(s, add_act, a);
    r->act = a->id;
    tell(s, a);
    log_notice("act.done", LT("place", a->place.text), LN("act", a->id),
               LT("kind", act_kind_word(a->kind)), LT("actor", a->actor.text),
               LT("session", a->session.text), LN("delta", a->delta), LN("undoes", a->undoes),
               LT("reason", a->reason));
    return ERR_OK;
}

enum err act_undo(struct service *s, const struct act_order *o, struct admin_result *r)
{
    struct act_row done, undoing;
    if (!state_place(s, &o->place) || !FOUND(s, find_act, &o->place, o->id, &done))
        return act_refuse(r, ERR_NOTFOUND, "no such act");
    if (FOUND(s, find_undoing, &o->place, o->id, &undoing)) /* A2 */
        return act_refuse(r, ERR_CONFLICT, "this act was undone before");
    switch (done.kind) {
    case ACT_CORRECTION: return correction_undo(s, o, &done, r);
    case ACT_SESSION_CLOSE:
    case ACT_SESSION_MATCH:
    case ACT_SESSION_SPLIT: return session_order_undo(s, o, &done, r);
    default: return act_refuse(r, ERR_CONFLICT, "this act cannot be undone: do what is right now");
    }
}
