/* The cloud's commits against what the edges wrote: see sim.h, I1 to I3. */
#include "tests/simulation/sim.h"

#include "protocol/support/memory.h"

#include <string.h>

/* ---- streams ---- */

struct search {
    struct sim *s;
    int64_t id;
    bool found;
};

static void add_stream(void *arg, const struct stream_row *r)
{
    struct search *f = arg;
    struct sim_cloud *c = &f->s->cloud;
    if (r->id != f->id)
        return;
    c->streams = mem_resize(c->streams, (c->stream_count + 1) * sizeof *c->streams);
    c->streams[c->stream_count++] = (struct sim_stream){.id = r->id,
                                                        .edge = sim_edge(f->s, &r->place, &r->edge),
                                                        .journal = r->journal,
                                                        .epoch = r->epoch};
    f->found = true;
}

static struct sim_stream *stream_of(struct sim *s, int64_t id)
{
    struct sim_cloud *c = &s->cloud;
    for (size_t i = 0; i < c->stream_count; i++)
        if (c->streams[i].id == id)
            return &c->streams[i];
    struct search f = {.s = s, .id = id};
    store_memory_streams(c->store, add_stream, &f);
    if (!f.found)
        sim_fail(s, "stream %lld, which nobody has", (long long)id);
    return &c->streams[c->stream_count - 1];
}

static bool is_of(const struct sim_journal *j, const struct sim_stream *st)
{
    const struct edge_memory *m = &j->committed.memory;
    return m->epoch == st->epoch && strcmp(m->journal.text, st->journal.text) == 0;
}

/* The history that a body lives and the cloud follows; NULL: there is none (any more). */
static const struct sim_journal *lived(const struct sim_stream *st)
{
    struct sim_edge *e = st->edge;
    for (; e && !st->fenced; e = e->twin_of ? NULL : edge_other(e))
        if (is_of(e->journal, st) && e->journal->applied == st->applied)
            return e->journal;
    return NULL;
}

/* ---- the cloud's commit: I3 ---- */

static const struct journal_row *row_at(const struct sim_journal *j, const struct sim_stream *st,
                                        int64_t seq, const struct digest *digest)
{
    if (!is_of(j, st) || seq < 1 || seq > (int64_t)j->committed.row_count ||
        memcmp(digest->text, j->rows[seq - 1].digest.text, DIGEST_SIZE) != 0)
        return NULL;
    return &j->rows[seq - 1];
}

/* Moves all histories on that hold this event. */
static const struct journal_row *written(struct sim_stream *st, const struct event_row *r)
{
    const struct journal_row *found = NULL;
    for (struct sim_edge *e = st->edge; e; e = e->twin_of ? NULL : edge_other(e))
        for (struct sim_journal *j = e->journal; j; j = j->older) {
            const struct journal_row *row = row_at(j, st, r->seq, &r->digest);
            if (!row)
                continue;
            found = row;
            j->applied = j->applied == r->seq - 1 ? r->seq : j->applied;
            j->applied_most = j->applied > j->applied_most ? j->applied : j->applied_most;
        }
    return found;
}

static void check_event(struct sim *s, const struct event_row *r)
{
    struct sim_stream *st = stream_of(s, r->stream);
    const char *name = st->edge->name.text;
    s->totals.events++;
    if (st->fenced)
        sim_fail(s, "%s: event %lld of epoch %lld is applied, which is over", name,
                 (long long)r->seq, (long long)st->epoch);
    if (r->seq != st->applied + 1)
        sim_fail(s, "%s: event %lld is applied after %lld", name, (long long)r->seq,
                 (long long)st->applied);
    const struct journal_row *row = written(st, r);
    if (!row)
        sim_fail(s, "%s: event %lld is applied, but that is not what was committed", name,
                 (long long)r->seq);
    st->applied = r->seq;
    st->after = row->after;
}

