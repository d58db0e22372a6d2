/* Rights of a place: PUT makes one what the body says, DELETE takes it away, POST does both for many in
 * one version of the list; each answers after COMMIT with that version. */
#include "cloud/http/exchange.h"
#include "cloud/http/url.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"
#include "protocol/support/plate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RIGHTS_AT_A_TIME = 256,
    RIGHTS_DEFAULT = 50,
    RIGHTS_PAGE_MAX = 500,
    OFFLINE_MAX_S = 31622400
};

static const char *const members[] = {"id",    "kind",      "plate", "credential", "from",
                                      "until", "offline_s", "space", "removed"};

/* ---- the body ---- */

static void complain(json_t **problem, const char *at, const char *key, const char *detail)
{
    char pointer[96];
    if (*problem == NULL)
        *problem = problem_new(422, "invalid_right", "Some members of the right are not valid.");
    snprintf(pointer, sizeof pointer, "%s/%.40s", at, key);
    problem_add_field(*problem, pointer, detail);
}

static void read_unknown(json_t *o, const char *at, json_t **problem)
{
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            known = known || strcmp(members[i], key) == 0;
        if (!known)
            complain(problem, at, key, "there is no such member");
    }
}

static void read_time(const json_t *o, const char *at, const char *key, json_t **problem,
                      struct wall_ms *ret)
{
    char text[64];
    enum err e = json_get_text(o, key, text, sizeof text);
    if (e == ERR_OK)
        e = timestamp_parse(text, strlen(text), ret);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        complain(problem, at, key, "expected an RFC 3339 time such as 2026-11-20T00:00:00Z");
}

static void read_words(const json_t *o, const char *at, json_t **problem, struct right *ret)
{
    char text[32];
    enum err e = json_get_text(o, "kind", text, sizeof text);
    if (e == ERR_OK ? right_kind_parse(text, &ret->kind) != ERR_OK : !ret->removed)
        complain(problem, at, "kind", "expected permit, booking, deny or account");
    e = json_get_text(o, "space", text, sizeof text);
    if (e != ERR_NOTFOUND && (e != ERR_OK || space_rule_parse(text, &ret->space) != ERR_OK))
        complain(problem, at, "space", "expected normal or bound");
}

static void read_bearers(const json_t *o, const char *at, json_t **problem, struct right *ret)
{
    char text[64];
    enum err e = json_get_text(o, "plate", text, sizeof text);
    if (e == ERR_OK)
        e = plate_normalise(text, strlen(text), &ret->plate);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        complain(problem, at, "plate", "expected a number plate of at most 48 bytes");
    e = json_get_text(o, "credential", ret->credential, sizeof ret->credential);
    if (e != ERR_NOTFOUND && (e != ERR_OK || ret->credential[0] == '\0'))
        complain(problem, at, "credential", "expected text of 1 to 48 bytes");
}

/* One right. `at` is its JSON pointer, `id` what the path says or NULL. */
static void read_right(json_t *o, const char *at, const char *id, json_t **problem,
                       struct right *ret)
{
    struct right r = {0};
    enum err e = json_get_text(o, "id", r.id.text, sizeof r.id.text);
    read_unknown(o, at, problem);
    if (id != NULL && e == ERR_NOTFOUND)
        snprintf(r.id.text, sizeof r.id.text, "%.39s", id);
    if ((e != ERR_OK && (id == NULL || e != ERR_NOTFOUND)) ||
        !right_id_good(r.id.text, strlen(r.id.text)))
        complain(problem, at, "id", "expected 1 to 39 of letters, digits and ._:-");
    else if (id != NULL && strcmp(r.id.text, id) != 0)
        complain(problem, at, "id", "differs from the path");
    e = json_get_bool(o, "removed", &r.removed);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        complain(problem, at, "removed", "expected true or false");
    read_words(o, at, problem, &r);
    read_bearers(o, at, problem, &r);
    read_time(o, at, "from", problem, &r.from);
    read_time(o, at, "until", problem, &r.until);
    e = json_get_int(o, "offline_s", 1, OFFLINE_MAX_S, &r.offline_s);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        complain(problem, at, "offline_s", "expected seconds from 1 to 31622400");
    const char *wrong = *problem == NULL ? right_fault(&r) : NULL;
    if (wrong != NULL)
        complain(problem, at, strncmp(wrong, "until", 5) == 0 ? "until" : "plate", wrong);
    *ret = r.removed ? (struct right){.id = r.id, .removed = true} : r;
}

/* ---- the answer, on the service's thread ---- */

