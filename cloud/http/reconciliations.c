/* Reports of the daily reconciliation: GET lists and shows them with what did not agree, POST has a day
 * done (again). */
#include "cloud/http/acts.h"
#include "cloud/http/members.h"
#include "cloud/http/server.h"
#include "cloud/http/url.h"
#include "protocol/support/json.h"

#include <stdio.h>
#include <string.h>

enum { REPORTS_DEFAULT = 31, REPORTS_MAX = 366 };

static json_t *document_report(const struct reconciliation_row *r)
{
    const struct reconciliation_sums *u = &r->sums;
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"exits", u->exits},
        {"sessions", u->sessions},
        {"payments", u->payments},
        {"refunds", u->refunds},
        {"lines", u->lines},
        {"priced_minor", u->priced_minor},
        {"paid_minor", u->paid_minor},
        {"refunded_minor", u->refunded_minor},
        {"waived_minor", u->waived_minor},
        {"written_off_minor", u->written_off_minor},
        {"owed_minor", u->owed_minor},
        {"excess_minor", u->excess_minor},
        {"charged_minor", u->charged_minor},
        {"given_back_minor", u->given_back_minor},
        {"booked_minor", u->booked_minor},
        {"booked_back_minor", u->booked_back_minor},
        {"mismatches", r->mismatches},
    };
    json_t *o = json_object();
    set_text(o, "place", r->place.text);
    set_text(o, "day", r->day);
    set_text(o, "currency", r->currency.code);
    set_time(o, "from", r->from);
    set_time(o, "to", r->to);
    set_time(o, "made", r->made);
    set_bool(o, "partial", r->partial);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        set_int(o, numbers[i].key, numbers[i].value);
    set_bool(o, "balanced",
             u->paid_minor - u->refunded_minor + u->owed_minor + u->waived_minor +
                     u->written_off_minor ==
                 u->priced_minor + u->excess_minor);
    return o;
}

static void set_money(json_t *o, const char *key, const struct money *m)
{
    json_object_set_new(o, key,
                        m->currency.code[0] == '\0'
                            ? json_null()
                            : json_pack("{s:I, s:s}", "amount_minor", (json_int_t)m->minor,
                                        "currency", m->currency.code));
}

static void add_mismatch(void *arg, const struct mismatch *m)
{
    json_t *o = json_object();
    set_text(o, "class", mismatch_class_word(m->class));
    set_text(o, "of", mismatch_noun_word(m->of));
    set_text(o, "key", m->key);
    set_text(o, "session", m->session.text);
    set_money(o, "ours", &m->ours);
    set_money(o, "theirs", &m->theirs);
    json_array_append_new(arg, o);
}

/* ---- what is under way ---- */

static json_t *document_progress(struct http *h)
{
    struct http_reconciling p;
    if (h->ports.reconciling == NULL || !h->ports.reconciling(h->ports.reconcile_self, &p))
        return json_null();
    json_t *o = json_object();
    set_text(o, "place", p.place.text);
    set_text(o, "day", p.day);
    set_text(o, "stage", p.stage);
    set_int(o, "lines", p.lines);
    set_int(o, "waiting", p.waiting);
    set_text(o, "failure", p.failure);
    return o;
}

/* ---- handlers ---- */

static bool read_place(struct http_request *q, struct http_reply *r, const char *text,
                       struct name *ret)
{
    if (name_parse(text, strlen(text), ret) != ERR_OK) {
        reply_problem(r, 400, "place_missing", "Say which place: ?place=NAME.");
        return false;
    }
    if (auth_sees_place(&q->principal, ret))
        return true;
    reply_other_place(r);
    return false;
}

struct report_list {
    json_t *list;
    int limit;
    bool more;
    char last[DAY_SIZE];
};

static void add_report(void *arg, const struct reconciliation_row *row)
{
    struct report_list *l = arg;
    if (json_array_size(l->list) == (size_t)l->limit) {
        l->more = true; /* one row more than asked for: there is another page */
        return;
    }
    memcpy(l->last, row->day, sizeof l->last);
    json_array_append_new(l->list, document_report(row));
}

