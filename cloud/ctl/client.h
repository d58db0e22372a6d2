/* The daemon's API over libcurl. */
#ifndef BOOMGATE_CLOUD_CTL_CLIENT_H
#define BOOMGATE_CLOUD_CTL_CLIENT_H

#include "cloud/ctl/ctl.h"
#include "protocol/base/err.h"

#include <jansson.h>

struct client;

/* `url` such as "http://127.0.0.1:8480"; `token` may be NULL. Both are copied. */
enum err client_open(const char *url, const char *token, bool json_wanted, struct client **ret);
void client_close(struct client *c); /* NULL is fine */

/* Whether the caller asked for JSON instead of tables. */
bool client_json(const struct client *c);

/* One request. CTL_UNREACHABLE is reported on stderr; any answer is CTL_OK with its status and its
 * document (NULL if it has none). The caller owns the document. `body` may be NULL and stays the
 * caller's. */
enum ctl_status client_call(struct client *c, const char *method, const char *path,
                            const json_t *body, int *ret_status, json_t **ret);

/* A POST with an Idempotency-Key: sent twice, it has one effect. */
enum ctl_status client_post_once(struct client *c, const char *path, const char *key,
                                 const json_t *body, int *ret_status, json_t **ret);

/* A request with one header more, "Name: value". */
enum ctl_status client_call_with(struct client *c, const char *method, const char *path,
                                 const char *header, const json_t *body, int *ret_status,
                                 json_t **ret);

/* As client_call for GET; an answer that is not 200 is reported and CTL_REFUSED. */
enum ctl_status client_get(struct client *c, const char *path, json_t **ret);

/* Prints a problem document (RFC 9457) to stderr: the sentence, then each field at fault. */
void client_report(int status, const json_t *problem);

/* `text` percent-encoded into ret[size]. ERR_FULL: too long. */
enum err client_escape(const char *text, char *ret, size_t size);

#endif
