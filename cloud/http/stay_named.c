#include "cloud/http/stay_named.h"

#include "cloud/http/acts.h"
#include "cloud/http/url.h"
#include "protocol/support/json.h"
#include "protocol/support/plate.h"

#include <stdio.h>
#include <string.h>

enum { RAW_SIZE = 128, PARTS = 4 };

static const char *const keys[PARTS] = {"session", "place", "plate", "credential"};
static const char *const expected[PARTS] = {
    "expected the id of a stay, 16 hex digits", "expected the name of a place",
    "expected a number plate: letters and digits of any script, at most 48 bytes",
    "expected the text of a ticket, QR code, card or PIN, at most 48 bytes"};

static bool take(int part, const char *text, struct stay_name *ret)
{
    size_t len = strlen(text);
    switch (part) {
    case 0: return movement_id_parse(text, len, &ret->session) == ERR_OK;
    case 1: return name_parse(text, len, &ret->place) == ERR_OK;
    case 2: return plate_normalise(text, len, &ret->plate) == ERR_OK;
    default:
        if (len < 1 || len >= sizeof ret->credential.text || !url_text_valid(text, len))
            return false;
        memcpy(ret->credential.text, text, len + 1);
        return true;
    }
}

/* Exactly one way to say it. */
static bool complete(const bool given[PARTS])
{
    if (given[0])
        return !given[1] && !given[2] && !given[3];
    return given[1] && given[2] != given[3];
}

static const char incomplete[] =
    "expected a session; or a place with either a plate or a credential";

void stay_name_of_body(const json_t *body, json_t **problem, struct stay_name *ret)
{
    struct stay_name n = {0};
    bool given[PARTS], good = true;
    for (int i = 0; i < PARTS; i++) {
        char text[RAW_SIZE], pointer[RAW_SIZE];
        given[i] = json_object_get(body, keys[i]) != NULL;
        if (!given[i])
            continue;
        if (json_get_text(body, keys[i], text, sizeof text) != ERR_OK || !take(i, text, &n)) {
            snprintf(pointer, sizeof pointer, "/%s", keys[i]);
            act_complain(problem, pointer, expected[i]);
            good = false;
        }
    }
    if (good && !complete(given))
        act_complain(problem, "/session", incomplete);
    *ret = n;
}

bool stay_name_of_query(struct http_request *q, struct http_reply *r, struct stay_name *ret)
{
    struct stay_name n = {0};
    bool given[PARTS];
    for (int i = 0; i < PARTS; i++) {
        char text[RAW_SIZE], detail[2 * RAW_SIZE];
        enum err e = url_query_get(q->query, keys[i], text, sizeof text);
        given[i] = e != ERR_NOTFOUND;
        if (!given[i] || (e == ERR_OK && take(i, text, &n)))
            continue;
        snprintf(detail, sizeof detail, "%s: %s, given once.", keys[i], expected[i]);
        reply_problem(r, 400, "bad_query", detail);
        return false;
    }
    if (!complete(given)) {
        reply_problem(r, 400, "bad_query",
                      "Say which stay: ?session=, or ?place= with &plate= or &credential=.");
        return false;
    }
    *ret = n;
    return true;
}

static bool sees(const struct principal *p, const struct stay_name *n, const struct session_view *s)
{
    if (!auth_sees_place(p, &s->place))
        return false;
    if (n->credential.text[0] != '\0' && auth_sees_credential(p, n->credential.text))
        return true;
    /* A shop's till or an application knows whom it serves; it is bound to places. */
    return auth_is(p, ROLE_SERVICE) || auth_sees_plate(p, &s->plate);
}

static enum err find(struct reader *r, const struct stay_name *n, struct session_view *ret)
{
    if (n->session.text[0] != '\0')
        return reader_session(r, &n->session, ret);
    if (n->plate.text[0] != '\0')
        return reader_plate_stay(r, &n->place, &n->plate, ret);
    return reader_credential_stay(r, &n->place, &n->credential, ret);
}

/* What is not to be seen looks like what is not there. */
bool stay_named_find(struct http *h, struct http_request *q, const struct stay_name *n,
                     struct http_reply *r, struct session_view *ret)
{
    struct session_view s;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = find(slot->reader, n, &s);
    readers_put(h->readers, slot);
    if (e == ERR_OK && !sees(&q->principal, n, &s))
        e = ERR_NOTFOUND;
    if (e != ERR_OK) {
        reply_reader_error(r, e, "stay");
        return false;
    }
    *ret = s;
    return true;
}
