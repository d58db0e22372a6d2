/* What people do to the ledger: corrections of the count, their undoing, and the trail of all acts, each
 * with the text that the ledger's key signed. */
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "cloud/http/url.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACTS_DEFAULT = 20, ACTS_MAX = 200 };

/* ---- the body ---- */

void act_complain(json_t **problem, const char *pointer, const char *detail)
{
    if (*problem == NULL)
        *problem = problem_new(422, "invalid_act", "Some members are not valid.");
    problem_add_field(*problem, pointer, detail);
}

void act_members(const json_t *body, const char *const *known, size_t count, json_t **problem)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        char pointer[48];
        bool found = false;
        for (size_t i = 0; i < count; i++)
            found = found || strcmp(known[i], key) == 0;
        snprintf(pointer, sizeof pointer, "/%.40s", key);
        if (!found)
            act_complain(problem, pointer, "there is no such member");
    }
}

void act_reason(const json_t *body, json_t **problem, struct act_order *ret)
{
    char text[EVENT_DETAIL_SIZE] = "";
    bool good = json_get_text(body, "reason", text, sizeof text) == ERR_OK && text[0] != '\0';
    for (const char *c = text; *c != '\0'; c++)
        good = good && (unsigned char)*c >= 0x20 && *c != 0x7F;
    if (good)
        memcpy(ret->reason, text, sizeof text);
    else
        act_complain(problem, "/reason", "expected text of 1 to 95 bytes without controls: why");
}

static void read_correction(json_t *body, json_t **problem, struct act_order *ret)
{
    static const char *const known[] = {"place", "delta", "reason"};
    char place[NAME_SIZE + 1];
    const json_t *delta = json_object_get(body, "delta");
    act_members(body, known, 3, problem);
    if (json_get_text(body, "place", place, sizeof place) != ERR_OK ||
        name_parse(place, strlen(place), &ret->place) != ERR_OK)
        act_complain(problem, "/place", "expected the name of a place");
    ret->delta = json_is_integer(delta) ? json_integer_value(delta) : 0;
    if (ret->delta == 0 || ret->delta < -1000000 || ret->delta > 1000000)
        act_complain(
            problem, "/delta",
            "expected how many vehicles more (or, below zero, fewer) are inside than counted");
    act_reason(body, problem, ret);
}

/* ---- the answer, on the service's thread ---- */

struct pending_act {
    struct exchange *exchange;
    struct act_order order;
    bool undo;
};

bool act_refused(const struct admin_result *result, struct http_reply *r)
{
    switch (result->err) {
    case ERR_OK: return false;
    case ERR_NOTFOUND: reply_problem(r, 404, "not_found", result->reason); break;
    case ERR_INVAL: reply_problem(r, 422, "invalid_act", result->reason); break;
    case ERR_CONFLICT: reply_problem(r, 409, "conflict", result->reason); break;
    default:
        reply_problem(r, 503, "unavailable",
                      result->reason[0] != '\0' ? result->reason : "The service is stopping.");
        r->retry_after_s = 1;
    }
    return true;
}

static void act_done(void *arg, const struct admin_result *result)
{
    struct pending_act *p = arg;
    struct http_reply r = {0};
    if (!act_refused(result, &r)) {
        json_t *o = json_object();
        set_text(o, "place", p->order.place.text);
        set_int(o, "act", result->act);
        if (p->undo)
            set_int(o, "undoes", p->order.id);
        else
            set_int(o, "occupied", result->occupied);
        reply_json(&r, 201, o);
        snprintf(r.location, sizeof r.location, "/v1/places/%s/acts/%lld", p->order.place.text,
                 (long long)result->act);
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

static void post(struct http *h, struct http_request *q, enum admin_kind kind,
                 const struct act_order *o, struct http_reply *r)
{
    struct pending_act *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_act){q->exchange, *o, kind == ADMIN_ACT_UNDO};
    w->admin = (struct admin_command){.kind = kind, .act = *o, .done = act_done, .arg = p};
    if (!post_write(h, q, w, r))
        free(p);
}

/* ---- orders ---- */

void handle_correction_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct act_order o = {.actor = q->principal.name};
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !body_is_json(q, r, &body))
        return;
    read_correction(body, &problem, &o);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else if (!auth_sees_place(&q->principal, &o.place))
        reply_problem(r, 403, "other_place", "This token is not for that place.");
    else
        post(h, q, ADMIN_CORRECT, &o, r);
}

static bool act_of_path(struct http_request *q, struct http_reply *r, int64_t *ret)
{
    char *end;
    const char *text = q->match->params[1];
    errno = 0;
    long long id = strtoll(text, &end, 10);
    if (text[0] >= '1' && text[0] <= '9' && *end == '\0' && errno == 0) {
        *ret = id;
        return true;
    }
    reply_reader_error(r, ERR_NOTFOUND, "act");
    return false;
}

