/* Exits: what a vehicle that wants to leave is told, now and when its payment comes to something.
 * core/exit_decision.h decides; this file brings the facts and carries out the action. */
#include "cloud/service/exit.h"

#include "cloud/core/books.h"
#include "cloud/core/exit_decision.h"
#include "cloud/core/pay_link.h"
#include "cloud/core/payment_machine.h"
#include "cloud/core/session.h"
#include "cloud/service/debt.h"
#include "cloud/service/feed.h"
#include "cloud/service/pay.h"
#include "cloud/service/payment.h"
#include "cloud/service/request.h"
#include "cloud/service/stay.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    CLOCK_TRUST_MS = 60 * 60 * 1000, /* an edge's clock further behind than this is not believed */
    PAY_WAIT_MS = 120 * 1000,        /* a link is shown so long; the edge waits for 180 s at most */
};

static struct exit_case *find_case(struct service *s, const struct request_id *id)
{
    for (size_t i = 0; i < s->case_count; i++)
        if (strcmp(s->cases[i]->decision.request.text, id->text) == 0)
            return s->cases[i];
    return NULL;
}

bool exit_case_known(struct service *s, const struct request_id *id)
{
    return find_case(s, id) != NULL;
}

/* The payment of a question that is over is for the debt of a vehicle that has left meanwhile, or waits
 * for the next question: a vehicle that backed out is not charged behind its back, unless its driver pays
 * by himself. */
static void drop_case(struct service *s, struct exit_case *c)
{
    struct payment *open = payment_of(s, &c->session);
    bool awaited = false;
    for (size_t i = 0; i < s->case_count; i++)
        if (s->cases[i] == c)
            s->cases[i--] = s->cases[--s->case_count];
        else
            awaited = awaited || strcmp(s->cases[i]->session.text, c->session.text) == 0;
    if (open && open->row.kind == PAYMENT_KIND_EXIT && !awaited)
        payment_follow(s, &c->session);
    free(c);
}

static struct exit_facts facts_of(struct service *s, const struct place *p,
                                  const struct exit_case *c, const struct session_row *r)
{
    const struct place_settings *set = &p->row.settings;
    struct exit_facts f = {
        .session = r != NULL,
        .failed = c->failed,
        .payment_declined = c->declined,
        .link = pay_links(s),
        .pay_over = c->pay_over,
        .hold_over = reached(s->now.mono, c->hold_until),
        .policy = set->policy,
        .unmatched = set->unmatched_exit,
        .ticket_used = c->known == STAY_USED,
        .other_place = c->known == STAY_ELSEWHERE,
    };
    if (!r)
        return f;
    f.price_minor = c->price_minor;
    struct debt_row d;
    if (r->state == SESSION_OPEN)
        f.due_minor = session_due(r, c->price_minor, r->quote_at, set->exit_grace_ms);
    else if (FOUND(s, find_debt, &r->id, &d)) /* it ended meanwhile: only its debt counts */
        f.due_minor = books_owed(&d);
    const struct account *account = account_of(s, &r->plate);
    f.account = account && payment_possible(s, &account->payer);
    f.available = account && payment_available(s, &account->payer);
    f.payment_open = payment_of(s, &r->id) != NULL;
    return f;
}

static bool by_link(enum exit_action a)
{
    return a == EXIT_PAY || a == EXIT_PAY_DECLINED;
}

static void tell(struct service *s, struct exit_case *c, enum exit_action a, int64_t due_minor)
{
    struct money price = {c->price_minor, c->currency};
    c->decision.response.answer = exit_answer(a, price);
    if (by_link(a)) {
        struct pay_token token = pay_link_of(s, &c->session, true);
        pay_link_display(s->options.pay_url, &token, (struct money){due_minor, c->currency},
                         c->decision.response.answer.display);
    }
    c->decision.at = s->now.wall;
    STORE(s, save_decision, &c->decision);
    feed_decision(s, &c->decision);
    respond(s, &c->decision, c->correlation);
}

/* A new attempt: a result is awaited until wait_until. */
static void attempt(struct service *s, struct exit_case *c, const struct session_row *r,
                    int64_t due_minor)
{
    struct payment *open = payment_of(s, &r->id);
    c->wait_until = mono_after(s->now.mono, real_ms(s, s->options.payment_wait_ms));
    if (open) {
        payment_set_amount(s, open, due_minor);
        open->wanted = true;
        payment_drive(s, open);
        return;
    }
    const struct account *account = account_of(s, &r->plate);
    struct money amount = {due_minor, c->currency};
    payment_create(s, &r->id, &r->place, PAYMENT_KIND_EXIT, &account->payer, amount);
}

/* Looks at the facts anew; ends the case if the answer is final. */
static void evaluate(struct service *s, struct exit_case *c, bool new_attempt)
{
    struct place *p = state_place(s, &c->decision.place);
    struct trace trace = trace_of(&c->decision.movement);
    struct session_row r;
    feed_cause(s, &trace, c->decision.request.text);
    bool stay = c->session.text[0] != '\0' && FOUND(s, find_session, &c->session, &r);
    struct exit_facts f = facts_of(s, p, c, stay ? &r : NULL);
    enum exit_action a = exit_decide(&f);
    bool final = a != EXIT_CHARGE && a != EXIT_WAIT && a != EXIT_HOLD && !by_link(a);
    bool declined = a == EXIT_PAY_DECLINED;
    bool new_display = by_link(a) != c->paying || (by_link(a) && declined != c->pay_declined);
    if (final || !c->said_pending || new_display)
        tell(s, c, a, f.due_minor);
    if (final) {
        drop_case(s, c);
        return;
    }
    c->said_pending = true;
    if (by_link(a) && !c->paying)
        c->wait_until = mono_after(s->now.mono, PAY_WAIT_MS);
    c->paying = by_link(a);
    c->pay_declined = declined;
    if (c->paying)
        return;
    if (a == EXIT_HOLD) {
        c->failed = true;
        c->retry_at = mono_after(s->now.mono, s->options.hold_retry_ms);
    } else if (a == EXIT_CHARGE || new_attempt) {
        attempt(s, c, &r, f.due_minor);
    }
}

