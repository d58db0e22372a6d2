/* Who callers are: tokens of our own, given out at /oauth/token and signed with our key, and tokens of one
 * external issuer, whose keys are fetched and refreshed.
 *
 * I1 A token is checked without a call to anywhere: unknown keys are fetched by a thread of their own, at
 *    most once in `refetch_min_s`, and the token is refused until they are there.
 * I2 The first of the own keys signs, all of them verify and are published: a new one is put first, the
 *    old one stays until its tokens ended.
 * I3 Secrets are compared by a thread of its own (a hash takes 50 ms on purpose), with a bounded queue.
 * I4 A refresh token ends with its client, and with its client's secret. */
#ifndef BOOMGATE_CLOUD_IDENTITY_IDENTITY_H
#define BOOMGATE_CLOUD_IDENTITY_IDENTITY_H

#include "cloud/identity/principal.h"
#include "protocol/support/table.h"

#include <jansson.h>
#include <stdint.h>

enum {
    IDENTITY_KEYS_MAX = 4,
    IDENTITY_FILE_SIZE = 256,
    IDENTITY_TEXT_SIZE = 256,
    IDENTITY_REASON_SIZE = 600,
};

/* The section `oauth` of the configuration. */
struct identity_settings {
    char issuer[IDENTITY_TEXT_SIZE], audience[IDENTITY_TEXT_SIZE];
    struct identity_key_file {
        char file[IDENTITY_FILE_SIZE];
    } keys[IDENTITY_KEYS_MAX];
    size_t key_count; /* 0: no tokens of our own */
    char clients_file[IDENTITY_FILE_SIZE];
    int64_t access_s, refresh_s;
    struct identity_external {
        char issuer[IDENTITY_TEXT_SIZE], audience[IDENTITY_TEXT_SIZE];
        char jwks_url[IDENTITY_TEXT_SIZE]; /* "": no external issuer */
        char roles_claim[64];
        int64_t refetch_s, refetch_min_s;
    } external;
};

extern const struct table identity_table;

struct identity;

/* Reads the files; a first key that does not exist is made. ERR_INVAL: ret_reason says what is wrong.
 * `settings` are copied. */
enum err identity_open(const struct identity_settings *settings, struct identity **ret,
                       char *ret_reason);

/* What `identity_open` would say, without making or starting anything. */
enum err identity_check_settings(const struct identity_settings *settings, char *ret_reason);

void identity_close(struct identity *i); /* NULL is fine; what was asked is answered first */

/* Reads keys and clients again. ERR_INVAL: nothing was changed. */
enum err identity_reload(struct identity *i, char *ret_reason);

/* Any thread. ERR_DENIED: *ret_why is a constant sentence. */
enum err identity_of_token(struct identity *i, const char *token, size_t len, struct principal *ret,
                           const char **ret_why);

/* The public keys as a key set (RFC 7517); the caller's. */
json_t *identity_jwks(struct identity *i);

/* A question for a token (RFC 6749, 4.4 and 6). */
struct token_request {
    enum token_grant { GRANT_CLIENT, GRANT_REFRESH } grant;
    char client[NAME_SIZE];
    char secret[129];
    char refresh[4097];
    char scope[128]; /* roles separated by blanks; "": all of the client's */
};

/* Answered once, on another thread: the status and the body, which `done` takes over. ERR_FULL: too many
 * wait; ERR_NOTFOUND: no tokens are given out here. */
enum err identity_ask(struct identity *i, const struct token_request *q,
                      void (*done)(void *arg, int status, json_t *body), void *arg);

#endif
