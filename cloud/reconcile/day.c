/* One day at one place: what the providers booked, what the ledger knows, and the report. */
#include "cloud/core/reconcile.h"
#include "cloud/reconcile/inside.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/zone.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    ANSWER_MS = 30000, /* for one page */
    AGAIN_MS = 1000,   /* after the provider's queue was full or its breaker open */
    ATTEMPTS = 5,      /* for one page */
    MISMATCHES_MAX = 1000,
    LINES_MAX = 1000000,
};

struct day {
    struct reconciler *r;
    struct reconciliation_row report;
    struct reconcile_line *lines;
    size_t line_count;
    struct reconcile_row *rows;
    size_t row_count;
    struct mismatch_list list;
};

/* ---- days ---- */

enum err day_bounds(const char *day, const char *zone, struct wall_ms *ret_from,
                    struct wall_ms *ret_to)
{
    char text[TIMESTAMP_SIZE];
    struct buf b = buf_of(text, sizeof text);
    struct wall_ms midnight;
    buf_addf(&b, "%sT00:00:00Z", day);
    if (strlen(day) != DAY_SIZE - 1 || b.overflow ||
        timestamp_parse(text, b.len, &midnight) != ERR_OK)
        return ERR_INVAL;
    struct zone_table *z = mem_alloc(sizeof *z);
    enum err e = zone_load(zone, z);
    if (e == ERR_OK) {
        ret_from->v = zone_utc_s(z, midnight.v / 1000) * 1000;
        ret_to->v = zone_utc_s(z, (midnight.v + DAY_MS) / 1000) * 1000;
    }
    free(z);
    return e == ERR_OK ? ERR_OK : ERR_INVAL;
}

enum err day_of(struct wall_ms now, const char *zone, int days, char ret[DAY_SIZE], int *ret_minute)
{
    struct zone_table *z = mem_alloc(sizeof *z);
    char text[TIMESTAMP_SIZE];
    enum err e = zone_load(zone, z);
    if (e == ERR_OK) {
        struct wall_ms local = {now.v + (int64_t)zone_offset_s(z, now) * 1000};
        *ret_minute = (int)(local.v % DAY_MS / 60000);
        local.v -= (int64_t)days * DAY_MS;
        e = timestamp_format(local, text);
    }
    free(z);
    if (e != ERR_OK)
        return ERR_INVAL;
    memcpy(ret, text, DAY_SIZE - 1);
    ret[DAY_SIZE - 1] = '\0';
    return ERR_OK;
}

/* ---- the providers ---- */

static enum err ask_once(struct reconciler *r, const struct settlement_call *call,
                         struct settlement_page **ret)
{
    pthread_mutex_lock(&r->lock);
    free(r->page);
    r->page = NULL;
    r->page_wanted = true;
    pthread_mutex_unlock(&r->lock);
    enum err e = r->options.payments.settlement(r->options.payments.self, call);
    int64_t until_ms = reconciler_now_ms() + ANSWER_MS;
    pthread_mutex_lock(&r->lock);
    while (e == ERR_OK && !r->page && !r->stopping)
        if (!reconciler_pause(r, until_ms))
            e = ERR_TIMEOUT;
    struct settlement_page *page = r->page;
    r->page = NULL;
    r->page_wanted = false;
    bool good = page && page->answered;
    until_ms = reconciler_now_ms() + AGAIN_MS;
    while (!good && !r->stopping && reconciler_pause(r, until_ms))
        ;
    bool stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    if (good) {
        *ret = page;
        return ERR_OK;
    }
    free(page);
    return stopping ? ERR_CONFLICT : ERR_UNAVAIL;
}

static enum err ask(struct reconciler *r, const struct settlement_call *call,
                    struct settlement_page **ret)
{
    enum err e = ERR_UNAVAIL;
    for (int i = 0; i < ATTEMPTS && e == ERR_UNAVAIL; i++)
        e = ask_once(r, call, ret);
    return e;
}

static void keep_lines(struct day *d, const struct settlement_page *page)
{
    d->lines = mem_resize(d->lines, (d->line_count + page->count + 1) * sizeof *d->lines);
    for (size_t i = 0; i < page->count; i++) {
        const struct settlement_line *from = &page->lines[i];
        struct reconcile_line *l = &d->lines[d->line_count++];
        *l = (struct reconcile_line){
            .refund = from->refund, .amount = from->amount, .booked = from->booked};
        memcpy(l->key, from->key, sizeof l->key);
        memcpy(l->provider_ref, from->provider_ref, sizeof l->provider_ref);
    }
}

