#include "edge/core/rechain.h"

#include <string.h>

static size_t find(const struct rechain *r, const struct movement_id *m)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->open[i].text, m->text) == 0)
            return i;
    return r->count;
}

/* More than can be under way at once is none of an edge's doing; the oldest is forgotten. */
static void add(struct rechain *r, const struct movement_id *m)
{
    if (r->count == RECHAIN_OPEN_MAX)
        memmove(r->open, r->open + 1, --r->count * sizeof r->open[0]);
    r->open[r->count++] = *m;
}

static void drop(struct rechain *r, const struct movement_id *m)
{
    size_t i = find(r, m);
    if (i < r->count)
        r->open[i] = r->open[--r->count];
}

bool rechain_resume(struct rechain *r, const struct event_data *data, struct event_data *ret)
{
    if (find(r, &data->movement) < r->count)
        return false;
    *ret = (struct event_data){
        .lane = data->lane,
        .movement = data->movement,
        .direction = data->direction,
        .plate = data->plate,
        .credential = data->credential,
        .basis = data->basis != BASIS_NONE ? data->basis : BASIS_SPACE,
        .spent = spaces_intrude(&r->spaces),
    };
    add(r, &data->movement);
    return true;
}

/* R3, then the end of the admission itself. */
static size_t entry_ends(struct rechain *r, const struct event *e, struct event *ret)
{
    size_t n = 0;
    if (rechain_resume(r, &e->data, &ret[0].data)) {
        struct event_data data = ret[0].data;
        ret[0] = *e;
        ret[0].kind = EVENT_PASSAGE_AUTHORISED;
        ret[0].data = data;
        n = 1;
    }
    drop(r, &e->data.movement);
    ret[n] = *e;
    ret[n].data.right = (struct right_id){{0}}; /* R1 */
    ret[n].data.repaid = e->kind == EVENT_PASSAGE_VOIDED ? spaces_credit(&r->spaces, 1) : 0;
    return n + 1;
}

static size_t entry_event(struct rechain *r, const struct event *e, struct event *ret)
{
    switch (e->kind) {
    case EVENT_PASSAGE_AUTHORISED:
        add(r, &e->data.movement);
        ret[0].data.spent = spaces_intrude(&r->spaces);
        return 1;
    case EVENT_PASSAGE_COMPLETED:
    case EVENT_PASSAGE_VOIDED: return entry_ends(r, e, ret);
    case EVENT_PASSAGE_UNAUTHORISED: ret[0].data.spent = spaces_intrude(&r->spaces); return 1;
    default: return 1;
    }
}

static size_t exit_event(struct rechain *r, const struct event *e, struct event *ret)
{
    if (e->kind == EVENT_PASSAGE_COMPLETED || e->kind == EVENT_PASSAGE_UNAUTHORISED)
        ret[0].data.repaid = spaces_credit(&r->spaces, 1);
    return 1;
}

size_t rechain_event(struct rechain *r, const struct event *e, struct event *ret)
{
    ret[0] = *e;
    switch (e->kind) {
    case EVENT_UNKNOWN:
    case EVENT_SPACE_ACCEPTED:
    case EVENT_SPACE_DECLINED:
    case EVENT_SPACE_RETURNED:
    case EVENT_SPACE_RECALLED: return 0; /* R1 */
    case EVENT_PASSAGE_AUTHORISED:
    case EVENT_PASSAGE_COMPLETED:
    case EVENT_PASSAGE_VOIDED:
    case EVENT_PASSAGE_UNAUTHORISED:
        return e->data.direction == DIRECTION_ENTRY ? entry_event(r, e, ret)
                                                    : exit_event(r, e, ret);
    default: return 1;
    }
}
