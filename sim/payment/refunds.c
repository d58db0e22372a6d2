/* See refunds.h. */
#include "sim/payment/refunds.h"

#include "protocol/support/memory.h"
#include "sim/payment/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 32, AMOUNT_DIGITS_MAX = 8 };

struct refunds {
    json_t *answers; /* by idempotency key: {"status", "body"} */
    json_t *list;    /* oldest first */
};

struct refunds *refunds_new(void)
{
    struct refunds *r = mem_alloc(sizeof *r);
    r->answers = json_object();
    r->list = json_array();
    return r;
}

void refunds_free(struct refunds *r)
{
    if (r == NULL)
        return;
    json_decref(r->answers);
    json_decref(r->list);
    free(r);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static struct charge_answer invalid(const char *code, const char *message)
{
    return charges_error(400, "invalid_request_error", code, message);
}

static json_int_t given_back(const struct refunds *r, const char *intent)
{
    json_int_t sum = 0;
    size_t i;
    json_t *refund;
    json_array_foreach(r->list, i, refund)
    {
        if (strcmp(text_of(refund, "payment_intent"), intent) == 0)
            sum += json_integer_value(json_object_get(refund, "amount"));
    }
    return sum;
}

/* Digits only; -1: not an amount. */
static json_int_t amount_of(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > AMOUNT_DIGITS_MAX || strspn(text, "0123456789") != len)
        return -1;
    return strtoll(text, NULL, 10);
}

static struct charge_answer execute(struct refunds *r, const json_t *form, const json_t *intent,
                                    struct wall_ms now)
{
    char id[ID_SIZE];
    const char *of = text_of(intent, "id");
    const char *wanted = text_of(form, "amount");
    const json_t *metadata = json_object_get(form, "metadata");
    json_int_t left =
        json_integer_value(json_object_get(intent, "amount_received")) - given_back(r, of);
    json_int_t amount = wanted[0] != '\0' ? amount_of(wanted) : left;
    if (left <= 0)
        return invalid("charge_already_refunded", "Nothing of this payment is left to refund.");
    if (amount <= 0 || amount > left)
        return invalid("parameter_invalid_integer", "amount is not 1 to what is left");
    snprintf(id, sizeof id, "re_sim%016zx", json_array_size(r->list) + 1);
    json_t *refund =
        json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:o}", "id", id, "object", "refund",
                  "amount", amount, "currency", text_of(intent, "currency"), "payment_intent", of,
                  "status", "succeeded", "created", (json_int_t)(now.v / 1000), "metadata",
                  metadata != NULL ? json_deep_copy(metadata) : json_object());
    json_array_append_new(r->list, refund);
    return (struct charge_answer){200, json_incref(refund), false};
}

static bool known(const json_t *form)
{
    static const char *const names[] = {"payment_intent", "amount", "metadata", "reason"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)form, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            found |= strcmp(name, names[i]) == 0;
        if (!found || json_is_object(value) != (strcmp(name, "metadata") == 0))
            return false;
    }
    return true;
}

struct charge_answer refunds_create(struct refunds *r, const struct charges *c, const char *key,
                                    const char *form, size_t len, struct wall_ms now)
{
    json_t *params = NULL;
    const json_t *before = key != NULL ? json_object_get(r->answers, key) : NULL;
    if (before != NULL) /* R1 */
        return (struct charge_answer){
            (unsigned)json_integer_value(json_object_get(before, "status")),
            json_incref(json_object_get(before, "body")), true};
    if (form_parse(form, len, &params) != ERR_OK)
        return invalid("parameter_invalid", "the body is not a form");
    struct charge_answer intent = charges_get(c, text_of(params, "payment_intent"));
    struct charge_answer a;
    if (!known(params))
        a = invalid("parameter_unknown", "Received unknown parameter");
    else if (intent.status != 200)
        a = invalid("resource_missing", "No such payment_intent");
    else
        a = execute(r, params, intent.body, now);
    if (key != NULL && intent.status == 200)
        json_object_set_new(r->answers, key,
                            json_pack("{s:i, s:O}", "status", (int)a.status, "body", a.body));
    json_decref(intent.body);
    json_decref(params);
    return a;
}

static struct charge_answer list_answer(const char *url, json_t *data, bool more)
{
    return (struct charge_answer){200,
                                  json_pack("{s:s, s:s, s:b, s:o}", "object", "list", "url", url,
                                            "has_more", (int)more, "data", data),
                                  false};
}

struct charge_answer refunds_list(const struct refunds *r, const char *intent)
{
    json_t *data = json_array();
    size_t i;
    json_t *refund;
    json_array_foreach(r->list, i, refund)
    {
        if (intent == NULL || strcmp(text_of(refund, "payment_intent"), intent) == 0)
            json_array_insert(data, 0, refund);
    }
    return list_answer("/v1/refunds", data, false);
}

/* ---- balance transactions ---- */

static json_t *transaction(const char *type, const json_t *source, json_int_t sign, const char *of)
{
    char id[ID_SIZE + 8];
    json_int_t amount = json_integer_value(json_object_get(source, "amount"));
    json_t *from = json_deep_copy(source);
    json_object_set_new(from, "payment_intent", json_string(of));
    snprintf(id, sizeof id, "txn_%.24s", text_of(source, "id"));
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:O, s:o}", "id", id, "object",
                     "balance_transaction", "type", type, "amount", sign * amount, "currency",
                     text_of(source, "currency"), "created", json_object_get(source, "created"),
                     "source", from);
}

static json_int_t created(const json_t *object)
{
    return json_integer_value(json_object_get(object, "created"));
}

/* Everything in [from_s, to_s), newest first: charges and refunds, each oldest first, merged. */
static json_t *everything(const struct refunds *r, const struct charges *c, int64_t from_s,
                          int64_t to_s)
{
    json_t *all = json_array();
    json_t *charges = charges_list(c);
    size_t i = 0, k = 0;
    while (i < json_array_size(charges) || k < json_array_size(r->list)) {
        const char *of = text_of(json_array_get(charges, i), "intent");
        struct charge_answer intent = charges_get(c, of);
        const json_t *refund = json_array_get(r->list, k);
        bool charge_first = refund == NULL || (i < json_array_size(charges) &&
                                               created(intent.body) <= created(refund));
        const json_t *next = charge_first ? intent.body : refund;
        if (created(next) >= from_s && created(next) < to_s)
            json_array_insert_new(
                all, 0,
                charge_first ? transaction("charge", next, 1, of)
                             : transaction("refund", next, -1, text_of(next, "payment_intent")));
        i += charge_first;
        k += !charge_first;
        json_decref(intent.body);
    }
    json_decref(charges);
    return all;
}

struct charge_answer refunds_balance(const struct refunds *r, const struct charges *c,
                                     int64_t from_s, int64_t to_s, size_t limit, const char *after)
{
    json_t *all = everything(r, c, from_s, to_s);
    json_t *data = json_array();
    size_t i = 0;
    if (after != NULL)
        while (i < json_array_size(all) && strcmp(text_of(json_array_get(all, i++), "id"), after))
            continue;
    for (; i < json_array_size(all) && json_array_size(data) < limit; i++)
        json_array_append(data, json_array_get(all, i));
    bool more = i < json_array_size(all);
    json_decref(all);
    return list_answer("/v1/balance_transactions", data, more);
}

json_t *refunds_all(const struct refunds *r)
{
    return json_incref(r->list);
}

int64_t refunds_count(const struct refunds *r)
{
    return (int64_t)json_array_size(r->list);
}