/* A question cannot come from the future: a clock that is ahead must not make the stay longer. */
static struct wall_ms asked_at(const struct service *s, struct wall_ms said)
{
    int64_t off_ms = wall_diff_ms(said, s->now.wall);
    return off_ms < -CLOCK_TRUST_MS || off_ms > CLOCK_AHEAD_MS ? s->now.wall : said;
}

/* The open stay of this plate, quoted for this question. A stay that cannot be priced is let out
 * free of charge here and recorded: a person decides. */
static void quote(struct service *s, struct place *p, const struct passage_question *q,
                  struct exit_case *c)
{
    struct session_row r;
    struct wall_ms at = asked_at(s, q->time);
    const struct crossing here = {
        .movement = q->movement, .plate = q->plate, .credential = q->credential, .at = at};
    c->known = stay_leaving(s, p, &here, &r);
    if (c->known != STAY_OPEN)
        return;
    int64_t price = 0;
    if (!stay_price(s, p, &r, at, &price))
        price = r.paid_minor;
    session_named(&r, &q->plate);
    r.price_minor = price;
    r.quote_at = at;
    r.quote_request = c->decision.request;
    STORE(s, save_session, &r);
    c->session = r.id;
    c->price_minor = price;
}

void exit_ask(struct service *s, const struct work *w, struct place *p, const struct request *r)
{
    struct exit_case *c = mem_alloc(sizeof *c);
    c->decision = (struct decision_row){
        .request = r->id,
        .place = w->place,
        .edge = w->edge,
        .movement = r->question.movement,
        .response = {.kind = REQUEST_EXIT, .id = r->id},
    };
    memcpy(c->correlation, w->correlation, sizeof c->correlation);
    c->currency = p->row.settings.currency;
    c->hold_until = mono_after(s->now.mono, p->row.settings.hold_max_ms);
    quote(s, p, &r->question, c);
    s->cases = mem_resize(s->cases, (s->case_count + 1) * sizeof *s->cases);
    s->cases[s->case_count++] = c;
    evaluate(s, c, true);
}

void exit_payment_changed(struct service *s, const struct movement_id *session, unsigned acts)
{
    for (size_t i = s->case_count; i-- > 0;) {
        if (i >= s->case_count) /* more than one ended */
            continue;
        struct exit_case *c = s->cases[i];
        if (strcmp(c->session.text, session->text) != 0)
            continue;
        c->declined |= (acts & PAYMENT_ACT_REFUSE) != 0;
        c->failed |= (acts & (PAYMENT_ACT_FAILED | PAYMENT_ACT_PERSON)) != 0;
        evaluate(s, c, false);
    }
}

void exit_gone(struct service *s, const struct movement_id *movement)
{
    for (size_t i = s->case_count; i-- > 0;)
        if (strcmp(s->cases[i]->decision.movement.text, movement->text) == 0)
            drop_case(s, s->cases[i]);
}

bool exit_waits(struct service *s, const struct movement_id *session)
{
    for (size_t i = 0; i < s->case_count; i++)
        if (strcmp(s->cases[i]->session.text, session->text) == 0)
            return true;
    return false;
}

void exit_payment_begun(struct service *s, const struct movement_id *session)
{
    for (size_t i = s->case_count; i-- > 0;) {
        struct exit_case *c = i < s->case_count ? s->cases[i] : NULL;
        if (!c || strcmp(c->session.text, session->text) != 0)
            continue;
        c->declined = c->failed = false;
        c->wait_until = mono_after(s->now.mono, real_ms(s, s->options.payment_wait_ms));
        evaluate(s, c, false);
    }
}

void exit_price_changed(struct service *s, const struct movement_id *session)
{
    for (size_t i = s->case_count; i-- > 0;) {
        struct exit_case *c = i < s->case_count ? s->cases[i] : NULL;
        struct session_row r;
        int64_t price;
        if (!c || strcmp(c->session.text, session->text) != 0 || payment_of(s, session) ||
            !FOUND(s, find_session, session, &r) ||
            !stay_price(s, state_place(s, &r.place), &r, r.quote_at, &price))
            continue;
        c->price_minor = r.price_minor = price;
        STORE(s, save_session, &r);
        evaluate(s, c, false);
    }
}

void exit_timers(struct service *s)
{
    for (size_t i = s->case_count; i-- > 0;) {
        if (i >= s->case_count)
            continue;
        struct exit_case *c = s->cases[i];
        struct mono_ms now = s->now.mono;
        if (c->paying) {
            c->pay_over = reached(now, c->wait_until);
            if (c->pay_over)
                evaluate(s, c, false);
        } else if (c->failed && reached(now, c->retry_at) && !reached(now, c->hold_until)) {
            c->failed = false;
            evaluate(s, c, true);
        } else if (c->failed ? reached(now, c->hold_until) : reached(now, c->wait_until)) {
            c->failed = true;
            evaluate(s, c, false);
        }
    }
}
