/* Tables, transactions, what the service loads; places, edges, streams and grants. */
#include "tests/simulation/store_tables.h"

#include "cloud/core/payment_machine.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

struct store_key key_of(const char *a, const char *b)
{
    struct store_key k = {0};
    size_t a_len = strlen(a), b_len = strlen(b);
    memcpy(k.text, a, a_len);
    k.text[a_len] = '/';
    memcpy(k.text + a_len + 1, b, b_len);
    k.len = a_len + 1 + b_len;
    return k;
}

struct store_key key_of_numbers(int64_t a, int64_t b)
{
    struct store_key k = {.len = sizeof a + sizeof b};
    memcpy(k.text, &a, sizeof a);
    memcpy(k.text + sizeof a, &b, sizeof b);
    return k;
}

static size_t bucket_of(const struct store_key *k)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < k->len; i++)
        h = (h ^ (unsigned char)k->text[i]) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32)) % TABLE_BUCKETS;
}

struct node *table_find(const struct table *t, const struct store_key *k)
{
    for (struct node *n = t->buckets[bucket_of(k)]; n; n = n->chain)
        if (n->key_len == k->len && memcmp(n->key, k->text, k->len) == 0)
            return n;
    return NULL;
}

static void write_pointer(struct store_memory *m, struct node **to, struct node *n)
{
    arena_write(&m->arena, to, &n, sizeof n);
}

struct node *table_at(struct store_memory *m, struct table *t, const struct store_key *k)
{
    struct node *n = table_find(t, k);
    if (n)
        return n;
    n = arena_take(&m->arena, sizeof *n + t->row_size);
    n->key_len = k->len;
    memcpy(n->key, k->text, k->len);
    struct node **bucket = &t->buckets[bucket_of(k)];
    n->chain = *bucket;
    write_pointer(m, bucket, n);
    write_pointer(m, t->last ? &t->last->later : &t->first, n);
    write_pointer(m, &t->last, n);
    return n;
}

struct node *table_put(struct store_memory *m, struct table *t, const struct store_key *k,
                       const void *row)
{
    struct node *n = table_at(m, t, k);
    arena_write(&m->arena, row_of(n), row, t->row_size);
    return n;
}

enum err table_get(const struct table *t, const struct store_key *k, void *ret)
{
    const struct node *n = table_find(t, k);
    if (!n)
        return ERR_NOTFOUND;
    memcpy(ret, row_of(n), t->row_size);
    return ERR_OK;
}

void list_add(struct store_memory *m, struct node **head, struct node *n)
{
    write_pointer(m, &n->list, *head);
    write_pointer(m, head, n);
}

void list_drop(struct store_memory *m, struct node **head, struct node *n)
{
    while (*head && *head != n)
        head = &(*head)->list;
    if (*head)
        write_pointer(m, head, n->list);
}

bool list_has(const struct node *head, const struct node *n)
{
    while (head && head != n)
        head = head->list;
    return head != NULL;
}

/* ---- transactions ---- */

static enum err begin(void *self)
{
    struct store_memory *m = self;
    if (m->open)
        return ERR_IO;
    m->open = true;
    m->coming = (struct store_memory_news){.event = m->coming.event};
    arena_mark(&m->arena);
    return ERR_OK;
}

static enum err commit(void *self)
{
    struct store_memory *m = self;
    if (!m->open)
        return ERR_IO;
    m->version += m->arena.log_len > m->arena.log_mark;
    m->news = m->coming;
    memcpy(m->news_events, m->coming_events, m->coming.events * sizeof m->news_events[0]);
    arena_mark(&m->arena);
    m->open = false;
    return ERR_OK;
}

static void rollback(void *self)
{
    struct store_memory *m = self;
    arena_undo(&m->arena);
    m->open = false;
}

void store_memory_die(struct store_memory *m)
{
    if (m->open)
        rollback(m);
}

void store_memory_backup(struct store_memory *m)
{
    arena_keep(&m->arena);
}

void store_memory_restore(struct store_memory *m)
{
    arena_return(&m->arena);
    m->version++;
}

/* ---- places, edges, streams, grants, live values ---- */

static enum err save_place(void *self, const struct place_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->settings.place.text, "");
    table_put(m, &m->places, &k, r);
    return ERR_OK;
}

static enum err save_edge(void *self, const struct edge_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->place.text, r->edge.text);
    table_put(m, &m->edges, &k, r);
    return ERR_OK;
}

