/* See control.h. */
#include "sim/control/control.h"

#include "protocol/support/json.h"
#include "sim/control/hardware.h"
#include "sim/control/truth.h"

#include <stdio.h>
#include <string.h>

static const char *const intent_words[INTENTS] = {
    [INTENT_DRIVE] = "drive",
    [INTENT_BACK_OUT_BEFORE] = "back_out_before",
    [INTENT_BACK_OUT_AFTER] = "back_out_after",
    [INTENT_BACK_OUT_UNDER] = "back_out_under",
    [INTENT_WAIT] = "wait",
    [INTENT_FORCE] = "force",
    [INTENT_STAND_UNDER] = "stand_under",
    [INTENT_TAILGATE] = "tailgate",
    [INTENT_FOLLOW] = "follow",
    [INTENT_WRONG_WAY] = "wrong_way",
    [INTENT_FAR_SIDE] = "far_side",
};

#define INTENT_WORDS                                                                               \
    "then must be drive, back_out_before, back_out_after, back_out_under, wait, force, "           \
    "stand_under, tailgate, follow, wrong_way or far_side"

static void fail(struct http_exchange *x, unsigned status, const char *text)
{
    json_t *body = json_pack("{s:s}", "error", text);
    http_reply(x, status, body != NULL ? body : json_object(), 0);
}

static void done(struct http_exchange *x)
{
    http_reply(x, 200, json_object(), 0);
}

/* The body as an object; NULL: answered with 400. An empty body is {}. */
static json_t *read_body(struct http_exchange *x)
{
    char reason[JSON_REASON_SIZE];
    size_t len = 0;
    json_t *body = NULL;
    const char *text = http_body(x, &len);
    if (len == 0)
        return json_object();
    if (json_read(text, len, HTTP_BODY_MAX, &body, reason) == ERR_OK)
        return body;
    fail(x, 400, reason);
    return NULL;
}

/* An absent text is `dflt`; false: it is something else or too long. */
static bool text_or(const json_t *body, const char *key, const char *dflt, char *ret, size_t size)
{
    enum err e = json_get_text(body, key, ret, size);
    if (e == ERR_NOTFOUND && dflt != NULL) {
        snprintf(ret, size, "%s", dflt);
        return true;
    }
    return e == ERR_OK;
}

static bool int_or(const json_t *body, const char *key, int64_t dflt, int64_t max, int64_t *ret)
{
    enum err e = json_get_int(body, key, 0, max, ret);
    if (e == ERR_NOTFOUND)
        *ret = dflt;
    return e == ERR_OK || e == ERR_NOTFOUND;
}

static bool bool_or(const json_t *body, const char *key, bool dflt, bool *ret)
{
    enum err e = json_get_bool(body, key, ret);
    if (e == ERR_NOTFOUND)
        *ret = dflt;
    return e == ERR_OK || e == ERR_NOTFOUND;
}

static bool read_intent(const json_t *body, enum intent *ret)
{
    char word[32];
    if (!text_or(body, "then", "drive", word, sizeof word))
        return false;
    for (int i = 0; i < INTENTS; i++) {
        if (strcmp(word, intent_words[i]) == 0) {
            *ret = (enum intent)i;
            return true;
        }
    }
    return false;
}

static bool read_extras(const json_t *body, struct car_extras *ret)
{
    *ret = (struct car_extras){0};
    return text_or(body, "ticket", "", ret->ticket.text, sizeof ret->ticket.text) &&
           text_or(body, "tag", "", ret->tag.text, sizeof ret->tag.text) &&
           bool_or(body, "unreadable", false, &ret->unreadable);
}

