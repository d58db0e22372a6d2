#include "cloud/http/exchange.h"
#include "cloud/http/feed.h"
#include "cloud/http/url.h"
#include "protocol/support/memory.h"
#include "protocol/wire/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_DEFAULT = 100,
    LIMIT_MAX = 1000,
    WAIT_MAX_S = 25,
    ANSWER_BYTES = 1024 * 1024,
    ENTRY_HEAD = 1024, /* what is written around the bytes of an entry */
};

/* ---- one page ---- */

struct page {
    const struct feed_request *q;
    struct feed_page out;
    size_t size;
};

static void add(struct page *p, const char *text, size_t len)
{
    if (p->size - p->out.len <= len) {
        p->size = 2 * p->size + len + 1;
        p->out.body = mem_resize(p->out.body, p->size);
    }
    memcpy(p->out.body + p->out.len, text, len);
    p->out.len += len;
    p->out.body[p->out.len] = '\0';
}

/* The event as its edge sent it, up to its last brace. */
static size_t event_length(const struct feed_item *i)
{
    size_t len = i->len;
    while (len > 0 && i->bytes[len - 1] != '}')
        len--;
    return len > 0 ? len - 1 : 0;
}

/* A fact in the envelope of section 4.1 of PROTOCOL.md, up to the end of its data's last member. */
static void add_fact(struct page *p, const struct feed_item *i)
{
    char head[ENTRY_HEAD];
    char time[TIMESTAMP_SIZE];
    struct buf b = buf_of(head, sizeof head);
    if (timestamp_format(i->time, time) != ERR_OK)
        time[0] = '\0';
    buf_addf(&b, "{\"specversion\":\"1.0\",\"id\":\"cloud/%lld\",\"source\":\"/%s\",",
             (long long)i->at, i->place.text);
    buf_addf(&b, "\"type\":\"io.boomgate.%s.v1\",\"subject\":", i->type);
    (void)json_out_text(&b, i->subject);
    if (i->trace[0] != '\0')
        buf_addf(&b, ",\"traceparent\":\"%s\"", i->trace);
    buf_addf(&b, ",\"time\":\"%s\",\"data\":", time);
    add(p, head, b.len);
    add(p, i->bytes, i->len - 1);
    b = buf_of(head, sizeof head);
    if (i->plate.text[0] != '\0') {
        buf_adds(&b, i->len > 2 ? ",\"plate\":" : "\"plate\":");
        (void)json_out_text(&b, i->plate.text);
    }
    buf_adds(&b, "}");
    add(p, head, b.len);
}

static bool add_entry(void *arg, const struct feed_item *i)
{
    struct page *p = arg;
    char end[48];
    if (!auth_sees_place(&p->q->principal, &i->place))
        return true;
    if (p->out.count > 0 && p->out.len + i->len > ANSWER_BYTES)
        return false;
    if (p->out.count++ > 0)
        add(p, ",", 1);
    if (i->event)
        add(p, i->bytes, event_length(i));
    else
        add_fact(p, i);
    snprintf(end, sizeof end, ",\"cursor\":\"%lld\"}", (long long)i->at);
    add(p, end, strlen(end));
    return true;
}

static const char opening[] = "{\"events\":[";

static enum err read_page(struct reader *reader, struct page *p)
{
    int64_t head = 0;
    TRY(reader_begin(reader));
    enum err e = reader_feed(reader, &p->q->query, add_entry, p, &p->out.seen);
    if (e == ERR_OK)
        e = reader_feed_head(reader, &head);
    reader_end(reader);
    p->out.more = p->out.seen < head;
    return e;
}

enum err feed_read(struct reader *reader, const struct feed_request *q, struct feed_page *ret)
{
    struct page p = {.q = q};
    char end[80];
    add(&p, opening, sizeof opening - 1);
    enum err e = read_page(reader, &p);
    if (e != ERR_OK) {
        free(p.out.body);
        return e;
    }
    snprintf(end, sizeof end, "],\"next\":\"%lld\",\"more\":%s}", (long long)p.out.seen,
             p.out.more ? "true" : "false");
    add(&p, end, strlen(end));
    *ret = p.out;
    return ERR_OK;
}

