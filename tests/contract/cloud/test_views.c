/* The read model over a real ledger (views.h W1 to W4), and the reports drawn from it. */
#include "cloud/store/reader.h"
#include "cloud/view/reports.h"
#include "cloud/view/views.h"
#include "protocol/support/db.h"
#include "tests/unit/cloud/scene.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)

static void change(const struct world *w, const char *sql)
{
    char path[VIEWS_PATH_SIZE];
    sqlite3 *db;
    assert_int_equal(views_path(w->file, path, sizeof path), ERR_OK);
    assert_int_equal(db_open(path, &db), ERR_OK);
    assert_int_equal(db_exec(db, sql), ERR_OK);
    db_close(db);
}

static int64_t ask(const struct world *w, const char *sql)
{
    char path[VIEWS_PATH_SIZE];
    struct world views = {0};
    assert_int_equal(views_path(w->file, path, sizeof path), ERR_OK);
    assert_true(strlen(path) < sizeof views.file);
    memcpy(views.file, path, strlen(path));
    return world_sql(&views, sql);
}

static struct views *catch_up(const struct world *w)
{
    struct views *v;
    bool more = true;
    assert_int_equal(views_open(w->file, &v), ERR_OK);
    while (more)
        assert_int_equal(views_step(v, &more), ERR_OK);
    return v;
}

static int remove_views(void **state)
{
    struct scene *c = *state;
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[VIEWS_PATH_SIZE];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s.views%s", c->w.file, ends[i]);
        unlink(path);
    }
    return scene_teardown(state);
}

/* One pays, one owes, one was never seen coming, one is turned away by an audit that counts. */
static void traffic(struct scene *c)
{
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    edge_enter(w, &c->e, "4444");
    world_pass_ms(w, 2 * HOUR_MS);
    edge_leave(w, &c->e, no_account, BASIS_OFFLINE, NULL);
    edge_leave(w, &c->e, "5555", BASIS_MANUAL, NULL);
    world_pass_ms(w, 5000);
}

/* W1, W2 */
static void made_again_they_are_equal(void **state)
{
    struct scene *c = *state;
    struct views *v = catch_up(&c->w);
    struct views_check check;
    int64_t seen = 0, head = 0;
    traffic(c);
    for (bool more = true; more;)
        assert_int_equal(views_step(v, &more), ERR_OK);
    assert_int_equal(views_progress(v, &seen, &head), ERR_OK);
    assert_int_equal(seen, head);
    assert_int_equal(views_rebuild(v, NULL, NULL, &check), ERR_OK);
    assert_true(check.equal);
    assert_int_equal(check.entries, head);
    assert_null(check.table);
    views_close(v);
}

/* What was inside by the views is what the ledger counts; the same of stays and debts. */
static void they_agree_with_the_ledger(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    traffic(c);
    views_close(catch_up(w));
    assert_int_equal(ask(w, "SELECT sum(entered - left + corrected) FROM minute"),
                     world_sql(w, "SELECT occupied FROM place"));
    assert_int_equal(ask(w, "SELECT sum(entered - left + corrected) FROM hour"),
                     world_sql(w, "SELECT occupied FROM place"));
    assert_int_equal(ask(w, "SELECT count(*) FROM stay"),
                     world_sql(w, "SELECT count(*) FROM session"));
    assert_int_equal(ask(w, "SELECT sum(price_minor) FROM stay"),
                     world_sql(w, "SELECT sum(price_minor) FROM session"));
    assert_int_equal(
        ask(w, "SELECT sum(amount_minor) FROM receipt"),
        world_sql(w, "SELECT sum(amount_minor) FROM payment WHERE state = 'succeeded'"));
    assert_int_equal(ask(w, "SELECT count(*) FROM debt WHERE state = 'open'"),
                     world_sql(w, "SELECT count(*) FROM debt WHERE state = 'open'"));
}

