/* What people do to a stay: end it, give it its exit, take that away again; and the open stays that an
 * unmatched exit may belong to. A dry run answers 200 with what would come of it, an act 201. */
#include "cloud/core/match.h"
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 20, OPEN_MAX = 100000 };

static bool session_of_path(struct http_request *q, struct http_reply *r, struct movement_id *ret)
{
    const char *text = q->match->params[0];
    if (movement_id_parse(text, strlen(text), ret) == ERR_OK)
        return true;
    reply_reader_error(r, ERR_NOTFOUND, "stay");
    return false;
}

/* The stay of the path, of a place that the caller may see. */
static bool find_stay(struct http *h, struct http_request *q, struct http_reply *r,
                      struct session_view *ret)
{
    struct movement_id id;
    if (!session_of_path(q, r, &id))
        return false;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_session(slot->reader, &id, ret);
    readers_put(h->readers, slot);
    if (e == ERR_OK && !auth_sees_place(&q->principal, &ret->place))
        e = ERR_NOTFOUND;
    if (e != ERR_OK)
        reply_reader_error(r, e, "stay");
    return e == ERR_OK;
}

/* ---- orders ---- */

static void read_flag(const json_t *body, const char *key, json_t **problem, bool *ret)
{
    char pointer[48];
    bool flag = false;
    enum err e = json_get_bool(body, key, &flag);
    if (e == ERR_OK)
        *ret = flag;
    if (e == ERR_OK || e == ERR_NOTFOUND)
        return;
    snprintf(pointer, sizeof pointer, "/%s", key);
    act_complain(problem, pointer, "expected true or false");
}

static void read_close(const json_t *body, json_t **problem, struct act_order *ret)
{
    static const char *const known[] = {"reason", "dry_run", "free", "end"};
    char text[48];
    act_members(body, known, 4, problem);
    read_flag(body, "free", problem, &ret->free);
    enum err e = json_get_text(body, "end", text, sizeof text);
    if (e == ERR_OK)
        e = timestamp_parse(text, strlen(text), &ret->end);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        act_complain(problem, "/end", "expected a time such as 2026-11-20T06:31:12Z");
}

static void read_match(const json_t *body, json_t **problem, struct act_order *ret)
{
    static const char *const known[] = {"reason", "dry_run", "exit"};
    char text[MOVEMENT_ID_SIZE + 1];
    act_members(body, known, 3, problem);
    if (json_get_text(body, "exit", text, sizeof text) != ERR_OK ||
        movement_id_parse(text, strlen(text), &ret->other) != ERR_OK)
        act_complain(problem, "/exit", "expected the id of an unmatched exit");
}

static void read_split(const json_t *body, json_t **problem, struct act_order *ret)
{
    static const char *const known[] = {"reason", "dry_run"};
    (void)ret;
    act_members(body, known, 2, problem);
}

struct pending_order {
    struct exchange *exchange;
    struct act_order order;
};

static void order_done(void *arg, const struct admin_result *result)
{
    struct pending_order *p = arg;
    struct http_reply r = {0};
    const struct session_change *c = &result->change;
    if (!act_refused(result, &r)) {
        json_t *o = json_object();
        bool dry = p->order.dry_run;
        set_text(o, "place", p->order.place.text);
        json_object_set_new(o, "act", dry ? json_null() : json_integer(result->act));
        set_bool(o, "dry_run", dry);
        set_text(o, "session", c->session.text);
        set_text(o, "other", c->other.text);
        set_text(o, "why", c->why != NULL ? c->why : "");
        set_text(o, "currency", c->currency.code);
        set_int(o, "price_before_minor", c->before_minor);
        set_int(o, "price_after_minor", c->after_minor);
        set_int(o, "paid_minor", c->paid_minor);
        set_int(o, "due_minor", c->due_minor);
        set_int(o, "refund_minor", c->refund_minor);
        reply_json(&r, dry ? 200 : 201, o);
        if (!dry)
            snprintf(r.location, sizeof r.location, "/v1/places/%s/acts/%lld", p->order.place.text,
                     (long long)result->act);
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

static void order(struct http *h, struct http_request *q, enum admin_kind kind,
                  void (*read)(const json_t *body, json_t **problem, struct act_order *ret),
                  struct http_reply *r)
{
    struct act_order o = {.actor = q->principal.name};
    struct session_view stay;
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !find_stay(h, q, r, &stay) || !body_is_json(q, r, &body))
        return;
    o.place = stay.place;
    o.session = stay.id;
    read(body, &problem, &o);
    read_flag(body, "dry_run", &problem, &o.dry_run);
    act_reason(body, &problem, &o);
    json_decref(body);
    if (problem != NULL) {
        reply_problem_json(r, problem);
        return;
    }
    struct pending_order *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_order){q->exchange, o};
    w->admin = (struct admin_command){.kind = kind, .act = o, .done = order_done, .arg = p};
    if (!post_write(h, q, w, r))
        free(p);
}

