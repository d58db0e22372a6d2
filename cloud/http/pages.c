/* Pages of lists: a cursor stands behind the last entry of a page, so that what is added meanwhile neither repeats
 * an entry nor leaves one out. Opaque to clients: "<number>.<id>", as `next` gave it out. */
#include "cloud/http/server.h"
#include "cloud/http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool query_after(struct http_request *q, struct http_reply *r, struct list_cursor *ret)
{
    char text[80];
    char *end = text;
    struct list_cursor c = list_begin;
    enum err e = url_query_get(q->query, "after", text, sizeof text);
    if (e == ERR_NOTFOUND) {
        *ret = c;
        return true;
    }
    if (e == ERR_OK && text[0] >= '0' && text[0] <= '9') {
        c.at = strtoll(text, &end, 10);
        size_t len = *end == '.' ? strlen(end + 1) : sizeof c.id;
        if (len > 0 && len < sizeof c.id) {
            memcpy(c.id, end + 1, len + 1);
            *ret = c;
            return true;
        }
    }
    reply_problem(r, 400, "bad_cursor", "\"after\" must be the \"next\" of an earlier answer.");
    return false;
}

bool list_page_takes(struct list_page *p, int64_t at, const char *id)
{
    if (p->seen++ == p->limit) {
        p->more = true; /* one more than asked for: there is another page */
        return false;
    }
    p->last.at = at;
    snprintf(p->last.id, sizeof p->last.id, "%s", id);
    return true;
}

void document_set_next(json_t *document, const struct list_page *p)
{
    char text[80];
    snprintf(text, sizeof text, "%lld.%s", (long long)p->last.at, p->last.id);
    json_object_set_new(document, "next", p->more ? json_string(text) : json_null());
}
