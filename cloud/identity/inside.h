/* What the files of this folder share. */
#ifndef BOOMGATE_CLOUD_IDENTITY_INSIDE_H
#define BOOMGATE_CLOUD_IDENTITY_INSIDE_H

#include "cloud/identity/claims.h"
#include "cloud/identity/clients.h"
#include "cloud/identity/identity.h"
#include "protocol/support/jwt.h"

#include <pthread.h>

enum { JWKS_KEYS_MAX = 16 };

struct key_set {
    struct jwt_key *keys[JWKS_KEYS_MAX];
    size_t count;
};
void key_set_clear(struct key_set *s);

struct identity {
    struct identity_settings settings;
    pthread_rwlock_t lock; /* of the three below */
    struct key_set own, external;
    struct clients *clients; /* never NULL */
    struct desk *desk;
    struct fetcher *fetcher; /* NULL: no external issuer */
};

int64_t identity_now_s(void);

/* Verifies with the keys of `set` that the token may mean. ERR_NOTFOUND: no key of that name. */
enum err key_set_verify(const struct key_set *set, const struct jwt *token);

/* desk.c: gives out tokens. */
struct desk *desk_new(struct identity *i);
void desk_free(struct desk *d);

/* fetcher.c: the keys of the external issuer. */
struct fetcher *fetcher_new(struct identity *i);
void fetcher_free(struct fetcher *f); /* NULL is fine */
void fetcher_want(struct fetcher *f); /* a key was missing */

/* The keys of a key set's document. ERR_INVAL: none of them is usable. */
enum err key_set_read(const char *text, size_t len, struct key_set *ret);

/* What a question comes to; the body is the caller's. Slow (I3). */
int token_answer(struct identity *i, const struct token_request *q, json_t **ret);

#endif
