/* Bearer tokens (RFC 6750) from the configuration: fixed texts, for machines beside the daemon, a start by
 * hand, tests. People and programs elsewhere have tokens that end (cloud/identity).
 *
 * A1 Tokens are compared by digest, all of them, in constant time: neither the length nor a common
 *    prefix nor the position in the list shows in the timing.
 * A3 No token at all is nobody: public routes work, others answer 401. A wrong token is an error
 *    everywhere, so that a typing error never looks like an empty result.
 *
 * (A2 and A4 are in cloud/identity/principal.h.) */
#ifndef BOOMGATE_CLOUD_HTTP_AUTH_H
#define BOOMGATE_CLOUD_HTTP_AUTH_H

#include "cloud/identity/principal.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    AUTH_TOKENS_MAX = 32,
    AUTH_TOKEN_MIN = 16,
    AUTH_TOKEN_SIZE = 129,
};

/* One token as configured. */
struct auth_token {
    struct name name;
    char token[AUTH_TOKEN_SIZE];
    int role;                           /* index into auth_role_choices */
    char plates[AUTH_PLATES_TEXT_SIZE]; /* "22아2222, 12가3456": drivers only */
    char places[AUTH_PLACES_TEXT_SIZE]; /* "a, b"; "": every place */
};

struct auth {
    size_t count;
    struct auth_entry {
        struct digest digest;
        struct principal principal;
    } entries[AUTH_TOKENS_MAX];
};

/* Digests the tokens and normalises the plates. ERR_INVAL: a plate that is none, a driver without
 * plates, plates on another role, a place that is no name, a token with characters outside
 * RFC 6750's; ERR_CONFLICT: a token given twice; ERR_FULL: too many. *ret_at is the row at fault (written only on failure). */
enum err auth_load(const struct auth_token *tokens, size_t count, struct auth *ret, size_t *ret_at);

/* `header` is the value of Authorization, or NULL. ERR_DENIED: a header that is no known token. */
enum err auth_check(const struct auth *a, const char *header, struct principal *ret);

#endif
