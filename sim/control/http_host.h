/* A small HTTP/1.1 server on the simulator's one loop: libmicrohttpd driven by libuv, one handler per
 * port. Bodies are collected (up to HTTP_BODY_MAX, else 413) before the handler is called once.
 *
 * H1 Every exchange ends in exactly one http_reply or http_cut, made by the handler before it returns;
 *    a delay holds the connection, never the loop.
 * H2 A refusing host keeps its port to itself but accepts no connection, and cuts those it has. */
#ifndef BOOMGATE_SIM_CONTROL_HTTP_HOST_H
#define BOOMGATE_SIM_CONTROL_HTTP_HOST_H

#include "protocol/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { HTTP_BODY_MAX = 64 * 1024 };

struct http_host;
struct http_exchange;

typedef void (*http_handler)(void *arg, struct http_exchange *x);

/* Listens on host:port (port 0: a free one). ERR_UNAVAIL: the address cannot be had; logged. */
enum err http_host_open(uv_loop_t *loop, const char *host, uint16_t port, http_handler handler,
                        void *arg, struct http_host **ret);
uint16_t http_host_port(const struct http_host *h);

/* H2. ERR_UNAVAIL: listening again failed; logged, the host goes on refusing. */
enum err http_host_refuse(struct http_host *h, bool refuse);

/* Ends all exchanges; the memory goes when the loop has run once more. NULL is fine. */
void http_host_close(struct http_host *h);

/* What was asked; valid until the handler returns. Absent headers and arguments are NULL. */
const char *http_method(const struct http_exchange *x);
const char *http_path(const struct http_exchange *x);
const char *http_argument(const struct http_exchange *x, const char *name);
const char *http_header(const struct http_exchange *x, const char *name);
const char *http_body(const struct http_exchange *x, size_t *ret_len);

/* A header for the answer, before http_reply; the text is copied. At most one per exchange. */
void http_set_header(struct http_exchange *x, const char *name, const char *value);

/* Answers with JSON after delay_ms of real time. Takes `body` (decrefs it). */
void http_reply(struct http_exchange *x, unsigned status, json_t *body, int64_t delay_ms);

/* Closes the connection without an answer. */
void http_cut(struct http_exchange *x, int64_t delay_ms);

#endif
