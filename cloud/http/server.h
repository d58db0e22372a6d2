/* The inside of the HTTP side: what the handlers share. */
#ifndef BOOMGATE_CLOUD_HTTP_SERVER_H
#define BOOMGATE_CLOUD_HTTP_SERVER_H

#include "cloud/http/documents.h"
#include "cloud/http/http.h"
#include "cloud/http/limiter.h"
#include "cloud/http/readers.h"
#include "cloud/http/reply.h"
#include "cloud/http/router.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { BODY_MAX = 64 * 1024, IDEMPOTENCY_KEY_MAX = 128 };

struct MHD_Daemon;
struct watch;

struct http {
    struct http_settings settings;
    struct auth auth;
    struct http_ports ports;
    struct hub *hub;
    struct MHD_Daemon *daemon;
    uint16_t port;
    struct readers *readers;
    struct watch *watch;         /* connections and their deadlines */
    pthread_mutex_t rates_lock;  /* around ports.rates */
    _Atomic int64_t writes_open; /* writes whose answer is not out yet */
    _Atomic bool closing, draining;
    struct reports *reports; /* opened when first asked; under the lock */
    pthread_mutex_t reports_lock;
    struct feed_wait *feed_wait; /* those who wait for events */
    pthread_mutex_t limiter_lock;
    struct limiter limiter;
    struct tls *tls;     /* NULL: none */
    struct probe *probe; /* of the service's progress, see health.c */
};

extern const struct route http_routes[];
extern const size_t http_route_count;

/* The payment providers as they stand. */
size_t providers_take(const struct http *h, struct provider_status ret[PROVIDERS_MAX]);
void handle_providers(struct http *h, struct http_request *q, struct http_reply *r);

/* Domain time now. */
struct moment http_moment(const struct http *h);

/* ---- handlers (places.c, place_put.c, commands.c, rights.c, sessions.c, health.c, page.c, stream.c) ---- */
void handle_places(struct http *h, struct http_request *q, struct http_reply *r);
void handle_place(struct http *h, struct http_request *q, struct http_reply *r);
void handle_movements(struct http *h, struct http_request *q, struct http_reply *r);
void handle_flow(struct http *h, struct http_request *q, struct http_reply *r);
void handle_summary(struct http *h, struct http_request *q, struct http_reply *r);
void handle_place_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_place_put(struct http *h, struct http_request *q, struct http_reply *r);
void handle_place_resume(struct http *h, struct http_request *q, struct http_reply *r);
void handle_command_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_command(struct http *h, struct http_request *q, struct http_reply *r);
void handle_audits(struct http *h, struct http_request *q, struct http_reply *r);
void handle_audit_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_audit_cancel(struct http *h, struct http_request *q, struct http_reply *r);
void handle_corrections(struct http *h, struct http_request *q, struct http_reply *r);
void handle_correction_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_acts(struct http *h, struct http_request *q, struct http_reply *r);
void handle_act(struct http *h, struct http_request *q, struct http_reply *r);
void handle_act_undo(struct http *h, struct http_request *q, struct http_reply *r);
void handle_bind(struct http *h, struct http_request *q, struct http_reply *r);
void handle_unbind(struct http *h, struct http_request *q, struct http_reply *r);
void handle_edge_release(struct http *h, struct http_request *q, struct http_reply *r);
void handle_commands(struct http *h, struct http_request *q, struct http_reply *r);
void handle_rights(struct http *h, struct http_request *q, struct http_reply *r);
void handle_rights_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_right(struct http *h, struct http_request *q, struct http_reply *r);
void handle_right_put(struct http *h, struct http_request *q, struct http_reply *r);
void handle_right_neutral(struct http *h, struct http_request *q, struct http_reply *r);
void handle_rights_neutral(struct http *h, struct http_request *q, struct http_reply *r);
void handle_right_delete(struct http *h, struct http_request *q, struct http_reply *r);
void handle_session_candidates(struct http *h, struct http_request *q, struct http_reply *r);
void handle_session_close(struct http *h, struct http_request *q, struct http_reply *r);
void handle_session_match(struct http *h, struct http_request *q, struct http_reply *r);
void handle_session_split(struct http *h, struct http_request *q, struct http_reply *r);
void handle_sessions(struct http *h, struct http_request *q, struct http_reply *r);
void handle_payments(struct http *h, struct http_request *q, struct http_reply *r);
void handle_payment(struct http *h, struct http_request *q, struct http_reply *r);
void handle_payment_resolve(struct http *h, struct http_request *q, struct http_reply *r);
void handle_refunds(struct http *h, struct http_request *q, struct http_reply *r);
void handle_refund_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_refund(struct http *h, struct http_request *q, struct http_reply *r);
void handle_refund_resolve(struct http *h, struct http_request *q, struct http_reply *r);
void handle_reconciliations(struct http *h, struct http_request *q, struct http_reply *r);
void handle_reconciliation(struct http *h, struct http_request *q, struct http_reply *r);
void handle_reconciliation_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_debts(struct http *h, struct http_request *q, struct http_reply *r);
void handle_debt(struct http *h, struct http_request *q, struct http_reply *r);
void handle_debt_waive(struct http *h, struct http_request *q, struct http_reply *r);
void handle_debt_write_off(struct http *h, struct http_request *q, struct http_reply *r);
void handle_debt_collect(struct http *h, struct http_request *q, struct http_reply *r);
void handle_events(struct http *h, struct http_request *q, struct http_reply *r);
void handle_report_occupancy(struct http *h, struct http_request *q, struct http_reply *r);
void handle_report_arrivals(struct http *h, struct http_request *q, struct http_reply *r);
void handle_report_revenue(struct http *h, struct http_request *q, struct http_reply *r);
void handle_pay_page(struct http *h, struct http_request *q, struct http_reply *r);
void handle_pay_qr(struct http *h, struct http_request *q, struct http_reply *r);
void handle_pay_state(struct http *h, struct http_request *q, struct http_reply *r);
void handle_pay_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_payment_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_pay_link_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_lost_ticket_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_validation_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_quote(struct http *h, struct http_request *q, struct http_reply *r);
void handle_quote_post(struct http *h, struct http_request *q, struct http_reply *r);
void handle_trace(struct http *h, struct http_request *q, struct http_reply *r);
void handle_health(struct http *h, struct http_request *q, struct http_reply *r);
void handle_ready(struct http *h, struct http_request *q, struct http_reply *r);
void handle_metrics(struct http *h, struct http_request *q, struct http_reply *r);
void handle_asset(struct http *h, struct http_request *q, struct http_reply *r);
void handle_description(struct http *h, struct http_request *q, struct http_reply *r);
void handle_token(struct http *h, struct http_request *q, struct http_reply *r);
void handle_jwks(struct http *h, struct http_request *q, struct http_reply *r);
void handle_stream(struct http *h, struct http_request *q, struct http_reply *r);

