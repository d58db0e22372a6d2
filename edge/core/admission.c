#include "edge/core/admission.h"

#include <string.h>

static const struct mono_ms never = {INT64_MAX};

static bool reached(struct mono_ms t, struct mono_ms now)
{
    return t.v <= now.v;
}

static struct mono_ms earlier(struct mono_ms x, struct mono_ms y)
{
    return x.v < y.v ? x : y;
}

/* Reasons that a space in hand cures (D2); a late answer may still come with one. */
static bool for_want_of_space(enum reason r)
{
    return r == REASON_FULL || r == REASON_PLEASE_WAIT || r == REASON_UNAVAILABLE;
}

void admission_begin(struct admission *a, enum direction direction, struct mono_ms now)
{
    *a = (struct admission){
        .phase = ADMISSION_READY,
        .direction = direction,
        .since = now,
        .again = now,
        .repeat = never,
        .deadline = never,
    };
}

void admission_end(struct admission *a)
{
    a->phase = ADMISSION_NONE;
}

void admission_credential(struct admission *a, struct mono_ms now)
{
    if (a->phase == ADMISSION_NONE)
        return;
    a->phase = ADMISSION_READY;
    a->reason = REASON_NONE;
    a->policy = false;
    a->cleared = false;
    a->again = now;
}

void admission_reconnected(struct admission *a, struct mono_ms now)
{
    if (a->phase != ADMISSION_ASKED && a->phase != ADMISSION_PENDING)
        return;
    a->repeated = false;
    a->repeat = now;
}

static void await_answer(struct admission *a, const struct admission_config *c, struct mono_ms now)
{
    int64_t ms = a->direction == DIRECTION_ENTRY ? c->entry_deadline_ms : c->exit_deadline_ms;
    a->phase = ADMISSION_ASKED;
    a->repeated = false;
    a->repeat = mono_after(now, ms / 3);
    a->deadline = mono_after(now, ms);
}

void admission_resume(struct admission *a, const struct admission_config *c,
                      const struct request_id *request, struct mono_ms now)
{
    if (a->phase == ADMISSION_NONE)
        return;
    a->request = *request;
    await_answer(a, c, now);
    a->repeat = now;
}

static struct decision nothing(void)
{
    return (struct decision){.kind = DECISION_NONE};
}

static struct decision allow(struct admission *a, enum basis basis)
{
    a->phase = ADMISSION_NONE;
    return (struct decision){.kind = DECISION_ALLOW, .basis = basis};
}

/* D7 */
static struct decision issue(struct admission *a)
{
    a->phase = ADMISSION_READY;
    a->reason = REASON_NONE;
    a->again = never;
    return (struct decision){.kind = DECISION_TICKET};
}

/* Refuses until something changes or `again` is due; silent if that is what is shown already. */
static struct decision deny(struct admission *a, enum reason reason, struct mono_ms again)
{
    bool known = a->reason == reason;
    a->phase = ADMISSION_READY;
    a->reason = reason;
    a->again = again;
    if (known)
        return nothing();
    return (struct decision){.kind = DECISION_DENY, .reason = reason};
}

static struct decision ask(struct admission *a, const struct admission_config *c,
                           struct mono_ms now)
{
    await_answer(a, c, now);
    return (struct decision){.kind = DECISION_ASK};
}

static struct decision repeat(struct admission *a, struct mono_ms next)
{
    a->repeated = true;
    a->repeat = next;
    return (struct decision){.kind = DECISION_REPEAT};
}

/* No answer: what is known stays on the display, otherwise the driver is asked to wait. */
static struct decision unanswered(struct admission *a, const struct admission_config *c,
                                  struct mono_ms now)
{
    enum reason reason = a->reason == REASON_NONE ? REASON_PLEASE_WAIT : a->reason;
    return deny(a, reason, mono_after(now, c->ask_again_ms));
}

/* D5 */
static enum reason barred_by(enum right_verdict right)
{
    switch (right) {
    case RIGHT_BARRED: return REASON_BARRED;
    case RIGHT_NOT_VALID: return REASON_NOT_VALID;
    case RIGHT_PASSBACK:
    case RIGHT_UNKNOWN:
    case RIGHT_HONOURED: break;
    }
    return REASON_NONE;
}

/* The right seems to be inside. The cloud knows all lanes; without it an edge that sees who comes and
 * who goes refuses by itself, and one that does not lets in and tells. */
static struct decision consider_passback(struct admission *a, const struct admission_config *c,
                                         const struct admission_view *v, struct mono_ms now)
{
    bool asked = a->phase == ADMISSION_ASKED;
    if (asked && v->online && !reached(a->deadline, now)) {
        if (!a->repeated && reached(a->repeat, now))
            return repeat(a, never);
        return nothing();
    }
    if (!asked && v->online)
        return reached(a->again, now) ? ask(a, c, now) : nothing();
    if (v->sees_both_sides)
        return deny(a, REASON_PASSBACK, mono_after(now, c->ask_again_ms));
    if (v->bound || v->free >= 1)
        return allow(a, v->bound ? BASIS_BOUND : BASIS_RIGHT);
    return unanswered(a, c, now);
}

