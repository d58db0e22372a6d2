/* The file of clients: who may ask for tokens, and what these say. `boomgatectl client add` writes it.
 *
 *   clients:
 *     - {id: shop-1, secret: "scrypt$...", roles: service, places: "a, b"} */
#ifndef BOOMGATE_CLOUD_IDENTITY_CLIENTS_H
#define BOOMGATE_CLOUD_IDENTITY_CLIENTS_H

#include "cloud/identity/principal.h"
#include "protocol/support/secret_hash.h"

enum { CLIENTS_MAX = 256, CLIENTS_REASON_SIZE = 512 };

struct client_row {
    struct principal principal;
    char secret[SECRET_HASH_SIZE];
};

struct clients {
    size_t count;
    struct client_row rows[CLIENTS_MAX];
};

/* The caller's, for free(). ERR_NOTFOUND, ERR_INVAL: ret_reason[CLIENTS_REASON_SIZE] says where and
 * what. */
enum err clients_load(const char *file, struct clients **ret, char *ret_reason);

/* NULL: no such client. */
const struct client_row *clients_find(const struct clients *c, const char *id);

#endif