static void send_vehicle(struct control *c, struct http_exchange *x, const json_t *body)
{
    char place[NAME_SIZE], lane[NAME_SIZE], plate[PLATE_RAW_SIZE], id[16];
    enum intent intent;
    bool force;
    struct car_extras extras;
    uint32_t car;
    if (!text_or(body, "place", NULL, place, sizeof place) ||
        !text_or(body, "lane", NULL, lane, sizeof lane)) {
        fail(x, 400, "place and lane must be texts");
        return;
    }
    if (!text_or(body, "plate", "", plate, sizeof plate)) {
        fail(x, 400, "plate must be a text of at most 32 bytes");
        return;
    }
    if (!read_intent(body, &intent) || !bool_or(body, "force", false, &force)) {
        fail(x, 400, INTENT_WORDS "; force must be true or false");
        return;
    }
    if (!read_extras(body, &extras)) {
        fail(x, 400, "ticket and tag must be texts of at most 32 bytes; unreadable true or false");
        return;
    }
    switch (world_send(c->world, place, lane, plate, intent, force, &extras, &car)) {
    case ERR_OK:
        snprintf(id, sizeof id, "v%u", (unsigned)car);
        http_reply(x, 202, json_pack("{s:s}", "vehicle", id), 0);
        return;
    case ERR_NOTFOUND: fail(x, 404, "no such lane"); return;
    case ERR_DENIED: fail(x, 404, "no vehicle with this plate is inside"); return;
    case ERR_CONFLICT: fail(x, 409, "this vehicle is on its way out already"); return;
    default: fail(x, 400, "impossible plate"); return;
    }
}

static bool parse_car(const char *text, uint32_t *ret)
{
    uint32_t v = 0;
    size_t len = strlen(text);
    if (len < 2 || len > 9 || text[0] != 'v')
        return false;
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(text[i] - '0');
    }
    *ret = v;
    return true;
}

static void one_vehicle(struct control *c, struct http_exchange *x, const char *id)
{
    uint32_t car;
    json_t *vehicle = parse_car(id, &car) ? truth_vehicle(c->world, car) : NULL;
    if (vehicle == NULL)
        fail(x, 404, "no such vehicle");
    else
        http_reply(x, 200, vehicle, 0);
}

static void instruct_vehicle(struct control *c, struct http_exchange *x, const char *id,
                             const json_t *body)
{
    uint32_t car;
    enum intent intent;
    if (!read_intent(body, &intent)) {
        fail(x, 400, INTENT_WORDS);
        return;
    }
    switch (parse_car(id, &car) ? world_instruct(c->world, car, intent) : ERR_NOTFOUND) {
    case ERR_OK: done(x); return;
    case ERR_CONFLICT: fail(x, 409, "nobody turns round in the lane"); return;
    default: fail(x, 404, "no such vehicle at a lane"); return;
    }
}

static void set_provider(struct control *c, struct http_exchange *x, const json_t *body)
{
    char word[16];
    int64_t endpoint;
    struct provider_conduct conduct;
    if (!text_or(body, "mode", NULL, word, sizeof word) ||
        provider_mode_parse(word, &conduct.mode) != ERR_OK) {
        fail(x, 400,
             "mode must be ok, down, slow, decline, error, lose_answer, mute, busy or wrong");
        return;
    }
    if (!int_or(body, "latency_ms", 0, 600000, &conduct.latency_ms) ||
        !int_or(body, "latency_max_ms", 0, 600000, &conduct.latency_max_ms) ||
        !int_or(body, "count", 0, 1000000, &conduct.count)) {
        fail(x, 400, "latency_ms and latency_max_ms must be 0..600000, count 0..1000000");
        return;
    }
    if (!json_object_get(body, "endpoint"))
        endpoint = -1;
    else if (json_get_int(body, "endpoint", 0, SIM_ENDPOINTS_MAX - 1, &endpoint) != ERR_OK)
        endpoint = SIM_ENDPOINTS_MAX;
    switch (provider_conduct(c->provider, endpoint, &conduct)) {
    case ERR_OK: done(x); break;
    case ERR_NOTFOUND: fail(x, 404, "no such endpoint"); break;
    default: fail(x, 409, "down takes no count, and needs its port when it comes up again"); break;
    }
}

