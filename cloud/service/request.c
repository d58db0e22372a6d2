/* Questions of an edge: each request id gets one decision, a retry gets the same (C5). */
#include "cloud/service/request.h"

#include "cloud/service/effect.h"
#include "cloud/service/exit.h"
#include "cloud/service/feed.h"
#include "cloud/service/hello.h"
#include "cloud/service/offer.h"
#include "cloud/service/rights.h"
#include "cloud/service/stay.h"
#include "protocol/support/log.h"

#include <string.h>

static const char full_text[DISPLAY_SIZE] = "FULL / 만차";
static const char closed_text[DISPLAY_SIZE] = "CLOSED / 영업종료";
static const char barred_text[DISPLAY_SIZE] = "NO ENTRY / 출입금지";
static const char inside_text[DISPLAY_SIZE] = "ALREADY INSIDE / 입차중";
static const char unavailable_text[DISPLAY_SIZE] = "PLEASE WAIT / 잠시만요";

static void count_answer(struct service *s, const struct response *r)
{
    static const enum metric by_verdict[] = {[VERDICT_ALLOW] = METRIC_ANSWERS_ALLOW,
                                             [VERDICT_DENY] = METRIC_ANSWERS_DENY,
                                             [VERDICT_PENDING] = METRIC_ANSWERS_PENDING};
    if ((r->kind == REQUEST_ENTRY || r->kind == REQUEST_EXIT) && r->answer.verdict != VERDICT_NONE)
        metrics_add(s->options.metrics, by_verdict[r->answer.verdict], 1);
}

void respond(struct service *s, const struct decision_row *d, const uint8_t correlation[16])
{
    struct effect *out = effect_add(s, EFFECT_RESPOND, &d->place, &d->edge);
    memcpy(out->respond.correlation, correlation, 16);
    out->respond.response = d->response;
    count_answer(s, &d->response);
}

/* An edge without spaces may get some with the answer; what is at other edges or inside is not to be
 * had. Offers under way count as enough. */
static struct passage_answer entry_answer(struct service *s, struct edge *e,
                                          const struct passage_question *q)
{
    struct place *p = e->place;
    struct passage_answer a = {.verdict = VERDICT_DENY};
    if (p->row.shut) {
        a.reason = REASON_CLOSED;
        memcpy(a.display, closed_text, sizeof closed_text);
        return a;
    }
    if (rights_bar(s, p, &q->plate, &q->credential)) {
        a.reason = REASON_BARRED;
        memcpy(a.display, barred_text, sizeof barred_text);
        return a;
    }
    struct session_row stay;
    if (q->passback &&
        stay_find(s, p, &q->plate, &q->credential, s->now.wall, &stay) == STAY_OPEN) {
        a.reason = REASON_PASSBACK;
        memcpy(a.display, inside_text, sizeof inside_text);
        return a;
    }
    bool room = ledger_available(&p->ledger) > 0 || offer_under_way(e);
    if (q->no_space && !room) {
        e->asked = true; /* another edge may have one to spare */
        offer_want(s, p);
        a.reason = REASON_FULL;
        memcpy(a.display, full_text, sizeof full_text);
        return a;
    }
    if (q->no_space && p->row.offers_stopped && !offer_under_way(e)) {
        a.reason = REASON_UNAVAILABLE;
        memcpy(a.display, unavailable_text, sizeof unavailable_text);
        return a;
    }
    if (q->no_space) {
        offer_resend(s, e, true);
        e->asked = !offer_under_way(e);
        offer_want(s, p);
    }
    return (struct passage_answer){.verdict = VERDICT_ALLOW, .basis = BASIS_SPACE};
}

static void entry_ask(struct service *s, const struct work *w, struct edge *e,
                      const struct request *r)
{
    struct decision_row d = {
        .request = r->id,
        .place = w->place,
        .edge = w->edge,
        .movement = r->question.movement,
        .response = {.kind = REQUEST_ENTRY, .id = r->id},
        .at = s->now.wall,
    };
    d.response.answer = entry_answer(s, e, &r->question);
    STORE(s, save_decision, &d);
    feed_decision(s, &d);
    respond(s, &d, w->correlation);
}

/* True if the request was decided before and is answered with that decision. A pending answer whose
 * case this process no longer knows is decided again. */
static bool answered_before(struct service *s, const struct work *w, const struct request *r)
{
    struct decision_row d;
    if (!FOUND(s, find_decision, &r->id, &d))
        return false;
    metrics_add(s->options.metrics, METRIC_REQUESTS_REPEATED, 1);
    if (!name_equal(&d.place, &w->place) || !name_equal(&d.edge, &w->edge)) {
        log_warn("request.foreign_id", LT("place", w->place.text), LT("edge", w->edge.text));
        return true;
    }
    if (d.response.answer.verdict == VERDICT_PENDING && !exit_case_known(s, &r->id))
        return false;
    respond(s, &d, w->correlation);
    return true;
}

void request_take(struct service *s, const struct work *w)
{
    char reason[160];
    struct request r;
    if (!state_place(s, &w->place)) {
        metrics_add(s->options.metrics, METRIC_UNKNOWN_PLACE, 1);
        log_warn("request.unknown_place", LT("place", w->place.text), LT("edge", w->edge.text));
        return;
    }
    if (request_decode(w->bytes, w->len, &r, reason) != ERR_OK) {
        metrics_add(s->options.metrics, METRIC_REQUESTS_BAD, 1);
        log_warn("request.bad", LT("place", w->place.text), LT("edge", w->edge.text),
                 LT("reason", reason));
        return;
    }
    if (r.kind == REQUEST_HELLO) {
        metrics_add(s->options.metrics, METRIC_REQUESTS_HELLO, 1);
        hello_take(s, w, &r);
        return;
    }
    struct edge *e = state_edge(s, &w->place, &w->edge);
    if (!e) { /* an edge that has not said hello gets no verdict */
        hello_ask(s);
        return;
    }
    if (r.kind == REQUEST_RIGHTS) {
        rights_ask(s, w, e, &r);
        return;
    }
    if (answered_before(s, w, &r))
        return;
    struct trace trace = trace_of(&r.question.movement);
    feed_cause(s, &trace, r.id.text);
    bool entry = r.kind == REQUEST_ENTRY;
    metrics_add(s->options.metrics, entry ? METRIC_REQUESTS_ENTRY : METRIC_REQUESTS_EXIT, 1);
    if (entry)
        entry_ask(s, w, e, &r);
    else
        exit_ask(s, w, e->place, &r);
}
