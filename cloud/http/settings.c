/* The section `http` of cloud.yaml. */
#include "cloud/http/http.h"

#define INT(k, member, lo, hi, d, h)                                                               \
    {                                                                                              \
        .key = k, .type = ROW_INT, .offset = offsetof(struct http_settings, member), .min = lo,    \
        .max = hi, .dflt = d, .help = h                                                            \
    }

#define TEXT(k, member, lo, d, h)                                                                  \
    {                                                                                              \
        .key = k, .type = ROW_TEXT, .offset = offsetof(struct http_settings, member),              \
        .size = sizeof(((struct http_settings *)0)->member), .min = lo, .dflt = d, .help = h       \
    }

static const struct row rows[] = {
    {.key = "bind",
     .type = ROW_TEXT,
     .offset = offsetof(struct http_settings, bind),
     .size = sizeof(((struct http_settings *)0)->bind),
     .min = 2,
     .dflt = "127.0.0.1",
     .help = "numeric address; the outside needs tls_cert, or a proxy with TLS in front"},
    INT("port", port, 0, 65535, "8480", "TCP port; 0: any free one"),
    INT("threads", threads, 1, 16, "2", "threads that serve"),
    INT("connections", connections, 16, 8192, "512", "open connections"),
    INT("streams", streams, 1, 4096, "64", "live streams among the connections"),
    INT("request_ms", request_ms, 200, 600000, "10000",
        "real time to send a request, and to take its answer"),
    INT("drain_ms", drain_ms, 0, 600000, "0",
        "real time between a signal to stop, when /readyz says 503, and the end of service; well "
        "below the service manager's TimeoutStopSec"),
    INT("heartbeat_ms", heartbeat_ms, 100, 600000, "15000", "real time between beats of a stream"),
    INT("rate_per_s", rate_per_s, 0, 1000000, "100",
        "requests per second and client (its token, else its address); 0: no limit"),
    INT("rate_burst", rate_burst, 1, 1000000, "200", "requests at once before that"),
    TEXT("proxies", proxies, 0, "",
         "addresses of proxies in front, with commas: their X-Forwarded-For counts"),
    TEXT("cors_origins", cors_origins, 0, "",
         "origins whose pages may read answers, such as https://example.org; empty: none"),
    TEXT("tls_cert", tls_cert, 0, "",
         "certificate chain, PEM; empty: no TLS. SIGHUP reads it again"),
    TEXT("tls_key", tls_key, 0, "", "its private key, PEM"),
    {.key = "default_tariff",
     .type = ROW_NAME,
     .offset = offsetof(struct http_settings, default_tariff),
     .dflt = "t1",
     .help = "rate table of a place that is created without one"},
};

const struct table http_table = {.name = "http",
                                 .rows = rows,
                                 .row_count = sizeof rows / sizeof rows[0],
                                 .struct_size = sizeof(struct http_settings)};
