#include "cloud/config.h"

#include "cloud/accounts.h"
#include "cloud/core/hours.h"
#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The place of a mistake: file and line, 0 if it has none. */
struct where {
    const char *file;
    int line;
    char *reason; /* CONFIG_REASON_SIZE */
};

static enum err wrong(const struct where *w, const char *what, const char *text)
{
    struct buf b = buf_of(w->reason, CONFIG_REASON_SIZE);
    buf_adds(&b, w->file);
    if (w->line > 0)
        buf_addf(&b, ":%d", w->line);
    buf_addf(&b, ": %s: %s", what, text);
    return ERR_INVAL;
}

/* The first line of `file` into ret[size]. */
static enum err read_secret(const struct where *w, const char *what, const char *file, char *ret,
                            size_t size)
{
    char line[CONFIG_SECRET_SIZE + 2];
    FILE *f = fopen(file, "r");
    if (!f)
        return wrong(&(struct where){file, 0, w->reason}, what, strerror(errno));
    bool got = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    size_t len = got ? strcspn(line, "\r\n") : 0;
    enum err e = ERR_OK;
    if (len == 0)
        e = wrong(&(struct where){file, 1, w->reason}, what, "the first line is empty");
    else if (len >= size)
        e = wrong(&(struct where){file, 1, w->reason}, what, "the first line is too long");
    else
        memcpy(ret, line, len);
    if (e == ERR_OK)
        ret[len] = '\0';
    explicit_bzero(line, sizeof line);
    return e;
}

static enum err load_tokens(struct config *c, const struct where *w)
{
    struct auth_token tokens[AUTH_TOKENS_MAX] = {0};
    size_t at = 0;
    enum err e = ERR_OK;
    for (size_t i = 0; i < c->token_count && e == ERR_OK; i++) {
        tokens[i].name = c->tokens[i].name;
        tokens[i].role = c->tokens[i].role;
        memcpy(tokens[i].plates, c->tokens[i].plates, sizeof tokens[i].plates);
        memcpy(tokens[i].places, c->tokens[i].places, sizeof tokens[i].places);
        e = read_secret(w, "token_file", c->tokens[i].token_file, tokens[i].token,
                        sizeof tokens[i].token);
        if (e == ERR_OK && strlen(tokens[i].token) < AUTH_TOKEN_MIN)
            e = wrong(&(struct where){c->tokens[i].token_file, 1, w->reason}, "token_file",
                      "a token has at least 16 characters");
    }
    if (e == ERR_OK) {
        e = auth_load(tokens, c->token_count, &c->auth, &at);
        if (e != ERR_OK)
            wrong(&(struct where){w->file, c->tokens[at].line, w->reason}, "tokens",
                  e == ERR_CONFLICT ? "this token is given twice"
                                    : "the token has forbidden characters, or its plates or places "
                                      "are none, or do not fit its role");
    }
    explicit_bzero(tokens, sizeof tokens);
    return e;
}

static enum err check_provider(const struct payment_config *all, struct provider_config *p,
                               const struct where *w)
{
    struct where here = {w->file, p->line, w->reason};
    bool listed = p->line > 0; /* not the short form's */
    for (const struct provider_config *q = all->providers; q < p; q++)
        if (name_equal(&q->name, &p->name))
            return wrong(&here, "payment.providers.name", "this provider is listed already");
    for (size_t i = 0; i < p->endpoint_count; i++)
        if (strncmp(p->endpoints[i].url, "http://", 7) != 0 &&
            strncmp(p->endpoints[i].url, "https://", 8) != 0)
            return wrong(&here, listed ? "payment.providers.endpoints.url" : "payment.url",
                         "expected http://... or https://...");
    return read_secret(w, listed ? "payment.providers.key_file" : "payment.key_file", p->key_file,
                       p->key, sizeof p->key);
}

/* `url` and `key_file` are the one provider of a short configuration. */
static enum err expand_payment(struct payment_config *p, const struct where *w)
{
    if (!p->url[0])
        return ERR_OK;
    if (p->provider_count > 0)
        return wrong(w, "payment.url", "is not for use together with payment.providers");
    if (!p->key_file[0])
        return wrong(w, "payment.key_file", "is needed with payment.url");
    struct provider_config *one = &p->providers[p->provider_count++];
    *one = (struct provider_config){.name = {"stripe"}, .endpoint_count = 1};
    memcpy(one->key_file, p->key_file, sizeof one->key_file);
    memcpy(one->endpoints[0].url, p->url, sizeof one->endpoints[0].url);
    return ERR_OK;
}

