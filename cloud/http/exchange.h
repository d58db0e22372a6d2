/* One request on its way through the server, as libmicrohttpd hands it around. */
#ifndef BOOMGATE_CLOUD_HTTP_EXCHANGE_H
#define BOOMGATE_CLOUD_HTTP_EXCHANGE_H

#include "cloud/http/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct exchange {
    struct http *http;
    struct MHD_Connection *connection;
    struct watched *watched;
    char *uri; /* raw; path and query point into it */
    const char *path;
    const char *query; /* NULL: none */
    struct route_match match;
    struct principal principal;
    bool begun;
    bool body_expected;
    bool body_too_large;
    char *body;
    size_t body_len;
    int64_t begun_us; /* CLOCK_MONOTONIC, at its head */
    bool counted;     /* in writes_open, until the answer is out */
    bool answered;    /* by exchange_answer */
    bool held;        /* the answer goes out with exchange_release */
    struct http_reply answer;
};

/* Finds the route and the caller. False: refused, with the reply. */
bool exchange_admit(struct exchange *x, const char *method, struct http_reply *r);

/* Lets the answer out that exchange_answer kept because the exchange was held. */
void exchange_release(struct exchange *x);

/* Refuses an Idempotency-Key that is missing where the route needs one, or is none. */
bool idempotency_key_checked(const struct route *route, const char *key, struct http_reply *r);

/* origin.c: where a request comes from. */
void origin_address(struct exchange *x, char ret[INET6_ADDRSTRLEN]);
const char *
origin_allowed(struct exchange *x); /* the page's origin, if it may read answers; or NULL */
void origin_add_headers(struct exchange *x, struct MHD_Response *response);
void origin_add_preflight(struct exchange *x, struct MHD_Response *response);

/* A response that several requests share; the last one to let go destroys it. */
struct shared_response {
    struct MHD_Response *response;
    const char *text; /* its body, as long as the response is */
    char etag[TAG_SIZE];
    _Atomic int references;
};
void shared_response_put(struct shared_response *s); /* NULL is fine */

/* A response that takes over `body` (heap, or NULL) with the headers every API answer has. */
struct MHD_Response *response_of_bytes(char *body, size_t len, const char *content_type);

#endif
