#include "edge/uplink/uplink.h"

#include "edge/uplink/inbox.h"
#include "edge/uplink/window.h"
#include "protocol/base/backoff.h"
#include "protocol/base/buf.h"
#include "protocol/mqtt/mqtt.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"
#include "protocol/wire/event.h"
#include "protocol/wire/topic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    KEEPALIVE_S = 30,
    RECEIVE_MAX = 64,
    CONNECT_TIMEOUT_MS = 10 * 1000,
    SESSION_ENOUGH_MS = 60 * 1000, /* a session this long resets the backoff */
    TAKEN_OVER_MS = 60 * 1000,
    SHORT_SESSIONS_MAX = 5, /* in a row */
    STUCK_MS = 60 * 1000,   /* U5 */
    ATTEMPT_MS = 60 * 1000, /* U5: paho ends an attempt long before */
    HELLO_EXPIRY_S = 30,
    GOODBYE_MS = 500,
    CLIENT_ID_SIZE = 2 * NAME_SIZE,
};

enum session_state { SESSION_DOWN, SESSION_CONNECTING, SESSION_UP };

struct uplink {
    struct clock_source clock;
    struct journal *journal;
    struct inbox *inbox;
    struct mqtt *mqtt;
    char topics[TOPIC_EDGE_KINDS][TOPIC_SIZE];

    enum session_state state;
    int64_t session; /* counts attempts */
    int64_t up_us;
    int64_t connect_us; /* when to try again */
    struct backoff backoff;
    int short_sessions; /* U4 */
    bool taken_over;    /* U4: said or suspected */

    uint64_t progress; /* U5 */
    uint64_t taken;    /* as last seen */
    int64_t moved_us;
    bool dropped; /* U5: the agent is not told yet */

    struct window window;
    uint64_t published;  /* QoS 1 messages of this session */
    uint64_t taken_base; /* the inbox's count at its start */
};

static int64_t real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum err format_topics(struct uplink *u, const struct uplink_config *c)
{
    for (int kind = 0; kind < TOPIC_EDGE_KINDS; kind++) {
        struct topic t = {.kind = (enum topic_kind)kind, .place = c->place, .edge = c->edge};
        TRY(topic_format(&t, u->topics[kind]));
    }
    return ERR_OK;
}

static enum err create_client(struct uplink *u, const struct uplink_config *c)
{
    char memory[CLIENT_ID_SIZE];
    struct buf id = buf_of(memory, sizeof memory);
    buf_addf(&id, "%s/%s", c->place.text, c->edge.text);
    if (id.overflow)
        return ERR_INVAL;
    struct mqtt_options o = {
        .host = c->host,
        .port = c->port,
        .client_id = id.text,
        .username = c->username,
        .password = c->password,
        .keepalive_s = KEEPALIVE_S,
        .receive_max = RECEIVE_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };
    struct mqtt_handlers h = inbox_handlers(u->inbox);
    return mqtt_create(&o, &h, &u->mqtt);
}

enum err uplink_create(const struct uplink_config *c, const struct clock_source *clock,
                       struct journal *journal, void (*wake)(void *arg), void *arg,
                       struct uplink **ret)
{
    struct uplink *u = mem_alloc(sizeof *u);
    u->clock = *clock;
    u->journal = journal;
    u->backoff = backoff_of(c->reconnect_min_ms, c->reconnect_max_ms);
    u->inbox = inbox_new(&c->place, &c->edge, wake, arg);
    enum err e = format_topics(u, c);
    if (e == ERR_OK)
        e = create_client(u, c);
    if (e != ERR_OK) {
        inbox_free(u->inbox);
        free(u);
        return e;
    }
    *ret = u;
    return ERR_OK;
}

/* Birth or will. The text's length goes to *ret_len. */
static enum err encode_status(const struct uplink *u, bool online, char *ret, size_t *ret_len)
{
    struct status s = {.online = online,
                       .boot = u->journal ? journal_memory(u->journal)->boot : 0,
                       .session = u->session,
                       .time = clock_now(&u->clock).wall,
                       .version = BOOMGATE_VERSION};
    return status_encode(&s, ret, STATUS_BYTES_MAX, ret_len);
}

