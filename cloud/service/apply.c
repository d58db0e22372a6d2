/* The effects of one event: raw record, spaces, Movement, stay (PROTOCOL.md, "Spaces"). */
#include "cloud/service/apply.h"

#include "cloud/service/anomaly.h"
#include "cloud/service/audit.h"
#include "cloud/service/command.h"
#include "cloud/service/decision_count.h"
#include "cloud/service/exit.h"
#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/movement.h"
#include "cloud/service/notice.h"
#include "cloud/service/offer.h"
#include "cloud/service/stay.h"
#include "protocol/base/buf.h"

#include <string.h>

static const char *broken_rule(unsigned rules)
{
    if (rules & RULE_GRANT)
        return "a grant was answered twice or with another number";
    if (rules & RULE_VIEW)
        return "spent or returned more spaces than it had";
    if (rules & RULE_PENDING)
        return "completed or voided more than it authorised";
    return "repaid more than it owed";
}

static void note_use(struct service *s, struct stream *st, const struct event *e)
{
    int64_t offered = 0;
    if (e->kind == EVENT_SPACE_RECALLED) {
        offer_answered(s, st, GRANT_RECALL, e->data.grant, true, &offered);
        st->row.owed += e->data.right.text[0] == '\0' ? e->data.n : 0;
    }
    if (e->kind == EVENT_SPACE_RETURNED && e->data.reason == REASON_RECALLED &&
        e->data.right.text[0] == '\0')
        st->row.owed -= e->data.n < st->row.owed ? e->data.n : st->row.owed;
    if (e->data.direction == DIRECTION_ENTRY) {
        st->edge->used = true;
        st->edge->used_at = s->now.mono;
    }
}

/* How much of the view is tied to rights. */
static void note_bound(struct stream *st, const struct event *e)
{
    const struct event_data *d = &e->data;
    bool right = d->right.text[0] != '\0';
    int64_t n = 0;
    switch (e->kind) {
    case EVENT_SPACE_ACCEPTED: n = right ? d->n : 0; break;
    case EVENT_SPACE_RETURNED: n = right ? -d->n : 0; break;
    case EVENT_PASSAGE_VOIDED: n = right && d->direction == DIRECTION_ENTRY; break;
    case EVENT_PASSAGE_AUTHORISED:
        n = d->direction == DIRECTION_ENTRY && d->basis == BASIS_BOUND && d->spent == SPENT_NONE
                ? -1
                : 0;
        break;
    default: break;
    }
    st->row.bound += n;
    if (st->row.bound < 0)
        st->row.bound = 0;
}

static void apply_spaces(struct service *s, struct stream *st, const struct event *e)
{
    struct place *p = st->edge->place;
    enum grant_fact fact = GRANT_NOT_KNOWN;
    int64_t offered = 0;
    bool accepted = e->kind == EVENT_SPACE_ACCEPTED;
    if (accepted || e->kind == EVENT_SPACE_DECLINED)
        fact = offer_answered(s, st, GRANT_OFFER, e->data.grant, accepted, &offered);
    note_use(s, st, e);
    note_bound(st, e);
    int64_t occupied = p->ledger.occupied;
    unsigned rules = ledger_apply(&p->ledger, &st->view, e, fact, offered);
    audit_moved(s, st, e->seq, p->ledger.occupied - occupied);
    if (rules)
        anomaly_record(s, p, st, e->seq, "rule", true, broken_rule(rules));
    place_touch(s, p);
}

static bool moves_spaces(enum event_kind k)
{
    return k == EVENT_PASSAGE_AUTHORISED || k == EVENT_PASSAGE_COMPLETED ||
           k == EVENT_PASSAGE_VOIDED || k == EVENT_PASSAGE_UNAUTHORISED ||
           k == EVENT_SPACE_ACCEPTED || k == EVENT_SPACE_DECLINED || k == EVENT_SPACE_RETURNED ||
           k == EVENT_SPACE_RECALLED;
}

/* Who crossed, from the event and what is known of its Movement. */
static void apply_crossing(struct service *s, struct place *p, const struct event *e)
{
    struct crossing c = {
        .movement = e->data.movement,
        .place = e->place,
        .edge = e->edge,
        .lane = e->data.lane,
        .plate = e->data.plate,
        .credential = e->data.credential,
        .at = e->time,
    };
    bool entry = e->data.direction == DIRECTION_ENTRY;
    struct movement_row m = {0};
    bool named = c.plate.text[0] != '\0' && c.credential.text[0] != '\0';
    if ((!entry || !named) && movement_known(s, &c.movement, &e->place, &e->edge, &m)) {
        if (c.plate.text[0] == '\0')
            c.plate = m.plate;
        if (c.credential.text[0] == '\0')
            c.credential = m.credential;
        c.basis = m.basis;
    }
    if (entry)
        stay_enter(s, p, &c);
    else
        stay_leave(s, p, &c, &m.request);
}

