/* GET /v1/openapi.json. */
#include "cloud/http/exchange.h"
#include "cloud/http/openapi/document.h"

#include <stdlib.h>

void handle_description(struct http *h, struct http_request *q, struct http_reply *r)
{
    (void)h;
    if (!query_known(q, NULL, 0, r))
        return;
    r->ready = MHD_create_response_from_buffer(openapi_json_len, (void *)(uintptr_t)openapi_json,
                                               MHD_RESPMEM_PERSISTENT);
    if (r->ready == NULL)
        abort();
    r->status = 200;
    MHD_add_response_header(r->ready, "Content-Type", "application/json");
    MHD_add_response_header(r->ready, "Cache-Control", "no-cache");
    MHD_add_response_header(r->ready, "X-Content-Type-Options", "nosniff");
}
