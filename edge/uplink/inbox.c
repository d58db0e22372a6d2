#include "edge/uplink/inbox.h"

#include "protocol/support/digest.h"
#include "protocol/support/log.h"
#include "protocol/support/mailbox.h"
#include "protocol/support/memory.h"
#include "protocol/wire/ack.h"
#include "protocol/wire/command.h"
#include "protocol/wire/event_codec.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/status.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Sessions: the owner starts an attempt only after it drained the last one's two notes. */
enum { SESSIONS_MAX = 16, NOTICES_MAX = 256 };

struct inbox {
    struct name place, edge;
    void (*wake)(void *arg);
    void *wake_arg;
    struct mailbox *sessions; /* struct session_note */
    struct mailbox *notices;  /* struct notice */
    _Atomic uint64_t taken;
    atomic_bool taken_wanted;
};

struct inbox *inbox_new(const struct name *place, const struct name *edge, void (*wake)(void *arg),
                        void *arg)
{
    struct inbox *in = mem_alloc(sizeof *in);
    in->place = *place;
    in->edge = *edge;
    in->wake = wake;
    in->wake_arg = arg;
    in->sessions = mailbox_new(sizeof(struct session_note), SESSIONS_MAX, wake, arg);
    in->notices = mailbox_new(sizeof(struct notice), NOTICES_MAX, wake, arg);
    return in;
}

void inbox_free(struct inbox *in)
{
    if (!in)
        return;
    struct notice n;
    while (inbox_notice(in, &n))
        agent_input_release(&n.input);
    mailbox_free(in->sessions);
    mailbox_free(in->notices);
    free(in);
}

static void on_up(void *self, uint16_t receive_max)
{
    struct inbox *in = self;
    struct session_note n = {
        .up = true, .receive_max = receive_max, .taken = atomic_load(&in->taken)};
    mailbox_post(in->sessions, &n);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    struct inbox *in = self;
    struct session_note n = {.taken_over = taken_over};
    size_t len = text ? strnlen(text, sizeof n.text - 1) : 0;
    memcpy(n.text, text, len);
    mailbox_post(in->sessions, &n);
}

static void on_taken(void *self, int token, bool ok)
{
    struct inbox *in = self;
    (void)token;
    (void)ok; /* a refused one is sent again like a lost one: for want of an acknowledgement */
    atomic_fetch_add(&in->taken, 1);
    if (atomic_load(&in->taken_wanted))
        in->wake(in->wake_arg);
}

/* Each decoder fills the notice; ERR_NOTFOUND: known to be of no interest. */
static enum err decode_ack(const struct mqtt_message *m, struct notice *n, char *reason)
{
    struct ack a;
    TRY(ack_decode(m->payload, m->len, &a, reason));
    n->input.kind = INPUT_ACK;
    n->input.ack = (struct ack_input){.epoch = a.epoch, .upto = a.upto};
    return ERR_OK;
}

static enum err decode_response(const struct mqtt_message *m, struct notice *n, char *reason)
{
    n->input.kind = INPUT_RESPONSE;
    return response_decode(m->payload, m->len, &n->input.response, reason);
}

static enum err decode_grant(const struct mqtt_message *m, struct notice *n, char *reason)
{
    n->input.kind = INPUT_GRANT;
    return grant_decode(m->payload, m->len, &n->input.grant, reason);
}

/* The part goes to the heap: it is the one message that is too large for the mailbox. */
static enum err decode_rights(const struct mqtt_message *m, struct notice *n, char *reason)
{
    struct rights_part *p = mem_alloc(sizeof *p);
    struct rights_span entries;
    enum err e = rights_decode(m->payload, m->len, p, &entries, reason);
    if (e != ERR_OK) {
        free(p);
        return e;
    }
    n->input.kind = INPUT_RIGHTS;
    n->input.rights.part = p;
    sha256_of((const char *)m->payload + entries.at, entries.len, n->input.rights.sha256);
    return ERR_OK;
}

static enum err decode_command(const struct mqtt_message *m, struct notice *n, char *reason)
{
    n->input.kind = INPUT_ORDER;
    return command_decode(m->payload, m->len, &n->input.order, reason);
}

/* A retained status is the state at our subscription; a live one that says online is an instance
 * that (re-)started. Either may want the outbox again. */
static enum err decode_cloud(const struct mqtt_message *m, struct notice *n, char *reason)
{
    struct cloud_status s;
    TRY(cloud_status_decode(m->payload, m->len, &s, reason));
    n->kind = NOTICE_RESYNC;
    return s.online && !m->retained ? ERR_OK : ERR_NOTFOUND;
}

static enum err decode(const struct inbox *in, const struct mqtt_message *m, struct notice *ret,
                       char *reason)
{
    struct topic t;
    TRY(topic_parse(m->topic, strlen(m->topic), &t));
    if (t.kind == TOPIC_CLOUD_STATUS)
        return m->len == 0 ? ERR_NOTFOUND : decode_cloud(m, ret, reason);
    if (!name_equal(&t.place, &in->place) || !name_equal(&t.edge, &in->edge))
        return ERR_DENIED;
    switch (t.kind) {
    case TOPIC_ACK: return decode_ack(m, ret, reason);
    case TOPIC_RESPONSE: return decode_response(m, ret, reason);
    case TOPIC_GRANT: return decode_grant(m, ret, reason);
    case TOPIC_COMMAND: return decode_command(m, ret, reason);
    case TOPIC_RIGHTS: return decode_rights(m, ret, reason);
    default: return ERR_INVAL;
    }
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct inbox *in = self;
    struct notice n = {.kind = NOTICE_INPUT};
    char reason[CODEC_REASON_SIZE] = "not for this edge";
    enum err e = decode(in, m, &n, reason);
    if (e == ERR_NOTFOUND)
        return;
    if (e != ERR_OK) {
        log_warn("uplink.bad_message", LT("topic", m->topic), LN("bytes", m->len),
                 LT("reason", reason));
        return;
    }
    if (mailbox_post(in->notices, &n) == ERR_OK)
        return;
    agent_input_release(&n.input);
    log_warn("uplink.dropped", LT("topic", m->topic), LN("dropped", mailbox_dropped(in->notices)));
}

struct mqtt_handlers inbox_handlers(struct inbox *in)
{
    return (struct mqtt_handlers){
        .self = in,
        .up = on_up,
        .down = on_down,
        .message = on_message,
        .taken = on_taken,
    };
}

bool inbox_session(struct inbox *in, struct session_note *ret)
{
    return mailbox_drain(in->sessions, ret, 1) == 1;
}

bool inbox_notice(struct inbox *in, struct notice *ret)
{
    return mailbox_drain(in->notices, ret, 1) == 1;
}

uint64_t inbox_taken(struct inbox *in, bool wanted)
{
    atomic_store(&in->taken_wanted, wanted);
    return atomic_load(&in->taken);
}
