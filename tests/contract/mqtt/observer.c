#include "tests/contract/mqtt/observer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void on_up(void *self, uint16_t receive_max)
{
    struct observer *o = self;
    pthread_mutex_lock(&o->lock);
    o->ups++;
    o->receive_max = receive_max;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    struct observer *o = self;
    pthread_mutex_lock(&o->lock);
    o->downs++;
    o->taken_over = taken_over;
    snprintf(o->text, sizeof o->text, "%s", text);
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct observer *o = self;
    pthread_mutex_lock(&o->lock);
    o->messages++;
    snprintf(o->topic, sizeof o->topic, "%s", m->topic);
    o->len = m->len < sizeof o->payload ? m->len : sizeof o->payload;
    memcpy(o->payload, m->payload, o->len);
    o->qos = m->qos;
    o->retained = m->retained;
    o->expiry_s = m->expiry_s;
    o->has_response_topic = m->response_topic != NULL;
    snprintf(o->response_topic, sizeof o->response_topic, "%s",
             o->has_response_topic ? m->response_topic : "");
    o->has_correlation = m->correlation != NULL;
    if (o->has_correlation)
        memcpy(o->correlation, m->correlation, sizeof o->correlation);
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static void on_taken(void *self, int token, bool ok)
{
    struct observer *o = self;
    pthread_mutex_lock(&o->lock);
    if (ok)
        o->taken++;
    else
        o->refused++;
    o->last_token = token;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

void observer_init(struct observer *o)
{
    *o = (struct observer){0};
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->changed, NULL);
}

struct mqtt_handlers observer_handlers(struct observer *o)
{
    return (struct mqtt_handlers){o, on_up, on_down, on_message, on_taken};
}

void observer_wait(struct observer *o, const int *counter, int n, const char *what)
{
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&o->lock);
    while (*counter < n && rc == 0)
        rc = pthread_cond_timedwait(&o->changed, &o->lock, &until);
    int seen = *counter;
    pthread_mutex_unlock(&o->lock);
    if (seen < n)
        fail_msg("waited for %d %s, saw %d (last down: %s)", n, what, seen, o->text);
}

int observer_count(struct observer *o, const int *counter)
{
    pthread_mutex_lock(&o->lock);
    int v = *counter;
    pthread_mutex_unlock(&o->lock);
    return v;
}
