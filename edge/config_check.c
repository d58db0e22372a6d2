/* What a configuration must be beyond each of its values: names, links, lanes, secrets. */
#include "edge/config_internal.h"
#include "edge/quote/quote.h"

#include "protocol/base/buf.h"
#include "protocol/wire/topic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* As much of it as there is room for. */
static void add_start(struct buf *b, const char *text)
{
    buf_add(b, text, strnlen(text, b->size - 1 - b->len));
}

enum err config_refuse(struct table_error *e, int line, const char *list, size_t index,
                       const char *key, const char *what, const char *value)
{
    *e = (struct table_error){.line = line};
    if (list)
        snprintf(e->path, sizeof e->path, "%s[%zu].%s", list, index, key);
    else
        snprintf(e->path, sizeof e->path, "%s", key);
    struct buf text = buf_of(e->text, sizeof e->text);
    add_start(&text, what);
    add_start(&text, value ? ": " : "");
    add_start(&text, value ? value : "");
    return ERR_INVAL;
}

enum err config_refuse_inner(struct table_error *e, int line, const char *list, size_t index,
                             const char *key, const char *name, const struct table_error *inner)
{
    char what[sizeof e->text + sizeof inner->path];
    if (inner->line > 0)
        snprintf(what, sizeof what, "%.40s:%d: %.40s: %.180s", name, inner->line, inner->path,
                 inner->text);
    else
        snprintf(what, sizeof what, "%.40s: %.180s", name, inner->text);
    return config_refuse(e, line, list, index, key, what, NULL);
}

static enum err check_names(const struct edge_config *c, struct table_error *e)
{
    char text[TOPIC_SIZE];
    struct topic t = {.kind = TOPIC_EVENT, .place = c->place, .edge = c->edge};
    if (topic_format(&t, text) != ERR_OK)
        return config_refuse(e, 1, NULL, 0, "place", "place or edge is a reserved name",
                             c->place.text);
    return ERR_OK;
}

enum err config_document(struct config_files *files, const char *path, const char **ret_text,
                         size_t *ret_len, struct table_error *ret_error)
{
    enum err e = config_files_get(files, path, ret_text, ret_len);
    if (e == ERR_OK)
        return ERR_OK;
    *ret_error = (struct table_error){.line = 0};
    if (e == ERR_FULL)
        snprintf(ret_error->text, sizeof ret_error->text, "longer than 1 MiB");
    else
        snprintf(ret_error->text, sizeof ret_error->text, "cannot be opened: %s", strerror(errno));
    return e == ERR_FULL ? ERR_INVAL : e;
}

static enum err read_password(struct config_broker *b, struct config_files *files,
                              struct table_error *e)
{
    struct table_error inner;
    const char *text;
    size_t len;
    if (b->password_file[0] == '\0')
        return ERR_OK;
    if (b->password[0] != '\0')
        return config_refuse(e, b->line, NULL, 0, "broker.password_file",
                             "found beside `password`, expected one of the two", NULL);
    if (config_document(files, b->password_file, &text, &len, &inner) != ERR_OK)
        return config_refuse_inner(e, b->line, NULL, 0, "broker.password_file", b->password_file,
                                   &inner);
    size_t used = strcspn(text, "\r\n"); /* a document has a NUL behind it */
    if (used == 0 || used >= sizeof b->password)
        return config_refuse(e, b->line, NULL, 0, "broker.password_file",
                             "the first line is empty or too long", b->password_file);
    memcpy(b->password, text, used);
    b->password[used] = '\0';
    return ERR_OK;
}

static enum err check_broker(struct edge_config *c, struct config_files *files,
                             struct table_error *e)
{
    struct config_broker *b = &c->broker;
    if (b->reconnect_max_ms < b->reconnect_min_ms)
        return config_refuse(e, b->line, NULL, 0, "broker.reconnect_max_ms",
                             "found less than reconnect_min_ms, expected at least as much", NULL);
    TRY(read_password(b, files, e));
    if (b->username[0] == '\0' && b->password[0] != '\0')
        snprintf(b->username, sizeof b->username, "%s/%s", c->place.text, c->edge.text);
    return ERR_OK;
}

static bool same_endpoint(const struct field_link *a, const struct field_link *b)
{
    return strcmp(a->host, b->host) == 0 && strcmp(a->device, b->device) == 0 &&
           (a->host[0] == '\0' || a->port == b->port);
}