static enum err ask_provider(struct day *d, const struct name *provider)
{
    struct settlement_call call = {.provider = *provider,
                                   .from = wall_after(d->report.from, -DAY_MS),
                                   .to = wall_after(d->report.to, DAY_MS)};
    for (;;) {
        struct settlement_page *page;
        TRY(ask(d->r, &call, &page));
        keep_lines(d, page);
        memcpy(call.cursor, page->next, sizeof call.cursor);
        free(page);
        reconciler_stage(d->r, "provider", (int64_t)d->line_count);
        if (call.cursor[0] == '\0')
            return ERR_OK;
        if (d->line_count > LINES_MAX)
            return ERR_FULL;
    }
}

/* ---- the ledger ---- */

static void keep_row(void *arg, const struct reconcile_row *row)
{
    struct day *d = arg;
    d->rows = mem_resize(d->rows, (d->row_count + 1) * sizeof *d->rows);
    d->rows[d->row_count++] = *row;
}

static void keep_stay(void *arg, const struct reconcile_stay *stay)
{
    struct day *d = arg;
    reconcile_stay(stay, &d->report.sums, &d->list);
}

static void keep_exit(void *arg, const struct movement_id *id, bool ends_stay)
{
    static const struct money none;
    struct day *d = arg;
    d->report.sums.exits++;
    if (!ends_stay)
        mismatch_add(&d->list, MISMATCH_WITHOUT_SESSION, MISMATCH_OF_EXIT, id->text, NULL, none,
                     none);
}

static void sort_rows(struct day *d)
{
    if (d->row_count > 0)
        qsort(d->rows, d->row_count, sizeof *d->rows, reconcile_row_order);
}

/* Among the rows of the day, which are sorted. */
static bool has_row(const struct day *d, size_t count, const struct reconcile_line *l)
{
    struct reconcile_row wanted = {.refund = l->refund};
    memcpy(wanted.key, l->key, sizeof wanted.key);
    return count > 0 &&
           bsearch(&wanted, d->rows, count, sizeof wanted, reconcile_row_order) != NULL;
}

/* What we know of a line's key: at this place it becomes one of the rows. */
static enum err find_row(struct day *d, const struct reconcile_line *l, struct name *ret_place)
{
    struct reconcile_row row = {.refund = l->refund};
    struct payment_row p;
    struct refund_row f;
    if (l->refund) {
        TRY(reader_refund(d->r->reader, l->key, &f));
        *ret_place = f.place;
        row.done = f.state == PAYMENT_SUCCEEDED;
        row.session = f.session;
        row.amount = f.amount;
        row.at = f.changed;
    } else {
        TRY(reader_payment(d->r->reader, l->key, &p));
        *ret_place = p.place;
        row.done = p.state == PAYMENT_SUCCEEDED;
        row.session = p.session;
        row.amount = p.amount;
        row.at = p.changed;
    }
    memcpy(row.key, l->key, sizeof row.key);
    if (name_equal(ret_place, &d->report.place))
        keep_row(d, &row);
    return ERR_OK;
}

/* Whose a line is that no row of the day names. What nobody can say is in the report of every place. */
static enum err place_of_line(struct day *d, const struct reconcile_line *l, bool *ret_here)
{
    struct movement_id session = {""};
    struct name place = d->report.place;
    enum err e = l->key[0] != '\0' ? find_row(d, l, &place) : ERR_NOTFOUND;
    if (e == ERR_NOTFOUND && strlen(l->key) > MOVEMENT_ID_SIZE - 1) {
        memcpy(session.text, l->key, MOVEMENT_ID_SIZE - 1);
        e = reader_place_of_session(d->r->reader, &session, &place);
    }
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return e;
    *ret_here = name_equal(&place, &d->report.place);
    return ERR_OK;
}

/* Keeps the lines of this place. */
static enum err sort_out_lines(struct day *d)
{
    size_t kept = 0, of_day = d->row_count;
    sort_rows(d);
    for (size_t i = 0; i < d->line_count; i++) {
        bool here = has_row(d, of_day, &d->lines[i]);
        if (!here)
            TRY(place_of_line(d, &d->lines[i], &here));
        if (here)
            d->lines[kept++] = d->lines[i];
    }
    d->line_count = kept;
    return ERR_OK;
}