static void what_differs_is_named_and_replaced(void **state)
{
    struct scene *c = *state;
    struct views_check check;
    traffic(c);
    struct views *v = catch_up(&c->w);
    change(&c->w, "UPDATE stay SET price_minor = price_minor + 1");
    assert_int_equal(views_rebuild(v, NULL, NULL, &check), ERR_OK);
    assert_false(check.equal);
    assert_string_equal(check.table, "stay");
    assert_int_equal(views_rebuild(v, NULL, NULL, &check), ERR_OK);
    assert_true(check.equal);
    change(&c->w, "DELETE FROM hour");
    assert_int_equal(views_rebuild(v, NULL, NULL, &check), ERR_OK);
    assert_string_equal(check.table, "hour");
    views_close(v);
}

/* W1 holds over the forgetting of plates, which changes entries that were applied before. */
static void forgotten_plates_leave_them_equal(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct views_check check;
    w->plate_retention_ms = 24 * HOUR_MS;
    world_restart(w);
    world_run(w);
    assert_true(edge_hello(w, &c->e, "ex"));
    w->call_count = 0;
    traffic(c);
    struct views *v = catch_up(w);
    assert_true(ask(w, "SELECT count(*) FROM stay WHERE plate = '22\xEC\x95\x84"
                       "2222'") > 0);
    world_pass_ms(w, 48 * HOUR_MS);
    world_pass_ms(w, 60000);
    for (bool more = true; more;)
        assert_int_equal(views_step(v, &more), ERR_OK);
    assert_int_equal(ask(w, "SELECT count(*) FROM stay WHERE plate = '22\xEC\x95\x84"
                            "2222'"),
                     0);
    assert_int_equal(views_rebuild(v, NULL, NULL, &check), ERR_OK);
    assert_true(check.equal);
    views_close(v);
}

/* W4 */
static void an_unfit_file_is_made_anew(void **state)
{
    struct scene *c = *state;
    char path[VIEWS_PATH_SIZE];
    traffic(c);
    views_close(catch_up(&c->w));
    int64_t stays = ask(&c->w, "SELECT count(*) FROM stay");
    change(&c->w, "DELETE FROM stay; PRAGMA user_version = 99");
    views_close(catch_up(&c->w));
    assert_int_equal(ask(&c->w, "SELECT count(*) FROM stay"), stays);
    /* of another ledger, or of this one before it was restored */
    change(&c->w, "DELETE FROM stay; UPDATE progress SET mark = 'another'");
    views_close(catch_up(&c->w));
    assert_int_equal(ask(&c->w, "SELECT count(*) FROM stay"), stays);
    change(&c->w, "DELETE FROM stay; UPDATE progress SET seen = 1000000");
    views_close(catch_up(&c->w));
    assert_int_equal(ask(&c->w, "SELECT count(*) FROM stay"), stays);
    assert_int_equal(views_path(c->w.file, path, sizeof path), ERR_OK);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    fputs("this is no database any more", f);
    fclose(f);
    views_close(catch_up(&c->w));
    assert_int_equal(ask(&c->w, "SELECT count(*) FROM stay"), stays);
}

/* ---- reports ---- */

struct seen_rows {
    char text[2048];
};

static void say_occupancy(void *arg, const struct occupancy_step *s)
{
    struct seen_rows *r = arg;
    size_t len = strlen(r->text);
    snprintf(r->text + len, sizeof r->text - len, "+%lld-%lld=%lld[%lld,%lld] ",
             (long long)s->entered, (long long)s->left, (long long)s->inside, (long long)s->least,
             (long long)s->most);
}

static void say_arrivals(void *arg, const struct arrivals_step *s)
{
    struct seen_rows *r = arg;
    size_t len = strlen(r->text);
    snprintf(r->text + len, sizeof r->text - len, "%s+%lld-%lld ", s->lane, (long long)s->entered,
             (long long)s->left);
}

static void say_revenue(void *arg, const struct revenue_step *s)
{
    struct seen_rows *r = arg;
    size_t len = strlen(r->text);
    snprintf(r->text + len, sizeof r->text - len, "%s:%lldx%lld%s ", s->group,
             (long long)s->payments, (long long)s->amount_minor, s->currency);
}

/* The scene starts with two entries, an hour later come the traffic's first crossings, two hours after
 * those the last. */
