/* Who is at the column: plates a camera reads, tickets, codes and cards a reader reads, and the ticket that a
 * vehicle without any of them gets at an entry.
 *
 * K1 A plate is of the vehicle that is there or comes next; so is a card that is read from afar.
 * K2 While a question is out, what it was asked with stands; what is shown meanwhile is taken when the
 *    answer was no.
 * K3 A ticket is issued when the button is pressed, nothing was read and a space is in hand: its number is
 *    committed first. It lets in once it is taken; pressing again prints the same number again.
 * K4 A ticket number shown at an entry is nobody's unless a right has it: it is good for one stay. */
#include "edge/agent/internal.h"

#include "protocol/support/credential.h"
#include "protocol/support/plate.h"
#include "protocol/wire/plate_match.h"

#include <stdio.h>
#include <string.h>

enum { BUTTON_AGAIN_MS = 3000 }; /* a bouncing contact, an impatient driver */

static bool plate_known(const struct credential *c)
{
    return c->plate.text[0] != '\0';
}

static bool shown_known(const struct credential *c)
{
    return c->shown.text[0] != '\0';
}

bool agent_identified(const struct agent_movement *m)
{
    return plate_known(&m->credential) || shown_known(&m->credential) || m->ticket != TICKET_NONE;
}

const char *agent_unread_text(const struct agent *a, size_t i)
{
    bool entry = a->live.lanes[i].movement.direction == DIRECTION_ENTRY;
    if (entry && a->config.lanes[i].tickets)
        return "PRESS FOR TICKET";
    if (!entry && a->config.lanes[i].reader)
        return "SHOW YOUR TICKET";
    return admission_text(REASON_NO_CREDENTIAL);
}

static void merge(struct credential *to, const struct credential *c)
{
    if (plate_known(c)) {
        to->plate = c->plate;
        to->raw = c->raw;
        to->confidence = c->confidence;
    }
    if (shown_known(c)) {
        to->shown = c->shown;
        to->medium = c->medium;
    }
}

static enum err take_credential(struct agent *a, size_t i, const struct credential *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct agent_movement *m = &s->movement;
    bool anew =
        !agent_identified(m) || m->ticket == TICKET_WANTED || s->admission.phase == ADMISSION_READY;
    merge(&m->credential, c);
    m->right = agent_lane_right(a, i, &m->credential);
    if (m->ticket == TICKET_WANTED || m->right.verdict == RIGHT_HONOURED)
        m->ticket = TICKET_NONE; /* he needs none any more */
    TRY(agent_credential_read(a, i, c));
    if (!anew)
        return ERR_OK;
    m->request = (struct request_id){{0}};
    admission_credential(&s->admission, a->now.mono);
    return agent_lane_step(a, i, LANE_EV_CREDENTIAL);
}

enum err agent_use_ahead(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (!lane_waiting(&s->lane) || agent_identified(&s->movement) ||
        (!plate_known(&s->ahead) && !shown_known(&s->ahead)) || s->ahead_left ||
        s->ahead_until.v < a->now.mono.v)
        return ERR_OK;
    struct credential c = s->ahead;
    s->ahead = (struct credential){0};
    return take_credential(a, i, &c);
}

enum err agent_use_held(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (!shown_known(&s->movement.held) || !lane_waiting(&s->lane) ||
        s->admission.phase != ADMISSION_READY)
        return ERR_OK;
    struct credential c = s->movement.held;
    s->movement.held = (struct credential){0};
    return take_credential(a, i, &c);
}

static enum err plate_alarm(struct agent *a, size_t i, bool active)
{
    struct agent_lane *s = &a->live.lanes[i];
    uint32_t bit = 1U << ALARM_PLATE_UNREADABLE;
    if (((s->lane.alarms & bit) != 0) == active)
        return ERR_OK;
    s->lane.alarms ^= bit; /* remembered and ended with the others */
    struct event_data d = {
        .lane = a->config.lanes[i].name, .alarm = ALARM_PLATE_UNREADABLE, .active = active};
    return agent_append(a, EVENT_LANE_ALARM, &d);
}

struct agent_column agent_column(const struct agent_lane *s)
{
    bool taken = s->lane.view.a || s->lane.filter.a.stable;
    return (struct agent_column){taken, taken || s->lane.filter.a.raw};
}