static enum err check_payment(struct config *c, const struct where *w)
{
    struct payment_config *p = &c->payment;
    TRY(expand_payment(p, w));
    if (p->breaker.open_max_ms < p->breaker.open_ms)
        return wrong(w, "payment.breaker.open_max_ms", "is less than open_ms");
    for (size_t i = 0; i < p->provider_count; i++)
        TRY(check_provider(p, &p->providers[i], w));
    return ERR_OK;
}

static enum err check_broker(struct config *c, const struct where *w)
{
    struct broker_config *b = &c->broker;
    if (b->reconnect_max_ms < b->reconnect_min_ms)
        return wrong(w, "broker.reconnect_max_ms", "is less than reconnect_min_ms");
    if (!b->password_file[0])
        return ERR_OK;
    if (!b->username[0])
        return wrong(w, "broker.password_file", "needs a username");
    return read_secret(w, "broker.password_file", b->password_file, b->password,
                       sizeof b->password);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum err check_reconcile(struct config *c, const struct where *w)
{
    const char *t = c->reconcile_at;
    c->reconcile_minute = -1;
    if (t[0] == '\0')
        return ERR_OK;
    if (strlen(t) == 5 && is_digit(t[0]) && is_digit(t[1]) && t[2] == ':' && is_digit(t[3]) &&
        is_digit(t[4])) {
        int hour = (t[0] - '0') * 10 + t[1] - '0', minute = (t[3] - '0') * 10 + t[4] - '0';
        c->reconcile_minute = hour * 60 + minute;
        if (hour < 24 && minute < 60)
            return ERR_OK;
    }
    return wrong(w, "reconcile_at", "expected a time of the day such as 04:30");
}

/* A zone comes after its place, and all zones of a place fit into it (service/zones.h). */
static enum err check_parent(const struct config *c, size_t i, const struct where *w)
{
    const char *parent = c->places[i].parent;
    const struct place_config *place = NULL;
    int64_t sum = 0;
    if (parent[0] == '\0')
        return ERR_OK;
    for (size_t k = 0; k <= i; k++) {
        if (k < i && strcmp(c->places[k].name.text, parent) == 0)
            place = &c->places[k];
        if (strcmp(c->places[k].parent, parent) == 0)
            sum += c->places[k].capacity;
    }
    if (place == NULL)
        return wrong(w, "parent", "expected the name of a place that is listed before");
    return sum <= place->capacity
               ? ERR_OK
               : wrong(w, "capacity", "the zones of a place have no more than it has");
}

static enum err check_places(const struct config *c, const struct where *w)
{
    for (size_t i = 0; i < c->place_count; i++) {
        const struct place_config *p = &c->places[i];
        struct where here = {w->file, p->line, w->reason};
        struct currency currency;
        if (strcmp(p->name.text, "cloud") == 0)
            return wrong(&here, "name", "this name is reserved in the topics");
        if (p->currency[0] && currency_parse(p->currency, strlen(p->currency), &currency) != ERR_OK)
            return wrong(&here, "currency", "expected three letters such as EUR");
        struct hours hours;
        size_t at;
        if (hours_parse(p->hours, &hours, &at) != ERR_OK)
            return wrong(&here, "hours", p->hours + at);
        TRY(check_parent(c, i, &here));
        for (size_t k = 0; k < i; k++)
            if (name_equal(&p->name, &c->places[k].name))
                return wrong(&here, "name", "this place is listed already");
    }
    return ERR_OK;
}

static enum err load_accounts(struct config *c, const struct where *w)
{
    char reason[ACCOUNTS_REASON_SIZE];
    if (!c->accounts_file[0])
        return ERR_OK;
    struct account_providers providers = {.count = c->payment.provider_count};
    for (size_t i = 0; i < providers.count; i++)
        providers.names[i] = c->payment.providers[i].name;
    enum err e =
        accounts_load(c->accounts_file, &providers, &c->accounts, &c->account_count, reason);
    if (e != ERR_OK)
        wrong(&(struct where){c->accounts_file, 0, w->reason}, "accounts", reason);
    return e;
}

static bool is_address(const char *url, const char *end)
{
    size_t len = strlen(url), tail = strlen(end);
    bool scheme = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    return scheme && len > tail && strcmp(url + len - tail, end) == 0 && !strpbrk(url, " \"<>");
}

static enum err check_pay(const struct config *c, const struct where *w)
{
    if (c->pay.url[0] && !is_address(c->pay.url, "/pay/"))
        return wrong(w, "pay.url", "expected an address such as https://example.org/pay/");
    if (c->pay.form[0] && !is_address(c->pay.form, ""))
        return wrong(w, "pay.form", "expected an address such as https://example.org/checkout");
    return ERR_OK;
}

static void take_issuers(struct config *c)
{
    for (size_t i = 0; i < c->issuer_count; i++) {
        const struct issuer_config *from = &c->issuer_rows[i];
        c->issuers[i] = (struct issuer){
            .name = from->name,
            .place = from->place,
            .per_stay = from->per_stay,
            .per_day = from->per_day,
            .most = {[TARIFF_VALIDATION_PERCENT] = from->percent_max,
                     [TARIFF_VALIDATION_MINUTES] = from->minutes_max,
                     [TARIFF_VALIDATION_AMOUNT] = from->amount_max_minor},
        };
    }
}

static enum err load_rest(struct config *c, const struct where *w)
{
    TRY(check_broker(c, w));
    TRY(check_payment(c, w));
    if ((c->http.tls_cert[0] != '\0') != (c->http.tls_key[0] != '\0'))
        return wrong(w, "http", "tls_cert and tls_key go together");
    TRY(check_reconcile(c, w));
    TRY(check_places(c, w));
    TRY(load_tokens(c, w));
    TRY(check_pay(c, w));
    take_issuers(c);
    return load_accounts(c, w);
}

enum err config_load(const char *file, struct config **ret, char *ret_reason)
{
    struct where w = {file, 0, ret_reason};
    struct table_error error;
    struct config *c = mem_alloc(sizeof *c);
    enum err e = table_read_yaml(file, &config_table, c, &error);
    if (e != ERR_OK)
        wrong(&(struct where){file, error.line, ret_reason}, error.path[0] ? error.path : "cloud",
              error.text);
    else
        e = load_rest(c, &w);
    if (e != ERR_OK) {
        config_free(c);
        return e;
    }
    *ret = c;
    return ERR_OK;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    free(c->accounts);
    explicit_bzero(c, sizeof *c);
    free(c);
}

static const struct provider *const provider_types[] = {&provider_stripe, &provider_toss};

static struct payment_options provider_options(const struct payment_config *p,
                                               const struct provider_config *one)
{
    struct payment_options o = {
        .name = one->name,
        .provider = provider_types[one->type],
        .endpoint_count = one->endpoint_count,
        .connect_ms = p->connect_ms,
        .charge_ms = p->total_ms,
        .refund_ms = p->refund_ms,
        .settlement_ms = p->settlement_ms,
        .retries = p->retries,
        .retry_ms = p->retry_ms,
        .connections = p->connections,
        .queue = p->queue,
        .ejection = {.failures_in_row = p->ejection.failures_in_row,
                     .eject_ms = p->ejection.eject_ms},
        .breaker = {.window_ms = p->breaker.window_ms,
                    .min_calls = p->breaker.min_calls,
                    .bad_percent = p->breaker.bad_percent,
                    .slow_ms = p->breaker.slow_ms,
                    .timeouts_in_row = p->breaker.timeouts_in_row,
                    .open_ms = p->breaker.open_ms,
                    .open_max_ms = p->breaker.open_max_ms},
    };
    for (size_t i = 0; i < one->endpoint_count; i++)
        memcpy(o.urls[i], one->endpoints[i].url, sizeof o.urls[i]);
    memcpy(o.secret, one->key, sizeof one->key);
    memcpy(o.ca_file, p->ca_file, sizeof o.ca_file);
    return o;
}

size_t config_payments(const struct config *c, struct payment_options *ret)
{
    for (size_t i = 0; i < c->payment.provider_count; i++)
        ret[i] = provider_options(&c->payment, &c->payment.providers[i]);
    return c->payment.provider_count;
}

struct place_settings config_place(const struct place_config *p)
{
    struct place_settings s = {
        .place = p->name,
        .capacity = p->capacity,
        .tariff = p->tariff,
        .policy = (enum payment_policy)p->payment_policy,
        .hold_max_ms = p->hold_max_ms,
        .exit_grace_ms = p->exit_grace_ms,
        .unmatched_exit = (enum unmatched_policy)p->unmatched_exit,
        .grant_size = p->grant_size,
        .closed = p->closed,
        .stale_after_ms = p->stale_after_ms,
    };
    memcpy(s.parent.text, p->parent, sizeof s.parent.text);
    memcpy(s.hours, p->hours, sizeof s.hours);
    memcpy(s.title, p->title, sizeof s.title);
    memcpy(s.zone, p->zone, sizeof s.zone);
    memcpy(s.currency.code, p->currency, sizeof s.currency.code); /* checked when it was read */
    return s;
}

enum log_level config_log_level(const struct config *c)
{
    return (enum log_level)(LOG_ERROR + c->log.level);
}
