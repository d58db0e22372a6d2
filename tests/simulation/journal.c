/* An edge's journal in memory. It reads what it is given with its own eyes (fact_of), so that the
 * checks do not depend on the codec. */
#include "tests/simulation/sim.h"

#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading an event ---- */

static const char *after(const struct journal_row *r, const char *what)
{
    const char *at = memmem(r->bytes, r->len, what, strlen(what));
    return at ? at + strlen(what) : NULL;
}

static int64_t number_after(const struct journal_row *r, const char *what)
{
    const char *at = after(r, what);
    return at ? strtoll(at, NULL, 10) : 0;
}

static bool has(const struct journal_row *r, const char *what)
{
    return after(r, what) != NULL;
}

static enum event_kind kind_of(const struct journal_row *r)
{
    const char *at = after(r, "\"type\":\"io.boomgate.");
    for (int k = EVENT_UNKNOWN + 1; at && k < EVENT_KINDS; k++) {
        const char *word = event_kind_word((enum event_kind)k);
        size_t len = strlen(word);
        if (strncmp(at, word, len) == 0 && strncmp(at + len, ".v1\"", 4) == 0)
            return (enum event_kind)k;
    }
    return EVENT_UNKNOWN;
}

static struct fact fact_of(const struct sim_edge *e, const struct journal_row *r)
{
    struct fact f = {.kind = kind_of(r), .lane = EDGE_LANES};
    const char *lane = after(r, "\"lane\":\""), *movement = after(r, "\"movement\":\"");
    for (size_t i = 0; lane && i < e->lane_count; i++) {
        size_t len = strlen(e->lanes[i].name.text);
        if (strncmp(lane, e->lanes[i].name.text, len) == 0 && lane[len] == '"')
            f.lane = i;
    }
    if (movement)
        memcpy(f.movement, movement, MOVEMENT_ID_SIZE - 1);
    f.entry = has(r, "\"direction\":\"entry\"");
    f.n = number_after(r, "\"n\":");
    f.repaid = number_after(r, "\"repaid\":");
    f.grant = number_after(r, "\"grant\":");
    const char *command = after(r, "\"command\":\"");
    if (f.kind == EVENT_COMMAND_RESULT && command)
        memcpy(f.command, command, REQUEST_ID_SIZE - 1);
    f.stage = has(r, "\"stage\":\"accepted\"") ? STAGE_ACCEPTED : STAGE_NONE;
    f.spent_space = has(r, "\"spent\":\"space\"");
    f.spent_overdraft = has(r, "\"spent\":\"overdraft\"");
    f.uncertain = has(r, "\"outcome\":\"uncertain\"") || has(r, "\"reason\":\"uncertain\"");
    return f;
}

static void credit(struct books *b, const struct fact *f, int64_t n)
{
    b->free += n - f->repaid;
    b->overdraft -= f->repaid;
}

/* wire.md, "Spaces", as the edge lives it. */
static struct books books_after(struct books b, const struct fact *f)
{
    bool crossed = f->kind == EVENT_PASSAGE_COMPLETED || f->kind == EVENT_PASSAGE_UNAUTHORISED;
    if (crossed && f->lane < EDGE_LANES)
        b.counted[f->lane]++;
    switch (f->kind) {
    case EVENT_SPACE_ACCEPTED: credit(&b, f, f->n); break;
    case EVENT_SPACE_DECLINED: b.given_back += f->n; break;
    case EVENT_SPACE_RETURNED:
        b.free -= f->n;
        b.given_back += f->n;
        break;
    case EVENT_PASSAGE_AUTHORISED:
        b.free -= f->entry && !f->spent_overdraft;
        b.overdraft += f->spent_overdraft;
        b.pending += f->entry;
        break;
    case EVENT_PASSAGE_VOIDED:
        b.pending -= f->entry;
        if (f->entry)
            credit(&b, f, 1);
        break;
    case EVENT_PASSAGE_COMPLETED:
        b.pending -= f->entry;
        b.occupied += f->entry ? 1 : -1;
        if (!f->entry)
            credit(&b, f, 1);
        break;
    case EVENT_PASSAGE_UNAUTHORISED:
        b.occupied += f->entry ? 1 : -1;
        if (!f->entry)
            credit(&b, f, 1);
        else if (f->spent_space)
            b.free -= 1;
        else
            b.overdraft += 1;
        break;
    default: break;
    }
    return b;
}

