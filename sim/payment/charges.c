/* See charges.h. */
#include "sim/payment/charges.h"

#include "protocol/base/money.h"
#include "protocol/support/memory.h"
#include "sim/payment/form.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 255, AMOUNT_DIGITS_MAX = 8, ID_SIZE = 32 };

struct charges {
    json_t *answers; /* by idempotency key: {"params", "status", "body"} */
    json_t *intents; /* oldest first */
    json_t *list;    /* charges made */
    json_t *amount;  /* by currency */
    int64_t declined;
    int64_t replayed;
    int64_t numbered;
};

/* A call that was understood. */
struct wanted {
    int64_t amount_minor;
    struct currency currency;
    const char *customer; /* borrowed from the form */
    bool confirm;
};

struct charges *charges_new(void)
{
    struct charges *c = mem_alloc(sizeof *c);
    c->answers = json_object();
    c->intents = json_array();
    c->list = json_array();
    c->amount = json_object();
    return c;
}

void charges_free(struct charges *c)
{
    if (c == NULL)
        return;
    json_decref(c->answers);
    json_decref(c->intents);
    json_decref(c->list);
    json_decref(c->amount);
    free(c);
}

struct charge_answer charges_error(unsigned status, const char *type, const char *code,
                                   const char *message)
{
    return (struct charge_answer){.status = status,
                                  .body = json_pack("{s:{s:s, s:s*, s:s}}", "error", "type", type,
                                                    "code", code, "message", message)};
}

static struct charge_answer invalid(const char *code, const char *message)
{
    return charges_error(400, "invalid_request_error", code, message);
}

static bool parameter_known(const char *name)
{
    static const char *const known[] = {"amount",
                                        "currency",
                                        "customer",
                                        "confirm",
                                        "payment_method",
                                        "off_session",
                                        "description",
                                        "metadata",
                                        "statement_descriptor",
                                        "payment_method_types[]"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

static bool parse_amount(const char *text, int64_t *ret)
{
    size_t len = strlen(text);
    if (len == 0 || len > AMOUNT_DIGITS_MAX || strspn(text, "0123456789") != len)
        return false;
    *ret = strtoll(text, NULL, 10);
    return *ret > 0;
}

static bool parse_currency(const char *text, struct currency *ret)
{
    char upper[4] = "";
    if (strlen(text) != 3)
        return false;
    for (int i = 0; i < 3; i++)
        upper[i] = (char)toupper((unsigned char)text[i]);
    return currency_parse(upper, 3, ret) == ERR_OK;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* What the parameters ask for; false: *ret_error is the answer. */
static bool understand(json_t *form, struct wanted *ret, struct charge_answer *ret_error)
{
    const char *name;
    json_t *value;
    json_object_foreach(form, name, value)
    {
        if (!parameter_known(name) || json_is_object(value) != (strcmp(name, "metadata") == 0)) {
            char message[160];
            snprintf(message, sizeof message, "Received unknown parameter: %.80s", name);
            *ret_error = invalid("parameter_unknown", message);
            return false;
        }
    }
    *ret = (struct wanted){.customer = text_of(form, "customer"),
                           .confirm = strcmp(text_of(form, "confirm"), "true") == 0};
    if (!parse_amount(text_of(form, "amount"), &ret->amount_minor))
        *ret_error = invalid("parameter_invalid_integer", "amount is not 1..99999999");
    else if (!parse_currency(text_of(form, "currency"), &ret->currency))
        *ret_error = invalid("parameter_invalid", "currency is not an ISO 4217 code");
    else if (strncmp(ret->customer, "cus_", 4) != 0)
        *ret_error = invalid("resource_missing", "No such customer");
    else
        return true;
    return false;
}

static json_t *make_intent(struct charges *c, const json_t *form, const struct wanted *w,
                           const char *status, struct wall_ms now)
{
    char id[ID_SIZE], currency[4] = "";
    bool paid = strcmp(status, "succeeded") == 0;
    const json_t *metadata = json_object_get(form, "metadata");
    snprintf(id, sizeof id, "pi_sim%016llx", (unsigned long long)++c->numbered);
    for (int i = 0; i < 3; i++)
        currency[i] = (char)tolower((unsigned char)w->currency.code[i]);
    json_t *intent =
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:I, s:b, s:o}", "id", id, "object",
                  "payment_intent", "amount", (json_int_t)w->amount_minor, "amount_received",
                  (json_int_t)(paid ? w->amount_minor : 0), "currency", currency, "customer",
                  w->customer, "status", status, "created", (json_int_t)(now.v / 1000), "livemode",
                  0, "metadata", metadata != NULL ? json_deep_copy(metadata) : json_object());
    json_array_append_new(c->intents, intent);
    return intent;
}

static void book(struct charges *c, const json_t *intent, const struct wanted *w, const char *key,
                 struct wall_ms now)
{
    char time[TIMESTAMP_SIZE] = "";
    const char *currency = w->currency.code;
    json_int_t sum = json_integer_value(json_object_get(c->amount, currency));
    timestamp_format(now, time);
    json_object_set_new(c->amount, currency, json_integer(sum + w->amount_minor));
    json_array_append_new(
        c->list, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:O}", "key", key != NULL ? key : "",
                           "customer", w->customer, "amount_minor", (json_int_t)w->amount_minor,
                           "currency", currency, "time", time, "intent", text_of(intent, "id"),
                           "metadata", json_object_get(intent, "metadata")));
}

