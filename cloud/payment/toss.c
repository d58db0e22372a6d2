/* Toss Payments, automatic payments by billing key (docs.tosspayments.com, API version 2022-11-16).
 *
 * A charge is POST /v1/billing/{billingKey} under an Idempotency-Key; our key is also its orderId, with
 * '_' for ':', by which a query finds it again. A refund is a cancellation of the payment; its key
 * stands in the cancelReason. The account token of a plate is "billingKey/customerKey". Won only. */
#include "cloud/payment/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char refund_words[] = "refund ";

enum { KST_MS = 9 * 3600 * 1000, DATE_LEN = 10, ORDER_ID_MIN = 6 };

/* ---- what is sent ---- */

static bool is_won(const struct payment_call *call)
{
    return call->amount.minor > 0 && strcmp(call->amount.currency.code, "KRW") == 0;
}

/* ERR_INVAL: the key has characters that an orderId has not. */
static enum err order_id(const char *key, char ret[PAYMENT_KEY_SIZE])
{
    size_t n = 0;
    for (; key[n]; n++) {
        if (!isalnum((unsigned char)key[n]) && key[n] != '-' && key[n] != ':')
            return ERR_INVAL;
        ret[n] = key[n];
        if (ret[n] == ':')
            ret[n] = '_';
    }
    ret[n] = '\0';
    return n < ORDER_ID_MIN ? ERR_INVAL : ERR_OK;
}

/* Takes the reference to `json`. */
static enum err set_body(struct provider_request *r, json_t *json)
{
    size_t len = 0;
    enum err e = json ? json_write(json, r->body, sizeof r->body, &len) : ERR_INVAL;
    json_decref(json);
    r->post = true;
    return e == ERR_OK ? text_header(r, "Content-Type", "application/json") : ERR_INVAL;
}

static enum err build_charge(const struct payment_call *call, struct provider_request *r)
{
    char order[PAYMENT_KEY_SIZE];
    char billing[TOKEN_SIZE];
    char title[NAME_SIZE + 16];
    const char *slash = strrchr(call->token, '/');
    if (!is_won(call) || !text_plain(call->token) || !slash || slash == call->token || !slash[1])
        return ERR_INVAL;
    TRY(order_id(call->key, order));
    memcpy(billing, call->token, (size_t)(slash - call->token));
    billing[slash - call->token] = '\0';
    struct buf name = buf_of(title, sizeof title);
    buf_addf(&name, "Parking %s", call->place.text);
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/billing/");
    text_encode(&target, billing);
    if (target.overflow || name.overflow)
        return ERR_INVAL;
    TRY(set_body(r,
                 json_pack("{s:s, s:I, s:s, s:s}", "customerKey", slash + 1, "amount",
                           (json_int_t)call->amount.minor, "orderId", order, "orderName", title)));
    return text_header(r, "Idempotency-Key", call->key);
}

static enum err build_query(const struct payment_call *call, struct provider_request *r)
{
    char order[PAYMENT_KEY_SIZE];
    TRY(order_id(call->key, order));
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_addf(&target, "/v1/payments/orders/%s", order);
    return target.overflow ? ERR_INVAL : ERR_OK;
}

static enum err build_refund(const struct payment_call *call, struct provider_request *r)
{
    char reason[sizeof refund_words + PAYMENT_KEY_SIZE];
    if (!is_won(call) || !text_plain(call->charge_ref))
        return ERR_INVAL;
    struct buf words = buf_of(reason, sizeof reason);
    buf_addf(&words, "%s%s", refund_words, call->key);
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/payments/");
    text_encode(&target, call->charge_ref);
    buf_adds(&target, "/cancel");
    if (target.overflow || words.overflow)
        return ERR_INVAL;
    TRY(set_body(r, json_pack("{s:s, s:I}", "cancelReason", reason, "cancelAmount",
                              (json_int_t)call->amount.minor)));
    return text_header(r, "Idempotency-Key", call->key);
}