static enum err save_lanes(void *self, const struct name *place, const struct name *edge,
                           const struct hello_lane *lanes, size_t count)
{
    struct store_memory *m = self;
    struct store_key k = key_of(place->text, edge->text);
    struct lanes_row r = {.place = *place, .edge = *edge, .count = count};
    memcpy(r.lanes, lanes, count * sizeof *lanes);
    table_put(m, &m->lanes, &k, &r);
    return ERR_OK;
}

static enum err save_stream(void *self, const struct stream_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of_numbers(r->id, 0);
    table_put(m, &m->streams, &k, r);
    return ERR_OK;
}

static struct store_key grant_key(const struct name *place, int64_t id)
{
    char text[24];
    size_t at = sizeof text - 1;
    text[at] = '\0';
    for (uint64_t v = (uint64_t)id; at > 0 && (v > 0 || text[at] == '\0'); v /= 10)
        text[--at] = (char)('0' + v % 10);
    return key_of(place->text, text + at);
}

static enum err save_grant(void *self, const struct grant_row *r)
{
    struct store_memory *m = self;
    struct store_key k = grant_key(&r->place, r->id);
    struct node *n = table_find(&m->grants, &k);
    bool was_open = n && ((struct grant_row *)row_of(n))->state == GRANT_OPEN;
    if (n) {
        struct grant_row *old = row_of(n);
        arena_write(&m->arena, &old->state, &r->state, sizeof r->state);
    } else {
        n = table_put(m, &m->grants, &k, r);
    }
    if (!was_open && r->state == GRANT_OPEN)
        list_add(m, &m->grants.list, n);
    if (was_open && r->state != GRANT_OPEN)
        list_drop(m, &m->grants.list, n);
    return ERR_OK;
}

static enum err find_grant(void *self, const struct name *place, int64_t id, struct grant_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = grant_key(place, id);
    return table_get(&m->grants, &k, ret);
}

static enum err save_live(void *self, const struct edge_live_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->place.text, r->edge.text);
    table_put(m, &m->lives, &k, r);
    return ERR_OK;
}

static enum err save_audit(void *self, const struct audit_row *r)
{
    struct store_memory *m = self;
    struct store_key k = grant_key(&r->place, r->id);
    table_put(m, &m->audits, &k, r);
    return ERR_OK;
}