static struct charge_answer execute(struct charges *c, const json_t *form, const struct wanted *w,
                                    const char *key, bool decline, struct wall_ms now)
{
    if (!w->confirm)
        return (struct charge_answer){
            200, json_incref(make_intent(c, form, w, "requires_confirmation", now)), false};
    if (!decline) {
        json_t *intent = make_intent(c, form, w, "succeeded", now);
        book(c, intent, w, key, now);
        return (struct charge_answer){200, json_incref(intent), false};
    }
    json_t *intent = make_intent(c, form, w, "requires_payment_method", now);
    c->declined++;
    json_t *body = json_pack("{s:{s:s, s:s, s:s, s:s, s:O}}", "error", "type", "card_error", "code",
                             "card_declined", "decline_code", "generic_decline", "message",
                             "Your card was declined.", "payment_intent", intent);
    return (struct charge_answer){402, body, false};
}

/* C1; false: the key is new. */
static bool answered_before(struct charges *c, const char *key, const json_t *form,
                            struct charge_answer *ret)
{
    const json_t *before = json_object_get(c->answers, key);
    if (before == NULL)
        return false;
    c->replayed++;
    if (!json_equal(json_object_get(before, "params"), form)) {
        *ret = charges_error(400, "idempotency_error", NULL,
                             "Keys for idempotent requests can only be used with the same "
                             "parameters they were first used with.");
        return true;
    }
    *ret = (struct charge_answer){(unsigned)json_integer_value(json_object_get(before, "status")),
                                  json_incref(json_object_get(before, "body")), true};
    return true;
}

struct charge_answer charges_create(struct charges *c, const char *key, const char *form,
                                    size_t len, bool decline, struct wall_ms now)
{
    json_t *params = NULL;
    struct wanted w;
    struct charge_answer a;
    if (key != NULL && (key[0] == '\0' || strlen(key) > KEY_MAX))
        return invalid("parameter_invalid", "Idempotency-Key is not 1..255 characters");
    if (form_parse(form, len, &params) != ERR_OK)
        return invalid("parameter_invalid", "the body is not a form");
    if (key != NULL && answered_before(c, key, params, &a)) {
        json_decref(params);
        return a;
    }
    if (!understand(params, &w, &a)) { /* C2 */
        json_decref(params);
        return a;
    }
    decline |= strncmp(w.customer, "cus_declined", 12) == 0;
    a = execute(c, params, &w, key, decline, now);
    if (key != NULL)
        json_object_set_new(c->answers, key,
                            json_pack("{s:O, s:i, s:O}", "params", params, "status", (int)a.status,
                                      "body", a.body));
    json_decref(params);
    return a;
}

void charges_trace(struct charges *c, const char *key, const char *traceparent)
{
    size_t i;
    json_t *charge;
    json_array_foreach(c->list, i, charge)
    {
        if (strcmp(text_of(charge, "key"), key) == 0 &&
            json_object_get(charge, "traceparent") == NULL)
            json_object_set_new(charge, "traceparent", json_string(traceparent));
    }
}

struct charge_answer charges_get(const struct charges *c, const char *id)
{
    size_t i;
    json_t *intent;
    json_array_foreach(c->intents, i, intent)
    {
        if (strcmp(text_of(intent, "id"), id) == 0)
            return (struct charge_answer){200, json_incref(intent), false};
    }
    return charges_error(404, "invalid_request_error", "resource_missing",
                         "No such payment_intent");
}

/* The text between two equal quotes at *at, which moves behind them. */
static bool quoted(const char **at, char *ret, size_t size)
{
    char quote = **at;
    const char *end = quote == '\'' || quote == '"' ? strchr(*at + 1, quote) : NULL;
    size_t len = end != NULL ? (size_t)(end - *at) - 1 : size;
    if (len >= size)
        return false;
    memcpy(ret, *at + 1, len);
    ret[len] = '\0';
    *at = end + 1;
    return true;
}

static bool parse_query(const char *query, char *ret_name, char *ret_value, size_t size)
{
    static const char prefix[] = "metadata[";
    if (query == NULL || strncmp(query, prefix, sizeof prefix - 1) != 0)
        return false;
    query += sizeof prefix - 1;
    if (!quoted(&query, ret_name, size) || strncmp(query, "]:", 2) != 0)
        return false;
    query += 2;
    return quoted(&query, ret_value, size) && *query == '\0';
}

struct charge_answer charges_search(const struct charges *c, const char *query)
{
    char name[512], value[512];
    size_t i;
    json_t *intent;
    if (!parse_query(query, name, value, sizeof name))
        return invalid("parameter_invalid", "query is not metadata['NAME']:'VALUE'");
    json_t *found = json_array();
    json_array_foreach(c->intents, i, intent)
    {
        const json_t *is = json_object_get(json_object_get(intent, "metadata"), name);
        if (is != NULL && strcmp(json_string_value(is), value) == 0)
            json_array_append(found, intent);
    }
    return (struct charge_answer){200,
                                  json_pack("{s:s, s:s, s:b, s:o}", "object", "search_result",
                                            "url", "/v1/payment_intents/search", "has_more", 0,
                                            "data", found),
                                  false};
}

json_t *charges_list(const struct charges *c)
{
    return json_incref(c->list);
}

struct charge_counts charges_count(const struct charges *c)
{
    return (struct charge_counts){.charges = (int64_t)json_array_size(c->list),
                                  .declined = c->declined,
                                  .replayed = c->replayed,
                                  .amount = c->amount};
}