static enum err check_links(const struct edge_config *c, struct table_error *e)
{
    for (size_t i = 0; i < c->link_count; i++) {
        const struct config_link *l = &c->links[i];
        bool used = false;
        if ((l->link.host[0] != '\0') == (l->link.device[0] != '\0'))
            return config_refuse(e, l->line, "links", i, "host",
                                 l->link.host[0] ? "found beside serial, expected one of the two"
                                                 : "missing, expected host or serial",
                                 NULL);
        for (size_t k = 0; k < i; k++) {
            const struct field_link *other = &c->links[k].link;
            if (name_equal(&l->link.name, &other->name))
                return config_refuse(e, l->line, "links", i, "name", "found twice",
                                     l->link.name.text);
            if (same_endpoint(&l->link, other))
                return config_refuse(
                    e, l->line, "links", i, l->link.host[0] ? "host" : "serial.device",
                    "same endpoint as another link, expected one link per endpoint",
                    other->name.text);
        }
        for (size_t k = 0; k < c->lane_count; k++)
            used = used || name_equal(&c->lanes[k].link, &l->link.name);
        if (!used)
            return config_refuse(e, l->line, "links", i, "name", "no lane uses this link",
                                 l->link.name.text);
    }
    return ERR_OK;
}

static bool shares_unit(const struct config_lane *a, const struct config_lane *b)
{
    return a->unit == b->unit || a->unit == b->io.unit || a->io.unit == b->unit ||
           (a->io.unit != 0 && a->io.unit == b->io.unit);
}

static enum err check_lanes(const struct edge_config *c, struct table_error *e)
{
    for (size_t i = 0; i < c->lane_count; i++) {
        const struct config_lane *l = &c->lanes[i];
        if (config_link_of(c, l) == c->link_count)
            return config_refuse(e, l->line, "lanes", i, "link", "no link has this name",
                                 l->link.text);
        if (l->direction == 2 && l->loops != 3)
            return config_refuse(e, l->line, "lanes", i, "loops",
                                 "a reversible lane needs three loops", NULL);
        /* Whoever waits at an exit is let out before he is taken for a broken loop. */
        if (l->direction != 0 && l->a_stuck_ms <= c->deadlines.unanswered_ms)
            return config_refuse(e, l->line, "lanes", i, "a_stuck_ms",
                                 "found no more than deadlines.unanswered_ms, expected more", NULL);
        if (l->unit == l->io.unit)
            return config_refuse(e, l->line, "lanes", i, "io.unit", "the lane's own unit", NULL);
        for (size_t k = 0; k < i; k++) {
            const struct config_lane *other = &c->lanes[k];
            if (name_equal(&l->name, &other->name))
                return config_refuse(e, l->line, "lanes", i, "name", "found twice", l->name.text);
            if (name_equal(&l->link, &other->link) && shares_unit(l, other))
                return config_refuse(e, l->line, "lanes", i, "unit",
                                     "this unit of the link already is another lane",
                                     other->name.text);
        }
    }
    return ERR_OK;
}

/* Whoever can reach the port can say which plate stands at a lane. */
static enum err check_camera(const struct edge_config *c, struct table_error *e)
{
    const struct config_camera *m = &c->camera;
    bool loopback = strncmp(m->bind, "127.", 4) == 0 || strcmp(m->bind, "::1") == 0;
    if (m->port != 0 && !loopback && m->token[0] == '\0')
        return config_refuse(e, m->line, NULL, 0, "camera.token",
                             "missing, expected one beyond the loopback", m->bind);
    return ERR_OK;
}

static enum err name_rights_file(struct edge_config *c, struct table_error *e)
{
    if (c->rights_file[0] != '\0')
        return ERR_OK;
    struct buf path = buf_of(c->rights_file, sizeof c->rights_file);
    buf_addf(&path, "%s.rights", c->journal);
    return path.overflow ? config_refuse(e, 1, NULL, 0, "journal", "too long a name", c->journal)
                         : ERR_OK;
}

static enum err check_tariff(const struct edge_config *c, struct config_files *files,
                             struct table_error *e)
{
    struct table_error inner;
    struct quote *q;
    const char *text;
    size_t len;
    if (c->tariff[0] == '\0')
        return ERR_OK;
    enum err result = config_document(files, c->tariff, &text, &len, &inner);
    if (result == ERR_OK)
        result = quote_open(text, len, c->zone, &q, &inner);
    else
        result = ERR_INVAL;
    if (result == ERR_NOTFOUND)
        return config_refuse(e, 1, NULL, 0, "zone", "no such time zone", c->zone);
    if (result != ERR_OK)
        return config_refuse_inner(e, 1, NULL, 0, "tariff", c->tariff, &inner);
    quote_close(q);
    return ERR_OK;
}

enum err config_check(struct edge_config *c, struct config_files *files, struct table_error *e)
{
    TRY(name_rights_file(c, e));
    TRY(check_camera(c, e));
    TRY(check_names(c, e));
    TRY(check_broker(c, files, e));
    TRY(check_lanes(c, e));
    TRY(check_links(c, e));
    TRY(config_check_field(c, files, e));
    return check_tariff(c, files, e);
}