static enum err read_ledger(struct day *d)
{
    struct reader *reader = d->r->reader;
    const struct reconciliation_row *p = &d->report;
    TRY(reader_day_money(reader, &p->place, p->from, p->to, keep_row, d));
    TRY(sort_out_lines(d));
    TRY(reader_day_stays(reader, &p->place, p->from, p->to, keep_stay, d));
    return reader_day_exits(reader, &p->place, p->from, p->to, keep_exit, d);
}

/* ---- the report ---- */

static void stored(void *arg, const struct admin_result *result)
{
    struct reconciler *r = arg;
    pthread_mutex_lock(&r->lock);
    r->posted = *result;
    r->posted_done = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* The work holds the report and its differences, one behind the other. Once it is posted its end is
 * waited for without a limit: the service always ends it. */
static enum err store_report(struct day *d)
{
    struct reconciler *r = d->r;
    size_t rest = d->list.count * sizeof *d->list.rows;
    char *bytes = mem_alloc(sizeof d->report + rest);
    memcpy(bytes, &d->report, sizeof d->report);
    memcpy(bytes + sizeof d->report, d->list.rows, rest);
    struct work *w = work_new(WORK_ADMIN, bytes, sizeof d->report + rest);
    free(bytes);
    w->admin.kind = ADMIN_RECONCILED;
    w->admin.done = stored;
    w->admin.arg = r;
    r->posted_done = false;
    enum err e = r->options.post(r->options.post_self, w);
    if (e != ERR_OK) {
        work_free(w);
        return e;
    }
    pthread_mutex_lock(&r->lock);
    while (!r->posted_done)
        pthread_cond_wait(&r->changed, &r->lock);
    e = r->posted.err;
    pthread_mutex_unlock(&r->lock);
    return e;
}

static enum err begin(struct day *d, const struct day_order *o)
{
    struct place_view place;
    TRY(reader_place(d->r->reader, &o->place, &place));
    TRY(day_bounds(o->day, place.row.settings.zone, &d->report.from, &d->report.to));
    struct wall_ms now = clock_now(&d->r->options.clock).wall;
    d->report.place = o->place;
    memcpy(d->report.day, o->day, sizeof d->report.day);
    d->report.currency = place.row.settings.currency;
    d->report.made = now;
    d->report.partial = now.v < d->report.to.v;
    d->list.size = MISMATCHES_MAX;
    d->list.rows = mem_alloc(MISMATCHES_MAX * sizeof *d->list.rows);
    return ERR_OK;
}

static const char *work_on(struct day *d, const struct day_order *o, enum err *ret)
{
    const struct payments_port *port = &d->r->options.payments;
    *ret = begin(d, o);
    if (*ret != ERR_OK)
        return "no such place or day";
    for (size_t i = 0; i < port->provider_count && *ret == ERR_OK; i++)
        *ret = ask_provider(d, &port->providers[i]);
    if (*ret != ERR_OK)
        return "a provider does not say what it booked";
    reconciler_stage(d->r, "ledger", (int64_t)d->line_count);
    *ret = reader_begin(d->r->reader);
    if (*ret == ERR_OK) {
        *ret = read_ledger(d);
        reader_end(d->r->reader);
    }
    if (*ret != ERR_OK)
        return "the ledger cannot be read";
    reconciler_stage(d->r, "compare", (int64_t)d->line_count);
    sort_rows(d);
    if (d->line_count > 0)
        qsort(d->lines, d->line_count, sizeof *d->lines, reconcile_line_order);
    reconcile_money(d->rows, d->row_count, d->lines, d->line_count, d->report.from, d->report.to,
                    &d->report.sums, &d->list);
    d->report.mismatches = d->list.total;
    *ret = store_report(d);
    return "the report cannot be stored";
}

enum err day_reconcile(struct reconciler *r, const struct day_order *o,
                       char ret_reason[PAYMENT_REASON_SIZE])
{
    struct day d = {.r = r};
    enum err e;
    const char *reason = work_on(&d, o, &e);
    if (e == ERR_OK) {
        log_notice("reconcile.done", LT("place", o->place.text), LT("day", o->day),
                   LN("differences", d.report.mismatches), LN("lines", d.report.sums.lines));
    } else {
        struct buf b = buf_of(ret_reason, PAYMENT_REASON_SIZE);
        buf_adds(&b, reason);
        log_warn("reconcile.failed", LT("place", o->place.text), LT("day", o->day),
                 LT("reason", reason), LT("err", err_text(e)));
    }
    free(d.lines);
    free(d.rows);
    free(d.list.rows);
    return e;
}
