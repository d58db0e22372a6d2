/* Quotes: what a stay costs so far and what of it is due, line by line; and what one would cost. Nothing
 * is written.
 *
 * Q1 A quote is the price of one instant: the next question, at an exit, is priced anew. */
#include "cloud/http/acts.h"
#include "cloud/http/members.h"
#include "cloud/http/quoted.h"
#include "cloud/http/stay_named.h"
#include "protocol/support/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *document_of(const struct quoted *p)
{
    json_t *o = json_object();
    set_text(o, "tariff", p->tariff->id.text);
    set_int(o, "tariff_version", p->tariff->version);
    set_text(o, "zone", p->zone->name);
    set_text(o, "currency", p->quote.amount.currency.code);
    set_time(o, "at", p->at);
    set_int(o, "price_minor", p->quote.amount.minor);
    json_object_set_new(o, "lines", quoted_lines(p));
    return o;
}

static json_t *next_step(const struct quoted *p, bool fixed)
{
    struct tariff_step step;
    if (fixed || tariff_stay_step(p->tariff, p->zone, &p->stay, p->at, &step) != ERR_OK)
        return json_null();
    json_t *o = json_object();
    set_time(o, "at", step.at);
    set_int(o, "price_minor", step.amount.minor);
    return o;
}

/* ---- GET: of a stay ---- */

static void quote_stay(struct http *h, const struct session_view *s, struct http_reply *r)
{
    struct quoted p;
    if (quote_session(h, s, &p) != ERR_OK) {
        reply_problem(r, 409, "unpriced", "This stay cannot be priced: a person must look.");
        return;
    }
    json_t *o = document_of(&p);
    set_text(o, "session", s->id.text);
    set_text(o, "place", s->place.text);
    set_text(o, "plate", s->plate.text);
    set_text(o, "state", s->state);
    set_time(o, "start", s->start);
    set_time(o, "end", s->end);
    set_int(o, "paid_minor", s->paid_minor);
    set_int(o, "refunded_minor", s->refunded_minor);
    set_int(o, "due_minor", p.due_minor);
    set_text(o, "payment", session_payment_word(s));
    set_time(o, "leave_by", p.leave_by);
    json_object_set_new(o, "next_step",
                        strcmp(s->state, "open") == 0
                            ? next_step(&p, s->lost || s->parent.text[0] != '\0')
                            : json_null());
    reply_json(r, 200, o);
}

void handle_quote(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"session", "place", "plate", "credential"};
    struct stay_name n;
    struct session_view s;
    if (query_known(q, known, 4, r) && stay_name_of_query(q, r, &n) &&
        stay_named_find(h, q, &n, r, &s))
        quote_stay(h, &s, r);
}

/* ---- POST: of a stay that might be ---- */

struct what_if {
    struct name place, tariff;
    char zone[ZONE_NAME_SIZE];
    struct tariff_stay stay;
    struct wall_ms exit;
    bool lost;
};

static void read_time(const json_t *body, const char *key, json_t **problem, struct wall_ms *ret)
{
    const json_t *text = json_object_get(body, key);
    char pointer[32];
    snprintf(pointer, sizeof pointer, "/%s", key);
    if (!json_is_string(text) ||
        timestamp_parse(json_string_value(text), json_string_length(text), ret) != ERR_OK)
        act_complain(problem, pointer, "expected a time such as 2026-11-20T06:31:12.345Z");
}

static void read_name(const json_t *body, const char *key, json_t **problem, struct name *ret)
{
    char text[NAME_SIZE + 1], pointer[32];
    enum err e = json_get_text(body, key, text, sizeof text);
    snprintf(pointer, sizeof pointer, "/%s", key);
    if (e != ERR_NOTFOUND && (e != ERR_OK || name_parse(text, strlen(text), ret) != ERR_OK))
        act_complain(problem, pointer, "expected a name of 1 to 31 of a-z, 0-9 and '-'");
}

static void read_validations(const json_t *body, json_t **problem, struct tariff_stay *ret)
{
    const json_t *list = json_object_get(body, "validations"), *item;
    size_t i;
    bool good =
        list == NULL || (json_is_array(list) && json_array_size(list) <= TARIFF_VALIDATIONS_MAX);
    json_array_foreach(list, i, item)
    {
        const char *kind = json_string_value(json_object_get(item, "kind"));
        struct tariff_validation v = {.value = json_integer_value(json_object_get(item, "value"))};
        good = good && kind != NULL && json_object_size(item) == 2 &&
               tariff_validation_parse(kind, &v.kind) == ERR_OK &&
               tariff_validation_check(&v) == ERR_OK;
        if (good)
            ret->validations[ret->validation_count++] = v;
    }
    if (!good)
        act_complain(problem, "/validations",
                     "expected at most 16 of {\"kind\": percent, minutes or amount, \"value\": N}");
}

