/* What the resources about money share. */
#ifndef BOOMGATE_CLOUD_HTTP_MONEY_H
#define BOOMGATE_CLOUD_HTTP_MONEY_H

#include "cloud/http/server.h"

enum money_noun { NOUN_PAYMENT, NOUN_REFUND, NOUN_DEBT };

/* The payment, refund or debt of this key (a debt: its session) and its place. ERR_NOTFOUND */
enum err money_find(struct reader *r, enum money_noun n, const char *key, struct name *ret_place,
                    json_t **ret);

/* The one named in the path, if the caller may see it. False: a problem was written. */
bool money_of_path(struct http *h, struct http_request *q, enum money_noun n, struct http_reply *r,
                   json_t **ret);

#endif
