/* Reading one lane's device. */
#include "edge/field/unit.h"

#include "protocol/support/log.h"

#include <string.h>

enum { STATUS_US = 500 * 1000 };

void unit_init(struct unit *u, const struct field_lane *lane, size_t number,
               struct transport *transport, const struct clock_source *clock,
               struct mailbox *inputs, int64_t stale_ms)
{
    *u = (struct unit){.lane = number,
                       .name = lane->name,
                       .profile = *lane->profile,
                       .address = {lane->unit, lane->io_unit},
                       .watchdog_ms = lane->watchdog_ms,
                       .fallback = lane->fallback,
                       .transport = transport,
                       .clock = clock,
                       .inputs = inputs,
                       .stale_us = stale_ms * 1000};
    (void)plan_make(&u->profile, &u->plan); /* field_start saw that it can be made */
    for (size_t i = 0; i < PLAN_RANGES_MAX; i++)
        u->image.data[i] = u->data[i];
}

static uint8_t function_of(enum profile_space s)
{
    static const uint8_t of[] = {
        [SPACE_COIL] = FRAME_READ_COILS,
        [SPACE_DISCRETE] = FRAME_READ_INPUTS,
        [SPACE_INPUT] = FRAME_READ_REGISTERS,
        [SPACE_HOLDING] = FRAME_READ_HOLDING,
    };
    return of[s];
}

/* Reads one range into the image. *ret_changed: it holds something else than before. */
static enum err read_range(struct unit *u, size_t i, bool *ret_changed)
{
    const struct plan_range *r = &u->plan.ranges[i];
    const uint8_t *data;
    uint8_t function = function_of(r->space);
    TRY(transport_read(u->transport, u->address[r->device], function, r->address, r->count, &data));
    size_t bytes = frame_data_bytes(function, r->count);
    *ret_changed = !u->have[i] || memcmp(u->data[i], data, bytes) != 0;
    if (*ret_changed)
        memcpy(u->data[i], data, bytes);
    u->have[i] = true;
    u->plate_news = u->plate_news || (*ret_changed && i == u->plan.plate.range);
    return ERR_OK;
}

/* --- taking a device up --- */

/* Reads as little as can be, and not what a scan reads: an answer to an earlier question, come late on
 * a serial line, is not taken for one to this. */
static enum err probe(struct unit *u)
{
    const struct plan_range *r = &u->plan.ranges[0];
    const uint8_t *data;
    return transport_read(u->transport, u->address[r->device], function_of(r->space), r->address, 1,
                          &data);
}

static enum err check_identity(struct unit *u, size_t step, bool *ret_more)
{
    bool changed;
    size_t at = plan_begin(&u->plan, PLAN_IDENTITY) + step;
    *ret_more = at + 1 < u->plan.ends[PLAN_IDENTITY];
    if (at < u->plan.ends[PLAN_IDENTITY])
        TRY(read_range(u, at, &changed));
    if (*ret_more)
        return ERR_OK;
    size_t wrong = decode_identity(&u->profile, &u->plan, &u->image);
    bool misfit = wrong < u->profile.identity_count;
    if (misfit && !u->misfit)
        log_error("field.misfit", LT("lane", u->name.text), LN("unit", u->address[0]),
                  LT("profile", u->profile.name.text),
                  LN("register", u->profile.identity[wrong].at.address),
                  LN("expected", u->profile.identity[wrong].equals));
    u->misfit = misfit;
    return misfit ? ERR_DENIED : ERR_OK;
}

enum err unit_read_echo(struct unit *u, uint16_t *ret_sequence, enum command_result *ret_result)
{
    const struct profile_pair *pair = &u->profile.pair;
    const uint8_t *data;
    TRY(transport_read(u->transport, u->address[0], function_of(pair->echo.space),
                       pair->echo.address, 2, &data));
    uint16_t result = (uint16_t)(data[2] << 8 | data[3]);
    *ret_sequence = (uint16_t)(data[0] << 8 | data[1]);
    *ret_result = result == pair->accepted  ? RESULT_ACCEPTED
                  : result == pair->refused ? RESULT_REFUSED
                                            : RESULT_UNKNOWN;
    return ERR_OK;
}

