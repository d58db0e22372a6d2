/* GET /v1/sessions?plate=: a plate's stays, newest first, with what they cost and what was paid. */
#include "cloud/http/server.h"
#include "cloud/http/url.h"
#include "protocol/support/plate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_DEFAULT = 20, SESSIONS_MAX = 100, CURSOR_SIZE = 64 };

struct session_list {
    struct http *http;
    struct moment m;
    json_t *list;
    int limit, seen;
    const struct principal *caller;
    bool more;
    struct session_cursor last;
};

/* What an open stay would cost if it ended now, what a closed one did; -1: it cannot be priced. */
static int64_t amount_of(struct http *h, const struct session_view *s, const struct moment *m)
{
    const struct rates_port *rates = &h->ports.rates;
    int64_t minor = -1;
    if (strcmp(s->state, "open") != 0 || rates->price == NULL)
        return s->price_minor;
    const struct rate_ref ref = {s->tariff, s->tariff_version, s->zone};
    pthread_mutex_lock(&h->rates_lock);
    enum err e = rates->price(rates->self, &ref, &s->stay, m->now, &minor);
    pthread_mutex_unlock(&h->rates_lock);
    return e == ERR_OK ? minor : -1;
}

static void add_session(void *arg, const struct session_view *s)
{
    struct session_list *l = arg;
    if (l->seen++ == l->limit) {
        l->more = true; /* one row more than asked for: there is another page */
        return;
    }
    l->last = session_cursor_of(s);
    if (auth_sees_place(l->caller, &s->place))
        json_array_append_new(l->list, document_session(s, amount_of(l->http, s, &l->m), &l->m));
}

static bool read_plate(struct http_request *q, struct http_reply *r, struct plate *ret)
{
    char raw[128];
    enum err e = url_query_get(q->query, "plate", raw, sizeof raw);
    if (e == ERR_NOTFOUND) {
        reply_problem(r, 400, "plate_missing", "Say whose stays: ?plate=22%EC%95%842222.");
        return false;
    }
    if (e == ERR_OK)
        e = plate_normalise(raw, strlen(raw), ret);
    if (e != ERR_OK) {
        reply_problem(r, 400, "bad_plate",
                      "This is no number plate: letters and digits of any "
                      "script, at most 48 bytes, given once.");
        return false;
    }
    if (!auth_sees_plate(&q->principal, ret)) {
        reply_problem(r, 403, "other_plate", "This token is not bound to that plate.");
        return false;
    }
    return true;
}

/* "1795155072345.9f3c5a7d11223344", as `next` gave it out. */
static bool read_cursor(struct http_request *q, struct http_reply *r, struct session_cursor *ret)
{
    char text[CURSOR_SIZE];
    char *end = text;
    enum err e = url_query_get(q->query, "after", text, sizeof text);
    if (e == ERR_NOTFOUND) {
        *ret = (struct session_cursor){0};
        return true;
    }
    if (e == ERR_OK && text[0] >= '1' && text[0] <= '9') {
        ret->at_ms = strtoll(text, &end, 10);
        if (*end == '.' && movement_id_parse(end + 1, strlen(end + 1), &ret->id) == ERR_OK)
            return true;
    }
    reply_problem(r, 400, "bad_cursor", "\"after\" must be the \"next\" of an earlier answer.");
    return false;
}

void handle_sessions(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"plate", "limit", "after"};
    struct session_list l = {.http = h, .m = http_moment(h), .caller = &q->principal};
    struct session_cursor from;
    struct plate plate;
    char next[CURSOR_SIZE];
    if (!query_known(q, known, 3, r) || !read_plate(q, r, &plate) ||
        !query_limit(q, SESSIONS_DEFAULT, SESSIONS_MAX, r, &l.limit) || !read_cursor(q, r, &from))
        return;
    l.list = json_array();
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_sessions(slot->reader, &plate, &from, l.limit + 1, add_session, &l);
    readers_put(h->readers, slot);
    if (e != ERR_OK) {
        json_decref(l.list);
        reply_reader_error(r, e, "stay");
        return;
    }
    snprintf(next, sizeof next, "%lld.%s", (long long)l.last.at_ms, l.last.id.text);
    reply_json(r, 200,
               json_pack("{s:s, s:o, s:o}", "plate", plate.text, "sessions", l.list, "next",
                         l.more ? json_string(next) : json_null()));
}
