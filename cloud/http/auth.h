/* Who is calling and what they may see: bearer tokens (RFC 6750).
 *
 * A1 Tokens are compared by digest, all of them, in constant time: neither the length nor a common
 *    prefix nor the position in the list shows in the timing.
 * A2 A driver's token sees the plates and credentials it is bound to and no other.
 * A3 No token at all is nobody: public routes work, others answer 401. A wrong token is an error
 *    everywhere, so that a typing error never looks like an empty result.
 * A4 A token bound to places may do nothing at another place that is not public. Routes below
 *    /v1/places/{} are checked before their handler; any other handler asks auth_sees_place. */
#ifndef BOOMGATE_CLOUD_HTTP_AUTH_H
#define BOOMGATE_CLOUD_HTTP_AUTH_H

#include "protocol/base/err.h"
#include "protocol/base/id.h"
#include "protocol/wire/plate_text.h"
#include "protocol/wire/rights.h"

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
    AUTH_PLACES_MAX = 8,
    AUTH_PLACES_TEXT_SIZE = AUTH_PLACES_MAX * (NAME_SIZE + 1),
    AUTH_CREDENTIALS_MAX = 4,
};

/* One token as configured. */
struct auth_token {
    struct name name;
    char token[AUTH_TOKEN_SIZE];
    int role;                           /* index into auth_role_choices */
    char plates[AUTH_PLATES_TEXT_SIZE]; /* "22아2222, 12가3456": drivers only */
    char places[AUTH_PLACES_TEXT_SIZE]; /* "a, b"; "": every place */
};

extern const char *const auth_role_choices[]; /* "operator", "attendant", ..., NULL */

/* The caller of one request. */
struct principal {
    unsigned roles;   /* bits of enum role; 0: nobody */
    struct name name; /* the actor of what is ordered */
    size_t place_count;
    struct name places[AUTH_PLACES_MAX]; /* none: every place */
    size_t plate_count;
    struct plate plates[AUTH_PLATES_MAX];
    size_t credential_count;
    char credentials[AUTH_CREDENTIALS_MAX][CREDENTIAL_TEXT_SIZE];
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
 * RFC 6750's; ERR_CONFLICT: a token
 * given twice; ERR_FULL: too many. *ret_at is the row at fault (written only on failure). */
enum err auth_load(const struct auth_token *tokens, size_t count, struct auth *ret, size_t *ret_at);

/* `header` is the value of Authorization, or NULL. ERR_DENIED: a header that is no known token. */
enum err auth_check(const struct auth *a, const char *header, struct principal *ret);

/* Has the caller one of these roles (bits)? */
static inline bool auth_is(const struct principal *p, unsigned roles)
{
    return (p->roles & roles) != 0;
}

/* A2: may this caller see the stays of this plate, of this credential, in full? */
bool auth_sees_plate(const struct principal *p, const struct plate *plate);
bool auth_sees_credential(const struct principal *p, const char *credential);

/* A4 */
bool auth_sees_place(const struct principal *p, const struct name *place);

#endif