static enum err build_refund_query(const struct payment_call *call, struct provider_request *r)
{
    if (!text_plain(call->charge_ref))
        return ERR_INVAL;
    struct buf target = buf_of(r->target, sizeof r->target);
    buf_adds(&target, "/v1/payments/");
    text_encode(&target, call->charge_ref);
    return target.overflow ? ERR_INVAL : ERR_OK;
}

static enum err add_credentials(struct provider_request *r, const char *secret)
{
    char user[PROVIDER_SECRET_SIZE + 1];
    char basic[PROVIDER_HEADER_SIZE];
    struct buf u = buf_of(user, sizeof user);
    buf_addf(&u, "%s:", secret); /* the key is the user, the password is empty */
    struct buf b = buf_of(basic, sizeof basic);
    buf_adds(&b, "Basic ");
    text_base64(&b, user);
    enum err e = !text_plain(secret) || u.overflow || b.overflow
                     ? ERR_INVAL
                     : text_header(r, "Authorization", basic);
    explicit_bzero(user, sizeof user);
    explicit_bzero(basic, sizeof basic);
    return e;
}

static enum err toss_build(const struct payment_call *call, const char *secret,
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

static bool is_amount(const struct payment_call *call, const json_t *amount, const char *currency)
{
    return json_is_integer(amount) && json_integer_value(amount) == call->amount.minor &&
           strcmp(currency, call->amount.currency.code) == 0;
}

static bool is_one_of(const char *text, const char *const list[])
{
    for (; *list; list++)
        if (strcmp(text, *list) == 0)
            return true;
    return false;
}

/* A payment that was cancelled since had succeeded first. */
static void read_payment(const struct payment_call *call, const json_t *payment,
                         struct provider_answer *a)
{
    static const char *const taken[] = {"DONE", "CANCELED", "PARTIAL_CANCELED", NULL};
    static const char *const refused[] = {"ABORTED", "EXPIRED", NULL};
    char order[PAYMENT_KEY_SIZE] = "";
    const char *status = text_member(payment, "status");
    const char *ref = text_member(payment, "paymentKey");
    if (!*status || !*ref) {
        text_reason(a, "answer without paymentKey or status");
        return;
    }
    if (order_id(call->key, order) != ERR_OK ||
        strcmp(text_member(payment, "orderId"), order) != 0) {
        text_reason(a, "answer about another order");
        return;
    }
    text_take(a->reference, sizeof a->reference, ref);
    a->healthy = true;
    text_reason(a, status);
    if (is_one_of(status, refused))
        a->outcome = PAYMENT_RESULT_DECLINED;
    if (!is_one_of(status, taken))
        return;
    const json_t *amount = json_object_get(payment, "totalAmount");
    const char *currency = text_member(payment, "currency");
    bool same = is_amount(call, amount, currency);
    if (!same && call->kind == PAYMENT_CALL_QUERY && json_integer_value(amount) > 0 &&
        strcmp(currency, call->amount.currency.code) == 0)
        a->charged_minor = json_integer_value(amount);
    a->outcome = same || a->charged_minor ? PAYMENT_RESULT_SUCCEEDED : PAYMENT_RESULT_UNKNOWN;
    text_reason(a, same ? "" : "charged amount differs");
}

/* The cancellation with our key among those of the payment. */
static void read_refund(const struct payment_call *call, const json_t *payment,
                        struct provider_answer *a)
{
    const json_t *cancels = json_object_get(payment, "cancels");
    size_t n = json_array_size(cancels);
    if (strcmp(text_member(payment, "paymentKey"), call->charge_ref) != 0) {
        text_reason(a, "answer about another payment");
        return;
    }
    a->healthy = true;
    for (size_t i = 0; i < n; i++) {
        const json_t *c = json_array_get(cancels, i);
        const char *reason = text_member(c, "cancelReason");
        const char *status = text_member(c, "cancelStatus");
        if (strncmp(reason, refund_words, sizeof refund_words - 1) != 0 ||
            strcmp(reason + sizeof refund_words - 1, call->key) != 0)
            continue;
        bool same =
            is_amount(call, json_object_get(c, "cancelAmount"), text_member(payment, "currency"));
        bool done = strcmp(status, "DONE") == 0 || !*status;
        text_take(a->reference, sizeof a->reference, text_member(c, "transactionKey"));
        text_reason(a, !done ? status : same ? "" : "refunded amount differs");
        if (strcmp(status, "ABORTED") == 0)
            a->outcome = PAYMENT_RESULT_DECLINED;
        else if (done && same)
            a->outcome = PAYMENT_RESULT_SUCCEEDED;
        return;
    }
    if (call->kind == PAYMENT_CALL_REFUND_QUERY) {
        a->outcome = PAYMENT_RESULT_NOT_FOUND;
        text_reason(a, "");
    } else {
        a->healthy = false;
        text_reason(a, "answer without the refund");
    }
}

/* A refusal names its code. Wrong credentials are our own fault and say nothing about the money; an
 * order that is known already, or a key in use, means that an earlier call may have charged. */
static void read_refusal(long status, const json_t *root, struct provider_answer *a)
{
    static const char *const ours[] = {"UNAUTHORIZED_KEY", "INVALID_API_KEY", "FORBIDDEN_REQUEST",
                                       "INCORRECT_BASIC_AUTH_FORMAT", NULL};
    static const char *const doubtful[] = {"ALREADY_PROCESSED_PAYMENT", "DUPLICATED_ORDER_ID",
                                           "INVALID_IDEMPOTENCY_KEY", NULL};
    static const char *const sick[] = {"PROVIDER_ERROR", "CARD_PROCESSING_ERROR", NULL};
    const char *code = text_member(root, "code");
    if (!*code) {
        text_reason(a, "refusal without a code");
        return;
    }
    text_reason(a, code);
    if (is_one_of(code, doubtful))
        return;
    if (status == 401 || is_one_of(code, ours)) {
        a->outcome = PAYMENT_RESULT_NOT_SENT;
        return;
    }
    a->outcome = PAYMENT_RESULT_DECLINED;
    a->healthy = !is_one_of(code, sick);
}

static void read_body(const struct payment_call *call, long status, const json_t *root,
                      struct provider_answer *a)
{
    bool refund = call->kind == PAYMENT_CALL_REFUND || call->kind == PAYMENT_CALL_REFUND_QUERY;
    bool query = call->kind == PAYMENT_CALL_QUERY || call->kind == PAYMENT_CALL_REFUND_QUERY;
    if (status == 200 && refund) {
        read_refund(call, root, a);
    } else if (status == 200) {
        read_payment(call, root, a);
    } else if (!query) {
        read_refusal(status, root, a);
    } else if (call->kind == PAYMENT_CALL_QUERY && status == 404 &&
               strcmp(text_member(root, "code"), "NOT_FOUND_PAYMENT") == 0) {
        a->outcome = PAYMENT_RESULT_NOT_FOUND;
        a->healthy = true;
        text_reason(a, "");
    }
}

static void toss_read(const struct payment_call *call, long status, const char *body, size_t len,
                      struct provider_answer *ret)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_UNKNOWN};
    json_t *root = NULL;
    text_status(&a, status);
    if (status == 409 || status == 429 || status >= 500) {
        a.retry = true;
    } else if (status == 200 || status >= 400) {
        if (json_read(body, len, PROVIDER_ANSWER_MAX, &root, NULL) == ERR_OK)
            read_body(call, status, root, &a);
        else
            text_reason(&a, "answer is not JSON");
    }
    json_decref(root);
    *ret = a;
}

