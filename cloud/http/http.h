/* The cloud's HTTP side: read API, operator's writes, live stream, metrics and the page.
 *
 * H1 A handler never writes: it reads through its own connections, and posts what must be written to
 *    the service; the answer of a write is sent after COMMIT.
 * H2 Every request ends in bounded time and memory: connections, header and body sizes, time to send a
 *    request and to take an answer, streams and the buffer of each stream are limited.
 * H3 Places, their movements (plates masked) and the stream are public; everything with money or plates
 *    needs a token (auth.h, cloud/identity).
 *
 * Only this folder includes microhttpd.h. */
#ifndef BOOMGATE_CLOUD_HTTP_HTTP_H
#define BOOMGATE_CLOUD_HTTP_HTTP_H

#include "cloud/http/auth.h"
#include "cloud/identity/identity.h"
#include "cloud/metrics.h"
#include "cloud/ports.h"
#include "cloud/provider_status.h"
#include "cloud/service.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/pseudonym.h"
#include "protocol/support/table.h"

/* The section `http` of the configuration, read through http_table. */
struct http_settings {
    char bind[64]; /* a numeric address; 127.0.0.1 unless configured */
    int64_t port;  /* 0: any free one */
    int64_t threads;
    int64_t connections;
    int64_t streams;                /* of the connections, at most this many live streams */
    int64_t request_ms;             /* real time to send a request, and to take its answer */
    int64_t drain_ms;               /* real time from http_drain to its return */
    int64_t heartbeat_ms;           /* real time between beats of a stream */
    int64_t rate_per_s, rate_burst; /* of one client; 0: no limit */
    char proxies[256];              /* "127.0.0.1, ::1" */
    char cors_origins[512];         /* "https://a, https://b" */
    char tls_cert[256], tls_key[256];
    struct name default_tariff; /* of a place that is created without one */
};

extern const struct table http_table;

enum { PAY_URL_SIZE = 128 };

/* What the HTTP side needs from the rest of the daemon. `self` pointers must outlive http_stop. */
/* What the reconciliation does now, or what came to nothing last. */
struct http_reconciling {
    struct name place;
    char day[DAY_SIZE];
    char stage[16]; /* "": it does nothing now */
    int64_t lines, waiting;
    char failure[PAYMENT_REASON_SIZE]; /* "": it is under way */
};

struct http_ports {
    const char *database; /* the service's file; must exist */
    struct clock_source clock;
    struct metrics *metrics;
    /* Of the names that take the place of plates: whoever asks for a plate finds its stays by it. May be
     * NULL, or not set. */
    const struct pseudonym_key *pseudonym_key;
    /* Takes work as service_post does: ERR_FULL leaves it with the caller. */
    enum err (*post)(void *self, struct work *w);
    void *post_self;
    /* Thread-safe; writes up to `max` rows and returns how many. May be NULL. */
    size_t (*providers)(void *self, struct provider_status *ret, size_t max);
    void *providers_self;
    /* Fills what an operator left out of a new place from its rate table: `zone` "" and `currency` "".
     * Thread-safe. ERR_NOTFOUND: no such rate table. NULL: Asia/Seoul and KRW. */
    enum err (*complete)(void *self, struct place_settings *settings);
    void *complete_self;
    /* Prices stays that are still open. Called under a lock of http's, so it must not be the instance
     * that the service uses. price == NULL: the last quote is shown. */
    struct rates_port rates;
    /* Has a day of a place reconciled soon. Thread-safe. ERR_INVAL: no such day; ERR_FULL: too many wait.
     * NULL: nobody does that. */
    enum err (*reconcile)(void *self, const struct name *place, const char *day);
    /* Thread-safe. False: nothing is under way, nothing failed. */
    bool (*reconciling)(void *self, struct http_reconciling *ret);
    void *reconcile_self;
    struct identity *identity; /* tokens that end; NULL: none but those of `auth` */
    /* Payment links: what stands before their token, and the provider's form (NULL or "": none). */
    const char *pay_url, *pay_form;
    struct name pay_provider; /* whose accounts the form names */
};

struct http;
struct hub;

/* The hub of the live stream exists before the service (which publishes into it) and the server
 * (which reads from it). Freed after both. */
struct hub *hub_new(void);
void hub_free(struct hub *h); /* NULL is fine */
struct notifier_port hub_notifier(struct hub *h);

/* Binds and serves. ERR_UNAVAIL: the address cannot be bound (logged); ERR_IO: the database cannot be
 * read; ERR_INVAL: `bind` is no numeric address, or certificate and key are none. `settings` and `auth` are copied. */
enum err http_start(const struct http_settings *settings, const struct auth *auth,
                    const struct http_ports *ports, struct hub *hub, struct http **ret);

/* The port that was bound. */
uint16_t http_port(const struct http *h);

/* False: the service has not taken any work for 10 s (what /healthz says). Any thread. */
bool http_progress(const struct http *h);

/* Reads certificate and key again. ERR_INVAL: they are none, the old ones stay. */
enum err http_reload(struct http *h);

/* Says 503 at /readyz, so that whoever spreads the requests sends no more, and serves on for `drain_ms`. */
void http_drain(struct http *h);

/* Takes no new request, ends the streams, lets writes under way be answered (the service must still
 * run), then joins all threads and frees. NULL is fine. */
void http_stop(struct http *h);

#endif
