/* GET /v1/sessions?plate= or ?credential=: somebody's stays; ?place=&state=: those of a place that are open, stale or
 * unmatched. Newest first, with what they cost and what was paid. */
#include "cloud/http/server.h"
#include "cloud/http/url.h"
#include "protocol/support/credential.h"
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
    struct plate plate;
    struct credential_text credential;
    struct session_filter filter;
    bool stale;
    struct session_cursor from;
    const struct principal *caller;
    bool more;
    struct session_cursor last;
};

/* What an open stay would cost if it ended now, what a closed one did; -1: it cannot be priced. */
static int64_t amount_of(struct http *h, const struct session_view *s, const struct moment *m)
{
    const struct rates_port *rates = &h->ports.rates;
    int64_t minor = -1;
    if (strcmp(s->state, "open") != 0 || s->lost || rates->price == NULL)
        return s->price_minor;
    if (s->parent.text[0] != '\0') /* a segment in a zone */
        return 0;
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
        reply_problem(r, 400, "plate_missing",
                      "Say whose stays: ?plate=22%EC%95%842222 or ?credential=T0123456789ABCDEF1.");
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

static bool read_credential(struct http_request *q, struct http_reply *r,
                            struct credential_text *ret)
{
    char raw[128];
    enum err e = url_query_get(q->query, "credential", raw, sizeof raw);
    if (e == ERR_OK)
        e = credential_clean(raw, strlen(raw), ret);
    if (e != ERR_OK) {
        reply_problem(
            r, 400, "bad_credential",
            "This is no ticket number, code or card: text of at most 48 bytes, given once.");
        return false;
    }
    if (!auth_sees_credential(&q->principal, ret->text)) {
        reply_problem(r, 403, "other_credential", "This token is not bound to that credential.");
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

/* A page of what `read` shows. */
static void reply_sessions(struct http *h, struct session_list *l, json_t *head,
                           struct http_reply *r,
                           enum err (*read)(struct reader *reader, struct session_list *l))
{
    char next[CURSOR_SIZE];
    l->list = json_array();
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = read(slot->reader, l);
    readers_put(h->readers, slot);
    if (e != ERR_OK) {
        json_decref(l->list);
        json_decref(head);
        reply_reader_error(r, e, l->filter.place.text[0] != '\0' ? "place" : "stay");
        return;
    }
    snprintf(next, sizeof next, "%lld.%s", (long long)l->last.at_ms, l->last.id.text);
    json_object_set_new(head, "sessions", l->list);
    json_object_set_new(head, "next", l->more ? json_string(next) : json_null());
    reply_json(r, 200, head);
}

static enum err read_of_somebody(struct reader *reader, struct session_list *l)
{
    const struct pseudonym_key *key = l->http->ports.pseudonym_key;
    struct plate alias = {""};
    if (key != NULL && key->set && l->plate.text[0] != '\0')
        pseudonym_of(key, l->plate.text, alias.text);
    return reader_sessions(reader, &l->plate, &alias, &l->credential, &l->from, l->limit + 1,
                           add_session, l);
}

static enum err read_of_place(struct reader *reader, struct session_list *l)
{
    struct place_view place;
    TRY(reader_place(reader, &l->filter.place, &place));
    if (l->stale && place.row.settings.stale_after_ms == 0)
        return ERR_OK;
    if (l->stale)
        l->filter.begun_before = wall_after(l->m.now, -place.row.settings.stale_after_ms);
    return reader_sessions_of_place(reader, &l->filter, &l->from, l->limit + 1, add_session, l);
}

/* ?place=a&state=stale */
static bool read_filter(struct http_request *q, struct http_reply *r, struct session_list *l)
{
    char place[NAME_SIZE + 1], state[16] = "";
    struct session_filter *f = &l->filter;
    if (url_query_get(q->query, "place", place, sizeof place) != ERR_OK ||
        name_parse(place, strlen(place), &f->place) != ERR_OK) {
        reply_problem(r, 400, "bad_place", "\"place\" must be the name of one place.");
        return false;
    }
    if (!auth_is(&q->principal, ~(unsigned)ROLE_DRIVER) ||
        !auth_sees_place(&q->principal, &f->place)) {
        reply_problem(r, 403, "other_place", "This token is not for the stays of that place.");
        return false;
    }
    enum err e = url_query_get(q->query, "state", state, sizeof state);
    l->stale = e == ERR_OK && strcmp(state, "stale") == 0;
    if (e == ERR_OK && !l->stale)
        e = session_state_parse(state, &f->state);
    if (e == ERR_OK)
        return true;
    reply_problem(r, 400, "bad_state", "\"state\" must be open, stale, unmatched or closed.");
    return false;
}

static bool has(const struct http_request *q, const char *key)
{
    char any[8];
    return url_query_get(q->query, key, any, sizeof any) != ERR_NOTFOUND;
}

void handle_sessions(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"plate", "credential", "limit", "after", "place", "state"};
    struct session_list l = {.http = h, .m = http_moment(h), .caller = &q->principal};
    if (!query_known(q, known, 6, r) ||
        !query_limit(q, SESSIONS_DEFAULT, SESSIONS_MAX, r, &l.limit) || !read_cursor(q, r, &l.from))
        return;
    bool of_place = has(q, "place"), shown = has(q, "credential");
    if (has(q, "plate") + shown + of_place > 1)
        reply_problem(r, 400, "bad_query", "One of ?plate=, ?credential= and ?place=&state=.");
    else if (!of_place && has(q, "state"))
        reply_problem(r, 400, "bad_query", "\"state\" goes with ?place=.");
    else if (of_place && read_filter(q, r, &l))
        reply_sessions(h, &l, json_pack("{s:s}", "place", l.filter.place.text), r, read_of_place);
    else if (shown && read_credential(q, r, &l.credential))
        reply_sessions(h, &l, json_pack("{s:s}", "credential", l.credential.text), r,
                       read_of_somebody);
    else if (!of_place && !shown && read_plate(q, r, &l.plate))
        reply_sessions(h, &l, json_pack("{s:s}", "plate", l.plate.text), r, read_of_somebody);
}
