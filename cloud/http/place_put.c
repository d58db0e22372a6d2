/* Creating and changing places. POST creates (the same values again: 200, other values: 409); PUT makes
 * the place what the body says, members left out take their defaults (the same PUT twice: one effect).
 * The answer is sent after the service committed. */
#include "cloud/core/hours.h"
#include "cloud/http/exchange.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the body ---- */

/* A member of the body: text into `size` bytes, or an integer, or a flag. */
struct field {
    const char *key;
    enum {
        FIELD_TEXT,
        FIELD_NAME,
        FIELD_INT,
        FIELD_FLAG,
        FIELD_CURRENCY,
        FIELD_POLICY,
        FIELD_UNMATCHED,
        FIELD_PARENT,
        FIELD_HOURS
    } kind;
    size_t offset, size;
    int64_t min, max;
    bool required;
    const char *expected;
};

#define AT(member)                                                                                 \
    offsetof(struct place_settings, member), sizeof(((struct place_settings *)0)->member)

static const struct field fields[] = {
    {"place", FIELD_NAME, AT(place), 0, 0, true, "a name of 1 to 31 characters a-z, 0-9, '-'"},
    {"title", FIELD_TEXT, AT(title), 0, 0, false, "text of at most 63 bytes, without controls"},
    {"capacity", FIELD_INT, AT(capacity), 1, 1000000, true, "a whole number from 1 to 1000000"},
    {"zone", FIELD_TEXT, AT(zone), 0, 0, false, "an IANA time zone such as \"Asia/Seoul\""},
    {"currency", FIELD_CURRENCY, AT(currency), 0, 0, false, "three letters such as \"KRW\""},
    {"tariff", FIELD_NAME, AT(tariff), 0, 0, false, "the name of a rate table"},
    {"payment_policy", FIELD_POLICY, AT(policy), 0, 0, false, "\"defer\" or \"hold\""},
    {"hold_max_ms", FIELD_INT, AT(hold_max_ms), 0, 3600000, false, "milliseconds up to 3600000"},
    {"exit_grace_ms", FIELD_INT, AT(exit_grace_ms), 0, 86400000, false,
     "milliseconds up to 86400000"},
    {"unmatched_exit", FIELD_UNMATCHED, AT(unmatched_exit), 0, 0, false, "\"open\" or \"deny\""},
    {"grant_size", FIELD_INT, AT(grant_size), 0, 10000, false, "a whole number up to 10000"},
    {"closed", FIELD_FLAG, AT(closed), 0, 0, false, "true or false"},
    {"parent", FIELD_PARENT, AT(parent), 0, 0, false,
     "the name of the place it is a zone of, or \"\""},
    {"stale_after_ms", FIELD_INT, AT(stale_after_ms), 0, 31622400000, false,
     "milliseconds up to 31622400000"},
    {"hours", FIELD_HOURS, AT(hours), 0, 0, false,
     "hours such as \"mo-fr 07:00-22:00; 2026-12-25 closed\""},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static bool plain_text(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

/* An unknown word is a wrong value, not an absent member. */
static enum err known(enum err e)
{
    return e == ERR_NOTFOUND ? ERR_INVAL : e;
}

static enum err read_field(const json_t *body, const struct field *f, char *to)
{
    char text[TITLE_SIZE], hours[HOURS_TEXT_SIZE];
    struct hours rules;
    size_t at;
    int64_t number;
    bool flag;
    switch (f->kind) {
    case FIELD_INT:
        TRY(json_get_int(body, f->key, f->min, f->max, &number));
        memcpy(to, &number, sizeof number);
        return ERR_OK;
    case FIELD_FLAG:
        TRY(json_get_bool(body, f->key, &flag));
        memcpy(to, &flag, sizeof flag);
        return ERR_OK;
    case FIELD_TEXT:
        TRY(json_get_text(body, f->key, text, f->size < sizeof text ? f->size : sizeof text));
        if (!plain_text(text))
            return ERR_INVAL;
        memcpy(to, text, strlen(text) + 1);
        return ERR_OK;
    case FIELD_NAME:
        TRY(json_get_text(body, f->key, text, sizeof text));
        return name_parse(text, strlen(text), (struct name *)(void *)to);
    case FIELD_PARENT:
        TRY(json_get_text(body, f->key, text, sizeof text));
        if (text[0] == '\0')
            return ERR_OK;
        return name_parse(text, strlen(text), (struct name *)(void *)to);
    case FIELD_HOURS:
        TRY(json_get_text(body, f->key, hours, sizeof hours));
        TRY(hours_parse(hours, &rules, &at) == ERR_OK ? ERR_OK : ERR_INVAL);
        memcpy(to, hours, strlen(hours) + 1);
        return ERR_OK;
    case FIELD_CURRENCY:
        TRY(json_get_text(body, f->key, text, sizeof text));
        return currency_parse(text, strlen(text), (struct currency *)(void *)to);
    case FIELD_POLICY:
        TRY(json_get_text(body, f->key, text, sizeof text));
        return known(payment_policy_parse(text, (enum payment_policy *)(void *)to));
    case FIELD_UNMATCHED:
        TRY(json_get_text(body, f->key, text, sizeof text));
        return known(unmatched_policy_parse(text, (enum unmatched_policy *)(void *)to));
    }
    return ERR_INVAL;
}

/* Adds one entry to *problem (made when first needed). */
static void complain(json_t **problem, const char *key, const char *detail)
{
    char pointer[48];
    if (*problem == NULL)
        *problem = problem_new(422, "invalid_place", "Some members of the place are not valid.");
    snprintf(pointer, sizeof pointer, "/%.40s", key);
    problem_add_field(*problem, pointer, detail);
}

static bool known_member(const char *key)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].key, key) == 0)
            return true;
    return false;
}