void handle_reconciliations(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"place", "limit", "before"};
    struct report_list l = {0};
    struct name place;
    struct place_view view;
    char text[NAME_SIZE + 1] = "", before[DAY_SIZE] = "";
    if (!query_known(q, known, 3, r))
        return;
    url_query_get(q->query, "place", text, sizeof text);
    if (!read_place(q, r, text, &place) ||
        !query_limit(q, REPORTS_DEFAULT, REPORTS_MAX, r, &l.limit))
        return;
    enum err e = url_query_get(q->query, "before", before, sizeof before);
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        reply_problem(r, 400, "bad_cursor",
                      "\"before\" must be the \"next\" of an earlier answer.");
        return;
    }
    l.list = json_array();
    struct reader_slot *slot = readers_take(h->readers);
    e = reader_place(slot->reader, &place, &view);
    if (e == ERR_OK)
        e = reader_reconciliations(slot->reader, &place, before, l.limit + 1, add_report, &l);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200,
                   json_pack("{s:O, s:o, s:o}", "reconciliations", l.list, "next",
                             l.more ? json_string(l.last) : json_null(), "running",
                             document_progress(h)));
    else
        reply_reader_error(r, e, "place");
    json_decref(l.list);
}

void handle_reconciliation(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct reconciliation_row row;
    struct name place;
    const char *day = q->match->params[1];
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &place))
        return;
    json_t *list = json_array();
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_begin(slot->reader);
    if (e == ERR_OK) {
        e = reader_reconciliation(slot->reader, &place, day, &row);
        if (e == ERR_OK)
            e = reader_mismatches(slot->reader, &place, day, add_mismatch, list);
        reader_end(slot->reader);
    }
    readers_put(h->readers, slot);
    if (e == ERR_OK) {
        json_t *o = document_report(&row);
        json_object_set(o, "differences", list);
        reply_json(r, 200, o);
    } else {
        reply_reader_error(r, e, "report");
    }
    json_decref(list);
}

static bool place_exists(struct http *h, const struct name *place, struct http_reply *r)
{
    struct place_view view;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_place(slot->reader, place, &view);
    readers_put(h->readers, slot);
    if (e != ERR_OK)
        reply_reader_error(r, e, "place");
    return e == ERR_OK;
}

static void order(struct http *h, const struct name *place, const char *day, struct http_reply *r)
{
    enum err e = h->ports.reconcile == NULL
                     ? ERR_UNAVAIL
                     : h->ports.reconcile(h->ports.reconcile_self, place, day);
    if (e == ERR_OK) {
        reply_json(r, 202, json_pack("{s:s, s:s}", "place", place->text, "day", day));
        snprintf(r->location, sizeof r->location, "/v1/places/%s/reconciliations/%s", place->text,
                 day);
    } else if (e == ERR_INVAL) {
        json_t *problem = NULL;
        act_complain(&problem, "/day", "expected a day such as 2026-11-20");
        reply_problem_json(r, problem);
    } else {
        reply_problem(r, 503, "busy", "Too many days wait to be reconciled.");
        r->retry_after_s = 10;
    }
}

void handle_reconciliation_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"place", "day"};
    char text[NAME_SIZE + 1] = "", day[DAY_SIZE] = "";
    struct name place;
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !body_is_json(q, r, &body))
        return;
    act_members(body, known, 2, &problem);
    if (json_get_text(body, "place", text, sizeof text) != ERR_OK ||
        name_parse(text, strlen(text), &place) != ERR_OK)
        act_complain(&problem, "/place", "expected the name of a place");
    if (json_get_text(body, "day", day, sizeof day) != ERR_OK)
        act_complain(&problem, "/day", "expected a day such as 2026-11-20");
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else if (!auth_sees_place(&q->principal, &place))
        reply_other_place(r);
    else if (place_exists(h, &place, r))
        order(h, &place, day, r);
}
