#include "cloud/downlink/downlink.h"

#include "protocol/support/log.h"
#include "protocol/wire/ack.h"
#include "protocol/wire/command.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/topic.h"

enum { RESPONSE_EXPIRY_S = 30 };

/* `m` holds everything but the topic; `encoded` is how its payload came out. */
static void send_to(struct downlink *d, const struct topic *t, struct mqtt_message *m,
                    enum err encoded)
{
    char topic[TOPIC_SIZE];
    enum err e = encoded == ERR_OK ? topic_format(t, topic) : encoded;
    if (e != ERR_OK) {
        log_error("downlink.unsayable", LN("kind", t->kind), LT("place", t->place.text),
                  LT("edge", t->edge.text), LT("reason", err_text(e)));
        return;
    }
    m->topic = topic;
    link_publish(d->link, m);
}

static void ack(void *self, const struct name *place, const struct name *edge, int64_t epoch,
                int64_t upto)
{
    struct topic t = {.kind = TOPIC_ACK, .place = *place, .edge = *edge};
    struct ack a = {.epoch = epoch, .upto = upto};
    char text[ACK_BYTES_MAX];
    struct mqtt_message m = {.payload = text, .qos = 1};
    enum err e = ack_encode(&a, text, sizeof text, &m.len);
    send_to(self, &t, &m, e);
}

static void respond(void *self, const struct name *place, const struct name *edge,
                    const uint8_t correlation[16], const struct response *r)
{
    struct topic t = {.kind = TOPIC_RESPONSE, .place = *place, .edge = *edge};
    char text[REQUEST_BYTES_MAX];
    struct mqtt_message m = {
        .payload = text, .correlation = correlation, .expiry_s = RESPONSE_EXPIRY_S};
    enum err e = response_encode(r, text, sizeof text, &m.len);
    send_to(self, &t, &m, e);
}

static void offer(void *self, const struct name *place, const struct name *edge,
                  const struct grant *g)
{
    struct topic t = {.kind = TOPIC_GRANT, .place = *place, .edge = *edge};
    char text[GRANT_BYTES_MAX];
    struct mqtt_message m = {.payload = text, .qos = 1};
    enum err e = grant_encode(g, text, sizeof text, &m.len);
    send_to(self, &t, &m, e);
}

static void occupancy(void *self, const struct name *place, const struct occupancy *o)
{
    struct topic t = {.kind = TOPIC_OCCUPANCY, .place = *place};
    char text[STATUS_BYTES_MAX];
    struct mqtt_message m = {.payload = text, .qos = 1, .retained = true};
    enum err e = occupancy_encode(o, text, sizeof text, &m.len);
    send_to(self, &t, &m, e);
}

/* A command nobody took in time is of no use to anybody: the broker may drop it then. */
static void command(void *self, const struct name *place, const struct name *edge,
                    const struct command *c)
{
    struct downlink *d = self;
    struct topic t = {.kind = TOPIC_COMMAND, .place = *place, .edge = *edge};
    int64_t left_ms = wall_diff_ms(c->not_after, clock_now(&d->clock).wall);
    char text[COMMAND_BYTES_MAX];
    struct mqtt_message m = {
        .payload = text,
        .qos = 1,
        .expiry_s = (uint32_t)((clock_sleep_ms(&d->clock, left_ms) + 999) / 1000),
    };
    enum err e = command_encode(c, text, sizeof text, &m.len);
    if (left_ms > 0)
        send_to(d, &t, &m, e);
}

static void rights(void *self, const struct name *place, const struct name *edge, const char *bytes,
                   size_t len)
{
    struct topic t = {.kind = TOPIC_RIGHTS, .place = *place, .edge = *edge};
    struct mqtt_message m = {.payload = bytes, .len = len, .qos = 1};
    send_to(self, &t, &m, ERR_OK);
}

/* Not retained: the retained status is the birth, and an edge that connects later resends anyway.
 */
static void resync(void *self)
{
    struct downlink *d = self;
    struct topic t = {.kind = TOPIC_CLOUD_STATUS, .edge = d->instance};
    struct cloud_status s = {.online = true, .resync = true, .time = clock_now(&d->clock).wall};
    char text[STATUS_BYTES_MAX];
    struct mqtt_message m = {.payload = text, .qos = 1};
    enum err e = cloud_status_encode(&s, text, sizeof text, &m.len);
    send_to(d, &t, &m, e);
}

struct downlink_port downlink_port_of(struct downlink *d)
{
    return (struct downlink_port){.self = d,
                                  .ack = ack,
                                  .respond = respond,
                                  .offer = offer,
                                  .occupancy = occupancy,
                                  .resync = resync,
                                  .command = command,
                                  .rights = rights};
}
