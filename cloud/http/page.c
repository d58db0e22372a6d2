/* The embedded page: exact paths, ETag and 304, and headers under which nothing but these files runs. */
#include "cloud/dashboard/assets.h"
#include "cloud/http/exchange.h"

#include <stdlib.h>
#include <string.h>

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const struct asset *find_asset(const char *path)
{
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

/* If-None-Match: "*" or a list of tags; a weak tag of the same bytes counts (RFC 9110, 13.1.2). */
static bool has_tag(const char *list, const char *etag)
{
    if (list == NULL)
        return false;
    return strcmp(list, "*") == 0 || strstr(list, etag) != NULL;
}

void handle_asset(struct http *h, struct http_request *q, struct http_reply *r)
{
    (void)h;
    asset_reply(q->match->route->path, q, r);
}

void asset_reply(const char *path, struct http_request *q, struct http_reply *r)
{
    const struct asset *a = find_asset(path);
    if (a == NULL) {
        reply_problem(r, 404, "not_found", "This file is not part of the page.");
        return;
    }
    bool known = has_tag(q->if_none_match, a->etag);
    r->ready = MHD_create_response_from_buffer(known ? 0 : a->len, (void *)(uintptr_t)a->bytes,
                                               MHD_RESPMEM_PERSISTENT);
    if (r->ready == NULL)
        abort();
    r->status = known ? 304 : 200;
    MHD_add_response_header(r->ready, "ETag", a->etag);
    /* Always ask: a page and a daemon of different versions must not meet. */
    MHD_add_response_header(r->ready, "Cache-Control", "no-cache");
    MHD_add_response_header(r->ready, "Content-Security-Policy", page_policy);
    MHD_add_response_header(r->ready, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r->ready, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(r->ready, "Cross-Origin-Opener-Policy", "same-origin");
    if (!known)
        MHD_add_response_header(r->ready, "Content-Type", a->content_type);
}