/* What is known of somebody who drove out under fire; the event itself names only the Movement. */
static void apply_evacuation(struct service *s, struct place *p, const struct event *e)
{
    struct movement_row m;
    if (!movement_known(s, &e->data.movement, &e->place, &e->edge, &m) ||
        m.direction != DIRECTION_EXIT)
        return;
    struct crossing c = {
        .movement = e->data.movement,
        .place = e->place,
        .edge = e->edge,
        .lane = e->data.lane,
        .plate = m.plate,
        .credential = m.credential,
        .at = e->time,
        .basis = BASIS_EVACUATED,
    };
    stay_evacuate(s, p, &c);
}

/* A vehicle that asked to leave and is still here, or is known to be gone. */
static void apply_end(struct service *s, struct place *p, const struct event *e)
{
    struct movement_row m;
    if (!movement_known(s, &e->data.movement, &e->place, &e->edge, &m) ||
        m.direction != DIRECTION_EXIT)
        return;
    struct crossing c = {.movement = m.id,
                         .place = e->place,
                         .edge = e->edge,
                         .lane = e->data.lane,
                         .plate = m.plate,
                         .credential = m.credential,
                         .at = e->time};
    if (e->data.outcome == OUTCOME_BACKED_OUT)
        stay_reversed(s, p, &c, &m.request);
    exit_gone(s, &m.id);
}

/* What an operator should see. A crossing nobody allowed is recorded; an alarm is a fact of the lane
 * and stands in the events. */
static void raise_alarm(struct service *s, struct stream *st, const struct event *e)
{
    char detail[ANOMALY_DETAIL_SIZE];
    struct buf b = buf_of(detail, sizeof detail);
    bool of_edge = e->kind == EVENT_EDGE_ALARM;
    buf_addf(&b, "%s %s %s", of_edge ? "edge" : e->data.lane.text, alarm_word(e->data.alarm),
             e->kind == EVENT_PASSAGE_UNAUTHORISED ? direction_word(e->data.direction)
                                                   : e->data.detail);
    if ((of_edge || e->kind == EVENT_LANE_ALARM) && e->data.active) {
        struct anomaly_row r = {.place = e->place,
                                .edge = e->edge,
                                .kind = of_edge ? "edge_alarm" : "lane_alarm",
                                .at = e->time};
        memcpy(r.detail, detail, b.len + 1);
        notice_anomaly(s, &r);
    } else if (e->kind == EVENT_PASSAGE_UNAUTHORISED) {
        anomaly_record(s, st->edge->place, st, e->seq, "unauthorised", false, detail);
    } else if (e->kind == EVENT_COUNT_GAP) {
        anomaly_record(s, st->edge->place, st, e->seq, "count_gap", false, detail);
    }
}

/* What an event does beyond being recorded; its time is the one to reckon with. */
static void apply_effects(struct service *s, struct stream *st, const struct event *e)
{
    if (moves_spaces(e->kind))
        apply_spaces(s, st, e);
    if (e->data.movement.text[0] != '\0') {
        movement_note(s, e);
        notice_movement(s, e);
    }
    if (e->kind == EVENT_PASSAGE_COMPLETED || e->kind == EVENT_PASSAGE_UNAUTHORISED)
        apply_crossing(s, st->edge->place, e);
    if (e->kind == EVENT_MOVEMENT_ENDED && e->data.outcome == OUTCOME_EVACUATED)
        apply_evacuation(s, st->edge->place, e);
    if (e->kind == EVENT_MOVEMENT_ENDED)
        apply_end(s, st->edge->place, e);
    if (e->kind == EVENT_COMMAND_RESULT)
        command_result(s, e);
    if (e->kind == EVENT_RIGHTS_APPLIED)
        STORE(s, save_right_applied, &e->place, &e->edge, e->data.list, e->time);
    raise_alarm(s, st, e);
}

void event_apply(struct service *s, struct stream *st, const struct event *e,
                 const struct digest *digest, const struct work *w)
{
    struct event_row row = {
        .stream = st->row.id,
        .seq = e->seq,
        .digest = *digest,
        .kind = event_kind_word(e->kind),
        .movement = e->data.movement,
        .time = e->time,
        .received = s->now.wall,
        .bytes = w->bytes,
        .len = w->len,
    };
    STORE(s, add_event, &row);
    metrics_add(s->options.metrics,
                e->kind == EVENT_UNKNOWN ? METRIC_EVENTS_UNKNOWN_TYPE : METRIC_EVENTS_APPLIED, 1);
    if (e->kind == EVENT_UNKNOWN)
        return;
    enum metric decision = decision_count(e);
    if (decision != METRICS)
        metrics_add(s->options.metrics, decision, 1);
    struct trace trace = trace_of(&e->data.movement);
    feed_cause(s, &trace, "");
    struct event reckoned = *e;
    reckoned.time = restamp(&st->edge->clock, e, s->now.wall);
    apply_effects(s, st, &reckoned);
}