void agent_note_left(struct agent *a, size_t i, struct agent_column was)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct agent_column is = agent_column(s);
    bool left = was.taken && !is.taken;
    if (!left && (!was.near || is.near))
        return;
    struct mono_ms until = mono_after(a->now.mono, a->config.plate_keep_ms);
    s->ahead_left = s->ahead_left || left;
    s->ahead_until = until.v < s->ahead_until.v ? until : s->ahead_until;
}

static bool of_movement(const struct agent_lane *s, const struct credential *c)
{
    const struct credential *m = &s->movement.credential;
    return plate_known(c) ? strcmp(c->plate.text, m->plate.text) == 0
                          : strcmp(c->shown.text, m->shown.text) == 0;
}

/* K1: a reading while nobody waits, unless it is of the one in passage. */
static void keep_ahead(struct agent *a, size_t i, const struct credential *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool on_a = agent_column(s).near;
    if (s->lane.state == LANE_OPENING || s->lane.state == LANE_OPEN ||
        (!on_a && s->lane.state != LANE_IDLE) || of_movement(s, c))
        return;
    if (s->ahead_left || s->ahead_until.v < a->now.mono.v)
        s->ahead = (struct credential){0};
    merge(&s->ahead, c);
    s->ahead_left = false;
    s->ahead_until =
        on_a ? (struct mono_ms){INT64_MAX} : mono_after(a->now.mono, a->config.plate_keep_ms);
}

/* The vehicle that has just passed, read once more from behind or by a slower reader. */
static bool just_passed(const struct agent *a, size_t i, const struct credential *c)
{
    const struct agent_lane *s = &a->live.lanes[i];
    if (a->now.mono.v > s->passed_until.v)
        return false;
    if (!plate_known(c))
        return shown_known(&s->passed) && strcmp(s->passed.shown.text, c->shown.text) == 0;
    int differ = plate_confusions(&s->passed.plate, &c->plate);
    return plate_known(&s->passed) && differ >= 0 && differ <= 1;
}

/* --- plates --- */

/* A reading nobody should rely on; the camera is asked once more for a vehicle that waits for it. */
static bool too_poor(struct agent *a, size_t i, const struct credential *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (c->confidence >= a->config.lanes[i].confidence_min)
        return false;
    bool waits = lane_waiting(&s->lane) && !plate_known(&s->movement.credential);
    if (waits && !s->movement.read_twice)
        s->camera = s->movement.read_twice = true;
    return true;
}

/* What a camera said, through the device's registers or pushed. */
static enum err read_text(struct agent *a, size_t i, const char *raw, size_t len,
                          int64_t confidence)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct credential c = {.confidence = confidence};
    if (len >= PLATE_RAW_SIZE || plate_normalise(raw, len, &c.plate) != ERR_OK)
        return plate_alarm(a, i, true);
    memcpy(c.raw.text, raw, len);
    TRY(plate_alarm(a, i, false));
    TRY(agent_lane_step(a, i, LANE_EV_REARM));
    if (too_poor(a, i, &c) || just_passed(a, i, &c))
        return ERR_OK;
    if (!lane_waiting(&s->lane)) {
        keep_ahead(a, i, &c);
        return ERR_OK;
    }
    /* A better reading of a refused vehicle (K2). */
    bool again = s->lane.state == LANE_DENIED && s->admission.phase == ADMISSION_READY &&
                 !of_movement(s, &c);
    if (!plate_known(&s->movement.credential) || again)
        return take_credential(a, i, &c);
    return ERR_OK;
}

static enum err read_plate(struct agent *a, size_t i, const struct plate_reading *p)
{
    if (p->no_plate || p->len == 0)
        return ERR_OK;
    return read_text(a, i, p->raw, p->len, p->confidence);
}

enum err agent_lane_credential(struct agent *a, size_t i, const struct credential_input *c)
{
    return c->len == 0 ? ERR_OK : read_text(a, i, c->raw, c->len, c->confidence);
}

bool agent_stranger_read(const struct agent_lane *s, const struct plate_reading *p)
{
    struct plate plate;
    if (p->sequence == s->plate_sequence || p->no_plate || p->len == 0)
        return false;
    return p->len >= PLATE_RAW_SIZE || plate_normalise(p->raw, p->len, &plate) != ERR_OK ||
           strcmp(plate.text, s->movement.credential.plate.text) != 0;
}

/* --- what is shown --- */

