/* Which requests are let in, by their head alone: length, route, caller. A body is read only from those
 * who may send it. */
#include "cloud/http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct length_check {
    int lengths, encodings;
    const char *length;
};

static enum MHD_Result count_length(void *arg, enum MHD_ValueKind kind, const char *key,
                                    const char *value)
{
    struct length_check *c = arg;
    (void)kind;
    if (strcasecmp(key, "Content-Length") == 0) {
        c->lengths++;
        c->length = value;
    } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
        c->encodings++;
    }
    return MHD_YES;
}

/* Finds out whether a body comes. Two readings of its length would let a request hide in another one
 * behind a proxy that reads it the other way. */
static bool check_length(struct exchange *x, struct http_reply *r)
{
    struct length_check c = {0};
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_length, &c);
    if (c.lengths + c.encodings > 1) {
        reply_problem(r, 400, "ambiguous_length",
                      "Content-Length and Transfer-Encoding may be given once, and not together.");
        return false;
    }
    if (c.lengths == 1 && strtoull(c.length, NULL, 10) > BODY_MAX) {
        reply_problem(r, 413, "body_too_large", "A body may have at most 65536 bytes.");
        return false;
    }
    x->body_expected = c.encodings == 1 || (c.lengths == 1 && strcmp(c.length, "0") != 0);
    return true;
}

static bool find_route(struct exchange *x, const char *method, struct http_reply *r)
{
    if (strlen(x->path) >= ROUTE_PATH_MAX) {
        reply_problem(r, 414, "uri_too_long", "The path is longer than 2047 bytes.");
        return false;
    }
    switch (router_match(http_routes, http_route_count, method, x->path, &x->match)) {
    case ROUTE_FOUND: return true;
    case ROUTE_UNKNOWN:
        reply_problem(r, 404, "not_found", "There is nothing at this path.");
        return false;
    case ROUTE_METHOD:
        if (strcmp(method, "OPTIONS") == 0) {
            r->status = 204;
            r->preflight = true;
            memcpy(r->allow, x->match.allow, sizeof r->allow);
            return false;
        }
        reply_problem(r, 405, "method_not_allowed", "This path has other methods; see Allow.");
        memcpy(r->allow, x->match.allow, sizeof r->allow);
        return false;
    case ROUTE_BAD: break;
    }
    reply_problem(r, 400, "bad_path",
                  "The path must begin with '/' and be UTF-8 text with whole percent escapes.");
    return false;
}

void reply_other_place(struct http_reply *r)
{
    reply_problem(r, 403, "other_place", "This token is not bound to that place.");
}

/* A4. A name that is none is left to the handler, which knows what to say. */
static bool check_place(struct exchange *x, struct http_reply *r)
{
    static const char below[] = "/v1/places/{}";
    const char *text = x->match.params[0];
    struct name place;
    if (strncmp(x->match.route->path, below, sizeof below - 1) != 0 ||
        name_parse(text, strlen(text), &place) != ERR_OK || auth_sees_place(&x->principal, &place))
        return true;
    reply_other_place(r);
    return false;
}

/* A token with dots is one that ends (cloud/identity); the others are the configuration's. */
static bool find_caller(struct exchange *x, struct http_reply *r)
{
    static const char scheme[] = "Bearer ";
    const char *header =
        MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Authorization");
    const char *why = "not known";
    const char *token = "";
    char detail[96];
    if (header != NULL && strncasecmp(header, scheme, sizeof scheme - 1) == 0) {
        token = header + sizeof scheme - 1;
        token += strspn(token, " ");
    }
    bool signed_token = x->http->ports.identity != NULL && strchr(token, '.') != NULL;
    if ((signed_token && identity_of_token(x->http->ports.identity, token, strlen(token),
                                           &x->principal, &why) == ERR_OK) ||
        auth_check(&x->http->auth, header, &x->principal) == ERR_OK)
        return true;
    snprintf(detail, sizeof detail, "This is no valid bearer token: %s.", why);
    reply_problem(r, 401, "invalid_token", detail);
    r->authenticate = "Bearer realm=\"boomgate\", error=\"invalid_token\"";
    return false;
}

static bool check_caller(struct exchange *x, struct http_reply *r)
{
    unsigned roles = x->match.route->roles & ~(unsigned)NEEDS_ALL;
    if ((x->match.route->roles & NEEDS_FORM) != 0)
        return true;
    if (!find_caller(x, r))
        return false;
    if (roles == 0)
        return true;
    if (auth_is(&x->principal, roles))
        return check_place(x, r);
    if (x->principal.name.text[0] == '\0') {
        reply_problem(r, 401, "unauthorized", "This needs a bearer token.");
        r->authenticate = "Bearer realm=\"boomgate\"";
    } else {
        reply_problem(r, 403, "forbidden", "This token's role may not do this.");
        r->authenticate = "Bearer realm=\"boomgate\", error=\"insufficient_scope\"";
    }
    return false;
}

/* The first 64 bits of an IPv6 address. */
static void cut_to_network(char *text)
{
    struct in6_addr a;
    if (inet_pton(AF_INET6, text, &a) != 1)
        return;
    memset(a.s6_addr + 8, 0, 8);
    (void)inet_ntop(AF_INET6, &a, text, INET6_ADDRSTRLEN);
}

static int64_t real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Counts the request for who sends it: the token's name, else the address (whose IPv6 network is
 * everybody's own, so that the first half names the client). Refusals count too. Supervisors may always
 * ask how we are. */
static bool check_rate(struct exchange *x, struct http_reply *r)
{
    struct http *h = x->http;
    char who[INET6_ADDRSTRLEN] = "";
    int wait_s = 0;
    const struct route *route = x->match.route;
    if (h->limiter.rate == 0 ||
        (route != NULL && (route->handle == handle_health || route->handle == handle_ready)))
        return true;
    const char *name = x->principal.name.text;
    if (name[0] == '\0') {
        origin_address(x, who);
        if (strchr(who, ':') != NULL)
            cut_to_network(who);
        name = who;
    }
    pthread_mutex_lock(&h->limiter_lock);
    bool pass = limiter_pass(&h->limiter, limiter_key(name, strlen(name)), real_us(), &wait_s);
    pthread_mutex_unlock(&h->limiter_lock);
    if (pass)
        return true;
    free(r->body);
    *r = (struct http_reply){0};
    reply_problem(r, 429, "too_many_requests", "This client asks too often; see Retry-After.");
    r->retry_after_s = wait_s;
    return false;
}

bool exchange_admit(struct exchange *x, const char *method, struct http_reply *r)
{
    if (atomic_load_explicit(&x->http->closing, memory_order_relaxed)) {
        reply_problem(r, 503, "stopping", "The server is stopping.");
        return false;
    }
    bool admitted = check_length(x, r) && find_route(x, method, r) && check_caller(x, r);
    if (!check_rate(x, r) || !admitted)
        return false;
    return strcmp(method, "POST") != 0 ||
           idempotency_key_checked(
               x->match.route,
               MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Idempotency-Key"), r);
}