void check_news(struct sim *s)
{
    const struct store_memory_news *news = store_memory_news(s->cloud.store);
    if (news->quarantined > 0)
        sim_fail(s, "an event was quarantined");
    if (news->stopping > 0 && s->totals.copied == 0 && s->totals.restored == 0)
        sim_fail(s, "offers stop: %s (%s) of %s/%s at %lld", news->anomaly.kind,
                 news->anomaly.detail, news->anomaly.place.text, news->anomaly.edge.text,
                 (long long)news->anomaly.seq);
    for (size_t i = 0; i < news->events; i++)
        check_event(s, news->event(s->cloud.store, i));
}

/* ---- each stream: I1 ---- */

struct grants {
    const struct sim_stream *stream;
    const struct sim_journal *lived;
    int64_t open, unanswered;
    int64_t answered; /* in events that are not applied yet */
};

static void count_grant(void *arg, const struct grant_row *r)
{
    struct grants *g = arg;
    if (r->kind == GRANT_RECALL)
        return; /* moves nothing by itself */
    if (r->stream != g->stream->id)
        return;
    g->open += r->n;
    if (!g->lived || !journal_answered(g->lived, r->id))
        g->unanswered += r->n;
    else
        g->answered += r->n;
}

/* Spaces of grants that a restored database does not know: the answers to come take them from the
 * pool. */
static int64_t unknown_grants(const struct grants *g)
{
    const struct sim_journal *j = g->lived;
    int64_t n = -g->answered;
    for (size_t i = j ? (size_t)j->applied : 0; j && i < j->committed.row_count; i++) {
        const struct fact *f = &j->rows[i].fact;
        n += f->kind == EVENT_SPACE_ACCEPTED || f->kind == EVENT_SPACE_DECLINED ? f->n : 0;
    }
    return j ? n : 0;
}

static struct grants grants_of(const struct sim *s, const struct sim_stream *st)
{
    struct grants g = {.stream = st, .lived = lived(st)};
    if (st->released)
        return g;
    store_memory_open_grants(s->cloud.store, count_grant, &g);
    return g;
}

static void check_stream(void *arg, const struct stream_row *r)
{
    struct sim *s = arg;
    struct sim_stream *st = stream_of(s, r->id);
    const char *name = st->edge->name.text;
    const struct books *b = &st->after;
    st->fenced = r->fenced;
    if (st->released)
        st->after.free = st->after.pending = 0;
    bool known = st->edge->gone || s->totals.copied + s->totals.restored + s->totals.set_back > 0;
    if (!known && (r->frozen || (r->fenced && is_of(st->edge->journal, st))))
        sim_fail(s, "%s: its stream is frozen or fenced", name);
    if (r->last != st->applied)
        sim_fail(s, "%s: stands at %lld, but %lld were applied", name, (long long)r->last,
                 (long long)st->applied);
    int64_t open = grants_of(s, st).open;
    int64_t overdraft = r->fenced ? 0 : b->overdraft; /* the pool has paid it */
    if (r->view != b->free + open || r->pending != b->pending || r->overdraft != overdraft)
        sim_fail(s, "%s at %lld: view %lld pending %lld overdraft %lld, but %lld (+%lld) %lld %lld",
                 name, (long long)r->last, (long long)r->view, (long long)r->pending,
                 (long long)r->overdraft, (long long)b->free, (long long)open,
                 (long long)b->pending, (long long)overdraft);
}

bool ledger_waits(struct sim *s, int64_t stream)
{
    const struct sim_stream *st = stream_of(s, stream);
    return lived(st) && !st->edge->gone;
}

/* ---- each place: I2 ---- */

struct sums {
    int64_t held, under_way, unknown, occupied, overdraft;
};

/* Of a history that is over there is what the cloud knows of it. */
static void add_sums(struct sums *u, const struct sim *s, const struct sim_stream *st)
{
    const struct books *then = &st->after;
    const struct sim_journal *j = lived(st);
    const struct books *now = j ? journal_books(j, (int64_t)j->committed.row_count) : then;
    u->held += now->free + now->pending + now->occupied + now->given_back - then->given_back;
    u->overdraft += st->fenced ? 0 : now->overdraft; /* the pool has paid it */
    u->occupied += then->occupied;
    struct grants g = grants_of(s, st);
    u->under_way += g.unanswered;
    u->unknown += unknown_grants(&g);
}

