/* See toss.h. */
#include "sim/payment/toss.h"

#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BODY_MAX = 64 * 1024,
    ID_SIZE = 40,
    KST_MS = 9 * 3600 * 1000,
    DATE_LEN = 10,
    PAGE_MAX = 100
};

struct toss {
    json_t *answers;  /* by idempotency key: {"status", "body"} */
    json_t *payments; /* oldest first */
    int64_t numbered;
};

struct toss *toss_new(void)
{
    struct toss *t = mem_alloc(sizeof *t);
    t->answers = json_object();
    t->payments = json_array();
    return t;
}

void toss_free(struct toss *t)
{
    if (t == NULL)
        return;
    json_decref(t->answers);
    json_decref(t->payments);
    free(t);
}

bool toss_speaks(const char *path)
{
    return strncmp(path, "/v1/billing/", 12) == 0 || strncmp(path, "/v1/payments/", 13) == 0 ||
           strcmp(path, "/v1/settlements") == 0;
}

struct charge_answer toss_error(unsigned status, const char *code)
{
    return (struct charge_answer){status, json_pack("{s:s, s:s}", "code", code, "message", code),
                                  false};
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* The payment with this member; NULL: none. */
static json_t *find(const struct toss *t, const char *member, const char *value)
{
    size_t i;
    json_t *payment;
    json_array_foreach(t->payments, i, payment)
    {
        if (strcmp(text_of(payment, member), value) == 0)
            return payment;
    }
    return NULL;
}

/* "2026-05-15T09:00:00+09:00" */
static json_t *korean_time(struct wall_ms now)
{
    char text[TIMESTAMP_SIZE] = "", korean[TIMESTAMP_SIZE + 8];
    timestamp_format((struct wall_ms){now.v + KST_MS}, text);
    snprintf(korean, sizeof korean, "%.19s+09:00", text);
    return json_string(korean);
}

/* ---- charges ---- */

static struct charge_answer charge(struct toss *t, const struct toss_call *c, const json_t *body,
                                   struct wall_ms now)
{
    char id[ID_SIZE];
    const char *order = text_of(body, "orderId");
    const char *billing = c->path + 12;
    size_t order_len = strlen(order);
    if (order_len < 6 || order_len > 64)
        return toss_error(400, "INVALID_ORDER_ID");
    if (number_of(body, "amount") <= 0 || text_of(body, "orderName")[0] == '\0')
        return toss_error(400, "INVALID_REQUEST");
    if (text_of(body, "customerKey")[0] == '\0')
        return toss_error(400, "INVALID_CUSTOMER_KEY");
    if (find(t, "orderId", order) != NULL)
        return toss_error(400, "DUPLICATED_ORDER_ID");
    if (c->decline || strncmp(billing, "declined", 8) == 0)
        return toss_error(403, "REJECT_CARD_PAYMENT");
    snprintf(id, sizeof id, "tsim%016" PRIx64, ++t->numbered);
    json_t *payment =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:n}", "mId", "sim",
                  "version", "2022-11-16", "paymentKey", id, "orderId", order, "orderName",
                  text_of(body, "orderName"), "status", "DONE", "currency", "KRW", "totalAmount",
                  number_of(body, "amount"), "balanceAmount", number_of(body, "amount"),
                  "lastTransactionKey", id, "approvedAt", korean_time(now), "cancels");
    json_array_append_new(t->payments, payment);
    return (struct charge_answer){200, json_deep_copy(payment), false};
}

/* ---- cancellations ---- */

static struct charge_answer cancel(struct toss *t, json_t *payment, const json_t *body,
                                   struct wall_ms now)
{
    char id[ID_SIZE];
    json_int_t left = number_of(payment, "balanceAmount");
    const json_t *wanted = json_object_get(body, "cancelAmount");
    json_int_t amount = wanted != NULL ? json_integer_value(wanted) : left;
    if (text_of(body, "cancelReason")[0] == '\0')
        return toss_error(400, "INVALID_REQUEST");
    if (left == 0)
        return toss_error(400, "ALREADY_CANCELED_PAYMENT");
    if (amount <= 0 || amount > left)
        return toss_error(403, "NOT_CANCELABLE_AMOUNT");
    snprintf(id, sizeof id, "tsim%016" PRIx64, ++t->numbered);
    if (!json_is_array(json_object_get(payment, "cancels")))
        json_object_set_new(payment, "cancels", json_array());
    json_array_append_new(json_object_get(payment, "cancels"),
                          json_pack("{s:s, s:I, s:s, s:s, s:o}", "transactionKey", id,
                                    "cancelAmount", amount, "cancelReason",
                                    text_of(body, "cancelReason"), "cancelStatus", "DONE",
                                    "canceledAt", korean_time(now)));
    json_object_set_new(payment, "balanceAmount", json_integer(left - amount));
    json_object_set_new(payment, "status",
                        json_string(left == amount ? "CANCELED" : "PARTIAL_CANCELED"));
    return (struct charge_answer){200, json_deep_copy(payment), false};
}