static struct mqtt_message status_message(const struct uplink *u, const char *text, size_t len)
{
    return (struct mqtt_message){
        .topic = u->topics[TOPIC_STATUS], .payload = text, .len = len, .qos = 1, .retained = true};
}

static void publish_status(struct uplink *u, bool online)
{
    char text[STATUS_BYTES_MAX];
    size_t len;
    enum err e = encode_status(u, online, text, &len);
    if (e == ERR_OK) {
        struct mqtt_message m = status_message(u, text, len);
        e = mqtt_publish(u->mqtt, &m, NULL);
    }
    if (e != ERR_OK)
        log_warn("uplink.status", LT("reason", err_text(e)));
    else
        u->published++;
}

static void retry_in(struct uplink *u, int64_t ms)
{
    u->state = SESSION_DOWN;
    u->connect_us = real_us() + ms * 1000;
}

static void connect_now(struct uplink *u)
{
    char text[STATUS_BYTES_MAX];
    size_t len;
    u->session++;
    enum err e = encode_status(u, false, text, &len);
    if (e == ERR_OK) {
        struct mqtt_message will = status_message(u, text, len);
        e = mqtt_connect(u->mqtt, &will);
    }
    if (e == ERR_OK) {
        u->state = SESSION_CONNECTING;
        return;
    }
    log_warn("uplink.connect", LT("reason", err_text(e)));
    retry_in(u, backoff_next_ms(&u->backoff, random_u64()));
}

static void session_up(struct uplink *u, const struct session_note *n)
{
    const char *filters[] = {u->topics[TOPIC_ACK],     u->topics[TOPIC_RESPONSE],
                             u->topics[TOPIC_GRANT],   u->topics[TOPIC_RIGHTS],
                             u->topics[TOPIC_COMMAND], "boomgate/v1/cloud/+/status"};
    const int qos[] = {1, 0, 1, 1, 1, 1};
    u->state = SESSION_UP;
    u->up_us = real_us();
    u->published = 0;
    u->taken_base = n->taken;
    window_open(&u->window, n->receive_max);
    if (mqtt_subscribe(u->mqtt, filters, qos, sizeof qos / sizeof qos[0]) != ERR_OK)
        return; /* `down` follows */
    publish_status(u, true);
    log_notice("uplink.up", LN("session", u->session), LN("receive_max", n->receive_max),
               LN("window", u->window.limit));
}

/* U4: a broker that is away refuses attempts between two sessions, a clone does not. */
static bool clone_suspected(struct uplink *u, int64_t lasted_ms)
{
    bool too_short = u->state == SESSION_UP && lasted_ms < SESSION_ENOUGH_MS;
    u->short_sessions = too_short ? u->short_sessions + 1 : 0;
    return u->short_sessions >= SHORT_SESSIONS_MAX;
}

static void session_down(struct uplink *u, const struct session_note *n)
{
    int64_t lasted_ms = 0;
    if (u->state == SESSION_UP) {
        lasted_ms = (real_us() - u->up_us) / 1000;
        backoff_session_ended(&u->backoff, lasted_ms, SESSION_ENOUGH_MS);
    }
    int64_t wait_ms = backoff_next_ms(&u->backoff, random_u64());
    bool suspected = clone_suspected(u, lasted_ms);
    if (lasted_ms >= SESSION_ENOUGH_MS)
        u->taken_over = false;
    u->taken_over = u->taken_over || suspected || n->taken_over;
    if (suspected && !n->taken_over) {
        wait_ms = u->backoff.max_ms;
        log_error("uplink.clone_suspected",
                  LT("why", "sessions are lost again and again: does another client use this "
                            "edge's identity?"),
                  LN("sessions", u->short_sessions), LN("retry_ms", wait_ms));
    }
    if (n->taken_over) {
        wait_ms = TAKEN_OVER_MS;
        log_error("uplink.taken_over", LT("why", "another client uses this edge's identity"),
                  LN("retry_ms", wait_ms));
    } else {
        log_warn("uplink.down", LN("session", u->session), LN("lasted_ms", lasted_ms),
                 LT("reason", n->text), LN("retry_ms", wait_ms));
    }
    retry_in(u, wait_ms);
}