const struct books *journal_books(const struct sim_journal *j, int64_t seq)
{
    static const struct books none;
    return seq > 0 ? &j->rows[seq - 1].after : &none;
}

/* ---- the port ---- */

/* True if the call fails: the process dies here, or its disk does. */
bool journal_fails(struct sim_edge *e)
{
    if (edge_dies_here(e))
        return true;
    return hits(e->sim, e->sim->weather.journal);
}

static enum err begin(void *self)
{
    struct sim_edge *e = self;
    struct sim_journal *j = e->journal;
    if (journal_fails(e))
        return ERR_IO;
    if (j->open)
        sim_fail(e->sim, "%s: a transaction within a transaction", e->name.text);
    j->committed = j->now;
    j->open = true;
    return ERR_OK;
}

static void expect_chain(struct sim_edge *e, int64_t seq, const struct journal_row *r)
{
    const struct sim_journal *j = e->journal;
    const char *prev = after(r, "\"prev\":\"");
    const char *expected =
        seq > 1 ? j->rows[seq - 2].digest.text : "00000000000000000000000000000000";
    if (!j->open || seq != (int64_t)j->now.row_count + 1)
        sim_fail(e->sim, "%s: event %lld after %zu", e->name.text, (long long)seq,
                 j->now.row_count);
    if (!prev || strncmp(prev, expected, DIGEST_SIZE - 1) != 0)
        sim_fail(e->sim, "%s: event %lld breaks the chain", e->name.text, (long long)seq);
}

static bool is_recall(const struct sim_journal *j, int64_t grant)
{
    for (size_t i = 0; i < j->now.row_count; i++)
        if (j->rows[i].fact.kind == EVENT_SPACE_RECALLED && j->rows[i].fact.grant == grant)
            return true;
    return false;
}

static enum err append(void *self, int64_t seq, const struct digest *digest, const void *bytes,
                       size_t len)
{
    struct sim_edge *e = self;
    struct sim_journal *j = e->journal;
    if (journal_fails(e))
        return ERR_IO;
    if (j->now.row_count == j->row_size) {
        size_t old = j->row_size;
        j->row_size = old ? old * 2 : 256;
        j->rows = mem_resize(j->rows, j->row_size * sizeof *j->rows);
        memset(j->rows + old, 0, (j->row_size - old) * sizeof *j->rows);
    }
    struct journal_row *r = &j->rows[j->now.row_count];
    free(r->bytes);
    *r = (struct journal_row){.digest = *digest,
                              .at_ms = j->replayed ? j->replayed->at_ms : sim_ms(e->sim),
                              .replayed = j->replayed != NULL,
                              .len = len,
                              .bytes = mem_copy(bytes, len)};
    expect_chain(e, seq, r);
    r->fact = fact_of(e, r);
    if (r->fact.kind == EVENT_UNKNOWN)
        sim_fail(e->sim, "%s: unreadable event: %s", e->name.text, r->bytes);
    if (r->fact.kind == EVENT_SPACE_RECALLED && is_recall(j, r->fact.grant)) /* I10 */
        sim_fail(e->sim, "%s: recall %lld is taken twice", e->name.text, (long long)r->fact.grant);
    r->after = books_after(*journal_books(j, seq - 1), &r->fact);
    j->now.row_count++;
    return ERR_OK;
}