/* ---- settlements ---- */

static bool on_days(const char *when, const struct toss_call *c)
{
    return (c->start_date == NULL || strncmp(when, c->start_date, DATE_LEN) >= 0) &&
           (c->end_date == NULL || strncmp(when, c->end_date, DATE_LEN) <= 0);
}

static json_t *line(const json_t *payment, const json_t *cancelled)
{
    json_int_t amount = cancelled != NULL ? -number_of(cancelled, "cancelAmount")
                                          : number_of(payment, "totalAmount");
    json_t *item = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "mId", "sim", "paymentKey",
        text_of(payment, "paymentKey"), "transactionKey",
        cancelled != NULL ? text_of(cancelled, "transactionKey") : text_of(payment, "paymentKey"),
        "orderId", text_of(payment, "orderId"), "currency", text_of(payment, "currency"), "amount",
        amount, "approvedAt", text_of(payment, "approvedAt"));
    json_object_set_new(item, "cancel",
                        cancelled != NULL ? json_deep_copy(cancelled) : json_null());
    return item;
}

static struct charge_answer settlements(const struct toss *t, const struct toss_call *c)
{
    json_t *all = json_array();
    json_t *data = json_array();
    size_t i, k;
    json_t *payment, *cancelled;
    json_array_foreach(t->payments, i, payment)
    {
        if (on_days(text_of(payment, "approvedAt"), c))
            json_array_append_new(all, line(payment, NULL));
        json_array_foreach(json_object_get(payment, "cancels"), k, cancelled)
        {
            if (on_days(text_of(cancelled, "canceledAt"), c))
                json_array_append_new(all, line(payment, cancelled));
        }
    }
    int64_t size = c->size >= 1 && c->size <= PAGE_MAX ? c->size : PAGE_MAX;
    int64_t first = c->page >= 1 ? (c->page - 1) * size : 0;
    for (int64_t n = first; n < first + size && n < (int64_t)json_array_size(all); n++)
        json_array_append(data, json_array_get(all, (size_t)n));
    json_decref(all);
    return (struct charge_answer){200, data, false};
}

/* ---- calls ---- */

static struct charge_answer look_up(const struct toss *t, const char *member, const char *value)
{
    const json_t *payment = find(t, member, value);
    return payment != NULL ? (struct charge_answer){200, json_deep_copy(payment), false}
                           : toss_error(404, "NOT_FOUND_PAYMENT");
}

/* "tsim.../cancel" behind /v1/payments/ */
static struct charge_answer cancel_at(struct toss *t, const char *rest, const json_t *body,
                                      struct wall_ms now)
{
    char id[ID_SIZE];
    const char *slash = strchr(rest, '/');
    if (slash == NULL || strcmp(slash, "/cancel") != 0 || (size_t)(slash - rest) >= sizeof id)
        return toss_error(404, "NOT_FOUND");
    memcpy(id, rest, (size_t)(slash - rest));
    id[slash - rest] = '\0';
    json_t *payment = find(t, "paymentKey", id);
    return payment != NULL ? cancel(t, payment, body, now) : toss_error(404, "NOT_FOUND_PAYMENT");
}

static struct charge_answer execute(struct toss *t, const struct toss_call *c, struct wall_ms now)
{
    json_t *body = NULL;
    if (json_read(c->body, c->len, BODY_MAX, &body, NULL) != ERR_OK)
        return toss_error(400, "INVALID_REQUEST");
    struct charge_answer a = strncmp(c->path, "/v1/billing/", 12) == 0
                                 ? charge(t, c, body, now)
                                 : cancel_at(t, c->path + 13, body, now);
    json_decref(body);
    return a;
}

struct charge_answer toss_answer(struct toss *t, const struct toss_call *c, struct wall_ms now)
{
    if (c->authorization == NULL || strncmp(c->authorization, "Basic ", 6) != 0)
        return toss_error(401, "UNAUTHORIZED_KEY");
    if (!c->post && strcmp(c->path, "/v1/settlements") == 0)
        return settlements(t, c);
    if (!c->post && strncmp(c->path, "/v1/payments/orders/", 20) == 0)
        return look_up(t, "orderId", c->path + 20);
    if (!c->post)
        return look_up(t, "paymentKey", strlen(c->path) > 13 ? c->path + 13 : "");
    const json_t *before = c->key != NULL ? json_object_get(t->answers, c->key) : NULL;
    if (before != NULL) /* T1 */
        return (struct charge_answer){(unsigned)number_of(before, "status"),
                                      json_incref(json_object_get(before, "body")), true};
    struct charge_answer a = execute(t, c, now);
    if (c->key != NULL)
        json_object_set_new(t->answers, c->key,
                            json_pack("{s:i, s:O}", "status", (int)a.status, "body", a.body));
    return a;
}

json_t *toss_payments(const struct toss *t)
{
    return json_incref(t->payments);
}