/* The device may have been replaced or restarted: learn its sequence, say again what to show. */
static enum err learn_echo(struct unit *u)
{
    uint16_t sequence = 0;
    enum command_result result;
    if (u->profile.pair.echo.space != SPACE_NONE)
        TRY(unit_read_echo(u, &sequence, &result));
    u->sequence = sequence;
    u->written.lights_set = u->wanted.lights_set ? u->wanted.lights_set - 1 : 0;
    u->written.display_set = u->wanted.display_set ? u->wanted.display_set - 1 : 0;
    u->host_heartbeat_due_us = 0;
    return ERR_OK;
}

/* F8 */
static enum err learn_held(struct unit *u)
{
    const struct profile_command *c = &u->profile.commands[COMMAND_HOLD_OPEN];
    const uint8_t *data;
    u->held = false;
    if (c->act != ACT_LEVEL)
        return ERR_OK;
    TRY(transport_read(u->transport, u->address[c->device], FRAME_READ_COILS, c->address, 1,
                       &data));
    u->held = (data[0] & 1) == c->value;
    return ERR_OK;
}

static enum err write_watchdog(struct unit *u, int32_t address, int64_t value)
{
    uint16_t v = (uint16_t)(value > UINT16_MAX ? UINT16_MAX : value);
    if (address < 0)
        return ERR_OK;
    enum err e = transport_write_registers(u->transport, u->address[0], (uint16_t)address, 1, &v);
    if (e == ERR_DENIED)
        log_warn("field.watchdog_refused", LT("lane", u->name.text), LN("register", address),
                 LN("value", v), LT("reason", transport_reason(u->transport)));
    return e == ERR_DENIED ? ERR_OK : e;
}

/* One step of taking the device up. */
static enum err take_up(struct unit *u)
{
    const struct profile_watchdog *w = &u->profile.watchdog;
    bool more = false;
    enum err e = ERR_OK;
    switch (u->stage) {
    case STAGE_PROBE: TRY(probe(u)); break;
    case STAGE_IDENTITY: TRY(check_identity(u, u->step, &more)); break;
    case STAGE_ECHO: TRY(learn_echo(u)); break;
    case STAGE_RELEASE:
        more = unit_release_coil(u, u->step, &e);
        TRY(e);
        break;
    case STAGE_HELD: TRY(learn_held(u)); break;
    case STAGE_TIMEOUT:
        TRY(write_watchdog(u, w->timeout, u->watchdog_ms / w->timeout_unit_ms));
        break;
    case STAGE_FALLBACK: TRY(write_watchdog(u, w->fallback, u->fallback)); break;
    case STAGE_RANGES: break;
    }
    u->step = more ? u->step + 1 : 0;
    u->stage = more ? u->stage : u->stage + 1;
    return ERR_OK;
}

/* A device that restarted says so: from the echo on it is taken up again. */
static void take_up_again(struct unit *u)
{
    u->ready = false;
    u->stage = STAGE_ECHO;
    u->step = 0;
    u->status_due_us = 0;
    u->snapshot.counts.rebased = (uint16_t)(u->snapshot.counts.rebased + u->forward.based);
    counter_lost(&u->forward);
    counter_lost(&u->reverse);
}

/* --- ranges --- */

