/* What a person does to the ledger: reports a count, releases a stream, binds a space to a right. POST
 * orders, GET tells how far an audit has come. */
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"
#include "protocol/wire/rights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUDITS_DEFAULT = 20, AUDITS_MAX = 200 };

/* ---- the body ---- */

static void complain(json_t **problem, const char *pointer, const char *detail)
{
    if (*problem == NULL)
        *problem = problem_new(422, "invalid_audit", "Some members of the audit are not valid.");
    problem_add_field(*problem, pointer, detail);
}

static void read_reason(const json_t *body, json_t **problem, struct audit_order *ret)
{
    char text[EVENT_DETAIL_SIZE] = "";
    bool good = json_get_text(body, "reason", text, sizeof text) == ERR_OK && text[0] != '\0';
    for (const char *c = text; *c != '\0'; c++)
        good = good && (unsigned char)*c >= 0x20 && *c != 0x7F;
    if (good)
        memcpy(ret->reason, text, sizeof text);
    else
        complain(problem, "/reason", "expected text of 1 to 95 bytes without controls: why");
}

static void read_gone(const json_t *body, json_t **problem, struct audit_order *ret)
{
    const json_t *list = json_object_get(body, "gone"), *item;
    size_t i;
    if (list == NULL)
        return;
    if (!json_is_array(list) || json_array_size(list) > AUDIT_GONE_MAX) {
        complain(problem, "/gone", "expected a list of at most 16 names of edges");
        return;
    }
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        if (text == NULL ||
            name_parse(text, json_string_length(item), &ret->gone[ret->gone_count]) != ERR_OK) {
            complain(problem, "/gone", "expected names of edges");
            return;
        }
        ret->gone_count++;
    }
}

static void read_members(json_t *body, json_t **problem, struct audit_order *ret)
{
    static const char *const known[] = {"counted", "reason", "gone"};
    const json_t *counted = json_object_get(body, "counted");
    const char *key;
    json_t *value;
    json_object_foreach(body, key, value)
    {
        char pointer[48];
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || strcmp(known[i], key) == 0;
        snprintf(pointer, sizeof pointer, "/%.40s", key);
        if (!found)
            complain(problem, pointer, "there is no such member");
    }
    ret->counted = json_is_integer(counted) ? json_integer_value(counted) : -1;
    if (ret->counted < 0 || ret->counted > 1000000)
        complain(problem, "/counted", "expected how many vehicles are inside, 0 to 1000000");
    read_reason(body, problem, ret);
    read_gone(body, problem, ret);
}

static bool read_body(struct http_request *q, struct http_reply *r, struct audit_order *ret)
{
    json_t *body;
    json_t *problem = NULL;
    if (!body_is_json(q, r, &body))
        return false;
    read_members(body, &problem, ret);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    return problem == NULL;
}

/* ---- the answer, on the service's thread ---- */

struct pending_audit {
    struct exchange *exchange;
    struct name place;
    enum admin_kind kind;
};

static void reply_done(const struct pending_audit *p, const struct admin_result *result,
                       struct http_reply *r)
{
    if (p->kind == ADMIN_BIND || p->kind == ADMIN_UNBIND) {
        reply_json(r, 202, json_pack("{s:b}", "bound", p->kind == ADMIN_BIND));
        return;
    }
    if (p->kind == ADMIN_EDGE_RELEASE) {
        reply_json(r, 200, json_pack("{s:b}", "released", true));
        return;
    }
    reply_json(r, p->kind == ADMIN_AUDIT ? 202 : 200,
               json_pack("{s:I}", "id", (json_int_t)result->audit));
    snprintf(r->location, sizeof r->location, "/v1/places/%s/audits", p->place.text);
}

static void audit_done(void *arg, const struct admin_result *result)
{
    struct pending_audit *p = arg;
    struct http_reply r = {0};
    switch (result->err) {
    case ERR_OK: reply_done(p, result, &r); break;
    case ERR_NOTFOUND: reply_problem(&r, 404, "not_found", result->reason); break;
    case ERR_INVAL: reply_problem(&r, 422, "invalid_audit", result->reason); break;
    case ERR_CONFLICT: reply_problem(&r, 409, "conflict", result->reason); break;
    default:
        reply_problem(&r, 503, "unavailable", "The service is stopping; try again.");
        r.retry_after_s = 1;
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

static void post(struct http *h, struct http_request *q, struct work *w, const struct name *place,
                 struct http_reply *r)
{
    struct pending_audit *p = mem_alloc(sizeof *p);
    *p = (struct pending_audit){q->exchange, *place, w->admin.kind};
    w->admin.done = audit_done;
    w->admin.arg = p;
    if (!post_write(h, q, w, r))
        free(p);
}

/* ---- handlers ---- */

void handle_audit_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct audit_order o = {.actor = q->principal.name};
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &o.place) || !read_body(q, r, &o))
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_AUDIT;
    w->admin.audit = o;
    post(h, q, w, &o.place, r);
}

