#include "cloud/identity/clients.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/support/table.h"

#include <stdlib.h>
#include <string.h>

/* As written. */
struct client_text {
    struct name id;
    char secret[SECRET_HASH_SIZE];
    char roles[64];
    char places[AUTH_PLACES_TEXT_SIZE];
    char plates[AUTH_PLATES_TEXT_SIZE];
    char credentials[AUTH_CREDENTIALS_TEXT_SIZE];
    int line;
};

struct clients_text {
    struct client_text clients[CLIENTS_MAX];
    size_t count;
};

#define TEXT(k, member, lo, d, h)                                                                  \
    {                                                                                              \
        .key = k, .type = ROW_TEXT, .offset = offsetof(struct client_text, member),                \
        .size = sizeof(((struct client_text *)0)->member), .min = lo, .dflt = d, .help = h         \
    }

static const struct row client_rows[] = {
    {.key = "id",
     .type = ROW_NAME,
     .offset = offsetof(struct client_text, id),
     .help = "who; the actor of what is ordered"},
    TEXT("secret", secret, 1, NULL, "as boomgatectl client add writes it"),
    TEXT("roles", roles, 1, NULL, "separated by commas"),
    TEXT("places", places, 0, "", "bound to these places; empty: every place"),
    TEXT("plates", plates, 0, "", "role driver: the plates it sees"),
    TEXT("credentials", credentials, 0, "", "role driver: the credentials it sees"),
};
static const struct table client_table = {.name = "client",
                                          .rows = client_rows,
                                          .row_count = sizeof client_rows / sizeof client_rows[0],
                                          .struct_size = sizeof(struct client_text),
                                          .keeps_line = true,
                                          .line_offset = offsetof(struct client_text, line)};
static const struct row rows[] = {
    {.key = "clients",
     .type = ROW_LIST,
     .offset = offsetof(struct clients_text, clients),
     .size = sizeof(struct client_text),
     .count_offset = offsetof(struct clients_text, count),
     .max = CLIENTS_MAX,
     .dflt = "",
     .table = &client_table,
     .help = "who may ask for tokens"},
};
static const struct table clients_table = {
    .name = "clients", .rows = rows, .row_count = 1, .struct_size = sizeof(struct clients_text)};

/* NULL: nothing is wrong with it. */
static const char *read_client(const struct client_text *t, struct client_row *ret)
{
    struct principal *p = &ret->principal;
    p->name = t->id;
    memcpy(ret->secret, t->secret, sizeof ret->secret);
    if (!secret_hash_good(t->secret))
        return "secret: expected what boomgatectl client add writes";
    if (principal_add_each(p, t->roles, principal_add_role) != ERR_OK)
        return "roles: expected operator, attendant, auditor, driver or service";
    if (principal_add_each(p, t->places, principal_add_place) != ERR_OK)
        return "places: expected at most 8 names of places";
    if (principal_add_each(p, t->plates, principal_add_plate) != ERR_OK)
        return "plates: expected at most 8 number plates";
    if (principal_add_each(p, t->credentials, principal_add_credential) != ERR_OK)
        return "credentials: expected at most 4 of 1 to 48 bytes";
    if ((p->plate_count + p->credential_count > 0) != auth_is(p, ROLE_DRIVER))
        return "plates and credentials: a driver has some, and nobody else";
    return NULL;
}

static enum err convert(const struct clients_text *text, struct clients *ret, int *ret_line,
                        const char **ret_why)
{
    for (size_t i = 0; i < text->count; i++) {
        const struct client_text *t = &text->clients[i];
        *ret_line = t->line;
        *ret_why = clients_find(ret, t->id.text) != NULL ? "id: this client is listed already"
                                                         : read_client(t, &ret->rows[i]);
        if (*ret_why != NULL)
            return ERR_INVAL;
        ret->count++;
    }
    return ERR_OK;
}

enum err clients_load(const char *file, struct clients **ret, char *ret_reason)
{
    struct table_error error = {0};
    struct clients_text *text = mem_alloc(sizeof *text);
    struct clients *c = mem_alloc(sizeof *c);
    struct buf b = buf_of(ret_reason, CLIENTS_REASON_SIZE);
    const char *why = NULL;
    int line = 0;
    enum err e = table_read_yaml(file, &clients_table, text, &error);
    if (e != ERR_OK)
        buf_addf(&b, "%s:%d: %s: %s", file, error.line, error.path, error.text);
    else if ((e = convert(text, c, &line, &why)) != ERR_OK)
        buf_addf(&b, "%s:%d: %s", file, line, why);
    free(text);
    if (e != ERR_OK) {
        free(c);
        return e;
    }
    *ret = c;
    return ERR_OK;
}

const struct client_row *clients_find(const struct clients *c, const char *id)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->rows[i].principal.name.text, id) == 0)
            return &c->rows[i];
    return NULL;
}