void handle_act_undo(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"reason"};
    struct act_order o = {.actor = q->principal.name};
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &o.place) ||
        !act_of_path(q, r, &o.id) || !body_is_json(q, r, &body))
        return;
    act_members(body, known, 1, &problem);
    act_reason(body, &problem, &o);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else
        post(h, q, ADMIN_ACT_UNDO, &o, r);
}

/* ---- reading ---- */

static json_t *document_act(const struct act_view *a)
{
    json_t *o = json_object();
    const struct act_row *row = &a->row;
    set_text(o, "place", row->place.text);
    set_int(o, "act", row->id);
    set_text(o, "kind", act_kind_word(row->kind));
    set_time(o, "time", row->at);
    set_text(o, "actor", row->actor.text);
    set_text(o, "reason", row->reason);
    set_text(o, "session", row->session.text);
    set_text(o, "other", row->other.text);
    set_int(o, "delta", row->delta);
    json_object_set_new(o, "undoes", row->undoes > 0 ? json_integer(row->undoes) : json_null());
    json_object_set_new(o, "undone_by",
                        a->undone_by > 0 ? json_integer(a->undone_by) : json_null());
    json_t *text = json_loadb(row->text, row->len, JSON_REJECT_DUPLICATES, NULL);
    json_object_set(o, "before", json_object_get(text, "before"));
    json_object_set(o, "after", json_object_get(text, "after"));
    json_decref(text);
    set_text(o, "digest", row->digest.text);
    set_text(o, "signed", row->text);
    return o;
}

struct act_list {
    json_t *list;
    int limit;
    bool more;
    int64_t last;
};

static void add_act(void *arg, const struct act_view *a)
{
    struct act_list *l = arg;
    if (json_array_size(l->list) == (size_t)l->limit) {
        l->more = true; /* one row more than asked for: there is another page */
        return;
    }
    l->last = a->row.id;
    json_array_append_new(l->list, document_act(a));
}

/* "before": the `next` of an earlier answer. */
static bool read_before(struct http_request *q, struct http_reply *r, int64_t *ret)
{
    char text[24];
    char *end = text;
    enum err e = url_query_get(q->query, "before", text, sizeof text);
    *ret = 0;
    if (e == ERR_NOTFOUND)
        return true;
    errno = 0;
    if (e == ERR_OK && text[0] >= '1' && text[0] <= '9')
        *ret = strtoll(text, &end, 10);
    if (*ret > 0 && *end == '\0' && errno == 0)
        return true;
    reply_problem(r, 400, "bad_cursor", "\"before\" must be the \"next\" of an earlier answer.");
    return false;
}

static void reply_acts(struct http *h, struct http_request *q, const struct name *place,
                       const char *kind, const char *member, struct http_reply *r)
{
    struct act_list l = {0};
    struct place_view known;
    int64_t before;
    if (!query_limit(q, ACTS_DEFAULT, ACTS_MAX, r, &l.limit) || !read_before(q, r, &before))
        return;
    l.list = json_array();
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_place(slot->reader, place, &known);
    if (e == ERR_OK)
        e = reader_acts(slot->reader, place, kind, before, l.limit + 1, add_act, &l);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200,
                   json_pack("{s:O, s:o}", member, l.list, "next",
                             l.more ? json_integer(l.last) : json_null()));
    else
        reply_reader_error(r, e, "place");
    json_decref(l.list);
}

void handle_acts(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"limit", "before"};
    struct name place;
    if (query_known(q, known, 2, r) && place_of_path(q, r, &place))
        reply_acts(h, q, &place, "", "acts", r);
}

void handle_corrections(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"place", "limit", "before"};
    char text[NAME_SIZE + 1];
    struct name place;
    if (!query_known(q, known, 3, r))
        return;
    if (url_query_get(q->query, "place", text, sizeof text) != ERR_OK ||
        name_parse(text, strlen(text), &place) != ERR_OK)
        reply_problem(r, 400, "place_missing", "Say which place: ?place=NAME.");
    else if (!auth_sees_place(&q->principal, &place))
        reply_problem(r, 403, "other_place", "This token is not for that place.");
    else
        reply_acts(h, q, &place, act_kind_word(ACT_CORRECTION), "corrections", r);
}

void handle_act(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct act_view a;
    int64_t id;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) || !act_of_path(q, r, &id))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_act(slot->reader, &place, id, &a);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document_act(&a));
    else
        reply_reader_error(r, e, "act");
}
