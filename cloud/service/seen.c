#include "cloud/service/seen.h"

#include "protocol/base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The tag of what is there; "": nothing is. False: things of this kind have none. */
static bool tag_of(struct service *s, const struct work *w, char ret[TAG_SIZE])
{
    const struct admin_command *c = &w->admin;
    struct right right;
    struct right_row row;
    ret[0] = '\0';
    if (c->kind == ADMIN_PLACE_PUT) {
        const struct place *p = state_place(s, &c->place.place);
        if (p)
            place_settings_tag(&p->row.settings, ret);
        return true;
    }
    if (c->kind != ADMIN_RIGHTS || w->len != sizeof right)
        return false;
    memcpy(&right, w->bytes, sizeof right);
    if (FOUND(s, find_right, &c->place.place, &right.id, &row) && !row.right.removed)
        snprintf(ret, TAG_SIZE, "%" PRId64, row.version);
    return true;
}

static bool refuse(struct admin_result *r, const char *reason)
{
    struct buf b = buf_of(r->reason, sizeof r->reason);
    buf_adds(&b, reason);
    r->err = ERR_CONFLICT;
    r->changed = true;
    return false;
}

bool seen_right(struct service *s, const struct work *w, struct admin_result *ret)
{
    const struct seen *seen = &w->admin.seen;
    char tag[TAG_SIZE];
    if (seen->kind == SEEN_NOTHING)
        return true;
    if (!tag_of(s, w, tag))
        return refuse(ret, "this has no tag to compare");
    bool exists = tag[0] != '\0';
    switch (seen->kind) {
    case SEEN_NOTHING: return true;
    case SEEN_TAG:
        if (!exists || strcmp(tag, seen->tag) != 0)
            return refuse(ret, "it was changed since it was read");
        return true;
    case SEEN_IT: return exists || refuse(ret, "there is nothing of that name");
    case SEEN_NONE: return !exists || refuse(ret, "it exists already");
    case SEEN_NEEDED:
        if (!exists)
            return true;
        refuse(ret, "it exists: say what was seen of it");
        ret->changed = false;
        ret->seen_needed = true;
        return false;
    }
    return true;
}
