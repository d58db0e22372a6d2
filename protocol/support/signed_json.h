/* A JSON object that carries its own signature as its last two members, "key" and "signature". The
 * signature covers every byte of the text before it; what follows has exactly one spelling, so that
 * no byte of the file can change unseen. */
#ifndef BOOMGATE_SUPPORT_SIGNED_JSON_H
#define BOOMGATE_SUPPORT_SIGNED_JSON_H

#include "protocol/base/err.h"
#include "protocol/support/signature.h"

#include <jansson.h>
#include <stddef.h>

/* The text of `object` (not empty), signed with the private key in `key_file`; *ret is for free().
 * Errors as signature_sign. */
enum err signed_json_make(const json_t *object, const char *key_file, char **ret);

/* ERR_DENIED: not signed by this key, or changed since. *ret (may be NULL) is the object, the
 * caller's. */
enum err signed_json_check(const char *text, size_t len, const struct signature_key *key,
                           json_t **ret);

#endif
