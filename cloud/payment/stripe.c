/* Stripe PaymentIntents (docs.stripe.com/api/payment_intents, API version 2022-11-15).
 *
 * A charge is one off-session PaymentIntent, created and confirmed in one call under an
 * Idempotency-Key; the key also travels as metadata, by which a query finds the charge again.
 * The account token of a plate is "cus_..." or "cus_.../pm_...". */
#include "cloud/payment/provider.h"
#include "protocol/base/buf.h"
#include "protocol/support/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 64 * 1024 };

/* Percent-encodes everything outside RFC 3986's unreserved set. */
static void add_encoded(struct buf *b, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (isalnum(*p) || strchr("-._~", *p))
            buf_add(b, (const char *)p, 1);
        else
            buf_add(b, (const char[]){'%', hex[*p >> 4], hex[*p & 15]}, 3);
    }
}

static void add_pair(struct buf *b, const char *name, const char *value)
{
    if (b->len > 0)
        buf_adds(b, "&");
    add_encoded(b, name);
    buf_adds(b, "=");
    add_encoded(b, value);
}

/* A header value or a quoted search term: printable ASCII without quotes and backslashes. */
static bool plain(const char *text)
{
    if (!*text)
        return false;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p >= 127 || *p == '\'' || *p == '"' || *p == '\\')
            return false;
    return true;
}

static enum err add_header(struct provider_request *r, const char *name, const char *value)
{
    struct buf b = buf_of(r->headers[r->header_count], sizeof r->headers[0]);
    buf_addf(&b, "%s: %s", name, value);
    if (b.overflow)
        return ERR_INVAL;
    r->header_count++;
    return ERR_OK;
}

static enum err build_charge(const struct payment_call *call, struct provider_request *r)
{
    char amount[24];
    char currency[4];
    char customer[TOKEN_SIZE];
    struct buf number = buf_of(amount, sizeof amount);
    buf_addf(&number, "%" PRId64, call->amount.minor);
    for (int i = 0; i < 4; i++)
        currency[i] = (char)tolower((unsigned char)call->amount.currency.code[i]);
    size_t customer_len = strcspn(call->token, "/");
    memcpy(customer, call->token, customer_len);
    customer[customer_len] = '\0';

    r->post = true;
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/payment_intents");
    struct buf body = buf_of(r->body, sizeof r->body);
    add_pair(&body, "amount", amount);
    add_pair(&body, "currency", currency);
    add_pair(&body, "customer", customer);
    if (call->token[customer_len] == '/')
        add_pair(&body, "payment_method", call->token + customer_len + 1);
    add_pair(&body, "confirm", "true");
    add_pair(&body, "off_session", "true");
    add_pair(&body, "metadata[key]", call->key);
    add_pair(&body, "metadata[session]", call->session.text);
    add_pair(&body, "metadata[place]", call->place.text);
    if (body.overflow || target.overflow)
        return ERR_INVAL;
    return add_header(r, "Idempotency-Key", call->key);
}

static enum err build_query(const struct payment_call *call, struct provider_request *r)
{
    char term[PAYMENT_KEY_SIZE + 32];
    struct buf t = buf_of(term, sizeof term);
    buf_addf(&t, "metadata['key']:'%s'", call->key);
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/payment_intents/search?query=");
    add_encoded(&target, term);
    return t.overflow || target.overflow ? ERR_INVAL : ERR_OK;
}

static enum err stripe_build(const struct payment_call *call, const char *secret,
                             struct provider_request *ret)
{
    struct provider_request r = {0};
    if (!plain(call->key) || !plain(secret))
        return ERR_INVAL;
    if (!call->query && (call->amount.minor <= 0 || !plain(call->token)))
        return ERR_INVAL;
    TRY(call->query ? build_query(call, &r) : build_charge(call, &r));
    char bearer[PROVIDER_SECRET_SIZE + 8];
    struct buf b = buf_of(bearer, sizeof bearer);
    buf_addf(&b, "Bearer %s", secret);
    if (b.overflow)
        return ERR_INVAL;
    TRY(add_header(&r, "Authorization", bearer));
    TRY(add_header(&r, "Stripe-Version", "2022-11-15"));
    *ret = r;
    return ERR_OK;
}

/* Printable ASCII only, cut to size: it goes to logs, records and screens. */
static void set_text(char *ret, size_t size, const char *text)
{
    size_t n = 0;
    for (; *text && n + 1 < size; text++)
        ret[n++] = isprint((unsigned char)*text) ? *text : '?';
    ret[n] = '\0';
}

