/* What the orders of people to the ledger have in common: their members, and how they are refused. */
#ifndef BOOMGATE_CLOUD_HTTP_ACTS_H
#define BOOMGATE_CLOUD_HTTP_ACTS_H

#include "cloud/http/server.h"
#include "cloud/service.h"

/* Each unknown or wrong member becomes an entry of *problem, made when first needed. */
void act_complain(json_t **problem, const char *pointer, const char *detail);
void act_members(const json_t *body, const char *const *known, size_t count, json_t **problem);
void act_reason(const json_t *body, json_t **problem, struct act_order *ret);

/* False: it was not refused, and nothing is written. */
bool act_refused(const struct admin_result *result, struct http_reply *r);

#endif
