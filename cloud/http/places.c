/* GET of places and what belongs to them. The document of one place is what signs and tests poll, so its
 * response is kept and shared; all others are built per request. */
#include "cloud/http/exchange.h"
#include "cloud/http/url.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shared by the handlers ---- */

bool query_known(struct http_request *q, const char *const *known, size_t count,
                 struct http_reply *r)
{
    char name[64];
    char text[160];
    if (url_query_check(q->query, known, count, name, sizeof name) == ERR_OK)
        return true;
    snprintf(text, sizeof text, "The query parameter \"%s\" is not known here.", name);
    reply_problem(r, 400, "unknown_parameter", text);
    return false;
}

bool query_limit(struct http_request *q, int dflt, int max, struct http_reply *r, int *ret)
{
    char text[16];
    char detail[64];
    enum err e = url_query_get(q->query, "limit", text, sizeof text);
    char *end = text;
    long n = e == ERR_OK && text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
    if (e == ERR_NOTFOUND) {
        *ret = dflt;
        return true;
    }
    if (e != ERR_OK || *end != '\0' || n < 1 || n > max) {
        snprintf(detail, sizeof detail, "\"limit\" must be one number from 1 to %d.", max);
        reply_problem(r, 400, "bad_parameter", detail);
        return false;
    }
    *ret = (int)n;
    return true;
}

bool place_of_path(struct http_request *q, struct http_reply *r, struct name *ret)
{
    const char *text = q->match->params[0];
    if (name_parse(text, strlen(text), ret) == ERR_OK)
        return true;
    reply_reader_error(r, ERR_NOTFOUND, "place");
    return false;
}

void reply_reader_error(struct http_reply *r, enum err e, const char *what)
{
    char text[64];
    if (e == ERR_NOTFOUND) {
        snprintf(text, sizeof text, "There is no such %s.", what);
        reply_problem(r, 404, "not_found", text);
    } else if (e == ERR_UNAVAIL) {
        reply_problem(r, 503, "busy", "The database is busy.");
        r->retry_after_s = 1;
    } else {
        log_error("http.read_failed", LT("what", what), LT("error", err_text(e)));
        reply_problem(r, 500, "read_failed", "The database could not be read.");
    }
}

/* Runs `make` with a borrowed reader and answers with its document. */
static void reply_document(struct http *h, struct http_reply *r, const char *what,
                           enum err (*make)(struct reader *reader, const struct name *place,
                                            const struct moment *m, json_t **ret),
                           const struct name *place)
{
    json_t *document = NULL;
    struct moment m = http_moment(h);
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = make(slot->reader, place, &m, &document);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document);
    else
        reply_reader_error(r, e, what);
}

bool query_page(struct http_request *q, int dflt, int max, struct http_reply *r,
                struct list_page *ret)
{
    static const char *const known[] = {"limit", "after"};
    struct list_page p = {.limit = 0};
    if (!query_known(q, known, 2, r) || !query_limit(q, dflt, max, r, &p.limit) ||
        !query_after(q, r, &p.from))
        return false;
    *ret = p;
    return true;
}

void handle_places(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct list_page page;
    struct moment m = http_moment(h);
    json_t *document = NULL;
    if (!query_page(q, PLACES_MAX, PLACES_MAX, r, &page))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = document_places(slot->reader, &m, &page, &document);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document);
    else
        reply_reader_error(r, e, "place");
}

void handle_flow(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    if (query_known(q, NULL, 0, r) && place_of_path(q, r, &place))
        reply_document(h, r, "place", document_flow, &place);
}

void handle_summary(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    if (query_known(q, NULL, 0, r) && place_of_path(q, r, &place))
        reply_document(h, r, "place", document_summary, &place);
}

void handle_movements(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    struct list_page page;
    json_t *document = NULL;
    if (!place_of_path(q, r, &place) || !query_page(q, MOVEMENTS_DEFAULT, MOVEMENTS_MAX, r, &page))
        return;
    /* To those on duty elsewhere it is what it is to everybody. */
    bool full = auth_is(&q->principal, ROLE_OPERATOR | ROLE_ATTENDANT) &&
                auth_sees_place(&q->principal, &place);
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = document_movements(slot->reader, &place, &page, full, &document);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200, document);
    else
        reply_reader_error(r, e, "place");
}

/* ---- one place, from the cache ---- */

enum { CACHE_PLACES = 64 };

/* Each reader has its own: the database's version numbers mean something on one connection only. */
struct place_cache {
    struct cached_place {
        struct name place;
        int64_t version;                  /* of the database when the response was built */
        int64_t second;                   /* of real time, because ages move on without a commit */
        struct shared_response *response; /* NULL: the slot is free */
    } slots[CACHE_PLACES];
};

struct place_cache *place_cache_new(void)
{
    return mem_alloc(sizeof(struct place_cache));
}

void place_cache_free(struct place_cache *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < CACHE_PLACES; i++)
        shared_response_put(c->slots[i].response);
    free(c);
}

/* A place always falls into the same slot; two places of one slot take turns. */
static struct cached_place *slot_of(struct place_cache *c, const struct name *place)
{
    uint32_t hash = 2166136261U;
    for (const char *t = place->text; *t != '\0'; t++)
        hash = (hash ^ (unsigned char)*t) * 16777619U;
    return &c->slots[hash % CACHE_PLACES];
}

static int64_t real_second(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

static struct shared_response *shared_of(json_t *document)
{
    struct shared_response *s = mem_alloc(sizeof *s);
    char etag[TAG_SIZE + 2];
    char *text = json_dumps(document, JSON_COMPACT);
    if (text == NULL)
        abort();
    /* Of the settings: the live figures change by the second, and nobody changes those. */
    snprintf(etag, sizeof etag, "\"%s\"", json_string_value(json_object_get(document, "revision")));
    json_decref(document);
    s->response = response_of_bytes(text, strlen(text), "application/json");
    MHD_add_response_header(s->response, "ETag", etag);
    memcpy(s->etag, etag + 1, strlen(etag) - 2);
    s->text = text;
    s->references = 1;
    return s;
}

/* The version is read before the document: a commit between the two makes the next request build anew,
 * and never keeps an old document under a new version. *ret holds a reference for the caller. */
static enum err cached_place(struct http *h, struct reader_slot *slot, const struct name *place,
                             struct shared_response **ret)
{
    struct cached_place *c = slot_of(slot->cache, place);
    int64_t second = real_second();
    int64_t version;
    TRY(reader_version(slot->reader, &version));
    if (c->response == NULL || c->version != version || c->second != second ||
        !name_equal(&c->place, place)) {
        struct moment m = http_moment(h);
        json_t *document;
        TRY(document_place(slot->reader, place, &m, &document));
        shared_response_put(c->response);
        *c = (struct cached_place){*place, version, second, shared_of(document)};
    }
    atomic_fetch_add(&c->response->references, 1);
    *ret = c->response;
    return ERR_OK;
}

/* Headers that depend on who asks cannot be added to what others get too. */
static void copy_shared(struct http_reply *r)
{
    reply_text(r, 200, "application/json", r->shared->text, strlen(r->shared->text));
    memcpy(r->etag, r->shared->etag, sizeof r->etag);
    shared_response_put(r->shared);
    r->shared = NULL;
}

void handle_place(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct name place;
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place))
        return;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = cached_place(h, slot, &place, &r->shared);
    readers_put(h->readers, slot);
    if (e != ERR_OK) {
        reply_reader_error(r, e, "place");
        return;
    }
    r->status = 200;
    if (h->settings.cors_origins[0] != '\0')
        copy_shared(r);
}
