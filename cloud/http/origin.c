/* Where a request comes from: the address it is counted by, and the web page that may read its answer.
 *
 * X1 X-Forwarded-For counts only from a proxy that is configured, and of it only what that proxy wrote: the
 *    last address that is no proxy of ours. Anybody may write the rest.
 * X2 Pages of other origins read nothing unless their origin is configured, letter for letter. */
#include "cloud/http/exchange.h"

#include <stdio.h>
#include <string.h>

/* Is text[0..len) an item of "a, b"? */
static bool listed(const char *list, const char *text, size_t len)
{
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t item = strcspn(list, ", ");
        if (item > 0 && item == len && memcmp(list, text, len) == 0)
            return true;
        list += item;
    }
    return false;
}

static void peer_of(struct exchange *x, char ret[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info != NULL ? info->client_addr : NULL;
    const void *bytes = NULL;
    if (a != NULL && a->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
    if (a != NULL && a->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    if (bytes == NULL || inet_ntop(a->sa_family, bytes, ret, INET6_ADDRSTRLEN) == NULL)
        memcpy(ret, "unknown", sizeof "unknown");
}

/* The last item of a forwarded list that is no proxy; false: there is none. */
static bool last_stranger(const char *proxies, const char *list, char ret[INET6_ADDRSTRLEN])
{
    size_t end = strlen(list);
    while (end > 0) {
        while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == ','))
            end--;
        size_t from = end;
        while (from > 0 && list[from - 1] != ',' && list[from - 1] != ' ')
            from--;
        if (from == end || end - from >= INET6_ADDRSTRLEN)
            return false;
        if (!listed(proxies, list + from, end - from)) {
            memcpy(ret, list + from, end - from);
            ret[end - from] = '\0';
            return true;
        }
        end = from;
    }
    return false;
}

struct forwarded {
    const char *proxies;
    char *ret;
};

/* Some proxies write a line of their own behind the client's: later lines are the end of one list. */
static enum MHD_Result take_line(void *arg, enum MHD_ValueKind kind, const char *key,
                                 const char *value)
{
    struct forwarded *f = arg;
    (void)kind;
    if (value != NULL && strcasecmp(key, "X-Forwarded-For") == 0)
        (void)last_stranger(f->proxies, value, f->ret);
    return MHD_YES;
}

void origin_address(struct exchange *x, char ret[INET6_ADDRSTRLEN])
{
    struct forwarded f = {x->http->settings.proxies, ret};
    peer_of(x, ret);
    if (f.proxies[0] != '\0' && listed(f.proxies, ret, strlen(ret)))
        MHD_get_connection_values(x->connection, MHD_HEADER_KIND, take_line, &f);
}

const char *origin_allowed(struct exchange *x)
{
    const char *origins = x->http->settings.cors_origins;
    if (origins[0] == '\0')
        return NULL;
    const char *origin = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Origin");
    return origin != NULL && listed(origins, origin, strlen(origin)) ? origin : NULL;
}

void origin_add_headers(struct exchange *x, struct MHD_Response *response)
{
    const char *origin = origin_allowed(x);
    if (x->http->settings.cors_origins[0] != '\0')
        MHD_add_response_header(response, "Vary", "Origin");
    if (origin == NULL)
        return;
    MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
    MHD_add_response_header(response, "Access-Control-Expose-Headers",
                            "ETag, Location, Retry-After, Idempotency-Replayed");
}

void origin_add_preflight(struct exchange *x, struct MHD_Response *response)
{
    if (origin_allowed(x) == NULL)
        return;
    MHD_add_response_header(response, "Access-Control-Allow-Methods", x->match.allow);
    MHD_add_response_header(
        response, "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match");
    MHD_add_response_header(response, "Access-Control-Max-Age", "600");
}
