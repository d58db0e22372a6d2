/* The reconciliation on the real service and ledger, with a provider that is made up. */
#include "cloud/reconcile/reconciler.h"
#include "cloud/store/reader.h"
#include "protocol/base/buf.h"
#include "protocol/support/db.h"
#include "protocol/support/memory.h"
#include "tests/unit/cloud/world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { PAGE_LINES = 2, LINES = 8, PATIENCE_MS = 60000 };

struct bench {
    struct world w;
    struct test_edge e;
    struct reconciler *r;
    struct reader *reader;
    pthread_mutex_t lock; /* of the world and the provider's books */
    struct settlement_line lines[LINES];
    size_t line_count;
    int pages; /* that were asked for */
    bool mute;
    struct movement_id stays[3];
};

static const char *const plates[] = {"22아2222", "33나3333", "44다4444"};

static enum err take(void *self, struct work *w)
{
    struct bench *b = self;
    pthread_mutex_lock(&b->lock);
    enum err e = service_post(b->w.service, w);
    if (e == ERR_OK)
        world_run(&b->w);
    pthread_mutex_unlock(&b->lock);
    return e;
}

/* Two lines a page; the cursor is the number of lines told so far. */
static enum err settlement(void *self, const struct settlement_call *c)
{
    struct bench *b = self;
    struct settlement_page *p = mem_alloc(sizeof *p);
    pthread_mutex_lock(&b->lock);
    size_t at = c->cursor[0] != '\0' ? (size_t)(c->cursor[0] - '0') : 0;
    p->call = *c;
    p->answered = !b->mute;
    b->pages++;
    for (; p->count < PAGE_LINES && at < b->line_count; at++)
        if (b->lines[at].booked.v >= c->from.v && b->lines[at].booked.v < c->to.v)
            p->lines[p->count++] = b->lines[at];
    if (at < b->line_count)
        p->next[0] = (char)('0' + at);
    pthread_mutex_unlock(&b->lock);
    reconciler_page(b->r, p);
    free(p);
    return ERR_OK;
}

static void start(struct bench *b, int at_minute)
{
    struct reconciler_options o = {
        .database = b->w.file,
        .clock = clock_real(),
        .payments = {.self = b,
                     .provider_count = 1,
                     .providers = {{"stripe"}},
                     .settlement = settlement},
        .post = take,
        .post_self = b,
        .at_minute = at_minute,
    };
    assert_int_equal(reconciler_start(&o, &b->r), ERR_OK);
}

static void leave(struct bench *b, int i, bool pays)
{
    struct world *w = &b->w;
    struct request_id id = edge_ask(w, &b->e, REQUEST_EXIT, plates[i], false, (uint64_t)i + 1);
    if (pays)
        world_result(w, w->call_count - 1, PAYMENT_RESULT_SUCCEEDED);
    edge_leave(w, &b->e, plates[i], pays ? BASIS_PAID : BASIS_DEFERRED, &id);
}

/* Three stays of an hour end now: two are paid, one is owed. */
static int setup(void **state)
{
    struct bench *b = mem_alloc(sizeof *b);
    struct world *w = &b->w;
    pthread_mutex_init(&b->lock, NULL);
    w->deaf = true;
    for (int i = 0; i < 2; i++) {
        memcpy(w->accounts[i].plate.text, plates[i], strlen(plates[i]) + 1);
        w->accounts[i].payer = (struct payer){.count = 1, .tokens = {{{"stripe"}, "cus_1"}}};
    }
    w->account_count = 2;
    world_open(w);
    world_place(w, "a", 10, POLICY_DEFER);
    b->e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &b->e, "ex"));
    for (int i = 0; i < 3; i++)
        b->stays[i] = edge_enter(w, &b->e, plates[i]);
    world_pass_ms(w, 60 * 60000);
    leave(b, 0, true);
    leave(b, 1, true);
    edge_leave(w, &b->e, plates[2], BASIS_MANUAL, NULL);
    assert_int_equal(reader_open(w->file, &b->reader), ERR_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    reconciler_stop(b->r);
    reader_close(b->reader);
    world_close(&b->w);
    pthread_mutex_destroy(&b->lock);
    free(b);
    return 0;
}

/* What the provider booked of stay i. */
static struct settlement_line *booked(struct bench *b, int i, int64_t minor)
{
    struct settlement_line *l = &b->lines[b->line_count++];
    *l = (struct settlement_line){.amount = {minor, {"KRW"}}, .booked = b->w.now.wall};
    struct buf key = buf_of(l->key, sizeof l->key);
    struct buf reference = buf_of(l->provider_ref, sizeof l->provider_ref);
    buf_addf(&key, "%s:charge:1", b->stays[i].text);
    buf_addf(&reference, "pi_%d", i);
    return l;
}

/* The place's day in which everything happened; its zone is Asia/Seoul. */
static const char *today(const struct bench *b)
{
    static char text[TIMESTAMP_SIZE];
    assert_int_equal(timestamp_format(wall_after(b->w.now.wall, 9 * 3600000), text), ERR_OK);
    text[10] = '\0';
    return text;
}

static void nap(void)
{
    struct timespec t = {.tv_nsec = 5000000};
    nanosleep(&t, NULL);
}