void handle_session_close(struct http *h, struct http_request *q, struct http_reply *r)
{
    order(h, q, ADMIN_SESSION_CLOSE, read_close, r);
}

void handle_session_match(struct http *h, struct http_request *q, struct http_reply *r)
{
    order(h, q, ADMIN_SESSION_MATCH, read_match, r);
}

void handle_session_split(struct http *h, struct http_request *q, struct http_reply *r)
{
    order(h, q, ADMIN_SESSION_SPLIT, read_split, r);
}

/* ---- candidates ---- */

struct candidate {
    enum match_why why;
    struct session_view stay;
};

struct search {
    struct session_row exit;
    struct candidate best[CANDIDATES_MAX];
    size_t count;
};

/* What fits best first, of those the shortest stay. */
static bool before(const struct candidate *a, const struct candidate *b)
{
    return a->why != b->why ? a->why < b->why : a->stay.start.v > b->stay.start.v;
}

static void consider(void *arg, const struct session_view *v)
{
    struct search *s = arg;
    struct session_row open = {.start = v->start, .plate = v->plate, .credential = v->credential};
    struct candidate c = {match_stays(&open, &s->exit), *v};
    size_t at = s->count;
    if (c.why == MATCH_NONE)
        return;
    while (at > 0 && before(&c, &s->best[at - 1]))
        at--;
    if (at == CANDIDATES_MAX)
        return;
    size_t later = (s->count < CANDIDATES_MAX ? s->count : CANDIDATES_MAX - 1) - at;
    memmove(&s->best[at + 1], &s->best[at], later * sizeof s->best[0]);
    s->best[at] = c;
    s->count += s->count < CANDIDATES_MAX;
}

static json_t *document_candidate(const struct candidate *c)
{
    json_t *o = json_object();
    set_text(o, "session", c->stay.id.text);
    set_text(o, "plate", c->stay.plate.text);
    set_time(o, "start", c->stay.start);
    set_text(o, "entry_lane", c->stay.entry_lane.text);
    set_text(o, "why", match_why_word(c->why));
    return o;
}

void handle_session_candidates(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct session_view exit;
    static const struct session_cursor first;
    if (!query_known(q, NULL, 0, r) || !find_stay(h, q, r, &exit))
        return;
    if (strcmp(exit.state, session_state_word(SESSION_UNMATCHED)) != 0) {
        reply_problem(r, 409, "conflict", "This is no unmatched exit.");
        return;
    }
    struct search *s = mem_alloc(sizeof *s);
    struct session_filter f = {.place = exit.place, .state = SESSION_OPEN};
    s->exit =
        (struct session_row){.end = exit.end, .plate = exit.plate, .credential = exit.credential};
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_sessions_of_place(slot->reader, &f, &first, OPEN_MAX, consider, s);
    readers_put(h->readers, slot);
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(list, document_candidate(&s->best[i]));
    free(s);
    if (e == ERR_OK)
        reply_json(r, 200,
                   json_pack("{s:s, s:s, s:O}", "exit", exit.id.text, "plate", exit.plate.text,
                             "candidates", list));
    else
        reply_reader_error(r, e, "stay");
    json_decref(list);
}