/* ---- settlement: by the day of sale in Korea; a page is a number ---- */

static enum err korean_date(int64_t ms, char ret[TIMESTAMP_SIZE])
{
    TRY(timestamp_format((struct wall_ms){ms + KST_MS}, ret));
    ret[DATE_LEN] = '\0';
    return ERR_OK;
}

static long page_of(const struct settlement_call *call)
{
    char *end;
    long page = call->cursor[0] ? strtol(call->cursor, &end, 10) : 1;
    return call->cursor[0] && *end ? 0 : page;
}

static enum err toss_build_page(const struct settlement_call *call, const char *secret,
                                struct provider_request *ret)
{
    struct provider_request r = {.answer_max = PROVIDER_PAGE_MAX};
    char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];
    long page = page_of(call);
    if (page < 1 || call->to.v <= call->from.v)
        return ERR_INVAL;
    TRY(korean_date(call->from.v, first));
    TRY(korean_date(call->to.v - 1, last));
    struct buf target = buf_of(r.target, sizeof r.target);
    buf_addf(&target, "/v1/settlements?startDate=%s&endDate=%s&dateType=soldDate&page=%ld&size=%d",
             first, last, page, (int)SETTLEMENT_LINES_MAX);
    if (target.overflow)
        return ERR_INVAL;
    TRY(add_credentials(&r, secret));
    *ret = r;
    return ERR_OK;
}