static void put_done(void *arg, const struct admin_result *result)
{
    struct http_reply r = {0};
    switch (result->err) {
    case ERR_OK:
        reply_json(&r, 200,
                   json_pack("{s:I, s:I}", "version", (json_int_t)result->rights_version, "changed",
                             (json_int_t)result->rights_changed));
        break;
    case ERR_NOTFOUND: reply_problem(&r, 404, "not_found", result->reason); break;
    case ERR_INVAL: reply_problem(&r, 422, "invalid_right", result->reason); break;
    default:
        reply_problem(&r, 503, "unavailable", "The service is stopping; try again.");
        r.retry_after_s = 1;
    }
    exchange_answer(arg, &r);
}

static void post_rights(struct http *h, struct http_request *q, const struct name *place,
                        const struct right *rights, size_t count, struct http_reply *r)
{
    struct work *w = work_new(WORK_ADMIN, rights, count * sizeof *rights);
    w->admin.kind = ADMIN_RIGHTS;
    w->admin.place.place = *place;
    w->admin.done = put_done;
    w->admin.arg = q->exchange;
    (void)post_write(h, q, w, r);
}

/* ---- handlers ---- */

static void post_neutral(struct http *h, struct http_request *q, const struct name *place,
                         const struct right_id *id, struct http_reply *r)
{
    struct work *w = work_new(WORK_ADMIN, id, id != NULL ? sizeof *id : 0);
    w->admin.kind = ADMIN_RIGHTS_NEUTRAL;
    w->admin.place.place = *place;
    w->admin.done = put_done;
    w->admin.arg = q->exchange;
    (void)post_write(h, q, w, r);
}

static bool right_of_path(struct http_request *q, struct http_reply *r, struct right_id *ret)
{
    const char *text = q->match->params[1];
    if (!right_id_good(text, strlen(text))) {
        reply_problem(r, 422, "bad_name",
                      "The name of a right is 1 to 39 of letters, digits and ._:-");
        return false;
    }
    memcpy(ret->text, text, strlen(text) + 1);
    return true;
}

void handle_right_put(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct right_id id;
    struct right right;
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) || !right_of_path(q, r, &id) ||
        !body_is_json(q, r, &body))
        return;
    read_right(body, "", id.text, &problem, &right);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else
        post_rights(h, q, &place, &right, 1, r);
}

void handle_right_delete(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct right right = {.removed = true};
    if (query_known(q, NULL, 0, r) && place_of_path(q, r, &place) && right_of_path(q, r, &right.id))
        post_rights(h, q, &place, &right, 1, r);
}

void handle_rights_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    json_t *body, *item, *problem = NULL;
    size_t i;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) || !body_is_json(q, r, &body))
        return;
    json_t *list = json_object_get(body, "rights");
    size_t count = json_array_size(list);
    if (count == 0 || count > RIGHTS_AT_A_TIME || json_object_size(body) != 1) {
        json_decref(body);
        reply_problem(r, 422, "invalid_right",
                      "Expected one member \"rights\": an array of 1 to 256 rights.");
        return;
    }
    struct right *rights = mem_alloc(count * sizeof *rights);
    json_array_foreach(list, i, item)
    {
        char at[32];
        snprintf(at, sizeof at, "/rights/%zu", i);
        if (json_is_object(item))
            read_right(item, at, NULL, &problem, &rights[i]);
        else
            complain(&problem, at, "", "expected an object");
    }
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else
        post_rights(h, q, &place, rights, count, r);
    free(rights);
}

void handle_right_neutral(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct right_id id = {""};
    if (query_known(q, NULL, 0, r) && place_of_path(q, r, &place) && right_of_path(q, r, &id))
        post_neutral(h, q, &place, &id, r);
}

void handle_rights_neutral(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    if (query_known(q, NULL, 0, r) && place_of_path(q, r, &place))
        post_neutral(h, q, &place, NULL, r);
}

void handle_right(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct right_id id;
    struct right_row row;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place) || !right_of_path(q, r, &id))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_right(slot->reader, &place, &id, &row);
    readers_put(h->readers, slot);
    if (e == ERR_OK) {
        reply_json(r, 200, document_right(&row));
        snprintf(r->etag, sizeof r->etag, "%lld", (long long)row.version);
    } else
        reply_reader_error(r, e, "right");
}

void handle_rights(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"after", "limit"};
    struct name place;
    struct right_id after = {""};
    json_t *document;
    int limit;
    if (!query_known(q, known, 2, r) || !place_of_path(q, r, &place) ||
        !query_limit(q, RIGHTS_DEFAULT, RIGHTS_PAGE_MAX, r, &limit))
        return;
    enum err e = url_query_get(q->query, "after", after.text, sizeof after.text);
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        reply_problem(r, 400, "bad_parameter", "\"after\" must be the name of a right.");
        return;
    }
    struct reader_slot *slot = readers_take(h->readers);
    e = document_rights(slot->reader, &place, &after, limit, &document);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document);
    else
        reply_reader_error(r, e, "place");
}
