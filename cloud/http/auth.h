/* Who is calling: bearer tokens (RFC 6750) from the configuration.
 *
 * A1 Tokens are compared by digest, all of them, in constant time: neither the length nor a common
 *    prefix nor the position in the list shows in the timing.
 * A2 A driver's token sees the plates it is bound to and no other.
 * A3 No token at all is nobody: public routes work, others answer 401. A wrong token is an error
 *    everywhere, so that a typing error never looks like an empty result. */
#ifndef BOOMGATE_CLOUD_HTTP_AUTH_H
#define BOOMGATE_CLOUD_HTTP_AUTH_H

#include "protocol/base/err.h"
#include "protocol/base/id.h"
#include "protocol/wire/plate_text.h"

#include <stdbool.h>
#include <stddef.h>

enum role {
    ROLE_NONE = 0,
    ROLE_OPERATOR = 1,
    ROLE_ATTENDANT = 2,
    ROLE_AUDITOR = 4,
    ROLE_DRIVER = 8,
    ROLE_SERVICE = 16,
};

enum {
    AUTH_TOKENS_MAX = 32,
    AUTH_TOKEN_MIN = 16,
    AUTH_TOKEN_SIZE = 129,
    AUTH_PLATES_MAX = 8,
    AUTH_PLATES_TEXT_SIZE = 256,
};

/* One token as configured. */
struct auth_token {
    struct name name;
    char token[AUTH_TOKEN_SIZE];
    int role;                           /* index into auth_role_choices */
    char plates[AUTH_PLATES_TEXT_SIZE]; /* "22아2222, 12가3456": drivers only */
};

extern const char *const auth_role_choices[]; /* "operator", "attendant", ..., NULL */

/* The caller of one request. */
struct principal {
    enum role role;
    struct name name;
    const struct auth_entry *entry; /* NULL: nobody */
};

struct auth {
    size_t count;
    struct auth_entry {
        struct digest digest;
        enum role role;
        struct name name;
        size_t plate_count;
        struct plate plates[AUTH_PLATES_MAX];
    } entries[AUTH_TOKENS_MAX];
};

/* Digests the tokens and normalises the plates. ERR_INVAL: a plate that is none, a driver without
 * plates, plates on another role, a token with characters outside RFC 6750's; ERR_CONFLICT: a token
 * given twice; ERR_FULL: too many. *ret_at is the row at fault (written only on failure). */
enum err auth_load(const struct auth_token *tokens, size_t count, struct auth *ret, size_t *ret_at);

/* `header` is the value of Authorization, or NULL. ERR_DENIED: a header that is no known token. */
enum err auth_check(const struct auth *a, const char *header, struct principal *ret);

/* A2: may this caller see this plate's stays in full? */
bool auth_sees_plate(const struct principal *p, const struct plate *plate);

#endif