void uplink_drain(struct uplink *u, void (*take)(void *arg, const struct agent_input *input),
                  void *arg)
{
    struct session_note s;
    if (u->dropped) {
        struct agent_input input = {.kind = INPUT_UPLINK_DOWN};
        u->dropped = false;
        take(arg, &input);
    }
    while (inbox_session(u->inbox, &s)) {
        bool was_up = u->state == SESSION_UP;
        struct agent_input input = {.kind = s.up ? INPUT_UPLINK_UP : INPUT_UPLINK_DOWN};
        if (s.up)
            session_up(u, &s);
        else
            session_down(u, &s);
        if (s.up || was_up)
            take(arg, &input);
    }
    struct notice n;
    while (inbox_notice(u->inbox, &n)) {
        if (n.kind == NOTICE_INPUT) {
            take(arg, &n.input);
            continue;
        }
        if (u->state != SESSION_UP)
            continue;
        log_info("uplink.resync", LN("base", u->window.base));
        window_go_back(&u->window);
        struct agent_input again = {.kind = INPUT_UPLINK_UP};
        take(arg, &again);
    }
}

struct sender {
    struct uplink *u;
    int64_t now_us;
};

static bool send_row(void *arg, int64_t seq, const void *bytes, size_t len)
{
    struct sender *s = arg;
    struct uplink *u = s->u;
    if (seq != u->window.sent + 1) { /* rows are contiguous by construction: our own damage */
        log_error("uplink.hole", LN("expected", u->window.sent + 1), LN("found", seq));
        return false;
    }
    struct mqtt_message m = {
        .topic = u->topics[TOPIC_EVENT], .payload = bytes, .len = len, .qos = 1};
    enum err e = mqtt_publish(u->mqtt, &m, NULL);
    if (e != ERR_OK) {
        log_debug("uplink.publish", LN("seq", seq), LT("reason", err_text(e)));
        return false;
    }
    u->published++;
    window_sent(&u->window, s->now_us, random_u64());
    return true;
}

static enum err send_rows(struct uplink *u, const struct edge_memory *m)
{
    struct sender s = {u, real_us()};
    if (m->epoch < 1)
        return ERR_OK; /* a journal without epoch has only its hello to say */
    window_update(&u->window, m->epoch, m->base, m->next, s.now_us);
    if (window_expired(&u->window, s.now_us))
        log_info("uplink.resend", LN("from", u->window.base + 1),
                 LN("next_wait_ms", u->window.wait_ms));

    /* Only a full client makes the broker's PUBACKs interesting. */
    uint64_t taken = inbox_taken(u->inbox, false) - u->taken_base;
    int64_t in_client = (int64_t)(u->published - taken);
    if (in_client >= u->window.limit) {
        taken = inbox_taken(u->inbox, true) - u->taken_base;
        in_client = (int64_t)(u->published - taken);
    }
    int64_t room = window_room(&u->window, in_client);
    if (room == 0)
        return ERR_OK;
    return journal_read(u->journal, u->window.sent + 1, (size_t)room, send_row, &s);
}

static bool moves(struct uplink *u, const struct edge_memory *m, bool rows)
{
    uint64_t taken = inbox_taken(u->inbox, false);
    bool moved = taken != u->taken || m->base + 1 >= m->next || m->base != u->window.base;
    u->taken = taken;
    if (u->state == SESSION_DOWN)
        return true;
    if (u->state == SESSION_CONNECTING)
        return real_us() - u->connect_us < ATTEMPT_MS * 1000LL;
    return moved || !rows || m->epoch < 1;
}