static void set_reason(struct provider_answer *a, const char *text)
{
    set_text(a->reason, sizeof a->reason, text);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool same_money(const struct payment_call *call, const json_t *intent)
{
    const json_t *amount = json_object_get(intent, "amount");
    return json_is_integer(amount) && json_integer_value(amount) == call->amount.minor &&
           strcasecmp(text_of(intent, "currency"), call->amount.currency.code) == 0;
}

/* What a PaymentIntent says about the money. Off-session, an intent that wants something from the
 * customer is as good as declined; one that is processing may still succeed. */
static void read_intent(const struct payment_call *call, const json_t *intent,
                        struct provider_answer *a)
{
    static const char *const refused[] = {"requires_payment_method", "requires_action",
                                          "requires_confirmation", "canceled"};
    const char *status = text_of(intent, "status");
    const char *id = text_of(intent, "id");
    if (!*id || !*status) {
        set_reason(a, "answer without id or status");
        return;
    }
    set_text(a->reference, sizeof a->reference, id);
    a->healthy = true;
    if (strcmp(status, "succeeded") == 0) {
        bool same = same_money(call, intent);
        a->outcome = same ? PAYMENT_RESULT_SUCCEEDED : PAYMENT_RESULT_UNKNOWN;
        set_reason(a, same ? "" : "charged amount differs");
        return;
    }
    set_reason(a, status);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (strcmp(status, refused[i]) == 0)
            a->outcome = PAYMENT_RESULT_DECLINED;
}

/* The intent of this key, a succeeded one first. An answer about other keys only is no answer. */
static void read_search(const struct payment_call *call, const json_t *root,
                        struct provider_answer *a)
{
    const json_t *data = json_object_get(root, "data");
    const json_t *found = NULL;
    if (!json_is_array(data)) {
        set_reason(a, "search result without data");
        return;
    }
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *intent = json_array_get(data, i);
        if (strcmp(text_of(json_object_get(intent, "metadata"), "key"), call->key) != 0)
            continue;
        if (!found || strcmp(text_of(intent, "status"), "succeeded") == 0)
            found = intent;
    }
    if (found) {
        read_intent(call, found, a);
    } else if (json_array_size(data) == 0) {
        a->outcome = PAYMENT_RESULT_NOT_FOUND;
        a->healthy = true;
        set_reason(a, "");
    } else {
        set_reason(a, "search result about other keys");
    }
}

/* 402 is the card's refusal. Of the other 4xx, wrong credentials are our own fault and say nothing
 * about the money; a conflict over the key means that an earlier call may have charged. */
static void read_refusal(long status, const json_t *root, struct provider_answer *a)
{
    const json_t *error = json_object_get(root, "error");
    const char *type = text_of(error, "type");
    const char *code = text_of(error, "decline_code");
    if (!*code)
        code = text_of(error, "code");
    if (!json_is_object(error) || !*type) {
        set_reason(a, "refusal without a reason");
        return;
    }
    set_reason(a, *code ? code : type);
    set_text(a->reference, sizeof a->reference,
             text_of(json_object_get(error, "payment_intent"), "id"));
    if (strcmp(type, "idempotency_error") == 0)
        return;
    if (status == 401 || status == 403) {
        a->outcome = PAYMENT_RESULT_NOT_SENT;
        return;
    }
    a->outcome = PAYMENT_RESULT_DECLINED;
    a->healthy = true;
}

static void stripe_read(const struct payment_call *call, long status, const char *body, size_t len,
                        struct provider_answer *ret)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_UNKNOWN};
    struct buf reason = buf_of(a.reason, sizeof a.reason);
    json_t *root = NULL;
    buf_addf(&reason, "http %ld", status);
    if (status == 409 || status == 429 || status >= 500) {
        a.retry = true;
    } else if (status == 200 || (status >= 400 && !call->query)) {
        if (json_read(body, len, ANSWER_BYTES_MAX, &root, NULL) != ERR_OK)
            set_reason(&a, "answer is not JSON");
        else if (status != 200)
            read_refusal(status, root, &a);
        else if (call->query)
            read_search(call, root, &a);
        else
            read_intent(call, root, &a);
    }
    json_decref(root);
    *ret = a;
}

const struct provider provider_stripe = {"stripe", stripe_build, stripe_read};
