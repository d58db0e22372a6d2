/* Stripe PaymentIntents and Refunds (docs.stripe.com/api, version 2022-11-15).
 *
 * A charge is one off-session PaymentIntent, created and confirmed in one call under an
 * Idempotency-Key; the key also travels as metadata, by which a query finds the charge again (its
 * search lags by up to a minute: what it does not find is charged only under the same key). A refund
 * carries its key the same way. Settlement is read from the balance transactions with their sources.
 * The account token of a plate is "cus_..." or "cus_.../pm_...". */
#include "cloud/payment/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static void add_pair(struct buf *b, const char *name, const char *value)
{
    if (b->len > 0)
        buf_adds(b, "&");
    text_encode(b, name);
    buf_adds(b, "=");
    text_encode(b, value);
}

static void add_number(struct buf *b, const char *name, int64_t value)
{
    char text[24];
    struct buf number = buf_of(text, sizeof text);
    buf_addf(&number, "%" PRId64, value);
    add_pair(b, name, text);
}

/* What makes a charge or refund ours. */
static void add_metadata(struct buf *b, const struct payment_call *call)
{
    add_pair(b, "metadata[key]", call->key);
    add_pair(b, "metadata[session]", call->session.text);
    add_pair(b, "metadata[place]", call->place.text);
}

static enum err build_charge(const struct payment_call *call, struct provider_request *r)
{
    char currency[4];
    char customer[TOKEN_SIZE];
    if (call->amount.minor <= 0 || !text_plain(call->token))
        return ERR_INVAL;
    for (int i = 0; i < 4; i++)
        currency[i] = (char)tolower((unsigned char)call->amount.currency.code[i]);
    size_t customer_len = strcspn(call->token, "/");
    memcpy(customer, call->token, customer_len);
    customer[customer_len] = '\0';

    r->post = true;
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/payment_intents");
    struct buf body = buf_of(r->body, sizeof r->body);
    add_number(&body, "amount", call->amount.minor);
    add_pair(&body, "currency", currency);
    add_pair(&body, "customer", customer);
    if (call->token[customer_len] == '/')
        add_pair(&body, "payment_method", call->token + customer_len + 1);
    add_pair(&body, "confirm", "true");
    add_pair(&body, "off_session", "true");
    add_metadata(&body, call);
    if (body.overflow || target.overflow)
        return ERR_INVAL;
    return text_header(r, "Idempotency-Key", call->key);
}

/* A charge whose reference is known is looked up at once, any other is searched for. */
static enum err build_query(const struct payment_call *call, struct provider_request *r)
{
    char term[PAYMENT_KEY_SIZE + 32];
    struct buf t = buf_of(term, sizeof term);
    buf_addf(&t, "metadata['key']:'%s'", call->key);
    struct buf target = buf_of(r->target, sizeof r->target);
    if (call->charge_ref[0]) {
        buf_adds(&target, "/v1/payment_intents/");
        text_encode(&target, call->charge_ref);
    } else {
        buf_adds(&target, "/v1/payment_intents/search?query=");
        text_encode(&target, term);
    }
    return t.overflow || target.overflow ? ERR_INVAL : ERR_OK;
}

static enum err build_refund(const struct payment_call *call, struct provider_request *r)
{
    if (call->amount.minor <= 0 || !text_plain(call->charge_ref))
        return ERR_INVAL;
    r->post = true;
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/refunds");
    struct buf body = buf_of(r->body, sizeof r->body);
    add_pair(&body, "payment_intent", call->charge_ref);
    add_number(&body, "amount", call->amount.minor);
    add_metadata(&body, call);
    if (body.overflow || target.overflow)
        return ERR_INVAL;
    return text_header(r, "Idempotency-Key", call->key);
}

static enum err build_refund_query(const struct payment_call *call, struct provider_request *r)
{
    if (!text_plain(call->charge_ref))
        return ERR_INVAL;
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/refunds?limit=100&payment_intent=");
    text_encode(&target, call->charge_ref);
    return target.overflow ? ERR_INVAL : ERR_OK;
}

static enum err add_credentials(struct provider_request *r, const char *secret)
{
    char bearer[PROVIDER_SECRET_SIZE + 8];
    struct buf b = buf_of(bearer, sizeof bearer);
    buf_addf(&b, "Bearer %s", secret);
    if (!text_plain(secret) || b.overflow)
        return ERR_INVAL;
    TRY(text_header(r, "Authorization", bearer));
    return text_header(r, "Stripe-Version", "2022-11-15");
}

static enum err stripe_build(const struct payment_call *call, const char *secret,
                             struct provider_request *ret)
{
    struct provider_request r = {.answer_max = PROVIDER_ANSWER_MAX};
    enum err e = ERR_INVAL;
    if (!text_plain(call->key))
        return ERR_INVAL;
    switch (call->kind) {
    case PAYMENT_CALL_CHARGE: e = build_charge(call, &r); break;
    case PAYMENT_CALL_QUERY: e = build_query(call, &r); break;
    case PAYMENT_CALL_REFUND: e = build_refund(call, &r); break;
    case PAYMENT_CALL_REFUND_QUERY: e = build_refund_query(call, &r); break;
    case PAYMENT_CALL_KINDS: break;
    }
    TRY(e);
    TRY(add_credentials(&r, secret));
    *ret = r;
    return ERR_OK;
}