void handle_audit_cancel(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place))
        return;
    char *end;
    const char *text = q->match->params[1];
    errno = 0;
    long long id = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || id < 1) {
        reply_reader_error(r, ERR_NOTFOUND, "audit");
        return;
    }
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_AUDIT_CANCEL;
    w->admin.cancel.place = place;
    w->admin.cancel.actor = q->principal.name;
    w->admin.cancel.id = id;
    post(h, q, w, &place, r);
}

static bool edge_of_path(struct http_request *q, struct http_reply *r, struct name *ret)
{
    const char *text = q->match->params[1];
    if (name_parse(text, strlen(text), ret) == ERR_OK)
        return true;
    reply_reader_error(r, ERR_NOTFOUND, "edge");
    return false;
}

/* {"right": "..."} */
static bool right_of_body(struct http_request *q, struct http_reply *r, struct right_id *ret)
{
    json_t *body, *problem = NULL;
    if (!body_is_json(q, r, &body))
        return false;
    if (json_object_size(body) != 1 ||
        json_get_text(body, "right", ret->text, sizeof ret->text) != ERR_OK ||
        !right_id_good(ret->text, strlen(ret->text)))
        complain(&problem, "/right", "expected one member, the id of a right");
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    return problem == NULL;
}

static void order_bound(struct http *h, struct http_request *q, enum admin_kind kind,
                        struct http_reply *r)
{
    struct name place, edge;
    struct right_id right;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) || !edge_of_path(q, r, &edge) ||
        !right_of_body(q, r, &right))
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = kind;
    w->admin.bind.place = place;
    w->admin.bind.edge = edge;
    w->admin.bind.right = right;
    post(h, q, w, &place, r);
}

void handle_bind(struct http *h, struct http_request *q, struct http_reply *r)
{
    order_bound(h, q, ADMIN_BIND, r);
}

void handle_unbind(struct http *h, struct http_request *q, struct http_reply *r)
{
    order_bound(h, q, ADMIN_UNBIND, r);
}

void handle_edge_release(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place, edge;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) || !edge_of_path(q, r, &edge))
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_EDGE_RELEASE;
    w->admin.stream.place = place;
    w->admin.stream.edge = edge;
    post(h, q, w, &place, r);
}

struct audit_list {
    json_t *list;
    struct list_page *page;
};

static void add_audit(void *arg, const struct audit_view *a)
{
    struct audit_list *l = arg;
    if (!list_page_takes(l->page, a->id, "-"))
        return;
    json_t *o = json_object();
    set_int(o, "id", a->id);
    set_text(o, "state", a->state);
    set_int(o, "counted", a->counted);
    set_text(o, "actor", a->actor.text);
    set_text(o, "reason", a->reason);
    set_text(o, "gone", a->gone);
    set_text(o, "waits", a->waits);
    set_int(o, "since", a->since);
    set_int(o, "before", a->before);
    set_int(o, "released", a->released);
    set_int(o, "shortfall", a->shortfall);
    set_time(o, "made", a->made);
    set_time(o, "ended", a->ended);
    json_array_append_new(l->list, o);
}

static enum err document_audits(struct reader *r, const struct name *place, struct list_page *page,
                                json_t **ret)
{
    struct place_view known;
    struct audit_list l = {json_array(), page};
    enum err e = reader_begin(r);
    if (e == ERR_OK) {
        e = reader_place(r, place, &known);
        if (e == ERR_OK)
            e = reader_audits(r, place, &page->from, page->limit + 1, add_audit, &l);
        reader_end(r);
    }
    if (e == ERR_OK) {
        *ret = json_pack("{s:O}", "audits", l.list);
        document_set_next(*ret, page);
    }
    json_decref(l.list);
    return e;
}

void handle_audits(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct list_page page;
    json_t *document = NULL;
    if (!place_of_path(q, r, &place) || !query_page(q, AUDITS_DEFAULT, AUDITS_MAX, r, &page))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = document_audits(slot->reader, &place, &page, &document);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document);
    else
        reply_reader_error(r, e, "place");
}