static enum err save_edge(void *self, const struct edge_memory *m)
{
    struct sim_edge *e = self;
    struct sim_journal *j = e->journal;
    if (journal_fails(e))
        return ERR_IO;
    const struct books *b = journal_books(j, (int64_t)j->now.row_count);
    if (m->next != (int64_t)j->now.row_count + 1)
        sim_fail(e->sim, "%s: next %lld with %zu events", e->name.text, (long long)m->next,
                 j->now.row_count);
    if (m->spaces.free != b->free || m->spaces.overdraft != b->overdraft || b->free < 0 ||
        b->overdraft < 0 || b->pending < 0)
        sim_fail(e->sim,
                 "%s: holds %lld and owes %lld, its events say %lld and %lld (pending %lld)",
                 e->name.text, (long long)m->spaces.free, (long long)m->spaces.overdraft,
                 (long long)b->free, (long long)b->overdraft, (long long)b->pending);
    j->now.memory = *m;
    return ERR_OK;
}

static enum err save_lane(void *self, const struct lane_memory *m)
{
    struct sim_edge *e = self;
    if (journal_fails(e))
        return ERR_IO;
    if (e->sim->mutation == MUTATION_LANE_LOST)
        return ERR_OK;
    for (size_t i = 0; i < e->lane_count; i++)
        if (name_equal(&e->lanes[i].name, &m->lane))
            e->journal->now.lanes[i] = *m;
    return ERR_OK;
}

bool journal_answered(const struct sim_journal *j, int64_t grant)
{
    for (size_t i = j->now.grant_count; i-- > 0;)
        if (j->grants[i] == grant)
            return true;
    return false;
}

static bool forgets(const struct sim_edge *e, int64_t grant)
{
    enum mutation m = e->sim->mutation;
    return m == MUTATION_GRANT_TWICE ||
           (m == MUTATION_RECALL_TWICE && is_recall(e->journal, grant));
}

static enum err grant_answered(void *self, int64_t epoch, int64_t grant)
{
    struct sim_edge *e = self;
    struct sim_journal *j = e->journal;
    (void)epoch;
    if (journal_fails(e))
        return ERR_IO;
    if (journal_answered(j, grant))
        return forgets(e, grant) ? ERR_OK : ERR_CONFLICT;
    if (j->now.grant_count == j->grant_size) {
        j->grant_size = j->grant_size ? j->grant_size * 2 : 64;
        j->grants = mem_resize(j->grants, j->grant_size * sizeof *j->grants);
    }
    j->grants[j->now.grant_count++] = grant;
    return ERR_OK;
}

static enum err acknowledge(void *self, int64_t upto, struct wall_ms now)
{
    struct sim_edge *e = self;
    (void)upto, (void)now;
    return journal_fails(e) ? ERR_IO : ERR_OK;
}

static enum err rewind_to(void *self, int64_t upto)
{
    struct sim_edge *e = self;
    (void)upto;
    return journal_fails(e) ? ERR_IO : ERR_OK;
}

/* A new epoch is a new history; the old one is over with the commit. */
static enum err replay(void *self, int64_t upto, replay_take *take, void *arg)
{
    struct sim_edge *e = self;
    struct sim_journal *old = e->journal, *j = mem_alloc(sizeof *j);
    if (!old->open || old->trial)
        sim_fail(e->sim, "%s: a replay outside a transaction, or two", e->name.text);
    j->now = old->now;
    j->now.row_count = j->now.grant_count = 0;
    j->order_size = j->now.order_count;
    j->orders = mem_alloc((j->order_size + 1) * sizeof *j->orders);
    for (size_t i = 0; i < j->order_size; i++)
        j->orders[i] = old->orders[i];
    j->open = j->trial = true;
    j->older = old;
    e->journal = j;
    size_t count = old->now.row_count;
    for (size_t i = (size_t)upto; i < count; i++) {
        j->replayed = &old->rows[i];
        TRY(take(arg, old->rows[i].bytes, old->rows[i].len));
    }
    j->replayed = NULL;
    return journal_fails(e) ? ERR_IO : ERR_OK;
}

