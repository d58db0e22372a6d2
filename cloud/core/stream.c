#include "cloud/core/stream.h"

#include <string.h>

static bool same(const struct digest *a, const struct digest *b)
{
    return memcmp(a->text, b->text, DIGEST_SIZE) == 0;
}

struct digest stream_origin(void)
{
    struct digest d;
    memset(d.text, '0', DIGEST_SIZE - 1);
    d.text[DIGEST_SIZE - 1] = '\0';
    return d;
}

enum stream_verdict stream_judge(const struct stream_state *s, int64_t seq,
                                 const struct digest *prev, const struct digest *own,
                                 const struct digest *known)
{
    if (s->fenced)
        return STREAM_FENCED;
    if (s->frozen)
        return STREAM_FROZEN;
    if (seq <= s->last)
        return known && !same(known, own) ? STREAM_FORK : STREAM_DUPLICATE;
    if (seq == s->last + 1)
        return same(prev, &s->head) ? STREAM_NEXT : STREAM_FORK;
    return seq - s->last <= STREAM_STAGE_MAX ? STREAM_AHEAD : STREAM_TOO_FAR;
}

void stream_advance(struct stream_state *s, const struct digest *own)
{
    s->last++;
    s->head = *own;
}

/* ---- hellos ---- */

static struct hello_verdict verdict(enum hello_case what, int64_t epoch)
{
    return (struct hello_verdict){.what = what, .epoch = epoch};
}

/* A new epoch that goes on after event `common` of the hello's own. What the edge no longer keeps
 * cannot be replayed. */
static struct hello_verdict replay(const struct hello *h, int64_t epoch, int64_t common)
{
    struct hello_verdict v = verdict(HELLO_REPLAY, epoch);
    int64_t before = h->oldest > 0 ? h->oldest - 1 : 0;
    v.gap = before > common;
    v.common = v.gap ? before : common;
    return v;
}

static struct hello_verdict unknown_journal(const struct hello *h, int64_t newest_epoch)
{
    if (h->epoch > newest_epoch && h->oldest <= 1) {
        struct hello_verdict v = verdict(HELLO_ADOPTED, h->epoch);
        v.gap = h->base > 0;
        return v;
    }
    int64_t epoch = (h->epoch > newest_epoch ? h->epoch : newest_epoch) + 1;
    if (h->epoch == 0)
        return verdict(HELLO_NEW, epoch);
    struct hello_verdict v = replay(h, epoch, 0);
    v.gap = v.gap || h->base > 0;
    return v;
}

static struct hello_verdict ask(const struct hello *h, struct hello_search search)
{
    struct hello_verdict v = verdict(HELLO_PROBE, h->epoch);
    v.search = search;
    return v;
}

static int64_t lower(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where both histories part: events up to `lo` are the same, and from `hi` on they differ or the edge
 * has none. True: found, it is search->lo; false: search->at is to be asked. */
static bool narrow(struct hello_search *s, const struct hello *h, const struct digest *ours)
{
    bool kept = h->digest.text[0] != '\0';
    /* What it no longer keeps was acknowledged to it in this epoch. */
    if (h->next > s->at && (!kept || (ours && same(ours, &h->digest))))
        s->lo = s->lo > s->at ? s->lo : s->at;
    else if (h->next > s->at) {
        s->hi = lower(s->hi, s->at);
        s->differs = true;
    }
    if (!s->differs)
        s->hi = lower(h->next - 1, s->last) + 1;
    if (s->hi <= s->lo + 1)
        return true;
    s->at = s->differs ? s->lo + (s->hi - s->lo) / 2 : s->hi - 1;
    return false;
}

/* Against the epoch it names, which we know as `own`. Nothing is decided on a hello that may have
 * come late: only one that answers a probe shows a journal as it is. */
static struct hello_verdict known_epoch(const struct hello *h, const struct hello_facts *f)
{
    const struct stream_state *own = f->own;
    int64_t n = h->next - 1;
    bool current = own == f->newest && !own->fenced;
    struct hello_verdict known = verdict(HELLO_KNOWN, own->epoch);
    known.upto = own->last;
    known.gap = h->base > own->last;
    if (current && (own->last == 0 || (n == own->last && same(&own->head, &h->head))))
        return known;
    if (current && n > own->last && h->oldest > own->last + 1)
        return replay(h, f->newest_epoch + 1, own->last);

    struct hello_search s = {.hi = lower(n, own->last) + 1, .last = own->last};
    s.at = s.hi > 1 ? s.hi - 1 : 1;
    if (!f->fresh)
        return ask(h, s);
    s = f->search;
    if (!narrow(&s, h, f->ours))
        return ask(h, s);
    if (current && s.lo >= s.last)
        return known;
    struct hello_verdict v = replay(h, f->newest_epoch + 1, s.lo);
    if (!current && !f->newest->fenced && f->newest->last == 0) {
        v.what = HELLO_AGAIN;
        v.epoch = f->newest->epoch;
    }
    v.gap = v.gap || h->base > s.last;
    v.copy = !current && v.what == HELLO_REPLAY && !f->newest->fenced;
    return v;
}

struct hello_verdict stream_hello(const struct hello *h, const struct hello_facts *f)
{
    const struct stream_state *newest = f->newest;
    if (!newest)
        return unknown_journal(h, f->newest_epoch);
    if (newest->fenced && newest->epoch != f->newest_epoch)
        return verdict(HELLO_RETIRED, newest->epoch);
    if (newest->frozen)
        return verdict(HELLO_FROZEN, newest->epoch);
    if (h->epoch > newest->epoch)
        return unknown_journal(h, f->newest_epoch);
    if (h->epoch == 0 && newest->last == 0 && !newest->fenced)
        return verdict(HELLO_KNOWN, newest->epoch); /* our first answer was lost */
    if (f->own)
        return known_epoch(h, f);
    /* From before its first epoch, or of one that is not known here any more. */
    if (!f->fresh)
        return ask(h, (struct hello_search){.at = 1, .hi = 1, .last = newest->last});
    struct hello_verdict v = replay(h, f->newest_epoch + 1, h->base);
    v.gap = v.gap || h->base > 0;
    return v;
}
