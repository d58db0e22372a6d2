/* Who is calling and what they may see.
 *
 * A2 A driver sees the plates and credentials the token is bound to and no other.
 * A4 A token bound to places may do nothing at another place that is not public. Routes below
 *    /v1/places/{} are checked before their handler; any other handler asks auth_sees_place. */
#ifndef BOOMGATE_CLOUD_IDENTITY_PRINCIPAL_H
#define BOOMGATE_CLOUD_IDENTITY_PRINCIPAL_H

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
    AUTH_PLATES_MAX = 8,
    AUTH_PLATES_TEXT_SIZE = 256,
    AUTH_PLACES_MAX = 8,
    AUTH_PLACES_TEXT_SIZE = AUTH_PLACES_MAX * (NAME_SIZE + 1),
    AUTH_CREDENTIALS_MAX = 4,
    AUTH_CREDENTIALS_TEXT_SIZE = AUTH_CREDENTIALS_MAX * (CREDENTIAL_TEXT_SIZE + 1),
};

extern const char *const auth_role_choices[]; /* "operator", "attendant", ..., NULL */

/* The caller of one request. */
struct principal {
    unsigned roles;   /* bits of enum role */
    struct name name; /* the actor of what is ordered; "": nobody */
    size_t place_count;
    struct name places[AUTH_PLACES_MAX]; /* none: every place */
    size_t plate_count;
    struct plate plates[AUTH_PLATES_MAX];
    size_t credential_count;
    char credentials[AUTH_CREDENTIALS_MAX][CREDENTIAL_TEXT_SIZE];
};

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

/* The bit of a word; 0: no such role. */
unsigned auth_role_of(const char *word, size_t len);

/* One more, normalised. ERR_INVAL: it is none; ERR_FULL: too many. */
enum err principal_add_plate(struct principal *p, const char *text, size_t len);
enum err principal_add_place(struct principal *p, const char *text, size_t len);
enum err principal_add_credential(struct principal *p, const char *text, size_t len);
enum err principal_add_role(struct principal *p, const char *text, size_t len);

/* Each item of a list "a, b" with its blanks cut off; "" is an empty list. ERR_INVAL: an empty item. */
enum err principal_add_each(struct principal *p, const char *list,
                            enum err (*add)(struct principal *p, const char *text, size_t len));

#endif