/* ---- answers about one charge or refund ---- */

static bool is_about(const json_t *object, const struct payment_call *call)
{
    return strcmp(text_member(json_object_get(object, "metadata"), "key"), call->key) == 0;
}

/* Another amount is an answer only to who asked what was charged. */
static bool read_money(const struct payment_call *call, const json_t *object,
                       struct provider_answer *a)
{
    const json_t *amount = json_object_get(object, "amount");
    int64_t minor = json_is_integer(amount) ? json_integer_value(amount) : 0;
    if (minor <= 0 || strcasecmp(text_member(object, "currency"), call->amount.currency.code) != 0)
        return false;
    if (minor == call->amount.minor)
        return true;
    a->charged_minor = call->kind == PAYMENT_CALL_QUERY ? minor : 0;
    return a->charged_minor > 0;
}

/* What a PaymentIntent or a Refund says about the money: succeeded, one of `refused`, or nothing yet. */
static void read_state(const struct payment_call *call, const json_t *object,
                       const char *const refused[], struct provider_answer *a)
{
    const char *status = text_member(object, "status");
    const char *id = text_member(object, "id");
    if (!*id || !*status) {
        text_reason(a, "answer without id or status");
        return;
    }
    text_take(a->reference, sizeof a->reference, id);
    a->healthy = true;
    if (strcmp(status, "succeeded") == 0) {
        bool clear = read_money(call, object, a);
        a->outcome = clear ? PAYMENT_RESULT_SUCCEEDED : PAYMENT_RESULT_UNKNOWN;
        text_reason(a, clear && !a->charged_minor ? "" : "charged amount differs");
        return;
    }
    text_reason(a, status);
    for (; *refused; refused++)
        if (strcmp(status, *refused) == 0)
            a->outcome = PAYMENT_RESULT_DECLINED;
}

/* Off-session, an intent that wants something from the customer is as good as declined; one that is
 * processing may still succeed, and so may a pending refund. */
static void read_object(const struct payment_call *call, const json_t *object,
                        struct provider_answer *a)
{
    static const char *const intent[] = {"requires_payment_method", "requires_action",
                                         "requires_confirmation", "canceled", NULL};
    static const char *const refund[] = {"failed", "canceled", NULL};
    bool is_refund = call->kind == PAYMENT_CALL_REFUND || call->kind == PAYMENT_CALL_REFUND_QUERY;
    read_state(call, object, is_refund ? refund : intent, a);
}

/* The object of this key, a succeeded one first. A search about other keys only is no answer; the
 * list of a charge's refunds may well hold others, but must be complete. */
static void read_list(const struct payment_call *call, const json_t *root,
                      struct provider_answer *a)
{
    const json_t *data = json_object_get(root, "data");
    const json_t *found = NULL;
    bool all = call->kind == PAYMENT_CALL_REFUND_QUERY
                   ? !json_is_true(json_object_get(root, "has_more"))
                   : json_array_size(data) == 0;
    if (!json_is_array(data)) {
        text_reason(a, "search result without data");
        return;
    }
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *object = json_array_get(data, i);
        if (!is_about(object, call))
            continue;
        if (!found || strcmp(text_member(object, "status"), "succeeded") == 0)
            found = object;
    }
    if (found) {
        read_object(call, found, a);
    } else if (all) {
        a->outcome = PAYMENT_RESULT_NOT_FOUND;
        a->healthy = true;
        text_reason(a, "");
    } else {
        text_reason(a, "search result about other keys");
    }
}

/* 402 is the card's refusal. Of the other 4xx, wrong credentials are our own fault and say nothing
 * about the money; a conflict over the key means that an earlier call may have charged. */
static void read_refusal(long status, const json_t *root, struct provider_answer *a)
{
    const json_t *error = json_object_get(root, "error");
    const char *type = text_member(error, "type");
    const char *code = text_member(error, "decline_code");
    if (!*code)
        code = text_member(error, "code");
    if (!json_is_object(error) || !*type) {
        text_reason(a, "refusal without a reason");
        return;
    }
    text_reason(a, *code ? code : type);
    text_take(a->reference, sizeof a->reference,
              text_member(json_object_get(error, "payment_intent"), "id"));
    if (strcmp(type, "idempotency_error") == 0)
        return;
    if (status == 401 || status == 403) {
        a->outcome = PAYMENT_RESULT_NOT_SENT;
        return;
    }
    a->outcome = PAYMENT_RESULT_DECLINED;
    a->healthy = true;
}

static void read_body(const struct payment_call *call, long status, const json_t *root,
                      struct provider_answer *a)
{
    bool search = call->kind == PAYMENT_CALL_QUERY && !call->charge_ref[0];
    if (status != 200)
        read_refusal(status, root, a);
    else if (search || call->kind == PAYMENT_CALL_REFUND_QUERY)
        read_list(call, root, a);
    else if (call->kind == PAYMENT_CALL_QUERY && !is_about(root, call))
        text_reason(a, "answer about another key");
    else
        read_object(call, root, a);
}