static struct decision consider_entry(struct admission *a, const struct admission_config *c,
                                      const struct admission_view *v, struct mono_ms now)
{
    if (!v->epoch)
        return deny(a, REASON_UNAVAILABLE, now);
    if (!v->known) {
        if (a->reason == REASON_NO_CREDENTIAL ||
            !reached(mono_after(a->since, c->no_credential_ms), now))
            return nothing();
        return deny(a, REASON_NO_CREDENTIAL, now);
    }
    if (v->ticket == TICKET_OFFERED)
        return nothing();
    if (barred_by(v->right) != REASON_NONE)
        return deny(a, barred_by(v->right), never);
    if (v->right == RIGHT_PASSBACK && !a->cleared)
        return consider_passback(a, c, v, now);
    if (v->bound && !a->policy)
        return allow(a, BASIS_BOUND);
    if (v->free >= 1 && !a->policy && v->ticket == TICKET_WANTED)
        return issue(a);
    if (v->free >= 1 && !a->policy)
        return allow(a, v->right == RIGHT_UNKNOWN ? BASIS_SPACE : BASIS_RIGHT);
    if (a->phase == ADMISSION_ASKED) {
        if (!v->online || reached(a->deadline, now))
            return unanswered(a, c, now);
        if (!a->repeated && reached(a->repeat, now))
            return repeat(a, never);
        return nothing();
    }
    if (!reached(a->again, now))
        return nothing();
    return v->online ? ask(a, c, now) : unanswered(a, c, now);
}

static struct decision consider_unread_exit(struct admission *a, const struct admission_config *c,
                                            struct mono_ms now)
{
    if (reached(mono_after(a->since, c->unanswered_ms), now))
        return allow(a, BASIS_OFFLINE);
    if (a->reason != REASON_NO_CREDENTIAL &&
        reached(mono_after(a->since, c->no_credential_ms), now))
        return deny(a, REASON_NO_CREDENTIAL, now);
    return nothing();
}

/* An exit let out without the cloud. */
static enum basis local_basis(const struct admission_view *v)
{
    return v->right == RIGHT_HONOURED ? BASIS_RIGHT : BASIS_OFFLINE;
}

/* D3, D6 */
static struct decision let_out(struct admission *a, const struct admission_config *c,
                               const struct admission_view *v, struct mono_ms now)
{
    struct mono_ms until = mono_after(a->since, c->unanswered_ms);
    if (!v->hold_offline || v->right == RIGHT_HONOURED || reached(until, now))
        return allow(a, local_basis(v));
    a->held = true;
    return deny(a, REASON_UNAVAILABLE, earlier(until, mono_after(now, c->ask_again_ms)));
}

/* D8 */
static struct mono_ms unhelped_at(const struct admission *a, const struct admission_config *c,
                                  const struct admission_view *v)
{
    bool no_stay = a->reason == REASON_NO_SESSION || a->reason == REASON_TICKET_USED ||
                   a->reason == REASON_OTHER_PLACE;
    bool waits = a->direction == DIRECTION_EXIT && a->phase != ADMISSION_PENDING && v->helped;
    return waits && no_stay ? mono_after(v->helped_at, c->unanswered_ms) : never;
}

static struct decision consider_exit(struct admission *a, const struct admission_config *c,
                                     const struct admission_view *v, struct mono_ms now)
{
    if (v->crippled && (v->known || reached(mono_after(a->since, c->no_credential_ms), now)))
        return allow(a, BASIS_OFFLINE);
    if (!v->known)
        return consider_unread_exit(a, c, now);
    if (reached(unhelped_at(a, c, v), now))
        return allow(a, BASIS_OFFLINE);
    if (!v->epoch || (a->held && reached(mono_after(a->since, c->unanswered_ms), now)))
        return allow(a, local_basis(v));
    if (a->phase != ADMISSION_READY && reached(a->deadline, now))
        return let_out(a, c, v, now);
    if (!v->online)
        return v->settled ? let_out(a, c, v, now) : nothing();
    if (a->phase == ADMISSION_READY)
        return reached(a->again, now) ? ask(a, c, now) : nothing();
    /* The final answer to a pending question may be lost on its way: keep asking for it. */
    if (reached(a->repeat, now) && (a->phase == ADMISSION_PENDING || !a->repeated))
        return repeat(a, a->phase == ADMISSION_PENDING ? mono_after(now, c->ask_again_ms) : never);
    return nothing();
}

struct decision admission_consider(struct admission *a, const struct admission_config *c,
                                   const struct admission_view *v, struct mono_ms now)
{
    if (a->phase == ADMISSION_NONE)
        return nothing();
    return a->direction == DIRECTION_ENTRY ? consider_entry(a, c, v, now)
                                           : consider_exit(a, c, v, now);
}

