#include "edge/camera/camera.h"

#include "edge/camera/mhd.h"
#include "edge/camera/reading.h"
#include "protocol/support/json.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum {
    BODY_MAX = 1024 * 1024, /* a form may bring a picture, which is passed over */
    JSON_BODY_MAX = 8192,
    CONNECTIONS_MAX = 32,
    TIMEOUT_S = 10,
    MEMORY_MAX = 16 * 1024,
    FORM_BUFFER = 1024,
};

struct camera {
    struct camera_config config;
    char token[CAMERA_TOKEN_SIZE];
    struct mailbox *inputs;
    struct MHD_Daemon *daemon;
    uint16_t port;
};

/* One request while its body comes in. */
struct push {
    bool is_form; /* otherwise JSON */
    bool unknown_type;
    struct MHD_PostProcessor *form;
    struct reading_fields fields;
    char *body;
    size_t body_len, received;
    bool too_large;
};

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, json_t *document,
                              const char *type)
{
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    struct MHD_Response *r =
        mhd.create_response_from_buffer(text ? strlen(text) : 0, text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        mhd.add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"boomgate\"");
    enum MHD_Result done = mhd.queue_response(connection, status, r);
    mhd.destroy_response(r);
    return done;
}

/* A problem document (RFC 9457); `field` "": of the whole request. */
static enum MHD_Result problem(struct MHD_Connection *connection, unsigned status,
                               const char *field, const char *detail)
{
    json_t *o = json_pack("{s:i, s:s}", "status", (int)status, "detail", detail);
    if (o == NULL) /* the detail quoted what is no text */
        o = json_pack("{s:i, s:s}", "status", (int)status, "detail", "not valid");
    if (field[0] != '\0') {
        char pointer[32] = "/";
        memcpy(pointer + 1, field, strlen(field) + 1);
        json_object_set_new(o, "errors",
                            json_pack("[{s:s, s:s}]", "pointer", pointer, "detail", detail));
    }
    return answer(connection, status, o, "application/problem+json");
}

/* ---- the reading ---- */

