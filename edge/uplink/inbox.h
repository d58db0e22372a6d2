/* What MQTT's threads leave for the loop: session changes, decoded messages, the count of messages
 * the broker took. The handlers decode and post; nothing here calls back into MQTT. */
#ifndef BOOMGATE_EDGE_UPLINK_INBOX_H
#define BOOMGATE_EDGE_UPLINK_INBOX_H

#include "edge/ports.h"
#include "protocol/mqtt/mqtt.h"
#include "protocol/wire/topic.h"

struct inbox;

/* A session began or ended, or an attempt failed. */
struct session_note {
    bool up;
    uint16_t receive_max; /* up */
    uint64_t taken;       /* up: the count of taken messages so far */
    bool taken_over;      /* down */
    char text[96];        /* down: why */
};

enum notice_kind { NOTICE_INPUT, NOTICE_RESYNC };

/* A message for the agent, or the cloud's wish to have the outbox again. */
struct notice {
    enum notice_kind kind;
    struct agent_input input;
};

struct inbox *inbox_new(const struct name *place, const struct name *edge, void (*wake)(void *arg),
                        void *arg);
void inbox_free(struct inbox *in); /* after mqtt_free; NULL is fine */

struct mqtt_handlers inbox_handlers(struct inbox *in);

/* From the loop thread. False: nothing there. */
bool inbox_session(struct inbox *in, struct session_note *ret);
bool inbox_notice(struct inbox *in, struct notice *ret);

/* Messages the broker took (or the client gave up) since the start. While `wanted`, each one wakes
 * the loop. */
uint64_t inbox_taken(struct inbox *in, bool wanted);

#endif