static enum err last_audit(void *self, const struct name *place, struct wall_ms *ret)
{
    struct store_memory *m = self;
    const struct audit_row *best = NULL;
    for (struct node *n = m->audits.first; n; n = n->later) {
        const struct audit_row *r = row_of(n);
        if (name_equal(&r->place, place) && r->state == AUDIT_APPLIED &&
            (!best || r->id > best->id))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = best->made;
    return ERR_OK;
}

static enum err add_quarantine(void *self, const struct quarantine_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of_numbers(r->stream, r->seq);
    struct event_row e = {.stream = r->stream, .seq = r->seq, .digest = r->digest, .kind = ""};
    if (r->stream > 0)
        table_put(m, &m->events, &k, &e);
    m->coming.quarantined++;
    return ERR_OK;
}

static enum err add_anomaly(void *self, const struct anomaly_row *r)
{
    struct store_memory *m = self;
    if (!r->stops_offers)
        return ERR_OK;
    m->coming.stopping++;
    m->coming.anomaly = *r;
    return ERR_OK;
}

/* Nobody reads the feed here; a fact must be whole all the same. */
static enum err add_fact(void *self, const struct fact_row *r)
{
    const struct store_memory *m = self;
    bool whole = r->len >= 2 && r->data[0] == '{' && r->data[r->len - 1] == '}';
    return m->open && whole ? ERR_OK : ERR_IO;
}

/* The simulation forgets nothing. */
static enum err forget_plates(void *self, struct wall_ms before, struct movement_id *ret,
                              size_t max, size_t *ret_count)
{
    (void)self, (void)before, (void)ret, (void)max;
    *ret_count = 0;
    return ERR_OK;
}

static enum err resolve_anomalies(void *self, const struct name *place, struct wall_ms at)
{
    (void)self, (void)place, (void)at;
    return ERR_OK;
}

static enum err resolve_covered(void *self, const struct name *place, const struct name *edge,
                                int64_t epoch, int64_t upto, struct wall_ms at)
{
    (void)self, (void)place, (void)edge, (void)epoch, (void)upto, (void)at;
    return ERR_OK;
}

/* Anomalies are counted, not kept: what an audit covers is always all of them here. */
static enum err anomalies_stop(void *self, const struct name *place, bool *ret)
{
    (void)self, (void)place;
    *ret = false;
    return ERR_OK;
}

/* A run is shorter than anything is kept. */
static enum err prune_history(void *self, struct wall_ms grants, struct wall_ms orders, size_t max)
{
    (void)self, (void)grants, (void)orders, (void)max;
    return ERR_OK;
}

/* ---- load ---- */

static void load_lanes(const struct lanes_row *r, const struct store_visitor *v)
{
    for (size_t i = 0; i < r->count; i++)
        v->lane(v->self, &r->place, &r->edge, &r->lanes[i]);
}

static enum err load(void *self, const struct store_visitor *v)
{
    struct store_memory *m = self;
    for (struct node *n = m->places.first; n; n = n->later)
        v->place(v->self, row_of(n));
    for (struct node *n = m->edges.first; n; n = n->later)
        v->edge(v->self, row_of(n));
    for (struct node *n = m->streams.first; n; n = n->later)
        v->stream(v->self, row_of(n));
    for (struct node *n = m->lanes.first; n; n = n->later)
        load_lanes(row_of(n), v);
    for (struct node *n = m->grants.first; n; n = n->later)
        if (((struct grant_row *)row_of(n))->state == GRANT_OPEN)
            v->grant(v->self, row_of(n));
    for (struct node *n = m->payments.first; n; n = n->later)
        if (!payment_is_final(((struct payment_row *)row_of(n))->state))
            v->payment(v->self, row_of(n));
    for (struct node *n = m->refunds.first; n; n = n->later)
        if (!payment_is_final(((struct refund_row *)row_of(n))->state))
            v->refund(v->self, row_of(n));
    for (struct node *n = m->commands.first; n; n = n->later)
        if (((struct command_row *)row_of(n))->ended.v == 0)
            v->command(v->self, row_of(n));
    for (struct node *n = m->audits.first; n; n = n->later)
        if (((struct audit_row *)row_of(n))->state == AUDIT_PENDING)
            v->audit(v->self, row_of(n));
    return ERR_OK;
}

/* ---- for the checks ---- */

static const struct event_row *news_event(const struct store_memory *m, size_t i)
{
    return row_of(m->news_events[i]);
}

const struct store_memory_news *store_memory_news(const struct store_memory *m)
{
    return &m->news;
}

uint64_t store_memory_version(const struct store_memory *m)
{
    return m->version;
}

#define EACH(function, table, type)                                                                \
    void function(const struct store_memory *m, void (*row)(void *arg, const struct type *r),      \
                  void *arg)                                                                       \
    {                                                                                              \
        for (struct node *n = m->table.first; n; n = n->later)                                     \
            row(arg, row_of(n));                                                                   \
    }
EACH(store_memory_places, places, place_row)
EACH(store_memory_streams, streams, stream_row)
EACH(store_memory_sessions, sessions, session_row)
EACH(store_memory_payments, payments, payment_row)
EACH(store_memory_refunds, refunds, refund_row)
EACH(store_memory_debts, debts, debt_row)
EACH(store_memory_audits, audits, audit_row)

void store_memory_open_grants(const struct store_memory *m,
                              void (*row)(void *arg, const struct grant_row *r), void *arg)
{
    for (struct node *n = m->grants.list; n; n = n->list)
        row(arg, row_of(n));
}

const struct refund_row *store_memory_refund(const struct store_memory *m, const char *key)
{
    struct store_key k = key_of(key, "");
    struct node *n = table_find(&m->refunds, &k);
    return n ? row_of(n) : NULL;
}

const struct payment_row *store_memory_payment(const struct store_memory *m, const char *key)
{
    struct store_key k = key_of(key, "");
    struct node *n = table_find(&m->payments, &k);
    return n ? row_of(n) : NULL;
}

/* ---- life ---- */

void *store_memory_owner(const struct store_memory *m)
{
    return m->owner;
}

struct store_memory *store_memory_new(void *owner)
{
    struct store_memory *m = mem_alloc(sizeof *m);
    m->owner = owner;
    m->places.row_size = sizeof(struct place_row);
    m->edges.row_size = sizeof(struct edge_row);
    m->lanes.row_size = sizeof(struct lanes_row);
    m->streams.row_size = sizeof(struct stream_row);
    m->grants.row_size = sizeof(struct grant_row);
    m->lives.row_size = sizeof(struct edge_live_row);
    m->events.row_size = sizeof(struct event_row);
    m->movements.row_size = sizeof(struct movement_row);
    m->sessions.row_size = sizeof(struct session_row);
    m->plates.row_size = m->payers.row_size = sizeof(struct head_row);
    m->payments.row_size = sizeof(struct payment_row);
    m->reports.row_size = sizeof(struct reconciliation_row);
    m->refunds.row_size = sizeof(struct refund_row);
    m->debts.row_size = sizeof(struct debt_row);
    m->decisions.row_size = sizeof(struct decision_row);
    m->commands.row_size = sizeof(struct command_row);
    m->pay_links.row_size = sizeof(struct pay_link_row);
    m->validations.row_size = sizeof(struct validation_row);
    m->answers.row_size = sizeof(struct kept_answer);
    m->audits.row_size = sizeof(struct audit_row);
    m->acts.row_size = sizeof(struct act_row);
    m->rights.row_size = sizeof(struct right_row);
    m->right_lists.row_size = sizeof(struct right_list_row);
    m->rights_applied.row_size = sizeof(struct right_applied_row);
    m->news.event = m->coming.event = news_event;
    return m;
}

void store_memory_free(struct store_memory *m)
{
    if (!m)
        return;
    arena_free(&m->arena);
    free(m);
}

struct store_port store_memory_port(struct store_memory *m)
{
    return (struct store_port){
        .self = m,
        .begin = begin,
        .commit = commit,
        .rollback = rollback,
        .load = load,
        .save_place = save_place,
        .save_edge = save_edge,
        .save_lanes = save_lanes,
        .save_stream = save_stream,
        .save_grant = save_grant,
        .find_grant = find_grant,
        .save_live = save_live,
        .add_event = memory_add_event,
        .find_digest = memory_find_digest,
        .save_audit = save_audit,
        .last_audit = last_audit,
        .add_quarantine = add_quarantine,
        .add_anomaly = add_anomaly,
        .add_fact = add_fact,
        .forget_plates = forget_plates,
        .resolve_anomalies = resolve_anomalies,
        .resolve_covered = resolve_covered,
        .anomalies_stop = anomalies_stop,
        .prune_history = prune_history,
        .expired_rights = memory_expired_rights,
        .merge_movement = memory_merge_movement,
        .find_movement = memory_find_movement,
        .save_session = memory_save_session,
        .find_session = memory_find_session,
        .find_open_session = memory_find_open_session,
        .find_credential_session = memory_find_credential_session,
        .find_unmatched = memory_find_unmatched,
        .find_unmatched_credential = memory_find_unmatched_credential,
        .near_sessions = memory_near_sessions,
        .save_right = memory_save_right,
        .find_right = memory_find_right,
        .rights_of = memory_rights_of,
        .each_right = memory_each_right,
        .save_right_list = memory_save_right_list,
        .find_right_list = memory_find_right_list,
        .save_right_applied = memory_save_right_applied,
        .prune_rights = memory_prune_rights,
        .save_payment = memory_save_payment,
        .save_reconciliation = memory_save_reconciliation,
        .find_payment = memory_find_payment,
        .refundable_payments = memory_refundable_payments,
        .save_refund = memory_save_refund,
        .find_refund = memory_find_refund,
        .count_refunds = memory_count_refunds,
        .count_payments = memory_count_payments,
        .save_debt = memory_save_debt,
        .find_debt = memory_find_debt,
        .collectable_debts = memory_collectable_debts,
        .retry_debts = memory_retry_debts,
        .save_decision = memory_save_decision,
        .find_decision = memory_find_decision,
        .prune_decisions = memory_prune_decisions,
        .add_answer = memory_add_answer,
        .find_answer = memory_find_answer,
        .prune_answers = memory_prune_answers,
        .add_act = memory_add_act,
        .find_act = memory_find_act,
        .last_act = memory_last_act,
        .find_undoing = memory_find_undoing,
        .find_exit_at = memory_find_exit_at,
        .add_pay_link = memory_add_pay_link,
        .find_pay_link = memory_find_pay_link,
        .pay_link_of = memory_pay_link_of,
        .add_validation = memory_add_validation,
        .find_validation = memory_find_validation,
        .validations_of = memory_validations_of,
        .count_validations = memory_count_validations,
        .save_command = memory_save_command,
        .find_command = memory_find_command,
    };
}
