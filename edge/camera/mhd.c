#include "edge/camera/mhd.h"

#include "protocol/support/log.h"

#include <dlfcn.h>
#include <string.h>

struct mhd mhd;

/* The version whose header this was built with. */
static const char library[] = "libmicrohttpd.so.12";

static bool find(void *handle, const char *name, void *ret, size_t size)
{
    void *at = dlsym(handle, name);
    memcpy(ret, &at, size); /* C has no cast from an object's address to a function's */
    return at != NULL;
}

#define FIND(name) find(handle, "MHD_" #name, &mhd.name, sizeof mhd.name)

enum err mhd_load(void)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle && FIND(start_daemon) && FIND(stop_daemon) && FIND(get_daemon_info) &&
        FIND(lookup_connection_value) && FIND(create_response_from_buffer) &&
        FIND(add_response_header) && FIND(queue_response) && FIND(destroy_response) &&
        FIND(create_post_processor) && FIND(post_process) && FIND(destroy_post_processor))
        return ERR_OK; /* it stays */
    log_error("camera.library", LT("name", library), LT("reason", dlerror()));
    return ERR_UNAVAIL;
}