static void read_covered(const json_t *body, json_t **problem, struct tariff_stay *ret)
{
    const json_t *list = json_object_get(body, "covered"), *item;
    size_t i;
    bool good = list == NULL || (json_is_array(list) && json_array_size(list) <= TARIFF_COVERS_MAX);
    json_array_foreach(list, i, item)
    {
        struct tariff_cover c;
        const json_t *from = json_object_get(item, "from"), *to = json_object_get(item, "to");
        good =
            good && json_object_size(item) == 2 && json_is_string(from) && json_is_string(to) &&
            timestamp_parse(json_string_value(from), json_string_length(from), &c.from) == ERR_OK &&
            timestamp_parse(json_string_value(to), json_string_length(to), &c.to) == ERR_OK;
        if (good)
            ret->covers[ret->cover_count++] = c;
    }
    if (!good)
        act_complain(problem, "/covered", "expected at most 8 of {\"from\": time, \"to\": time}");
}

static void read_what_if(const json_t *body, json_t **problem, struct what_if *ret)
{
    static const char *const known[] = {"place",   "tariff",      "zone",    "entry", "exit",
                                        "vehicle", "validations", "covered", "lost"};
    act_members(body, known, sizeof known / sizeof known[0], problem);
    read_name(body, "place", problem, &ret->place);
    read_name(body, "tariff", problem, &ret->tariff);
    read_name(body, "vehicle", problem, &ret->stay.vehicle);
    if (json_object_get(body, "zone") != NULL &&
        json_get_text(body, "zone", ret->zone, sizeof ret->zone) != ERR_OK)
        act_complain(problem, "/zone", "expected an IANA time zone such as Asia/Seoul");
    bool alone = ret->tariff.text[0] != '\0' && ret->zone[0] != '\0';
    if (ret->place.text[0] == '\0' && !alone)
        act_complain(problem, "/place", "expected a place; or a tariff and a zone");
    enum err e = json_get_bool(body, "lost", &ret->lost);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        act_complain(problem, "/lost", "expected true or false");
    read_time(body, "exit", problem, &ret->exit);
    if (!ret->lost)
        read_time(body, "entry", problem, &ret->stay.entry);
    read_validations(body, problem, &ret->stay);
    read_covered(body, problem, &ret->stay);
    if (*problem == NULL && !ret->lost && ret->exit.v < ret->stay.entry.v)
        act_complain(problem, "/exit", "expected a time not before the entry");
}

/* What the place says, unless the question says otherwise. */
static bool complete(struct http *h, struct what_if *w, struct http_reply *r)
{
    struct place_view place;
    if (w->place.text[0] == '\0')
        return true;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_place(slot->reader, &w->place, &place);
    readers_put(h->readers, slot);
    if (e != ERR_OK) {
        reply_reader_error(r, e, "place");
        return false;
    }
    if (w->tariff.text[0] == '\0')
        w->tariff = place.row.settings.tariff;
    if (w->zone[0] == '\0')
        memcpy(w->zone, place.row.settings.zone, sizeof w->zone);
    return true;
}

static void quote_what_if(struct http *h, const struct what_if *w, struct http_reply *r)
{
    struct quoted p = {.stay = w->stay, .at = w->exit};
    const struct rate_ref ref = {.tariff = w->tariff, .zone = w->zone};
    if (find_rates(h, &ref, w->lost ? w->exit : w->stay.entry, &p.tariff, &p.zone) != ERR_OK) {
        reply_problem(r, 422, "no_rates", "There is no such rate table or time zone.");
        return;
    }
    enum err e = w->lost ? tariff_lost_ticket(p.tariff, w->exit, &p.quote)
                         : tariff_stay_price(p.tariff, p.zone, &p.stay, w->exit, &p.quote);
    if (e == ERR_NOTFOUND)
        reply_problem(r, 422, "no_lost_ticket", "This rate table has no price for a lost ticket.");
    else if (e != ERR_OK)
        reply_problem(r, 422, "unpriced", "A stay lasts at most ten years.");
    else
        reply_json(r, 200, document_of(&p));
}

void handle_quote_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct what_if w = {.lost = false};
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !body_is_json(q, r, &body))
        return;
    read_what_if(body, &problem, &w);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else if (complete(h, &w, r))
        quote_what_if(h, &w, r);
}
