/* What a verified token says, judged: whose it is, for whom, since when and until when, and what its bearer
 * may do. Claims: iss, aud (text or list), exp, nbf, iat in seconds, sub; roles, places, plates and
 * credentials as lists of texts.
 *
 * K1 A token without exp, for another audience or of another issuer is none.
 * K2 Times are compared with real time; an issuer's clock may be ahead by CLAIMS_AHEAD_S.
 * K3 Roles that are not ours are passed over (issuers add their own); a place, plate or credential that
 *    is none is an error: a binding that cannot be understood must not become "everything". */
#ifndef BOOMGATE_CLOUD_IDENTITY_CLAIMS_H
#define BOOMGATE_CLOUD_IDENTITY_CLAIMS_H

#include "cloud/identity/principal.h"

#include <jansson.h>
#include <stdint.h>

enum { CLAIMS_AHEAD_S = 60 };

struct claims_rule {
    const char *issuer, *audience;
    const char *roles_claim; /* "roles", or a path such as "realm_access.roles" */
    int64_t now_s;
};

/* ERR_DENIED: *ret_why is a constant sentence. */
enum err claims_read(const json_t *claims, const struct claims_rule *rule, struct principal *ret,
                     const char **ret_why);

/* Only issuer, audience and times. */
enum err claims_check(const json_t *claims, const struct claims_rule *rule, const char **ret_why);

/* The claims roles, places, plates and credentials of a principal, as claims_read takes them. */
void claims_set_principal(json_t *claims, const struct principal *p);

#endif