static struct decision refused(struct admission *a, const struct admission_config *c,
                               const struct passage_answer *answer, struct mono_ms now)
{
    a->policy = !for_want_of_space(answer->reason);
    deny(a, answer->reason, mono_after(now, c->ask_again_ms));
    struct decision d = {.kind = DECISION_DENY, .reason = answer->reason};
    memcpy(d.display, answer->display, sizeof d.display);
    return d;
}

static struct decision answered_entry(struct admission *a, const struct admission_config *c,
                                      const struct passage_answer *answer,
                                      const struct admission_view *v, struct mono_ms now)
{
    if (answer->verdict == VERDICT_DENY)
        return refused(a, c, answer, now);
    /* The space comes as a grant of its own (D1): wait for it as long as for the answer. */
    a->policy = false;
    a->cleared = true;
    a->repeated = true;
    return consider_entry(a, c, v, now);
}

static struct decision answered_exit(struct admission *a, const struct admission_config *c,
                                     const struct passage_answer *answer, struct mono_ms now)
{
    if (answer->verdict == VERDICT_ALLOW)
        return allow(a, answer->basis);
    if (answer->verdict == VERDICT_DENY)
        return refused(a, c, answer, now);
    if (a->phase == ADMISSION_ASKED)
        a->deadline = mono_after(now, c->pending_ms);
    a->phase = ADMISSION_PENDING;
    a->repeat = mono_after(now, c->ask_again_ms);
    struct decision d = {.kind = DECISION_WAIT, .reason = answer->reason};
    memcpy(d.display, answer->display, sizeof d.display);
    return d;
}

enum err admission_answer(struct admission *a, const struct admission_config *c,
                          const struct request_id *id, const struct passage_answer *answer,
                          const struct admission_view *v, struct mono_ms now, struct decision *ret)
{
    if ((a->phase != ADMISSION_ASKED && a->phase != ADMISSION_PENDING) ||
        strcmp(a->request.text, id->text) != 0)
        return ERR_CONFLICT;
    if (answer->verdict == VERDICT_NONE ||
        (answer->verdict == VERDICT_PENDING && a->direction != DIRECTION_EXIT))
        return ERR_INVAL;
    *ret = a->direction == DIRECTION_ENTRY ? answered_entry(a, c, answer, v, now)
                                           : answered_exit(a, c, answer, now);
    return ERR_OK;
}

static struct mono_ms unread_deadline(const struct admission *a, const struct admission_config *c)
{
    struct mono_ms first = never;
    if (a->direction == DIRECTION_EXIT)
        first = mono_after(a->since, c->unanswered_ms);
    if (a->reason != REASON_NO_CREDENTIAL)
        first = earlier(first, mono_after(a->since, c->no_credential_ms));
    return first;
}

struct mono_ms admission_deadline(const struct admission *a, const struct admission_config *c,
                                  const struct admission_view *v)
{
    if (a->phase == ADMISSION_NONE || (a->direction == DIRECTION_ENTRY && !v->epoch) ||
        v->ticket == TICKET_OFFERED)
        return never;
    if (!v->known)
        return unread_deadline(a, c);
    struct mono_ms held = a->held ? mono_after(a->since, c->unanswered_ms) : never;
    held = earlier(held, unhelped_at(a, c, v));
    if (a->phase == ADMISSION_READY)
        return !v->online && a->direction == DIRECTION_EXIT ? held : earlier(held, a->again);
    if (a->phase == ADMISSION_ASKED && a->repeated)
        return earlier(held, a->deadline);
    return earlier(held, v->online ? earlier(a->repeat, a->deadline) : a->deadline);
}

const char *admission_text(enum reason r)
{
    switch (r) {
    case REASON_FULL: return "FULL";
    case REASON_PLEASE_WAIT: return "PLEASE WAIT";
    case REASON_NO_CREDENTIAL: return "PLATE NOT READ";
    case REASON_DECLINED: return "PAYMENT DECLINED";
    case REASON_NO_ACCOUNT: return "NO PAYMENT ACCOUNT";
    case REASON_PAYMENT: return "PAYMENT UNDER WAY";
    case REASON_NO_SESSION: return "NO OPEN STAY";
    case REASON_CLOSED:
    case REASON_LOCKED:
    case REASON_LOCAL:
    case REASON_LIMITS:
    case REASON_AUDIT: return "LANE CLOSED";
    case REASON_FIRE: return "FIRE: DRIVE OUT";
    case REASON_UNAVAILABLE: return "PLEASE WAIT";
    case REASON_BARRED: return "NO ENTRY";
    case REASON_NOT_VALID: return "NOT VALID NOW";
    case REASON_PASSBACK: return "ALREADY INSIDE";
    default: return "";
    }
}
