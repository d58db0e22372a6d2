#include "tests/contract/edge/cloud_double.h"

#include "protocol/wire/event_codec.h"
#include "protocol/wire/status.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct cloud_double {
    struct mqtt *mqtt;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool up, ready;
    int64_t events[DOUBLE_EVENTS];
    size_t event_count;
    size_t requests, telemetry, statuses, offlines;
    bool whole;
    char request[DOUBLE_TEXT], status[DOUBLE_TEXT];
    char said[DOUBLE_BYTES]; /* every event's text, one per line */
    size_t said_len;
};

static void keep(char *to, const struct mqtt_message *m)
{
    snprintf(to, DOUBLE_TEXT, "%.*s", (int)m->len, (const char *)m->payload);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static void on_up(void *self, uint16_t receive_max)
{
    struct cloud_double *d = self;
    (void)receive_max;
    pthread_mutex_lock(&d->lock);
    d->up = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    (void)self;
    (void)taken_over;
    (void)text;
}

static void on_taken(void *self, int token, bool ok)
{
    (void)self;
    (void)token;
    (void)ok;
}

/* The number of "event N", or the sequence of a real one. */
static void note_event(struct cloud_double *d, const struct mqtt_message *m, const char *text)
{
    struct event_header header;
    int64_t number = strtoll(text + strlen("event "), NULL, 10);
    if (event_peek(m->payload, m->len, &header) == ERR_OK)
        number = header.seq;
    if (d->event_count < DOUBLE_EVENTS)
        d->events[d->event_count++] = number;
    if (d->said_len + m->len + 2 <= DOUBLE_BYTES) {
        memcpy(d->said + d->said_len, m->payload, m->len);
        d->said_len += m->len;
        memcpy(d->said + d->said_len++, "\n", 2);
    }
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct cloud_double *d = self;
    char text[DOUBLE_TEXT];
    keep(text, m);
    pthread_mutex_lock(&d->lock);
    if (ends_with(m->topic, "/event"))
        note_event(d, m, text);
    if (ends_with(m->topic, "/request")) {
        d->requests++;
        d->whole = m->correlation && m->response_topic && m->expiry_s > 0 &&
                   strcmp(m->response_topic, "boomgate/v1/a/e1/response") == 0;
        keep(d->request, m);
    }
    if (ends_with(m->topic, "/telemetry"))
        d->telemetry++;
    if (ends_with(m->topic, "/status")) {
        struct status status;
        d->statuses++;
        d->offlines += status_decode(m->payload, m->len, &status, NULL) == ERR_OK && !status.online;
        keep(d->status, m);
    }
    if (strcmp(m->topic, "boomgate/v1/a/e1/ready") == 0)
        d->ready = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static void wait_for(struct cloud_double *d, const bool *flag)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    pthread_mutex_lock(&d->lock);
    while (!*flag)
        assert_int_equal(pthread_cond_timedwait(&d->changed, &d->lock, &end), 0);
    pthread_mutex_unlock(&d->lock);
}

struct cloud_double *double_start(uint16_t port)
{
    static const char *const filters[] = {"boomgate/v1/a/e1/#"};
    static const int qos[] = {1};
    struct cloud_double *d = calloc(1, sizeof *d);
    struct mqtt_options o = {.host = "127.0.0.1",
                             .port = port,
                             .client_id = "cloud-double",
                             .keepalive_s = 15,
                             .receive_max = 100,
                             .connect_timeout_ms = 1000};
    struct mqtt_handlers h = {
        .self = d, .up = on_up, .down = on_down, .message = on_message, .taken = on_taken};
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    assert_int_equal(mqtt_create(&o, &h, &d->mqtt), ERR_OK);
    assert_int_equal(mqtt_connect(d->mqtt, NULL), ERR_OK);
    wait_for(d, &d->up);
    assert_int_equal(mqtt_subscribe(d->mqtt, filters, qos, 1), ERR_OK);
    double_say(d, "a/e1/ready", "", false); /* comes back once the subscription stands */
    wait_for(d, &d->ready);
    return d;
}

void double_stop(struct cloud_double *d)
{
    mqtt_disconnect(d->mqtt, 1000);
    mqtt_free(d->mqtt);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->changed);
    free(d);
}

size_t double_events(struct cloud_double *d, int64_t *ret, size_t max)
{
    pthread_mutex_lock(&d->lock);
    size_t n = d->event_count;
    if (ret)
        memcpy(ret, d->events, (n < max ? n : max) * sizeof *ret);
    pthread_mutex_unlock(&d->lock);
    return n;
}

static size_t look(struct cloud_double *d, const size_t *count, const char *text, char *ret)
{
    pthread_mutex_lock(&d->lock);
    size_t n = *count;
    if (ret)
        memcpy(ret, text, DOUBLE_TEXT);
    pthread_mutex_unlock(&d->lock);
    return n;
}

size_t double_requests(struct cloud_double *d, char ret_last[DOUBLE_TEXT])
{
    return look(d, &d->requests, d->request, ret_last);
}

bool double_request_is_whole(struct cloud_double *d)
{
    pthread_mutex_lock(&d->lock);
    bool whole = d->whole;
    pthread_mutex_unlock(&d->lock);
    return whole;
}

size_t double_telemetry(struct cloud_double *d)
{
    return look(d, &d->telemetry, NULL, NULL);
}

size_t double_statuses(struct cloud_double *d, char ret_last[DOUBLE_TEXT])
{
    return look(d, &d->statuses, d->status, ret_last);
}

size_t double_offlines(struct cloud_double *d)
{
    return look(d, &d->offlines, NULL, NULL);
}

bool double_saw(struct cloud_double *d, const char *part)
{
    pthread_mutex_lock(&d->lock);
    bool saw = strstr(d->said, part) != NULL;
    pthread_mutex_unlock(&d->lock);
    return saw;
}

void double_say(struct cloud_double *d, const char *topic, const char *text, bool retained)
{
    char whole[128];
    snprintf(whole, sizeof whole, "boomgate/v1/%s", topic);
    struct mqtt_message m = {
        .topic = whole, .payload = text, .len = strlen(text), .qos = 1, .retained = retained};
    assert_int_equal(mqtt_publish(d->mqtt, &m, NULL), ERR_OK);
}
