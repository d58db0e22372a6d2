/* The parts of the metrics page. */
#ifndef BOOMGATE_CLOUD_HTTP_METRICS_PAGE_H
#define BOOMGATE_CLOUD_HTTP_METRICS_PAGE_H

#include <stddef.h>

struct http;

struct text {
    char *bytes;
    size_t len, size;
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Breakers, queues, endpoints and outcomes of the payment providers. */
void metrics_of_providers(struct text *t, const struct http *h);

#endif