/* The key behind an orderId; "" if it is not one of ours: two '_' and short enough. */
static void key_of(const char *order, char ret[PAYMENT_KEY_SIZE])
{
    size_t cuts = 0;
    size_t n = strlen(order);
    for (size_t i = 0; i < n; i++)
        cuts += order[i] == '_';
    ret[0] = '\0';
    if (cuts != 2 || n >= PAYMENT_KEY_SIZE)
        return;
    text_take(ret, PAYMENT_KEY_SIZE, order);
    for (; *ret; ret++)
        if (*ret == '_')
            *ret = ':';
}

static enum err read_line(const json_t *item, struct settlement_line *ret)
{
    struct settlement_line line = {0};
    const json_t *cancel = json_object_get(item, "cancel");
    const char *currency = text_member(item, "currency");
    int64_t amount = 0;
    line.refund = json_is_object(cancel);
    TRY(json_get_int(item, "amount", -INT64_MAX, INT64_MAX, &amount));
    line.amount.minor = amount < 0 ? -amount : amount;
    TRY(currency_parse(currency, strlen(currency), &line.amount.currency));
    const char *when =
        line.refund ? text_member(cancel, "canceledAt") : text_member(item, "approvedAt");
    TRY(timestamp_parse(when, strlen(when), &line.booked));
    const char *ref = text_member(item, line.refund ? "transactionKey" : "paymentKey");
    text_take(line.provider_ref, sizeof line.provider_ref, ref);
    const char *reason = text_member(cancel, "cancelReason");
    if (!line.refund)
        key_of(text_member(item, "orderId"), line.key);
    else if (strncmp(reason, refund_words, sizeof refund_words - 1) == 0)
        text_take(line.key, sizeof line.key, reason + sizeof refund_words - 1);
    if (line.amount.minor <= 0 || !*ref)
        return ERR_INVAL;
    *ret = line;
    return ERR_OK;
}

static enum err read_lines(const json_t *root, long page, struct settlement_page *ret)
{
    size_t n = json_array_size(root);
    if (!json_is_array(root) || n > SETTLEMENT_LINES_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < n; i++)
        TRY(read_line(json_array_get(root, i), &ret->lines[i]));
    ret->count = n;
    struct buf next = buf_of(ret->next, sizeof ret->next);
    if (n == SETTLEMENT_LINES_MAX)
        buf_addf(&next, "%ld", page + 1);
    return ERR_OK;
}

static void toss_read_page(const struct settlement_call *call, long status, const char *body,
                           size_t len, struct settlement_page *ret_page,
                           struct provider_answer *ret)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_UNKNOWN};
    ret_page->count = 0;
    ret_page->next[0] = '\0';
    text_status(&a, status);
    json_t *root = status == 200 && len <= PROVIDER_PAGE_MAX
                       ? json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    if (status != 200)
        a.retry = status == 429 || status >= 500;
    else if (!root)
        text_reason(&a, "answer is not JSON");
    else if (read_lines(root, page_of(call), ret_page) != ERR_OK)
        text_reason(&a, "a line that is not understood");
    else
        a = (struct provider_answer){.outcome = PAYMENT_RESULT_SUCCEEDED, .healthy = true};
    json_decref(root);
    *ret = a;
}

const struct provider provider_toss = {"toss", toss_build, toss_read, toss_build_page,
                                       toss_read_page};