static int64_t by_events(const struct sim *s, const struct sim_place *p)
{
    int64_t occupied = 0;
    for (size_t i = 0; i < s->cloud.stream_count; i++) {
        const struct sim_stream *st = &s->cloud.streams[i];
        if (st->edge->place == p)
            occupied += st->after.occupied;
    }
    return occupied;
}

static bool is_followed(const struct sim *s, const struct sim_journal *j)
{
    for (size_t k = 0; k < s->cloud.stream_count; k++)
        if (lived(&s->cloud.streams[k]) == j)
            return true;
    return false;
}

bool ledger_followed(const struct sim *s, const struct sim_place *p)
{
    for (size_t i = 0; i < BODIES; i++) {
        const struct sim_edge *e = &s->edges[i];
        if (e->place == p && !e->gone && !is_followed(s, e->journal))
            return false;
    }
    return true;
}

void ledger_note_count(struct sim *s, struct sim_place *p)
{
    for (size_t i = 0; i < EDGES; i++)
        p->rows[i] = s->edges[i].journal ? (int64_t)s->edges[i].journal->committed.row_count : 0;
}

static void find_audit(void *arg, const struct audit_row *r)
{
    struct sim_place *p = arg;
    if (name_equal(&r->place, &p->name) && r->state == AUDIT_APPLIED)
        p->audit = *r;
}

/* Where the count stands in the history of this stream; -1: it does not name it. */
static int64_t position_of(const struct sim_place *p, const struct sim_stream *st)
{
    for (size_t i = 0; i < p->audit.position_count; i++)
        if (p->audit.positions[i].stream == st->id)
            return p->audit.positions[i].seq;
    return -1;
}

/* I2: an audit takes effect when all that was written before it is applied, and then the ledger
 * says what was counted and what the events since say. */
static void check_audit(struct sim *s, struct sim_place *p, const struct place_row *r)
{
    int64_t expected = p->counted;
    for (size_t i = 0; i < s->cloud.stream_count; i++) {
        const struct sim_stream *st = &s->cloud.streams[i];
        const struct sim_journal *j = lived(st);
        if (st->edge->place != p || !j || st->edge->gone)
            continue;
        int64_t seq = position_of(p, st);
        if (seq < p->rows[st->edge->index] || st->applied < seq)
            sim_fail(s,
                     "%s: an audit takes effect at event %lld of %s, which had %lld and said %lld",
                     p->name.text, (long long)seq, st->edge->name.text,
                     (long long)p->rows[st->edge->index], (long long)st->applied);
        expected += st->after.occupied - journal_books(j, seq)->occupied;
    }
    if (r->occupied != expected)
        sim_fail(s, "%s: %lld occupied after an audit, not %lld", p->name.text,
                 (long long)r->occupied, (long long)expected);
}

static void look_for_audit(void *arg, const struct place_row *r)
{
    struct sim *s = arg;
    struct sim_place *p = sim_place(s, &r->settings.place);
    int64_t before = p->audited;
    p->audit = (struct audit_row){0};
    store_memory_audits(s->cloud.store, find_audit, p);
    if (p->audit.id <= before)
        return;
    s->totals.audits++;
    p->audited = p->audit.id;
    const struct sim_edge *twin = s->edges[TWIN].twin_of;
    if (p->counting && !p->spoiled && !(twin && twin->place == p))
        check_audit(s, p, r);
    p->corrected = r->occupied - by_events(s, p);
    for (size_t i = 0; i < s->cloud.stream_count; i++) {
        struct sim_stream *st = &s->cloud.streams[i];
        if (st->edge->place != p || !st->fenced)
            continue;
        st->released = true;
        st->after.free = st->after.pending = 0;
    }
    for (size_t i = 0; i < BODIES; i++)
        for (size_t k = 0; s->edges[i].place == p && k < s->edges[i].lane_count; k++)
            if (!s->edges[i].journal->committed.lanes[k].authorised)
                traffic_forgotten(&s->edges[i].lanes[k]); /* was counted in, and is not inside */
}

