/* What edges say of themselves outside the ledger, and what signs are shown. */
#include "cloud/service/live.h"

#include "cloud/service/command.h"
#include "cloud/service/hello.h"
#include "cloud/service/notice.h"
#include "cloud/service/occupancy.h"
#include "cloud/service/offer.h"
#include "protocol/support/log.h"
#include "protocol/wire/status.h"

/* Real time: at most one write per edge and LIVE_SAVE_MS, looked for every LIVE_LOOK_MS. */
enum { LIVE_SAVE_MS = 1000, LIVE_LOOK_MS = 100 };

void live_heard(struct service *s, struct edge *e, bool online)
{
    if (e->live.online != online) {
        offer_want(s, e->place);
        e->live_saved = (struct mono_ms){s->now.mono.v - real_ms(s, LIVE_SAVE_MS)}; /* at once */
    }
    e->live.online = online;
    e->live.heard = s->now.wall;
    e->live_dirty = true;
    s->live_changed = true;
}

/* The will of an older session says nothing about the present one. */
static bool outdated(const struct edge *e, const struct status *st)
{
    if (st->boot != e->live.boot)
        return st->boot < e->live.boot;
    return st->session < e->live.session;
}

/* Its hello makes it known. That of a place nobody made is not asked for. */
static void unknown_edge(struct service *s, const struct work *w)
{
    if (state_place(s, &w->place))
        hello_ask(s);
}

void live_status(struct service *s, const struct work *w)
{
    struct status st;
    char reason[160];
    struct edge *e = state_edge(s, &w->place, &w->edge);
    if (status_decode(w->bytes, w->len, &st, reason) != ERR_OK) {
        metrics_add(s->options.metrics, METRIC_STATUS_BAD, 1);
        log_warn("status.bad", LT("place", w->place.text), LT("edge", w->edge.text),
                 LT("reason", reason));
        return;
    }
    if (!e && st.online)
        unknown_edge(s, w);
    if (!e || outdated(e, &st))
        return;
    e->live.boot = st.boot;
    e->live.session = st.session;
    live_heard(s, e, st.online);
    log_info(st.online ? "edge.online" : "edge.offline", LT("place", w->place.text),
             LT("edge", w->edge.text), LN("boot", st.boot), LN("session", st.session));
}

void live_telemetry(struct service *s, const struct work *w)
{
    struct telemetry t;
    char reason[160];
    struct edge *e = state_edge(s, &w->place, &w->edge);
    if (telemetry_decode(w->bytes, w->len, &t, reason) != ERR_OK) {
        metrics_add(s->options.metrics, METRIC_TELEMETRY_BAD, 1);
        log_warn("telemetry.bad", LT("place", w->place.text), LT("edge", w->edge.text),
                 LT("reason", reason));
        return;
    }
    if (!e) {
        unknown_edge(s, w);
        return;
    }
    e->live.telemetry = t;
    e->live.telemetry_at = s->now.wall;
    if (e->place->ledger.occupied < 0 && !e->place->told_below)
        offer_want(s, e->place);
    live_heard(s, e, true);
}

void live_timers(struct service *s)
{
    int64_t pause_ms = real_ms(s, LIVE_SAVE_MS);
    if (!s->live_changed || !reached(s->now.mono, s->live_at))
        return;
    s->live_at = mono_after(s->now.mono, real_ms(s, LIVE_LOOK_MS));
    s->live_changed = false;
    for (size_t i = 0; i < s->place_count; i++)
        for (size_t k = 0; k < s->places[i]->edge_count; k++) {
            struct edge *e = s->places[i]->edges[k];
            if (!e->live_dirty)
                continue;
            if (mono_diff_ms(s->now.mono, e->live_saved) < pause_ms) {
                s->live_changed = true;
                continue;
            }
            STORE(s, save_live, &e->live);
            notice_edge(s, &e->live);
            e->live_dirty = false;
            e->live_saved = s->now.mono;
        }
}

void live_broker(struct service *s, bool up)
{
    metrics_set(s->options.metrics, METRIC_BROKER_UP, up);
    if (!up)
        return;
    /* Retained messages and offers died with the broker; what edges sent may have, too. */
    hello_ask_now(s);
    command_resend(s, NULL, true);
    for (size_t i = 0; i < s->place_count; i++) {
        occupancy_publish(s, s->places[i], true);
        for (size_t k = 0; k < s->places[i]->edge_count; k++)
            offer_resend(s, s->places[i]->edges[k], true);
    }
}