static void reports_by_steps(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    struct reports *r;
    struct seen_rows rows = {""};
    struct report_range range = {.place = {"a"}, .step_ms = HOUR_MS};
    int64_t first = w->now.wall.v - HOUR_MS;
    range.from.v = first - first % HOUR_MS;
    range.to.v = range.from.v + 5 * HOUR_MS;
    traffic(c);
    views_close(catch_up(w));
    assert_int_equal(reports_open(w->file, &r), ERR_OK);
    assert_int_equal(reports_occupancy(r, &range, say_occupancy, &rows), ERR_OK);
    assert_string_equal(rows.text, "+2-0=2[0,2] +1-1=2[2,2] +0-0=2[2,2] +0-2=0[0,2] +0-0=0[0,0] ");
    rows.text[0] = '\0';
    range.from.v += HOUR_MS; /* what was before is counted */
    range.to.v = range.from.v + HOUR_MS;
    assert_int_equal(reports_occupancy(r, &range, say_occupancy, &rows), ERR_OK);
    assert_string_equal(rows.text, "+1-1=2[2,2] ");
    rows.text[0] = '\0';
    assert_int_equal(reports_arrivals(r, &range, say_arrivals, &rows), ERR_OK);
    assert_string_equal(rows.text, "in-1+1-0 out-1+0-1 ");
    rows.text[0] = '\0';
    assert_int_equal(reports_revenue(r, &range, REVENUE_BY_LANE, say_revenue, &rows), ERR_OK);
    assert_string_equal(rows.text, "out-1:1x6000KRW ");
    rows.text[0] = '\0';
    assert_int_equal(reports_revenue(r, &range, REVENUE_BY_KIND, say_revenue, &rows), ERR_OK);
    assert_string_equal(rows.text, "exit:1x6000KRW ");
    reports_close(r);
}

/* W3: a thread keeps up without being asked. */
static void a_thread_follows(void **state)
{
    struct scene *c = *state;
    struct views_thread *t;
    assert_int_equal(views_thread_start(c->w.file, &t), ERR_OK);
    traffic(c);
    int64_t stays = world_sql(&c->w, "SELECT count(*) FROM session");
    for (int i = 0; i < 3000 && ask(&c->w, "SELECT count(*) FROM stay WHERE plate <> ''") < stays;
         i++)
        poll(NULL, 0, 10);
    views_thread_stop(t);
    assert_int_equal(ask(&c->w, "SELECT count(*) FROM stay"), stays);
}

static int64_t feed_head(const char *database)
{
    struct reader *r;
    int64_t head = 0;
    assert_int_equal(reader_open(database, &r), ERR_OK);
    assert_int_equal(reader_feed_head(r, &head), ERR_OK);
    reader_close(r);
    return head;
}

static int64_t seen_by(struct reports **r, const char *database)
{
    int64_t seen = -1;
    if (*r != NULL && reports_gone(*r)) {
        reports_close(*r);
        *r = NULL;
    }
    if (*r == NULL && reports_open(database, r) != ERR_OK)
        return -1;
    return reports_seen(*r, &seen) == ERR_OK ? seen : -1;
}

/* W4: a file that goes away or is spoilt while it is in use is made anew, and readers find the new one. */
static void a_thread_survives_its_file(void **state)
{
    struct scene *c = *state;
    struct views_thread *t;
    struct reports *r = NULL;
    char path[VIEWS_PATH_SIZE];
    assert_int_equal(views_path(c->w.file, path, sizeof path), ERR_OK);
    assert_int_equal(views_thread_start(c->w.file, &t), ERR_OK);
    traffic(c);
    int64_t head = feed_head(c->w.file);
    for (int i = 0; i < 3000 && seen_by(&r, c->w.file) < head; i++)
        poll(NULL, 0, 10);
    assert_int_equal(seen_by(&r, c->w.file), head);
    unlink(path);
    assert_true(reports_gone(r));
    for (int i = 0; i < 3000 && seen_by(&r, c->w.file) < head; i++)
        poll(NULL, 0, 10);
    assert_int_equal(seen_by(&r, c->w.file), head);
    reports_close(r);
    views_thread_stop(t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_defer, remove_views)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(made_again_they_are_equal),
        TEST(they_agree_with_the_ledger),
        TEST(what_differs_is_named_and_replaced),
        TEST(forgotten_plates_leave_them_equal),
        TEST(an_unfit_file_is_made_anew),
        TEST(reports_by_steps),
        TEST(a_thread_follows),
        TEST(a_thread_survives_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