static void check_place(void *arg, const struct place_row *r)
{
    struct sim *s = arg;
    const struct sim_place *p = sim_place(s, &r->settings.place);
    struct sums u = {0};
    for (size_t i = 0; i < s->cloud.stream_count; i++)
        if (s->cloud.streams[i].edge->place == p)
            add_sums(&u, s, &s->cloud.streams[i]);
    if (r->offers_stopped && s->totals.copied + s->totals.restored == 0)
        sim_fail(s, "%s: offers stopped", p->name.text);
    u.occupied += p->corrected;
    u.held += p->corrected;
    if (r->occupied != u.occupied)
        sim_fail(s, "%s: %lld occupied, but %lld by the events applied", p->name.text,
                 (long long)r->occupied, (long long)u.occupied);
    if (u.unknown != 0 && s->totals.restored == 0)
        sim_fail(s, "%s: %lld spaces of grants that nobody made", p->name.text,
                 (long long)u.unknown);
    if (u.held + u.under_way - u.unknown + r->pool != r->settings.capacity + u.overdraft)
        sim_fail(s, "%s: %lld held, %lld under way, %lld in the pool; capacity %lld, owed %lld",
                 p->name.text, (long long)u.held, (long long)u.under_way, (long long)r->pool,
                 (long long)r->settings.capacity, (long long)u.overdraft);
    if (p->inside > p->capacity + p->intruded + p->doubled)
        sim_fail(s, "%s: %lld inside, room for %lld, %lld pushed in, %lld spaces doubled",
                 p->name.text, (long long)p->inside, (long long)p->capacity, (long long)p->intruded,
                 (long long)p->doubled);
}

/* All that was written at a place is applied: only then a count says what the ledger should. */
bool ledger_settled(const struct sim *s, const struct sim_place *p)
{
    for (size_t i = 0; i < BODIES; i++) {
        const struct sim_edge *e = &s->edges[i];
        if (e->place != p || e->gone)
            continue;
        if (!is_followed(s, e->journal) ||
            e->journal->applied != (int64_t)e->journal->committed.row_count)
            return false;
    }
    return true;
}

/* Nobody can spend what it holds. */
static bool is_over(const struct sim *s, const struct sim_stream *st)
{
    for (size_t i = 0; i < BODIES; i++)
        if (s->edges[i].journal && !s->edges[i].gone && is_of(s->edges[i].journal, st))
            return false;
    return st->fenced;
}

/* Vehicles and spaces that are only in the ledger: what lanes counted in doubt, and what a journal
 * that is over still holds. One that was counted in doubt and then seen driving in without a space
 * is also owed: that admits one more by itself, until it is worked off. */
int64_t ledger_phantoms(const struct sim *s, const struct sim_place *p)
{
    int64_t phantoms = 0;
    for (size_t i = 0; i < s->cloud.stream_count; i++) {
        const struct sim_stream *st = &s->cloud.streams[i];
        const struct sim_journal *j = lived(st);
        const struct books *b = j ? journal_books(j, (int64_t)j->committed.row_count) : &st->after;
        if (st->edge->place != p)
            continue;
        phantoms -= st->fenced ? 0 : b->overdraft;
        phantoms += is_over(s, st) ? b->free + b->pending + grants_of(s, st).open : 0;
        for (size_t k = 0; k < st->edge->lane_count; k++)
            phantoms += st->edge->lanes[k].entry ? b->counted[k] : -b->counted[k];
    }
    for (size_t i = 0; i < BODIES; i++)
        for (size_t k = 0; s->edges[i].place == p && k < s->edges[i].lane_count; k++) {
            const struct sim_lane *l = &s->edges[i].lanes[k];
            int64_t off = l->base - l->counted;
            phantoms += l->entry ? off : -off;
        }
    return phantoms > 0 || s->totals.restored > 0 ? phantoms : 0;
}

/* ---- after a restore ---- */

static void follow(struct sim_journal *j, struct sim_stream *st, const struct stream_row *r)
{
    const struct journal_row *row = row_at(j, st, r->last, &r->head);
    if (!row)
        return;
    st->after = row->after;
    j->applied = r->last;
}

