/* Requests that change something: posted to the service, answered after COMMIT, and, if they carry an
 * Idempotency-Key, answered the same when they come again (struct once in service.h).
 *
 * A handler's `done` makes the answer and hands it to exchange_answer. Here that happens inside the
 * batch, so that the answer can be stored with the effect; it is held until the COMMIT. */
#include "cloud/http/exchange.h"
#include "protocol/base/buf.h"
#include "protocol/support/digest.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between the service and the handler's `done`. */
struct pending_write {
    struct exchange *exchange;
    void (*done)(void *arg, const struct admin_result *r);
    void *arg;
    bool made; /* the answer is in the exchange */
};

/* ---- the key ---- */

static bool key_good(const char *key)
{
    size_t len = strlen(key);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)key[i] < 0x20 || (unsigned char)key[i] > 0x7E)
            return false;
    return len >= 1 && len <= IDEMPOTENCY_KEY_MAX;
}

bool idempotency_key_checked(const struct route *route, const char *key, struct http_reply *r)
{
    bool needed = (route->roles & NEEDS_KEY) != 0;
    if (key == NULL ? !needed : key_good(key))
        return true;
    reply_problem(
        r, 400, "idempotency_key",
        "Send a header Idempotency-Key of 1 to 128 printable ASCII characters, new for each "
        "request and the same when a request is repeated.");
    return false;
}

static struct digest digest_of_text(const struct buf *b)
{
    struct digest d;
    digest_of(b->text, b->len, &d);
    return d;
}

/* A key belongs to who sends it; with another request it is refused, whatever the path. */
static struct once once_of(const struct http_request *q)
{
    struct once o = {0};
    size_t size = q->body_len + ROUTE_PATH_MAX + strlen(q->query != NULL ? q->query : "") + 64;
    char *memory = mem_alloc(size);
    struct buf b = buf_of(memory, size);
    buf_addf(&b, "%s\n%s", q->principal.name.text, q->idempotency_key);
    o.key = digest_of_text(&b);
    b = buf_of(memory, size);
    buf_addf(&b, "%s %s?%s\n", q->method, q->exchange->path, q->query != NULL ? q->query : "");
    buf_add(&b, q->body, q->body_len);
    o.request = digest_of_text(&b);
    free(memory);
    return o;
}

/* ---- what was seen ---- */

/* If-Match: one strong tag or "*"; If-None-Match: "*". */
static bool read_seen(const struct http_request *q, struct http_reply *r, struct seen *ret)
{
    struct seen s = {.kind = SEEN_NOTHING};
    bool good = true;
    if ((q->match->route->roles & NEEDS_MATCH) != 0)
        s.kind = SEEN_NEEDED;
    if (q->if_match != NULL) {
        size_t len = strlen(q->if_match);
        good = q->if_none_match == NULL && len > 0;
        s.kind = good && strcmp(q->if_match, "*") == 0 ? SEEN_IT : SEEN_TAG;
        if (good && s.kind == SEEN_TAG) {
            /* Any other text is a tag that nothing has, such as a weak one. */
            if (len > 2 && len - 2 < sizeof s.tag && q->if_match[0] == '"' &&
                q->if_match[len - 1] == '"')
                memcpy(s.tag, q->if_match + 1, len - 2);
            good = strchr(q->if_match, ',') == NULL;
        }
    } else if (q->if_none_match != NULL) {
        s.kind = SEEN_NONE;
        good = strcmp(q->if_none_match, "*") == 0;
    }
    if (!good)
        reply_problem(r, 400, "bad_condition",
                      "Send If-Match with one tag or \"*\", or If-None-Match: *, and not both.");
    *ret = s;
    return good;
}

/* ---- on the service's thread ---- */

static void make(struct pending_write *p, const struct admin_result *result)
{
    p->exchange->held = true;
    p->done(p->arg, result); /* ends in exchange_answer, which only keeps the answer */
    p->made = true;
}

/* Replaces what the handler would have said. It is called all the same, to free what it holds. */
static struct http_reply *make_other(struct pending_write *p)
{
    static const struct admin_result nothing = {.err = ERR_UNAVAIL};
    make(p, &nothing);
    free(p->exchange->answer.body);
    p->exchange->answer = (struct http_reply){0};
    return &p->exchange->answer;
}

static void keep(void *arg, const struct admin_result *result, struct answer_row *ret)
{
    struct pending_write *p = arg;
    make(p, result);
    const struct http_reply *r = &p->exchange->answer;
    ret->status = r->status;
    memcpy(ret->location, r->location, sizeof ret->location);
    ret->bytes = r->body;
    ret->len = r->body_len;
}

static void again(void *arg, const struct answer_row *row)
{
    struct http_reply *r = make_other(arg);
    reply_text(r, (int)row->status,
               row->status < 400 ? "application/json" : "application/problem+json", row->bytes,
               row->len);
    memcpy(r->location, row->location, sizeof r->location);
    r->replayed = true;
}

static void write_done(void *arg, const struct admin_result *result)
{
    struct pending_write *p = arg;
    struct exchange *x = p->exchange;
    if (result->key_reused)
        reply_problem(make_other(p), 422, "idempotency_key_reused",
                      "This Idempotency-Key was used for another request.");
    else if (result->changed)
        reply_problem(make_other(p), 412, "precondition_failed", result->reason);
    else if (result->seen_needed)
        reply_problem(
            make_other(p), 428, "precondition_required",
            "This changes what exists: send If-Match with the ETag it had when it was read, "
            "or * to change it whatever it is.");
    else if (!p->made)
        make(p, result);
    free(p);
    exchange_release(x);
}

/* ---- for handlers ---- */

/* Suspends first: the service may answer before post returns. */
bool post_write(struct http *h, struct http_request *q, struct work *w, struct http_reply *r)
{
    struct seen seen = {.kind = SEEN_NOTHING};
    if (strcmp(q->method, "POST") != 0 && !read_seen(q, r, &seen)) {
        work_free(w);
        return false;
    }
    w->admin.seen = seen;
    if (!exchange_suspend(q->exchange)) {
        reply_problem(r, 503, "stopping", "The server is stopping.");
        work_free(w);
        return false;
    }
    r->later = true;
    struct pending_write *p = mem_alloc(sizeof *p);
    *p =
        (struct pending_write){.exchange = q->exchange, .done = w->admin.done, .arg = w->admin.arg};
    w->admin.done = write_done;
    w->admin.arg = p;
    if (q->idempotency_key != NULL) {
        w->admin.once = once_of(q);
        w->admin.once.keep = keep;
        w->admin.once.again = again;
    }
    if (h->ports.post(h->ports.post_self, w) == ERR_OK)
        return true;
    struct http_reply busy = {0};
    reply_problem(&busy, 503, "busy", "The service's queue is full.");
    busy.retry_after_s = 1;
    exchange_answer(q->exchange, &busy);
    free(p);
    work_free(w);
    return false;
}
