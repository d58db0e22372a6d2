#include "cloud/http/router.h"

#include "cloud/http/url.h"
#include "protocol/base/buf.h"

#include <string.h>

/* The length of the segment that starts at `at`. */
static size_t segment_length(const char *at)
{
    return strcspn(at, "/");
}

static bool every_segment_decodes(const char *path)
{
    char scratch[ROUTE_PATH_MAX];
    for (const char *at = path; *at != '\0';) {
        size_t len = segment_length(at + 1);
        enum err e = url_decode(at + 1, len, false, scratch, sizeof scratch);
        if (e == ERR_INVAL)
            return false;
        at += 1 + len;
    }
    return true;
}

/* Both texts start with '/'. Fills the parameters of *m when the pattern fits. */
static bool pattern_fits(const char *pattern, const char *path, struct route_match *m)
{
    m->param_count = 0;
    for (;;) {
        if (*pattern == '\0' || *path == '\0')
            return *pattern == *path;
        if (*pattern != '/' || *path != '/')
            return false;
        pattern++;
        path++;
        size_t pattern_len = segment_length(pattern);
        size_t path_len = segment_length(path);
        if (pattern_len == 2 && memcmp(pattern, "{}", 2) == 0) {
            if (path_len == 0 || m->param_count == ROUTE_PARAMS_MAX)
                return false;
            char *param = m->params[m->param_count++];
            if (url_decode(path, path_len, false, param, ROUTE_PARAM_SIZE) != ERR_OK)
                return false;
        } else if (pattern_len != path_len || memcmp(pattern, path, path_len) != 0) {
            return false;
        }
        pattern += pattern_len;
        path += path_len;
    }
}

static bool serves(const struct route *r, const char *method)
{
    if (strcmp(r->method, method) == 0)
        return true;
    return strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0;
}

enum route_result router_match(const struct route *routes, size_t count, const char *method,
                               const char *path, struct route_match *ret)
{
    struct route_match m = {0};
    struct buf allow = buf_of(m.allow, sizeof m.allow);
    if (path[0] != '/' || strlen(path) >= ROUTE_PATH_MAX || !every_segment_decodes(path))
        return ROUTE_BAD;
    for (size_t i = 0; i < count; i++) {
        if (!pattern_fits(routes[i].path, path, &m))
            continue;
        if (serves(&routes[i], method)) {
            m.route = &routes[i];
            *ret = m;
            return ROUTE_FOUND;
        }
        buf_adds(&allow, allow.len > 0 ? ", " : "");
        buf_adds(&allow, strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method);
    }
    if (allow.len == 0)
        return ROUTE_UNKNOWN;
    *ret = m;
    return ROUTE_METHOD;
}