static enum err digest_at(void *self, int64_t seq, struct digest *ret)
{
    const struct sim_edge *e = self;
    if (seq < 1 || seq > (int64_t)e->journal->now.row_count)
        return ERR_NOTFOUND;
    *ret = e->journal->rows[seq - 1].digest;
    return ERR_OK;
}

static enum err oldest(void *self, int64_t *ret)
{
    const struct sim_edge *e = self;
    *ret = e->journal->now.row_count > 0;
    return ERR_OK;
}

/* An admission that goes on in a new epoch is authorised in it once more. */
static bool said_before(const struct sim_journal *j, const struct journal_row *r)
{
    const struct fact *f = &r->fact;
    if (r->replayed || f->kind != EVENT_PASSAGE_AUTHORISED || !j->trial)
        return r->replayed;
    const struct lane_memory *m = &j->older->committed.lanes[f->lane];
    return m->authorised && strcmp(m->movement.text, f->movement) == 0;
}

static void tell(struct sim_edge *e, size_t i)
{
    const struct sim_journal *j = e->journal;
    const struct fact *f = &j->rows[i].fact;
    bool of_lane = f->lane < e->lane_count;
    TRACE(e->sim, "%s/%s #%zu %s %s %s%s", e->place->name.text, e->name.text, i + 1,
          of_lane ? e->lanes[f->lane].name.text : "", event_kind_word(f->kind),
          f->uncertain ? "uncertain" : "", j->rows[i].replayed ? "again" : "");
    if (f->kind == EVENT_COMMAND_RESULT && !j->rows[i].replayed)
        check_order(e, f);
    if (of_lane && !said_before(j, &j->rows[i]))
        check_fact(&e->lanes[f->lane], f);
}

/* A process may also die between its commit and its first act: edge_dies_here, at the next call. */
static enum err commit(void *self)
{
    struct sim_edge *e = self;
    struct sim_journal *j = e->journal;
    if (journal_fails(e))
        return ERR_IO;
    if (e->sim->mutation == MUTATION_COMMIT_LIE && hits(e->sim, 20000)) {
        journal_drop(e); /* and dies of it soon */
        e->doom = 3;
        return ERR_OK;
    }
    size_t first = j->committed.row_count;
    if (j->trial)
        j->older->open = false;
    else if (j->committed.memory.epoch == 0 && j->now.memory.epoch != 0)
        e->epoch_since_ms = sim_ms(e->sim);
    j->open = false;
    j->committed = j->now;
    e->sim->dirty = true;
    for (size_t i = first; i < j->now.row_count; i++)
        tell(e, i);
    j->trial = false;
    return ERR_OK;
}

void journal_drop(struct sim_edge *e)
{
    struct sim_journal *j = e->journal;
    if (j->trial) {
        e->journal = j->older;
        journal_free(j);
        j = e->journal;
    }
    if (j->open)
        j->now = j->committed;
    j->open = false;
}

static void rollback(void *self)
{
    journal_drop(self);
}

const struct journal_row *journal_entry(const struct sim_edge *e, const char *movement)
{
    const struct journal_row *first = NULL;
    for (const struct sim_journal *j = e->journal; j; j = j->older)
        for (size_t i = j->committed.row_count; i-- > 0;) {
            const struct fact *f = &j->rows[i].fact;
            if (f->entry && strcmp(f->movement, movement) == 0 &&
                (f->kind == EVENT_PASSAGE_COMPLETED || f->kind == EVENT_PASSAGE_UNAUTHORISED) &&
                (!first || j->rows[i].at_ms < first->at_ms))
                first = &j->rows[i];
        }
    return first;
}

struct journal_port journal_port_of(struct sim_edge *e)
{
    return (struct journal_port){
        e,      begin,     append, save_edge, save_lane, grant_answered, acknowledge, rewind_to,
        replay, digest_at, oldest, commit,    rollback,  orders_save,    orders_find, orders_open};
}