/* U5. A new session is a new handle of paho's. */
static void note_progress(struct uplink *u, const struct edge_memory *m, bool rows)
{
    int64_t now_us = real_us();
    if (moves(u, m, rows)) {
        u->progress++;
        u->moved_us = now_us;
        return;
    }
    if (u->state != SESSION_UP || now_us - u->moved_us < STUCK_MS * 1000LL)
        return;
    log_error("uplink.stuck", LN("session", u->session), LN("base", m->base), LN("next", m->next));
    mqtt_disconnect(u->mqtt, 0);
    u->dropped = true;
    retry_in(u, backoff_next_ms(&u->backoff, random_u64()));
}

enum err uplink_tick(struct uplink *u, const struct edge_memory *m, bool rows)
{
    note_progress(u, m, rows);
    if (u->state == SESSION_DOWN && real_us() >= u->connect_us)
        connect_now(u);
    return u->state == SESSION_UP && rows ? send_rows(u, m) : ERR_OK;
}

int64_t uplink_deadline_us(const struct uplink *u)
{
    if (u->state == SESSION_DOWN)
        return u->connect_us;
    if (u->state == SESSION_UP && u->window.deadline_us > 0)
        return u->window.deadline_us;
    return INT64_MAX;
}

uint64_t uplink_progress(const struct uplink *u)
{
    return u->progress;
}

bool uplink_taken_over(const struct uplink *u)
{
    bool settled = u->state == SESSION_UP && real_us() - u->up_us >= SESSION_ENOUGH_MS * 1000LL;
    return u->taken_over && !settled;
}

bool uplink_connected(const struct uplink *u)
{
    return u->state == SESSION_UP;
}

static enum err ask(void *self, const struct request *r)
{
    struct uplink *u = self;
    char text[REQUEST_BYTES_MAX];
    uint8_t correlation[MQTT_CORRELATION_SIZE];
    size_t len;
    if (u->state != SESSION_UP)
        return ERR_UNAVAIL;
    TRY(request_encode(r, text, sizeof text, &len));
    TRY(hex_parse(r->id.text, strlen(r->id.text), correlation, sizeof correlation));
    bool timed = r->kind == REQUEST_ENTRY || r->kind == REQUEST_EXIT;
    int64_t expiry_s = timed ? (r->question.deadline_ms + 999) / 1000 : HELLO_EXPIRY_S;
    struct mqtt_message m = {
        .topic = u->topics[TOPIC_REQUEST],
        .payload = text,
        .len = len,
        .qos = 0,
        .response_topic = u->topics[TOPIC_RESPONSE],
        .correlation = correlation,
        .expiry_s = (uint32_t)(expiry_s > 0 ? expiry_s : 1),
    };
    return mqtt_publish(u->mqtt, &m, NULL);
}

/* The rows are read in uplink_tick, which every turn ends with. */
static void wake(void *self)
{
    (void)self;
}

struct uplink_port uplink_port(struct uplink *u)
{
    return (struct uplink_port){.self = u, .wake = wake, .ask = ask};
}

void uplink_telemetry(struct uplink *u, const struct telemetry *t)
{
    char text[STATUS_BYTES_MAX];
    size_t len;
    if (u->state != SESSION_UP)
        return;
    enum err e = telemetry_encode(t, text, sizeof text, &len);
    if (e == ERR_OK) {
        struct mqtt_message m = {
            .topic = u->topics[TOPIC_TELEMETRY], .payload = text, .len = len, .qos = 0};
        e = mqtt_publish(u->mqtt, &m, NULL);
    }
    if (e != ERR_OK)
        log_warn("uplink.telemetry", LT("reason", err_text(e)));
}

void uplink_close(struct uplink *u)
{
    if (!u)
        return;
    if (u->state == SESSION_UP)
        publish_status(u, false); /* a clean DISCONNECT suppresses the will */
    mqtt_disconnect(u->mqtt, GOODBYE_MS);
    mqtt_free(u->mqtt);
    inbox_free(u->inbox);
    free(u);
}
