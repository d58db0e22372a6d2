/* Which stay a request means: its id, or a place with a plate or a credential. */
#ifndef BOOMGATE_CLOUD_HTTP_STAY_NAMED_H
#define BOOMGATE_CLOUD_HTTP_STAY_NAMED_H

#include "cloud/http/server.h"
#include "cloud/service.h"

/* The members "session", or "place" with "plate" or "credential", of a body. What is wrong becomes an
 * entry of *problem (acts.h). */
void stay_name_of_body(const json_t *body, json_t **problem, struct stay_name *ret);

/* The same as parameters of the query. False: a problem was written. */
bool stay_name_of_query(struct http_request *q, struct http_reply *r, struct stay_name *ret);

/* The stay itself, if this caller may see it: a token bound to places, or to plates and credentials,
 * sees no other. False: a problem was written. */
bool stay_named_find(struct http *h, struct http_request *q, const struct stay_name *n,
                     struct http_reply *r, struct session_view *ret);

#endif