/* Orders the day and waits for a report made after `after`. */
static struct reconciliation_row reconcile(struct bench *b, struct wall_ms after)
{
    static const struct name place = {"a"};
    struct reconciliation_row row = {0};
    assert_int_equal(reconciler_order(b->r, &place, today(b)), ERR_OK);
    for (int ms = 0; ms < PATIENCE_MS; ms += 5) {
        if (reader_reconciliation(b->reader, &place, today(b), &row) == ERR_OK &&
            row.made.v > after.v)
            return row;
        nap();
    }
    fail_msg("no report: %s", reconciler_look(b->r).failure);
    return row;
}

struct found {
    struct mismatch rows[LINES];
    size_t count;
};

static void keep(void *arg, const struct mismatch *m)
{
    struct found *f = arg;
    assert_true(f->count < LINES);
    f->rows[f->count++] = *m;
}

static struct found differences(struct bench *b)
{
    static const struct name place = {"a"};
    struct found f = {0};
    assert_int_equal(reader_mismatches(b->reader, &place, today(b), keep, &f), ERR_OK);
    return f;
}

static void a_day_that_agrees(void **state)
{
    struct bench *b = *state;
    booked(b, 0, 6000);
    booked(b, 1, 6000);
    start(b, -1);
    struct reconciliation_row r = reconcile(b, (struct wall_ms){0});
    assert_int_equal(r.mismatches, 0);
    assert_int_equal(r.sums.exits, 3);
    assert_int_equal(r.sums.sessions, 3);
    assert_int_equal(r.sums.payments, 2);
    assert_int_equal(r.sums.lines, 2);
    assert_int_equal(r.sums.priced_minor, 18000);
    assert_int_equal(r.sums.paid_minor, 12000);
    assert_int_equal(r.sums.owed_minor, 6000);
    assert_int_equal(r.sums.charged_minor, 12000);
    assert_int_equal(r.sums.booked_minor, 12000);
    assert_string_equal(r.currency.code, "KRW");
}

static void what_does_not_agree(void **state)
{
    struct bench *b = *state;
    booked(b, 0, 6500);
    booked(b, 2, 6000); /* of a stay that never made a payment */
    struct settlement_line *stray = booked(b, 2, 700);
    memcpy(stray->key, "", 1);
    memcpy(stray->provider_ref, "pi_stray", 9);
    start(b, -1);
    struct reconciliation_row r = reconcile(b, (struct wall_ms){0});
    struct found f = differences(b);
    assert_int_equal(r.mismatches, 4);
    assert_int_equal(f.count, 4);
    int seen[MISMATCH_CLASSES] = {0};
    for (size_t i = 0; i < f.count; i++)
        seen[f.rows[i].class]++;
    assert_int_equal(seen[MISMATCH_AMOUNT], 1);
    assert_int_equal(seen[MISMATCH_MISSING_THERE], 1);
    assert_int_equal(seen[MISMATCH_UNKNOWN_HERE], 2);
    assert_int_equal(b->pages, 2); /* page by page */
    pthread_mutex_lock(&b->lock);
    b->line_count = 0; /* the provider mended its books */
    booked(b, 0, 6000);
    booked(b, 1, 6000);
    pthread_mutex_unlock(&b->lock);
    r = reconcile(b, r.made); /* again: the report replaces the one before */
    assert_int_equal(r.mismatches, 0);
    assert_int_equal(differences(b).count, 0);
    assert_int_equal(world_sql(&b->w, "SELECT count(*) FROM reconciliation"), 1);
}

static void no_report_without_the_provider(void **state)
{
    static const struct name place = {"a"};
    struct bench *b = *state;
    struct reconciler_progress p = {0};
    b->mute = true;
    start(b, -1);
    assert_int_equal(reconciler_order(b->r, &place, today(b)), ERR_OK);
    for (int ms = 0; ms < PATIENCE_MS && p.failed_place.text[0] == '\0'; ms += 5) {
        nap();
        p = reconciler_look(b->r);
    }
    assert_string_equal(p.failed_day, today(b));
    assert_string_equal(p.failure, "a provider does not say what it booked");
    assert_int_equal(world_sql(&b->w, "SELECT count(*) FROM reconciliation"), 0);
    pthread_mutex_lock(&b->lock);
    b->mute = false;
    pthread_mutex_unlock(&b->lock);
    reconcile(b, (struct wall_ms){0});
    assert_string_equal(reconciler_look(b->r).failed_place.text, "");
}

/* Yesterday is done by itself once its hour has come; not before anything happened there. */
static void daily(void **state)
{
    struct bench *b = *state;
    sqlite3 *db;
    start(b, 0);
    nap();
    assert_int_equal(world_sql(&b->w, "SELECT count(*) FROM reconciliation"), 0);
    assert_int_equal(db_open(b->w.file, &db), ERR_OK);
    assert_int_equal(db_exec(db, "UPDATE movement SET first_ms = first_ms - 86400000"), ERR_OK);
    db_close(db);
    for (int ms = 0; ms < PATIENCE_MS; ms += 5) {
        if (world_sql(&b->w, "SELECT count(*) FROM reconciliation") == 1)
            break;
        nap();
    }
    assert_int_equal(world_sql(&b->w, "SELECT count(*) FROM reconciliation WHERE partial = 0"), 1);
}

static void bad_days(void **state)
{
    static const char *const bad[] = {"", "today", "2026-02-30", "2026-1-1",
                                      "2026-01-01T00:00:00Z"};
    static const struct name place = {"a"};
    struct bench *b = *state;
    start(b, -1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(reconciler_order(b->r, &place, bad[i]), ERR_INVAL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_day_that_agrees), T(what_does_not_agree), T(no_report_without_the_provider), T(daily),
        T(bad_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
