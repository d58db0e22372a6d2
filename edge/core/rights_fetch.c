#include "edge/core/rights_fetch.h"

#include <string.h>

enum { FAILURES_MAX = 3 };

static bool same_list(const struct rights_fetch *f, const struct rights_part *p)
{
    return p->version == f->version && p->from == f->from && p->of == f->of;
}

const char *rights_fetch_before(const struct rights_fetch *f, const struct rights_part *p)
{
    return p->part == 0 ? "" : f->sha256;
}

static void start(struct rights_fetch *f, int64_t have, const struct rights_part *p)
{
    *f = (struct rights_fetch){.have = have};
    if (p != NULL) {
        f->version = p->version;
        f->from = p->from;
        f->of = p->of;
    }
}

static enum fetch_verdict failed(struct rights_fetch *f)
{
    if (++f->failures < FAILURES_MAX)
        return FETCH_BROKEN;
    start(f, f->have, NULL);
    return FETCH_ABANDON;
}

enum fetch_verdict rights_fetch_part(struct rights_fetch *f, const struct rights_part *p,
                                     const char *sha256)
{
    if (p->version <= f->have || p->version < f->version)
        return FETCH_DROP;
    if (p->of == 0)
        return f->version == 0 ? FETCH_NEWER : FETCH_DROP; /* what comes in now is asked on */
    if (p->from != 0 && p->from != f->have) {
        start(f, f->have, NULL);
        return FETCH_ABANDON;
    }
    if (!same_list(f, p)) {
        if (p->part != 0)
            return FETCH_DROP;
        start(f, f->have, p);
    }
    if (p->part != f->next)
        return FETCH_DROP;
    if (strcmp(sha256, p->sha256) != 0)
        return failed(f);
    memcpy(f->sha256, p->sha256, RIGHTS_SHA_SIZE);
    f->failures = 0;
    f->next++;
    if (f->next < f->of)
        return FETCH_STAGE;
    start(f, p->version, NULL);
    return FETCH_COMPLETE;
}