/* Reads every member and names every one at fault. `path_place`: the name in the path, or NULL. */
static json_t *read_settings(json_t *body, const struct name *path_place,
                             struct place_settings *ret)
{
    json_t *problem = NULL;
    const char *key;
    json_t *value;
    char detail[128];
    json_object_foreach(body, key, value)
    {
        if (!known_member(key))
            complain(&problem, key, "there is no such member");
    }
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *f = &fields[i];
        enum err e = read_field(body, f, (char *)ret + f->offset);
        bool from_path = path_place != NULL && f->kind == FIELD_NAME && f->offset == 0;
        if (e == ERR_NOTFOUND && f->required && !from_path) {
            snprintf(detail, sizeof detail, "missing; expected %s", f->expected);
            complain(&problem, f->key, detail);
        } else if (e != ERR_OK && e != ERR_NOTFOUND) {
            snprintf(detail, sizeof detail, "expected %s", f->expected);
            complain(&problem, f->key, detail);
        } else if (from_path && e == ERR_OK && !name_equal(&ret->place, path_place)) {
            complain(&problem, f->key, "differs from the path");
        }
    }
    return problem;
}

/* "application/json", with or without parameters. */
static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (content_type == NULL || strncasecmp(content_type, json, sizeof json - 1) != 0)
        return false;
    char next = content_type[sizeof json - 1];
    return next == '\0' || next == ';' || next == ' ';
}

bool body_is_json(struct http_request *q, struct http_reply *r, json_t **ret)
{
    char reason[JSON_REASON_SIZE];
    char detail[JSON_REASON_SIZE + 40];
    if (!is_json(q->content_type)) {
        reply_problem(r, 415, "not_json", "Send the body as application/json.");
        return false;
    }
    if (json_read(q->body, q->body_len, BODY_MAX, ret, reason) != ERR_OK) {
        snprintf(detail, sizeof detail, "The body is not one JSON object: %s", reason);
        reply_problem(r, 400, "bad_json", detail);
        return false;
    }
    return true;
}