/* The inputs' ranges were read, just now. */
static void take_inputs(struct unit *u, bool news)
{
    struct lane_snapshot *s = &u->snapshot;
    bool restarted = false;
    if (news || !u->have_inputs) {
        uint32_t inputs = decode_inputs(&u->profile, &u->plan, &u->image);
        restarted =
            u->have_inputs && input_on(inputs, IN_RESTARTED) && !input_on(s->inputs, IN_RESTARTED);
        u->falls +=
            u->have_inputs && input_on(s->inputs, IN_LOOP_B) && !input_on(inputs, IN_LOOP_B);
        if (!u->have_inputs || inputs != s->inputs) {
            s->lost += u->changed;
            u->changed = true;
        }
        s->inputs = inputs;
    }
    s->read_at = clock_now(u->clock).mono;
    s->link_us = transport_last_us(u->transport);
    u->read_us = real_us();
    u->have_inputs = true;
    if (restarted)
        take_up_again(u);
}

enum err unit_read_inputs(struct unit *u)
{
    bool news = false, changed;
    for (size_t i = 0; i < u->plan.ends[PLAN_INPUTS]; i++) {
        TRY(read_range(u, i, &changed));
        news = news || changed;
    }
    take_inputs(u, news);
    return ERR_OK;
}

/* Text that is no UTF-8, or comes from a device whose bytes were seen to be the wrong way round, is no
 * plate, even if it happens to read like one. */
static bool text_is_sound(struct unit *u, const struct plate_reading *p)
{
    enum text_look look = text_look(p->raw, p->len);
    bool ascii = true;
    for (size_t i = 0; i < p->len; i++)
        ascii = ascii && (unsigned char)p->raw[i] < 0x80;
    if (look == TEXT_UTF8 && !ascii)
        u->text_swapped = false;
    u->text_swapped = u->text_swapped || look == TEXT_SWAPPED;
    if (look == TEXT_UTF8 && !u->text_swapped)
        return true;
    log_warn("field.plate_text", LT("lane", u->name.text), LN("sequence", p->sequence),
             LT("looks", text_look_word(u->text_swapped ? TEXT_SWAPPED : look)));
    return false;
}

static int64_t text_word(const struct unit *u, int32_t address)
{
    return decode_text_word(&u->profile.plate, &u->image, u->plan.plate, address);
}

static void take_plate(struct unit *u)
{
    struct plate_reading plate;
    uint16_t sequence;
    enum err e = decode_plate(&u->profile, &u->plan, &u->image, &sequence, &plate);
    u->plate_news = false;
    if (e == ERR_NOTFOUND || e == ERR_UNAVAIL) /* being written: the next scan reads it again */
        return;
    bool news = sequence != u->snapshot.plate.sequence;
    if (e != ERR_OK && news)
        log_warn("field.plate_impossible", LT("lane", u->name.text),
                 LT("profile", u->profile.name.text), LN("sequence", sequence),
                 LN("bytes", text_word(u, u->profile.plate.bytes)),
                 LN("confidence", text_word(u, u->profile.plate.confidence)));
    if (!news && e == ERR_OK && u->snapshot.plate.len == UINT8_MAX)
        return; /* judged when it came */
    /* A length that no text has lets the agent raise its alarm. */
    if (e != ERR_OK || (news && !plate.no_plate && !text_is_sound(u, &plate)))
        plate = (struct plate_reading){.sequence = sequence, .len = UINT8_MAX};
    if (news) {
        u->snapshot.lost += u->changed && u->snapshot.plate.sequence != u->posted_plate;
        u->changed = true;
    }
    u->snapshot.plate = plate;
}

static void take_credential(struct unit *u)
{
    struct credential_reading c;
    enum err e = decode_credential(&u->profile, &u->plan, &u->image, &c);
    if (e == ERR_INVAL)
        log_warn("field.credential_impossible", LT("lane", u->name.text));
    if (e != ERR_OK)
        return;
    u->changed = u->changed || c.sequence != u->snapshot.credential.sequence;
    u->snapshot.credential = c;
}