static enum medium medium_of(enum credential_type type)
{
    switch (type) {
    case READ_TICKET: return MEDIUM_TICKET;
    case READ_RFID: return MEDIUM_RFID;
    case READ_PIN: return MEDIUM_PIN;
    case READ_QR:
    case READ_NONE: break;
    }
    return MEDIUM_QR;
}

/* K4 */
static bool of_no_use(struct agent *a, size_t i, const struct credential *c)
{
    bool entry = a->live.lanes[i].movement.direction == DIRECTION_ENTRY;
    return entry && credential_is_ticket(&c->shown) &&
           agent_right_of(a, c).verdict == RIGHT_UNKNOWN;
}

static enum err read_shown(struct agent *a, size_t i, const struct credential_reading *r)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct credential c = {.medium = medium_of(r->type)};
    if (r->len == 0)
        return ERR_OK;
    if (credential_clean(r->raw, r->len, &c.shown) != ERR_OK)
        return plate_alarm(a, i, true);
    TRY(plate_alarm(a, i, false));
    TRY(agent_lane_step(a, i, LANE_EV_REARM));
    if (just_passed(a, i, &c))
        return ERR_OK;
    if (!lane_waiting(&s->lane)) {
        keep_ahead(a, i, &c);
        return ERR_OK;
    }
    if (of_movement(s, &c) || s->movement.ticket == TICKET_OFFERED || of_no_use(a, i, &c))
        return ERR_OK;
    if (agent_identified(&s->movement) && s->admission.phase != ADMISSION_READY) {
        s->movement.held = c;
        return ERR_OK;
    }
    return take_credential(a, i, &c);
}

/* --- tickets --- */

/* K3 */
static void ticket_wanted(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct agent_movement *m = &s->movement;
    if (!a->config.lanes[i].tickets || !lane_waiting(&s->lane) || !agent_recording(a) ||
        m->unrecorded || m->direction != DIRECTION_ENTRY || a->now.mono.v < s->button_until.v)
        return;
    s->button_until = mono_after(a->now.mono, BUTTON_AGAIN_MS);
    if (m->ticket == TICKET_OFFERED)
        s->issue = true;
    if (agent_identified(m))
        return;
    m->ticket = TICKET_WANTED;
    admission_credential(&s->admission, a->now.mono);
}

enum err agent_issue_ticket(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct agent_movement *m = &s->movement;
    struct ticket number = a->ports.entropy.ticket(a->ports.entropy.self);
    memcpy(m->credential.shown.text, number.text, sizeof number.text);
    m->credential.medium = MEDIUM_TICKET;
    m->ticket = a->config.lanes[i].taken_input ? TICKET_OFFERED : TICKET_NONE;
    s->issue = true;
    snprintf(s->text, sizeof s->text, "TAKE YOUR TICKET");
    TRY(agent_ticket_issued(a, i));
    if (m->ticket == TICKET_NONE)
        admission_credential(&s->admission, a->now.mono);
    return agent_lane_step(a, i, LANE_EV_CREDENTIAL);
}

static void buttons(struct agent *a, size_t i, uint32_t inputs)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool pressed = input_on(inputs, IN_TICKET_BUTTON), taken = input_on(inputs, IN_TICKET_TAKEN);
    bool press = pressed && !s->button, take = taken && !s->taken;
    struct agent_movement *m = &s->movement;
    if (input_on(inputs, IN_HELP_BUTTON) && !m->helped && lane_waiting(&s->lane)) {
        m->helped = true;
        m->helped_at = a->now.mono;
    }
    s->button = pressed;
    s->taken = taken;
    if (press)
        ticket_wanted(a, i);
    if (take && m->ticket == TICKET_OFFERED) {
        m->ticket = TICKET_NONE;
        admission_credential(&s->admission, a->now.mono);
    }
}

enum err agent_readings(struct agent *a, size_t i, const struct lane_snapshot *io, bool use)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool plate = io->plate.sequence != s->plate_sequence;
    bool shown = io->credential.sequence != s->credential_sequence;
    s->plate_sequence = io->plate.sequence;
    s->credential_sequence = io->credential.sequence;
    if (plate && use)
        TRY(read_plate(a, i, &io->plate));
    if (shown && use)
        TRY(read_shown(a, i, &io->credential));
    buttons(a, i, io->inputs);
    return ERR_OK;
}
