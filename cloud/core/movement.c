#include "cloud/core/movement.h"

struct movement_row movement_of(const struct event *e)
{
    const struct event_data *d = &e->data;
    struct movement_row r = {
        .id = d->movement,
        .place = e->place,
        .edge = e->edge,
        .lane = d->lane,
        .direction = d->direction,
        .plate = d->plate,
        .raw = d->raw,
        .confidence = e->kind == EVENT_CREDENTIAL_READ ? d->confidence : -1,
        .basis = d->basis,
        .reason = d->reason,
        .outcome = d->outcome,
        .request = d->request,
        .credential = d->credential,
        .medium = e->kind == EVENT_TICKET_ISSUED ? MEDIUM_TICKET : d->medium,
        .first = e->time,
    };
    switch (e->kind) {
    case EVENT_VEHICLE_PRESENTED: r.presented = e->time; break;
    case EVENT_PASSAGE_AUTHORISED: r.authorised = e->time; break;
    case EVENT_PASSAGE_STARTED: r.started = e->time; break;
    case EVENT_PASSAGE_COMPLETED:
    case EVENT_PASSAGE_UNAUTHORISED: r.completed = e->time; break;
    case EVENT_MOVEMENT_ENDED: r.ended = e->time; break;
    default: break;
    }
    return r;
}

static void add_time(struct wall_ms *t, struct wall_ms later)
{
    if (later.v != 0)
        *t = later;
}

void movement_add(struct movement_row *m, const struct movement_row *later)
{
    if (later->lane.text[0] != '\0')
        m->lane = later->lane;
    if (later->direction != DIRECTION_NONE)
        m->direction = later->direction;
    if (later->plate.text[0] != '\0')
        m->plate = later->plate;
    if (later->raw.text[0] != '\0')
        m->raw = later->raw;
    if (later->confidence >= 0)
        m->confidence = later->confidence;
    if (later->basis != BASIS_NONE)
        m->basis = later->basis;
    if (later->reason != REASON_NONE)
        m->reason = later->reason;
    if (later->outcome != OUTCOME_NONE)
        m->outcome = later->outcome;
    if (later->request.text[0] != '\0')
        m->request = later->request;
    if (later->credential.text[0] != '\0')
        m->credential = later->credential;
    if (later->medium != MEDIUM_NONE)
        m->medium = later->medium;
    add_time(&m->presented, later->presented);
    add_time(&m->authorised, later->authorised);
    add_time(&m->started, later->started);
    add_time(&m->completed, later->completed);
    add_time(&m->ended, later->ended);
}