static void take_counters(struct unit *u)
{
    uint32_t forward, reverse, before = u->forward.total + u->reverse.total;
    if (decode_counters(&u->profile, &u->plan, &u->image, &forward, &reverse) != ERR_OK)
        return;
    bool was_based = u->forward.based, wide = u->profile.forward.wide;
    bool whole = counter_take(&u->forward, forward, wide);
    whole = counter_take(&u->reverse, reverse, wide) && whole;
    struct lane_counts *c = &u->snapshot.counts;
    c->forward = u->forward.total;
    c->reverse = u->reverse.total;
    if (!whole) { /* what was counted meanwhile is not known, so nothing can be missed */
        c->rebased = (uint16_t)(c->rebased + was_based);
        u->crossings = (struct crossings){0};
    } else {
        uint32_t missed =
            crossings_missed(&u->crossings, c->forward + c->reverse - before, u->falls);
        u->snapshot.missed += missed;
        u->changed = u->changed || missed > 0;
        if (missed > 0)
            log_warn("field.crossings_missed", LT("lane", u->name.text), LN("count", missed));
    }
    u->falls = 0;
}

static void take_status(struct unit *u, int64_t now_us)
{
    struct lane_status status;
    enum err e = decode_status(&u->profile, &u->plan, &u->image, &status);
    u->status_due_us = now_us + STATUS_US;
    if (e == ERR_NOTFOUND)
        return;
    if (e != ERR_OK) {
        log_warn("field.status_impossible", LT("lane", u->name.text),
                 LT("profile", u->profile.name.text),
                 LN("gate", decode_raw(&u->profile.gate, &u->image, u->plan.gate)),
                 LN("position", decode_raw(&u->profile.position, &u->image, u->plan.position)));
        u->changed = u->changed || u->snapshot.status.gate != GATE_UNKNOWN;
        u->snapshot.status.gate = GATE_UNKNOWN;
        u->snapshot.status.position = POSITION_UNKNOWN;
        return; /* the rest is not believed either; the heartbeat grows old (F3) */
    }
    if (!u->ready && status.gate == GATE_CLOSING)
        u->closing = true; /* F5: whoever began it may be gone */
    const struct lane_status *before = &u->snapshot.status;
    if (!u->have_status || status.heartbeat != before->heartbeat)
        u->heartbeat_us = now_us;
    bool restarted = u->have_status && status.boot_count != before->boot_count;
    if (!u->have_status || restarted || status.gate != before->gate ||
        status.last_error != before->last_error)
        u->changed = true;
    u->snapshot.status = status;
    u->have_status = true;
    if (restarted)
        take_up_again(u);
}

/* Reads the range that is next and, behind the last one of its class, takes in what it means. */
static enum err scan_range(struct unit *u, int64_t now_us, bool *ret_more)
{
    const size_t *ends = u->plan.ends;
    bool changed;
    if (u->step == 0) {
        TRY(unit_read_inputs(u));
        TRY(unit_reflex(u, now_us));
        u->step = ends[PLAN_INPUTS];
    } else {
        TRY(read_range(u, u->step, &changed));
        u->step++;
    }
    if (u->step == ends[PLAN_READINGS] && u->plate_news)
        take_plate(u);
    bool due = now_us >= u->status_due_us;
    *ret_more = u->step < (due ? ends[PLAN_STATUS] : ends[PLAN_READINGS]);
    if (*ret_more || !due)
        return ERR_OK;
    take_status(u, now_us);
    take_credential(u);
    take_counters(u);
    return ERR_OK;
}

enum err unit_scan(struct unit *u, int64_t now_us, bool *ret_more)
{
    *ret_more = true;
    if (u->stage < STAGE_RANGES)
        return take_up(u);
    TRY(scan_range(u, now_us, ret_more));
    if (*ret_more)
        return ERR_OK;
    u->step = 0;
    u->ready = u->stage == STAGE_RANGES; /* not if it was found to have restarted */
    return ERR_OK;
}

void unit_disconnected(struct unit *u)
{
    u->ready = false;
    u->stage = STAGE_PROBE;
    u->step = 0;
    u->status_due_us = 0;
}