void feed_reply(struct http_reply *r, enum err e, struct feed_page *page)
{
    if (e == ERR_CONFLICT) {
        reply_problem(
            r, 410, "cursor_ahead",
            "Nothing of that number was committed here: this database is another one, or "
            "was restored from an older copy. Begin again with what \"after=latest\" says.");
    } else if (e != ERR_OK) {
        reply_reader_error(r, e, "feed");
    } else {
        r->status = 200;
        r->content_type = "application/json";
        r->body = page->body;
        r->body_len = page->len;
    }
}

/* ---- the request ---- */

static bool refuse(struct http_reply *r, const char *detail)
{
    reply_problem(r, 400, "bad_parameter", detail);
    return false;
}

/* A number of at most 18 digits without a sign. ERR_NOTFOUND: absent. */
static enum err query_number(const struct http_request *q, const char *key, int64_t *ret)
{
    char text[20];
    enum err e = url_query_get(q->query, key, text, sizeof text);
    if (e != ERR_OK)
        return e == ERR_NOTFOUND ? e : ERR_INVAL;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return ERR_INVAL;
    *ret = strtoll(text, NULL, 10);
    return ERR_OK;
}

static bool read_after(struct http *h, struct http_request *q, struct http_reply *r, int64_t *ret)
{
    char text[20];
    if (url_query_get(q->query, "after", text, sizeof text) == ERR_OK &&
        strcmp(text, "latest") == 0) {
        struct reader_slot *slot = readers_take(h->readers);
        enum err e = reader_feed_head(slot->reader, ret);
        readers_put(h->readers, slot);
        if (e != ERR_OK)
            reply_reader_error(r, e, "feed");
        return e == ERR_OK;
    }
    enum err e = query_number(q, "after", ret);
    if (e == ERR_OK || e == ERR_NOTFOUND)
        return true;
    reply_problem(r, 400, "bad_cursor",
                  "\"after\" must be the \"next\" of an earlier answer, or \"latest\".");
    return false;
}

static bool read_filters(struct http_request *q, struct http_reply *r, struct feed_query *ret)
{
    char text[64];
    enum err e = url_query_get(q->query, "place", text, sizeof text);
    if (e != ERR_NOTFOUND && (e != ERR_OK || name_parse(text, strlen(text), &ret->place) != ERR_OK))
        return refuse(r, "\"place\" must be the name of one place.");
    if (e == ERR_OK && !auth_sees_place(&q->principal, &ret->place)) {
        reply_other_place(r);
        return false;
    }
    e = url_query_get(q->query, "type", ret->type, sizeof ret->type);
    if (e != ERR_NOTFOUND && (e != ERR_OK || ret->type[0] == '\0' ||
                              ret->type[strspn(ret->type, "abcdefghijklmnopqrstuvwxyz_.")] != '\0'))
        return refuse(r, "\"type\" must be one type, such as \"session.closed\", or the first word "
                         "of several, such as \"session\".");
    return true;
}

static bool read_request(struct http *h, struct http_request *q, struct http_reply *r,
                         struct feed_request *ret)
{
    static const char *const known[] = {"after", "limit", "place", "type", "wait"};
    int64_t wait_s = 0;
    if (!query_known(q, known, 5, r) || !read_after(h, q, r, &ret->query.after) ||
        !query_limit(q, LIMIT_DEFAULT, LIMIT_MAX, r, &ret->query.limit) ||
        !read_filters(q, r, &ret->query))
        return false;
    enum err e = query_number(q, "wait", &wait_s);
    if ((e != ERR_OK && e != ERR_NOTFOUND) || wait_s > WAIT_MAX_S)
        return refuse(r, "\"wait\" must be one number of seconds from 0 to 25.");
    ret->wait_s = (int)wait_s;
    ret->principal = q->principal;
    return true;
}

void handle_events(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct feed_request f = {0};
    struct feed_page page = {0};
    if (!read_request(h, q, r, &f))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = feed_read(slot->reader, &f, &page);
    readers_put(h->readers, slot);
    bool empty = e == ERR_OK && page.count == 0 && !page.more;
    if (empty && f.wait_s > 0) {
        f.query.after = page.seen;
        if (feed_wait_add(h->feed_wait, q->exchange, &f)) {
            free(page.body);
            r->later = true;
            return;
        }
    }
    feed_reply(r, e, &page);
}
