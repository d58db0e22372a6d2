/* The table of routes and how a request finds its row. Pure: no library, no I/O.
 *
 * R1 A path is cut at '/' before it is decoded (url.h U2); "{}" in a pattern takes one segment.
 * R2 Known path, other method: ROUTE_METHOD and the Allow list. HEAD is served by the GET row.
 * R3 A segment that cannot be decoded is ROUTE_BAD wherever it stands, not "unknown path". */
#ifndef BOOMGATE_CLOUD_HTTP_ROUTER_H
#define BOOMGATE_CLOUD_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

struct http;
struct http_request;
struct http_reply;

enum { ROUTE_PARAMS_MAX = 2, ROUTE_PARAM_SIZE = 128, ROUTE_ALLOW_SIZE = 64, ROUTE_PATH_MAX = 2048 };

typedef void (*route_handler)(struct http *http, struct http_request *request,
                              struct http_reply *ret_reply);

/* What a request must bring; beside the roles in struct route. */
enum need {
    NEEDS_KEY = 1 << 16,   /* an Idempotency-Key: it moves money, arms or spaces */
    NEEDS_FORM = 1 << 17,  /* a form; the handler itself finds out who asks */
    NEEDS_MATCH = 1 << 18, /* If-Match, to change what exists */
    NEEDS_ALL = NEEDS_KEY | NEEDS_FORM | NEEDS_MATCH,
};

struct route {
    const char *method; /* "GET", "POST", "PUT" */
    const char *path;   /* "/v1/places/{}" */
    unsigned roles;     /* who may call it: bits of enum role, none: everybody; and of enum need */
    route_handler handle;
};

enum route_result { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_METHOD, ROUTE_BAD };

struct route_match {
    const struct route *route;
    size_t param_count;
    char params[ROUTE_PARAMS_MAX][ROUTE_PARAM_SIZE]; /* decoded */
    char allow[ROUTE_ALLOW_SIZE];                    /* ROUTE_METHOD: "GET, HEAD, PUT" */
};

/* `path` is the raw path without its query. *ret is written for ROUTE_FOUND (route, params) and for
 * ROUTE_METHOD (allow). */
enum route_result router_match(const struct route *routes, size_t count, const char *method,
                               const char *path, struct route_match *ret);

#endif