static bool settings_of_body(struct http *h, struct http_request *q, const struct name *path_place,
                             struct http_reply *r, struct place_settings *ret)
{
    json_t *body;
    /* The defaults are those of the configuration's `places`. */
    struct place_settings s = {
        .hold_max_ms = 120000, .exit_grace_ms = 900000, .stale_after_ms = 7 * 86400000LL};
    s.tariff = h->settings.default_tariff;
    if (!body_is_json(q, r, &body))
        return false;
    json_t *problem = read_settings(body, path_place, &s);
    json_decref(body);
    if (path_place != NULL)
        s.place = *path_place;
    enum err e = ERR_OK;
    if (problem == NULL && h->ports.complete != NULL)
        e = h->ports.complete(h->ports.complete_self, &s);
    if (e != ERR_OK)
        complain(&problem, "tariff", "there is no such rate table");
    if (problem != NULL) {
        reply_problem_json(r, problem);
        return false;
    }
    if (s.zone[0] == '\0')
        memcpy(s.zone, "Asia/Seoul", sizeof "Asia/Seoul");
    if (s.currency.code[0] == '\0')
        memcpy(s.currency.code, "KRW", sizeof "KRW");
    *ret = s;
    return true;
}

/* ---- the answer, on the service's thread ---- */

struct pending_put {
    struct exchange *exchange;
    enum admin_kind kind;
};

static void put_done(void *arg, const struct admin_result *result)
{
    struct pending_put *p = arg;
    struct http_reply r = {0};
    const struct name *place = &result->place.place;
    switch (result->err) {
    case ERR_OK:
        reply_json(&r, result->created ? 201 : 200,
                   json_pack("{s:s, s:b}", "place", place->text, "created", result->created));
        place_settings_tag(&result->place, r.etag);
        if (result->created)
            snprintf(r.location, sizeof r.location, "/v1/places/%s", place->text);
        break;
    case ERR_INVAL: reply_problem(&r, 422, "invalid_place", result->reason); break;
    case ERR_NOTFOUND: reply_problem(&r, 404, "not_found", result->reason); break;
    case ERR_CONFLICT:
        if (p->kind == ADMIN_PLACE_CREATE)
            reply_problem(&r, 409, "place_exists",
                          "A place of this name exists with other values; PUT changes it.");
        else
            reply_problem(&r, 409, "conflict", result->reason);
        break;
    default:
        reply_problem(&r, 503, "unavailable", "The service is stopping; try again.");
        r.retry_after_s = 1;
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

static void post_admin(struct http *h, struct http_request *q, enum admin_kind kind,
                       const struct place_settings *settings, struct http_reply *r)
{
    struct pending_put *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_put){q->exchange, kind};
    w->admin = (struct admin_command){.kind = kind, .place = *settings, .done = put_done, .arg = p};
    if (!post_write(h, q, w, r))
        free(p);
}

/* ---- handlers ---- */

void handle_place_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct place_settings s;
    if (!query_known(q, NULL, 0, r) || !settings_of_body(h, q, NULL, r, &s))
        return;
    if (auth_sees_place(&q->principal, &s.place))
        post_admin(h, q, ADMIN_PLACE_CREATE, &s, r);
    else
        reply_other_place(r);
}

void handle_place_put(struct http *h, struct http_request *q, struct http_reply *r)
{
    const char *text = q->match->params[0];
    struct place_settings s;
    struct name place;
    if (!query_known(q, NULL, 0, r))
        return;
    if (name_parse(text, strlen(text), &place) != ERR_OK)
        reply_problem(r, 422, "bad_name", "A place's name is 1 to 31 characters a-z, 0-9, '-'.");
    else if (settings_of_body(h, q, &place, r, &s))
        post_admin(h, q, ADMIN_PLACE_PUT, &s, r);
}

void handle_place_resume(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct place_settings s = {0};
    if (query_known(q, NULL, 0, r) && place_of_path(q, r, &s.place))
        post_admin(h, q, ADMIN_PLACE_RESUME, &s, r);
}
