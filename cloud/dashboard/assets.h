/* The files of the page, embedded when the program is built (embed.cmake writes the table). */
#ifndef BOOMGATE_CLOUD_DASHBOARD_ASSETS_H
#define BOOMGATE_CLOUD_DASHBOARD_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path; /* "/" for the page itself, "/app.js" */
    const char *content_type;
    const char *etag; /* with its quotes */
    const unsigned char *bytes;
    size_t len;
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
