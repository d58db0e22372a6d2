/* POST /v1/validations: a shop gives a discount to a stay. */
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "cloud/http/stay_named.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pending_validation {
    struct exchange *exchange;
    struct validation_order order;
};

static bool id_good(const char *id)
{
    size_t len = strlen(id);
    return len > 0 && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "._-") == len;
}

static void read_what(const json_t *body, json_t **problem, struct tariff_validation *ret)
{
    char word[16];
    struct tariff_validation v = {.kind = TARIFF_VALIDATION_KINDS};
    const json_t *value = json_object_get(body, "value");
    if (json_get_text(body, "kind", word, sizeof word) != ERR_OK ||
        tariff_validation_parse(word, &v.kind) != ERR_OK)
        act_complain(problem, "/kind", "expected percent, minutes or amount");
    v.value = json_is_integer(value) ? json_integer_value(value) : 0;
    if (v.value < 1 || (v.kind != TARIFF_VALIDATION_KINDS && tariff_validation_check(&v) != ERR_OK))
        act_complain(problem, "/value",
                     "expected percent from 1 to 100, minutes, or minor units of the currency");
    *ret = v;
}

/* A shop's own token gives for that shop, whoever it says it is. */
static bool is_shop(const struct principal *p)
{
    return (p->roles & (ROLE_OPERATOR | ROLE_ATTENDANT)) == 0;
}

static void read_issuer(const json_t *body, const struct principal *p, json_t **problem,
                        struct name *ret)
{
    char text[NAME_SIZE + 1];
    enum err e = json_get_text(body, "issuer", text, sizeof text);
    if (e == ERR_NOTFOUND && is_shop(p))
        *ret = p->name;
    else if (e != ERR_OK || name_parse(text, strlen(text), ret) != ERR_OK)
        act_complain(problem, "/issuer", "expected the name of a shop");
    else if (is_shop(p) && !name_equal(ret, &p->name))
        act_complain(problem, "/issuer", "expected the shop of this token");
}

static void read_order(const json_t *body, const struct principal *p, json_t **problem,
                       struct validation_order *ret)
{
    static const char *const known[] = {"id",         "session", "place", "plate",
                                        "credential", "issuer",  "kind",  "value"};
    act_members(body, known, sizeof known / sizeof known[0], problem);
    if (json_get_text(body, "id", ret->row.id, sizeof ret->row.id) != ERR_OK ||
        !id_good(ret->row.id))
        act_complain(problem, "/id",
                     "expected 1 to 32 of letters, digits, '.', '_' and '-': the number of the "
                     "validation, which is given once");
    stay_name_of_body(body, problem, &ret->stay);
    read_issuer(body, p, problem, &ret->row.issuer);
    read_what(body, problem, &ret->row.what);
    ret->row.actor = p->name;
}

static void validation_done(void *arg, const struct admin_result *result)
{
    struct pending_validation *p = arg;
    struct http_reply r = {0};
    if (!act_refused(result, &r)) {
        json_t *o = json_object();
        set_text(o, "id", p->order.row.id);
        set_text(o, "session", result->session.text);
        set_text(o, "place", result->place.place.text);
        set_text(o, "issuer", p->order.row.issuer.text);
        set_text(o, "kind", tariff_validation_word(p->order.row.what.kind));
        set_int(o, "value", p->order.row.what.value);
        set_text(o, "currency", result->currency.code);
        set_int(o, "price_minor", result->price_minor);
        set_int(o, "paid_minor", result->paid_minor);
        set_int(o, "due_minor", result->due_minor);
        reply_json(&r, 201, o);
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

void handle_validation_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct validation_order o = {0};
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !body_is_json(q, r, &body))
        return;
    read_order(body, &q->principal, &problem, &o);
    json_decref(body);
    if (problem != NULL) {
        reply_problem_json(r, problem);
        return;
    }
    struct session_view s;
    if (!stay_named_find(h, q, &o.stay, r, &s))
        return;
    o.stay = (struct stay_name){.session = s.id};
    struct pending_validation *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_validation){q->exchange, o};
    w->admin = (struct admin_command){
        .kind = ADMIN_VALIDATE, .validation = o, .done = validation_done, .arg = p};
    if (!post_write(h, q, w, r))
        free(p);
}
