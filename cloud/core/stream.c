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

/* Is what the hello shows a point that this stream went through? */
static bool was_there(const struct hello *h, const struct digest *then)
{
    if (h->next == 1)
        return true;
    return then && same(then, &h->head);
}

static struct hello_verdict known_journal(const struct hello *h, const struct stream_state *own,
                                          const struct digest *then)
{
    struct hello_verdict v = {HELLO_KNOWN, own->epoch, own->last, h->base > own->last};
    if (own->fenced)
        v.what = HELLO_RETIRED;
    else if (h->epoch == 0 && own->last == 0)
        return v; /* our first answer was lost */
    else if (h->epoch == 0 && h->next == 1)
        v.what = HELLO_STALE;
    else if (h->epoch != own->epoch)
        v.what = HELLO_FORK;
    else if (h->next <= own->last)
        v.what = was_there(h, then) ? HELLO_STALE : HELLO_FORK;
    else if (own->last > 0 && h->next - 1 == own->last && !same(&own->head, &h->head))
        v.what = HELLO_FORK;
    return v;
}

struct hello_verdict stream_hello(const struct hello *h, const struct stream_state *own,
                                  const struct digest *then, int64_t newest_epoch)
{
    if (own)
        return known_journal(h, own, then);
    if (h->epoch > newest_epoch)
        return (struct hello_verdict){HELLO_ADOPTED, h->epoch, 0, h->base > 0};
    return (struct hello_verdict){HELLO_NEW, newest_epoch + 1, 0, false};
}