static void reread(void *arg, const struct stream_row *r)
{
    struct sim *s = arg;
    struct sim_stream *st = stream_of(s, r->id);
    st->applied = r->last;
    st->fenced = r->fenced;
    st->released = r->fenced && r->view == 0 && r->pending == 0;
    for (struct sim_edge *e = st->edge; e; e = e->twin_of ? NULL : edge_other(e))
        for (struct sim_journal *j = e->journal; j; j = j->older)
            follow(j, st, r);
}

static void count_open(void *arg, const struct grant_row *r)
{
    struct sim *s = arg;
    sim_place(s, &r->place)->doubled += r->n;
}

void ledger_forgotten(struct sim *s)
{
    store_memory_open_grants(s->cloud.store, count_open, s);
}

/* Of an epoch that the database does not know (any more). */
static int64_t accepted(const struct sim_journal *j)
{
    int64_t n = 0;
    for (size_t i = 0; i < j->committed.row_count; i++)
        n += j->rows[i].fact.kind == EVENT_SPACE_ACCEPTED ? j->rows[i].fact.n : 0;
    return n;
}

static void count_unknown(struct sim *s)
{
    for (size_t i = 0; i < s->cloud.stream_count; i++) {
        struct sim_stream *st = &s->cloud.streams[i];
        struct grants g = grants_of(s, st);
        int64_t unknown = unknown_grants(&g);
        st->edge->place->doubled += unknown > 0 ? unknown : 0;
    }
    for (size_t i = 0; i < BODIES; i++) {
        const struct sim_journal *j = s->edges[i].journal;
        if (j && !is_followed(s, j))
            s->edges[i].place->doubled += accepted(j);
    }
}

/* Vehicles that a journal let in which is given up, and that the database has forgotten. */
static int64_t forgotten_entries(const struct sim_journal *j)
{
    int64_t entries = 0;
    for (int64_t i = j->applied; i < j->applied_most; i++) {
        const struct fact *f = &j->rows[i].fact;
        entries += f->entry &&
                   (f->kind == EVENT_PASSAGE_AUTHORISED || f->kind == EVENT_PASSAGE_UNAUTHORISED);
    }
    return entries;
}

static void recorrect(void *arg, const struct place_row *r)
{
    struct sim *s = arg;
    struct sim_place *p = sim_place(s, &r->settings.place);
    p->audit = (struct audit_row){0};
    store_memory_audits(s->cloud.store, find_audit, p);
    p->audited = p->audit.id;
    p->corrected = r->occupied - by_events(s, p);
}

void ledger_reread(struct sim *s)
{
    s->cloud.stream_count = 0;
    for (size_t i = 0; i < PLACES; i++)
        s->places[i].spoiled = true;
    for (size_t i = 0; i < BODIES; i++)
        for (struct sim_journal *j = s->edges[i].journal; j; j = j->older)
            j->applied = 0;
    store_memory_streams(s->cloud.store, reread, s);
    store_memory_places(s->cloud.store, recorrect, s);
    count_unknown(s);
    for (size_t i = 0; i < BODIES; i++)
        for (struct sim_journal *j = s->edges[i].journal; j; j = j->older)
            s->edges[i].place->doubled += j == s->edges[i].journal ? 0 : forgotten_entries(j);
}

/* ---- all of it ---- */

void check_step(struct sim *s)
{
    /* What one copy of a journal is acknowledged, the broker may give to the other; it is found out
     * with the next event or hello and replayed. */
    bool ambiguous = s->totals.copied > 0;
    for (size_t i = 0; i < BODIES && !ambiguous; i++) {
        const struct sim_edge *e = &s->edges[i];
        if (e->running && e->agent.live.memory.base > e->journal->applied_most)
            sim_fail(s, "%s: %lld acknowledged, %lld committed", e->name.text,
                     (long long)e->agent.live.memory.base, (long long)e->journal->applied_most);
    }
    if (!s->dirty)
        return;
    s->dirty = false;
    store_memory_places(s->cloud.store, look_for_audit, s);
    store_memory_streams(s->cloud.store, check_stream, s);
    store_memory_places(s->cloud.store, check_place, s);
}