static void stripe_read(const struct payment_call *call, long status, const char *body, size_t len,
                        struct provider_answer *ret)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_UNKNOWN};
    bool query = call->kind == PAYMENT_CALL_QUERY || call->kind == PAYMENT_CALL_REFUND_QUERY;
    json_t *root = NULL;
    text_status(&a, status);
    if (status == 409 || status == 429 || status >= 500) {
        a.retry = true;
    } else if (status == 200 || (status >= 400 && !query)) {
        if (json_read(body, len, PROVIDER_ANSWER_MAX, &root, NULL) != ERR_OK)
            text_reason(&a, "answer is not JSON");
        else
            read_body(call, status, root, &a);
    }
    json_decref(root);
    *ret = a;
}

/* ---- settlement ---- */

static enum err stripe_build_page(const struct settlement_call *call, const char *secret,
                                  struct provider_request *ret)
{
    struct provider_request r = {.answer_max = PROVIDER_PAGE_MAX};
    char memory[PROVIDER_TARGET_SIZE];
    struct buf query = buf_of(memory, sizeof memory);
    add_number(&query, "limit", SETTLEMENT_LINES_MAX);
    add_pair(&query, "expand[]", "data.source");
    add_number(&query, "created[gte]", (call->from.v + 999) / 1000);
    add_number(&query, "created[lt]", (call->to.v + 999) / 1000);
    if (call->cursor[0])
        add_pair(&query, "starting_after", call->cursor);
    struct buf target = buf_of(r.target, sizeof r.target);
    buf_addf(&target, "/v1/balance_transactions?%s", memory);
    if (query.overflow || target.overflow)
        return ERR_INVAL;
    TRY(add_credentials(&r, secret));
    *ret = r;
    return ERR_OK;
}

/* One line of its balance; *ret_ours is false for what is no driver's money (fees, payouts). What was
 * charged is the source's: the balance may be kept in another currency. */
static enum err read_line(const json_t *transaction, struct settlement_line *ret, bool *ret_ours)
{
    static const struct {
        const char *type;
        bool refund;
    } types[] = {{"charge", false}, {"payment", false}, {"refund", true}, {"payment_refund", true}};
    const char *type = text_member(transaction, "type");
    const json_t *source = json_object_get(transaction, "source");
    struct settlement_line line = {0};
    bool ours = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i].type) == 0) {
            ours = true;
            line.refund = types[i].refund;
        }
    if (ours) {
        const char *ref = text_member(source, line.refund ? "id" : "payment_intent");
        const char *currency = text_member(source, "currency");
        int64_t created_s = 0;
        text_take(line.provider_ref, sizeof line.provider_ref, ref);
        text_take(line.key, sizeof line.key,
                  text_member(json_object_get(source, "metadata"), "key"));
        TRY(json_get_int(source, "amount", 1, INT64_MAX, &line.amount.minor));
        TRY(json_get_int(transaction, "created", 0, INT64_MAX / 1000, &created_s));
        for (size_t i = 0; i < 3 && currency[i]; i++)
            line.amount.currency.code[i] = (char)toupper((unsigned char)currency[i]);
        TRY(currency_parse(line.amount.currency.code, 3, &line.amount.currency));
        line.booked.v = created_s * 1000;
    }
    *ret = line;
    *ret_ours = ours;
    return ERR_OK;
}

static enum err read_lines(const json_t *root, struct settlement_page *page)
{
    const json_t *data = json_object_get(root, "data");
    if (!json_is_array(data) || json_array_size(data) > SETTLEMENT_LINES_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < json_array_size(data); i++) {
        bool ours = false;
        TRY(read_line(json_array_get(data, i), &page->lines[page->count], &ours));
        page->count += ours;
    }
    if (!json_is_true(json_object_get(root, "has_more")))
        return ERR_OK;
    const json_t *last = json_array_get(data, json_array_size(data) - 1);
    return json_get_text(last, "id", page->next, sizeof page->next);
}

static void stripe_read_page(const struct settlement_call *call, long status, const char *body,
                             size_t len, struct settlement_page *ret_page,
                             struct provider_answer *ret)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_UNKNOWN};
    json_t *root = NULL;
    (void)call;
    ret_page->count = 0;
    ret_page->next[0] = '\0';
    text_status(&a, status);
    if (status != 200) {
        a.retry = status == 429 || status >= 500;
    } else if (json_read(body, len, PROVIDER_PAGE_MAX, &root, NULL) != ERR_OK) {
        text_reason(&a, "answer is not JSON");
    } else if (read_lines(root, ret_page) != ERR_OK) {
        text_reason(&a, "a line that is not understood");
    } else {
        a = (struct provider_answer){.outcome = PAYMENT_RESULT_SUCCEEDED, .healthy = true};
    }
    json_decref(root);
    *ret = a;
}

const struct provider provider_stripe = {"stripe", stripe_build, stripe_read, stripe_build_page,
                                         stripe_read_page};
