/* Commands to lanes: POST orders one, GET says how far it has come. The id of a command is made from
 * who asks, for which lane, and the Idempotency-Key: the same request twice is one command. */
#include "cloud/http/exchange.h"
#include "protocol/base/buf.h"
#include "protocol/support/digest.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMANDS_DEFAULT = 20, COMMANDS_MAX = 200 };

/* ---- the request ---- */

static void complain(json_t **problem, const char *pointer, const char *detail)
{
    if (*problem == NULL)
        *problem =
            problem_new(422, "invalid_command", "Some members of the command are not valid.");
    problem_add_field(*problem, pointer, detail);
}

static bool printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static void read_action(const json_t *body, json_t **problem, enum action *ret)
{
    char text[32];
    if (json_get_text(body, "action", text, sizeof text) != ERR_OK ||
        action_parse(text, ret) != ERR_OK)
        complain(problem, "/action",
                 "expected open, close, hold_open, release, lock, unlock or reset_fault");
}

static void read_reason(const json_t *body, json_t **problem, char ret[EVENT_DETAIL_SIZE])
{
    char text[EVENT_DETAIL_SIZE] = "";
    if (json_get_text(body, "reason", text, sizeof text) != ERR_OK || text[0] == '\0' ||
        !printable(text))
        complain(problem, "/reason", "expected text of 1 to 95 bytes without controls: why");
    else
        memcpy(ret, text, sizeof text);
}

static void read_optional(const json_t *body, json_t **problem, struct command *ret)
{
    char text[64];
    enum err e = json_get_text(body, "expect", text, sizeof text);
    if (e == ERR_OK)
        e = expect_parse(text, &ret->expect) == ERR_OK ? ERR_OK : ERR_INVAL;
    if (e != ERR_OK && e != ERR_NOTFOUND)
        complain(problem, "/expect", "expected vehicle, no_vehicle, arm_up or arm_down");
    e = json_get_text(body, "not_after", text, sizeof text);
    if (e == ERR_OK)
        e = timestamp_parse(text, strlen(text), &ret->not_after);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        complain(problem, "/not_after", "expected an RFC 3339 time such as 2026-11-20T06:31:12Z");
}

static void read_unknown(json_t *body, json_t **problem)
{
    static const char *const known[] = {"action", "reason", "expect", "not_after"};
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
}

static bool read_body(struct http_request *q, struct http_reply *r, struct command *ret)
{
    json_t *body;
    json_t *problem = NULL;
    if (!body_is_json(q, r, &body))
        return false;
    read_unknown(body, &problem);
    read_action(body, &problem, &ret->action);
    read_reason(body, &problem, ret->reason);
    read_optional(body, &problem, ret);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    return problem == NULL;
}

static bool lane_of_path(struct http_request *q, struct http_reply *r, struct name *ret)
{
    const char *text = q->match->params[1];
    if (name_parse(text, strlen(text), ret) == ERR_OK)
        return true;
    reply_reader_error(r, ERR_NOTFOUND, "lane");
    return false;
}

static void name_command(const struct http_request *q, const struct name *place, struct command *c)
{
    char memory[3 * NAME_SIZE + IDEMPOTENCY_KEY_MAX + 8];
    struct digest id;
    struct buf b = buf_of(memory, sizeof memory);
    buf_addf(&b, "%s\n%s\n%s\n%s", q->principal.name.text, place->text, c->lane.text,
             q->idempotency_key);
    digest_of(b.text, b.len, &id);
    memcpy(c->id.text, id.text, sizeof c->id.text);
    c->actor = q->principal.name;
}

/* ---- the answer, on the service's thread ---- */

struct pending_command {
    struct exchange *exchange;
    struct request_id id;
};

/* "lane: there is no such lane" names a member, if it is one of the body. */
static void reply_refused(struct http_reply *r, const struct admin_result *result)
{
    static const char member[] = "not_after: ";
    json_t *problem = NULL;
    if (result->err == ERR_INVAL && strncmp(result->reason, member, sizeof member - 1) == 0) {
        complain(&problem, "/not_after", result->reason + sizeof member - 1);
        reply_problem_json(r, problem);
        return;
    }
    reply_problem(r,
                  result->err == ERR_NOTFOUND   ? 404
                  : result->err == ERR_CONFLICT ? 409
                                                : 422,
                  result->err == ERR_NOTFOUND ? "not_found" : "conflict", result->reason);
}

static void order_done(void *arg, const struct admin_result *result)
{
    struct pending_command *p = arg;
    struct http_reply r = {0};
    switch (result->err) {
    case ERR_OK:
        reply_json(&r, 202, json_pack("{s:s, s:b}", "id", p->id.text, "created", result->created));
        snprintf(r.location, sizeof r.location, "/v1/commands/%s", p->id.text);
        break;
    case ERR_INVAL:
    case ERR_NOTFOUND:
    case ERR_CONFLICT: reply_refused(&r, result); break;
    default:
        reply_problem(&r, 503, "unavailable", "The service is stopping; try again.");
        r.retry_after_s = 1;
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

/* ---- handlers ---- */

void handle_command_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct command c = {.action = ACTION_NONE};
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) ||
        !lane_of_path(q, r, &c.lane) || !read_body(q, r, &c))
        return;
    name_command(q, &place, &c);
    struct pending_command *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_command){q->exchange, c.id};
    w->admin.kind = ADMIN_COMMAND;
    w->admin.order.place = place;
    w->admin.order.command = c;
    w->admin.done = order_done;
    w->admin.arg = p;
    if (!post_write(h, q, w, r))
        free(p);
}

void handle_command(struct http *h, struct http_request *q, struct http_reply *r)
{
    const char *text = q->match->params[0];
    struct request_id id;
    struct command_row row;
    if (!query_known(q, NULL, 0, r))
        return;
    enum err e = request_id_parse(text, strlen(text), &id);
    if (e == ERR_OK) {
        struct reader_slot *slot = readers_take(h->readers);
        e = reader_command(slot->reader, &id, &row);
        readers_put(h->readers, slot);
    }
    if (e == ERR_OK && !auth_sees_place(&q->principal, &row.place))
        e = ERR_NOTFOUND;
    if (e == ERR_OK)
        reply_json(r, 200, document_command(&row, true));
    else
        reply_reader_error(r, e == ERR_INVAL ? ERR_NOTFOUND : e, "command");
}

void handle_commands(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place, lane;
    struct list_page page;
    json_t *document = NULL;
    if (!place_of_path(q, r, &place) || !lane_of_path(q, r, &lane) ||
        !query_page(q, COMMANDS_DEFAULT, COMMANDS_MAX, r, &page))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = document_commands(slot->reader, &place, &lane, &page, &document);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document);
    else
        reply_reader_error(r, e, "place");
}