static bool lane_index(const struct camera *c, const struct name *lane, size_t *ret)
{
    for (size_t i = 0; i < c->config.lane_count; i++) {
        if (!name_equal(&c->config.lanes[i], lane))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static enum MHD_Result take(struct camera *c, struct MHD_Connection *connection, struct push *p)
{
    char detail[READING_DETAIL_SIZE];
    const char *field = "";
    struct reading r;
    struct agent_input in = {.kind = INPUT_CREDENTIAL};
    enum err e = ERR_OK;
    if (p->form) /* the last field comes with its end */
        mhd.destroy_post_processor(p->form);
    p->form = NULL;
    if (!p->is_form)
        e = reading_json(p->body ? p->body : "", p->body_len, &p->fields, &field, detail);
    if (e == ERR_OK)
        e = reading_check(&p->fields, &r, &field, detail);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return problem(connection, MHD_HTTP_BAD_REQUEST, field, detail);
    if (!lane_index(c, &r.lane, &in.lane))
        return problem(connection, MHD_HTTP_BAD_REQUEST, "lane", "there is no such lane here");
    in.credential.confidence = r.confidence;
    in.credential.len = (uint8_t)r.plate_len;
    memcpy(in.credential.raw, r.plate, r.plate_len);
    if (e == ERR_OK && mailbox_post(c->inputs, &in) != ERR_OK)
        return problem(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "", "the lane is busy; try again");
    return answer(connection, MHD_HTTP_ACCEPTED, json_pack("{s:s}", "lane", r.lane.text),
                  "application/json");
}

/* ---- requests ---- */

static enum MHD_Result on_field(void *self, enum MHD_ValueKind kind, const char *key,
                                const char *filename, const char *type, const char *encoding,
                                const char *data, uint64_t offset, size_t size)
{
    struct push *p = self;
    (void)kind, (void)filename, (void)type, (void)encoding, (void)offset;
    reading_add(&p->fields, key, data, size);
    return MHD_YES;
}

static bool token_matches(const char *given, const char *token)
{
    size_t len = strlen(token);
    unsigned differ = strlen(given) != len;
    for (size_t i = 0; i < len && given[i] != '\0'; i++)
        differ |= (unsigned)(given[i] ^ token[i]);
    return differ == 0;
}

static bool let_in(const struct camera *c, struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    if (c->token[0] == '\0')
        return true;
    const char *h = mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (h && strncasecmp(h, scheme, sizeof scheme - 1) == 0)
        return token_matches(h + sizeof scheme - 1, c->token);
    const char *q = mhd.lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
    return q && token_matches(q, c->token);
}

static struct push *push_new(struct MHD_Connection *connection)
{
    const char *type = mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    struct push *p = mem_alloc(sizeof *p);
    p->fields = reading_none();
    bool json = !type || strncasecmp(type, "application/json", 16) == 0;
    if (!json)
        p->form = mhd.create_post_processor(connection, FORM_BUFFER, on_field, p);
    p->is_form = p->form != NULL;
    p->unknown_type = !json && !p->is_form;
    return p;
}

static void push_data(struct push *p, const char *data, size_t size)
{
    p->received += size;
    p->too_large = p->too_large || p->received > (p->is_form ? BODY_MAX : JSON_BODY_MAX);
    if (p->too_large)
        return;
    if (p->form) {
        mhd.post_process(p->form, data, size);
        return;
    }
    p->body = mem_resize(p->body, p->body_len + size + 1);
    memcpy(p->body + p->body_len, data, size);
    p->body_len += size;
    p->body[p->body_len] = '\0';
}

static void on_done(void *self, struct MHD_Connection *connection, void **at,
                    enum MHD_RequestTerminationCode why)
{
    struct push *p = *at;
    (void)self, (void)connection, (void)why;
    if (!p)
        return;
    if (p->form)
        mhd.destroy_post_processor(p->form);
    free(p->body);
    free(p);
    *at = NULL;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **at)
{
    struct camera *c = self;
    struct push *p = *at;
    (void)version;
    if (!p) {
        if (strcmp(url, "/v1/plates") != 0)
            return problem(connection, MHD_HTTP_NOT_FOUND, "", "there is only /v1/plates");
        if (strcmp(method, "POST") != 0)
            return problem(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "", "POST a plate");
        if (!let_in(c, connection))
            return problem(connection, MHD_HTTP_UNAUTHORIZED, "", "this needs the camera's token");
        *at = p = push_new(connection);
        if (p->unknown_type)
            return problem(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "", "send JSON or a form");
        return MHD_YES;
    }
    if (*size > 0) {
        push_data(p, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (p->too_large)
        return problem(connection, MHD_HTTP_CONTENT_TOO_LARGE, "", "the body is too large");
    return take(c, connection, p);
}

/* ---- life ---- */

static enum err address_of(const struct camera_config *c, struct sockaddr_storage *ret)
{
    struct sockaddr_storage a = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
    if (inet_pton(AF_INET, c->bind, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(c->port);
    } else if (inet_pton(AF_INET6, c->bind, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(c->port);
    } else {
        return ERR_INVAL;
    }
    *ret = a;
    return ERR_OK;
}

enum err camera_start(const struct camera_config *config, struct mailbox *inputs,
                      struct camera **ret)
{
    struct sockaddr_storage address;
    TRY(address_of(config, &address));
    TRY(mhd_load());
    struct camera *c = mem_alloc(sizeof *c);
    c->config = *config;
    c->inputs = inputs;
    memcpy(c->token, config->token, strnlen(config->token, sizeof c->token - 1));
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    if (address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    c->daemon = mhd.start_daemon(
        flags, config->port, NULL, NULL, on_request, c, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_done, c, MHD_OPTION_END);
    if (!c->daemon) {
        log_error("camera.bind", LT("address", config->bind), LN("port", config->port));
        free(c);
        return ERR_UNAVAIL;
    }
    const union MHD_DaemonInfo *info = mhd.get_daemon_info(c->daemon, MHD_DAEMON_INFO_BIND_PORT);
    c->port = info ? info->port : config->port;
    log_notice("camera.listening", LT("address", config->bind), LN("port", c->port));
    *ret = c;
    return ERR_OK;
}

uint16_t camera_port(const struct camera *c)
{
    return c->port;
}

void camera_stop(struct camera *c)
{
    if (!c)
        return;
    mhd.stop_daemon(c->daemon);
    free(c);
}
