/* The documents about money: business at a place, stays of a plate. */
#include "cloud/http/members.h"
#include "protocol/support/zone.h"

#include <stdlib.h>
#include <string.h>

json_t *json_time(struct wall_ms t)
{
    char text[TIMESTAMP_SIZE];
    if (t.v == 0 || timestamp_format(t, text) != ERR_OK)
        return json_null();
    return json_string(text);
}

/* ---- business ---- */

/* The last local midnight of the place; UTC's when its zone is not installed here. */
static struct wall_ms local_midnight(const char *zone, struct wall_ms now)
{
    static const int64_t day_s = 86400;
    struct zone_table *z = calloc(1, sizeof *z);
    int64_t now_s = now.v / 1000;
    int64_t at_s = now_s - now_s % day_s;
    if (z != NULL && zone_load(zone, z) == ERR_OK) {
        int64_t local_s = now_s + zone_offset_s(z, now);
        at_s = zone_utc_s(z, local_s - local_s % day_s);
    }
    free(z);
    return (struct wall_ms){at_s * 1000};
}

static void set_summary(json_t *o, const struct summary_view *v)
{
    set_int(o, "entered", v->entered);
    set_int(o, "left", v->left);
    set_int(o, "turned_away", v->turned_away);
    set_int(o, "charged_minor", v->charged_minor);
    set_int(o, "payments_succeeded", v->payments_succeeded);
    set_int(o, "payments_declined", v->payments_declined);
}

enum err document_summary(struct reader *r, const struct name *place, const struct moment *m,
                          json_t **ret)
{
    struct place_view p;
    struct summary_view ever;
    struct summary_view today;
    struct open_view open;
    struct wall_ms midnight = m->now;
    TRY(reader_begin(r));
    enum err e = reader_place(r, place, &p);
    if (e == ERR_OK) {
        midnight = local_midnight(p.row.settings.zone, m->now);
        e = reader_summary(r, place, (struct wall_ms){0}, &ever);
    }
    if (e == ERR_OK)
        e = reader_summary(r, place, midnight, &today);
    if (e == ERR_OK)
        e = reader_open_items(r, place, &open);
    reader_end(r);
    TRY(e);
    json_t *o = json_object();
    json_t *day = json_object();
    set_text(o, "place", place->text);
    set_time(o, "time", m->now);
    set_text(o, "currency", p.row.settings.currency.code);
    set_summary(o, &ever);
    set_int(o, "sessions_open", open.sessions);
    set_int(o, "debts_open", open.debts);
    set_int(o, "debts_open_minor", open.debts_minor);
    set_int(o, "payments_open", open.payments_open);
    set_int(o, "payments_manual", open.payments_manual);
    set_time(day, "since", midnight);
    set_summary(day, &today);
    json_object_set_new(o, "today", day);
    *ret = o;
    return ERR_OK;
}

/* ---- stays ---- */

const char *session_payment_word(const struct session_view *s)
{
    static const char *const going[] = {"created", "sent", "querying"};
    for (size_t i = 0; i < sizeof going / sizeof going[0]; i++)
        if (strcmp(s->payment_state, going[i]) == 0)
            return "pending";
    if (strcmp(s->payment_state, "unknown") == 0 || strcmp(s->payment_state, "manual") == 0)
        return "unknown";
    if (strcmp(s->debt_state, "open") == 0)
        return "debt";
    if (strcmp(s->debt_state, "paid") == 0)
        return "paid";
    if (s->paid_minor > 0 && s->paid_minor >= s->price_minor)
        return "paid";
    if (strcmp(s->payment_state, "declined") == 0)
        return "declined";
    if (strcmp(s->state, "closed") == 0 && s->price_minor == 0)
        return "free";
    return "none";
}

json_t *document_session(const struct session_view *s, int64_t amount_minor, const struct moment *m)
{
    json_t *o = json_object();
    int64_t due = amount_minor - s->paid_minor;
    struct wall_ms until = s->end.v != 0 ? s->end : m->now;
    set_text(o, "session", s->id.text);
    set_text(o, "place", s->place.text);
    set_text(o, "plate", s->plate.text);
    set_text(o, "state", s->state);
    set_time(o, "start", s->start);
    set_time(o, "end", s->end);
    json_object_set_new(o, "elapsed_s",
                        s->start.v == 0 ? json_null()
                                        : json_integer(wall_diff_ms(until, s->start) / 1000));
    set_text(o, "zone", s->zone);
    set_text(o, "currency", s->currency.code);
    json_object_set_new(o, "amount_minor",
                        amount_minor < 0 ? json_null() : json_integer(amount_minor));
    set_int(o, "paid_minor", s->paid_minor);
    json_object_set_new(o, "due_minor",
                        amount_minor < 0 ? json_null() : json_integer(due > 0 ? due : 0));
    set_time(o, "paid_at", s->paid_at);
    set_text(o, "payment", session_payment_word(s));
    set_text(o, "payment_reason", s->payment_reason);
    set_int(o, "debt_minor", s->debt_minor);
    set_text(o, "exit_basis", s->exit_basis);
    set_text(o, "entry_lane", s->entry_lane.text);
    set_text(o, "exit_lane", s->exit_lane.text);
    set_bool(o, "stale",
             strcmp(s->state, "open") == 0 && s->stale_after_ms > 0 &&
                 wall_diff_ms(m->now, s->start) > s->stale_after_ms);
    if (s->parent.text[0] != '\0')
        set_text(o, "parent", s->parent.text);
    if (s->joined.text[0] != '\0')
        set_text(o, "joined", s->joined.text);
    if (s->right.text[0] != '\0')
        set_text(o, "right", s->right.text);
    if (s->credential.text[0] != '\0')
        set_text(o, "credential", s->credential.text);
    if (s->exit_plate.text[0] != '\0')
        set_text(o, "exit_plate", s->exit_plate.text);
    return o;
}
