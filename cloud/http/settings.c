/* The section `http` of cloud.yaml. */
#include "cloud/http/http.h"

#define INT(k, member, lo, hi, d, h)                                                               \
    {                                                                                              \
        .key = k, .type = ROW_INT, .offset = offsetof(struct http_settings, member), .min = lo,    \
        .max = hi, .dflt = d, .help = h                                                            \
    }

static const struct row rows[] = {
    {.key = "bind",
     .type = ROW_TEXT,
     .offset = offsetof(struct http_settings, bind),
     .size = sizeof(((struct http_settings *)0)->bind),
     .min = 2,
     .dflt = "127.0.0.1",
     .help = "numeric address; put a TLS proxy in front before binding to the outside"},
    INT("port", port, 0, 65535, "8480", "TCP port; 0: any free one"),
    INT("threads", threads, 1, 16, "2", "threads that serve"),
    INT("connections", connections, 16, 8192, "512", "open connections"),
    INT("streams", streams, 1, 4096, "64", "live streams among the connections"),
    INT("request_ms", request_ms, 200, 600000, "10000",
        "real time to send a request, and to take its answer"),
    INT("heartbeat_ms", heartbeat_ms, 100, 600000, "15000", "real time between beats of a stream"),
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