/* Reads the query: known names only (else a problem is written and false returned). */
bool query_known(struct http_request *q, const char *const *known, size_t count,
                 struct http_reply *r);

/* The `limit` of a list, 1..max. False: a problem was written. */
bool query_limit(struct http_request *q, int dflt, int max, struct http_reply *r, int *ret);

/* Where a list goes on (`after`), and all of a page: `limit`, `after` and nothing else. */
bool query_after(struct http_request *q, struct http_reply *r, struct list_cursor *ret);
bool query_page(struct http_request *q, int dflt, int max, struct http_reply *r,
                struct list_page *ret);

/* The body as one JSON object, the caller's. False: a problem was written. */
bool body_is_json(struct http_request *q, struct http_reply *r, json_t **ret);

/* The place named in the path. False: a problem was written. */
bool place_of_path(struct http_request *q, struct http_reply *r, struct name *ret);

/* 403: the caller is bound to other places (auth.h, A4). */
void reply_other_place(struct http_reply *r);

/* A problem for an error of a reader: 404, 503 or 500. */
void reply_reader_error(struct http_reply *r, enum err e, const char *what);

/* A file of the page, with its headers. */
void asset_reply(const char *path, struct http_request *q, struct http_reply *r);

/* Posts the order and answers when it is committed (payments_post.c). */
struct pay_order;
void pay_post(struct http *h, struct http_request *q, const struct pay_order *o,
              struct http_reply *r);

/* ---- answers that come later ---- */

/* Suspends the exchange of a request whose handler set `later`. Exactly one exchange_answer must
 * follow, from any thread; it takes over the reply's body. False: the server stops, nothing was
 * suspended. */
bool exchange_suspend(struct exchange *x);
void exchange_answer(struct exchange *x, struct http_reply *reply);

/* Suspends the exchange and posts `w` (WORK_ADMIN), whose `done` must answer with exchange_answer and
 * do nothing else outside: the answer is stored under the request's Idempotency-Key, if it has one, and
 * sent after COMMIT. It takes over `w`. False: refused, the reply is made, and `done` is not called. */
bool post_write(struct http *h, struct http_request *q, struct work *w, struct http_reply *r);

/* ---- parts ---- */

/* The cache of documents of single places: the response of a place is built once per commit of the
 * writer, and once a second without one (ages move on). */
struct place_cache *place_cache_new(void);
void place_cache_free(struct place_cache *c);

/* Connections that take too long to send a request or to take an answer are closed by a thread. */
struct watch *watch_new(int64_t request_ms);
void watch_free(struct watch *w);
struct watched *watch_add(struct watch *w, int fd);
void watch_remove(struct watch *w, struct watched *c);
void watch_extend(struct watch *w, struct watched *c); /* a new phase begins */
void watch_exempt(struct watched *c);                  /* a stream: has its own rules */

/* Asks the service every 2 s for a sign of life. */
struct probe *probe_new(struct http *h);
void probe_free(struct probe *p);

/* hub_open: begins to publish, with a reader of its own. hub_close: stops publishing, ends all streams
 * and waits (at most a few seconds) until their connections are gone. */
enum err hub_open(struct hub *hub, struct http *h);
void hub_close(struct hub *hub);

#endif
