#include "cloud/service/pay.h"

#include "cloud/core/books.h"
#include "cloud/core/pay_link.h"
#include "cloud/core/session.h"
#include "cloud/service/act.h"
#include "cloud/service/debt.h"
#include "cloud/service/exit.h"
#include "cloud/service/feed.h"
#include "cloud/service/payment.h"
#include "cloud/service/stay.h"
#include "protocol/support/log.h"
#include "protocol/support/random.h"

#include <string.h>

/* ---- links ---- */

bool pay_links(const struct service *s)
{
    return s->options.pay_url != NULL && s->options.pay_url[0] != '\0' &&
           s->ports.payments.provider_count > 0;
}

struct pay_token pay_link_of(struct service *s, const struct movement_id *session, bool at_exit)
{
    struct pay_link_row r;
    if (FOUND(s, pay_link_of, session, s->now.wall, &r) && (r.at_exit || !at_exit))
        return r.token;
    struct ticket random = random_ticket();
    r = (struct pay_link_row){.token = pay_token_from(&random),
                              .session = *session,
                              .at_exit = at_exit,
                              .made = s->now.wall,
                              .until = wall_after(s->now.wall, PAY_LINK_LIFE_MS)};
    STORE(s, add_pay_link, &r);
    return r.token;
}

enum err pay_link_order(struct service *s, const struct stay_name *n, struct admin_result *r)
{
    struct session_row stay;
    if (!pay_links(s))
        return act_refuse(r, ERR_CONFLICT, "no address for payment links is configured");
    TRY(stay_named(s, n, &stay, r));
    r->pay_token = pay_link_of(s, &stay.id, false);
    stay_told(s, &stay, r);
    return ERR_OK;
}

/* ---- payments ---- */

/* The stay of the link, or the one that is named. */
static enum err stay_of(struct service *s, const struct pay_order *o, struct session_row *ret,
                        struct admin_result *r)
{
    struct pay_link_row link;
    if (o->token.text[0] == '\0')
        return stay_named(s, &o->stay, ret, r);
    if (!FOUND(s, find_pay_link, &o->token, &link) || link.until.v <= s->now.wall.v)
        return act_refuse(r, ERR_NOTFOUND, "this link is not known, or has lapsed");
    const struct stay_name n = {.session = link.session};
    return stay_named(s, &n, ret, r);
}

/* What is to be paid now: of an open stay what an exit has quoted, else the price so far; of one that
 * has ended its debt. */
static int64_t due_of(struct service *s, struct session_row *r)
{
    struct place *p = state_place(s, &r->place);
    struct debt_row debt;
    int64_t price;
    if (r->state != SESSION_OPEN)
        return FOUND(s, find_debt, &r->id, &debt) ? books_owed(&debt) : 0;
    if (exit_waits(s, &r->id))
        return session_due(r, r->price_minor, r->quote_at, p->row.settings.exit_grace_ms);
    if (!stay_price(s, p, r, s->now.wall, &price))
        return 0;
    r->price_minor = price;
    return session_due(r, price, s->now.wall, p->row.settings.exit_grace_ms);
}

/* An account that is linked to other plates is theirs: knowing its name is no right to charge it. */
static bool is_anothers(const struct service *s, const struct payer *payer,
                        const struct session_row *r)
{
    const struct payer_token *wanted = &payer->tokens[0];
    bool others = false;
    for (size_t i = 0; i < s->options.account_count; i++) {
        const struct account *a = &s->account_list[i];
        for (size_t k = 0; k < a->payer.count; k++)
            if (name_equal(&a->payer.tokens[k].provider, &wanted->provider) &&
                strcmp(a->payer.tokens[k].token, wanted->token) == 0) {
                if (strcmp(a->plate.text, r->plate.text) == 0)
                    return false;
                others = true;
            }
    }
    return others;
}

static enum err payer_of(struct service *s, const struct pay_order *o, const struct session_row *r,
                         struct payer *ret, struct admin_result *result)
{
    const struct account *account = account_of(s, &r->plate);
    if (o->payer.count == 0 && !account)
        return act_refuse(result, ERR_CONFLICT, "no payer account is linked to this plate");
    const struct payer *payer = o->payer.count > 0 ? &o->payer : &account->payer;
    if (o->payer.count > 0 && is_anothers(s, &o->payer, r))
        return act_refuse(result, ERR_INVAL, "payer: this account is linked to another plate");
    if (!payment_possible(s, payer))
        return act_refuse(result, ERR_INVAL, "payer: no account at a provider that is configured");
    if (!payment_available(s, payer))
        return act_refuse(result, ERR_UNAVAIL,
                          "the payment provider does not answer: nothing was charged, try again");
    *ret = *payer;
    return ERR_OK;
}

enum err pay_order(struct service *s, const struct pay_order *o, struct admin_result *result)
{
    struct session_row r;
    struct payer payer;
    TRY(stay_of(s, o, &r, result));
    if (payment_of(s, &r.id))
        return act_refuse(result, ERR_CONFLICT, "a payment of this stay is under way");
    int64_t due = due_of(s, &r);
    stay_told(s, &r, result);
    result->due_minor = due;
    if (due <= 0)
        return ERR_OK;
    TRY(payer_of(s, o, &r, &payer, result));
    STORE(s, save_session, &r);
    feed_session(s, "session.changed", &r);
    struct money amount = {due, r.currency};
    enum payment_kind kind = o->token.text[0] != '\0' ? PAYMENT_KIND_LINK : PAYMENT_KIND_PREPAY;
    payment_create(s, &r.id, &r.place, kind, &payer, amount);
    const struct payment *made = payment_of(s, &r.id);
    if (made)
        memcpy(result->payment, made->row.key, sizeof result->payment);
    exit_payment_begun(s, &r.id);
    log_notice("pay.begun", LT("place", r.place.text), LT("session", r.id.text),
               LT("kind", payment_kind_word(kind)), LN("amount", due));
    return ERR_OK;
}
