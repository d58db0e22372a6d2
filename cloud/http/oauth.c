/* POST /oauth/token and GET /oauth/jwks. Bodies and errors of the first are those of RFC 6749, not problems:
 * clients of that standard read them. */
#include "cloud/http/exchange.h"
#include "cloud/http/url.h"
#include "protocol/support/base64url.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

static bool refuse(struct http_reply *r, int status, const char *error, const char *description)
{
    reply_json(r, status,
               json_pack("{s:s, s:s}", "error", error, "error_description", description));
    if (status == 401)
        r->authenticate = "Basic realm=\"boomgate\", charset=\"UTF-8\"";
    return false;
}

static bool take_failed(struct http_reply *r)
{
    return refuse(r, 400, "invalid_request",
                  "A parameter is given twice, is too long, or is not valid text.");
}

/* ---- the client ---- */

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Padded base64 (RFC 4648, section 4) of text without NUL. */
static bool basic_text(const char *text, char *ret, size_t size)
{
    unsigned bits = 0;
    int count = 0;
    size_t n = 0;
    size_t len = strlen(text);
    if (len % 4 != 0)
        return false;
    while (len > 0 && text[len - 1] == '=' && len % 4 != 2)
        len--;
    for (size_t i = 0; i < len; i++) {
        if (digit_of(text[i]) < 0)
            return false;
        bits = ((bits << 6) | (unsigned)digit_of(text[i])) & 0xFFFF;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        char c = (char)(bits >> count);
        if (c == '\0' || n + 1 >= size)
            return false;
        ret[n++] = c;
    }
    ret[n] = '\0';
    return true;
}

/* "Basic base64(id:secret)", both form-encoded (RFC 6749, 2.3.1). */
static bool client_of_header(const char *header, struct token_request *ret)
{
    static const char scheme[] = "Basic ";
    char pair[512];
    if (strncasecmp(header, scheme, sizeof scheme - 1) != 0 ||
        !basic_text(header + sizeof scheme - 1 + strspn(header + sizeof scheme - 1, " "), pair,
                    sizeof pair))
        return false;
    const char *colon = strchr(pair, ':');
    bool good =
        colon != NULL &&
        url_decode(pair, (size_t)(colon - pair), true, ret->client, sizeof ret->client) == ERR_OK &&
        url_decode(colon + 1, strlen(colon + 1), true, ret->secret, sizeof ret->secret) == ERR_OK;
    explicit_bzero(pair, sizeof pair);
    return good;
}

/* ---- the form ---- */

/* Absent is "". */
static bool take(const char *form, const char *key, char *ret, size_t size)
{
    enum err e = url_query_get(form, key, ret, size);
    return e == ERR_OK || e == ERR_NOTFOUND;
}

static bool is_form(const char *content_type)
{
    static const char form[] = "application/x-www-form-urlencoded";
    return content_type != NULL && strncasecmp(content_type, form, sizeof form - 1) == 0 &&
           (content_type[sizeof form - 1] == '\0' || content_type[sizeof form - 1] == ';');
}

static bool read_question(struct http_request *q, struct http_reply *r, struct token_request *ret)
{
    char grant[64] = "";
    if (!is_form(q->content_type))
        return refuse(r, 400, "invalid_request",
                      "Send the body as application/x-www-form-urlencoded.");
    if (!take(q->body, "grant_type", grant, sizeof grant) ||
        !take(q->body, "client_id", ret->client, sizeof ret->client) ||
        !take(q->body, "client_secret", ret->secret, sizeof ret->secret) ||
        !take(q->body, "scope", ret->scope, sizeof ret->scope) ||
        !take(q->body, "refresh_token", ret->refresh, sizeof ret->refresh))
        return take_failed(r);
    if (q->authorization != NULL) {
        if (ret->client[0] != '\0' || ret->secret[0] != '\0')
            return refuse(r, 400, "invalid_request", "The client is named twice.");
        if (!client_of_header(q->authorization, ret))
            return refuse(r, 401, "invalid_client", "Expected Basic authentication.");
    }
    if (strcmp(grant, "client_credentials") == 0)
        ret->grant = GRANT_CLIENT;
    else if (strcmp(grant, "refresh_token") == 0)
        ret->grant = GRANT_REFRESH;
    else
        return refuse(r, 400, grant[0] == '\0' ? "invalid_request" : "unsupported_grant_type",
                      "grant_type must be client_credentials or refresh_token.");
    if (ret->grant == GRANT_CLIENT && (ret->client[0] == '\0' || ret->secret[0] == '\0'))
        return refuse(r, 401, "invalid_client", "Say who you are: client_id and client_secret.");
    if (ret->grant == GRANT_REFRESH && ret->refresh[0] == '\0')
        return refuse(r, 400, "invalid_request", "refresh_token is missing.");
    return true;
}

/* ---- handlers ---- */

static void token_done(void *arg, int status, json_t *body)
{
    struct http_reply r = {0};
    reply_json(&r, status, body);
    if (status == 401)
        r.authenticate = "Basic realm=\"boomgate\", charset=\"UTF-8\"";
    exchange_answer(arg, &r);
}

/* Suspends first: the answer may come before the call returns. */
static void ask(struct http *h, struct http_request *q, const struct token_request *t,
                struct http_reply *r)
{
    struct http_reply refused = {0};
    if (!exchange_suspend(q->exchange)) {
        reply_problem(r, 503, "stopping", "The server is stopping.");
        return;
    }
    r->later = true;
    enum err e = h->ports.identity != NULL
                     ? identity_ask(h->ports.identity, t, token_done, q->exchange)
                     : ERR_NOTFOUND;
    if (e == ERR_OK)
        return;
    if (e == ERR_FULL) {
        refuse(&refused, 503, "temporarily_unavailable", "Too many ask for tokens; try again.");
        refused.retry_after_s = 1;
    } else {
        reply_problem(&refused, 404, "not_found", "No tokens are given out here.");
    }
    exchange_answer(q->exchange, &refused);
}

void handle_token(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct token_request t = {0};
    if (query_known(q, NULL, 0, r) && read_question(q, r, &t))
        ask(h, q, &t, r);
    explicit_bzero(&t, sizeof t);
}

void handle_jwks(struct http *h, struct http_request *q, struct http_reply *r)
{
    if (!query_known(q, NULL, 0, r))
        return;
    if (h->ports.identity == NULL)
        reply_json(r, 200, json_pack("{s:[]}", "keys"));
    else
        reply_json(r, 200, identity_jwks(h->ports.identity));
}
