/* Payments, debts and decisions of the store in memory. */
#include "tests/simulation/store_tables.h"

#include "cloud/core/books.h"
#include "cloud/core/payment_machine.h"

#include <string.h>

/* ---- payments ---- */

static struct node **payments_of(struct store_memory *m, const struct movement_id *session)
{
    struct store_key k = key_of(session->text, "");
    struct head_row *h = row_of(table_at(m, &m->payers, &k));
    return &h->list;
}

static bool is_open(enum payment_state s)
{
    return !payment_is_final(s);
}

/* The payment of this session that is not final, other than `except`. */
static const struct node *open_payment(struct store_memory *m, const struct movement_id *session,
                                       const struct node *except)
{
    const struct node *n = *payments_of(m, session);
    while (n && (n == except || !is_open(((struct payment_row *)row_of(n))->state)))
        n = n->list;
    return n;
}

enum err memory_save_payment(void *self, const struct payment_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->key, "");
    struct node *n = table_find(&m->payments, &k);
    if (is_open(r->state) && open_payment(m, &r->session, n))
        return ERR_CONFLICT;
    bool fresh = n == NULL;
    n = table_put(m, &m->payments, &k, r);
    if (fresh)
        list_add(m, payments_of(m, &r->session), n);
    return ERR_OK;
}

enum err memory_count_payments(void *self, const struct movement_id *session, int64_t *ret)
{
    int64_t count = 0;
    for (const struct node *n = *payments_of(self, session); n; n = n->list)
        count++;
    *ret = count;
    return ERR_OK;
}

enum err memory_find_payment(void *self, const char *key, struct payment_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(key, "");
    return table_get(&m->payments, &k, ret);
}

/* The list of a stay has the newest first. */
enum err memory_refundable_payments(void *self, const struct movement_id *session,
                                    struct payment_row *ret, size_t max, size_t *ret_count)
{
    size_t count = 0;
    for (const struct node *n = *payments_of(self, session); n && count < max; n = n->list) {
        const struct payment_row *r = row_of(n);
        if (books_refundable(r) > 0)
            ret[count++] = *r;
    }
    *ret_count = count;
    return ERR_OK;
}

/* ---- refunds ---- */

enum err memory_save_refund(void *self, const struct refund_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->key, "");
    table_put(m, &m->refunds, &k, r);
    return ERR_OK;
}

enum err memory_find_refund(void *self, const char *key, struct refund_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(key, "");
    return table_get(&m->refunds, &k, ret);
}

enum err memory_count_refunds(void *self, const struct movement_id *session, int64_t *ret)
{
    struct store_memory *m = self;
    int64_t count = 0;
    for (struct node *n = m->refunds.first; n; n = n->later)
        count += strcmp(((struct refund_row *)row_of(n))->session.text, session->text) == 0;
    *ret = count;
    return ERR_OK;
}

/* Nobody asks this store for the differences of a report. */
enum err memory_save_reconciliation(void *self, const struct reconciliation_row *r,
                                    const struct mismatch *mismatches, size_t count)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->place.text, r->day);
    (void)mismatches, (void)count;
    table_put(m, &m->reports, &k, r);
    return ERR_OK;
}

/* ---- debts: those without a reason are listed, oldest first ---- */

static void list_debt(struct store_memory *m, struct node *n)
{
    const struct debt_row *r = row_of(n);
    struct node **at = &m->debts.list;
    while (*at && ((struct debt_row *)row_of(*at))->created.v <= r->created.v)
        at = &(*at)->list;
    list_add(m, at, n);
}

static bool wanted(const struct debt_row *r)
{
    return r->state == DEBT_OPEN && r->reason[0] == '\0';
}

enum err memory_save_debt(void *self, const struct debt_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->session.text, "");
    struct node *n = table_find(&m->debts, &k);
    bool was = n && wanted(row_of(n));
    n = table_put(m, &m->debts, &k, r);
    if (was && !wanted(r))
        list_drop(m, &m->debts.list, n);
    if (!was && wanted(r))
        list_debt(m, n);
    return ERR_OK;
}

enum err memory_find_debt(void *self, const struct movement_id *session, struct debt_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(session->text, "");
    return table_get(&m->debts, &k, ret);
}

enum err memory_collectable_debts(void *self, struct debt_row *ret, size_t max, size_t *ret_count)
{
    struct store_memory *m = self;
    size_t count = 0;
    for (const struct node *n = m->debts.list; n && count < max; n = n->list) {
        const struct debt_row *r = row_of(n);
        if (!open_payment(m, &r->session, NULL))
            ret[count++] = *r;
    }
    *ret_count = count;
    return ERR_OK;
}

enum err memory_retry_debts(void *self, const char *reason)
{
    struct store_memory *m = self;
    for (struct node *n = m->debts.first; n; n = n->later) {
        struct debt_row r = *(struct debt_row *)row_of(n);
        if (r.state != DEBT_OPEN || strcmp(r.reason, reason) != 0)
            continue;
        memset(r.reason, 0, sizeof r.reason);
        TRY(memory_save_debt(m, &r));
    }
    return ERR_OK;
}

/* ---- decisions: those not pruned are listed ---- */

enum err memory_save_decision(void *self, const struct decision_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->request.text, "");
    struct node *n = table_find(&m->decisions, &k);
    bool listed = n && ((struct decision_row *)row_of(n))->request.text[0] != '\0';
    n = table_put(m, &m->decisions, &k, r);
    if (!listed)
        list_add(m, &m->decisions.list, n);
    return ERR_OK;
}

enum err memory_find_decision(void *self, const struct request_id *id, struct decision_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(id->text, "");
    struct decision_row r;
    TRY(table_get(&m->decisions, &k, &r));
    if (r.request.text[0] == '\0')
        return ERR_NOTFOUND;
    *ret = r;
    return ERR_OK;
}

/* A pruned decision leaves an empty row, which counts as none. */
enum err memory_prune_decisions(void *self, struct wall_ms before)
{
    struct store_memory *m = self;
    static const struct decision_row none;
    for (struct node **at = &m->decisions.list; *at;) {
        struct node *n = *at;
        struct decision_row *r = row_of(n);
        if (r->at.v >= before.v) {
            at = &n->list;
            continue;
        }
        arena_write(&m->arena, at, &n->list, sizeof n->list);
        arena_write(&m->arena, r, &none, sizeof none);
    }
    return ERR_OK;
}

/* ---- commands ---- */

enum err memory_save_command(void *self, const struct command_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->command.id.text, "");
    table_put(m, &m->commands, &k, r);
    return ERR_OK;
}

enum err memory_find_command(void *self, const struct request_id *id, struct command_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(id->text, "");
    return table_get(&m->commands, &k, ret);
}