static void set_traffic(struct control *c, struct http_exchange *x, const json_t *body)
{
    bool running;
    if (json_get_bool(body, "running", &running) != ERR_OK) {
        fail(x, 400, "running must be true or false");
        return;
    }
    world_run_traffic(c->world, running);
    done(x);
}

static void set_hardware(struct control *c, struct http_exchange *x, const json_t *body)
{
    char place[NAME_SIZE], lane[NAME_SIZE], reason[HARDWARE_REASON_SIZE];
    if (!text_or(body, "place", NULL, place, sizeof place) ||
        !text_or(body, "lane", NULL, lane, sizeof lane)) {
        fail(x, 400, "place and lane must be texts");
        return;
    }
    size_t at = world_lane_named(c->world, place, lane);
    if (at == world_lane_count(c->world)) {
        fail(x, 404, "no such lane");
        return;
    }
    enum err e = hardware_change(c->world, at, body, reason);
    if (e == ERR_OK)
        done(x);
    else
        fail(x, e == ERR_CONFLICT ? 409 : 400, reason);
}

/* "{place}/{lane}" */
static void one_lane(struct control *c, struct http_exchange *x, const char *path)
{
    char place[NAME_SIZE];
    const char *slash = strchr(path, '/');
    size_t at = world_lane_count(c->world);
    if (slash != NULL && (size_t)(slash - path) < sizeof place) {
        snprintf(place, sizeof place, "%.*s", (int)(slash - path), path);
        at = world_lane_named(c->world, place, slash + 1);
    }
    if (at == world_lane_count(c->world))
        fail(x, 404, "no such lane");
    else
        http_reply(x, 200, hardware_json(c->world, at), 0);
}

static void get(struct control *c, struct http_exchange *x, const char *path)
{
    if (strcmp(path, "/truth") == 0)
        http_reply(x, 200, truth_json(c->world, c->provider), 0);
    else if (strcmp(path, "/charges") == 0)
        http_reply(x, 200, charges_list(provider_charges(c->provider)), 0);
    else if (strcmp(path, "/toss") == 0)
        http_reply(x, 200, toss_payments(provider_toss(c->provider)), 0);
    else if (strcmp(path, "/refunds") == 0)
        http_reply(x, 200, refunds_all(provider_refunds(c->provider)), 0);
    else if (strncmp(path, "/vehicles/", 10) == 0)
        one_vehicle(c, x, path + 10);
    else if (strncmp(path, "/hardware/", 10) == 0)
        one_lane(c, x, path + 10);
    else
        fail(x, 404, "no such resource");
}

static void post(struct control *c, struct http_exchange *x, const char *path, const json_t *body)
{
    if (strcmp(path, "/vehicles") == 0) {
        send_vehicle(c, x, body);
    } else if (strncmp(path, "/vehicles/", 10) == 0) {
        instruct_vehicle(c, x, path + 10, body);
    } else if (strcmp(path, "/provider") == 0) {
        set_provider(c, x, body);
    } else if (strcmp(path, "/traffic") == 0) {
        set_traffic(c, x, body);
    } else if (strcmp(path, "/hardware") == 0) {
        set_hardware(c, x, body);
    } else if (strcmp(path, "/drain") == 0) {
        world_drain(c->world);
        done(x);
    } else {
        fail(x, 404, "no such resource");
    }
}

void control_handle(void *arg, struct http_exchange *x)
{
    struct control *c = arg;
    const char *method = http_method(x);
    c->advance(c->arg);
    if (strcmp(method, "GET") == 0) {
        get(c, x, http_path(x));
    } else if (strcmp(method, "POST") == 0) {
        json_t *body = read_body(x);
        if (body != NULL)
            post(c, x, http_path(x), body);
        json_decref(body);
    } else {
        fail(x, 405, "use GET or POST");
    }
}
